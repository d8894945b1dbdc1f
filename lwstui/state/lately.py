"""What happened to devices and engines over hours, in memory that does not grow. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HOUR_S: Final = 3600.0
_STEP_S: Final = 60.0
SLOT_S: Final = 900.0
SLOTS: Final = 96
"""Slots that are kept of an engine: a day."""

Growth = tuple[tuple[float, float], ...]
"""When a counter grew within the last hour, minute by minute, and by how much; oldest first."""


def grown_on(growth: Growth, at: float, by: float) -> Growth:
    """Return how a counter grew after it was read again.

    Args:
        growth: How it grew before.
        at: When it was read, epoch seconds.
        by: By how much it grew since it was read before; what is not above zero tells nothing.
    """
    kept = tuple(one for one in growth if one[0] > at - HOUR_S)
    if by <= 0:
        return kept
    if kept and kept[-1][0] // _STEP_S == at // _STEP_S:
        return (*kept[:-1], (at, kept[-1][1] + by))
    return (*kept, (at, by))


def grown_since(growth: Growth, moment: float) -> float:
    """Return by how much a counter grew since a moment, to the minute."""
    return sum(by for at, by in growth if at > moment)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast an engine was in a quarter of an hour, on average of the times it was asked.

    Attributes:
        slot: Number of the quarter since the epoch.
        speed: Tokens that each request got per second.
        running: Requests in work.
        told: How often it told.
    """

    slot: int
    speed: float
    running: float
    told: int = 1


def paced(
    paces: tuple[Pace, ...], at: float, tokens: float | None, running: float | None
) -> tuple[Pace, ...]:
    """Return how fast an engine was after it was asked again; idle moments tell nothing.

    Args:
        paces: How fast it was before, oldest first.
        at: When it was asked, epoch seconds.
        tokens: Tokens it generates per second, None if that is not known.
        running: Requests in work, None if that is not known.
    """
    if not tokens or not running:
        return paces
    slot, speed = int(at // SLOT_S), tokens / running
    last = paces[-1] if paces else None
    if last is None or slot > last.slot:
        return tuple(one for one in (*paces, Pace(slot, speed, running)) if one.slot > slot - SLOTS)
    if slot < last.slot:
        return paces  # the clock was put back
    told = last.told + 1
    mean = Pace(
        slot,
        last.speed + (speed - last.speed) / told,
        last.running + (running - last.running) / told,
        told,
    )
    return (*paces[:-1], mean)
