"""One source of a merged log: a container of one incarnation of a pod, across its restarts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import Protocol

from controller.api.names import PODS
from controller.api.pods import Container, Pod
from controller.errors import ControllerError, NotFound
from lwstui.kube.loglines import LogLine, Position
from lwstui.runtime.backend import LogRequest
from lwstui.runtime.logselect import Chosen, container_of, has_run, how_it_ended
from lwstui.runtime.ports import LogReader, LogSource
from lwstui.runtime.streams import Streams
from lwstui.state.store import Store


class Hub(Protocol):
    """The merged log that a source belongs to."""

    request: LogRequest
    store: Store
    link: LogReader
    streams: Streams

    async def say(self, source: str, text: str, kind: str, at: float = 0.0) -> None:
        """Queue one entry, waiting while the queue is full."""
        ...

    async def lines(self, source: str, lines: Sequence[LogLine]) -> None:
        """Queue lines, waiting while the queue is full."""
        ...

    async def wait_or_pause(self, event: asyncio.Event) -> None:
        """Wait for an event, or as long as one waits before trying again."""
        ...

    def since(self) -> float | None:
        """Return the epoch second from which on lines are wanted."""
        ...

    async def former(self, chosen: Chosen) -> bool:
        """Say what was kept of the run before; return whether anything was."""
        ...


class Source:
    """The log of one container of one incarnation of a pod.

    A run is known by the number of restarts before it.

    Args:
        hub: The merged log.
        chosen: What is read.
        greeting: What is said before the first line, empty for nothing.
    """

    def __init__(self, hub: Hub, chosen: Chosen, greeting: str = "") -> None:
        self._hub = hub
        self._request = hub.request
        self._chosen = chosen
        self._key = chosen.pod.key
        self._name = chosen.label
        self._greeting = greeting
        self._position = Position()
        self._left = hub.request.head
        self.wake = asyncio.Event()

    async def run(self) -> None:
        """Read until the pod is gone or, without following, its log ends."""
        try:
            if self._greeting:
                await self._mark(self._greeting)
            if self._request.previous:
                await self._read_previous()
            else:
                await self._read_runs()
        except ControllerError as error:
            await self._hub.say(self._name, str(error), "error")
        else:
            await self._hub.say(self._name, "ended", "state")

    async def _read_previous(self) -> None:
        """Read the run before the present one, or what was kept of the former incarnation."""
        pod = self._present()
        container = container_of(pod, self._chosen.container) if pod is not None else None
        if container is not None and container.last_exit_code is not None:
            try:
                await self._read(container)
            except NotFound:
                container = None
            else:
                await self._mark(f"{container.name} ended: {how_it_ended(container)}")
                return
        if not await self._hub.former(self._chosen):
            await self._mark("no previous run")

    async def _read_runs(self) -> None:
        finished = -1
        how = ""
        while (container := await self._next_run(finished)) is not None:
            if finished >= 0:
                what = f"{container.name} restarted in place: {how}" if how else container.name
                await self._mark(f"{what}, restart {container.restarts}")
            await self._read(container)
            if not self._request.follows:
                return
            if await self._ended(container):
                finished = container.restarts
                how = await self._tell_end(container)
        if self._present() is None:
            await self._mark("the pod is gone")

    async def _next_run(self, finished: int) -> Container | None:
        """Return the container once it has a run after the finished one, None if it never will."""
        told = ""
        while (pod := self._present()) is not None:
            self.wake.clear()
            container = container_of(pod, self._chosen.container)
            if container is None and self._request.container:
                raise NotFound(404, "NotFound", f"no container {self._chosen.container}")
            if pod.terminating and finished >= 0:
                return None
            if container is not None and container.restarts > finished:
                if has_run(container):
                    return container
                told = await self._tell_waiting(container.reason, told)
            if not self._request.follows or (container is not None and container.init):
                return None
            await self.wake.wait()
        return None

    async def _tell_waiting(self, reason: str, told: str) -> str:
        why = reason or "not started yet"
        if why != told:
            await self._mark(f"waits: {why}")
        return why

    async def _read(self, container: Container) -> None:
        """Read one run to its end.

        Raises:
            ControllerError: If the server will not let us read it at all.
        """
        seen = self._position.at
        self._position.reopened()
        async with self._hub.streams.opening() as opened:
            source = LogSource(
                namespace=self._key.namespace,
                pod=self._key.name,
                container=container.name,
                previous=self._request.previous,
                follow=self._request.follows,
                tail=None if seen or self._request.head is not None else self._request.tail,
                since=seen or self._hub.since(),
                longest=self._request.longest,
                opened=opened,
            )
            async with aclosing(self._hub.link.logs(source)) as parts:
                async for part in parts:
                    if part.gap:
                        await self._hub.say(self._name, part.gap, "gap")
                    if not await self._take(part.lines):
                        return

    async def _take(self, lines: Sequence[LogLine]) -> bool:
        """Hand lines on; return whether more are wanted."""
        fresh = self._position.unseen(lines)
        if self._left is not None:
            fresh = fresh[: self._left]
            self._left -= len(fresh)
        if fresh:
            said = [(line.at, line.text) for line in fresh]
            self._hub.streams.tails.note(self._key, self._chosen.pod.uid, said)
            await self._hub.lines(self._name, fresh)
        return self._left is None or self._left > 0

    async def _ended(self, run: Container) -> bool:
        """Tell whether a run is over; wait for the watch to say so, or else for a while."""
        if self._runs_still(run):
            self.wake.clear()
            await self._hub.wait_or_pause(self.wake)
        return not self._runs_still(run)

    async def _tell_end(self, run: Container) -> str:
        """Say how a run ended, unless it is not known; return it."""
        pod = self._present()
        container = container_of(pod, self._chosen.container) if pod is not None else None
        how = how_it_ended(container) if container is not None else ""
        if container is not None and container.restarts == run.restarts:
            await self._mark(f"{run.name} ended" + (f": {how}" if how else ""))
        return how

    def _runs_still(self, run: Container) -> bool:
        pod = self._present()
        container = container_of(pod, self._chosen.container) if pod is not None else None
        return (
            container is not None
            and container.restarts == run.restarts
            and container.state == "running"
        )

    def _present(self) -> Pod | None:
        pod: Pod | None = self._hub.store.get(PODS, self._key)
        return pod if pod is not None and pod.uid == self._chosen.pod.uid else None

    async def _mark(self, text: str) -> None:
        await self._hub.say(self._name, text, "mark")
