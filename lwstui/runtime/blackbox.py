"""The black box: evidence of containers that die, taken before their pods are gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Final

import msgspec

from controller.api.names import PODS
from controller.api.pods import Pod
from controller.errors import ControllerError
from lwstui.kube.loglines import LogLine
from lwstui.runtime.archive import Archive
from lwstui.runtime.kept import KeptLogs
from lwstui.runtime.logselect import container_of, generation
from lwstui.runtime.ports import LogReader, LogSource
from lwstui.state.deaths import LAST_LINES, Death, deaths
from lwstui.state.store import Store

READERS: Final = 4
"""Logs read at the same time for evidence; the operator's own streams come on top."""
WAITING: Final = 256
KEPT_LINES: Final = 300
READ_S: Final = 10.0
RECENT_S: Final = 3600.0
"""A container found ended when the console starts is evidence for this long."""
GONE: Final = "the pod was gone before its log could be read"
CROWDED: Final = "too many containers died at once to read all their logs"


class BlackBox:
    """Takes down how containers end, and the last lines they said.

    Pods pass here before the store takes them, so what a container's end looked like is known
    although a moment later its pod is deleted. A healthy pod that is deleted leaves nothing.

    Args:
        store: Knows the pods, and takes the evidence.
        archive: Keeps lines.
        now: Epoch seconds.
        wake: Called when the store has something new.

    Attributes:
        kept: Finds what was kept.
    """

    def __init__(
        self,
        store: Store,
        archive: Archive,
        now: Callable[[], float],
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._archive = archive
        self._now = now
        self._wake = wake
        self.kept = KeptLogs(lambda: store.deaths.all, archive)
        self._waiting: asyncio.Queue[tuple[Death, bool]] = asyncio.Queue(WAITING)

    def saw(self, pod: Pod) -> None:
        """Take a pod as the watch brings it, before the store does."""
        if not pod.set_name or not any(
            c.exit_code or c.last_exit_code is not None for c in pod.containers
        ):
            return
        before: Pod | None = self._store.get(PODS, pod.key)
        known = before is not None and before.uid == pod.uid
        for death, again in deaths(before, pod, generation(self._store, pod)):
            recent = known or self._now() - death.at < RECENT_S
            if recent and not self._store.deaths.has(death):
                self._take(death, again=again)

    def _take(self, death: Death, *, again: bool) -> None:
        try:
            self._waiting.put_nowait((death, again))
        except asyncio.QueueFull:
            death = msgspec.structs.replace(death, problem=CROWDED)
        self._bury(death)

    def _bury(self, *found: Death) -> None:
        self._store.deaths.add(found)
        self._wake()

    async def load(self) -> None:
        """Take what earlier runs of the program kept."""
        self._bury(*await asyncio.to_thread(self._archive.load))

    async def run(self, link: LogReader) -> None:
        """Read the logs of what died until cancelled."""
        readers = [asyncio.create_task(self._reader(link)) for _ in range(READERS)]
        try:
            await asyncio.gather(*readers)
        finally:
            for reader in readers:
                reader.cancel()
            await asyncio.gather(*readers, return_exceptions=True)

    async def _reader(self, link: LogReader) -> None:
        while True:
            death, again = await self._waiting.get()
            if self._archive.has(death):
                continue
            lines: list[LogLine] = []
            problem = ""
            try:
                lines = await self._read(link, death, again=again)
            except TimeoutError:
                problem = f"the log could not be read within {READ_S:.0f} s"
            except ControllerError as error:
                problem = GONE if self._gone(death) else str(error)
            last = tuple(line.text for line in lines[-LAST_LINES:])
            death = msgspec.structs.replace(death, lines=last, kept=len(lines), problem=problem)
            await asyncio.to_thread(self._archive.keep, death, lines)
            self._bury(death)

    async def _read(self, link: LogReader, death: Death, *, again: bool) -> list[LogLine]:
        """Return the last lines of a run; it is the previous one as soon as another began."""
        lines = await self._tail(link, death, previous=again or self._runs_again(death))
        if not again and self._runs_again(death):
            return await self._tail(link, death, previous=True)
        return lines

    async def _tail(self, link: LogReader, death: Death, *, previous: bool) -> list[LogLine]:
        source = LogSource(
            namespace=death.namespace,
            pod=death.pod,
            container=death.container,
            previous=previous,
            follow=False,
            tail=KEPT_LINES,
        )
        lines: list[LogLine] = []
        async with asyncio.timeout(READ_S), aclosing(link.logs(source)) as parts:
            async for part in parts:
                lines += part.lines
                if part.gap:
                    break
        return lines[-KEPT_LINES:]

    def _pod(self, death: Death) -> Pod | None:
        pod: Pod | None = self._store.get(PODS, death.pod_key)
        return pod if pod is not None and pod.uid == death.uid else None

    def _gone(self, death: Death) -> bool:
        return self._pod(death) is None

    def _runs_again(self, death: Death) -> bool:
        pod = self._pod(death)
        container = container_of(pod, death.container) if pod is not None else None
        return container is not None and container.restarts > death.run
