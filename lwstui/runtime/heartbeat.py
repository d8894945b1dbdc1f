"""Proof that the connection lives: a tiny request every few seconds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from controller.errors import ApiError, ControllerError
from controller.ports import Clock

PAUSE_S: Final = 5.0
FAILED_BEATS: Final = 2
"""So many unanswered in a row, and the watches are opened again: they may hang half-open."""
MEASURE_EVERY: Final = 12
"""Every so many beats one is sent although it is excused, to compare the clocks."""


class Heartbeat:
    """Asks the server for something small, again and again.

    Args:
        ping: Asks; returns the server's clock in epoch seconds, None if it does not tell.
        clock: The time.
        sleep: Waits, in seconds.
        proved: Called when the server has answered, with how far its clock is ahead of ours in
            seconds, None if that is not known.
        lost: Called when it has not answered twice in a row.
        regained: Called when it answers again after that.
        excused: Tells whether something else proves the connection at present.
    """

    def __init__(
        self,
        ping: Callable[[], Awaitable[float | None]],
        *,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]],
        proved: Callable[[float | None], None],
        lost: Callable[[], None],
        regained: Callable[[], None],
        excused: Callable[[], bool],
    ) -> None:
        self._ping = ping
        self._clock = clock
        self._sleep = sleep
        self._proved = proved
        self._lost = lost
        self._regained = regained
        self._excused = excused
        self._failures = 0
        self._beats = 0

    async def run(self) -> None:
        """Beat until cancelled; the first beat is at once."""
        while True:
            if self._beats % MEASURE_EVERY == 0 or not self._excused():
                await self._beat()
            self._beats += 1
            await self._sleep(PAUSE_S)

    async def _beat(self) -> None:
        asked = self._clock.now()
        try:
            theirs = await self._ping()
        except ApiError:
            theirs = None  # a refusal is an answer
        except ControllerError:
            self._failures += 1
            if self._failures == FAILED_BEATS:
                self._lost()
            return
        answered = self._clock.now()
        failed, self._failures = self._failures >= FAILED_BEATS, 0
        self._proved(None if theirs is None else _ahead(theirs, asked, answered))
        if failed:
            self._regained()


def _ahead(theirs: float, asked: float, answered: float) -> float:
    """Return how far a clock that tells whole seconds is surely ahead (above 0) or behind."""
    if theirs > answered:
        return theirs - answered
    return min(0.0, theirs + 1.0 - asked)
