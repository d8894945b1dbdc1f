"""The set screen: header, group map, table of groups, exceptions, waits, partition strip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from controller.api.meta import Key
from lwstui.state.model import Snapshot
from lwstui.view.ages import age, count, ratio
from lwstui.view.digest import GroupDigest, SetDigest, digest, group_ref, pod_ref
from lwstui.view.engines import load, load_line
from lwstui.view.groups import exception_table, group_table, judged, mark_of
from lwstui.view.health import FINE, ORDER, TONES, WORDS
from lwstui.view.impact_freeze import frozen_text
from lwstui.view.memo import Memo
from lwstui.view.pausing import paused_text
from lwstui.view.rollout import partition_now
from lwstui.view.spec import spec_text
from lwstui.view.types import (
    Line,
    MapCell,
    MapGroup,
    Query,
    Ref,
    SetView,
    Span,
)
from lwstui.view.underway import since

STRIP_CELLS: Final = 60
NODES: Final = 2
MANY: Final = 8
"""Sets of more groups count their states in the header."""


def set_view(snapshot: Snapshot, key: Key, query: Query, now: float, memo: Memo) -> SetView:
    """Return what the set screen shows; the filter applies to both tables.

    Args:
        snapshot: What is known.
        key: Namespace and name of the set.
        query: Filter and order of the tables.
        now: Epoch seconds.
        memo: Remembers rows and map cells between calls.
    """
    lws = snapshot.sets.get(key)
    if lws is None:
        return SetView(False, ((Span(f"{key} ", "title"), Span("is gone", "warn")),))
    one = digest(snapshot, lws, memo, now)
    parts = _parts(one, now, memo)
    return SetView(
        found=True,
        header=_header(snapshot, one, parts.counts, now),
        groups=parts.groups,
        table=group_table(one, query, now, memo),
        exceptions=exception_table(one, query, now, memo),
        waits=_waits(snapshot, key),
        legend=parts.legend,
        strip=parts.strip,
    )


class _Parts(NamedTuple):
    """What is shown of all groups of a set and does not grow old."""

    groups: tuple[MapGroup, ...]
    counts: Line
    legend: Line
    strip: Line


def _parts(one: SetDigest, now: float, memo: Memo) -> _Parts:
    """Return these parts; a set nothing happens in costs nothing, however large."""

    def build() -> tuple[_Parts, float]:
        key = one.key
        groups = tuple(_map_group(one, key, g, memo, now) for g in one.groups)
        return _Parts(groups, _counts(one), _legend(groups), _strip(one)), float("inf")

    return memo.get(("set parts", one.key), (one,), now, build)


def _header(snapshot: Snapshot, one: SetDigest, counts: Line, now: float) -> tuple[Line, ...]:
    lws = one.lws
    policy = spec_text(lws.spec, "None", "leaderWorkerTemplate", "restartPolicy")
    startup = spec_text(lws.spec, "LeaderCreated", "startupPolicy")
    first: list[Span] = [
        Span(f"{lws.metadata.namespace} / ", "dim"),
        Span(lws.metadata.name, "title"),
        Span(f"   {_shape(one)}"),
        Span(f"   {_revisions(one)}", "" if one.rolling else "dim"),
    ]
    if off := paused_text(lws, now):
        first.append(Span(f"   {off}", "warn"))
    if held := frozen_text(one):
        first.append(Span(f"   {held}", "info"))
    if under_way := since(snapshot, one.key, now):
        first.append(Span(f"   {under_way}", "busy"))
    first += [Span(f"   {policy}", "dim"), Span(f"   {startup}", "dim")]
    return (tuple(first), counts, _state_line(one, now), *_engines(snapshot, one, now))


def _engines(snapshot: Snapshot, one: SetDigest, now: float) -> Iterable[Line]:
    """Yield what the engines of the set do together, if any is known."""
    if not snapshot.telemetry.engines:
        return
    leaders = [group.leader for group in one.groups if group.leader is not None]
    found = load(leaders, now, snapshot.telemetry)
    devices = sum(group.bound for group in one.groups if group.index in found.told)
    line = load_line(found, len(one.groups), devices)
    if line:
        yield line


def _shape(one: SetDigest) -> str:
    return f"{count(one.replicas, 'group')} × {count(one.size, 'pod')}"


def _revisions(one: SetDigest) -> str:
    new = one.desired[:6] or "?"
    if not one.rolling:
        return f"revision {new}"
    old = next(g.revision for g in one.groups if g.revision not in ("", one.desired))
    return f"rolling {old[:6]} → {new}"


def _counts(one: SetDigest) -> Line:
    disagrees = f" (status says {one.lws.status.ready_replicas})" if one.disagrees else ""
    asked = sum(g.size for g in one.groups)
    spans = [
        Span("groups "),
        Span(ratio(one.ready, one.replicas), "" if one.ready >= one.replicas else "warn"),
        Span(f" ready{disagrees}"),
        Span(f" +{one.surge} surge" if one.surge else "", "info"),
        Span(f" · updated {ratio(one.updated, one.replicas)}"),
        Span(f" · pods {ratio(one.pods_ready, asked)}"),
    ]
    if one.accelerators:
        spans.append(Span(f" · GPU {ratio(*one.accelerators)}"))
    if one.partition:
        spans.append(Span(f" · partition {one.partition}", "info"))
    if len(one.groups) > MANY:
        behind = [group for group in one.groups if group.health.glyph not in "·:u"]
        spans += [Span(" · "), *_states(behind)] if behind else []
    return tuple(span for span in spans if span.text)


def _state_line(one: SetDigest, now: float) -> Line:
    health, blocker = one.health, one.blocker
    since = f" for {age(now - health.since)}" if health.since else ""
    spans = [Span(f"{health.glyph} {health.word}{since}", health.tone)]
    if health.reason:
        spans.append(Span(f"   {health.reason}"))
    if blocker is not None:
        others = len(one.blockers) - 1
        more = f" +{others}" if others else ""
        spans.append(Span(f"   rollout blocked by group {blocker.index}{more}", "warn"))
    elif one.held:
        spans.append(Span(f"   rollout held at partition {one.partition}", "info"))
    return tuple(spans)


def _map_group(one: SetDigest, key: Key, group: GroupDigest, memo: Memo, now: float) -> MapGroup:
    def build() -> tuple[MapGroup, float]:
        return _build_map_group(one, group), float("inf")

    facts = (one.desired, one.rolling)
    return memo.get(("map", key, group.index), (group,), now, build, facts=facts)


def _build_map_group(one: SetDigest, group: GroupDigest) -> MapGroup:
    health = group.health
    return MapGroup(
        group.index,
        mark_of(one, group),
        health.glyph,
        health.tone,
        group.ready,
        tuple(_cells(one, group)),
        group_ref(one, group),
        group.size,
        _note(group),
    )


def _note(group: GroupDigest) -> str:
    """Return what is the matter with a group, and where it runs."""
    health = group.health
    nodes = sorted({pod.node for pod in group.pods if pod.node})
    beyond = f" +{len(nodes) - NODES}" if len(nodes) > NODES else ""
    words = (health.word, health.reason, " ".join(nodes[:NODES]) + beyond)
    return "   ".join(filter(None, words))


def cell_line(snapshot: Snapshot, key: Key, indexes: Sequence[int], now: float, memo: Memo) -> Line:
    """Return what is in one cell of a map that is too small to tell its pods.

    Args:
        snapshot: What is known.
        key: The set.
        indexes: Groups of the cell; several when it is a bucket.
        now: Epoch seconds.
        memo: Remembers digests between calls.
    """
    lws = snapshot.sets.get(key)
    if lws is None or not indexes:
        return ()
    one = digest(snapshot, lws, memo, now)
    wanted = frozenset(indexes)
    groups = [group for group in one.groups if group.index in wanted]
    if not groups:
        return ()
    worst = min(groups, key=lambda group: group.health.severity)
    spans = [Span("▶ ", "title")]
    if len(groups) > 1:
        spans.append(Span(f"groups {indexes[0]}-{indexes[-1]}: "))
        spans += _states(groups)
        spans.append(Span("  worst "))
    health = worst.health
    since = f" for {age(now - health.since)}" if health.since else ""
    return (
        *spans,
        Span(f"{worst.index}", "bold"),
        Span(f"   {health.glyph} {health.word}{since}", health.tone),
        Span(f"   {health.reason}" if health.reason else ""),
        Span(f"   rev {worst.revision[:6]}" if worst.revision else "", "dim"),
        Span(f"   {_where(worst)}", "dim"),
    )


def _where(group: GroupDigest) -> str:
    leader = group.leader
    return f"leader on {leader.node}" if leader is not None and leader.node else "no node yet"


def _states(groups: Iterable[GroupDigest]) -> list[Span]:
    """Return how many groups are in which state, worst first."""
    counts = Counter(group.health.glyph for group in groups)
    return [Span(f"{g}{counts[g]:,} ", TONES[g]) for g in ORDER if counts[g]]


def _cells(one: SetDigest, group: GroupDigest) -> Iterable[MapCell]:
    """Yield a cell per pod that exists or should, leader first."""
    there = dict(zip((p.worker for p in group.pods), judged(group), strict=True))
    for worker in range(max(group.size, max(there, default=-1) + 1)):
        if worker in there:
            pod, health = there[worker]
            yield MapCell(health.glyph, health.tone, pod_ref(pod))
        else:
            ref = Ref(
                "pod", one.key.namespace, _name(one, group.index, worker), group.index, worker
            )
            yield MapCell("_", TONES["_"], ref)


def _name(one: SetDigest, group: int, worker: int) -> str:
    name = f"{one.key.name}-{group}"
    return f"{name}-{worker}" if worker else name


def _waits(snapshot: Snapshot, key: Key) -> tuple[Line, ...]:
    waits = snapshot.controller.waits.get(key, ())
    return tuple((Span(_about(reason, group), "dim"), Span(reason)) for _, reason, group in waits)


def _about(reason: str, group: int) -> str:
    return "" if group < 0 or reason.startswith("group") else f"group {group}: "


def _legend(groups: Iterable[MapGroup]) -> Line:
    """Return the meaning of the glyphs that are on the map, worst first."""
    present: set[str] = set()
    for group in groups:
        present.add(group.glyph)
        present.update(cell.glyph for cell in group.cells)
    spans: list[Span] = []
    for state in (g for g in ORDER if g in present):
        spans += [Span(state, TONES[state]), Span(f" {WORDS[state]}  ", "dim")]
    return tuple(spans)


def _strip(one: SetDigest) -> Line:
    """Return the partition strip of a running rollout: old and new groups by index.

    ``┃`` stands where the controller is, ``▽`` at the user's partition, below which nothing
    is updated.
    """
    groups = [g for g in one.groups if not g.surge]
    if not one.rolling or not groups:
        return ()
    step = -(-len(groups) // STRIP_CELLS)
    now_at, user = partition_now(one), one.partition
    spans = [Span("0 ", "dim")]
    for start in range(0, len(groups), step):
        if start <= user < start + step and user:
            spans.append(Span("▽", "info"))
        if start <= now_at < start + step and now_at:
            spans.append(Span("┃", "title"))
        spans.append(_strip_cell(one, groups[start : start + step]))
    spans.append(Span(f" {groups[-1].index}", "dim"))
    spans.append(Span(f"   ┃ partition {now_at}", "title"))
    spans.append(Span(f"   ▽ yours {user}" if user else "", "info"))
    return tuple(span for span in spans if span.text)


def _strip_cell(one: SetDigest, bucket: Sequence[GroupDigest]) -> Span:
    bad = min(bucket, key=lambda g: g.health.severity)
    old = any(g.revision != one.desired for g in bucket)
    if bad.health.severity < FINE or not old:
        return Span(bad.health.glyph, bad.health.tone)
    return Span("~", "info" if one.held else "dim")
