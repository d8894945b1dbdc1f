"""When a rollout will be done: rounds that remain, times the usual start of a group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from lwstui.state.model import GroupStart
from lwstui.view.ages import age

FEWEST: Final = 3
"""Starts that must have been seen before anything is said about the next ones."""


@dataclass(frozen=True, slots=True)
class Usual:
    """How long groups of a set take to start, in seconds, over some starts that were seen."""

    p10_s: float
    p50_s: float
    p90_s: float
    samples: int


def quantile(values: Sequence[float], share: float) -> float:
    """Return a quantile of sorted values, between the two nearest ones."""
    place = share * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (place - below)


def usual(starts: Iterable[GroupStart]) -> Usual | None:
    """Return what is usual, None with too few starts to tell."""
    took = sorted(start.seconds for start in starts)
    if len(took) < FEWEST:
        return None
    return Usual(quantile(took, 0.1), quantile(took, 0.5), quantile(took, 0.9), len(took))


def rounds(remaining: int, step: int) -> int:
    """Return how many times ``step`` groups have to start until ``remaining`` are done."""
    return -(-remaining // max(step, 1))


def forecast(remaining: int, step: int, known: Usual | None) -> str:
    """Return how much longer a rollout takes: ``about 12m (10m-18m)``.

    Args:
        remaining: Groups that are not updated and ready.
        step: Groups in progress at a time.
        known: The usual start.
    """
    if known is None:
        return f"ETA after {FEWEST} groups"
    times = rounds(remaining, step)
    least, middle, most = (
        age(times * one, coarse=times * one >= 120)
        for one in (known.p10_s, known.p50_s, known.p90_s)
    )
    return f"about {middle} ({least}-{most})"
