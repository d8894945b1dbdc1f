"""What a recording cannot do, each with the sentence that says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final, TypeVar

from controller.api.meta import Key
from controller.errors import Unavailable
from lwstui.runtime.backend import (
    FetchRequest,
    Forward,
    ForwardRequest,
    TerminalEnd,
    TerminalHandle,
    TerminalRequest,
)
from lwstui.runtime.destination import Destination
from lwstui.runtime.intents import Intent, Outcome
from lwstui.runtime.recording.output import RecordingError
from lwstui.state.around import Around
from lwstui.state.manifests import Manifest, Trial
from lwstui.state.model import Activity, Taping
from lwstui.view.tape import REFUSAL

if TYPE_CHECKING:
    from lwstui.runtime.recording.recorder import RecordingOrder
    from lwstui.runtime.takeover_terms import Moved, Standing, TakeoverOrder

T = TypeVar("T")

NO_CLUSTER: Final = "this is a recording: there is no cluster behind it"


class Refusing:
    """The part of ``Backend`` that needs a cluster."""

    def dry_run(self, intent: Intent) -> Future[Outcome]:
        """Refuse."""
        del intent
        return done(Outcome(ok=False, message=REFUSAL))

    def submit(self, intent: Intent) -> Future[Outcome]:
        """Refuse."""
        del intent
        return done(Outcome(ok=False, message=REFUSAL))

    def try_manifests(self, manifests: Sequence[Manifest]) -> Future[tuple[Trial, ...]]:
        """Refuse."""
        del manifests
        return refused(NO_CLUSTER)

    def terminal(
        self, request: TerminalRequest, sink: Callable[[bytes], None]
    ) -> tuple[TerminalHandle, Future[TerminalEnd]]:
        """Refuse."""
        del request, sink
        return _Silent(), refused(NO_CLUSTER)

    def fetch(self, request: FetchRequest, report: Callable[[str], None]) -> Future[str]:
        """Refuse."""
        del request, report
        return refused(NO_CLUSTER)

    def forward(self, request: ForwardRequest) -> Future[Forward]:
        """Refuse."""
        del request
        return refused(NO_CLUSTER)

    def stop_forward(self, number: int) -> None:
        """Do nothing: none is open."""

    def forwards(self) -> tuple[Forward, ...]:
        """Return that none is open."""
        return ()

    def cancel(self, target: Key) -> None:
        """Do nothing: nothing is being done."""

    def takeover_standing(self) -> Future[Standing]:
        """Refuse."""
        return refused(NO_CLUSTER)

    def take_over(
        self, order: TakeoverOrder, report: Callable[[str], None]
    ) -> Future[tuple[Moved, ...]]:
        """Refuse."""
        del order, report
        return refused(REFUSAL)

    def around(self, key: Key) -> Future[Around]:
        """Refuse: it was not watched."""
        del key
        return refused(NO_CLUSTER)

    def want_events(self, wanted: bool) -> None:
        """Do nothing: they are there."""

    def want_metrics(self, wanted: bool) -> None:
        """Do nothing: nothing is measured."""

    def reconnect(self) -> None:
        """Do nothing: there is no connection."""

    def hurry(self) -> None:
        """Do nothing: nothing waits."""

    def pause_controller(self, paused: bool) -> None:
        """Do nothing: no controller runs here."""

    def record(self, activity: Activity) -> None:
        """Do nothing: the recording has its own activity."""

    def start_recording(self, order: RecordingOrder) -> Future[Taping]:
        """Refuse: a copy of the file says as much."""
        del order
        failed: Future[Taping] = Future()
        failed.set_exception(RecordingError("this is a recording: copy its file instead"))
        return failed

    def stop_recording(self) -> Future[Taping | None]:
        """Say that none is made."""
        return done(None)

    def attach(self, destination: Destination) -> int:
        """Stay: a recording is of one cluster."""
        del destination
        return 0

    def learn_places(self) -> None:
        """Do nothing: a recording is of one cluster."""


class _Silent:
    """A conversation that never began."""

    def send(self, data: bytes) -> None:
        """Do nothing."""

    def resize(self, columns: int, rows: int) -> None:
        """Do nothing."""

    def taken(self, amount: int) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


def done(value: T) -> Future[T]:
    """Return a future that has come true."""
    future: Future[T] = Future()
    future.set_result(value)
    return future


def refused(why: str) -> Future[T]:
    """Return a future that has failed."""
    future: Future[T] = Future()
    future.set_exception(Unavailable(why))
    return future
