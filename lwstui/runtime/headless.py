"""The controller without a screen: watches, the manager, probes, log lines on standard error."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from controller.api.lws import HISTORY_LIMIT
from controller.api.names import (
    CLAIMS,
    LEADERWORKERSETS,
    NODES,
    PODS,
    REVISIONS,
    SERVICES,
    SET_NAME,
    Resource,
)
from controller.cache import Cache
from controller.guard import NATIVE_NAMESPACE
from controller.leases import NAMESPACE, LeaseTimes
from controller.manager import WORKERS, Manager
from controller.metrics import Family, gauge
from controller.plan.compose import plan
from lwstui import __version__
from lwstui.kube.cluster import KubeCluster
from lwstui.kube.connect import Connection, Target, connect
from lwstui.kube.decoders import decoder
from lwstui.kube.events import KubeEvents
from lwstui.kube.reflector import Reflector
from lwstui.kube.sync import KindSync
from lwstui.runtime.clock import SystemClock
from lwstui.runtime.logformat import log_to_stderr
from lwstui.runtime.ports import Sink, Where
from lwstui.runtime.probes import Address, Face, serving
from lwstui.runtime.recording.controlled import ControllerTape
from lwstui.runtime.recording.recorder import RecordingOrder
from lwstui.runtime.vitals import (
    Check,
    health_checks,
    ready_checks,
    request_family,
    watch_families,
)

_log = logging.getLogger("lwstui.controller")

# A write that was sent is answered within this time or given up on; the lease goes back after it,
# and a pod has 30 s to end.
DRAIN_S: Final = 15.0

# Kinds the controller plans from, with the label selector that keeps their watches small.
WATCHED: Final[tuple[tuple[Resource, str], ...]] = (
    (LEADERWORKERSETS, ""),
    (PODS, SET_NAME),
    (SERVICES, ""),  # others under our names, too
    (REVISIONS, SET_NAME),
    (CLAIMS, SET_NAME),
    (NODES, ""),
)


@dataclass(frozen=True, slots=True)
class HeadlessOptions:
    """How to run.

    Attributes:
        target: The cluster.
        namespace: The one namespace to serve; empty for all.
        workers: Sets worked on at a time.
        history_limit: Revisions kept although nothing uses them, for undo.
        lease_times: Durations of the lease, None for the usual ones.
        lease_namespace: Where the lease is, the same for all controllers of a cluster.
        native_namespace: Where the native controller's lease is looked for.
        address: Where to serve probes and metrics, None for nowhere.
        per_set_metrics: Whether each set has series of its own.
        log_level: Least severe level logged.
        log_format: ``logfmt`` or ``json``.
        recording: What to record, None for nothing.
    """

    target: Target
    namespace: str = ""
    workers: int = WORKERS
    history_limit: int = HISTORY_LIMIT
    lease_times: LeaseTimes | None = None
    lease_namespace: str = NAMESPACE
    native_namespace: str = NATIVE_NAMESPACE
    address: Address | None = None
    per_set_metrics: bool = True
    log_level: str = "info"
    log_format: str = "logfmt"
    recording: RecordingOrder | None = None


class _CacheSink:
    """Feeds the controller's cache and logs when a kind stops or starts being fresh."""

    def __init__(self, resource: Resource, cache: Cache) -> None:
        self._resource = resource
        self._cache = cache
        self._state = ""

    def page(self, items: Sequence[Any]) -> None:
        """Wait for the complete list: planning from a part would create what exists."""

    def replace(self, items: Sequence[Any]) -> None:
        """Take a complete list."""
        self._cache.replace(self._resource, items)

    def apply(self, type_: str, item: Any) -> None:
        """Take one change."""
        self._cache.apply(self._resource, type_, item)

    def synced(self, sync: KindSync) -> None:
        """Log changes of state."""
        if sync.state == self._state:
            return
        self._state = sync.state
        level = logging.INFO if sync.state in ("listing", "live") else logging.WARNING
        hint = " (lwstui crd | kubectl apply --server-side -f -)" if sync.state == "missing" else ""
        fields = {"kind": str(self._resource), "state": sync.state}
        if sync.message:
            fields["reason"] = sync.message + hint
        _log.log(level, "watch", extra={"fields": fields})


async def serve(options: HeadlessOptions) -> int:
    """Reconcile until SIGINT or SIGTERM; return the exit code.

    Raises:
        ConnectError: If the kubeconfig or its credentials cannot be used.
        ControllerError: If the cluster does not answer at the start.
        ProbeError: If the address for probes cannot be listened on.
        RecordingError: If what happens cannot be recorded.
    """
    log_to_stderr(_log, level=options.log_level, format_=options.log_format)
    connection = await connect(options.target)
    try:
        await connection.rest.request("GET", "/version", what="version")
        service = Service(connection, options)
        _log.info("started", extra={"fields": _fields(connection, service)})
        await _until_signalled(service)
        _log.info("stopped", extra={"fields": {"requests": connection.rest.requests.total()}})
    finally:
        await connection.close()
    return 0


async def work(connection: Connection, options: HeadlessOptions) -> None:
    """Run the watches, the events and the manager until cancelled."""
    await Service(connection, options).run()


class Service:
    """The watches, the events, the manager and the probes of one process.

    Args:
        connection: The cluster.
        options: How to run.

    Attributes:
        identity: What this process stands for election as, unlike any other.
    """

    def __init__(self, connection: Connection, options: HeadlessOptions) -> None:
        # In a pod the host name is the pod's name; a restarted container is another candidate.
        host = socket.gethostname()
        self.identity = f"{host}-{uuid4().hex[:8]}"
        self.options = options
        self._rest = connection.rest
        self._host = urlsplit(connection.info.server).netloc
        self._clock = SystemClock()
        cluster = KubeCluster(connection.rest)
        self._events = KubeEvents(cluster, host)
        self._manager = Manager(
            cluster,
            self._clock,
            self._events,
            identity=self.identity,
            namespace=options.namespace,
            lease_namespace=options.lease_namespace,
            lease_times=options.lease_times,
            native_namespace=options.native_namespace,
            planner=partial(plan, history_limit=options.history_limit),
            workers=options.workers,
        )
        self._manager.on_stale = self._relist
        self._tape = self._taped(connection)
        self._reflectors = {
            resource: Reflector(
                connection.rest,
                resource,
                decode=decoder(resource),
                sink=self._sink(resource, selector),
                namespace=options.namespace if resource.namespaced else "",
                label_selector=selector,
            )
            for resource, selector in WATCHED
        }

    def _taped(self, connection: Connection) -> ControllerTape | None:
        if self.options.recording is None:
            return None
        info = connection.info
        where = Where(info.context, info.cluster, sandbox=info.sandbox)
        tape = ControllerTape(
            self.options.recording, where, self.options.namespace, self._manager.state, self._clock
        )
        self._manager.on_change = tape.changed
        return tape

    def _sink(self, resource: Resource, selector: str) -> Sink:
        sink = _CacheSink(resource, self._manager.cache)
        return sink if self._tape is None else self._tape.beside(resource, sink, selector)

    async def run(self) -> None:
        """Work until cancelled; then give the lease back.

        Raises:
            ProbeError: If the address for probes cannot be listened on.
            RecordingError: If what happens cannot be recorded.
        """
        if self._tape is not None:
            await self._tape.start()
        async with AsyncExitStack() as stack:
            if self.options.address is not None:
                face = Face(self._health, self._ready, self._metrics)
                address = await stack.enter_async_context(serving(face, self.options.address))
                _log.info("serving probes and metrics", extra={"fields": {"address": address}})
            async with asyncio.TaskGroup() as tasks:
                for reflector in self._reflectors.values():
                    tasks.create_task(reflector.run())
                tasks.create_task(self._events.run())
                tasks.create_task(self._manager.run())
                if self._tape is not None:
                    tasks.create_task(self._tape.run())

    async def drain(self) -> None:
        """Begin no write any more and wait until those under way are answered."""
        await self._manager.drain()

    def _relist(self, resources: frozenset[Resource]) -> None:
        for resource in resources & self._reflectors.keys():
            self._reflectors[resource].refresh()

    def _syncs(self) -> dict[Resource, KindSync]:
        return {resource: each.sync for resource, each in self._reflectors.items()}

    def _health(self) -> Sequence[Check]:
        return health_checks(self._syncs(), self._clock.now())

    def _ready(self) -> Sequence[Check]:
        return ready_checks(self._manager.state(), self._manager.cache.unsynced)

    def _metrics(self) -> Iterable[Family]:
        return (
            gauge("lwstui_build_info", "The version that runs.", 1, version=__version__),
            *self._manager.families(per_set=self.options.per_set_metrics),
            *watch_families(self._syncs(), self._clock.now()),
            request_family(self._rest.answers, self._host),
        )


async def _until_signalled(service: Service) -> None:
    """Run a service until SIGINT or SIGTERM asks to stop, then let it end in good order.

    A second signal, or an answer that does not come, cuts that short.
    """
    loop = asyncio.get_running_loop()
    first, second = asyncio.Event(), asyncio.Event()

    def asked() -> None:
        (second if first.is_set() else first).set()

    signals = (signal.SIGINT, signal.SIGTERM)
    for signum in signals:
        loop.add_signal_handler(signum, asked)
    working = asyncio.create_task(service.run())
    try:
        await _either(working, first.wait())
        if not working.done():
            _log.info("stopping", extra={"fields": {"identity": service.identity}})
            async with asyncio.timeout(DRAIN_S):
                await _either(asyncio.create_task(service.drain()), second.wait())
    except TimeoutError:
        _log.warning("a request was not answered in time", extra={"fields": {"waited_s": DRAIN_S}})
    finally:
        working.cancel()
        for signum in signals:
            loop.remove_signal_handler(signum)
        await asyncio.gather(working, return_exceptions=True)
    if not working.cancelled():
        working.result()


async def _either(task: asyncio.Task[None], other: Any) -> None:
    """Wait until a task or a coroutine has ended; the coroutine does not outlast it."""
    waiting = asyncio.ensure_future(other)
    try:
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()


def _fields(connection: Connection, service: Service) -> dict[str, str]:
    info = connection.info
    return {
        "version": __version__,
        "identity": service.identity,
        "context": info.context,
        "server": info.server,
        "namespace": service.options.namespace or "all",
    }
