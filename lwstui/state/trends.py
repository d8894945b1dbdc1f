"""How sets have been in the last hour, minute by minute, in memory that does not grow. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from math import isnan, nan
from operator import attrgetter
from typing import Final

from controller.api.meta import Key
from controller.api.pods import Pod
from lwstui.telemetry.devices import Reading
from lwstui.telemetry.engines import EngineReading, Fact, Rates

STEP_S: Final = 60.0
MINUTES: Final = 60
"""Steps that are kept."""

_GROUP: Final = attrgetter("group")


@dataclass(frozen=True, slots=True)
class Track:
    """One value, step by step.

    Attributes:
        first: Number of the first step since the epoch.
        values: One per step, NaN where nothing was told.
        told: How often something was told in the last step.
    """

    first: int = 0
    values: tuple[float, ...] = ()
    told: int = 0

    @property
    def last(self) -> int:
        """Number of the last step."""
        return self.first + len(self.values) - 1

    @property
    def known(self) -> bool:
        """Whether anything was ever told."""
        return any(not isnan(value) for value in self.values)


NO_TRACK: Final = Track()


def noted(track: Track, at: float, value: float | None, *, least: bool = False) -> Track:
    """Return a track with what was told at a moment; a step shows the mean of what was told in it.

    Args:
        track: What was told before.
        at: Epoch seconds.
        value: What is told, None if it is not known.
        least: Steps show the least of what was told instead.
    """
    step = int(at // STEP_S)
    if not track.values or step - track.last >= MINUTES:
        return Track(step, (nan if value is None else value,), 0 if value is None else 1)
    if step < track.last:
        return track  # the clock was put back
    if step > track.last:
        gap = (nan,) * (step - track.last - 1)
        longer = (*track.values, *gap, nan if value is None else value)[-MINUTES:]
        return Track(step - len(longer) + 1, longer, 0 if value is None else 1)
    if value is None:
        return track
    before = track.values[-1]
    if track.told and least:
        value = min(before, value)
    elif track.told:
        value = before + (value - before) / (track.told + 1)
    return Track(track.first, (*track.values[:-1], value), track.told + 1)


def until_now(track: Track, now: float, earlier: Track = NO_TRACK) -> tuple[tuple[float, ...], int]:
    """Return the last steps up to now, and how many of them come from elsewhere.

    What was told here counts; before the first of it stands what is known from elsewhere.

    Args:
        track: What was told here.
        now: Epoch seconds.
        earlier: What is known from elsewhere.
    """
    end = int(now // STEP_S)
    start = end - MINUTES + 1
    own_from = track.first if track.values else end + 1
    found = [_at(track if step >= own_from else earlier, step) for step in range(start, end + 1)]
    skipped = next((n for n, value in enumerate(found) if not isnan(value)), len(found))
    return tuple(found[skipped:]), max(0, min(len(found), own_from - start) - skipped)


def _at(track: Track, step: int) -> float:
    return track.values[step - track.first] if track.first <= step <= track.last else nan


@dataclass(frozen=True, slots=True)
class Trends:
    """How a set, or all of them, has been.

    Attributes:
        ready: Groups that serve, the least of each minute.
        util: Mean share of the time that its devices worked, of those that report.
        tokens: Tokens generated per second.
    """

    ready: Track = NO_TRACK
    util: Track = NO_TRACK
    tokens: Track = NO_TRACK


NO_TRENDS: Final = Trends()


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a set at one moment; None where it is not known.

    Attributes:
        ready: Groups that serve.
        util: Mean share of the time that its devices worked, of those that report.
        tokens: Tokens generated per second by all its engines.
        blind: Whether some of its engines do not tell, so that a sum would be too small.
    """

    ready: float | None = None
    util: float | None = None
    tokens: float | None = None
    blind: bool = False


def next_trends(
    before: Mapping[Key, Trends], seen: Mapping[Key, Seen], at: float
) -> dict[Key, Trends]:
    """Return the trends after a look; sets that are gone are forgotten."""
    return {key: after(before.get(key, NO_TRENDS), one, at) for key, one in seen.items()}


def after(before: Trends, seen: Seen, at: float) -> Trends:
    """Return one set's trends after a look."""
    return Trends(
        noted(before.ready, at, seen.ready, least=True),
        noted(before.util, at, seen.util),
        noted(before.tokens, at, seen.tokens),
    )


def whole(found: Iterable[tuple[Seen, int]]) -> Seen:
    """Return what was seen of all sets together.

    Args:
        found: What was seen of each, and how many of its devices report.
    """
    every = [*found]
    weighed = [(one.util, n) for one, n in every if one.util is not None and n]
    devices = sum(n for _, n in weighed)
    return Seen(
        _sum(one.ready for one, _ in every),
        sum(util * n for util, n in weighed) / devices if devices else None,
        None if any(one.blind for one, _ in every) else _sum(one.tokens for one, _ in every),
    )


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def serving(pods: Iterable[Pod]) -> int:
    """Return how many groups serve: all pods of them are there and ready."""
    found = 0
    for index, members in groupby(pods, _GROUP):
        group = [*members]
        size = max(pod.size for pod in group)
        whole_group = size > 0 and len(group) == size
        found += index >= 0 and whole_group and all(p.ready and not p.terminating for p in group)
    return found


def mean_busy(readings: Iterable[Reading]) -> tuple[float | None, int]:
    """Return the mean share of the time that devices worked, and of how many."""
    shares = [share for one in readings if (share := one.busy) is not None]
    return (sum(shares) / len(shares) if shares else None), len(shares)


def generated(reading: EngineReading, rates: Rates | None) -> float | None:
    """Return the tokens an engine generates per second, None if that cannot be told."""
    if rates is not None and Fact.GENERATED in rates.per_s:
        return rates.per_s[Fact.GENERATED]
    return reading.tokens_per_s
