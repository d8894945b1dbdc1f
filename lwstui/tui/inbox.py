"""From the engine's thread to the console's: everything that came, bounded."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class Inbox(Generic[T]):
    """Collects items until they are taken; beyond its limit the oldest are dropped.

    Args:
        limit: Items kept while nobody takes them.
    """

    def __init__(self, limit: int) -> None:
        self._lock = threading.Lock()
        self._items: deque[T] = deque(maxlen=limit)
        self._dropped = 0

    def __len__(self) -> int:
        """Return how many items wait."""
        return len(self._items)

    def put(self, items: Iterable[T]) -> None:
        """Add items, from any thread."""
        came = list(items)
        with self._lock:
            room = (self._items.maxlen or 0) - len(self._items)
            self._dropped += max(0, len(came) - room)
            self._items.extend(came)

    def take(self) -> list[T]:
        """Return what has come since the last call, oldest first."""
        return self.take_counted()[0]

    def take_counted(self) -> tuple[list[T], int]:
        """Return what has come since the last call, and how many items were dropped."""
        with self._lock:
            items, dropped = list(self._items), self._dropped
            self._items.clear()
            self._dropped = 0
        return items, dropped
