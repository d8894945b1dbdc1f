"""A cluster with a controller in it, in this process or as a sandbox, and the set it is given."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec

from benchmarks.memory import MemoryCluster
from benchmarks.on_sandbox import controlled, sandbox
from controller.api import names
from controller.api.meta import Key
from controller.manager import Manager
from controller.ports import Cluster

NAME = "bench"
NAMESPACE = "default"
TIMEOUT_S = 120.0
Object = dict[str, Any]


class Clock:
    """The machine's clocks."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()


class Quiet:
    """Takes events and counts them."""

    def __init__(self) -> None:
        self.taken = 0

    def emit(self, **event: Any) -> None:
        self.taken += 1


@dataclass
class Bench:
    """A cluster with a controller in it.

    Attributes:
        cluster: Where changes are made.
        manager: The controller.
        sent: Requests by ``verb resource``, the controller's and the bench's own.
        pods: Reads the pods of the set.
        latencies: Seconds each set handed out had been ready.
        generation: Of the set, after the change under way.
    """

    cluster: Cluster
    manager: Manager
    sent: Callable[[], Mapping[str, int]]
    latencies: list[float] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    generation: int = 0
    _passes: int = 0

    def __post_init__(self) -> None:
        self.manager.on_change = self._note

    def _note(self) -> None:
        state = self.manager.state()
        if state.reconciles > self._passes:
            self._passes = state.reconciles
            self.latencies.append(state.queue_latency_s)
        self.changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the cache shows a condition."""
        async with asyncio.timeout(TIMEOUT_S):
            while not condition():
                self.changed.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.changed.wait(), 0.25)

    def available(self, groups: int) -> Callable[[], bool]:
        """Return the condition that so many groups are ready and at the newest template."""

        def met() -> bool:
            lws = self.manager.cache.get(Key(NAMESPACE, NAME))
            if lws is None or lws.status.observed_generation < self.generation:
                return False
            true = [c.type for c in lws.status.conditions if c.status == "True"]
            counts = lws.status.replicas, lws.status.ready_replicas, lws.status.updated_replicas
            return true == ["Available"] and counts == (groups, groups, groups)

        return met

    async def create(self, body: Object) -> None:
        """Create the set."""
        self._sent(await self.cluster.create(names.LEADERWORKERSETS, NAMESPACE, body))

    async def patch(self, body: Object) -> None:
        """Change the set."""
        self._sent(await self.cluster.patch(names.LEADERWORKERSETS, NAMESPACE, NAME, body))

    def _sent(self, answer: bytes) -> None:
        self.generation = msgspec.json.decode(answer)["metadata"]["generation"]


@asynccontextmanager
async def in_memory() -> AsyncIterator[Bench]:
    """A manager on a cluster in this process."""
    cluster = MemoryCluster()
    manager = Manager(cluster, Clock(), Quiet(), identity="bench")
    cluster.feed(manager.cache)
    bench = Bench(cluster, manager, lambda: cluster.requests)
    task = asyncio.create_task(manager.run())
    try:
        yield bench
    finally:
        await _end(task)


@asynccontextmanager
async def on_sandbox() -> AsyncIterator[Bench]:
    """A manager attached to a sandbox with room for every pod."""
    async with (
        sandbox("--speed", "1000", "--nodes", "200") as connection,
        controlled(connection) as (cluster, manager),
    ):
        await cluster.create(names.NAMESPACES, "", {"metadata": {"name": "bare"}})
        yield Bench(cluster, manager, connection.rest.requests.copy)


async def _end(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def manifest(groups: int, size: int, image: str = "engine:v1") -> Object:
    """Return the set that is measured."""
    container = {
        "name": "engine",
        "image": image,
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
    }
    return {
        "apiVersion": names.LEADERWORKERSETS.api_version,
        "kind": names.LEADERWORKERSETS.kind,
        "metadata": {"name": NAME},
        "spec": {
            "replicas": groups,
            "leaderWorkerTemplate": {
                "size": size,
                "workerTemplate": {"spec": {"containers": [container]}},
            },
            "rolloutStrategy": {
                "type": "RollingUpdate",
                "rollingUpdateConfiguration": {"maxUnavailable": "20%", "maxSurge": 0},
            },
        },
    }


def image_patch(groups: int, size: int, image: str) -> Object:
    """Return the patch that rolls every group."""
    spec = manifest(groups, size, image)["spec"]
    worker = spec["leaderWorkerTemplate"]["workerTemplate"]
    return {"spec": {"leaderWorkerTemplate": {"workerTemplate": worker}}}
