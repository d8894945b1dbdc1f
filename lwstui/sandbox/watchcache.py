"""Recent changes per resource, and the watchers they are handed to.

A change is encoded once; the same bytes go to every watcher that asks for the same form. A watcher
that does not drain its buffer is cut off, as the API server does: the client lists again.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from lwstui.sandbox import status
from lwstui.sandbox.objects import Change, Store

RING_CHANGES = 8192
BUFFER_LIMIT_BYTES = 32 << 20

LineOf = Callable[[Change], tuple[bytes, ...] | None]


class Watcher:
    """One watch request: a buffer of encoded events and a wake-up.

    Args:
        line_of: Returns a change's event line, or None when the watch does not select it.
        after: Version that the client has seen; changes up to it are not for this watch.
    """

    def __init__(self, line_of: LineOf, after: int = 0) -> None:
        self.closed = False
        self._after = after
        self._line_of = line_of
        self._pieces: list[bytes] = []
        self._bytes = 0
        self._wake = asyncio.Event()

    def offer(self, change: Change) -> None:
        """Buffer a change if the watch selects it."""
        if self.closed or change.entry.version <= self._after:
            return
        line = self._line_of(change)
        if line is not None:
            self.push(line)

    def push(self, line: tuple[bytes, ...]) -> None:
        """Buffer an encoded event; a watcher whose buffer is full is closed."""
        self._pieces += line
        self._bytes += sum(map(len, line))
        if self._bytes > BUFFER_LIMIT_BYTES:
            self._pieces, self._bytes = [], 0
            self.close()
        self._wake.set()

    def close(self) -> None:
        """End the watch once its buffer has been taken."""
        self.closed = True
        self._wake.set()

    async def take(self, timeout_s: float) -> bytes:
        """Return what is buffered, waiting for something at most ``timeout_s`` real seconds."""
        if not self._wake.is_set():
            try:
                async with asyncio.timeout(max(timeout_s, 0)):
                    await self._wake.wait()
            except TimeoutError:
                return b""
        self._wake.clear()
        return self.drain()

    def drain(self) -> bytes:
        """Return what is buffered now."""
        pieces, self._pieces, self._bytes = self._pieces, [], 0
        return b"".join(pieces)


class Ring:
    """The newest changes of one resource."""

    def __init__(self, floor: int, limit: int = RING_CHANGES) -> None:
        self.floor = floor
        self.watchers: set[Watcher] = set()
        self._changes: deque[Change] = deque()
        self._limit = limit

    def add(self, change: Change) -> None:
        """Keep a change and hand it to the watchers."""
        self._changes.append(change)
        if len(self._changes) > self._limit:
            self.floor = self._changes.popleft().entry.version
        for watcher in tuple(self.watchers):
            watcher.offer(change)

    def since(self, version: int) -> Iterable[Change]:
        """Return the changes after ``version``.

        Raises:
            StatusError: 410, they are no longer all kept.
        """
        if version < self.floor:
            raise status.expired(f"too old resource version: {version} ({self.floor + 1})")
        return [change for change in self._changes if change.entry.version > version]


class WatchCache:
    """The rings of all resources, fed by the store.

    Args:
        store: Source of changes.
        ring_changes: Changes kept per resource.
    """

    def __init__(self, store: Store, ring_changes: int = RING_CHANGES) -> None:
        self._store = store
        self._limit = ring_changes
        self._start = store.version
        self._rings: dict[str, Ring] = {}
        store.subscribe(self._on_change)

    def ring(self, key: str) -> Ring:
        """Return the ring of a resource."""
        if key not in self._rings:
            self._rings[key] = Ring(self._start, self._limit)
        return self._rings[key]

    def forget(self, key: str) -> None:
        """Drop the ring of a resource that is no longer served and end its watches."""
        ring = self._rings.pop(key, None)
        for watcher in ring.watchers if ring else ():
            watcher.close()

    def close(self) -> None:
        """End every watch."""
        for ring in self._rings.values():
            for watcher in ring.watchers:
                watcher.close()

    def _on_change(self, change: Change) -> None:
        self.ring(change.key).add(change)
