"""A queue of set keys: level-triggered, deduplicated, with per-key back-off.

A key is in at most one hand at a time: one that is added while it is being worked on is handed
out again after ``done``. Time comes from a clock and an injectable sleep.
"""

from __future__ import annotations

import asyncio
import heapq
import random
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from controller.api.meta import Key
from controller.measures import QueueMeasures
from controller.metrics import Family
from controller.ports import Clock

FIRST_DELAY_S: Final = 0.005
LONGEST_DELAY_S: Final = 60.0
_DOUBLINGS: Final = 14  # 5 ms doubled 14 times is above a minute

Sleep = Callable[[float], Awaitable[None]]


class WorkQueue:
    """Keys to work on, now or later.

    Attributes:
        latency_s: Seconds the key handed out last had been ready.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        sleep: Sleep = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.latency_s = 0.0
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._ready: deque[Key] = deque()
        self._since: dict[Key, float] = {}
        # Keys in a hand, and since when.
        self._active: dict[Key, float] = {}
        self._due: dict[Key, float] = {}
        self._heap: list[tuple[float, Key]] = []
        self._failures: dict[Key, int] = {}
        self._not_before: dict[Key, float] = {}
        self._arrived = asyncio.Event()
        self._closed = False
        self._returned = asyncio.Event()
        self._measures = QueueMeasures()
        self._timer: asyncio.Task[None] | None = None
        self._timer_at = 0.0

    @property
    def depth(self) -> int:
        """Keys that could be worked on now."""
        return len(self._since)

    @property
    def delayed(self) -> int:
        """Keys that are due later."""
        return len(self._due)

    @property
    def active(self) -> int:
        """Keys in a hand."""
        return len(self._active)

    def families(self) -> tuple[Family, ...]:
        """Return the queue's series."""
        now = self._clock.monotonic()
        ages = [now - since for since in self._active.values()]
        return self._measures.families(self.depth, ages)

    def add(self, key: Key, after_s: float = 0.0) -> None:
        """Ask for a key to be worked on, at the latest in ``after_s`` seconds."""
        now = self._clock.monotonic()
        due = max(now + after_s, self._not_before.get(key, now))
        if due <= now:
            self._due.pop(key, None)
            self._make_ready(key, now)
        elif key not in self._since and due < self._due.get(key, due + 1):
            self._due[key] = due
            heapq.heappush(self._heap, (due, key))
            self._arm()

    def retry(self, key: Key, *, hold_s: float = 0.0) -> float:
        """Ask for another try after a failure, later with each failure in a row.

        Args:
            key: The key that failed.
            hold_s: Seconds the server asked to be left alone; other reasons to work on the
                key wait for their end too.

        Returns:
            The delay in seconds: full jitter over 5 ms doubling to 60 s, at least ``hold_s``.
        """
        self._measures.retries += 1
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        ceiling = min(FIRST_DELAY_S * (1 << min(failures, _DOUBLINGS)), LONGEST_DELAY_S)
        delay = max(ceiling * self._jitter(), hold_s)
        if hold_s > 0:
            self._rest(key, hold_s)
        self.add(key, delay)
        return delay

    def succeeded(self, key: Key) -> None:
        """Reset the back-off of a key."""
        self._failures.pop(key, None)

    def forget(self, key: Key) -> None:
        """Drop a key that no longer exists: its back-off and what is due later."""
        for pending in (self._failures, self._not_before, self._due):
            pending.pop(key, None)

    async def get(self) -> Key:
        """Return the key that has been ready longest; it is yours until ``done``."""
        while self._closed or not self._ready:
            self._arrived.clear()
            await self._arrived.wait()
        key = self._ready.popleft()
        now = self._clock.monotonic()
        self._active[key] = now
        self._not_before.pop(key, None)
        self.latency_s = now - self._since.pop(key)
        self._measures.waited.observe(self.latency_s)
        return key

    def done(self, key: Key, *, rest_s: float = 0.0) -> None:
        """Give a key back; it is not handed out again within ``rest_s`` seconds."""
        if rest_s > 0:
            self._rest(key, rest_s)
        since = self._active.pop(key, None)
        if since is not None:
            self._measures.worked.observe(self._clock.monotonic() - since)
        self._returned.set()
        if key in self._since:
            self._ready.append(key)
            self._arrived.set()

    async def drain(self) -> None:
        """Hand out nothing more, and wait until every key in a hand has been given back."""
        self._closed = True
        while self._active:
            self._returned.clear()
            await self._returned.wait()

    def clear(self) -> None:
        """Drop everything that is ready or due later, and all back-off."""
        self._ready.clear()
        for pending in (self._since, self._due, self._failures, self._not_before):
            pending.clear()
        self._heap.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _rest(self, key: Key, seconds: float) -> None:
        """Keep a key that is in a hand from being handed out for some time."""
        until = self._clock.monotonic() + seconds
        self._not_before[key] = max(until, self._not_before.get(key, until))
        if self._since.pop(key, None) is not None:
            self.add(key)

    def _make_ready(self, key: Key, now: float) -> None:
        if key in self._since:
            return
        self._since[key] = now
        self._measures.adds += 1
        if key not in self._active:
            self._ready.append(key)
            self._arrived.set()

    def _arm(self) -> None:
        """Have a timer running for the earliest key that is due later."""
        while self._heap and self._due.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        if not self._heap:
            return
        due = self._heap[0][0]
        if self._timer is not None:
            if self._timer_at <= due:
                return
            self._timer.cancel()
        self._timer_at = due
        self._timer = asyncio.get_running_loop().create_task(self._fire(due))

    async def _fire(self, due: float) -> None:
        await self._sleep(max(due - self._clock.monotonic(), 0.0))
        now = max(self._clock.monotonic(), due)
        while self._heap and self._heap[0][0] <= now:
            at, key = heapq.heappop(self._heap)
            if self._due.get(key) == at:
                del self._due[key]
                self._make_ready(key, now)
        self._timer = None
        self._arm()
