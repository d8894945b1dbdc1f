"""Why a rollout waits, for the rollout screen: reason, arithmetic, the pods that hold it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lwstui.view.ages import age, count
from lwstui.view.digest import GroupDigest, SetDigest
from lwstui.view.phrases import group_runs
from lwstui.view.progress import Progress
from lwstui.view.types import Line, Span

PODS: Final = 3
"""Pods named of the group that holds a rollout."""


def blocking(one: SetDigest, seen: Progress) -> GroupDigest | None:
    """Return the group that holds a rollout: the highest one that is not ready, None if none.

    The partition passes only an unbroken run of ready groups, counted from the highest index.
    """
    if seen.state in ("complete", "refused"):
        return None
    index = seen.group
    found = next((group for group in one.groups if group.index == index), None)
    return found if index is not None else one.blocker


def why(one: SetDigest, seen: Progress, idle_s: float | None, now: float) -> tuple[Line, ...]:
    """Return why a rollout waits, the reason first.

    Args:
        one: The set.
        seen: Its rollout, with the reasons of the planner.
        idle_s: Seconds since a group last became ready, None if none did.
        now: Epoch seconds.
    """
    return tuple(_lines(one, seen, idle_s, now))


def _lines(one: SetDigest, seen: Progress, idle_s: float | None, now: float) -> Iterator[Line]:
    if seen.state == "complete":
        yield from _complete(one, seen)
        return
    group = blocking(one, seen)
    tone = group.health.tone if group is not None else "info"
    glyph = group.health.glyph if group is not None else "u" if seen.state == "paused" else "?"
    if seen.state == "progressing" and group is None:
        glyph, tone = "o", "busy"
    yield (Span(f"{glyph} ", tone), Span(seen.reason or "nothing is known yet"))
    if group is not None:
        yield from _pods(group, now)
    if seen.also:
        yield (Span("  "), Span(seen.also, "dim"))
    elif group is not None:
        yield from _run(one, seen, group)
    if idle_s is not None and seen.state == "progressing":
        yield (Span("  "), Span(f"no group became ready for {age(idle_s)}", "dim"))


def _complete(one: SetDigest, seen: Progress) -> Iterator[Line]:
    if seen.held:
        least = (
            f"{group_runs(seen.held)} keep{'s' if len(seen.held) == 1 else ''} another revision: "
            f"the partition in the spec is {seen.partition}"
        )
        yield (Span("u ", "info"), Span(least))
        yield (Span("  "), Span("one more group with <.>, all of them with <>>", "dim"))
        return
    everything = f"nothing: all {one.replicas} groups are ready on {one.desired[:6] or '?'}"
    yield (Span("· ", "ok"), Span(everything))


def _pods(group: GroupDigest, now: float) -> Iterator[Line]:
    """Yield the pods of a group that are not ready, and those that are not there."""
    faulty = [
        (pod, health)
        for pod, health in zip(group.pods, group.healths, strict=True)
        if not pod.running_and_ready or pod.terminating
    ]
    for pod, health in faulty[:PODS]:
        since = f" for {age(now - health.since)}" if health.since else ""
        said = f", {health.reason}" if health.reason else ""
        where = f"  on {pod.node}" if pod.node else ""
        yield (
            Span(f"  {health.glyph} ", health.tone),
            Span(f"{pod.name} {health.word}{since}{said}"),
            Span(where, "dim"),
        )
    if len(faulty) > PODS:
        more = count(len(faulty) - PODS, "more pod")
        yield (Span(f"    and {more} of group {group.index}", "dim"),)


def _run(one: SetDigest, seen: Progress, group: GroupDigest) -> Iterator[Line]:
    """Yield what the group keeps from being updated."""
    waiting = [
        g.index
        for g in one.groups
        if seen.partition <= g.index < group.index and g.revision not in ("", one.desired)
    ]
    if not waiting or group.index < seen.reached:
        return
    text = (
        "the partition moves only past an unbroken run of ready groups from the right: "
        f"{group.index} blocks {group_runs(waiting)}"
    )
    yield (Span("  "), Span(text, "dim"))
