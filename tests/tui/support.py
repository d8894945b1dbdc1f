"""A backend without an engine, and ways to drive and wait for the console."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from textual.pilot import Pilot

from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS, Resource
from controller.errors import NotFound
from controller.takeover.native import Native
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
from lwstui.runtime.destination import Destination
from lwstui.runtime.intents import Intent, Outcome
from lwstui.runtime.recording.recorder import RecordingOrder
from lwstui.runtime.takeover_terms import Moved, Standing, TakeoverOrder
from lwstui.runtime.tape import Tape
from lwstui.runtime.tuning import Tuning
from lwstui.state.around import Around
from lwstui.state.manifests import Manifest, Trial
from lwstui.state.model import Activity, Snapshot, Taping
from lwstui.tui.app import Console, ConsoleOptions
from lwstui.tui.screens.modals.dialog import Dialog
from tests.support.idle import quiet
from tests.tui.worlds import NOW

T = TypeVar("T")
RESTS_S = 0.15
YAML = """\
apiVersion: leaderworkerset.x-k8s.io/v1
kind: LeaderWorkerSet
metadata:
  name: llama70b
  namespace: llm-prod
spec:
  replicas: 48
  leaderWorkerTemplate:
    size: 4
"""


@dataclass
class FakeLog:
    """An open log that never says anything by itself."""

    request: LogRequest
    sink: Callable[[list[LogEntry]], None]
    closed: bool = False
    asked: list[str] = field(default_factory=list)

    def open(self, source: str) -> None:
        """Note which listed source is wanted."""
        self.asked.append(source)

    def close(self) -> None:
        """Note that it was closed."""
        self.closed = True


@dataclass
class FakeBackend:
    """Publishes one snapshot when started; remembers everything it was asked."""

    first: Snapshot | None = None
    started: bool = False
    stopped: bool = False
    publish: Callable[[Snapshot], None] = lambda _: None
    submitted: list[Intent] = field(default_factory=list)
    dry_runs: list[Intent] = field(default_factory=list)
    terminals: list[TerminalRequest] = field(default_factory=list)
    fetched: list[FetchRequest] = field(default_factory=list)
    opened: tuple[Forward, ...] = ()
    cancelled: list[Key] = field(default_factory=list)
    logs_opened: list[FakeLog] = field(default_factory=list)
    surroundings: dict[Key, Around] = field(default_factory=dict)
    around_asked: list[Key] = field(default_factory=list)
    read_asked: list[tuple[str, str, str]] = field(default_factory=list)
    objects: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    yaml_asked: list[tuple[str, str, str]] = field(default_factory=list)
    reconnects: int = 0
    hurries: int = 0
    events_wanted: bool = False
    metrics_wanted: bool = True
    tuned: list[Tuning] = field(default_factory=list)
    controller_paused: bool = False
    recorded: list[Activity] = field(default_factory=list)
    tape: Tape | None = None
    recordings: list[RecordingOrder] = field(default_factory=list)
    attached: list[Destination] = field(default_factory=list)
    looked_at: list[tuple[str, ...]] = field(default_factory=list)
    verdict: Outcome = field(default_factory=lambda: Outcome(ok=True, message="accepted"))
    outcome: Outcome = field(default_factory=lambda: Outcome(ok=True, message="done"))
    yaml_text: str = YAML
    standing: Standing = field(default_factory=lambda: Standing((), Native()))
    takeovers: list[TakeoverOrder] = field(default_factory=list)
    trials_asked: list[tuple[Manifest, ...]] = field(default_factory=list)
    trial_of: Callable[[Manifest], Trial] = lambda one: Trial(
        one, Key(one.namespace or "default", one.name), LEADERWORKERSETS, after=one.body
    )

    def start(self, publish: Callable[[Snapshot], None]) -> None:
        """Publish the first snapshot, if any."""
        self.started, self.publish = True, publish
        if self.first is not None:
            publish(self.first)

    def stop(self) -> None:
        """Note the end."""
        self.stopped = True

    def dry_run(self, intent: Intent) -> Future[Outcome]:
        """Answer with ``verdict``."""
        self.dry_runs.append(intent)
        return _done(self.verdict)

    def submit(self, intent: Intent) -> Future[Outcome]:
        """Answer with ``outcome``."""
        self.submitted.append(intent)
        return _done(self.outcome)

    def try_manifests(self, manifests: Sequence[Manifest]) -> Future[tuple[Trial, ...]]:
        """Answer with ``trial_of`` each manifest."""
        self.trials_asked.append(tuple(manifests))
        return _done(tuple(self.trial_of(one) for one in manifests))

    def terminal(
        self, request: TerminalRequest, sink: Callable[[bytes], None]
    ) -> tuple[TerminalHandle, Future[TerminalEnd]]:
        """Note the request; it ends at once."""
        self.terminals.append(request)
        raise AssertionError("no test hands its terminal over")

    def fetch(self, request: FetchRequest, report: Callable[[str], None]) -> Future[str]:
        """Note the request; it ends at once."""
        self.fetched.append(request)
        report("1 MiB copied")
        return _done(f"1.5 MiB of {request.path} are in {request.local}")

    def forward(self, request: ForwardRequest) -> Future[Forward]:
        """Open it on the port asked for, else on 40001."""
        self.opened = (*self.opened, Forward(1, replace(request, local=request.local or 40001)))
        return _done(self.opened[-1])

    def stop_forward(self, number: int) -> None:
        """Take it away."""
        self.opened = tuple(one for one in self.opened if one.number != number)

    def forwards(self) -> tuple[Forward, ...]:
        """Return what is open."""
        return self.opened

    def cancel(self, target: Key) -> None:
        """Note the wish."""
        self.cancelled.append(target)

    def takeover_standing(self) -> Future[Standing]:
        """Answer with ``standing``."""
        return _done(self.standing)

    def take_over(
        self, order: TakeoverOrder, report: Callable[[str], None]
    ) -> Future[tuple[Moved, ...]]:
        """Note the order and move nothing."""
        del report
        self.takeovers.append(order)
        return _done(tuple(Moved(key, 0, ()) for key in order.keys))

    def logs(self, request: LogRequest, sink: Callable[[list[LogEntry]], None]) -> LogHandle:
        """Open a silent log."""
        log = FakeLog(request, sink)
        self.logs_opened.append(log)
        return log

    def read(self, resource: Resource, namespace: str, name: str) -> Future[Mapping[str, Any]]:
        """Answer with what ``objects`` has under the plural and the name, else fail."""
        self.read_asked.append((resource.plural, namespace, name))
        body = self.objects.get((resource.plural, name))
        if body is None:
            failed: Future[Mapping[str, Any]] = Future()
            failed.set_exception(NotFound(404, "NotFound", f"{resource.plural} {name} not found"))
            return failed
        return _done(body)

    def around(self, key: Key) -> Future[Around]:
        """Answer with what ``surroundings`` has of a set, else that there is nothing."""
        self.around_asked.append(key)
        return _done(self.surroundings.get(key, Around(NOW)))

    def yaml(
        self, resource: Resource, namespace: str, name: str, *, managed: bool = False
    ) -> Future[str]:
        """Answer with ``yaml_text``."""
        self.yaml_asked.append((resource.plural, namespace, name))
        return _done(self.yaml_text + ("  managedFields: []\n" if managed else ""))

    def want_events(self, wanted: bool) -> None:
        """Note the wish."""
        self.events_wanted = wanted

    def want_metrics(self, wanted: bool) -> None:
        """Note whether what is measured is wanted."""
        self.metrics_wanted = wanted

    def tune(self, tuning: Tuning) -> None:
        """Note how it is to work."""
        self.tuned.append(tuning)

    def reconnect(self) -> None:
        """Count."""
        self.reconnects += 1

    def hurry(self) -> None:
        """Count."""
        self.hurries += 1

    def pause_controller(self, paused: bool) -> None:
        """Note the wish."""
        self.controller_paused = paused

    def record(self, activity: Activity) -> None:
        """Remember it."""
        self.recorded.append(activity)

    def start_recording(self, order: RecordingOrder) -> Future[Taping]:
        """Note the order and say that it goes on."""
        self.recordings.append(order)
        return _done(Taping(str(order.path), NOW))

    def stop_recording(self) -> Future[Taping | None]:
        """Say what the last order came to."""
        last = self.recordings[-1] if self.recordings else None
        return _done(Taping(str(last.path), NOW, 2048, 12) if last else None)

    def attach(self, destination: Destination) -> int:
        """Note where to; nothing is published."""
        self.attached.append(destination)
        return len(self.attached)

    def look_at(self, namespaces: tuple[str, ...]) -> None:
        """Note the namespaces."""
        self.looked_at.append(namespaces)

    def learn_places(self) -> None:
        """Know nothing new."""


def _done(value: T) -> Future[T]:
    future: Future[T] = Future()
    future.set_result(value)
    return future


def console(
    backend: FakeBackend, clock: Callable[[], float] = lambda: NOW, **options: object
) -> Console:
    """Return a console on a fake backend with a clock that stands still."""
    return Console(backend, ConsoleOptions(**options), clock=clock)


async def keys(pilot: Pilot, *pressed: str) -> None:
    """Press keys one by one, each when the one before has been dealt with."""
    for key in pressed:
        await pilot.press(key)
        await pilot.pause()


async def until(pilot: Pilot, holds: Callable[[], object], seconds: float = 30.0) -> None:
    """Let the console work until a condition holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "the condition never held"
        await pilot.pause()


def shown(app: Console) -> str:
    """Return the text of the screen in front, line by line."""
    lines = app.screen._compositor.render_strips(app.size)
    return "\n".join(strip.text.rstrip() for strip in lines)


async def settled(pilot: Pilot, app: Console) -> None:
    """Wait until the screen has been the same for longer than anything rests before it is drawn."""
    last, since = "", time.monotonic()

    def same() -> bool:
        nonlocal last, since
        look = shown(app)
        if look != last or not quiet(app):
            last, since = look, time.monotonic()
        return time.monotonic() - since > RESTS_S

    await until(pilot, same)


async def opened(pilot: Pilot, app: Console, text: str) -> None:
    """Wait until a dialog is open, shows a text and listens to keys."""
    await until(pilot, lambda: isinstance(app.screen, Dialog) and text in shown(app))
    await until(pilot, lambda: not app.screen.locked)
