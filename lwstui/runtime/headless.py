"""The controller without a screen: watches, the manager, log lines on standard error."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from controller.activity import LogfmtFormatter
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
from controller.manager import Manager
from lwstui.kube.cluster import KubeCluster
from lwstui.kube.connect import Connection, Target, connect
from lwstui.kube.decoders import decoder
from lwstui.kube.events import KubeEvents
from lwstui.kube.reflector import Reflector
from lwstui.kube.sync import KindSync
from lwstui.runtime.clock import SystemClock

_log = logging.getLogger("lwstui.controller")

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
        log_level: Least severe level logged.
    """

    target: Target
    namespace: str = ""
    log_level: str = "info"


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
    """
    _log_to_stderr(options.log_level)
    connection = await connect(options.target)
    try:
        await connection.rest.request("GET", "/version", what="version")
        _log.info("started", extra={"fields": _fields(connection, options)})
        await _until_signalled(work(connection, options))
        _log.info("stopped", extra={"fields": {"requests": connection.rest.requests.total()}})
    finally:
        await connection.close()
    return 0


async def work(connection: Connection, options: HeadlessOptions) -> None:
    """Run the watches, the events and the manager until cancelled."""
    cluster = KubeCluster(connection.rest)
    host = socket.gethostname()
    events = KubeEvents(cluster, host)
    manager = Manager(
        cluster,
        SystemClock(),
        events,
        identity=f"{host}-{os.getpid()}",
        namespace=options.namespace,
    )
    reflectors = {
        resource: Reflector(
            connection.rest,
            resource,
            decode=decoder(resource),
            sink=_CacheSink(resource, manager.cache),
            namespace=options.namespace if resource.namespaced else "",
            label_selector=selector,
        )
        for resource, selector in WATCHED
    }

    def relist(resources: frozenset[Resource]) -> None:
        for resource in resources & reflectors.keys():
            reflectors[resource].refresh()

    manager.on_stale = relist
    async with asyncio.TaskGroup() as tasks:
        for reflector in reflectors.values():
            tasks.create_task(reflector.run())
        tasks.create_task(events.run())
        tasks.create_task(manager.run())


async def _until_signalled(work: Any) -> None:
    """Run a coroutine until SIGINT or SIGTERM asks to stop, then let it clean up."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        current = asyncio.current_task()
        if current is not None and current.cancelling():
            raise
    finally:
        for signum in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(signum)


def _fields(connection: Connection, options: HeadlessOptions) -> dict[str, str]:
    info = connection.info
    return {
        "context": info.context,
        "server": info.server,
        "namespace": options.namespace or "all",
    }


def _log_to_stderr(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogfmtFormatter())
    _log.handlers = [handler]
    _log.setLevel(level.upper())
    _log.propagate = False
