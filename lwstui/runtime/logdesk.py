"""Everything about logs of one cluster: merged logs, their streams, and the black box."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from controller.api.meta import Key
from controller.ports import Clock
from lwstui.runtime.archive import Archive, archive_folder
from lwstui.runtime.backend import LogEntry, LogRequest
from lwstui.runtime.blackbox import BlackBox
from lwstui.runtime.feed import Feed
from lwstui.runtime.logmux import LogSession
from lwstui.runtime.ports import LogReader
from lwstui.runtime.streams import Streams
from lwstui.state.store import Store
from lwstui.state.tails import Tail


class OpenLog:
    """A merged log that is being read, on the engine's loop."""

    def __init__(self, session: LogSession, task: asyncio.Task[None]) -> None:
        self._session = session
        self._task = task

    def close(self) -> None:
        """Stop all its streams."""
        self._task.cancel()

    def open(self, source: str) -> None:
        """Read a source that is only listed so far."""
        self._session.open(source)


class LogDesk:
    """Opens merged logs and keeps the last lines of what dies.

    Args:
        store: Knows the pods.
        feed: Tells of changes.
        clock: The time.
        sleep: Waits, in seconds.
        state: State folder of the program; None keeps lines in memory only.

    Attributes:
        tasks: Logs that are being read.
    """

    def __init__(
        self,
        store: Store,
        feed: Feed,
        clock: Clock,
        *,
        sleep: Callable[[float], Awaitable[None]],
        state: Path | None,
    ) -> None:
        self._store = store
        self._feed = feed
        self._clock = clock
        self._sleep = sleep
        self._state = state
        self._streams = Streams()
        self._box: BlackBox | None = None
        self.tasks: set[asyncio.Task[None]] = set()

    def tails(self) -> Mapping[Key, Tail]:
        """Return the last lines that were read of each pod."""
        return self._streams.tails.now()

    def open(
        self, link: LogReader | None, request: LogRequest, sink: Callable[[list[LogEntry]], None]
    ) -> OpenLog | None:
        """Open merged logs; None if there is no cluster to read them from."""
        if link is None:
            sink([LogEntry("", self._clock.now(), "not connected to a cluster", "error")])
            return None
        session = LogSession(
            request,
            sink,
            store=self._store,
            link=link,
            now=self._clock.now,
            sleep=self._sleep,
            streams=self._streams,
            kept=self._box.kept if self._box is not None else None,
        )
        task = asyncio.create_task(self._read(session))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return OpenLog(session, task)

    async def _read(self, session: LogSession) -> None:
        self._feed.listeners.append(session.changed)
        try:
            await session.run()
        finally:
            self._feed.listeners.remove(session.changed)

    async def keep(self, link: LogReader) -> None:
        """Keep the last lines of what dies until cancelled."""
        where, fresh = link.where, self._box is None
        if self._box is None:
            folder = self._state and archive_folder(self._state, where.context, where.server)
            self._box = BlackBox(self._store, Archive(folder), self._clock.now, self._feed.changed)
        self._feed.on_pod = self._box.saw
        try:
            if fresh:
                await self._box.load()
            await self._box.run(link)
        finally:
            self._feed.on_pod = None
