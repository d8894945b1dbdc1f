"""A sandbox with our controller at work in it, all on the test's own loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pytest

from lwstui.data import crd
from lwstui.kube.apply import apply_objects
from lwstui.kube.connect import Connection, Target, connect
from lwstui.runtime.headless import HeadlessOptions, work
from lwstui.sandbox.cluster import Sandbox, SandboxOptions, running_sandbox
from tests.support.idle import swift
from tests.support.waiting import eventually

SETS = "leaderworkersets.leaderworkerset.x-k8s.io"
SPEED = 200


@dataclass(slots=True)
class World:
    """The sandbox, a client of it, and what a test asks of them."""

    sandbox: Sandbox
    connection: Connection

    async def apply(self, objects: list[dict[str, Any]], namespace: str = "default") -> list[str]:
        """Apply objects and return what was said about each."""
        said: list[str] = []
        await apply_objects(
            self.connection, objects, namespace=namespace, crd=crd(), report=said.append
        )
        return said

    def set(self, name: str, namespace: str = "default") -> dict[str, Any]:
        """Return a set as stored, empty if there is none."""
        return self.sandbox.store.get(SETS, namespace, name) or {}

    def pods(self, name: str, namespace: str = "default") -> list[dict[str, Any]]:
        """Return the pods of a set, by name."""
        label = "leaderworkerset.sigs.k8s.io/name"
        found = [
            pod
            for pod in self.sandbox.store.items("pods", namespace)
            if pod["metadata"].get("labels", {}).get(label) == name
        ]
        return sorted(found, key=lambda pod: str(pod["metadata"]["name"]))

    async def ready(self, name: str, groups: int, namespace: str = "default") -> None:
        """Wait until a set is available with so many groups."""

        def available() -> bool:
            status = self.set(name, namespace).get("status", {})
            true = [c["type"] for c in status.get("conditions", []) if c["status"] == "True"]
            return status.get("readyReplicas", 0) == groups and true == ["Available"]

        await eventually(available, 30, what=f"{name} has {groups} ready groups")


@asynccontextmanager
async def world_of(options: SandboxOptions) -> AsyncIterator[World]:
    """Run a sandbox and the controller for the length of the block."""
    async with running_sandbox(options) as sandbox:
        connection = await connect(Target(str(sandbox.kubeconfig)))
        task = asyncio.create_task(work(connection, HeadlessOptions(Target())))
        try:
            yield World(sandbox, connection)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await connection.close()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A sandbox ``SPEED`` times as fast as life."""
    async with world_of(SandboxOptions(speed=SPEED)) as made:
        yield made


@pytest.fixture(autouse=True)
def swift_pilots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a pilot wait for its console only, whatever the cluster on the same loop does."""
    swift(monkeypatch)
