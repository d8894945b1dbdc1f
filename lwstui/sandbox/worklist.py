"""Keys that wait to be looked at: each once, each in its own turn of the loop."""

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class WorkList(Generic[K]):
    """Calls ``work`` with each added key soon, once however often it was added.

    Every key has its own turn, so that a key that fails takes no other down with it.

    Args:
        work: Looks at one key; may add keys.
    """

    def __init__(self, work: Callable[[K], None]) -> None:
        self._work = work
        self._waiting: dict[K, asyncio.Handle] = {}

    def add(self, key: K) -> None:
        """Have a key looked at; needs a running loop."""
        if key not in self._waiting:
            self._waiting[key] = asyncio.get_running_loop().call_soon(self._run, key)

    def clear(self) -> None:
        """Forget what waits."""
        for handle in self._waiting.values():
            handle.cancel()
        self._waiting.clear()

    def _run(self, key: K) -> None:
        del self._waiting[key]
        self._work(key)
