"""The hour before this console started, as a Prometheus remembers it, set by set."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from math import nan
from typing import Final

from controller.api.meta import Key
from controller.errors import ControllerError, Forbidden
from controller.ports import Clock
from lwstui.config.prometheus import NOWHERE, Prometheus
from lwstui.runtime.ports import Link
from lwstui.state.store import Store
from lwstui.state.telemetry import Source
from lwstui.state.trends import MINUTES, NO_TRENDS, STEP_S, Track, Trends
from lwstui.telemetry.promql import Unreadable, busy_query, read_matrix, ready_query, told_apart

NAME: Final = "past hour, Prometheus"
LOOK_S: Final = 15.0
SETS_A_QUERY: Final = 5
"""Sets of one query: it travels in the address, which must not be too long."""
SETS_A_LOOK: Final = 20
MOST_SETS: Final = 500
MOST_BYTES: Final = 2 * 2**20
FIRST_PAUSE_S: Final = 60.0
LONGEST_PAUSE_S: Final = 900.0


class Hours:
    """Asks once for each set, until cancelled; what fails is tried again ever more seldom.

    Args:
        link: The connection.
        store: What sets there are.
        clock: The time.
        prometheus: Whom to ask; nobody if it is empty.
        sleep: Waits, in seconds.

    Attributes:
        past: What is remembered of each set.
        source: Whom was asked and what came of it, None before.
    """

    def __init__(
        self,
        link: Link,
        store: Store,
        clock: Clock,
        prometheus: Prometheus,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._link = link
        self._store = store
        self._clock = clock
        # A sandbox has no past: what remembers another cluster knows nothing of it.
        self._prometheus = NOWHERE if link.where.sandbox else prometheus
        self._sleep = sleep
        self._failures = 0
        self._again_at = 0.0
        self._asked = self._answered = 0
        self.past: Mapping[Key, Trends] = {}
        self.source: Source | None = None

    async def run(self) -> None:
        """Ask until cancelled."""
        while self._prometheus:
            if self._clock.monotonic() >= self._again_at:
                await self._look()
            await self._sleep(LOOK_S)

    async def _look(self) -> None:
        snapshot = self._store.snapshot
        self.past = {key: one for key, one in self.past.items() if key in snapshot.sets}
        room = min(SETS_A_LOOK, MOST_SETS - len(self.past))
        wanted = [key for key in told_apart(snapshot.sets) if key not in self.past][: max(0, room)]
        self._asked = self._answered = 0 if wanted else self._answered
        why = ""
        try:
            for start in range(0, len(wanted), SETS_A_QUERY):
                keys = wanted[start : start + SETS_A_QUERY]
                self.past = {**self.past, **await self._ask(keys)}
        except (ControllerError, Unreadable) as error:
            why = self._failed(error)
        else:
            self._failures = 0
        if wanted:
            self.source = Source(NAME, self._asked, self._answered, why, grant=self._grant)

    async def _ask(self, keys: Sequence[Key]) -> dict[Key, Trends]:
        sizes = [(key, self._size(key)) for key in keys]
        busy = await self._range(busy_query(keys), 1.0)
        ready = await self._range(ready_query(sizes), None)
        return {
            key: Trends(_track(ready.get(str(key), {})), _track(busy.get(str(key), {})))
            for key in keys
        }

    async def _range(self, query: str, most: float | None) -> Mapping[str, dict[float, float]]:
        end = int(self._clock.now() // STEP_S * STEP_S)
        start = end - (MINUTES - 1) * int(STEP_S)
        asked: dict[str, str | int] = {"query": query, "start": start, "end": end}
        asked |= {"step": int(STEP_S), "timeout": "8s"}
        self._asked += 1
        raw = await self._link.remembered(self._prometheus, asked, MOST_BYTES)
        found = read_matrix(raw, most)
        self._answered += 1
        return found

    def _size(self, key: Key) -> int:
        lws = self._store.snapshot.sets.get(key)
        template = lws.spec.get("leaderWorkerTemplate") if lws is not None else None
        size = template.get("size", 1) if isinstance(template, dict) else 1
        return size if isinstance(size, int) and size > 0 else 1

    def _failed(self, error: ControllerError | Unreadable) -> str:
        pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0**self._failures)
        self._failures += 1
        self._again_at = self._clock.monotonic() + pause_s
        if isinstance(error, Forbidden) and self._prometheus.through is not None:
            return f"not allowed: get services/proxy in {self._prometheus.through.namespace}"
        return f"it cannot be asked: {error}"

    @property
    def _grant(self) -> str:
        service = self._prometheus.through
        if service is None:
            return "give it a token that may read, with prometheus.token_file"
        return f"grant get on services/proxy, {service.name} in {service.namespace}"


def _track(values: Mapping[float, float]) -> Track:
    """Return values by epoch second as a track of at most an hour."""
    if not values:
        return NO_TRENDS.util
    steps = {int(at // STEP_S): value for at, value in values.items()}
    last = max(steps)
    first = max(min(steps), last - MINUTES + 1)
    return Track(first, tuple(steps.get(step, nan) for step in range(first, last + 1)), 1)
