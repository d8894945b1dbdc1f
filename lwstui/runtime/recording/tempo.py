"""The clock of a recording that is played: it runs at any speed, stands still and jumps."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

SPEEDS: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


class Tempo:
    """Recorded time; may be asked and told from any thread.

    Args:
        started: Epoch seconds of the beginning of the recording.
        length_s: How long it is.
        at_s: Moment to begin at.
        speed: Recorded seconds that pass in one.
        paused: Whether to begin standing still.
        real: Seconds on a clock that never goes back.
    """

    def __init__(
        self,
        started: float,
        length_s: float,
        *,
        at_s: float = 0.0,
        speed: float = 1.0,
        paused: bool = False,
        real: Callable[[], float] = time.monotonic,
    ) -> None:
        self.started = started
        self.length_s = length_s
        self._speed = speed
        self._paused = paused
        self._real = real
        self._lock = threading.Lock()
        self._from_s = self._within(at_s)
        self._since = real()

    @property
    def speed(self) -> float:
        """Recorded seconds that pass in one."""
        return self._speed

    @property
    def paused(self) -> bool:
        """Whether time stands still."""
        return self._paused

    def at(self) -> float:
        """Return the moment, in seconds from the beginning; it never passes the end."""
        with self._lock:
            return self._at()

    def now(self) -> float:
        """Return the moment in epoch seconds."""
        return self.started + self.at()

    def jump(self, at_s: float) -> None:
        """Go to a moment."""
        with self._lock:
            self._hold(self._within(at_s))

    def pause(self, *, paused: bool) -> None:
        """Stand still, or go on."""
        with self._lock:
            self._hold(self._at())
            self._paused = paused

    def run_at(self, speed: float) -> None:
        """Go on at another speed."""
        with self._lock:
            self._hold(self._at())
            self._speed = min(max(speed, SPEEDS[0]), SPEEDS[-1])

    def _at(self) -> float:
        passed = 0.0 if self._paused else (self._real() - self._since) * self._speed
        return self._within(self._from_s + passed)

    def _hold(self, at_s: float) -> None:
        self._from_s, self._since = at_s, self._real()

    def _within(self, at_s: float) -> float:
        return min(max(at_s, 0.0), self.length_s)


def next_speed(speed: float, by: int) -> float:
    """Return the speed after or before another one; the outermost ones stay."""
    if by > 0:
        return next((one for one in SPEEDS if one > speed), SPEEDS[-1])
    return next((one for one in reversed(SPEEDS) if one < speed), SPEEDS[0])
