"""The hand-off between the engine's thread and the console's: the latest value wins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestSlot(Generic[T]):
    """Keep only the newest value and at most one outstanding wake-up.

    A console that is suspended or slow therefore never accumulates snapshots.

    Args:
        wake: Called without the lock, on the putting thread, when a value waits and no
            wake-up is outstanding.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._lock = threading.Lock()
        self._value: T | None = None
        self._armed = False

    def put(self, value: T) -> None:
        """Store a value, replacing one that nobody has taken."""
        with self._lock:
            self._value, armed, self._armed = value, self._armed, True
        if not armed:
            self._wake()

    def take(self) -> T | None:
        """Return the newest value and forget it, or None if there is none since the last."""
        with self._lock:
            value, self._value, self._armed = self._value, None, False
        return value
