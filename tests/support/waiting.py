"""Waiting for conditions, never for time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


def until(condition: Callable[[], T], within_s: float = 30, *, what: str = "") -> T:
    """Return the first truthy value of ``condition``, polled."""
    deadline = time.monotonic() + within_s
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s: {what or condition}")
        time.sleep(0.02)


async def eventually(
    condition: Callable[[], T | Awaitable[T]], within_s: float = 30, *, what: str = ""
) -> T:
    """Return the first truthy value of ``condition`` (sync or async), polled on the loop."""
    deadline = time.monotonic() + within_s
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value  # type: ignore[return-value]
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s: {what or condition}")
        await asyncio.sleep(0.02)
