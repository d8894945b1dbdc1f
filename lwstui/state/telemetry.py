"""What is known of devices and engines at one moment, with how they have been lately. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from math import nan
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, TypeVar

from controller.api.meta import Key
from lwstui.state.lately import Growth, Pace, grown_on, paced
from lwstui.state.trends import NO_TRENDS, Trends
from lwstui.telemetry.devices import DeviceId, Reading
from lwstui.telemetry.engines import EngineReading, Fact, Rates, rates
from lwstui.telemetry.join import NOBODY, Owner
from lwstui.telemetry.quantities import Quantity
from lwstui.telemetry.usage import Usage

POINTS: Final = 60
"""Points of a trend; older ones are dropped."""
FRESH_PERIODS: Final = 2.0
"""Readings up to this many periods old are as good as new."""
OLD_PERIODS: Final = 5.0
"""Readings older than this many periods are shown as stale and count nowhere."""

IDLE_BELOW: Final = 0.05
"""Devices that work less than this share of the time do nothing."""
LONGEST_GAP_S: Final = 300.0
"""Between two readings further apart than this a device may have done anything."""

_EMPTY: Mapping[Any, Any] = MappingProxyType({})


def _empty() -> Mapping[Any, Any]:
    return _EMPTY


Freshness = Literal["fresh", "old", "stale"]


def freshness(at: float, now: float, period_s: float) -> Freshness:
    """Return how far a reading may be trusted."""
    periods = (now - at) / period_s
    if periods <= FRESH_PERIODS:
        return "fresh"
    return "old" if periods <= OLD_PERIODS else "stale"


Trend = tuple[float, ...]
"""Values of the last periods, oldest first, at most ``POINTS``; NaN where there was no reading."""


def extended(trend: Trend, value: float | None) -> Trend:
    """Return a trend with one more period; a gap stays a gap."""
    return (*trend[-(POINTS - 1) :], nan if value is None else value)


@dataclass(frozen=True, slots=True)
class Mark:
    """A change of a value that stays as it is once it has changed, such as the last error code.

    Attributes:
        value: What it changed to.
        at: When that was seen, epoch seconds.
        held_by: Pods that held the device before.
    """

    value: float
    at: float
    held_by: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceView:
    """One device.

    Attributes:
        reading: The newest one.
        owner: Who holds the device.
        busy: Trend of the share of the time it worked.
        memory: Trend of the share of its memory in use.
        power: Trend of its power, in W.
        xid: The error code that came while the device was watched; what was there before it was
            watched is of an unknown time and marks nothing.
        grown: Counters of faults that grew while it was watched.
        lately: Counters of wear and of retries that grew within the last hour it was watched.
        idle_since: When it was first seen to do nothing, without a break since; None if it works
            or does not tell.
    """

    reading: Reading
    owner: Owner = NOBODY
    busy: Trend = ()
    memory: Trend = ()
    power: Trend = ()
    xid: Mark | None = None
    grown: Mapping[Quantity, Mark] = field(default_factory=_empty)
    lately: Mapping[Quantity, Growth] = field(default_factory=_empty)
    idle_since: float | None = None


@dataclass(frozen=True, slots=True)
class EngineView:
    """One engine.

    Attributes:
        reading: The newest one.
        rates: What happened since the one before, None where that cannot be told.
        running: Trend of its requests in work.
        waiting: Trend of its requests that wait.
        kv: Trend of the share of its KV cache in use.
        tokens: Trend of tokens generated per second.
        paces: How fast it was in each quarter of an hour of the last day, as far as it was watched.
    """

    reading: EngineReading
    rates: Rates | None = None
    running: Trend = ()
    waiting: Trend = ()
    kv: Trend = ()
    tokens: Trend = ()
    paces: tuple[Pace, ...] = ()


GRANT_PROXY: Final = "grant get on pods/proxy where they run"


@dataclass(frozen=True, slots=True)
class Source:
    """Where numbers come from, or why they do not.

    Attributes:
        name: Such as ``dcgm exporters``.
        asked: Endpoints that were asked in the last round.
        answered: Those that answered.
        why: One sentence about those that did not, empty if all did.
        grant: What to do where asking is not allowed.
    """

    name: str
    asked: int = 0
    answered: int = 0
    why: str = ""
    grant: str = GRANT_PROXY


class Origin(NamedTuple):
    """An exporter, and the metric in which it tells each quantity."""

    pod: Key
    names: Mapping[Quantity, str]


@dataclass(frozen=True, slots=True)
class Cost:
    """What the last round cost: requests, bytes received, seconds from its start to its end."""

    requests: int = 0
    received_bytes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Everything that is measured.

    Attributes:
        at: End of the last round, epoch seconds; 0.0 before the first.
        period_s: Seconds between rounds.
        devices: By identity.
        by_node: Devices of each node in the order of their numbers.
        by_pod: Devices that each pod holds.
        engines: By leader pod.
        pod_usage: CPU and memory by pod; the same object while nothing new was told of the pod.
        node_usage: CPU and memory by node.
        trends: The last hour of each set, as this console saw it.
        whole: The last hour of all sets together.
        past: The hour of each set before that, as another source remembers it.
        origins: Which exporters told of each node's devices, and in which metrics.
        sources: Where they come from.
        cost: Of the last round.
    """

    at: float = 0.0
    period_s: float = 15.0
    devices: Mapping[DeviceId, DeviceView] = field(default_factory=_empty)
    by_node: Mapping[str, tuple[DeviceView, ...]] = field(default_factory=_empty)
    by_pod: Mapping[Key, tuple[DeviceView, ...]] = field(default_factory=_empty)
    engines: Mapping[Key, EngineView] = field(default_factory=_empty)
    pod_usage: Mapping[Key, Usage] = field(default_factory=_empty)
    node_usage: Mapping[str, Usage] = field(default_factory=_empty)
    trends: Mapping[Key, Trends] = field(default_factory=_empty)
    whole: Trends = NO_TRENDS
    past: Mapping[Key, Trends] = field(default_factory=_empty)
    origins: Mapping[str, tuple[Origin, ...]] = field(default_factory=_empty)
    sources: tuple[Source, ...] = ()
    cost: Cost = Cost()


NO_TELEMETRY: Final = Telemetry()


def grouped(
    devices: Iterable[DeviceView],
) -> tuple[Mapping[str, tuple[DeviceView, ...]], Mapping[Key, tuple[DeviceView, ...]]]:
    """Return devices by node and by pod, keeping their order."""
    by_node: dict[str, list[DeviceView]] = {}
    by_pod: dict[Key, list[DeviceView]] = {}
    for view in devices:
        by_node.setdefault(view.reading.device.node, []).append(view)
        for pod in view.owner.pods:
            by_pod.setdefault(pod, []).append(view)
    return (
        MappingProxyType({node: tuple(found) for node, found in by_node.items()}),
        MappingProxyType({pod: tuple(found) for pod, found in by_pod.items()}),
    )


def next_devices(
    before: Mapping[DeviceId, DeviceView],
    found: Iterable[Reading],
    owners: Mapping[DeviceId, Owner],
    forget_before: float,
) -> dict[DeviceId, DeviceView]:
    """Return the devices after a round: what was read, and what is remembered of the others.

    Args:
        before: After the round before.
        found: Readings of this round.
        owners: Who holds them.
        forget_before: Devices last read before this epoch second are forgotten.
    """
    views: dict[DeviceId, DeviceView] = {}
    for reading in found:
        old = before.get(reading.device)
        views[reading.device] = DeviceView(
            reading,
            owners.get(reading.device, NOBODY),
            extended(old.busy if old else (), reading.busy),
            extended(old.memory if old else (), reading.memory_share),
            extended(old.power if old else (), reading.power),
            _xid(old, reading),
            _grown(old, reading),
            _lately(old, reading),
            _idle_since(old, reading),
        )
    for device, old in before.items():
        if device not in views and old.reading.at >= forget_before:
            views[device] = DeviceView(
                old.reading,
                old.owner,
                extended(old.busy, None),
                extended(old.memory, None),
                extended(old.power, None),
                old.xid,
                old.grown,
                old.lately,
                old.idle_since,
            )
    return views


def _idle_since(old: DeviceView | None, reading: Reading) -> float | None:
    """Return since when a device does nothing; what it did in a long gap is not known."""
    if reading.busy is None or reading.busy >= IDLE_BELOW:
        return None
    if old is None or old.idle_since is None or reading.at - old.reading.at > LONGEST_GAP_S:
        return reading.at
    return old.idle_since


K = TypeVar("K")


def next_usage(
    before: Mapping[K, Usage], found: Mapping[K, Usage] | None, known: Container[K]
) -> Mapping[K, Usage]:
    """Return what is used after a round; equal values stay the same objects.

    Args:
        before: After the round before.
        found: What this round told; None if nothing was asked or answered.
        known: What still exists; the rest is forgotten.
    """
    if found is None:
        gone = any(key not in known for key in before)
        return {k: usage for k, usage in before.items() if k in known} if gone else before
    kept = {key: old for key, old in before.items() if key in known and key not in found}
    fresh = {key: old if (old := before.get(key)) == new else new for key, new in found.items()}
    return MappingProxyType({**kept, **fresh})


_FAULT_COUNTERS: Final = (
    Quantity.ECC_DOUBLE,
    Quantity.REMAPPED,
    Quantity.REMAP_FAILED,
    Quantity.LINK_ERRORS,
)
_RATED_COUNTERS: Final = (
    Quantity.ECC_SINGLE,
    Quantity.REMAPPED_CORRECTED,
    Quantity.PCIE_REPLAYS,
)


def _xid(old: DeviceView | None, reading: Reading) -> Mark | None:
    """Return the newest change of the error code, which exporters never take back."""
    code = reading.value(Quantity.XID)
    if old is None or code is None:
        return old.xid if old else None
    before = old.reading.value(Quantity.XID)
    if code and before is not None and code != before:
        return Mark(code, reading.at, old.owner.pods)
    return old.xid


def _grown(old: DeviceView | None, reading: Reading) -> Mapping[Quantity, Mark]:
    """Return the counters of faults that have grown since the device is watched."""
    if old is None:
        return _EMPTY
    found = dict(old.grown)
    for quantity in _FAULT_COUNTERS:
        before, after = old.reading.value(quantity), reading.value(quantity)
        if before is not None and after is not None and after > before:
            found[quantity] = Mark(after - before, reading.at, old.owner.pods)
    return MappingProxyType(found)


def _lately(old: DeviceView | None, reading: Reading) -> Mapping[Quantity, Growth]:
    """Return how counters that only tell something by their rate grew within the hour."""
    if old is None:
        return _EMPTY
    found = {}
    for quantity in _RATED_COUNTERS:
        before, after = old.reading.value(quantity), reading.value(quantity)
        by = after - before if before is not None and after is not None else 0.0
        growth = grown_on(old.lately.get(quantity, ()), reading.at, by)
        if growth:
            found[quantity] = growth
    return MappingProxyType(found) if found else _EMPTY


def next_engine(before: EngineView | None, reading: EngineReading, longest_s: float) -> EngineView:
    """Return an engine after a round in which it answered."""
    change = rates_between(before, reading, longest_s)
    tokens = change.per_s.get(Fact.GENERATED) if change else reading.tokens_per_s
    return EngineView(
        reading,
        change,
        extended(before.running if before else (), reading.running),
        extended(before.waiting if before else (), reading.waiting),
        extended(before.kv if before else (), reading.kv),
        extended(before.tokens if before else (), tokens),
        paced(before.paces if before else (), reading.at, tokens, reading.running),
    )


def rates_between(
    before: EngineView | None, reading: EngineReading, longest_s: float
) -> Rates | None:
    """Return what happened since the reading before, None where that cannot be told."""
    return rates(before.reading, reading, longest_s) if before is not None else None
