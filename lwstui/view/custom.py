"""Columns that operators define: ``NAME:path|flags``, a path into what is held of an object.

Paths are written as kubectl and k9s write them: ``.metadata.labels.team``,
``.metadata.labels['app.kubernetes.io/name']``, ``.spec.leaderWorkerTemplate.size``. What the
console holds of a set is its metadata, spec and status; of a pod, group or node the fields that
``document`` names, and ``.set`` is the set that a pod or group belongs to.

Flags: ``N`` number, ``T`` moment shown as an age, ``W`` wide form only, ``H`` hidden until chosen,
``L`` and ``R`` align.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any, Final

import msgspec

from controller.api.core import Node
from controller.api.lws import LeaderWorkerSet
from controller.api.meta import format_time, parse_time
from controller.api.pods import Pod
from lwstui.kube.clean import clean_line
from lwstui.state.model import Snapshot
from lwstui.view.ages import age, changes_in
from lwstui.view.filters import Filter, FilterError, parse
from lwstui.view.memo import Memo
from lwstui.view.types import Cell, Column, Query, Ref, Row, TableView

FLAGS: Final = "NTWHLR"
WIDE_ONLY: Final = 9_000
"""A width that no screen has; the wide form shows such columns, too."""
_STEP: Final = re.compile(r"\.([A-Za-z0-9_/-]+(?:\\\.[A-Za-z0-9_/-]+)*)|\[(\d+)\]|\['([^']+)'\]")
_DASH: Final = "—"

Path = tuple[str | int, ...]


class ColumnError(ValueError):
    """A column that cannot be understood; its text is one sentence for the operator."""


@dataclass(frozen=True, slots=True)
class CustomColumn:
    """A column and where its cells come from.

    Attributes:
        column: The column.
        path: Names and indexes that lead to the value.
        number: Whether values are numbers.
        hidden: Whether it is shown only when it is chosen.
    """

    column: Column
    path: Path
    number: bool = False
    hidden: bool = False


def custom_column(text: str) -> CustomColumn:
    """Return the column a definition means.

    Args:
        text: ``NAME:path|flags``, the flags optional.

    Raises:
        ColumnError: With a sentence that says what cannot be understood.
    """
    title, _, rest = text.partition(":")
    written, _, flags = rest.partition("|")
    title, flags = clean_line(title).strip(), flags.strip().upper()
    if not title:
        raise ColumnError(f"“{text}” has no title before its path")
    wrong = [flag for flag in flags if flag not in FLAGS]
    if wrong:
        raise ColumnError(f"“{text}” has an unknown flag {wrong[0]}; known are {', '.join(FLAGS)}")
    path = parse_path(written.strip())
    right = "R" in flags or ("N" in flags and "L" not in flags)
    column = Column(
        title.lower(),
        title.upper(),
        max(8, len(title)),
        "right" if right else "left",
        min_screen=WIDE_ONLY if "W" in flags else 0,
        age="T" in flags,
    )
    return CustomColumn(column, path, "N" in flags, "H" in flags)


def parse_path(text: str) -> Path:
    """Return the names and indexes of a path.

    Raises:
        ColumnError: If it is not one.
    """
    steps: list[str | int] = []
    at, written = 0, text.strip("{}")
    while at < len(written):
        match = _STEP.match(written, at)
        if match is None:
            break
        name, index, quoted = match.groups()
        steps.append(int(index) if index else quoted or name.replace("\\.", "."))
        at = match.end()
    if not steps or at < len(written):
        raise ColumnError(f"“{text}” is not a path such as .metadata.labels.team")
    return tuple(steps)


def look_up(document: object, path: Path) -> object:
    """Return what a path leads to, None if it leads nowhere."""
    found: Any = document
    for step in path:
        if isinstance(step, int) and isinstance(found, list | tuple):
            found = found[step] if step < len(found) else None
        elif isinstance(found, Mapping):
            found = found.get(step)
        else:
            return None
    return found


def document(snapshot: Snapshot, ref: Ref | None) -> Mapping[str, Any]:
    """Return what is held of an object, in the API's words."""
    if ref is None:
        return {}
    match ref.kind:
        case "set":
            return _set_document(snapshot.sets.get(ref.key))
        case "pod":
            return _pod_document(snapshot, snapshot.pods.get(ref.key))
        case "group":
            members = snapshot.by_set.get(ref.key, ())
            leader = next((p for p in members if p.group == ref.group and p.worker == 0), None)
            of = {"set": _set_document(snapshot.sets.get(ref.key))}
            return {**_pod_document(snapshot, leader), **of}
        case "node":
            return _node_document(snapshot.nodes.get(ref.name))
        case _:
            return {}


def _set_document(lws: LeaderWorkerSet | None) -> Mapping[str, Any]:
    if lws is None:
        return {}
    return {
        "metadata": msgspec.to_builtins(lws.metadata),
        "spec": lws.spec,
        "status": msgspec.to_builtins(lws.status),
    }


def _pod_document(snapshot: Snapshot, pod: Pod | None) -> Mapping[str, Any]:
    if pod is None:
        return {}
    return {
        "metadata": {
            "name": pod.name,
            "namespace": pod.namespace,
            "uid": pod.uid,
            "creationTimestamp": format_time(pod.created_at),
        },
        "spec": {
            "nodeName": pod.node,
            "containers": [
                {"name": c.name, "image": c.image} for c in pod.containers if not c.init
            ],
        },
        "status": {
            "phase": pod.phase,
            "podIP": pod.ip,
            "reason": pod.reason,
            "message": pod.message,
            "startTime": format_time(pod.started_at) if pod.started_at else None,
        },
        "set": _set_document(snapshot.sets.get(pod.set_key)) if pod.set_name else {},
    }


def _node_document(node: Node | None) -> Mapping[str, Any]:
    if node is None:
        return {}
    return {
        "metadata": {
            "name": node.name,
            "uid": node.uid,
            "labels": node.labels,
            "creationTimestamp": format_time(node.created_at),
        },
        "spec": {"unschedulable": node.unschedulable, "taints": [list(t) for t in node.taints]},
        "status": {
            "allocatable": dict(node.allocatable),
            "capacity": dict(node.capacity),
            "nodeInfo": {"kubeletVersion": node.kubelet_version},
        },
    }


def with_columns(
    whole: TableView,
    custom: Sequence[CustomColumn],
    snapshot: Snapshot,
    query: Query,
    now: float,
    *,
    memo: Memo,
) -> TableView:
    """Return a table with further columns, by which it can be filtered and sorted, too.

    Args:
        whole: The table without a filter, in the order asked for.
        custom: The further columns.
        snapshot: What is known.
        query: Filter and order.
        now: Epoch seconds.
        memo: Remembers rows between calls.
    """
    columns = (*whole.columns, *(one.column for one in custom))
    rows = [_widened(row, custom, snapshot, now, memo) for row in whole.rows]
    note, wanted = whole.note, Filter()
    try:
        wanted = parse(query.filter, columns)
    except FilterError as error:
        note = str(error)
    shown = [row for row in rows if wanted.matches(row, now)] if wanted.tests else rows
    ids = [column.id for column in columns]
    if query.sort in ids[len(whole.columns) :]:
        index = ids.index(query.sort)
        shown.sort(key=lambda row: row.sort[index], reverse=query.descending)  # type: ignore[arg-type, return-value]
    if not note and not shown and rows:
        note = f"none of {whole.total:,} match"
    return TableView(columns, tuple(shown), whole.total, note, whole.everything)


def _widened(
    row: Row, custom: Sequence[CustomColumn], snapshot: Snapshot, now: float, memo: Memo
) -> Row:
    source = _source(snapshot, row.ref)

    def build() -> tuple[Row, float]:
        known = document(snapshot, row.ref)
        made = [_cell(look_up(known, one.path), one, now) for one in custom]
        cells = tuple(cell for cell, _, _ in made)
        words = " ".join(cell.text for cell in cells).lower()
        found = Row(
            row.key,
            (*row.cells, *cells),
            row.tone,
            f"{row.haystack} {words}",
            (*row.sort, *(key for _, key, _ in made)),
            row.ref,
            row.state,
            row.severity,
            row.labels,
            row.whole,
        )
        return found, min(until for _, _, until in made)

    return memo.get(("custom", row.key), (row, *source), now, build, facts=tuple(custom))


def _source(snapshot: Snapshot, ref: Ref | None) -> tuple[object, ...]:
    """Return the records that a document is made of."""
    if ref is None:
        return ()
    match ref.kind:
        case "set":
            return (snapshot.sets.get(ref.key),)
        case "pod":
            pod = snapshot.pods.get(ref.key)
            return (pod, snapshot.sets.get(pod.set_key) if pod is not None else None)
        case "group":
            return (snapshot.by_set.get(ref.key), snapshot.sets.get(ref.key))
        case "node":
            return (snapshot.nodes.get(ref.name),)
        case _:
            return ()


def _cell(value: object, one: CustomColumn, now: float) -> tuple[Cell, object, float]:
    """Return cell, sort key and until when the cell reads as it does."""
    if value is None or value == "":
        return Cell(_DASH, "dim"), _missing(one), inf
    if one.column.age:
        since = parse_time(value) if isinstance(value, str) else None
        if since is None:
            return Cell("?", "dim"), 0.0, inf
        return Cell(age(now - since), "dim"), -since, now + changes_in(now - since)
    text = _text(value)
    if one.number:
        return Cell(text), _number(text), inf
    return Cell(text), text.lower(), inf


def _missing(one: CustomColumn) -> object:
    return 0.0 if one.column.age else -inf if one.number else ""


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return clean_line(str(value))
    return clean_line(msgspec.json.encode(value).decode("utf-8", "replace"))


def _number(text: str) -> float:
    match = re.match(r"-?\d+(?:\.\d+)?", text)
    return float(match[0]) if match else -inf


def arrangement(
    entries: Sequence[str], columns: Sequence[Column]
) -> tuple[tuple[str, ...], tuple[CustomColumn, ...], tuple[str, ...]]:
    """Return (order, custom columns, problems) of a list of titles and definitions.

    Args:
        entries: Titles of columns, and ``NAME:path|flags``.
        columns: The columns the table has by itself.
    """
    order: list[str] = []
    custom: list[CustomColumn] = []
    problems: list[str] = []
    for entry in entries:
        if ":" in entry:
            try:
                one = custom_column(entry)
            except ColumnError as error:
                problems.append(str(error))
                continue
            if column_named(one.column.id, columns):
                one = replace(one, column=replace(one.column, id=f"own-{one.column.id}"))
            custom.append(one)
            order.append(one.column.id)
        elif found := column_named(entry, columns):
            order.append(found)
        else:
            problems.append(entry)
    return tuple(order), tuple(custom), tuple(problems)


def column_named(name: str, columns: Collection[Column]) -> str:
    """Return the id of the column of a title or id, empty if there is none."""
    wanted = name.strip().partition("|")[0].lower()
    by_id = {column.id: column.id for column in columns}
    by_title = {column.title.lower(): column.id for column in columns}
    return by_id.get(wanted) or by_title.get(wanted, "")
