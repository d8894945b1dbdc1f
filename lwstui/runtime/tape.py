"""The controls of a recording as the console sees them."""

from __future__ import annotations

from typing import Protocol


class Tape(Protocol):
    """The controls of a recording that is played. None of this waits."""

    def now(self) -> float:
        """Return recorded time, in epoch seconds."""
        ...

    def pause(self, *, paused: bool) -> None:
        """Stand still, or go on."""
        ...

    def run_at(self, speed: float) -> None:
        """Play at another speed: recorded seconds that pass in one."""
        ...

    def seek(self, at_s: float) -> None:
        """Go to a moment, in seconds from the beginning."""
        ...

    def step(self) -> None:
        """Go to the next moment at which something came, and stand still there."""
        ...

    def hop(self, by: int) -> None:
        """Go to the next moment at which something notable happened (1), or the one before (-1)."""
        ...
