"""Logs that are open while a recording is played."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from lwstui.runtime.backend import LogEntry, LogHandle, LogRequest
from lwstui.runtime.logmux import LogSession
from lwstui.runtime.recording.spokenlogs import SpokenLast, SpokenLogs
from lwstui.runtime.recording.stage import Stage
from lwstui.view.ages import clock

Sink = Callable[[list[LogEntry]], None]
Do = Callable[[Callable[[], object]], None]


@dataclass(slots=True, eq=False)
class _Open:
    """One open log."""

    request: LogRequest
    sink: Sink
    session: LogSession | None = None
    task: asyncio.Task[None] | None = None
    closed: bool = False


class Listening:
    """Opens logs on the present stage, and again when it is another one.

    Args:
        now: Recorded time, in epoch seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._stage: Stage | None = None
        self._open: list[_Open] = []
        self._moved = asyncio.Event()

    def open(self, request: LogRequest, sink: Sink, do: Do) -> LogHandle:
        """Open a log; ``do`` runs something on the thread of the player."""
        one = _Open(request, sink)
        do(lambda: self._begin(one))
        return _Handle(one, do)

    def attend(self, stage: Stage, gone: Literal["", "on", "back"]) -> None:
        """Take another stage, gone to by a jump; what was open is opened anew on it."""
        again, self._stage = self._stage is not None, stage
        for one in [one for one in self._open if not one.closed]:
            if one.task is not None:
                one.task.cancel()
            if again:
                text = f"gone {gone} to {clock(self._now())}"
                one.sink([LogEntry("", 0.0, "", "anew"), LogEntry("", 0.0, text, "mark")])
            self._begin(one)

    def changed(self) -> None:
        """Say that the recording has gone on."""
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
        for one in self._open:
            if one.session is not None:
                one.session.changed()

    async def end(self) -> None:
        """Close everything."""
        tasks = [one.task for one in self._open if one.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, one: _Open) -> None:
        if one.closed or self._stage is None:
            return
        stage = self._stage
        one.session = LogSession(
            one.request,
            one.sink,
            store=stage.store,
            link=SpokenLogs(stage, lambda: self._moved),
            now=self._now,
            kept=SpokenLast(stage),
        )
        one.task = asyncio.create_task(one.session.run())
        if one not in self._open:
            self._open.append(one)
        self._open = [other for other in self._open if not other.closed]


class _Handle:
    """An open log as other threads see it."""

    def __init__(self, one: _Open, do: Do) -> None:
        self._one = one
        self._do = do

    def close(self) -> None:
        """Stop reading."""
        self._do(self._end)

    def open(self, source: str) -> None:
        """Read a source that is only listed so far."""
        self._do(lambda: self._read_too(source))

    def _end(self) -> None:
        self._one.closed = True
        if self._one.task is not None:
            self._one.task.cancel()

    def _read_too(self, source: str) -> None:
        if self._one.session is not None:
            self._one.session.open(source)
