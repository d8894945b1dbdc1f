"""Showing what the engine publishes, in slices so short that no key waits behind a snapshot."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, Final

from lwstui.runtime.slot import LatestSlot
from lwstui.state.model import Snapshot

log = logging.getLogger("lwstui.tui")

FIRST_SLICE_S: Final = 0.01
"""What takes no longer is done at once, unless keys are pressed."""
SLICE_S: Final = 0.003
GAP_S: Final = 0.006
"""Time for keys between two slices, while any are pressed."""
PRESSED_S: Final = 0.1
REST_SHARE: Final = 2.0
LONGEST_REST_S: Final = 0.4
TYPING_REST_S: Final = 1.0
"""The longest rest while keys come one after the other: what they do is looked at then."""


class Arrivals:
    """Takes the newest snapshot, has it prepared step by step, and then has it shown.

    The more a snapshot costs, the longer is the rest before the next: a busy cluster must not
    take the whole of a core, and what comes meanwhile is shown together.

    Args:
        wake: Called on the engine's thread when a snapshot waits.
        prepare: Returns the steps of what a snapshot needs before it is shown.
        show: Shows a snapshot.
        run: Runs a coroutine beside everything else.
        clock: Seconds of processor time of this thread.
        wall: Seconds that pass.
        sleep: Waits.
    """

    def __init__(
        self,
        wake: Callable[[], None],
        *,
        prepare: Callable[[Snapshot], Iterator[None]],
        show: Callable[[Snapshot], None],
        run: Callable[[Coroutine[Any, Any, None]], object],
        clock: Callable[[], float] = time.thread_time,
        wall: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.slot: LatestSlot[Snapshot] = LatestSlot(wake)
        self._prepare = prepare
        self._show = show
        self._run = run
        self._clock = clock
        self._wall = wall
        self._sleep = sleep
        self._pressed_at = float("-inf")
        self.busy = False
        """Whether a snapshot is being prepared, or has been shown a moment ago."""

    def pressed(self) -> None:
        """Note that the operator does something."""
        self._pressed_at = self._wall()

    def take(self) -> None:
        """Show the snapshot that waits: at once if that is little work, else beside the keys."""
        if self.busy:
            return  # it is taken after the one that is at work
        snapshot = self.slot.take()
        if snapshot is None:
            return
        start, steps = self._clock(), self._prepare(snapshot)
        done = self._advance(steps, SLICE_S if self._typing else FIRST_SLICE_S)
        if done:
            self._show(snapshot)
            if self._clock() - start < FIRST_SLICE_S:
                return
        self.busy = True
        self._run(self._in_slices(None if done else snapshot, steps, start))

    async def _in_slices(
        self, snapshot: Snapshot | None, steps: Iterator[None], start: float
    ) -> None:
        """Show a snapshot, rest, and go on with what came meanwhile."""
        try:
            while True:
                if snapshot is not None:
                    await self._work_off(steps)
                    self._show(snapshot)
                await self._rest(self._clock() - start)
                snapshot = self.slot.take()
                if snapshot is None:
                    return
                start, steps = self._clock(), self._prepare(snapshot)
        finally:
            self.busy = False

    async def _rest(self, spent: float) -> None:
        """Leave the thread to keys after work of so many seconds."""
        until = self._wall() + TYPING_REST_S
        await self._sleep(min(LONGEST_REST_S, spent * REST_SHARE))
        while self._typing and self._wall() < until:
            await self._sleep(PRESSED_S / 2)

    async def _work_off(self, steps: Iterator[None]) -> None:
        done = self._advance(steps, SLICE_S)
        while not done:
            await self._sleep(GAP_S if self._typing else 0)
            done = self._advance(steps, SLICE_S)

    @property
    def _typing(self) -> bool:
        return self._wall() - self._pressed_at < PRESSED_S

    def _advance(self, steps: Iterator[None], seconds: float) -> bool:
        """Go on with the steps for some time; return whether all are done."""
        until = self._clock() + seconds
        try:
            for _ in steps:
                if self._clock() >= until:
                    return False
        except Exception:
            # Whoever shows the snapshot meets the same defect and says so.
            log.exception("preparing a snapshot failed")
        return True
