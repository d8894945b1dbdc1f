"""The set screen: header, group map, table of groups, exceptions, waits, partition strip."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from controller.api.meta import Key
from lwstui.state.model import Snapshot
from lwstui.view.ages import age, count, ratio
from lwstui.view.digest import GroupDigest, SetDigest, digest, group_ref, pod_ref
from lwstui.view.groups import exception_table, group_table, judged, mark_of
from lwstui.view.health import FINE, ORDER, TONES, WORDS
from lwstui.view.memo import Memo
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
    groups = tuple(_map_group(one, g, memo, now) for g in one.groups)
    return SetView(
        found=True,
        header=_header(snapshot, one, now),
        groups=groups,
        table=group_table(one, query, now, memo),
        exceptions=exception_table(one, query, now, memo),
        waits=_waits(snapshot, key),
        legend=_legend(groups),
        strip=_strip(one),
    )


def _header(snapshot: Snapshot, one: SetDigest, now: float) -> tuple[Line, ...]:
    lws = one.lws
    policy = spec_text(lws.spec, "None", "leaderWorkerTemplate", "restartPolicy")
    startup = spec_text(lws.spec, "LeaderCreated", "startupPolicy")
    first: list[Span] = [
        Span(f"{lws.metadata.namespace} / ", "dim"),
        Span(lws.metadata.name, "title"),
        Span(f"   {_shape(one)}   {_revisions(one)}"),
        Span(f"   {policy}  {startup}", "dim"),
    ]
    if under_way := since(snapshot, one.key, now):
        first.append(Span(f"   {under_way}", "busy"))
    return (tuple(first), _counts(one), _state_line(one, now))


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
    return tuple(span for span in spans if span.text)


def _state_line(one: SetDigest, now: float) -> Line:
    health, blocker = one.health, one.blocker
    since = f" for {age(now - health.since)}" if health.since else ""
    spans = [Span(f"{health.glyph} {health.word}{since}", health.tone)]
    if health.reason:
        spans.append(Span(f"   {health.reason}"))
    if blocker is not None:
        spans.append(Span(f"   rollout blocked by group {blocker.index}", "warn"))
    elif one.held:
        spans.append(Span(f"   rollout held at partition {one.partition}", "info"))
    return tuple(spans)


def _map_group(one: SetDigest, group: GroupDigest, memo: Memo, now: float) -> MapGroup:
    def build() -> tuple[MapGroup, float]:
        return _build_map_group(one, group), float("inf")

    facts = (one.desired, one.rolling)
    return memo.get(("map", one.key, group.index), (group,), now, build, facts=facts)


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
    )


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
    """Return the partition strip of a running rollout: old and new groups by index."""
    groups = [g for g in one.groups if not g.surge]
    if not one.rolling or not groups:
        return ()
    step = -(-len(groups) // STRIP_CELLS)
    spans = [Span("0 ", "dim")]
    for start in range(0, len(groups), step):
        bucket = groups[start : start + step]
        if start <= one.partition < start + step and one.partition:
            spans.append(Span("▽", "info"))
        bad = min(bucket, key=lambda g: g.health.severity)
        old = any(g.revision != one.desired for g in bucket)
        fault = bad.health.severity < FINE
        spans.append(
            Span(bad.health.glyph, bad.health.tone)
            if fault or not old
            else Span("~", "info" if one.held else "dim")
        )
    return (*spans, Span(f" {groups[-1].index}", "dim"))
