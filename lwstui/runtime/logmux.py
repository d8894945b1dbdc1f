"""Merged logs: streams of the pods a request selects, joined by those that come later."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from controller.api.meta import Key
from controller.api.names import PODS
from controller.api.pods import Container, Pod
from controller.errors import ControllerError, NotFound
from lwstui.runtime.backend import LogEntry, LogRequest
from lwstui.runtime.ports import Link, LogSource
from lwstui.state.store import Store

MAX_STREAMS: Final = 64
FLUSH_S: Final = 0.05
QUEUED: Final = 10_000
RETRY_S: Final = 2.0

Sleep = Callable[[float], Awaitable[None]]


def selected(request: LogRequest, store: Store) -> list[Pod]:
    """Return the pods a request means now: leaders first, then by group and worker index."""
    if request.pod:
        pod = store.get(PODS, Key(request.target.namespace, request.pod))
        return [pod] if pod is not None else []
    found = [pod for pod in store.members(request.target) if _wanted(request, pod)]
    return sorted(found, key=lambda pod: (pod.worker != 0, pod.group, pod.worker, pod.name))


def _wanted(request: LogRequest, pod: Pod) -> bool:
    if request.group is not None and pod.group != request.group:
        return False
    return request.role in ("all", pod.role)


def label(request: LogRequest, pod: Pod) -> str:
    """Return a source's label: ``leader``, ``w3``, or ``5/w3`` when several groups are open."""
    role = pod.name if pod.worker < 0 else "leader" if pod.worker == 0 else f"w{pod.worker}"
    one_group = bool(request.pod) or request.group is not None
    return role if one_group else f"{pod.group}/{role}"


def container_of(request: LogRequest, pod: Pod) -> Container | None:
    """Return the container to read: the one asked for, else the first that is no init one."""
    named = [c for c in pod.containers if c.name == request.container]
    main = [c for c in pod.containers if not c.init]
    return next(iter(named if request.container else main), None)


class LogSession:
    """One open merged log.

    Everything runs on the engine's loop. Sources fill one queue, which is handed on twenty
    times a second; a source that outruns it waits, so memory stays bounded.

    Args:
        request: What to read.
        sink: Takes batches of entries.
        store: Knows the pods.
        link: Reads logs.
        now: Epoch seconds.
        sleep: Waits, in seconds.
    """

    def __init__(
        self,
        request: LogRequest,
        sink: Callable[[list[LogEntry]], None],
        *,
        store: Store,
        link: Link,
        now: Callable[[], float],
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.request = request
        self.store = store
        self.link = link
        self.now = now
        self._sink = sink
        self._sleep = sleep
        self._queue: list[LogEntry] = []
        self._queued = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._changed = asyncio.Event()
        self._changed.set()
        self._sources: dict[str, tuple[_Source, asyncio.Task[None]]] = {}
        self._generations: dict[str, str] = {}
        self._refused = 0

    def changed(self) -> None:
        """Say that pods may have changed."""
        self._changed.set()
        for source, _ in self._sources.values():
            source.wake.set()

    async def run(self) -> None:
        """Read until cancelled or, without following, until all has been read."""
        flusher = asyncio.create_task(self._flush())
        try:
            while self.request.follow or self._unread():
                await self._changed.wait()
                self._changed.clear()
                self._join()
            self._hand_on()
        finally:
            tasks = [flusher, *(task for _, task in self._sources.values())]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def say(self, source: str, text: str, kind: str, at: float = 0.0) -> None:
        """Queue one entry, waiting while the queue is full."""
        await self._room.wait()
        self._queue.append(LogEntry(source, at or self.now(), text, kind))
        self._wake_flusher()

    async def lines(self, source: str, lines: Iterable[tuple[float, str]]) -> None:
        """Queue lines, waiting while the queue is full."""
        await self._room.wait()
        self._queue += [LogEntry(source, at, text) for at, text in lines]
        self._wake_flusher()

    def _wake_flusher(self) -> None:
        self._queued.set()
        if len(self._queue) >= QUEUED:
            self._room.clear()

    async def _flush(self) -> None:
        while True:
            await self._queued.wait()
            self._queued.clear()
            self._hand_on()
            await self._sleep(FLUSH_S)

    def _hand_on(self) -> None:
        batch, self._queue = self._queue, []
        self._room.set()
        if batch:
            self._sink(batch)

    def _unread(self) -> bool:
        """Tell whether a source is still read, or one waits for its turn."""
        return bool(self._fresh()) or any(not task.done() for _, task in self._sources.values())

    def _fresh(self) -> list[Pod]:
        """Return the pods that have had no stream yet."""
        pods = selected(self.request, self.store)
        return [p for p in pods if self._generations.get(label(self.request, p)) != p.uid]

    def _join(self) -> None:
        """Open streams for pods that have none yet, as far as the limit allows."""
        self._sources = {uid: s for uid, s in self._sources.items() if not s[1].done()}
        fresh = self._fresh()
        room = MAX_STREAMS - len(self._sources)
        for pod in fresh[: max(0, room)]:
            name = label(self.request, pod)
            again = name in self._generations
            self._generations[name] = pod.uid
            source = _Source(self, pod, name, joined_again=again)
            task = asyncio.create_task(source.run())
            self._sources[pod.uid] = (source, task)
            if not self.request.follow:
                task.add_done_callback(lambda _: self._changed.set())
        if self.request.follow:
            self._tell_refused(len(fresh) - max(0, room))

    def _tell_refused(self, refused: int) -> None:
        if refused > 0 and refused != self._refused:
            text = f"{refused} more sources are not open: at most {MAX_STREAMS} at a time"
            self._queue.append(LogEntry("lwstui", self.now(), text, "mark"))
            self._queued.set()
        self._refused = max(0, refused)

    async def wait_or_pause(self, event: asyncio.Event) -> None:
        """Wait for an event, or as long as one waits before trying again."""
        waiting = {asyncio.ensure_future(event.wait()), asyncio.ensure_future(self._sleep(RETRY_S))}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waiting:
                one.cancel()


def has_run(container: Container) -> bool:
    """Tell whether a container has a log: it runs, has ended, or waits to be restarted."""
    return container.state in ("running", "terminated") or container.last_exit_code is not None


class _Source:
    """The log of one incarnation of a pod, across restarts of its container.

    A run is known by the number of restarts before it.
    """

    def __init__(self, session: LogSession, pod: Pod, name: str, *, joined_again: bool) -> None:
        self._session = session
        self._request = session.request
        self._uid = pod.uid
        self._key = pod.key
        self._name = name
        self._joined_again = joined_again
        self._last = 0.0
        self.wake = asyncio.Event()

    async def run(self) -> None:
        """Read until the pod is gone or, without following, its log ends."""
        try:
            if self._joined_again:
                await self._mark(f"{self._key.name} was created again")
            await self._read_runs()
        except ControllerError as error:
            await self._session.say(self._name, str(error), "error")

    async def _read_runs(self) -> None:
        finished = -1
        while (container := await self._next_run(finished)) is not None:
            if finished >= 0:
                await self._mark(f"{container.name} runs again, restart {container.restarts}")
            await self._read(container)
            if self._request.previous or not self._request.follow:
                return
            if await self._ended(container):
                finished = container.restarts
        if self._present() is None:
            await self._mark(f"{self._key.name} is gone")

    async def _next_run(self, finished: int) -> Container | None:
        """Return the container once it has a run after the finished one, None if it never will."""
        told = ""
        while (pod := self._present()) is not None:
            self.wake.clear()
            container = container_of(self._request, pod)
            if container is None and self._request.container:
                raise NotFound(404, "NotFound", f"no container {self._request.container}")
            if pod.terminating and finished >= 0:
                return None
            if container is not None and container.restarts > finished:
                if has_run(container) or self._request.previous:
                    return container
                told = await self._tell_waiting(container.reason, told)
            if not self._request.follow:
                return None
            await self.wake.wait()
        return None

    async def _tell_waiting(self, reason: str, told: str) -> str:
        why = reason or "not started yet"
        if why != told:
            await self._mark(f"{self._key.name}: {why}")
        return why

    async def _read(self, container: Container) -> None:
        """Read one run to its end.

        Raises:
            ControllerError: If the server will not let us read it at all.
        """
        seen = self._last
        source = LogSource(
            namespace=self._key.namespace,
            pod=self._key.name,
            container=container.name,
            previous=self._request.previous,
            follow=self._request.follow and not self._request.previous,
            tail=None if seen else self._request.tail,
            since=seen or self._since(),
        )
        async for part in self._session.link.logs(source):
            if part.gap:
                await self._session.say(self._name, part.gap, "gap")
            # The server counts in whole seconds: what was seen in the last one comes again.
            fresh = [line for line in part.lines if not 0 < line[0] <= seen]
            if fresh:
                self._last = max(self._last, fresh[-1][0])
                await self._session.lines(self._name, fresh)

    def _since(self) -> float | None:
        since_s = self._request.since_s
        return None if since_s is None else self._session.now() - since_s

    async def _ended(self, run: Container) -> bool:
        """Tell whether a run is over; wait for the watch to say so, or else for a while."""
        if self._runs_still(run):
            self.wake.clear()
            await self._session.wait_or_pause(self.wake)
        if self._runs_still(run):
            return False
        pod = self._present()
        container = container_of(self._request, pod) if pod is not None else None
        if container is not None:
            code = container.exit_code
            code = container.last_exit_code if code is None else code
            how = "" if code is None else f": exit {code}"
            await self._mark(f"{run.name} ended{how}")
        return True

    def _runs_still(self, run: Container) -> bool:
        pod = self._present()
        container = container_of(self._request, pod) if pod is not None else None
        return (
            container is not None
            and container.restarts == run.restarts
            and container.state == "running"
        )

    def _present(self) -> Pod | None:
        pod: Pod | None = self._session.store.get(PODS, self._key)
        return pod if pod is not None and pod.uid == self._uid else None

    async def _mark(self, text: str) -> None:
        await self._session.say(self._name, text, "mark")
