"""The heat map of accelerators: one cell per device, shaded by what it does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from controller.api.pods import Pod
from lwstui.capacity.free import Devices
from lwstui.state.telemetry import DeviceView, Telemetry, freshness
from lwstui.view.ages import age
from lwstui.view.devicemap import MAP_CELLS, MAX_CELLS, device_map
from lwstui.view.telemetry import (
    Pick,
    busy,
    celsius,
    kilowatts,
    mean,
    memory,
    percent_of,
    power,
    total,
)
from lwstui.view.types import Cell, Column, Line, Span, Tone

SHADES: Final = "·░▒▓█"
UNKNOWN: Final = "?"
ALLOCATION: Final = "allocation"


@dataclass(frozen=True, slots=True)
class Metric:
    """What the cells of the map may be shaded by.

    Attributes:
        name: In words.
        pick: Returns a device's value.
        bounds: Value from which each shade but the first is drawn.
        unit: Of the bounds.
        scale: Multiplies a value for showing it in that unit.
    """

    name: str
    pick: Pick
    bounds: tuple[float, float, float, float]
    unit: str
    scale: float = 1.0

    def shade(self, value: float) -> str:
        """Return the shade of a value."""
        return SHADES[sum(value >= bound for bound in self.bounds)]


_SHARES: Final = (0.05, 0.25, 0.50, 0.75)
METRICS: Final = {
    metric.name: metric
    for metric in (
        Metric("utilisation", busy, _SHARES, "%", 100.0),
        Metric("memory", memory, _SHARES, "%", 100.0),
        Metric("power", power, (100.0, 250.0, 400.0, 550.0), "W"),
        Metric("temperature", celsius, (35.0, 50.0, 65.0, 80.0), "°C"),
    )
}
"""By name, in the order in which a key goes through them after the allocation."""
NAMES: Final = (ALLOCATION, *METRICS)
COLUMNS: Final = (
    Column("util", "UTIL", 9, "right", min_screen=97),
    Column("mem", "MEM", 9, "right", min_screen=118),
    Column("kw", "KW", 9, "right", min_screen=118),
)


def chosen(name: str, telemetry: Telemetry, usual: str = "") -> str:
    """Return what the map shows: what was chosen, else what is usual if anything is measured."""
    if name in NAMES:
        return name
    if not telemetry.by_node:
        return ALLOCATION
    return usual if usual in NAMES else "utilisation"


def after(name: str) -> str:
    """Return what the map shows next."""
    return NAMES[(NAMES.index(name) + 1) % len(NAMES)]


@dataclass(frozen=True, slots=True)
class Rack:
    """The devices of one node, as they are offered, held and measured."""

    devices: tuple[Devices, ...]
    held_by: tuple[Pod, ...]
    views: tuple[DeviceView, ...]
    usable: bool

    @property
    def capacity(self) -> int:
        """How many there are."""
        return max(sum(d.capacity for d in self.devices), len(self.views))


def heat_map(rack: Rack, name: str, now: float, telemetry: Telemetry) -> Cell:
    """Return one cell per device: a shade, ``?`` without data, ``_`` free, ``x`` not usable.

    More than 16 devices are drawn in eight cells, each the mean of its part.
    """
    metric = METRICS.get(name)
    if metric is None:
        return device_map(rack.devices, rack.held_by, usable=rack.usable)
    if not rack.devices:
        return Cell("")
    if rack.capacity > MAX_CELLS:
        return _parts(rack, metric, now, telemetry)
    marks = [*_marks(rack, metric, now, telemetry)]
    spans = tuple(Span(mark, _tone(mark)) for mark in marks)
    return Cell("".join(marks), spans=spans)


def _marks(rack: Rack, metric: Metric, now: float, telemetry: Telemetry) -> Iterable[str]:
    allocated = sum(d.allocated for d in rack.devices)
    free_mark = "_" if rack.usable else "x"
    free = sum(d.free for d in rack.devices)
    # A device that nobody is known to hold is free only where that many are.
    unowned = sum(not view.owner.pods for view in rack.views)
    told_apart = unowned <= free
    for view in rack.views:
        if told_apart and not view.owner.pods:
            free -= 1
            yield free_mark
        else:
            yield _shade(view, metric, now, telemetry)
    unseen = rack.capacity - len(rack.views)
    attributed = len(rack.views) - unowned if told_apart else min(len(rack.views), allocated)
    held = min(unseen, max(0, allocated - attributed))
    yield from UNKNOWN * held
    spare = min(unseen - held, max(0, free))
    yield from free_mark * spare
    yield from "!" * (unseen - held - spare)


def _shade(view: DeviceView, metric: Metric, now: float, telemetry: Telemetry) -> str:
    value = metric.pick(view)
    if value is None or freshness(view.reading.at, now, telemetry.period_s) == "stale":
        return UNKNOWN
    return metric.shade(value)


def _parts(rack: Rack, metric: Metric, now: float, telemetry: Telemetry) -> Cell:
    size = -(-len(rack.views) // MAP_CELLS) or 1
    text = ""
    for start in range(0, len(rack.views), size):
        part = rack.views[start : start + size]
        found = mean(part, metric.pick, len(part), now, telemetry)
        text += UNKNOWN if found.value is None else metric.shade(found.value)
    return Cell(text or UNKNOWN * MAP_CELLS, "busy" if text else "dim")


def _tone(mark: str) -> Tone:
    if mark == "!":
        return "warn"
    return "busy" if mark in SHADES else "dim"


def measured_cells(
    views: Sequence[DeviceView], of: int, now: float, telemetry: Telemetry, *, always: bool = False
) -> tuple[Cell, Cell, Cell]:
    """Return the cells of ``COLUMNS``.

    Args:
        views: Devices that something is known of.
        of: How many devices there are.
        now: Epoch seconds.
        telemetry: Tells how old is too old.
        always: Say how many report even if all do.
    """
    if not of:
        return Cell(""), Cell(""), Cell("")
    args = (of, now, telemetry)
    return (
        mean(views, busy, *args).cell(percent_of, now, always=always),
        mean(views, memory, *args).cell(percent_of, now, always=always),
        total(views, power, *args).cell(kilowatts, now, always=always),
    )


def measured_sort(
    views: Sequence[DeviceView], now: float, telemetry: Telemetry
) -> tuple[float, float, float]:
    """Return the sort keys of ``COLUMNS``; what is not known comes first."""
    found = (
        mean(views, busy, 0, now, telemetry),
        mean(views, memory, 0, now, telemetry),
        total(views, power, 0, now, telemetry),
    )
    first, second, third = (-1.0 if one.value is None else one.value for one in found)
    return first, second, third


def legend(name: str) -> Line:
    """Return the meaning of the cells of a metric."""
    metric = METRICS[name]
    spans = [Span(f"{name} ", "bold")]
    bounds = [f"{bound * metric.scale:.0f}" for bound in metric.bounds]
    for shade, bound in zip(SHADES, bounds, strict=False):
        spans += [Span(f"{shade} ", "busy"), Span(f"<{bound}  ", "dim")]
    spans += [Span(f"{SHADES[-1]} ", "busy"), Span(f"≥{bounds[-1]} {metric.unit}   ", "dim")]
    spans.append(Span("_ free  ? no data  x not usable  ! unhealthy", "dim"))
    return tuple(spans)


def age_line(newest_at: float | None, without: int, now: float, *, asked: bool) -> Line:
    """Return how old the data is and how many devices have none.

    Args:
        newest_at: When the newest reading was taken, None if there is none.
        without: Devices without data.
        now: Epoch seconds.
        asked: Whether anybody was asked at all.
    """
    if newest_at is None and not asked:
        return (Span("nothing was measured yet   ", "dim"),)
    if newest_at is None:
        return (Span("nothing is measured, :telemetry says why   ", "dim"),)
    spans = [Span(f"measured {age(now - newest_at)} ago   ", "dim")]
    if without:
        spans.append(Span(f"{without} without data   ", "warn"))
    return tuple(spans)
