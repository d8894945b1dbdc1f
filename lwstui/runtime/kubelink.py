"""The real thing: ``runtime.ports`` on ``lwstui.kube`` and the embedded controller.

What it imports is heavy, so the engine imports it on its own thread, after the first frame.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from controller.api.meta import format_time
from controller.api.names import DEVICE_KINDS, NAMESPACES, Resource
from controller.errors import Unauthorized, Unavailable
from controller.manager import Manager
from controller.plan.compose import plan
from controller.ports import Clock, EventSink
from lwstui.config.prometheus import Prometheus
from lwstui.data import crd
from lwstui.kube import connect
from lwstui.kube.apply import apply_objects, define_sets
from lwstui.kube.cluster import KubeCluster
from lwstui.kube.decoders import decoder
from lwstui.kube.discovery import resource_for
from lwstui.kube.events import KubeEvents
from lwstui.kube.exec import Exec, ExecTarget
from lwstui.kube.lists import names_of
from lwstui.kube.logs import Gap, LogOptions, follow
from lwstui.kube.portforward import carry
from lwstui.kube.prometheus import ask_address, ask_service, service_path
from lwstui.kube.reflector import PAGE, Reflector
from lwstui.kube.reviews import own_rules
from lwstui.kube.scrape import labelled_pods, metrics_path, resource_usage, scrape
from lwstui.kube.versions import Versioned
from lwstui.runtime.backend import TerminalEnd, TerminalRequest
from lwstui.runtime.clock import SystemClock
from lwstui.runtime.ports import (
    Controller,
    Link,
    LogPart,
    LogSource,
    OperatorCluster,
    Sink,
    Watch,
    WatchSpec,
    Where,
)
from lwstui.runtime.takeover import Mover
from lwstui.runtime.terminal import Conversation
from lwstui.state.rights import Rule
from lwstui.telemetry.promql import PATH
from lwstui.telemetry.targets import Target as ScrapeTarget


class KubeFactory:
    """Opens connections with ``lwstui.kube``.

    Args:
        identity: Who reports events.
        history_limit: Revisions the controller keeps although nothing uses them.
        lease_namespace: Where controllers have their Lease.
    """

    def __init__(self, identity: str, *, history_limit: int, lease_namespace: str) -> None:
        self._identity = identity
        self._history_limit = history_limit
        self._lease_namespace = lease_namespace

    def describe(self, target: connect.Target) -> Where:
        """Return what the kubeconfig says."""
        try:
            return _where(connect.describe(target))
        except connect.ConnectError as error:
            raise Unavailable(str(error)) from error

    def contexts(self, target: connect.Target) -> tuple[Where, ...]:
        """Return what the kubeconfig says of every context."""
        try:
            return tuple(_where(info) for info in connect.every(target))
        except connect.ConnectError:
            return ()

    async def connect(self, target: connect.Target, told: Callable[[str], None]) -> Link:
        """Load credentials and open a session."""
        try:
            connection = await connect.connect(target, told)
        except connect.LoginError as error:
            raise Unauthorized(401, "Unauthorized", str(error)) from error
        except connect.ConnectError as error:
            raise Unavailable(str(error)) from error
        return KubeLink(connection, self._identity)

    def controller(self, link: Link, identity: str, namespace: str) -> Controller:
        """Return the embedded controller."""
        return Manager(
            link.cluster,
            SystemClock(),
            link.events,
            identity=identity,
            namespace=namespace,
            lease_namespace=self._lease_namespace,
            planner=partial(plan, history_limit=self._history_limit),
        )


def _where(info: connect.ClusterInfo) -> Where:
    return Where(
        context=info.context,
        cluster=info.cluster,
        server=info.server,
        user=info.user,
        namespace=info.namespace,
        sandbox=info.sandbox,
        namespace_chosen=info.namespace_chosen,
    )


class _Conversation:
    """``Exec`` as the runtime knows it."""

    def __init__(self, command: Exec) -> None:
        self._command = command
        self.send = command.send
        self.resize = command.resize

    async def run(self, write: Callable[[bytes], Awaitable[None]]) -> TerminalEnd:
        """Run until it ends."""
        end = await self._command.run(write)
        return TerminalEnd(end.code, end.message)


class KubeLink:
    """One open connection."""

    def __init__(self, connection: connect.Connection, identity: str) -> None:
        self._connection = connection
        self._cluster = KubeCluster(connection.rest)
        self._events = KubeEvents(self._cluster, identity)
        self._page = PAGE

    @property
    def where(self) -> Where:
        """What the kubeconfig says."""
        return _where(self._connection.info)

    @property
    def cluster(self) -> OperatorCluster:
        """Single reads and writes."""
        return self._cluster

    @property
    def requests(self) -> int:
        """Requests sent so far."""
        return self._connection.rest.requests.total()

    @property
    def events(self) -> EventSink:
        """Writes events; needs ``run_background``."""
        return self._events

    async def resource(self, api_version: str, kind: str) -> Resource:
        """Return the resource that holds objects of a kind."""
        return await resource_for(self._connection.rest, api_version, kind)

    def list_by(self, page: int) -> None:
        """Have reflectors ask for so many at once the next time they list."""
        self._page = page

    def watch(self, spec: WatchSpec, sink: Sink) -> Watch:
        """Return a reflector, in the version the cluster serves where there are several."""

        def make(resource: Resource) -> Reflector[Any]:
            return Reflector(
                self._connection.rest,
                resource,
                decode=decoder(spec.resource),
                sink=sink,
                namespace=spec.namespace,
                label_selector=spec.label_selector,
                field_selector=spec.field_selector,
                page=lambda: self._page,
            )

        if spec.resource in DEVICE_KINDS:
            return Versioned(self._connection.rest, spec.resource, make, sink.synced)
        return make(spec.resource)

    async def logs(self, source: LogSource) -> AsyncGenerator[LogPart, None]:
        """Read one container's log."""
        options = LogOptions(
            follow=source.follow,
            previous=source.previous,
            tail_lines=source.tail,
            since_time=format_time(source.since) if source.since else "",
            longest=source.longest,
            opened=source.opened,
        )
        parts = follow(
            self._connection.rest, source.namespace, source.pod, source.container, options
        )
        async for part in parts:
            if isinstance(part, Gap):
                yield LogPart(gap=part.text)
            else:
                yield LogPart(lines=part)

    async def carry(
        self,
        namespace: str,
        pod: str,
        port: int,
        read: Callable[[int], Awaitable[bytes]],
        write: Callable[[bytes], Awaitable[None]],
    ) -> None:
        """Carry one connection to a port of a pod."""
        await carry(self._connection.rest, namespace, pod, port, read=read, write=write)

    def conversation(self, request: TerminalRequest) -> Conversation:
        """Return a command in a container that is not running yet."""
        target = ExecTarget(request.namespace, request.pod, request.container, request.command)
        return _Conversation(Exec(self._connection.rest, target))

    async def apply(
        self, objects: Sequence[dict[str, Any]], namespace: str, report: Callable[[str], None]
    ) -> int:
        """Apply objects server-side."""
        return await apply_objects(
            self._connection, objects, namespace=namespace, crd=crd(), report=report
        )

    async def metrics(self, target: ScrapeTarget, most_bytes: int) -> str:
        """Ask a pod through the API server."""
        path = metrics_path(*target.key, target.port, target.path)
        return await scrape(self._connection.rest, path, most_bytes)

    async def usage(
        self, resource: Resource, namespace: str, selector: str, most_bytes: int
    ) -> bytes:
        """Ask the metrics API."""
        rest = self._connection.rest
        return await resource_usage(rest, resource, namespace, selector, most_bytes)

    async def remembered(
        self, prometheus: Prometheus, query: Mapping[str, str | int], most_bytes: int
    ) -> bytes:
        """Ask it at its address, or through the API server."""
        service = prometheus.through
        if service is not None:
            path = service_path(service.namespace, service.name, service.prefix + PATH)
            return await ask_service(self._connection.rest, path, query, most_bytes)
        return await ask_address(
            prometheus.url + PATH,
            query,
            most_bytes,
            token_file=prometheus.token_file,
            ca_file=prometheus.ca_file,
        )

    async def labelled_pods(self, selector: str) -> list[dict[str, Any]]:
        """List them."""
        return await labelled_pods(self._connection.rest, selector)

    async def namespaces(self) -> tuple[str, ...]:
        """List them, names only."""
        return await names_of(self._connection.rest, NAMESPACES)

    async def define_sets(self, report: Callable[[str], None]) -> None:
        """Create the definition of LeaderWorkerSet and wait until it is served."""
        await define_sets(self._connection, crd(), report=report)

    async def rules(self, namespace: str) -> tuple[tuple[Rule, ...], bool]:
        """Ask for a review of our own rules."""
        found, more = await own_rules(self._connection.rest, namespace)
        return tuple(Rule(*one) for one in found), more

    def log_in_again(self) -> None:
        """Load credentials at the next refusal, however often it was in vain."""
        self._connection.rest.renewal.reset()

    async def ping(self) -> float | None:
        """Ask for the version, which everybody may see."""
        return await self._connection.rest.server_time()

    def mover(self, clock: Clock, report: Callable[[str], None]) -> Mover:
        """Return what moves sets here from another controller."""
        return Mover(self._connection.rest, clock, report=report)

    async def run_background(self) -> None:
        """Write queued events until cancelled."""
        await self._events.run()

    async def close(self) -> None:
        """Close the session."""
        await self._connection.close()
