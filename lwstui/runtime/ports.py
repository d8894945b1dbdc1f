"""What the engine needs from the cluster client, so that tests can stand in for it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from controller.api.meta import Key
from controller.api.names import Resource
from controller.ports import Clock, Cluster, EventSink
from lwstui.config.prometheus import Prometheus
from lwstui.kube.loglines import LONGEST_LINE, LogLine
from lwstui.kube.sync import KindSync
from lwstui.state.rights import Rule
from lwstui.telemetry.targets import Target as ScrapeTarget

if TYPE_CHECKING:
    from controller.activity import ControllerState
    from lwstui.kube.channels import Feed, Piped, Write
    from lwstui.kube.connect import Target
    from lwstui.runtime.backend import TerminalRequest
    from lwstui.runtime.takeover import Mover
    from lwstui.runtime.terminal import Conversation


@dataclass(frozen=True, slots=True)
class Where:
    """What is known of a cluster before it has answered anything."""

    context: str = ""
    cluster: str = ""
    server: str = ""
    user: str = ""
    namespace: str = ""
    sandbox: bool = False
    namespace_chosen: bool = False


class Sink(Protocol):
    """Takes what one list-and-watch brings."""

    def page(self, items: Sequence[Any]) -> None:
        """Take a part of a list that ``replace`` will complete."""
        ...

    def replace(self, items: Sequence[Any]) -> None:
        """Take a complete list."""
        ...

    def apply(self, type_: str, item: Any) -> None:
        """Take one watch event."""
        ...

    def synced(self, sync: KindSync) -> None:
        """Take the freshness of the kind."""
        ...


class Watch(Protocol):
    """One list-and-watch."""

    async def run(self) -> None:
        """Feed the sink until cancelled; faults are retried and told through ``synced``."""
        ...

    def refresh(self) -> None:
        """List again now."""
        ...

    def reopen(self) -> None:
        """Give up a watch that may hang, and open it again from where it was."""
        ...

    def hurry(self) -> None:
        """Cut short the waiting after a fault."""
        ...


@dataclass(frozen=True, slots=True)
class WatchSpec:
    """What one list-and-watch is about; an empty namespace means all."""

    resource: Resource
    namespace: str = ""
    label_selector: str = ""
    field_selector: str = ""


@dataclass(frozen=True, slots=True)
class LogSource:
    """One container whose log is read.

    Attributes:
        tail: Lines to start with, or None for all.
        since: Only lines from this epoch second on, or None.
        longest: Characters of a line that are kept.
        opened: Called when the server has begun to answer.
    """

    namespace: str
    pod: str
    container: str
    previous: bool = False
    follow: bool = True
    tail: int | None = None
    since: float | None = None
    longest: int = LONGEST_LINE
    opened: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class LogPart:
    """Some lines of one container's log, or word of a gap in it.

    Attributes:
        lines: Cleaned lines.
        gap: Why lines may be missing before the next ones, empty if none is.
    """

    lines: Sequence[LogLine] = ()
    gap: str = ""


class LogReader(Protocol):
    """Reads logs of a cluster."""

    @property
    def where(self) -> Where:
        """What the cluster is called."""
        ...

    def logs(self, source: LogSource) -> AsyncGenerator[LogPart, None]:
        """Read one container's log in parts until it ends; breaks are bridged.

        Raises:
            ApiError: If the server refuses to open it.
        """
        ...


class OperatorCluster(Cluster, Protocol):
    """What intents need of a cluster beyond what a controller does."""

    async def list(
        self, resource: Resource, namespace: str = "", *, field_selector: str = ""
    ) -> list[dict[str, Any]]:
        """Return all objects of a kind, decoded; an empty namespace means all."""
        ...

    async def evict(self, namespace: str, name: str, *, uid: str, dry_run: bool = False) -> None:
        """Ask that the incarnation of a pod with this UID be evicted.

        Raises:
            TooManyRequests: If a disruption budget does not allow it now.
        """
        ...

    async def run(
        self,
        pod: Key,
        container: str,
        command: Sequence[str],
        *,
        feed: Feed | None = None,
        write: Write | None = None,
    ) -> Piped:
        """Run a command in a container, without a terminal, until it ends.

        Args:
            pod: Namespace and name.
            container: Name.
            command: The argument vector.
            feed: Returns what it reads, nothing at the end; None gives it nothing.
            write: Takes what it prints; nothing more is read until it returns.

        Raises:
            ControllerError: If the server refuses it or does not answer.
        """
        ...


class Link(LogReader, Protocol):
    """An open connection to a cluster."""

    @property
    def cluster(self) -> OperatorCluster:
        """Single reads and writes."""
        ...

    @property
    def requests(self) -> int:
        """Requests sent so far."""
        ...

    @property
    def events(self) -> EventSink:
        """Where the embedded controller's events go."""
        ...

    async def resource(self, api_version: str, kind: str) -> Resource:
        """Return the resource that holds objects of a kind.

        Raises:
            Invalid: If the server does not serve it.
        """
        ...

    def list_by(self, page: int) -> None:
        """Ask for so many objects of a list at once from now on."""
        ...

    def watch(self, spec: WatchSpec, sink: Sink) -> Watch:
        """Return a list-and-watch that is not running yet."""
        ...

    async def carry(
        self,
        namespace: str,
        pod: str,
        port: int,
        read: Callable[[int], Awaitable[bytes]],
        write: Callable[[bytes], Awaitable[None]],
    ) -> None:
        """Carry one connection to a port of a pod until one side ends.

        Raises:
            ControllerError: If the pod cannot be reached, or refuses the port.
        """
        ...

    def conversation(self, request: TerminalRequest) -> Conversation:
        """Return a command in a container that is not running yet."""
        ...

    async def apply(
        self, objects: Sequence[dict[str, Any]], namespace: str, report: Callable[[str], None]
    ) -> int:
        """Apply objects and return how many were refused; ``report`` takes a sentence each."""
        ...

    async def metrics(self, target: ScrapeTarget, most_bytes: int) -> str:
        """Return the metrics that a pod tells, at most some bytes of them.

        Raises:
            ControllerError: If it does not answer.
        """
        ...

    async def usage(
        self, resource: Resource, namespace: str, selector: str, most_bytes: int
    ) -> bytes:
        """Return the list of what pods or nodes use; an empty namespace means all.

        Raises:
            ControllerError: If it cannot be read, or is longer than some bytes.
        """
        ...

    async def remembered(
        self, prometheus: Prometheus, query: Mapping[str, str | int], most_bytes: int
    ) -> bytes:
        """Return what a Prometheus answers to a range query.

        Raises:
            ControllerError: If it does not answer soon, or answers more than some bytes.
        """
        ...

    async def labelled_pods(self, selector: str) -> list[dict[str, Any]]:
        """Return the raw pods of all namespaces that a label selector finds.

        Raises:
            ControllerError: If they cannot be listed.
        """
        ...

    async def namespaces(self) -> tuple[str, ...]:
        """Return the names of all namespaces.

        Raises:
            ControllerError: If they cannot be listed.
        """
        ...

    async def rules(self, namespace: str) -> tuple[tuple[Rule, ...], bool]:
        """Return what may be done in a namespace, and whether there may be more.

        Raises:
            ControllerError: If the cluster does not tell.
        """
        ...

    def log_in_again(self) -> None:
        """Load credentials at the next refusal, however often it was in vain."""
        ...

    async def ping(self) -> float | None:
        """Ask for something tiny; return the server's clock in epoch seconds, if it tells.

        Raises:
            ControllerError: If there is no answer within a few seconds, or a refusal.
        """
        ...

    def mover(self, clock: Clock, report: Callable[[str], None]) -> Mover:
        """Return what moves sets here from another controller; ``report`` takes each step."""
        ...

    async def run_background(self) -> None:
        """Do what the connection needs done beside requests, until cancelled."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


class Controller(Protocol):
    """The embedded controller as the engine drives it."""

    on_change: Callable[[], None] | None
    on_stale: Callable[[frozenset[Resource]], None] | None

    @property
    def cache(self) -> ControllerCache:
        """Its cache, which the engine feeds."""
        ...

    async def run(self) -> None:
        """Stand for election and work until cancelled."""
        ...

    def pause(self) -> None:
        """Stop acting."""
        ...

    def resume(self) -> None:
        """Act again."""
        ...

    def state(self) -> ControllerState:
        """Return how it is doing."""
        ...


class ControllerCache(Protocol):
    """The part of the controller's cache that is fed from outside."""

    def page(self, resource: Resource, records: Iterable[Any]) -> None:
        """Take a part of a list."""
        ...

    def replace(self, resource: Resource, records: Iterable[Any]) -> None:
        """Take a complete list."""
        ...

    def apply(self, resource: Resource, type_: str, record: Any) -> None:
        """Take one watch event."""
        ...


class Factory(Protocol):
    """Makes what talks to a cluster; called on the engine's thread only."""

    def describe(self, target: Target) -> Where:
        """Return what is known without asking the cluster.

        Raises:
            Unavailable: If the configuration cannot be read; the text says why.
        """
        ...

    def contexts(self, target: Target) -> tuple[Where, ...]:
        """Return every context there is; empty if the configuration cannot be read."""
        ...

    async def connect(self, target: Target, told: Callable[[str], None]) -> Link:
        """Return a connection.

        Args:
            target: The cluster.
            told: Takes what a program that logs in says while it runs, empty at its end.

        Raises:
            Unauthorized: If the credentials cannot be used.
            Unavailable: If there is none to be had now; the text says why.
        """
        ...

    def controller(self, link: Link, identity: str, namespace: str) -> Controller:
        """Return an embedded controller for one namespace, or for all if it is empty."""
        ...
