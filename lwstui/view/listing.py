"""The console's tables for commands: chosen by name, and each row as data and by name, too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from controller.admission.fields import InvalidSpec
from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from controller.plan.rollout import read_record
from lwstui.state.history import History, history_of
from lwstui.state.model import Snapshot
from lwstui.view import fleet, nodes, pods, revisions
from lwstui.view.authors import author
from lwstui.view.digest import GroupDigest, bad_nodes, digests
from lwstui.view.events import events
from lwstui.view.figure_records import group_figures, node_figures, pod_figures, set_figures
from lwstui.view.groups import group_table
from lwstui.view.health import judge, pod_health
from lwstui.view.memo import Memo
from lwstui.view.records import (
    Record,
    event_record,
    group_record,
    node_record,
    pod_record,
    set_record,
)
from lwstui.view.report import object_name
from lwstui.view.tables import arrange, row
from lwstui.view.types import Cell, Column, Query, Ref, Row, TableView
from lwstui.view.usualstart import slow_start_s

_GROUPS: Final = (
    Column("state", "S", 1),
    Column("namespace", "NS", 9),
    Column("set", "SET", 14),
    Column("group", "GROUP", 5),
    Column("ready", "READY", 5),
    Column("revision", "REV", 6),
    Column("gpu", "GPU", 5),
    Column("nodes", "NODES", 14),
    Column("restarts", "RESTARTS", 3),
    Column("age", "AGE", 6, age=True),
    Column("reason", "REASON", 12),
)
_REVISIONS: Final = (
    Column("namespace", "NS", 9),
    Column("set", "SET", 14),
    *(Column(title.lower(), title, 6, age=title == "AGE") for title in revisions.HEADER),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A set, one of its groups, or one pod of it, as a command names it; or any object.

    Attributes:
        name: Of the set, or of a pod or node.
        group: Group index, or None for all.
        worker: Worker index, or None for all.
    """

    name: str
    group: int | None = None
    worker: int | None = None

    def __str__(self) -> str:
        return "/".join(str(p) for p in (self.name, self.group, self.worker) if p is not None)

    def holds(self, ref: Ref, set_name: str) -> bool:
        """Tell whether an object of a set is meant, or the object of this very name."""
        if self.group is None and self.name == ref.name:
            return True
        return (
            self.name == set_name
            and self.group in (None, ref.group)
            and self.worker in (None, ref.worker)
        )


@dataclass(frozen=True, slots=True)
class Listing:
    """A table and what else its rows can be printed as.

    Attributes:
        table: The rows asked for.
        record: Returns a row as data.
        name: Returns a row as ``kind/name``, as kubectl does.
        missing: Names that were asked for and are not there.
    """

    table: TableView
    record: Callable[[Row], Record]
    name: Callable[[Row], str]
    missing: tuple[Place, ...] = ()


def listing(
    kind: str,
    snapshot: Snapshot,
    query: Query,
    now: float,
    memo: Memo,
    *,
    places: Sequence[Place] = (),
) -> Listing:
    """Return what there is of a kind.

    Args:
        kind: ``sets``, ``groups``, ``pods``, ``nodes``, ``events`` or ``revisions``.
        snapshot: What is known.
        query: Order; the console's by default.
        now: Epoch seconds.
        memo: Remembers rows between calls.
        places: What is asked for; empty for everything.
    """
    found = _LISTINGS[kind](snapshot, query, now, memo)
    if not places:
        return found
    if kind == "events":
        return _events_of(found, snapshot, now, memo, places)
    owners = {r.key: _set_name(kind, snapshot, r) for r in found.table.rows}
    refs = [(r, r.ref, owners[r.key]) for r in found.table.rows if r.ref is not None]
    kept = tuple(r for r, ref, owner in refs if any(p.holds(ref, owner) for p in places))
    missing = tuple(p for p in places if not any(p.holds(ref, owner) for _, ref, owner in refs))
    return replace(found, table=replace(found.table, rows=kept), missing=missing)


def _set_name(kind: str, snapshot: Snapshot, one: Row) -> str:
    if one.ref is None or kind == "nodes":
        return ""
    if kind == "pods":
        return snapshot.pods[one.ref.key].set_name
    return one.ref.name


def _sets(snapshot: Snapshot, query: Query, now: float, memo: Memo) -> Listing:
    found = {one.key: one for one in digests(snapshot, memo, now)}
    return Listing(
        fleet.fleet(snapshot, query, now, memo).table,
        lambda row: {
            **set_record(found[_key(row)]),
            **set_figures(snapshot.by_set.get(_key(row), ()), snapshot.telemetry),
        },
        lambda row: object_name(_key(row).name),
    )


def _key(one: Row) -> Key:
    return one.ref.key if one.ref is not None else Key("", "")


def _groups(snapshot: Snapshot, query: Query, now: float, memo: Memo) -> Listing:
    found = {one.key: one for one in digests(snapshot, memo, now)}
    rows: list[Row] = []
    members: dict[tuple[Key, int], GroupDigest] = {}
    for key, one in found.items():
        table = group_table(one, Query(), now, memo)
        rows += [_wider(table.columns, r, key) for r in table.rows]
        members |= {(key, group.index): group for group in one.groups}

    def record(one: Row) -> Record:
        key = _key(one)
        group = members[key, one.ref.group if one.ref else -1]
        figures = group_figures(group.pods, snapshot.telemetry)
        return {**group_record(found[key], group), **figures}

    return Listing(
        arrange(_GROUPS, rows, query, now, empty="no groups here", default="set"),
        record,
        lambda one: f"{object_name(_key(one).name)}/{one.ref.group if one.ref else ''}",
    )


def _wider(columns: tuple[Column, ...], narrow: Row, key: Key) -> Row:
    """Return a group's row with its set, and without the columns that differ between sets."""
    cells = {column.id: cell for column, cell in zip(columns, narrow.cells, strict=True)}
    sort: dict[str, object] = dict(zip((c.id for c in columns), narrow.sort, strict=True))
    own = {"namespace": key.namespace, "set": key.name}
    cells |= {name: Cell(text) for name, text in own.items()}
    sort |= {"namespace": key, "set": (key, sort["group"])}
    return replace(
        narrow,
        cells=tuple(cells[column.id] for column in _GROUPS),
        sort=tuple(sort[column.id] for column in _GROUPS),
    )


def _pods(snapshot: Snapshot, query: Query, now: float, memo: Memo) -> Listing:
    reasons = dict(bad_nodes(snapshot, memo, now))

    def record(one: Row) -> Record:
        pod = snapshot.pods[_key(one)]
        slow_s = slow_start_s(snapshot, pod.set_key, memo, now)
        bad_node = reasons.get(pod.node, "")
        health = pod_health(pod, now, bad_node=bad_node, slow_s=slow_s)
        return {**pod_record(pod, health), **pod_figures(pod, snapshot.telemetry)}

    return Listing(
        pods.pods(snapshot, query, now, memo), record, lambda one: f"pod/{_key(one).name}"
    )


def _nodes(snapshot: Snapshot, query: Query, now: float, memo: Memo) -> Listing:
    def record(one: Row) -> Record:
        name = _key(one).name
        held_by = snapshot.node_pods.get(name, ())
        figures = node_figures(name, snapshot.telemetry)
        return {**node_record(snapshot.nodes[name], held_by), **figures}

    return Listing(
        nodes.nodes(snapshot, query, now, memo), record, lambda one: f"node/{_key(one).name}"
    )


def _events(snapshot: Snapshot, query: Query, now: float, memo: Memo) -> Listing:
    return Listing(
        events(snapshot, query, now, memo, how="none"),
        lambda one: event_record(snapshot.events[one.key]),
        lambda one: f"event.events.k8s.io/{snapshot.events[one.key].name}",
    )


def _events_of(
    found: Listing, snapshot: Snapshot, now: float, memo: Memo, places: Iterable[Place]
) -> Listing:
    """Return the events about sets, groups, pods or nodes; having none is no fault."""
    keys = {
        r.key
        for place in places
        for namespace in {event.namespace for event in snapshot.events.values()}
        for scope in _scopes(place, namespace)
        for r in events(snapshot, Query(), now, memo, scope=scope, how="none").rows
    }
    kept = tuple(r for r in found.table.rows if r.key in keys)
    note = "no events about it; a cluster forgets them after about an hour"
    return replace(found, table=replace(found.table, rows=kept, note=note))


def _scopes(place: Place, namespace: str) -> tuple[Ref, ...]:
    name = place.name
    if place.group is None:
        return (Ref("set", namespace, name), Ref("pod", namespace, name), Ref("node", "", name))
    if place.worker is None:
        return (Ref("group", namespace, name, place.group),)
    return (Ref("pod", namespace, pod_name(place)),)


def pod_name(place: Place) -> str:
    """Return the name of the pod at a place, of the leader if no worker is named."""
    leader = f"{place.name}-{place.group or 0}"
    return f"{leader}-{place.worker}" if place.worker else leader


def _revisions(snapshot: Snapshot, query: Query, now: float, memo: Memo) -> Listing:
    del memo
    found: dict[str, tuple[Key, revisions.Entry, str]] = {}
    for key, lws in sorted(snapshot.sets.items()):
        record = read_record(lws.annotations)
        stable = record.stable if record is not None else ""
        history = _history(snapshot, lws)
        for entry in revisions.entries(history, snapshot.by_set.get(key, ()), stable):
            found[entry.revision.uid] = key, entry, author(entry.revision, lws, snapshot.activity)
    rows = [_revision_row(*one, now) for one in found.values()]
    return Listing(
        arrange(_REVISIONS, rows, query, now, empty="no revisions here", default="set"),
        lambda one: {
            "namespace": found[one.key][0].namespace,
            "set": found[one.key][0].name,
            **revisions.document(*found[one.key][1:]),
        },
        lambda one: f"controllerrevision.apps/{found[one.key][1].revision.name}",
    )


def _history(snapshot: Snapshot, lws: LeaderWorkerSet) -> History:
    """Return the history of a set; of one with an invalid spec only what is recorded."""
    mine = [r for key, r in snapshot.revisions.items() if key.namespace == lws.key.namespace]
    try:
        return history_of(lws, mine)
    except InvalidSpec:
        own = (revision for revision in mine if revision.set_name == lws.metadata.name)
        return History(tuple(sorted(own, key=lambda r: r.number, reverse=True)), "", None)


def _revision_row(key: Key, entry: revisions.Entry, who: str, now: float) -> Row:
    revision = entry.revision
    texts = (key.namespace, key.name, *revisions.cells(entry, now, who))
    ranks: dict[str, object] = {
        "set": (key, -revision.number),
        "revision": revision.number,
        "age": -revision.created_at,
        "groups": len(entry.groups),
    }
    sort = [ranks.get(c.id, text) for c, text in zip(_REVISIONS, texts, strict=True)]
    ref = Ref("revision", key.namespace, key.name, uid=revision.uid)
    return row(revision.uid, tuple(map(Cell, texts)), sort, ref, judge("·"))


_Lister = Callable[[Snapshot, Query, float, Memo], Listing]
_LISTINGS: Final[Mapping[str, _Lister]] = {
    "sets": _sets,
    "groups": _groups,
    "pods": _pods,
    "nodes": _nodes,
    "events": _events,
    "revisions": _revisions,
}
KINDS: Final = tuple(_LISTINGS)
