"""A sandbox in a process of its own, and in this one a controller attached to it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from controller.api.names import Resource
from controller.cache import Cache
from controller.manager import Manager
from lwstui.kube.cluster import KubeCluster
from lwstui.kube.connect import Connection, Target, connect
from lwstui.kube.decoders import decoder
from lwstui.kube.events import KubeEvents
from lwstui.kube.reflector import Reflector
from lwstui.kube.sync import KindSync
from lwstui.runtime.clock import SystemClock
from lwstui.runtime.headless import WATCHED


class _Sink:
    """Feeds one kind into the cache."""

    def __init__(self, resource: Resource, cache: Cache) -> None:
        self._resource = resource
        self._cache = cache

    def page(self, items: Sequence[Any]) -> None:
        """Wait for the complete list."""

    def replace(self, items: Sequence[Any]) -> None:
        self._cache.replace(self._resource, items)

    def apply(self, type_: str, item: Any) -> None:
        self._cache.apply(self._resource, type_, item)

    def synced(self, sync: KindSync) -> None:
        """Freshness is not measured."""


@asynccontextmanager
async def sandbox(*flags: str) -> AsyncIterator[Connection]:
    """Run ``lwstui sandbox`` and yield a connection to it."""
    command = (sys.executable, "-m", "lwstui", "sandbox", "--until-eof", *flags)
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    try:
        assert child.stdout is not None
        line = (await child.stdout.readline()).decode().strip()
        connection = await connect(Target(line.partition("=")[2]))
        try:
            yield connection
        finally:
            await connection.close()
    finally:
        with suppress(ProcessLookupError):
            child.terminate()
        await child.wait()


@asynccontextmanager
async def controlled(connection: Connection) -> AsyncIterator[tuple[KubeCluster, Manager]]:
    """Run a controller in this process on a connection."""
    cluster = KubeCluster(connection.rest)
    events = KubeEvents(cluster, "bench")
    manager = Manager(cluster, SystemClock(), events, identity="bench")
    work = [manager.run(), events.run()]
    for resource, selector in WATCHED:
        reflector = Reflector(
            connection.rest,
            resource,
            decode=decoder(resource),
            sink=_Sink(resource, manager.cache),
            namespace="",
            label_selector=selector,
        )
        work.append(reflector.run())
    tasks = [asyncio.create_task(coroutine) for coroutine in work]
    try:
        yield cluster, manager
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
