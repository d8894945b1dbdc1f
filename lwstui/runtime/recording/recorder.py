"""Recording what the console sees, as it comes.

A recording is made from what is known anyway: nothing is asked of the cluster for it. What the
watches bring passes ``replace`` and ``apply`` on its way to the store; everything else is what
changed from one snapshot to the next.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import msgspec

from controller.api.core import Revision
from controller.api.lws import LeaderWorkerSet
from controller.ports import Clock
from lwstui import __version__
from lwstui.runtime.feed import Feed
from lwstui.runtime.ports import LogPart, LogReader, LogSource, WatchSpec
from lwstui.runtime.recording import entries
from lwstui.runtime.recording.changes import Changes
from lwstui.runtime.recording.hiding import Hider
from lwstui.runtime.recording.keyframing import Keyframer
from lwstui.runtime.recording.logtap import LogTap, Newest
from lwstui.runtime.recording.output import Output, RecordingError
from lwstui.state.model import Taping
from lwstui.state.store import Store
from lwstui.view.ages import bytes_

MOST_BYTES: Final = 256 * 1024 * 1024
WRITE_EVERY_S: Final = 2.0
"""What a crash may cost."""
FULL: Final = "the recording ended at its size limit of {}"


@dataclass(frozen=True, slots=True)
class RecordingOrder:
    """What to record, and where.

    Attributes:
        path: The file.
        force: Whether to replace a file that is there.
        most_bytes: Size at which the recording ends.
        logs: Whether lines of logs are recorded.
    """

    path: Path
    force: bool = False
    most_bytes: int = MOST_BYTES
    logs: bool = True


class _Run:
    """One recording that is being made."""

    def __init__(
        self, order: RecordingOrder, output: Output, header: entries.Header, monotonic: float
    ) -> None:
        self.order = order
        self.output = output
        self.began = monotonic
        self.lines: list[bytes] = []
        self.first_s = 0.0
        self.last_s = 0.0
        self.hider = Hider()
        self.newest = Newest()
        self.changes = Changes(self.hider)
        self.taping = Taping(str(order.path), header.started)
        self._keyframer = Keyframer(header)
        # A thread that nobody waits for any more may still write.
        self._lock = threading.Lock()

    def write(self, lines: bytes, first_s: float, last_s: float) -> bool:
        """Write some lines, and a keyframe if one is due; return whether there was room for them.

        A keyframe for which there is no room is left out.

        Raises:
            RecordingError: If they cannot be written.
        """
        with self._lock:
            header = b"" if self.output.size else lines[: lines.index(b"\n") + 1]
            if not self.output.write(lines, first_s, last_s):
                return False
            before = self.output.size
            frame = self._keyframer.after(lines[len(header) :], last_s, before)
            if frame and self.output.write(frame, last_s, last_s):
                self._keyframer.wrote(self.output.size - before, self.output.size)
            return True


class Recorder:
    """Makes one recording at a time.

    Args:
        store: What is known.
        feed: What the watches bring, and the snapshots.
        clock: The time.
        sleep: Waits, in seconds.
    """

    def __init__(
        self,
        store: Store,
        feed: Feed,
        clock: Clock,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._feed = feed
        self._clock = clock
        self._sleep = sleep
        self._run: _Run | None = None
        self._begun = False
        self._ended = ""
        self._writing = asyncio.Lock()

    async def start(self, order: RecordingOrder) -> Taping:
        """Begin with everything that is known.

        Raises:
            RecordingError: If one is made already, or the file cannot be written.
        """
        if self._run is not None:
            raise RecordingError(f"{self._run.taping.path} is being recorded; stop that first")
        output = await asyncio.to_thread(Output, order.path, order.force, order.most_bytes)
        header = self._header()
        run = _Run(order, output, header, self._clock.monotonic())
        self._run, self._begun = run, True
        self._add(run, entries.encoded(header))
        self._know(run)
        self._feed.tap = self
        self._feed.listeners.append(self._look)
        await self.write()
        if self._run is None:
            raise RecordingError(self._ended)
        return run.taping

    async def first(self, order: RecordingOrder | None) -> None:
        """Begin the recording that was asked for at the start, once; show why if it cannot be."""
        if order is None or self._begun:
            return
        try:
            await self.start(order)
        except RecordingError as error:
            self._begun = True
            self._show(Taping(str(order.path), self._clock.now(), ended=str(error)))

    async def stop(self, why: str = "stopped") -> Taping | None:
        """End the recording; return what it came to, None if there was none."""
        run = self._run
        if run is None:
            return None
        self._put(run, entries.Ended(why=why))
        await self.write()
        await self._end(run, "")
        return run.taping

    async def run(self) -> None:
        """Write what has come, every two seconds, until cancelled."""
        while True:
            await self._sleep(WRITE_EVERY_S)
            await self.write()

    async def write(self) -> None:
        """Write what has come; end the recording if that cannot be done."""
        async with self._writing:
            run = self._run
            if run is None or not run.lines:
                return
            lines, first_s, last_s = b"".join(run.lines), run.first_s, run.last_s
            run.lines = []
            try:
                whole = await asyncio.to_thread(run.write, lines, first_s, last_s)
            except RecordingError as error:
                await self._end(run, str(error))
                return
            run.taping = replace(run.taping, size_bytes=run.output.size)
            if whole:
                self._show(run.taping)
                return
            why = FULL.format(bytes_(run.order.most_bytes))
            end = entries.encoded(entries.Ended(t=last_s, why=why))
            await asyncio.to_thread(run.output.write_end, end, last_s)
            await self._end(run, why)

    def reader(self, link: LogReader) -> LogReader:
        """Return what reads logs of a cluster so that lines that are read get recorded."""
        return LogTap(link, self._said)

    # What comes.

    def replace(self, spec: WatchSpec, items: Sequence[Any]) -> None:
        """Take a complete list."""
        run, what = self._run, entries.NAME_OF.get(spec.resource)
        if run is not None and what is not None:
            data = entries.raw([self._hidden(run, item) for item in items])
            self._put(run, entries.Listed(what=what, namespace=spec.namespace, data=data))

    def apply(self, spec: WatchSpec, type_: str, item: Any) -> None:
        """Take one watch event."""
        run, what = self._run, entries.NAME_OF.get(spec.resource)
        if run is not None and what is not None:
            data = entries.raw(self._hidden(run, item))
            self._put(run, entries.Changed(what=what, type=type_, data=data))

    def _look(self) -> None:
        run = self._run
        if run is not None:
            for entry in run.changes.since(self._store.snapshot):
                self._put(run, entry)

    def _said(self, source: LogSource, part: LogPart) -> None:
        run = self._run
        if run is None or not run.order.logs:
            return
        fresh = run.newest.of(source, part.lines)
        if fresh or part.gap:
            entry = entries.Said(
                namespace=source.namespace,
                pod=source.pod,
                container=source.container,
                previous=source.previous,
                lines=tuple((line.at, line.text) for line in fresh),
                gap=part.gap,
            )
            self._put(run, entry)

    # The beginning.

    def _header(self) -> entries.Header:
        cluster = self._store.cluster
        return entries.Header(
            kind=entries.KIND,
            format=entries.FORMAT,
            lwstui=__version__,
            started=self._clock.now(),
            context=cluster.context,
            cluster=cluster.cluster,
            sandbox=cluster.sandbox,
            namespaces=cluster.namespaces,
        )

    def _know(self, run: _Run) -> None:
        """Record everything that is known already, as if it had come now."""
        snapshot = self._store.snapshot
        for what, (resource, _) in entries.RECORDED.items():
            known = [self._hidden(run, one) for one in self._store.held(resource)]
            if known:
                self._put(run, entries.Listed(what=what, data=entries.raw(known)))
        if snapshot.starts or snapshot.kept:
            revisions = tuple(run.hider.revision(one) for one in snapshot.kept.values())
            starts = tuple(snapshot.starts.items())
            self._put(run, entries.Remembered(starts=starts, revisions=revisions))
        self._look()

    # Lines and the file.

    def _hidden(self, run: _Run, record: Any) -> Any:
        if isinstance(record, LeaderWorkerSet):
            return run.hider.set(record)
        if isinstance(record, Revision):
            return run.hider.revision(record)
        return record

    def _put(self, run: _Run, entry: entries.Entry) -> None:
        at_s = round(self._clock.monotonic() - run.began, 3)
        self._add(run, entries.encoded(msgspec.structs.replace(entry, t=at_s)), at_s)

    def _add(self, run: _Run, line: bytes, at_s: float = 0.0) -> None:
        if not run.lines:
            run.first_s = at_s
        run.last_s = at_s
        run.lines.append(line)
        run.taping = replace(run.taping, entries=run.taping.entries + 1)

    async def _end(self, run: _Run, why: str) -> None:
        self._run, self._ended = None, why
        self._feed.tap = None
        self._feed.listeners.remove(self._look)
        await asyncio.to_thread(run.output.close)
        run.taping = replace(run.taping, size_bytes=run.output.size, ended=why)
        self._show(run.taping if why else None)

    def _show(self, taping: Taping | None) -> None:
        self._store.set_cluster(replace(self._store.cluster, taping=taping))
        self._feed.changed()
