"""Rules about starts that take far longer than is usual for the set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from controller.api.pods import Pod
from lwstui.insight.logs import quoted
from lwstui.insight.world import World, group_subject
from lwstui.state.insights import Advice, Evidence, Finding, GroupId, Severity
from lwstui.state.patches import images
from lwstui.state.starts import Usual, slow_after_s, usual
from lwstui.state.telemetry import Trend, freshness
from lwstui.telemetry.quantities import Quantity

LOADING_BYTES_S: Final = 200e6
"""What a device receives at least while weights are loaded; one that is ready gets far less."""
FILLING_POINTS: Final = 3
GROWS: Final = 0.005
EMPTY: Final = 0.03
"""Share of a device's memory that a program takes before it loads anything."""
_MINUTES_FROM_S: Final = 120.0
_PHASES: Final = (
    # (phase, fragments of lines that belong to it); the last line that tells one counts
    ("capture of graphs", ("capturing cuda graph", "graph captur")),
    ("compilation", ("torch.compile", "compile cache", "dynamo bytecode", "compiling")),
    ("loading of weights", ("loading safetensors", "loading weights", "% completed", "to load")),
    ("rendezvous of ranks", ("init start", "is active", "world_size", "waiting for")),
)


def findings(world: World) -> Iterator[Finding]:
    """Yield groups that start slowly."""
    for key, groups in world.groups_of_set.items():
        lws = world.snapshot.sets.get(key)
        late = [(group, pods) for group, pods in groups.items() if _starts(world, group, pods)]
        if lws is None or not late:
            continue
        known = _usual(world, key, lws)
        for group, pods in late:
            yield from slow(world, group, pods, known)


def _starts(world: World, group: GroupId, pods: Sequence[Pod]) -> bool:
    """Tell whether a group is on its way to its first readiness."""
    if all(pod.ready for pod in pods) or pods[0].worker != 0 or pods[0].terminating:
        return False
    history = world.snapshot.history.get(group)
    return history is None or not history.ready_once


def _usual(world: World, key: Key, lws: LeaderWorkerSet) -> Usual | None:
    named = {image for _, _, image in images(lws.spec)}
    return usual(world.snapshot.starts.get(key, ()), named)


def slow(
    world: World, group: GroupId, pods: Sequence[Pod], known: Usual | None
) -> Iterator[Finding]:
    """E7: it has been starting for far longer than groups of the set do."""
    leader = pods[0]
    took_s, limit_s = world.now - leader.created_at, slow_after_s(known, world.snapshot.manner)
    if took_s < limit_s:
        return
    usually = (
        f"{known.p90_s:.0f} s is what nine of ten of {known.samples} starts took"
        if known is not None and known.settled
        else "too few starts were seen to tell what is usual"
    )
    phase, said = _phase(world, pods)
    yield Finding(
        "E7",
        Severity.WARNING,
        group_subject(group),
        f"it has been starting for more than {_long(limit_s)}; it is at the {phase}",
        (Evidence(usually, leader.created_at), *said),
        (
            Advice("see how far each pod got", "group.open"),
            Advice("see what its pods said last", "group.logs"),
        ),
        frozenset({group}),
        frozenset({"G1"}),
    )


def _long(seconds: float) -> str:
    return f"{seconds / 60:.3g} minutes" if seconds >= _MINUTES_FROM_S else f"{seconds:.0f} seconds"


def _phase(world: World, pods: Sequence[Pod]) -> tuple[str, tuple[Evidence, ...]]:
    """Return what the slowest pod is at, and the line that tells so if one does."""
    behind = [pod for pod in pods if not pod.ready]
    if any(not pod.scheduled for pod in behind):
        return "scheduling of its pods", ()
    waiting = [c for pod in behind for c in pod.containers if c.state == "waiting"]
    if any(not container.reason.endswith("BackOff") for container in waiting):
        return "pull of images or making of containers", ()
    for pod in behind:
        tail = world.tails.get(pod.key)
        lines = tail.lines if tail is not None and tail.uid == pod.uid else ()
        for at, text in reversed(lines):
            lower = text.lower()
            for phase, fragments in _PHASES:
                if any(fragment in lower for fragment in fragments):
                    return phase, (Evidence(f"{pod.name}: {quoted(text)}", at),)
    return _by_devices(world, behind)


def _by_devices(world: World, behind: Sequence[Pod]) -> tuple[str, tuple[Evidence, ...]]:
    """Return what programs are at by what their devices receive and hold, where no log is read."""
    telemetry = world.snapshot.telemetry
    views = [
        (pod, view)
        for pod in behind
        for view in telemetry.by_pod.get(pod.key, ())
        if freshness(view.reading.at, world.now, telemetry.period_s) == "fresh"
    ]
    for pod, view in views:
        received = view.reading.value(Quantity.PCIE_RECEIVED) or 0.0
        if received >= LOADING_BYTES_S or _fills(view.memory):
            used = view.reading.memory_share or 0.0
            rate = f" receives {received / 1e9:.1f} GB/s and" if received >= LOADING_BYTES_S else ""
            said = f"{pod.name}: a device{rate} has {used:.0%} of its memory in use"
            return "loading of weights", (Evidence(said, view.reading.at),)
    shares = [share for _, view in views if (share := view.reading.memory_share) is not None]
    if shares and max(shares) < EMPTY:
        said = f"at most {max(shares):.0%} of the memory of its devices is in use"
        seen = (Evidence(said, telemetry.at),)
        return "start of its programs, before any weights are loaded", seen
    return "start of its programs, whose logs are not being read", ()


def _fills(memory: Trend) -> bool:
    """Tell whether the memory of a device has grown with each of the last looks."""
    last = memory[-FILLING_POINTS:]
    return len(last) == FILLING_POINTS and all(b - a > GROWS for a, b in pairwise(last))
