"""Minutes in moments: the clock of a running event loop, moved on by hand."""

from __future__ import annotations

import asyncio
import time

_PASSES = 40
"""Turns of the loop after each step: enough for a request to be sent, answered and taken."""


class VirtualTime:
    """What a loop, and all that waits on it, takes for the time.

    Timers, timeouts and sleeps of everything on the loop follow: clients, watches and servers.

    Args:
        loop: The running loop, which keeps this clock until it ends.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._ahead = 0.0
        real = loop.time
        loop.time = lambda: real() + self._ahead  # type: ignore[method-assign]

    def now(self) -> float:
        """Return epoch seconds."""
        return time.time() + self._ahead

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic() + self._ahead

    async def second(self) -> None:
        """Let one second pass, and let everything do what it does then."""
        self._ahead += 1.0
        for _ in range(_PASSES):
            await asyncio.sleep(0)
