"""Managers on one in-memory world, started, killed and driven until all is quiet."""

from __future__ import annotations

import asyncio
from typing import Any

from controller.api import names
from controller.manager import Manager
from tests.controller.runtime.clock import FakeClock, spin
from tests.controller.runtime.support import Client, Events, World

QUIET_ROUNDS = 12
ROUND_S = 0.25


class Process:
    """One manager with its own connection and cache."""

    def __init__(self, client: Client, events: Events, identity: str, **options: Any) -> None:
        self.client = client
        self.world = world = client.world
        self.manager = Manager(
            self.client,
            world.clock,
            events,
            identity=identity,
            sleep=world.clock.sleep,
            jitter=lambda: 1.0,
            **options,
        )
        world.feed(self.manager.cache)
        self.task = asyncio.create_task(self.manager.run())

    async def kill(self) -> None:
        """End it as a power failure would: nothing more is sent, the lease is not released."""
        self.manager._election._renewed = None  # nothing to give back
        await self._end()

    async def stop(self) -> None:
        """End it cleanly."""
        await self._end()

    async def _end(self) -> None:
        if self.manager.cache in self.world.caches:
            self.world.caches.remove(self.manager.cache)
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


class Harness:
    """A world, its clock, and the managers that run in it."""

    def __init__(self, world: World | None = None) -> None:
        self.world = world or World(FakeClock())
        self.clock = self.world.clock
        self.events = Events()
        self.processes: list[Process] = []

    def start(
        self, identity: str = "one", *, client: Client | None = None, **options: Any
    ) -> Process:
        process = Process(client or Client(self.world), self.events, identity, **options)
        self.processes.append(process)
        return process

    async def close(self) -> None:
        for process in self.processes:
            if not process.task.done():
                await process.stop()
        await spin()

    async def pass_time(self, seconds: float) -> None:
        """Let cluster and controllers act for some time."""
        for _ in range(round(seconds / ROUND_S)):
            self.world.step()
            await self.clock.advance(ROUND_S)

    async def settle(self, rounds: int = 400) -> None:
        """Let cluster and controllers act until nothing but the lease is written any more."""
        quiet, before = 0, None
        for _ in range(rounds):
            await self.pass_time(ROUND_S)
            now = [r for r in self.world.requests if r[1] != names.LEASES.plural], self._versions()
            quiet = quiet + 1 if now == before else 0
            before = now
            if quiet >= QUIET_ROUNDS:
                return
        raise AssertionError(f"no rest after {rounds} rounds: {self.world.requests[-10:]}")

    def _versions(self) -> dict[str, str]:
        return {
            f"{resource.plural}/{name}": obj["metadata"]["resourceVersion"]
            for resource, stored in self.world.objects.items()
            if resource != names.LEASES
            for (_, name), obj in stored.items()
        }

    # What there is

    def pods(self) -> list[str]:
        return self.world.names(names.PODS)

    def uids(self) -> dict[str, str]:
        return {p["metadata"]["name"]: p["metadata"]["uid"] for p in self.world.all(names.PODS)}

    def lws(self, name: str = "a") -> dict[str, Any]:
        return self.world.find(names.LEADERWORKERSETS, name)

    def condition(self, kind: str, name: str = "a") -> str:
        stored = self.lws(name).get("status", {}).get("conditions", [])
        return next((c["status"] for c in stored if c["type"] == kind), "")

    def removed_pods(self) -> list[str]:
        return [name.removeprefix("pods/") for name in self.world.removed if "pods/" in name]

    def requests(self, verb: str, plural: str) -> int:
        return sum(v == verb and p == plural for v, p, _ in self.world.requests)
