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

    def put(self, items: Iterable[T]) -> None:
        """Add items, from any thread."""
        with self._lock:
            self._items.extend(items)

    def take(self) -> list[T]:
        """Return what has come since the last call, oldest first."""
        with self._lock:
            items = list(self._items)
            self._items.clear()
        return items
