"""The set under the fleet's cursor in more words, and events in a narrow column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import nlargest
from typing import Final

from controller.api.meta import Key, parse_time
from lwstui.state.model import Snapshot
from lwstui.state.patches import images
from lwstui.state.starts import usual
from lwstui.view.ages import age, count, moment, ratio
from lwstui.view.digest import GroupDigest, SetDigest, digest, digests
from lwstui.view.health import FAULTS
from lwstui.view.memo import Memo
from lwstui.view.phrases import event_tone, runs
from lwstui.view.spec import spec_text
from lwstui.view.trends import Trend, trend_lines, trends_of, trends_of_all
from lwstui.view.types import Line, Span

MOST_REASONS: Final = 8
CELLS: Final = 36
"""Cells beside the fleet."""
_LABEL: Final = 9


def set_aside(snapshot: Snapshot, key: Key, now: float, memo: Memo) -> tuple[Line, ...]:
    """Return what to know of a set beside the fleet; nothing if it is gone."""
    lws = snapshot.sets.get(key)
    if lws is None:
        return ()
    one = digest(snapshot, lws, memo, now)
    ready = sum(each.ready for each in digests(snapshot, memo, now))
    return (
        *_state(one, now),
        (),
        *_facts(snapshot, one, now),
        (),
        *_behind(one, now),
        *_waits(snapshot, key),
        *_hour("LAST HOUR", trends_of(snapshot, key, one.replicas, now, ready=one.ready), now),
        *_hour("LAST HOUR OF ALL SETS", trends_of_all(snapshot, now, ready=ready), now),
    )


def _hour(title: str, trends: Sequence[Trend], now: float) -> Iterator[Line]:
    if trends:
        yield ()
        yield (Span(title, "bold"),)
        yield from trend_lines(trends, now, CELLS)


def _fact(label: str, value: str) -> Line:
    return (Span(f"{label:<{_LABEL}} ", "dim"), Span(value))


def _state(one: SetDigest, now: float) -> Iterator[Line]:
    health = one.health
    since = f" for {age(now - health.since)}" if health.since else ""
    yield (Span(f"{health.glyph} {health.word}{since}", health.tone),)
    if health.reason:
        yield (Span(health.reason, health.tone if health.glyph in FAULTS else ""),)


def _facts(snapshot: Snapshot, one: SetDigest, now: float) -> Iterator[Line]:
    said = f" (status says {one.lws.status.ready_replicas})" if one.disagrees else ""
    yield _fact("groups", f"{ratio(one.ready, one.replicas)} ready{said}")
    asked = sum(group.size for group in one.groups)
    yield _fact("pods", f"{ratio(one.pods_ready, asked)} ready, {one.size} per group")
    if one.accelerators:
        yield _fact("GPU", f"{ratio(*one.accelerators)} bound")
    yield _fact("revision", one.desired[:10] or "unknown")
    if one.rolling:
        yield _fact("rollout", f"{ratio(one.updated, one.replicas)} updated")
    nodes = {pod.node for group in one.groups for pod in group.pods if pod.node}
    yield _fact("nodes", str(len(nodes)))
    restarts = sum(group.restarts for group in one.groups)
    yield _fact("restarts", str(restarts))
    again = sum(
        max(0, len(found.incarnations) - 1)
        for group in one.groups
        if (found := snapshot.history.get((one.key, group.index))) is not None
    )
    if again:
        yield _fact("recreated", f"{count(again, 'time')} as seen here")
    named = {image for _, _, image in images(one.lws.spec)}
    known = usual(snapshot.starts.get(one.key, ()), named)
    if known is not None:
        yield _fact("starts in", f"{age(known.p50_s)}, usually")
    created = parse_time(one.lws.metadata.creation_timestamp)
    yield _fact("age", age(now - created) if created else "unknown")
    yield _fact("policy", spec_text(one.lws.spec, "None", "leaderWorkerTemplate", "restartPolicy"))
    for part, name, image in images(one.lws.spec):
        yield _fact(part, f"{name} {image}")


def _behind(one: SetDigest, now: float) -> Iterator[Line]:
    """Yield the groups that are not fine, worst first; one line for those with one reason."""
    behind: dict[tuple[int, str], list[GroupDigest]] = {}
    for group in one.groups:
        if group.health.glyph not in "·:u":
            found = group.health
            behind.setdefault((found.severity, found.reason or found.word), []).append(group)
    ordered = sorted(behind.items(), key=lambda item: item[0][0])
    for (_, reason), groups in ordered[:MOST_REASONS]:
        health = groups[0].health
        since = min((g.health.since for g in groups if g.health.since), default=None)
        yield (
            Span(f"{health.glyph} {runs([group.index for group in groups])}", health.tone),
            Span(f"{f' {age(now - since)}' if since else ''}  ", "dim"),
            Span(reason),
        )
    more = sum(len(groups) for _, groups in ordered[MOST_REASONS:])
    if more:
        yield (Span(f"and {count(more, 'more group')}", "dim"),)


def _waits(snapshot: Snapshot, key: Key) -> Iterator[Line]:
    for _, reason, _ in snapshot.controller.waits.get(key, ())[:2]:
        yield (Span("waiting  ", "dim"), Span(reason))


def events_aside(snapshot: Snapshot, most: int) -> tuple[Line, ...]:
    """Return the newest events for a narrow column: two lines each.

    Args:
        snapshot: What is known.
        most: Events at most.
    """
    newest = nlargest(most, snapshot.events.values(), key=lambda event: event.last_at)
    lines: list[Line] = []
    for event in newest:
        often = f" ×{event.count}" if event.count > 1 else ""
        head = Span(f"{event.reason}{often} ", event_tone(event))
        when = moment(event.last_at, snapshot.taken_at, snapshot.manner.times)
        lines.append((Span(f"{when:<8} ", "dim"), head, Span(event.regarding_name)))
        lines.append((Span(f"  {event.note}", "dim"),))
    return tuple(lines)
