"""A process in which time passes faster: clocks, timestamps and everything that waits on a loop.

What runs in it cannot tell: all its clocks agree, and what it writes down has the durations of real
life. Only for programs that own their process.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Coroutine
from typing import Any


class _Selector(selectors.DefaultSelector):
    """Waits a fraction of what it is told."""

    factor = 1.0

    def select(self, timeout: float | None = None) -> Any:
        return super().select(None if timeout is None else timeout / self.factor)


def run(work: Coroutine[Any, Any, Any], factor: float) -> Any:
    """Run a coroutine in a process whose time is ``factor`` times as fast, and stays so."""
    real_time, real_monotonic = time.time, time.monotonic
    began, began_monotonic = real_time(), real_monotonic()
    time.time = lambda: began + (real_time() - began) * factor
    time.monotonic = lambda: began_monotonic + (real_monotonic() - began_monotonic) * factor
    selector = _Selector()
    selector.factor = factor
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
        return runner.run(work)
