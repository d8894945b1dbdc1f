"""Merged logs: streams of the containers a request selects, joined by those that come later."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from controller.api.meta import Key
from controller.api.pods import Pod
from lwstui.kube.loglines import LogLine
from lwstui.runtime.backend import LogEntry, LogRequest
from lwstui.runtime.logselect import Chosen, chosen, generation, label
from lwstui.runtime.logsources import Source
from lwstui.runtime.ports import LogReader
from lwstui.runtime.streams import Streams
from lwstui.state.deaths import Death
from lwstui.state.store import Store

FLUSH_S: Final = 0.05
QUEUED: Final = 10_000
RETRY_S: Final = 2.0

Sleep = Callable[[float], Awaitable[None]]


class Kept(Protocol):
    """The last lines of containers that died."""

    def former(self, namespace: str, pod: str, container: str, but_not: str) -> Death | None:
        """Return the newest end of a container in a pod of this name.

        Args:
            namespace: Namespace of the pod.
            pod: Its name, which all its incarnations have.
            container: Container name, or empty for any.
            but_not: UID of an incarnation that is not meant.
        """
        ...

    def of_set(self, key: Key) -> Sequence[Death]:
        """Return the ends of all containers of a set, oldest first."""
        ...

    async def lines(self, death: Death) -> Sequence[LogLine]:
        """Return what was kept of a container that died."""
        ...


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
        streams: Counts the streams of the cluster.
        kept: What was kept of containers that died.
    """

    def __init__(
        self,
        request: LogRequest,
        sink: Callable[[list[LogEntry]], None],
        *,
        store: Store,
        link: LogReader,
        now: Callable[[], float],
        sleep: Sleep = asyncio.sleep,
        streams: Streams | None = None,
        kept: Kept | None = None,
    ) -> None:
        self.request = request
        self.store = store
        self.link = link
        self.now = now
        self.streams = streams or Streams()
        self._kept = kept
        self._sink = sink
        self._sleep = sleep
        self._queue: list[LogEntry] = []
        self._queued = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._changed = asyncio.Event()
        self._changed.set()
        self._sources: dict[tuple[str, str], tuple[Source, asyncio.Task[None]]] = {}
        self._joined: dict[str, tuple[str, str]] = {}
        self._generations = Generations(store)
        self._listed: set[str] = set()
        self._asked: set[str] = set()
        self._began = now()
        self._empty = False

    def changed(self) -> None:
        """Say that pods may have changed."""
        self._changed.set()
        for source, _ in self._sources.values():
            source.wake.set()

    def open(self, source: str) -> None:
        """Read a source that is only listed so far, whatever the limit of this log says."""
        self._asked.add(source)
        self._changed.set()

    async def run(self) -> None:
        """Read until cancelled or, without following, until all has been read."""
        flusher = asyncio.create_task(self._flush())
        try:
            if self.request.previous:
                await self._read_gone()
            while self.request.follows or self._unread():
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
        self._put(source, text, kind, at)

    async def lines(self, source: str, lines: Sequence[LogLine]) -> None:
        """Queue lines, waiting while the queue is full."""
        await self._room.wait()
        self._queue += [LogEntry(source, at, text, "line", how) for at, text, how in lines]
        self._wake_flusher()

    def since(self) -> float | None:
        """Return the epoch second from which on lines are wanted, None for all."""
        since_s = self.request.since_s
        return None if since_s is None else self._began - since_s

    async def wait_or_pause(self, event: asyncio.Event) -> None:
        """Wait for an event, or as long as one waits before trying again."""
        waiting = {asyncio.ensure_future(event.wait()), asyncio.ensure_future(self._sleep(RETRY_S))}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waiting:
                one.cancel()

    # The queue.

    def _put(self, source: str, text: str, kind: str, at: float = 0.0) -> None:
        self._queue.append(LogEntry(source, at or self.now(), text, kind))
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

    # Sources.

    def _unread(self) -> bool:
        """Tell whether a source is still read, or one waits for its turn."""
        return bool(self._fresh()) or any(not task.done() for _, task in self._sources.values())

    def _fresh(self) -> list[Chosen]:
        """Return what has had no stream yet."""
        wanted = chosen(self.request, self.store)
        return [one for one in wanted if self._joined.get(one.label) != one.id]

    def _join(self) -> None:
        """Open streams for what has none yet, as far as the limits allow."""
        for id_ in [id_ for id_, (_, task) in self._sources.items() if task.done()]:
            del self._sources[id_]
        fresh = self._fresh()
        asked = [one for one in fresh if one.label in self._asked]
        room = max(0, self.request.streams - len(self._sources))
        others = [one for one in fresh if one.label not in self._asked][:room]
        for one in [*asked, *others][: self.streams.room]:
            self._start(one)
        if self.request.follows:
            self._tell_empty()
            self._list([one for one in fresh if one.id not in self._sources])

    def _tell_empty(self) -> None:
        """Say once that there is nothing to read, and what there is instead."""
        if self._joined or self._empty:
            return
        self._empty = True
        key = self.request.target
        kept = self._kept.of_set(key) if self._kept is not None else ()
        more = f"; p shows what was kept of {len(kept)} containers that died" if kept else ""
        self._put("", f"no pod of {key.name} to read yet{more}", "mark")

    def _start(self, one: Chosen) -> None:
        again = one.label in self._joined
        self._joined[one.label] = one.id
        greeting, generation = self._generations.joined(one.pod, again=again)
        if generation:
            self._put("", generation, "mark")
        self._listed.discard(one.label)
        self._put(one.label, "open", "state")
        source = Source(self, one, greeting)
        task = asyncio.create_task(source.run())
        self._sources[one.id] = (source, task)
        self.streams.taken += 1
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del task
        self.streams.taken -= 1
        if not self.request.follows or self._listed:
            self._changed.set()

    def _list(self, left: list[Chosen]) -> None:
        """Name the sources that are not read."""
        for one in left:
            if one.label not in self._listed:
                self._listed.add(one.label)
                self._put(one.label, "listed", "state")

    # What was kept.

    async def former(self, one: Chosen) -> bool:
        """Say what was kept of the incarnation of a pod before the present one."""
        if self._kept is None:
            return False
        pod = one.pod
        death = self._kept.former(pod.namespace, pod.name, one.container, pod.uid)
        if death is None:
            return False
        await self._tell(one.label, death)
        return True

    async def _read_gone(self) -> None:
        """Say what was kept of pods that are gone."""
        if self._kept is None:
            return
        present = {one.pod.key for one in chosen(self.request, self.store)}
        for target in self.request.targets:
            newest: dict[tuple[Key, str], Death] = {}
            for death in self._kept.of_set(target.key):
                if death.wanted(target.group, target.pod, self.request.role):
                    newest[death.pod_key, death.container] = death
            for (pod, container), death in newest.items():
                if pod not in present:
                    await self._tell(label(self.request, death.as_pod(), container), death)

    async def _tell(self, source: str, death: Death) -> None:
        kept = await self._kept.lines(death) if self._kept is not None else ()
        await self.say(source, f"kept before {death.pod} went: {death.how}", "mark", death.at)
        await self.lines(source, kept)


class Generations:
    """Knows which incarnation of a group a source joined, so that each is announced once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: dict[tuple[str, str], str] = {}
        self._leaders: dict[tuple[Key, str], str] = {}

    def joined(self, pod: Pod, *, again: bool) -> tuple[str, str]:
        """Return what to say about a pod that joins, and about its group; empty for nothing.

        Args:
            pod: The pod.
            again: Whether an earlier incarnation of it was read.
        """
        slot = (pod.set_key, pod.group_id or str(pod.group))
        leader = next((p for p in self._store.members(pod.set_key) if _leads(p, pod)), None)
        uid = leader.uid if leader is not None else ""
        known = self._leaders.get(slot)
        self._leaders[slot] = uid
        same_group = self._seen.get((pod.namespace, pod.name)) == uid
        self._seen[pod.namespace, pod.name] = uid
        if again and known is not None and known != uid:
            return "", f"{self._name(pod)} was created again{self._number(pod)}"
        return ("the pod was created again" if again and same_group else ""), ""

    def _name(self, pod: Pod) -> str:
        return f"{pod.set_name} group {pod.group if pod.group >= 0 else pod.group_id}"

    def _number(self, pod: Pod) -> str:
        count = generation(self._store, pod)
        return f": generation {count} starts" if count else ""


def _leads(leader: Pod, pod: Pod) -> bool:
    return leader.worker == 0 and (leader.group, leader.group_id) == (pod.group, pod.group_id)
