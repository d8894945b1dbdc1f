"""Counting beside everything else what fits, which takes long on a large cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from controller.api.meta import Key
from lwstui.state.model import Snapshot
from lwstui.view.ages import age
from lwstui.view.fit import counted_from, fit_of
from lwstui.view.types import Line, Span

FRESH_S: Final = 5.0
"""Shortest time between two counts: pods come and go more often than the answer changes."""
OLD_S: Final = 10.0
"""From this age on an answer about what has changed since says when it was counted."""
_COUNTING: Final = (Span("counting what fits", "dim"),)


@dataclass(frozen=True, slots=True)
class _Answer:
    key: Key
    sources: tuple[object, ...]
    at: float
    lines: tuple[Line, ...]


class Counting:
    """The last answer, until a thread of its own has counted the next.

    Args:
        run: Runs a coroutine.
        clock: Epoch seconds.
        done: Called when there is a new answer.

    Attributes:
        counts: How often was counted.
    """

    def __init__(
        self,
        run: Callable[[Coroutine[Any, Any, None]], object],
        clock: Callable[[], float],
        done: Callable[[], None],
    ) -> None:
        self.counts = 0
        self._run = run
        self._clock = clock
        self._done = done
        self._answer: _Answer | None = None
        self._busy = False
        self._tried: tuple[Key | None, float] = (None, 0.0)

    def lines(self, snapshot: Snapshot, key: Key) -> tuple[Line, ...]:
        """Return what is known of the room for groups of a set, and see to it that it is new.

        Args:
            snapshot: What is known.
            key: The set; nothing is said of one that is gone.
        """
        sources = counted_from(snapshot, key)
        if sources is None:
            return ()
        known = self._answer if self._answer is not None and self._answer.key == key else None
        same = known is not None and all(map(_same, known.sources, sources))
        if not same and not self._busy and self._due(key):
            self._busy, self._tried = True, (key, self._clock())
            self._run(self._count(snapshot, key, sources))
        if known is None:
            return (_COUNTING,)
        old_s = self._clock() - known.at
        late = not same and old_s >= OLD_S
        return (*known.lines, (Span(f"counted {age(old_s)} ago", "dim"),)) if late else known.lines

    def _due(self, key: Key) -> bool:
        about, at = self._tried
        return about != key or not 0 <= self._clock() - at < FRESH_S

    async def _count(self, snapshot: Snapshot, key: Key, sources: tuple[object, ...]) -> None:
        at = self._clock()
        try:
            lines = await asyncio.to_thread(fit_of, snapshot, key)
            self.counts += 1
            self._answer = _Answer(key, sources, at, lines)
        finally:
            self._busy = False
        self._done()


def _same(one: object, other: object) -> bool:
    return one is other or (isinstance(one, str) and one == other)
