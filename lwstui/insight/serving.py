"""Rules about engines: hung, saturated, idle, or behind a probe that does not notice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import isnan
from statistics import median
from typing import Final

from controller.api.meta import Key
from controller.api.pods import Pod
from lwstui.insight.world import World, group_subject, groups_of
from lwstui.state.insights import Advice, Evidence, Finding, Severity, Subject
from lwstui.state.lately import HOUR_S, SLOT_S
from lwstui.state.telemetry import EngineView, Trend, freshness
from lwstui.telemetry.engines import Fact
from lwstui.telemetry.quantities import Quantity

LASTING_S: Final = 120.0
IDLE_POINTS: Final = 60
"""Points of a trend that must all be zero before an engine counts as idle."""
FULL: Final = 0.95
ROOM: Final = 0.7
FAILED_SHARE: Final = 0.05
RECENT_POINTS: Final = 6
"""Newest points of a trend that tell how fast an engine is at present."""
BASELINE_POINTS: Final = 20
"""Older points with as many requests in work that have to be there to compare with."""
BASELINE_SLOTS: Final = 6
"""Quarters of an hour, not the newest two, that have to be there to compare with hours."""
SIMILAR: Final = 0.25
SLOWER: Final = 1.5
TOGETHER: Final = 2
"""Full groups from which it is the set that is too small."""
_MORE_ROOM: Final = (
    Advice("add groups, if they fit", "set.scale"),
    Advice("shorten the context or keep the cache in eight bits", "set.edit"),
)
RECREATE: Final = Advice("keep its logs, then recreate the group", "group.recreate")


def findings(world: World) -> Iterator[Finding]:
    """Yield what is wrong with engines of leaders."""
    for key, view in world.snapshot.telemetry.engines.items():
        leader = world.snapshot.pods.get(key)
        if leader is None or leader.group < 0:
            continue
        for rule in RULES:
            yield from rule(world, leader, view)
    yield from all_full(world)
    yield from unbalanced(world)


def _finding(
    rule: str,
    severity: Severity,
    leader: Pod,
    diagnosis: str,
    evidence: Iterable[Evidence],
    *advice: Advice,
    hold_s: float = 0.0,
) -> Finding:
    group = (leader.set_key, leader.group)
    return Finding(
        rule,
        severity,
        group_subject(group),
        diagnosis,
        tuple(evidence),
        advice,
        groups_of(leader),
        frozenset({"E11", "E12"}) if rule == "E3" else frozenset(),
        hold_s,
    )


def _seen(view: EngineView) -> Evidence:
    reading = view.reading
    parts = [
        f"{value:.0f} {word}"
        for value, word in ((reading.running, "running"), (reading.waiting, "waiting"))
        if value is not None
    ]
    if reading.kv is not None:
        parts.append(f"KV cache {reading.kv:.0%}")
    if view.rates is not None and Fact.GENERATED in view.rates.per_s:
        parts.append(f"{view.rates.per_s[Fact.GENERATED]:.0f} tokens/s")
    return Evidence(f"{reading.engine}: {', '.join(parts)}", reading.at)


def _per_s(view: EngineView, fact: Fact) -> float | None:
    return view.rates.per_s.get(fact) if view.rates is not None else None


def hung(world: World, leader: Pod, view: EngineView) -> Iterator[Finding]:
    """E3: requests are in work and nothing comes out, while the devices spin."""
    generated = _per_s(view, Fact.GENERATED)
    if not view.reading.running or generated is None or generated > 0:
        return
    by_pod = world.snapshot.telemetry.by_pod
    keys = [pod.key for pod in world.groups.get((leader.set_key, leader.group), ())]
    devices = [d for key in keys for d in by_pod.get(key, ())]
    busy = [b for d in devices if (b := d.reading.busy) is not None]
    spinning = bool(busy) and min(busy) >= 0.9
    moving = [m for d in devices if (m := d.reading.value(Quantity.DRAM)) is not None]
    still = not moving or max(moving) < 0.03
    words = "its devices spin without moving memory" if spinning and still else "nothing comes out"
    yield _finding(
        "E3",
        Severity.CRITICAL,
        leader,
        f"its engine hangs: {view.reading.running:.0f} requests are in work and {words}",
        (_seen(view),),
        RECREATE,
        hold_s=LASTING_S,
    )


def unwell(world: World, leader: Pod, view: EngineView) -> Iterator[Finding]:
    """E4: its pods are ready, but the engine says it is not well or says nothing."""
    if not leader.ready:
        return
    if view.reading.healthy is False:
        yield _finding(
            "E4",
            Severity.CRITICAL,
            leader,
            "its engine calls itself unhealthy although its probe passes",
            (_seen(view),),
            RECREATE,
            hold_s=LASTING_S,
        )
        return
    telemetry = world.snapshot.telemetry
    asked = freshness(telemetry.at, world.now, telemetry.period_s) == "fresh"
    if asked and freshness(view.reading.at, world.now, telemetry.period_s) == "stale":
        yield _finding(
            "E4",
            Severity.CRITICAL,
            leader,
            "its engine does not answer any more although its probe passes",
            (Evidence("last answer", view.reading.at),),
            RECREATE,
        )


def full(world: World, leader: Pod, view: EngineView) -> Iterator[Finding]:
    """E8: the KV cache is full and requests are put back or wait for it."""
    del world
    kv, waiting = view.reading.kv, view.reading.waiting or 0.0
    if kv is not None and kv >= FULL and ((_per_s(view, Fact.PREEMPTED) or 0.0) > 0 or waiting > 0):
        yield _finding(
            "E8",
            Severity.WARNING,
            leader,
            f"its KV cache is full ({kv:.0%}) and requests wait for room in it",
            (_seen(view),),
            *_MORE_ROOM,
            hold_s=LASTING_S,
        )


def all_full(world: World) -> Iterator[Finding]:
    """E8 of a set: several of its groups are full at once, so it is the set that is too small."""
    by_set: dict[Key, list[tuple[int, EngineView]]] = {}
    for key, view in world.snapshot.telemetry.engines.items():
        leader = world.snapshot.pods.get(key)
        if leader is not None and leader.group >= 0 and any(full(world, leader, view)):
            by_set.setdefault(leader.set_key, []).append((leader.group, view))
    for key, found in by_set.items():
        if len(found) < TOGETHER:
            continue
        groups = frozenset((key, group) for group, _ in found)
        waiting = sum(view.reading.waiting or 0.0 for _, view in found)
        of = len(world.groups_of_set.get(key, ()))
        yield Finding(
            "E8",
            Severity.WARNING,
            Subject("set", key.namespace, key.name),
            f"the KV caches of {len(found)} of its {of} groups are full and {waiting:.0f} requests "
            "wait: more work comes than it can do",
            (_seen(max((view for _, view in found), key=lambda v: v.reading.waiting or 0.0)),),
            _MORE_ROOM,
            groups,
            frozenset({"E8"}),
            LASTING_S,
        )


def throttled(world: World, leader: Pod, view: EngineView) -> Iterator[Finding]:
    """E9: requests wait although there is room: a limit of the engine holds them."""
    del world
    reading = view.reading
    if reading.kv is None or reading.running is None or reading.waiting is None:
        return
    waiting = reading.waiting - (reading.deferred or 0.0)
    if reading.kv < ROOM and waiting > 2 * max(1.0, reading.running):
        yield _finding(
            "E9",
            Severity.WARNING,
            leader,
            f"{waiting:.0f} requests wait although its KV cache has room: a limit of the engine "
            "holds them",
            (_seen(view),),
            Advice("raise the number of sequences or the tokens of a batch", "set.edit"),
            hold_s=LASTING_S,
        )


def idle(world: World, leader: Pod, view: EngineView) -> Iterator[Finding]:
    """E11: it has had nothing to do for long and holds its devices all the same."""
    if (
        len(view.running) < IDLE_POINTS
        or not _all_zero(view.running)
        or not _all_zero(view.waiting)
    ):
        return
    keys = [pod.key for pod in world.groups.get((leader.set_key, leader.group), ())]
    held = sum(amount for key in keys for _, amount in world.snapshot.pods[key].accelerators)
    minutes = IDLE_POINTS * world.snapshot.telemetry.period_s / 60
    if held:
        yield _finding(
            "E11",
            Severity.INFO,
            leader,
            f"it has had no request for {minutes:.0f} minutes and holds {held} accelerators",
            (_seen(view),),
            Advice("scale down", "set.scale"),
        )


def _all_zero(trend: Trend) -> bool:
    return all(value == 0 for value in trend if not isnan(value)) and not all(map(isnan, trend))


def deferred(world: World, leader: Pod, view: EngineView) -> Iterator[Finding]:
    """E14: requests wait for an adapter or a transfer, not for room."""
    del world
    if view.reading.deferred:
        yield _finding(
            "E14",
            Severity.INFO,
            leader,
            f"{view.reading.deferred:.0f} requests wait for an adapter or a transfer",
            (_seen(view),),
            hold_s=LASTING_S,
        )


def failing(world: World, leader: Pod, view: EngineView) -> Iterator[Finding]:
    """E15: many requests end badly."""
    del world
    failed, finished = _per_s(view, Fact.FAILED), _per_s(view, Fact.FINISHED)
    if not failed or finished is None:
        return
    share = failed / max(finished, failed)
    if share > FAILED_SHARE:
        yield _finding(
            "E15",
            Severity.WARNING,
            leader,
            f"{share:.0%} of its requests fail or are given up",
            (_seen(view), Evidence(f"{failed:.2f} of {finished:.2f} a second", view.reading.at)),
            Advice("see the engine's log", "group.logs"),
            hold_s=LASTING_S,
        )


def slowed(world: World, leader: Pod, view: EngineView) -> Iterator[Finding]:
    """E13: each request gets far fewer tokens than before, with as many in work."""
    del world
    pairs = [
        (tokens / running, running)
        for tokens, running in zip(view.tokens, view.running, strict=False)
        if running > 0 and tokens > 0
    ]
    now, before = pairs[-RECENT_POINTS:], pairs[:-RECENT_POINTS]
    if len(now) < RECENT_POINTS:
        return
    load = median(running for _, running in now)
    usual, when = _usual(view, before, load)
    speed = median(speed for speed, _ in now)
    if speed * SLOWER >= usual:
        return
    yield _finding(
        "E13",
        Severity.WARNING,
        leader,
        f"each request gets {speed:.1f} tokens/s, {usual:.1f} {when} with as many in work",
        (_seen(view), Evidence(f"{load:.0f} requests in work", view.reading.at)),
        Advice("compare clocks, temperature and neighbours of its devices", "group.open"),
        hold_s=LASTING_S,
    )


def _usual(
    view: EngineView, minutes: Iterable[tuple[float, float]], load: float
) -> tuple[float, str]:
    """Return how fast requests were with as many in work, 0 if that is not known, and when.

    Args:
        view: The engine; how fast it was over hours counts, if it was watched for long enough.
        minutes: Speed and requests in work of the minutes before the last ones.
        load: Requests in work of late.
    """
    here = int(view.reading.at // SLOT_S)
    hours = [one for one in view.paces if one.slot < here - 1 and _alike(one.running, load)]
    if len(hours) >= BASELINE_SLOTS:
        since_h = (here - hours[0].slot) * SLOT_S / HOUR_S
        return median(one.speed for one in hours), f"in the last {since_h:.0f} hours"
    alike = [speed for speed, running in minutes if _alike(running, load)]
    return (median(alike), "a while ago") if len(alike) >= BASELINE_POINTS else (0.0, "")


def _alike(running: float, load: float) -> bool:
    return abs(running - load) <= SIMILAR * load


RULES: Final[tuple[Callable[[World, Pod, EngineView], Iterator[Finding]], ...]] = (
    hung,
    unwell,
    full,
    throttled,
    idle,
    deferred,
    failing,
    slowed,
)


def unbalanced(world: World) -> Iterator[Finding]:
    """E10: some groups of a set have three times the work of others."""
    by_set: dict[Key, dict[int, float]] = {}
    for key, view in world.snapshot.telemetry.engines.items():
        pod = world.snapshot.pods.get(key)
        if pod is not None and pod.group >= 0 and view.reading.running is not None:
            by_set.setdefault(pod.set_key, {})[pod.group] = view.reading.running
    for key, running in by_set.items():
        most, least = max(running.values()), min(running.values())
        if len(running) > 1 and most >= 6 and most > 3 * max(1.0, least):
            busiest = max(running, key=running.__getitem__)
            idlest = min(running, key=running.__getitem__)
            yield Finding(
                "E10",
                Severity.INFO,
                Subject("set", key.namespace, key.name),
                f"group {busiest} works on {most:.0f} requests, group {idlest} on {least:.0f}",
                (Evidence("requests in work per group", world.snapshot.telemetry.at),),
                (Advice("check how requests are spread over the leaders"),),
                frozenset((key, group) for group in running),
                frozenset(),
                300.0,
            )
