"""Rules about single devices: lost, broken, hot, or slower than their siblings.

The error code that exporters tell is the last one ever seen: it marks a fault only where it was
seen to change, and then it belongs to the pod that held the device before.

Source: NVIDIA's XID catalogue as leptonai/gpud mirrors it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import median
from typing import Final

from controller.api.meta import Key
from controller.api.pods import Pod
from lwstui.insight.world import World, groups_of
from lwstui.state.insights import Advice, Evidence, Finding, Severity, Subject
from lwstui.state.lately import HOUR_S, grown_since
from lwstui.state.telemetry import DeviceView, freshness
from lwstui.telemetry.parallel import stages
from lwstui.telemetry.quantities import Quantity

GONE_S: Final = 60.0
HOT_C: Final = 85.0
HOLD_S: Final = 180.0
BUSY: Final = 0.9
RETRIES_S: Final = 120.0
RETRIES_PER_MINUTE: Final = 100.0
WORN_PER_HOUR: Final = 10.0
STRAGGLER: Final = 0.6
"""Share of its siblings' median below which a device is a straggler."""

_MEMORY: Final = frozenset({48, 95, 140, 171, 172})
_APPLICATION: Final = frozenset({13, 31, 32, 69})
_LINK: Final = frozenset({74, 137, *range(144, 151), 155})
_FIRMWARE: Final = frozenset({62, 109, 119, 120})
_BROKEN: Final = frozenset({"E1", "E2", "E3", "G5", "P6", "P20", "D13"})


def findings(world: World) -> Iterator[Finding]:
    """Yield what is wrong with devices."""
    for views in world.snapshot.telemetry.by_node.values():
        for view in views:
            for rule in RULES:
                yield from rule(world, view, views)
    if not world.snapshot.telemetry.by_pod:
        return
    for pods in world.groups.values():
        yield from stragglers(world, pods)


def _finding(
    about: tuple[World, DeviceView],
    rule: str,
    severity: Severity,
    diagnosis: str,
    evidence: Iterable[Evidence],
    *advice: Advice,
    hold_s: float = 0.0,
    held_by: tuple[Key, ...] | None = None,
) -> Finding:
    world, view = about
    device = view.reading.device
    keys = view.owner.pods if held_by is None else held_by
    pods = [world.snapshot.pods[key] for key in keys if key in world.snapshot.pods]
    return Finding(
        rule,
        severity,
        Subject("device", name=device.uuid, node=device.node),
        diagnosis,
        tuple(evidence),
        advice,
        groups_of(*pods),
        _BROKEN if severity is Severity.CRITICAL else frozenset(),
        hold_s,
    )


def _name(view: DeviceView) -> str:
    reading = view.reading
    number = f"GPU {reading.index}" if reading.index else reading.device.uuid
    return f"{number} of {reading.device.node}"


def _cordon(world: World, view: DeviceView, held_by: Iterable[Key]) -> Advice:
    """Return what to do about the node of a device that is broken.

    Args:
        world: What is known.
        view: The device.
        held_by: Pods that held it when it broke; pods of these names may be elsewhere by now.
    """
    name = view.reading.device.node
    node = world.snapshot.nodes.get(name)
    holders = [world.snapshot.pods.get(key) for key in held_by]
    here = any(pod is not None and pod.node == name for pod in holders)
    if node is not None and node.unschedulable:
        if here:
            return Advice("recreate the group: its node is cordoned", "group.recreate")
        return Advice("leave the node cordoned until the device is well", "node.open")
    if here:
        return Advice("cordon the node, then recreate the group", "node.cordon")
    return Advice("cordon the node before another group lands there", "node.cordon")


def fell_off(world: World, view: DeviceView, siblings: Iterable[DeviceView]) -> Iterator[Finding]:
    """D1: it is not seen any more while its siblings are, or says so itself."""
    mark = view.xid
    # Codes are never taken back, so none at all means that the device was reset.
    back = view.reading.value(Quantity.XID) == 0
    if mark is not None and mark.value == 79 and not back:
        yield _finding(
            (world, view),
            "D1",
            Severity.CRITICAL,
            f"{_name(view)} fell off the bus",
            (Evidence("XID 79", mark.at),),
            _cordon(world, view, mark.held_by),
            Advice("restart the node; if it happens again the device has to be replaced"),
            held_by=mark.held_by,
        )
        return
    silent_s = world.now - view.reading.at
    period_s = world.snapshot.telemetry.period_s
    fresh = any(freshness(s.reading.at, world.now, period_s) == "fresh" for s in siblings)
    if fresh and silent_s > max(GONE_S, 2 * period_s):
        yield _finding(
            (world, view),
            "D1",
            Severity.CRITICAL,
            f"{_name(view)} is not reported any more although others on the node are",
            (Evidence("last reading", view.reading.at),),
            _cordon(world, view, view.owner.pods),
            hold_s=GONE_S,
        )


def code(world: World, view: DeviceView, siblings: Iterable[DeviceView]) -> Iterator[Finding]:
    """D2 to D8: an error code came while it was watched."""
    del siblings
    mark = view.xid
    known = _meaning(int(mark.value)) if mark is not None else None
    if mark is None or known is None:
        return
    rule, severity, what, help_ = known
    seen = Evidence(f"XID {mark.value:.0f}", mark.at)
    critical = severity is Severity.CRITICAL
    cordon = (_cordon(world, view, mark.held_by),) if critical else ()
    advice = (*cordon, Advice(help_))
    words = f"{_name(view)}: {what}"
    yield _finding((world, view), rule, severity, words, (seen,), *advice, held_by=mark.held_by)


def _meaning(xid: int) -> tuple[str, Severity, str, str] | None:
    if xid in _MEMORY:
        text = "its memory has an error that cannot be corrected"
        return (
            "D2",
            Severity.CRITICAL,
            text,
            "reset the device; check for rows that cannot be remapped",
        )
    if xid == 63:
        return (
            "D3",
            Severity.WARNING,
            "a row of its memory was replaced",
            "reset it at the next drain",
        )
    if xid == 64:
        text = "a row of its memory could not be replaced"
        return "D4", Severity.CRITICAL, text, "replace the device"
    if xid == 94:
        text = "a memory error was contained: only the program on it died"
        return "D5", Severity.WARNING, text, "the group restarts by itself; watch for more"
    if xid in _APPLICATION:
        text = "the program on it did something illegal"
        return (
            "D6",
            Severity.WARNING,
            text,
            "look at the engine's log; it is no fault of the device",
        )
    if xid in _LINK:
        severity = Severity.WARNING if xid == 137 else Severity.CRITICAL
        return (
            "D7",
            severity,
            "its link to the other devices has a fault",
            "check the fabric manager",
        )
    if xid in _FIRMWARE:
        return "D8", Severity.CRITICAL, "its firmware hangs", "reset it; consider another driver"
    return None


def counters(world: World, view: DeviceView, siblings: Iterable[DeviceView]) -> Iterator[Finding]:
    """D2, D3, D4 and D7 by counters that grew."""
    del siblings
    if not view.grown:
        return
    for quantity, rule, severity, what in (
        (
            Quantity.ECC_DOUBLE,
            "D2",
            Severity.CRITICAL,
            "its memory has errors that cannot be corrected",
        ),
        (
            Quantity.REMAP_FAILED,
            "D4",
            Severity.CRITICAL,
            "a row of its memory could not be replaced",
        ),
        (Quantity.REMAPPED, "D3", Severity.WARNING, "a row of its memory was replaced"),
        (
            Quantity.LINK_ERRORS,
            "D7",
            Severity.WARNING,
            "its link to the other devices makes errors",
        ),
    ):
        mark = view.grown.get(quantity)
        if mark is not None:
            seen = Evidence(f"{quantity.value}: {mark.value:.0f} more", mark.at)
            words = f"{_name(view)}: {what}"
            yield _finding((world, view), rule, severity, words, (seen,), held_by=mark.held_by)


def retries(world: World, view: DeviceView, siblings: Iterable[DeviceView]) -> Iterator[Finding]:
    """D11: its link repeats more than a hundred times a minute; some is normal."""
    del siblings
    growth = view.lately.get(Quantity.PCIE_REPLAYS, ())
    minutes = RETRIES_S / 60
    count = grown_since(growth, world.now - RETRIES_S)
    if count >= RETRIES_PER_MINUTE * minutes:
        yield _finding(
            (world, view),
            "D11",
            Severity.WARNING,
            f"{_name(view)}: its PCIe link repeats what it sends",
            (Evidence(f"{count / minutes:.0f} PCIe replays a minute", growth[-1][0]),),
            Advice("check width and speed of the link on the node", "node.open"),
        )


def wear(world: World, view: DeviceView, siblings: Iterable[DeviceView]) -> Iterator[Finding]:
    """D12: its memory had more than ten corrected errors within an hour."""
    del siblings
    for quantity, what in (
        (Quantity.ECC_SINGLE, "errors of its memory were corrected"),
        (Quantity.REMAPPED_CORRECTED, "rows of its memory were replaced after corrected errors"),
    ):
        growth = view.lately.get(quantity, ())
        count = grown_since(growth, world.now - HOUR_S)
        if count > WORN_PER_HOUR:
            yield _finding(
                (world, view),
                "D12",
                Severity.INFO,
                f"{_name(view)}: {count:.0f} {what} within the hour: it wears",
                (Evidence(f"{quantity.value}: {count:.0f} more", growth[-1][0]),),
                Advice("note it for the next maintenance; nothing has failed"),
            )
            return


def hot(world: World, view: DeviceView, siblings: Iterable[DeviceView]) -> Iterator[Finding]:
    """D9: it is hot and slower than its siblings."""
    celsius, clock = view.reading.value(Quantity.TEMPERATURE), view.reading.value(Quantity.CLOCK)
    if celsius is None or celsius < HOT_C or clock is None or (view.reading.busy or 0.0) < BUSY:
        return
    others = [c for s in siblings if (c := s.reading.value(Quantity.CLOCK)) is not None]
    if not _fresh(world, view) or clock >= 0.7 * max(others, default=clock):
        return
    yield _finding(
        (world, view),
        "D9",
        Severity.WARNING,
        f"{_name(view)} is {celsius:.0f} °C hot and slows itself down",
        (Evidence(f"{clock:.0f} MHz at {celsius:.0f} °C", view.reading.at),),
        Advice("check the air flow; expect longer gaps between tokens"),
        hold_s=HOLD_S,
    )


def capped(world: World, view: DeviceView, siblings: Iterable[DeviceView]) -> Iterator[Finding]:
    """D10: it draws all the power it may."""
    del siblings
    power, limit = view.reading.power, view.reading.value(Quantity.POWER_LIMIT)
    if power is None or not limit or power < 0.98 * limit or not _fresh(world, view):
        return
    yield _finding(
        (world, view),
        "D10",
        Severity.INFO,
        f"{_name(view)} draws all the power it may",
        (Evidence(f"{power:.0f} of {limit:.0f} W", view.reading.at),),
        hold_s=300.0,
    )


RULES: Final[tuple[Callable[[World, DeviceView, Iterable[DeviceView]], Iterator[Finding]], ...]] = (
    fell_off,
    code,
    counters,
    retries,
    wear,
    hot,
    capped,
)


def _fresh(world: World, view: DeviceView) -> bool:
    period_s = world.snapshot.telemetry.period_s
    return freshness(view.reading.at, world.now, period_s) == "fresh"


def stragglers(world: World, members: Sequence[Pod]) -> Iterator[Finding]:
    """E12: one device works far less than others of its stage, which all work hard."""
    by_pod = world.snapshot.telemetry.by_pod
    busy = [
        b for pod in members for v in by_pod.get(pod.key, ()) if (b := v.reading.busy) is not None
    ]
    if len(busy) < 3 or min(busy) >= STRAGGLER * max(busy):
        return
    lws = world.set_of(members[0])
    found: dict[int, list[DeviceView]] = {}
    for pod, stage in zip(members, stages(lws.spec if lws else {}, members), strict=True):
        if stage is not None:
            mine = (v for v in by_pod.get(pod.key, ()) if _fresh(world, v))
            found.setdefault(stage, []).extend(mine)
    for views in found.values():
        yield from _behind(world, views)


def _behind(world: World, views: Sequence[DeviceView]) -> Iterator[Finding]:
    busy = {id(v): b for v in views if (b := v.reading.busy) is not None}
    if len(busy) < 3:
        return
    for view in views:
        mine = busy.get(id(view))
        others = [b for key, b in busy.items() if key != id(view)]
        if mine is None or min(others) < 0.8 or mine >= STRAGGLER * median(others):
            continue
        yield _finding(
            (world, view),
            "E12",
            Severity.WARNING,
            f"{_name(view)} works {mine:.0%} of the time, its siblings in the group "
            f"{median(others):.0%}: the group waits for it",
            (Evidence(f"{mine:.0%} against {median(others):.0%}", view.reading.at),),
            Advice(
                "compare its temperature, clock and links with those of the others", "node.open"
            ),
            hold_s=HOLD_S,
        )
