"""The engine: its own thread and event loop, where everything that talks to a cluster runs."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from controller.api.lws import HISTORY_LIMIT
from controller.api.meta import Key
from controller.api.names import Resource
from controller.errors import Unavailable
from controller.leases import NAMESPACE
from controller.ports import Clock
from lwstui.config.prometheus import NOWHERE, Prometheus
from lwstui.runtime.backend import (
    FetchRequest,
    Forward,
    ForwardRequest,
    LogEntry,
    LogHandle,
    LogRequest,
    TerminalEnd,
    TerminalHandle,
    TerminalRequest,
)
from lwstui.runtime.clock import SystemClock
from lwstui.runtime.destination import Destination
from lwstui.runtime.intents import Intent, Outcome
from lwstui.runtime.terminal import RemoteTerminal
from lwstui.runtime.tuning import UNTUNED, Tuning
from lwstui.state.around import Around
from lwstui.state.manifests import Manifest, Trial
from lwstui.state.model import Activity, Snapshot, Taping

if TYPE_CHECKING:
    from lwstui.kube.connect import Target
    from lwstui.runtime.attachments import Attachments
    from lwstui.runtime.core import Core
    from lwstui.runtime.logdesk import OpenLog
    from lwstui.runtime.ports import Factory
    from lwstui.runtime.recording.recorder import RecordingOrder
    from lwstui.runtime.takeover_terms import Moved, Standing, TakeoverOrder

T = TypeVar("T")

JOIN_S: Final = 8.0
_log = logging.getLogger("lwstui.engine")


def _nothing(context: str) -> Prometheus:
    del context
    return NOWHERE


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What an engine is to do.

    Attributes:
        target: Which cluster.
        namespaces: Namespaces in view; empty means all that may be seen.
        read_only: Refuse every write.
        embedded_controller: Run the controller in this process.
        identity: Name this process stands for election and reports events with.
        history_limit: Revisions the controller keeps although nothing uses them.
        lease_namespace: Where controllers have their Lease, the same for all of a cluster.
        apply_first: Objects to apply after connecting.
        state: Folder where what was done and what died is kept; None keeps nothing.
        recording: What to record from the start, None for nothing.
        prometheus: Returns what remembers the time before the start, by context.
    """

    target: Target
    namespaces: tuple[str, ...] = ()
    read_only: bool = False
    embedded_controller: bool = False
    identity: str = ""
    history_limit: int = HISTORY_LIMIT
    lease_namespace: str = NAMESPACE
    apply_first: tuple[dict[str, Any], ...] = ()
    state: Path | None = None
    recording: RecordingOrder | None = None
    prometheus: Callable[[str], Prometheus] = _nothing


class Engine:
    """``Backend`` on a thread of its own. It starts once.

    Args:
        options: What to do.
        factory: Makes connections; the default is ``lwstui.kube``, imported on the thread.
        clock: The time.
    """

    def __init__(
        self,
        options: EngineOptions,
        *,
        factory: Callable[[], Factory] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._options = options
        self._factory = factory or self._kube
        self._clock = clock or SystemClock()
        self._events_wanted = False
        self._metrics_wanted = True
        self._tuning = UNTUNED
        self._attachment = 0
        self._destination: Destination | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._attachments: Attachments | None = None
        self._stop: asyncio.Event | None = None
        self._up = threading.Event()

    @property
    def tape(self) -> None:
        """None: this is a cluster."""
        return

    def start(self, publish: Callable[[Snapshot], None]) -> None:
        """Start the thread; ``publish`` is called on it."""
        if self._thread is not None:
            raise RuntimeError("the engine was started before")
        self._thread = threading.Thread(
            target=self._run, args=(publish,), name="lwstui-engine", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End everything, give the lease back, and wait for the thread for a few seconds."""
        thread = self._thread
        if thread is None:
            return
        self._up.wait(JOIN_S)
        if self._stop is not None:
            self._soon(self._stop.set)
        thread.join(JOIN_S)
        if thread.is_alive():
            _log.error("the engine did not end within %s s", JOIN_S)

    def dry_run(self, intent: Intent) -> Future[Outcome]:
        """Ask the server whether it would accept an intent."""
        return self._ask(lambda core: core.write(intent, dry_run=True))

    def submit(self, intent: Intent) -> Future[Outcome]:
        """Carry an intent out."""
        return self._ask(lambda core: core.write(intent, dry_run=False))

    def try_manifests(self, manifests: Sequence[Manifest]) -> Future[tuple[Trial, ...]]:
        """Ask what applying manifests would do; the future fails with a ``ControllerError``."""
        return self._ask(lambda core: core.try_manifests(manifests))

    def terminal(
        self, request: TerminalRequest, sink: Callable[[bytes], None]
    ) -> tuple[TerminalHandle, Future[TerminalEnd]]:
        """Run something in a container."""
        handle = RemoteTerminal(self._soon, sink)
        return handle, self._ask(lambda core: core.containers.terminal(request, handle))

    def fetch(self, request: FetchRequest, report: Callable[[str], None]) -> Future[str]:
        """Copy from a container."""
        return self._ask(lambda core: core.containers.fetch(request, report))

    def forward(self, request: ForwardRequest) -> Future[Forward]:
        """Open a port-forward."""
        return self._ask(lambda core: core.forwards.open(request))

    def stop_forward(self, number: int) -> None:
        """Close a port-forward and its connections."""
        self._with_core(lambda core: core.forwards.stop(number))

    def forwards(self) -> tuple[Forward, ...]:
        """Return the open port-forwards as they are now."""
        work = self._attachments
        return work.core.forwards.shown if work is not None else ()

    def cancel(self, target: Key) -> None:
        """Stop what is still done for an intent."""
        self._with_core(lambda core: core.cancel(target))

    def takeover_standing(self) -> Future[Standing]:
        """Read who controls which set; the future fails with a ``ControllerError``."""
        return self._ask(lambda core: core.takeover_standing())

    def take_over(
        self, order: TakeoverOrder, report: Callable[[str], None]
    ) -> Future[tuple[Moved, ...]]:
        """Move sets here; the future fails with a ``TakeoverError`` or ``ControllerError``."""
        return self._ask(lambda core: core.take_over(order, report))

    def logs(self, request: LogRequest, sink: Callable[[list[LogEntry]], None]) -> LogHandle:
        """Open merged logs."""
        handle = _Handle(self._soon)
        self._with_core(lambda core: handle.opened(core.open_logs(request, sink)))
        return handle

    def read(self, resource: Resource, namespace: str, name: str) -> Future[Mapping[str, Any]]:
        """Read one whole object; the future fails with a ``ControllerError``."""
        return self._ask(lambda core: core.read(resource, namespace, name))

    def around(self, key: Key) -> Future[Around]:
        """Read what stands around a set; the future fails while there is no cluster."""
        return self._ask(lambda core: core.around(key))

    def yaml(
        self, resource: Resource, namespace: str, name: str, *, managed: bool = False
    ) -> Future[str]:
        """Read one object as YAML; the future fails with a ``ControllerError``."""
        return self._ask(lambda core: core.yaml(resource, namespace, name, managed=managed))

    def want_events(self, wanted: bool) -> None:
        """Watch events from now on, or no longer; may be called before the start."""
        self._events_wanted = wanted
        self._with_core(lambda core: core.want_events(wanted=wanted))

    def want_metrics(self, wanted: bool) -> None:
        """Measure often from now on, or seldom; may be called before the start."""
        self._metrics_wanted = wanted
        self._with_core(lambda core: core.want_metrics(wanted=wanted))

    def tune(self, tuning: Tuning) -> None:
        """Judge, list and measure in another way; may be called before the start."""
        self._tuning = tuning
        self._with_core(lambda core: core.tune(tuning))

    def reconnect(self) -> None:
        """List everything again, or try to connect, now."""
        self._with_core(lambda core: core.reconnect())

    def hurry(self) -> None:
        """Try again now what waits after a fault."""
        self._with_core(lambda core: core.hurry())

    def pause_controller(self, paused: bool) -> None:
        """Pause or resume the embedded controller."""
        self._with_core(lambda core: core.pause(paused=paused))

    def record(self, activity: Activity) -> None:
        """Add a line to the activity log."""
        self._with_core(lambda core: core.record(activity))

    def start_recording(self, order: RecordingOrder) -> Future[Taping]:
        """Record what comes from now on; the future fails with a ``RecordingError``."""
        return self._ask(lambda core: core.recorder.start(order))

    def stop_recording(self) -> Future[Taping | None]:
        """End the recording."""
        return self._ask(lambda core: core.recorder.stop())

    def attach(self, destination: Destination) -> int:
        """Leave the cluster for another; may be called before the engine is up."""
        self._attachment += 1
        number = self._attachment
        self._destination = destination
        self._soon(lambda: self._switch(destination, number))
        return number

    def _switch(self, destination: Destination, number: int) -> None:
        if self._attachments is not None and number == self._attachment:
            self._attachments.switch(destination, number)

    def look_at(self, namespaces: tuple[str, ...]) -> None:
        """Show these namespaces from now on; none means all."""
        self._with_core(lambda core: core.look_at(namespaces))

    def learn_places(self) -> None:
        """Read again which contexts and namespaces there are."""
        self._with_core(lambda core: core.learn_places())

    # The thread.

    def _run(self, publish: Callable[[Snapshot], None]) -> None:
        try:
            asyncio.run(self._main(publish))
        except Exception:  # noqa: BLE001 - nobody else sees what ends this thread
            _log.exception("the engine ended")
        finally:
            self._up.set()

    async def _main(self, publish: Callable[[Snapshot], None]) -> None:
        # Heavy imports happen here: the first frame is on the screen by now.
        from lwstui.runtime.attachments import Attachments

        work = Attachments(self._options, self._factory(), self._clock, publish)
        self._attachments, self._stop = work, asyncio.Event()
        self._loop = asyncio.get_running_loop()
        work.core.want_events(wanted=self._events_wanted)
        work.core.want_metrics(wanted=self._metrics_wanted)
        work.core.tune(self._tuning)
        working = asyncio.create_task(work.run())
        if self._destination is not None:
            # It was asked for before there was a loop to tell.
            self._loop.call_soon(self._switch, self._destination, self._attachment)
        self._up.set()
        stopped = asyncio.create_task(self._stop.wait())
        await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
        for task in (working, stopped):
            task.cancel()
        await asyncio.gather(working, stopped, return_exceptions=True)

    def _kube(self) -> Factory:
        from lwstui.runtime.kubelink import KubeFactory

        return KubeFactory(
            self._options.identity,
            history_limit=self._options.history_limit,
            lease_namespace=self._options.lease_namespace,
        )

    # From other threads.

    def _soon(self, call: Callable[[], object]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)

    def _with_core(self, call: Callable[[Core], object]) -> None:
        work = self._attachments
        if work is not None:
            self._soon(lambda: call(work.core))

    def _ask(self, work: Callable[[Core], Coroutine[Any, Any, T]]) -> Future[T]:
        attachments, loop = self._attachments, self._loop
        if attachments is None or loop is None or loop.is_closed():
            future: Future[T] = Future()
            future.set_exception(Unavailable("not connected to a cluster"))
            return future
        present = attachments

        async def on_core() -> T:
            return await work(present.core)

        return asyncio.run_coroutine_threadsafe(on_core(), loop)


class _Handle:
    """An open log as other threads see it: closing works even before it is open."""

    def __init__(self, soon: Callable[[Callable[[], object]], None]) -> None:
        self._soon = soon
        self._log: OpenLog | None = None
        self._closed = False

    def opened(self, log: OpenLog | None) -> None:
        """Take the log, on the engine's thread."""
        self._log = log
        if self._closed and log is not None:
            log.close()

    def close(self) -> None:
        """Stop all its streams."""
        self._soon(self._end)

    def open(self, source: str) -> None:
        """Read a source that is only listed so far."""
        self._soon(lambda: self._read_too(source))

    def _read_too(self, source: str) -> None:
        if self._log is not None:
            self._log.open(source)

    def _end(self) -> None:
        self._closed = True
        if self._log is not None:
            self._log.close()
