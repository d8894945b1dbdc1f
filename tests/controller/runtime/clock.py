"""A clock that tests drive, and waiting for conditions on the loop."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from itertools import count

SPINS = 40


async def spin(rounds: int = SPINS) -> None:
    """Let everything run that is ready to."""
    for _ in range(rounds):
        await asyncio.sleep(0)


async def until(condition: Callable[[], bool], rounds: int = 2000) -> None:
    """Let the loop run until a condition holds."""
    for _ in range(rounds):
        if condition():
            return
        await asyncio.sleep(0)
    assert condition(), "condition not reached"


class FakeClock:
    """Implements ports.Clock; ``sleep`` ends when ``advance`` has moved the time far enough."""

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self.wall = start
        self.mono = 1000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._ids = count()

    def now(self) -> float:
        return self.wall

    def monotonic(self) -> float:
        return self.mono

    async def sleep(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.mono + seconds, next(self._ids), future))
        await future

    async def advance(self, seconds: float) -> None:
        """Move the time on, waking sleepers in order and letting them run in between."""
        await spin()
        target = self.mono + seconds
        while self._sleepers and self._sleepers[0][0] <= target:
            due, _, future = heapq.heappop(self._sleepers)
            if future.done():
                continue
            self._move(max(due, self.mono))
            future.set_result(None)
            await spin()
        self._move(target)
        await spin()

    def _move(self, target: float) -> None:
        self.wall += target - self.mono
        self.mono = target
