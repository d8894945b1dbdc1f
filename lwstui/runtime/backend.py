"""What the console may ask of the engine: the only door from ``lwstui.tui`` to a cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import msgspec

from controller.api.meta import Key
from controller.api.names import Resource
from lwstui.kube.loglines import LONGEST_LINE
from lwstui.kube.sgr import Colours
from lwstui.runtime.destination import Destination
from lwstui.runtime.intents import Intent, Outcome
from lwstui.runtime.tuning import Tuning
from lwstui.state.around import Around
from lwstui.state.manifests import Manifest, Trial
from lwstui.state.model import Activity, Snapshot, Taping

if TYPE_CHECKING:
    from lwstui.runtime.recording.recorder import RecordingOrder
    from lwstui.runtime.takeover_terms import Moved, Standing, TakeoverOrder
    from lwstui.runtime.tape import Tape

TAIL_LINES: Final = 500
"""Lines per container that a log begins with."""
ALL_CONTAINERS: Final = "*"
"""What ``LogRequest.container`` says when all containers are wanted."""


class LogTarget(NamedTuple):
    """A set, one of its groups, or one pod of it.

    Attributes:
        key: The set.
        group: Group index, or None for all groups.
        pod: One pod's name; overrides the group.
    """

    key: Key
    group: int | None = None
    pod: str = ""


@dataclass(frozen=True, slots=True)
class LogRequest:
    """Which logs to merge.

    Attributes:
        target: The set.
        group: Group index, or None for all groups.
        role: ``leader``, ``worker``, ``all``, or ``sub-N`` for a subgroup.
        pod: One pod's name; overrides group and role.
        container: Container name, ``*`` for all, or empty for each pod's main container.
        previous: The previous container run instead of the current one; of pods that are gone,
            what was kept of them.
        tail: Lines per container to start with, or None for all.
        since_s: Seconds back, or None.
        follow: Keep streaming; joins pods that appear later.
        head: Only the first lines of each container, or None; they are not followed.
        more: Further targets, when several things are marked.
        streams: Sources read at once; the others are listed.
        longest: Characters kept of a line.
    """

    target: Key
    group: int | None = None
    role: str = "all"
    pod: str = ""
    container: str = ""
    previous: bool = False
    tail: int | None = TAIL_LINES
    since_s: int | None = None
    follow: bool = True
    head: int | None = None
    more: tuple[LogTarget, ...] = ()
    streams: int = 64
    longest: int = LONGEST_LINE

    @property
    def targets(self) -> tuple[LogTarget, ...]:
        """Everything that is wanted."""
        return (LogTarget(self.target, self.group, self.pod), *self.more)

    @property
    def follows(self) -> bool:
        """Whether streams stay open: neither a head nor a previous run goes on."""
        return self.follow and not self.previous and self.head is None


class LogEntry(msgspec.Struct, frozen=True, gc=False):
    """One log line of one source.

    Attributes:
        source: Stable label such as ``leader``, ``w3`` or ``5/w3``; empty for what concerns
            several sources.
        at: Epoch seconds, 0.0 if the line had no timestamp.
        text: The cleaned line.
        kind: ``line``, ``gap`` (lines may be missing), ``mark`` (restart, recreation, end),
            ``error`` (this source cannot be read; ``text`` says why) or ``state``: ``text`` is
            ``open``, ``ended``, or ``listed`` if there are too many to read all at once; or
            ``anew``: what was shown so far was of another time.
        colours: Which characters the container coloured, and how.
    """

    source: str
    at: float
    text: str
    kind: str = "line"
    colours: Colours = ()


class LogHandle(Protocol):
    """An open merged log."""

    def close(self) -> None:
        """Stop all its streams."""
        ...

    def open(self, source: str) -> None:
        """Read a source that is only listed so far."""
        ...


@dataclass(frozen=True, slots=True)
class TerminalRequest:
    """What to run in a container, with a terminal.

    Attributes:
        command: The argument vector; empty attaches to the container's own process.
    """

    namespace: str
    pod: str
    container: str
    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TerminalEnd:
    """How a conversation with a container ended.

    Attributes:
        code: Exit code of the command, None if it has none to tell.
        message: What went wrong, empty if nothing.
    """

    code: int | None
    message: str = ""


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """What to copy from a container.

    Attributes:
        pod: Namespace and name.
        container: Name of the container.
        path: A file or folder in it.
        local: Where to on this machine.
    """

    pod: Key
    container: str
    path: str
    local: str


class TerminalHandle(Protocol):
    """A conversation with a container; none of this waits."""

    def send(self, data: bytes) -> None:
        """Type something."""
        ...

    def resize(self, columns: int, rows: int) -> None:
        """Say how large the terminal is."""
        ...

    def taken(self, amount: int) -> None:
        """Say that so many bytes of output have been shown."""
        ...

    def close(self) -> None:
        """End it."""
        ...


@dataclass(frozen=True, slots=True)
class ForwardRequest:
    """Which port leads where.

    Attributes:
        target: The set, or the pod itself if it belongs to none.
        pod: Name of the pod; of a group, of its leader.
        port: Port of the pod.
        local: Port of this machine; 0 for any that is free.
        group: Group whose leader is meant, whoever that is by then; -1 for just this pod.
    """

    target: Key
    pod: str
    port: int
    local: int = 0
    group: int = -1

    @property
    def pod_key(self) -> Key:
        """Namespace and name of the pod."""
        return Key(self.target.namespace, self.pod)

    @property
    def to(self) -> str:
        """Where it leads, in words."""
        return (
            f"leader of {self.target} group {self.group}" if self.group >= 0 else str(self.pod_key)
        )


@dataclass(frozen=True, slots=True)
class Forward:
    """One open port-forward.

    Attributes:
        number: Tells it from others.
        request: What was asked for, with the local port it got.
        pod: Pod that the last connection went to.
        open: Connections that are open.
        connections: Connections so far.
        sent: Bytes to the pod.
        received: Bytes from the pod.
        problem: Why the last connection failed, empty if it did not.
    """

    number: int
    request: ForwardRequest
    pod: str = ""
    open: int = 0
    connections: int = 0
    sent: int = 0
    received: int = 0
    problem: str = ""

    @property
    def url(self) -> str:
        """Address of the local side."""
        return f"http://127.0.0.1:{self.request.local}"


class Backend(Protocol):
    """The engine as the console sees it. No method blocks; futures resolve on the engine."""

    @property
    def tape(self) -> Tape | None:
        """The controls of the recording that is shown, None if it is a cluster."""
        ...

    def start(self, publish: Callable[[Snapshot], None]) -> None:
        """Start working; ``publish`` is called on the engine's thread, latest value wins."""
        ...

    def stop(self) -> None:
        """Stop everything and wait for the engine to end; release what is held."""
        ...

    def dry_run(self, intent: Intent) -> Future[Outcome]:
        """Ask the server whether it would accept an intent."""
        ...

    def submit(self, intent: Intent) -> Future[Outcome]:
        """Carry an intent out."""
        ...

    def try_manifests(self, manifests: Sequence[Manifest]) -> Future[tuple[Trial, ...]]:
        """Ask the server what applying manifests would do; nothing is changed."""
        ...

    def terminal(
        self, request: TerminalRequest, sink: Callable[[bytes], None]
    ) -> tuple[TerminalHandle, Future[TerminalEnd]]:
        """Run something in a container; ``sink`` takes output on the engine's thread.

        The future fails with a ``ControllerError`` if it cannot be run.
        """
        ...

    def fetch(self, request: FetchRequest, report: Callable[[str], None]) -> Future[str]:
        """Copy from a container; ``report`` is called on the engine's thread with how far it is.

        The future tells what was copied, in words; cancelling it leaves nothing. It fails with a
        ``CopyError`` or ``ControllerError``.
        """
        ...

    def forward(self, request: ForwardRequest) -> Future[Forward]:
        """Open a port-forward; the future fails with a ``ControllerError`` if it cannot be."""
        ...

    def stop_forward(self, number: int) -> None:
        """Close a port-forward and its connections."""
        ...

    def forwards(self) -> tuple[Forward, ...]:
        """Return the open port-forwards as they are now."""
        ...

    def cancel(self, target: Key) -> None:
        """Stop what the engine still does for an intent that was accepted."""
        ...

    def takeover_standing(self) -> Future[Standing]:
        """Read who controls which set, and what is in the way of moving them here."""
        ...

    def take_over(
        self, order: TakeoverOrder, report: Callable[[str], None]
    ) -> Future[tuple[Moved, ...]]:
        """Move sets here; ``report`` is called on the engine's thread with each step."""
        ...

    def logs(self, request: LogRequest, sink: Callable[[list[LogEntry]], None]) -> LogHandle:
        """Open logs; ``sink`` is called on the engine's thread with batches."""
        ...

    def read(self, resource: Resource, namespace: str, name: str) -> Future[Mapping[str, Any]]:
        """Read one whole object, cleaned, managed fields left out."""
        ...

    def around(self, key: Key) -> Future[Around]:
        """Read what stands around a set and is not watched; what cannot be read says why."""
        ...

    def yaml(
        self, resource: Resource, namespace: str, name: str, *, managed: bool = False
    ) -> Future[str]:
        """Read one object as YAML, managed fields left out unless they are wanted."""
        ...

    def want_events(self, wanted: bool) -> None:
        """Watch events only while a screen shows them."""
        ...

    def want_metrics(self, wanted: bool) -> None:
        """Measure often while a screen shows it, else seldom."""
        ...

    def tune(self, tuning: Tuning) -> None:
        """Judge, list and measure in another way from now on."""
        ...

    def reconnect(self) -> None:
        """List everything again now."""
        ...

    def hurry(self) -> None:
        """Try again now what waits after a fault."""
        ...

    def pause_controller(self, paused: bool) -> None:
        """Pause or resume the embedded controller."""
        ...

    def record(self, activity: Activity) -> None:
        """Add to the activity log what was refused before the engine was asked."""
        ...

    def start_recording(self, order: RecordingOrder) -> Future[Taping]:
        """Record what comes from now on; the future fails with a ``RecordingError``."""
        ...

    def stop_recording(self) -> Future[Taping | None]:
        """End the recording; the future has what it came to, None if there was none."""
        ...

    def attach(self, destination: Destination) -> int:
        """Leave the cluster for another and return the number of the new attachment.

        Snapshots carry the number of the attachment they are of: older ones may still come.
        """
        ...

    def look_at(self, namespaces: tuple[str, ...]) -> None:
        """Show these namespaces from now on; none means all."""
        ...

    def learn_places(self) -> None:
        """Read again which contexts and namespaces there are."""
        ...
