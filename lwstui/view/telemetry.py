"""What is measured, as text: means that say of how many devices, trends, engines in words.

What is missing is not zero. A mean is over the devices that report and says how many do; ``~``
marks one that has older readings in it, and what is stale counts nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import inf, isnan
from statistics import median
from typing import Final, Literal

from controller.api.pods import Pod
from lwstui.state.telemetry import (
    FRESH_PERIODS,
    IDLE_BELOW,
    OLD_PERIODS,
    DeviceView,
    Telemetry,
    freshness,
)
from lwstui.telemetry.parallel import Stage
from lwstui.telemetry.quantities import Quantity
from lwstui.view.ages import age, changes_in
from lwstui.view.types import Cell

NO_DATA: Final = "–"
"""Shown where nothing was ever measured."""
IDLE_S: Final = 900.0
"""Devices that have done nothing for so long while their pod was ready are idle."""
WORKING: Final = 0.8
LAGGING: Final = 0.6
"""A rank that works less than this part of what the others do holds them up."""
SPARK_CELLS: Final = 30
_SPARKS: Final = "▁▂▃▄▅▆▇█"
_ROUNDING_S: Final = 0.001

Pick = Callable[[DeviceView], float | None]


def busy(view: DeviceView) -> float | None:
    """Return the share of the time a device worked."""
    return view.reading.busy


def memory(view: DeviceView) -> float | None:
    """Return the share of a device's memory in use."""
    return view.reading.memory_share


def power(view: DeviceView) -> float | None:
    """Return the watts that a device draws."""
    return view.reading.power


def celsius(view: DeviceView) -> float | None:
    """Return how hot a device is."""
    return view.reading.value(Quantity.TEMPERATURE)


# Numbers of several devices.


@dataclass(frozen=True, slots=True)
class Measured:
    """A number over several devices.

    Attributes:
        value: Over those that report, None if none does.
        reporting: How many of them do.
        of: How many there are.
        old: Some of what it is made of is not quite new.
        stale_at: When the newest reading came if all of them are too old, else None.
    """

    value: float | None
    reporting: int
    of: int
    old: bool = False
    stale_at: float | None = None

    def cell(self, form: Callable[[float], str], now: float, *, always: bool = False) -> Cell:
        """Return the number as a cell; ``n/m`` where not all report.

        Args:
            form: Writes the number.
            now: Epoch seconds.
            always: Say how many report even if all do.
        """
        if self.value is None:
            if self.stale_at is None:
                return Cell(NO_DATA, "dim")
            return Cell(f"stale {age(now - self.stale_at, coarse=True)}", "dim")
        text = f"{'~' if self.old else ''}{form(self.value)}"
        if always or self.reporting < self.of:
            text += f" {self.reporting}/{self.of}"
        return Cell(text, "dim" if self.old else "")


def mean(
    views: Sequence[DeviceView], pick: Pick, of: int, now: float, telemetry: Telemetry
) -> Measured:
    """Return the mean over the devices that report.

    Args:
        views: Devices that something is known of.
        pick: Returns a device's value.
        of: How many devices there are; never taken for less than those known.
        now: Epoch seconds.
        telemetry: Tells how old is too old.
    """
    values, rest = _collect(views, pick, of, now, telemetry)
    return rest if not values else _with(rest, sum(values) / len(values))


def total(
    views: Sequence[DeviceView], pick: Pick, of: int, now: float, telemetry: Telemetry
) -> Measured:
    """Return the sum over the devices that report; the arguments are those of ``mean``."""
    values, rest = _collect(views, pick, of, now, telemetry)
    return rest if not values else _with(rest, sum(values))


def _with(rest: Measured, value: float) -> Measured:
    return Measured(value, rest.reporting, rest.of, rest.old)


def _collect(
    views: Sequence[DeviceView], pick: Pick, of: int, now: float, telemetry: Telemetry
) -> tuple[list[float], Measured]:
    values: list[float] = []
    old, newest = False, -inf
    for view in views:
        value = pick(view)
        if value is None:
            continue
        at = view.reading.at
        how = freshness(at, now, telemetry.period_s)
        if how == "stale":
            newest = max(newest, at)
            continue
        old = old or how == "old"
        values.append(value)
    stale_at = newest if not values and newest > -inf else None
    return values, Measured(None, len(values), max(of, len(views)), old, stale_at)


def percent_of(share: float) -> str:
    """Return a share as ``91%``."""
    return f"{100 * share:.0f}%"


def watts(amount: float) -> str:
    """Return ``612``."""
    return f"{amount:.0f}"


def kilowatts(amount: float) -> str:
    """Return ``5.1``, and without decimals from 10 on."""
    return f"{amount / 1000:.1f}" if amount < 9950 else f"{amount / 1000:.0f}"


def changes_at(views: Iterable[DeviceView], now: float, period_s: float) -> float:
    """Return when what is shown of devices changes by growing older."""
    soonest = inf
    for view in views:
        at = view.reading.at
        turns = [at + periods * period_s + _ROUNDING_S for periods in (FRESH_PERIODS, OLD_PERIODS)]
        ahead = next((turn for turn in turns if turn > now), None)
        step = ahead if ahead is not None else now + changes_in(now - at, coarse=True)
        soonest = min(soonest, step)
    return soonest


def missing(telemetry: Telemetry, devices: int, nodes: Iterable[str], now: float) -> int:
    """Return of how many of the devices of nodes nothing is known at present."""
    told = sum(
        freshness(view.reading.at, now, telemetry.period_s) != "stale"
        for name in nodes
        for view in telemetry.by_node.get(name, ())
    )
    return max(0, devices - told)


def newest_at(telemetry: Telemetry) -> float | None:
    """Return when the newest reading of a device was taken, None if there is none."""
    return max((view.reading.at for view in telemetry.devices.values()), default=None)


# Ranks of a group.

RankMark = Literal["", "idle", "lags", "apart"]


def rank_marks(shares: Sequence[float | None], stages: Sequence[Stage]) -> tuple[RankMark, ...]:
    """Return which ranks stand out among those that work together.

    A rank is idle when it does nothing while the others work, and lags when all others of its
    stage work hard and it does far less. One that would lag in the whole group stands apart where
    its stage is not known: it may be a stage that rightly does less. Ranks that are not measured
    neither stand out nor count.

    Args:
        shares: Share of the time that each works.
        stages: Stage of the pipeline that each belongs to.
    """
    return tuple(_mark(at, shares, stages) for at in range(len(shares)))


def _mark(at: int, shares: Sequence[float | None], stages: Sequence[Stage]) -> RankMark:
    share, stage = shares[at], stages[at]
    known = [(n, s) for n, s in enumerate(shares) if n != at and s is not None]
    if share is None or not known:
        return ""
    if share < IDLE_BELOW and median(s for _, s in known) >= WORKING / 2:
        return "idle"
    alike = [s for n, s in known if stage is None or stages[n] == stage]
    if not alike or min(alike) < WORKING or share >= LAGGING * median(alike):
        return ""
    return "apart" if stage is None else "lags"


# Devices that are held and do nothing.


def idle_for(view: DeviceView, pod: Pod | None, now: float, telemetry: Telemetry) -> float | None:
    """Return for how long a device has done nothing while its pod was ready.

    None if it works, is held by nobody, or is not known well enough to say.
    """
    if pod is None or not pod.ready or view.idle_since is None:
        return None
    if freshness(view.reading.at, now, telemetry.period_s) == "stale":
        return None
    return view.reading.at - max(view.idle_since, pod.ready_changed_at or 0.0)


# Trends.


def spark(trend: Sequence[float], most: float | None = None, cells: int = SPARK_CELLS) -> str:
    """Return the end of a trend as a line of bars; a gap stays a gap.

    Args:
        trend: Oldest first.
        most: Value of a full bar; the largest of the trend if left out.
        cells: Length of the line.
    """
    shown = trend[-cells:]
    if most is None:
        most = max((value for value in shown if not isnan(value)), default=0.0)
    return "".join(_bar(value, most) for value in shown)


def _bar(value: float, most: float) -> str:
    if isnan(value):
        return " "
    if most <= 0.0:
        return _SPARKS[0]
    return _SPARKS[max(0, min(len(_SPARKS) - 1, int(value / most * len(_SPARKS))))]
