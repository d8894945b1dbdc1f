"""How many log streams a cluster is asked for: so many in all, so many opened at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from lwstui.state.tails import Tails

OPENED_AT_ONCE: Final = 8
PER_CLUSTER: Final = 128


class Streams:
    """Counts the streams of all merged logs of one cluster.

    Args:
        limit: Streams that may be open.
        at_once: Streams that may be opening.

    Attributes:
        tails: The last lines that were read of each pod.
    """

    def __init__(self, limit: int = PER_CLUSTER, at_once: int = OPENED_AT_ONCE) -> None:
        self._limit = limit
        self._opening = asyncio.Semaphore(at_once)
        self.taken = 0
        self.tails = Tails()

    @property
    def room(self) -> int:
        """Streams that may still be taken."""
        return self._limit - self.taken

    @asynccontextmanager
    async def opening(self) -> AsyncIterator[Callable[[], None]]:
        """Wait for the turn to open a stream.

        Yields:
            What is to be called when the stream is open; leaving does it too.
        """
        await self._opening.acquire()
        held = [True]

        def opened() -> None:
            if held:
                held.clear()
                self._opening.release()

        try:
            yield opened
        finally:
            opened()
