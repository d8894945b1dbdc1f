"""The tables of the set screen: its groups, and its exceptions."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from itertools import chain
from math import inf
from typing import Final, TypeVar

from controller.api.pods import Pod
from lwstui.view.ages import age, changes_in, count, ratio
from lwstui.view.digest import GroupDigest, SetDigest, group_ref, pod_ref
from lwstui.view.health import Health, judge
from lwstui.view.memo import Memo
from lwstui.view.pods import role
from lwstui.view.tables import DASH, arrange, glyph, row
from lwstui.view.types import Cell, Column, Query, Row, Span, TableView

T = TypeVar("T")

POD_COLUMNS: Final = 4
"""Groups of at most this many pods get one table column per pod."""
BLOCK: Final = 8
COARSE_ABOVE: Final = 200
_EXCEPTIONS: Final = (
    Column("state", "S", 1),
    Column("group", "GRP", 4, "right"),
    Column("role", "ROLE", 9),
    Column("pod", "POD", 18),
    Column("status", "STATE", 9),
    Column("reason", "REASON", 24, flex=True),
    Column("age", "FOR", 6, "right", age=True),
    Column("node", "NODE", 12, min_screen=93),
)


def mark_of(one: SetDigest, group: GroupDigest) -> str:
    """Return a group's mark: surge, old revision or updating during a rollout, or blank."""
    if group.surge:
        return "^"
    if not one.rolling or not group.revision:
        return " "
    if group.revision != one.desired:
        return "~"
    return " " if group.serves else "*"


def judged(group: GroupDigest) -> list[tuple[Pod, Health]]:
    """Return pods with their judgments; ready pods of old revisions follow their group."""
    shown = []
    for pod, health in zip(group.pods, group.healths, strict=True):
        quiet = health.glyph == "·" and group.health.glyph in ":u"
        shown.append((pod, group.health if quiet else health))
    return shown


def _table_columns(one: SetDigest) -> tuple[Column, ...]:
    pods = [
        Column(f"w{i}" if i else "leader", f"W{i}" if i else "LEADER", 9, want=11)
        for i in range(one.size if one.size <= POD_COLUMNS else 0)
    ]
    if not pods:
        blocks = (one.size - 2) // BLOCK
        pods = [Column("pods", "PODS", min(40, one.size + 1 + max(0, blocks)))]
    return (
        Column("state", "S", 1),
        Column("group", "GRP", 5, "right"),
        Column("ready", "READY", 5, "right"),
        *pods,
        Column("revision", "REV", 6, min_screen=90),
        Column("gpu", "GPU", 5, "right", min_screen=90 if len(pods) > 3 else 80),
        Column("nodes", "NODES", 14, min_screen=100),
        Column("restarts", "RST", 3, "right"),
        Column("reason", "REASON", 12, flex=True),
        Column("age", "AGE", 6, "right", age=True),
    )


def group_table(one: SetDigest, query: Query, now: float, memo: Memo) -> TableView:
    """Return the table of a set's groups, one row per group, by index."""
    columns = _table_columns(one)
    coarse = len(one.groups) > COARSE_ABOVE
    facts, key = (one.size, one.desired, one.rolling, coarse), one.key

    def remembered(group: GroupDigest) -> tuple[Row, float]:
        def build() -> tuple[tuple[Row, float], float]:
            created = _created(group)
            until = now + changes_in(now - created, coarse=coarse) if created else inf
            return (_group_row(one, group, now, coarse=coarse), until), until

        return memo.get(("group-row", key, group.index), (group,), now, build, facts=facts)

    rows = _all_rows(("group-rows", key), one, now, memo, remembered)
    return arrange(columns, rows, query, now, empty="scaled to 0: no groups", default="group")


def _all_rows(
    slot: Hashable,
    one: SetDigest,
    now: float,
    memo: Memo,
    rows_of: Callable[[GroupDigest], tuple[T, float]],
) -> tuple[T, ...]:
    """Return something of every group; while a set and what it shows stay, none is looked at."""

    def build() -> tuple[tuple[T, ...], float]:
        found = [rows_of(group) for group in one.groups]
        return tuple(made for made, _ in found), min((until for _, until in found), default=inf)

    return memo.get(slot, (one,), now, build)


def _created(group: GroupDigest) -> float:
    return group.pods[0].created_at if group.pods else 0.0


def _group_row(one: SetDigest, group: GroupDigest, now: float, *, coarse: bool) -> Row:
    health, created = group.health, _created(group)
    pods = [cell for cell, _ in _pod_cells(one, group)]
    devices = group.asked
    nodes = sorted({pod.node for pod in group.pods if pod.node})
    restarts = group.restarts
    cells = (
        glyph(health),
        Cell(f"{group.index}{mark_of(one, group).strip()}"),
        Cell(ratio(group.ready, group.size)),
        *pods,
        Cell(group.revision[:6], "dim"),
        Cell(str(devices)) if devices else DASH,
        Cell(", ".join(nodes[:2]) + (f" +{len(nodes) - 2}" if len(nodes) > 2 else "")),
        Cell(str(restarts), "warn" if restarts else "dim"),
        Cell(health.reason, "" if health.glyph in "XP!" else "dim"),
        Cell(age(now - created, coarse=coarse) if created else "", "dim"),
    )
    sort = (
        health.severity,
        group.index,
        group.ready - group.size,
        *(rank for _, rank in _pod_cells(one, group)),
        group.revision,
        devices,
        nodes,
        restarts,
        health.reason,
        -created,
    )
    key = f"{one.lws.metadata.uid or one.key}/{group.index}"
    extra = " ".join((*nodes, *(pod.name for pod in group.pods)))
    whole = {"nodes": " ".join(nodes), "revision": group.revision}
    return row(key, cells, sort, group_ref(one, group), health, extra=extra, whole=whole)


def _pod_cells(one: SetDigest, group: GroupDigest) -> list[tuple[Cell, int]]:
    """Return (cell, sort rank) of the pod columns: one per pod, or one with all glyphs."""
    states = {pod.worker: health for pod, health in judged(group)}
    missing = judge("_")
    if one.size <= POD_COLUMNS:
        shown = [states.get(i, missing) for i in range(one.size)]
        return [(Cell(f"{h.glyph} {h.word}", h.tone), h.severity) for h in shown]
    spans: list[Span] = []
    for i in range(group.size):
        health = states.get(i, missing)
        gap = "│" if i == 1 else " " if i > 1 and (i - 1) % BLOCK == 0 else ""
        spans += [Span(gap, "dim"), Span(health.glyph, health.tone)]
    line = tuple(span for span in spans if span.text)
    return [(Cell("".join(span.text for span in line), spans=line), group.ready)]


def exception_table(one: SetDigest, query: Query, now: float, memo: Memo) -> TableView:
    """Return what is not fine in a set, worst first; a filter without any match is ignored."""
    each = partial(_remembered_exceptions, one, now=now, memo=memo)
    rows = chain.from_iterable(_all_rows(("exceptions", one.key), one, now, memo, each))
    wanted = Query(query.filter, faults_only=query.faults_only)
    table = arrange(_EXCEPTIONS, rows, wanted, now, empty="every pod is ready")
    return table if not (query.filter and table.note) else TableView(_EXCEPTIONS, table.everything)


def _remembered_exceptions(
    one: SetDigest, group: GroupDigest, *, now: float, memo: Memo
) -> tuple[tuple[Row, ...], float]:
    """Return the rows of a group, and until when they read as they do."""
    if group.health.glyph in "·:u":
        return (), inf

    def build() -> tuple[tuple[tuple[Row, ...], float], float]:
        found = tuple(_exception(one, group, alike, now) for alike in _alike(group))
        sinces = [alike[0][1].since for alike in _alike(group)]
        until = min((now + changes_in(now - s) for s in sinces if s), default=inf)
        return (found, until), until

    return memo.get(("exceptions", one.key, group.index), (group,), now, build)


def _alike(group: GroupDigest) -> list[list[tuple[Pod | None, Health]]]:
    """Return the group's faulty pods, those in the same state for the same reason together."""
    found: dict[tuple[str, str], list[tuple[Pod | None, Health]]] = {}
    if not group.pods or group.health.reason.startswith("recreate loop"):
        return [[(None, group.health)]]
    for pod, health in zip(group.pods, group.healths, strict=True):
        if health.glyph not in "·:u":
            found.setdefault((health.word, health.reason), []).append((pod, health))
    if not found:
        return [[(None, group.health)]]
    return list(found.values())


def _exception(
    one: SetDigest, group: GroupDigest, alike: Sequence[tuple[Pod | None, Health]], now: float
) -> Row:
    health = alike[0][1]
    pods = [pod for pod, _ in alike if pod is not None]
    who = _who(pods, group)
    name = pods[0].name if len(pods) == 1 else count(len(pods), "pod") if pods else "—"
    nodes = sorted({pod.node for pod in pods if pod.node})
    cells = (
        glyph(health),
        Cell(str(group.index)),
        Cell(who),
        Cell(name),
        Cell(health.word, health.tone),
        Cell(health.reason),
        Cell(age(now - health.since) if health.since else "", "dim"),
        Cell(nodes[0] if len(nodes) == 1 else f"{len(nodes)} nodes" if nodes else ""),
    )
    since = -(health.since or 0.0)
    sort = (health.severity, group.index, who, name, health.word, health.reason, since, nodes)
    ref = pod_ref(pods[0]) if len(pods) == 1 else group_ref(one, group)
    key = f"{one.lws.metadata.uid}/{group.index}/{who}/{health.word}"
    return row(key, cells, sort, ref, health, extra=" ".join(pod.name for pod in pods))


def _who(pods: Sequence[Pod], group: GroupDigest) -> str:
    if not pods:
        return "group"
    if len(pods) == 1:
        return role(pods[0])
    if len(pods) == group.size:
        return "all"
    return "workers" if all(pod.worker > 0 for pod in pods) else "several"
