"""A recording as the console's backend: played on a thread of its own."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from math import ceil
from typing import Any, Final

from controller.api.names import Resource
from lwstui.runtime.backend import LogEntry, LogHandle, LogRequest
from lwstui.runtime.rawobjects import as_yaml
from lwstui.runtime.recording.listening import Listening
from lwstui.runtime.recording.objects import raw_object
from lwstui.runtime.recording.output import RecordingError
from lwstui.runtime.recording.reading import GRID_S, Recording
from lwstui.runtime.recording.refusing import Refusing
from lwstui.runtime.recording.stage import Stage
from lwstui.runtime.recording.tempo import Tempo
from lwstui.runtime.tape import Tape
from lwstui.runtime.tuning import Tuning
from lwstui.state.manner import STANDARD, Manner
from lwstui.state.model import Playing, Snapshot

FRAME_S: Final = 0.1
SLICE_S: Final = 0.2
"""How long time may be spent on getting to a moment before what was reached is shown."""
JOIN_S: Final = 8.0
LEAP_S: Final = 5.0
"""Recorded time that is played rather than left out on the way to a moment."""
APART_S: Final = 1.0
"""What happens within this time is one event to go to."""
_SAY_S: Final = 5.0
"""For so much recorded time a sentence stays."""
_log = logging.getLogger("lwstui.engine")


class Player(Refusing):
    """``Backend`` on a recording, and its ``Tape``. It starts once.

    Args:
        recording: The recording; closed at the end.
        at_s: Moment to begin at, in seconds from the beginning.
        speed: Recorded seconds that pass in one.
        paused: Whether to begin standing still.
        namespaces: Namespaces in view; None for those of the recording.
    """

    def __init__(
        self,
        recording: Recording,
        *,
        at_s: float = 0.0,
        speed: float = 1.0,
        paused: bool = False,
        namespaces: tuple[str, ...] | None = None,
    ) -> None:
        self._recording = recording
        self._namespaces, self._manner = namespaces, STANDARD
        self._stage = self._staged(Stage(recording))
        self._tempo = Tempo(
            self._stage.started, recording.length_s, at_s=at_s, speed=speed, paused=paused
        )
        self._says, self._said_at, self._damaged = "", 0.0, False
        self._seeking = at_s > 0.0
        self._hopping: float | None = None
        self._shown: tuple[Snapshot | None, Playing | None] = (None, None)
        self._publish: Callable[[Snapshot], None] = lambda _: None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._up = threading.Event()
        self._listening = Listening(self._tempo.now)
        self._asked = asyncio.Event()
        self._over = False

    @property
    def context(self) -> str:
        """Where it was recorded."""
        return self._recording.header.context

    # The backend.

    @property
    def tape(self) -> Tape:
        """The controls."""
        return self

    def start(self, publish: Callable[[Snapshot], None]) -> None:
        """Start the thread; ``publish`` is called on it."""
        if self._thread is not None:
            raise RuntimeError("the player was started before")
        self._publish = publish
        self._thread = threading.Thread(target=self._run, name="lwstui-player", daemon=True)
        self._thread.start()
        self._up.wait(JOIN_S)

    def stop(self) -> None:
        """End the thread and close the file."""
        if self._thread is not None:
            self._do(self._end)
            self._thread.join(JOIN_S)
        self._recording.close()

    def logs(self, request: LogRequest, sink: Callable[[list[LogEntry]], None]) -> LogHandle:
        """Open what was recorded of logs."""
        return self._listening.open(request, sink, self._do)

    def read(self, resource: Resource, namespace: str, name: str) -> Future[Mapping[str, Any]]:
        """Return what the recording holds of an object; the future fails if that is nothing."""
        return self._ask(lambda: raw_object(self._stage.store, resource, namespace, name))

    def yaml(
        self, resource: Resource, namespace: str, name: str, *, managed: bool = False
    ) -> Future[str]:
        """Return what the recording holds of an object as YAML."""
        del managed
        return self._ask(lambda: as_yaml(raw_object(self._stage.store, resource, namespace, name)))

    def tune(self, tuning: Tuning) -> None:
        """Judge what was recorded in another manner; may be called before the start."""
        if self._thread is None:
            self._judge_by(tuning.manner)
        else:
            self._do(lambda: self._judge_by(tuning.manner))

    def look_at(self, namespaces: tuple[str, ...]) -> None:
        """Show these namespaces from now on; none means all."""
        self._do(lambda: self._look_at(namespaces))

    # The tape.

    def now(self) -> float:
        """Return recorded time, in epoch seconds."""
        return self._tempo.now()

    def pause(self, *, paused: bool) -> None:
        """Stand still, or go on."""
        self._tempo.pause(paused=paused)
        self._do(lambda: None)

    def run_at(self, speed: float) -> None:
        """Play at another speed."""
        self._tempo.run_at(speed)
        self._do(lambda: None)

    def seek(self, at_s: float) -> None:
        """Go to a moment, in seconds from the beginning."""
        self._do(lambda: self._seek(at_s))

    def step(self) -> None:
        """Go to the next moment at which something came, and stand still there."""
        self._do(self._step)

    def hop(self, by: int) -> None:
        """Go to the next moment at which something notable happened, or the one before."""
        self._do(self._hop_on if by > 0 else self._hop_back)

    # The thread.

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except Exception:  # noqa: BLE001 - nobody else sees what ends this thread
            _log.exception("the player ended")
        finally:
            self._up.set()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._listening.attend(self._stage, "")
        self._up.set()
        try:
            while not self._over:
                self._asked.clear()
                self._frame()
                if not (self._seeking or self._hopping is not None):
                    await self._wait()
                else:
                    await asyncio.sleep(0)
        finally:
            await self._listening.end()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(None if self._rests() else FRAME_S):
                await self._asked.wait()
        except TimeoutError:
            return

    def _rests(self) -> bool:
        """Tell whether nothing moves until somebody asks for something."""
        return self._tempo.paused or self._tempo.at() >= self._recording.length_s

    def _frame(self) -> None:
        """Go to where the clock is, or a part of the way, and show it."""
        try:
            self._approach()
        except RecordingError as error:
            self._say(str(error))
            self._damaged, self._seeking, self._hopping = True, False, None
            self._tempo.jump(self._stage.at_s)
            self._tempo.pause(paused=True)
        self._show()

    def _approach(self) -> None:
        if self._hopping is not None:
            self._hop_further(self._hopping)
            return
        target, late = self._tempo.at(), _Slice()
        here_s = self._stage.at_s
        leap = self._seeking and self._recording.leap_s(target) > here_s + LEAP_S
        if target < here_s or leap:
            self._restage(target)
        self._stage.advance(target, until=late)
        arrived = self._stage.at_s >= target
        if arrived:
            self._seeking = False
        elif not self._seeking:
            self._tempo.jump(self._stage.at_s)  # faster than it can be read is not faster

    def _show(self) -> None:
        stage, tempo = self._stage, self._tempo
        at_s = stage.at_s
        if not self._damaged and abs(at_s - self._said_at) > _SAY_S:
            self._says = ""
        ended = at_s >= self._recording.length_s
        says = self._says or ((self._recording.says or "the recording ends here") if ended else "")
        playing = Playing(
            self._recording.name,
            stage.started,
            self._recording.length_s,
            float(int(at_s)),
            tempo.speed,
            tempo.paused or ended,
            self._seeking or self._hopping is not None,
            says,
        )
        last, said = self._shown
        if playing.seeking:
            # Nobody wants to see, or to print, how everything comes up on the way.
            before = last or Snapshot(cluster=stage.store.cluster)
            if playing != said:
                cluster = replace(before.cluster, playing=playing)
                self._tell(replace(before, cluster=cluster), playing)
            return
        if stage.snapshot is last and playing == said:
            return
        stage.store.set_cluster(replace(stage.store.cluster, playing=playing))
        self._tell(stage.snapshot, playing)
        self._listening.changed()

    def _tell(self, snapshot: Snapshot, playing: Playing) -> None:
        self._shown = (snapshot, playing)
        self._publish(snapshot)

    # On the thread.

    def _staged(self, stage: Stage) -> Stage:
        stage.store.judge_by(self._manner)
        if self._namespaces is not None:
            cluster = replace(stage.store.cluster, namespaces=self._namespaces)
            stage.store.set_cluster(cluster)
        return stage

    def _restage(self, to_s: float) -> None:
        """Begin anew before a moment, unless what was reached is nearer to it."""
        here_s, stage = self._stage.at_s, Stage.before(self._recording, to_s)
        if to_s < here_s or stage.at_s > here_s:
            self._stage = self._staged(stage)
            self._listening.attend(stage, "back" if to_s < here_s else "on")

    def _look_at(self, namespaces: tuple[str, ...]) -> None:
        self._namespaces = namespaces
        store = self._stage.store
        store.set_cluster(replace(store.cluster, namespaces=namespaces))

    def _judge_by(self, manner: Manner) -> None:
        """Have the rules asked anew, from not far before the moment that is shown."""
        if manner == self._manner:
            return
        self._manner = manner
        self._stage = self._staged(Stage.before(self._recording, self._stage.at_s))
        if self._loop is not None:
            self._listening.attend(self._stage, "back")
            self._seeking = True

    def _seek(self, at_s: float) -> None:
        self._say("")
        self._hopping = None
        self._tempo.jump(at_s)
        self._seeking = True

    def _step(self) -> None:
        self._tempo.pause(paused=True)
        self._say("")
        self._stage.step()
        self._tempo.jump(self._stage.at_s)

    def _hop_on(self) -> None:
        self._say("")
        self._hopping = self._stage.at_s

    def _hop_further(self, from_s: float) -> None:
        stage, late = self._stage, _Slice()
        seen = len(stage.notable)

        def until() -> bool:
            return len(stage.notable) > seen or late()

        stage.advance(self._recording.length_s, until=until)
        found = bool(stage.notable) and stage.notable[-1] > from_s + APART_S
        ended = stage.at_s >= self._recording.length_s
        self._tempo.jump(stage.at_s)
        if found or ended:
            self._hopping = None
            self._say("" if found else "nothing notable happened after this")

    def _hop_back(self) -> None:
        before = self._tempo.at() - APART_S
        found = [at_s for at_s in self._stage.notable if at_s < before]
        self._seek(ceil(found[-1] / GRID_S) * GRID_S if found else 0.0)
        if not found:
            self._say("nothing notable happened before this")
            self._said_at = 0.0

    def _say(self, text: str) -> None:
        self._says, self._said_at, self._damaged = text, self._stage.at_s, False

    def _end(self) -> None:
        self._over = True

    # From other threads.

    def _do(self, call: Callable[[], object]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._now, call)

    def _now(self, call: Callable[[], object]) -> None:
        try:
            call()
        except RecordingError as error:
            self._say(str(error))
        self._asked.set()

    def _ask(self, work: Callable[[], Any]) -> Future[Any]:
        future: Future[Any] = Future()

        def answer() -> None:
            try:
                future.set_result(work())
            except Exception as error:  # noqa: BLE001 - it belongs to whoever asked
                future.set_exception(error)

        self._do(answer)
        return future


class _Slice:
    """Says when enough time has been spent at once."""

    def __init__(self) -> None:
        self._until = time.monotonic() + SLICE_S

    def __call__(self) -> bool:
        return time.monotonic() >= self._until
