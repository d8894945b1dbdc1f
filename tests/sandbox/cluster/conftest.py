"""A cluster without its API server: store, machines and everything that acts on them, sped up."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from lwstui.sandbox.behaviour import Behaviour, populate
from lwstui.sandbox.clock import SimClock
from lwstui.sandbox.kinds import BUILTIN
from lwstui.sandbox.objects import Change, Store
from tests.support.waiting import eventually


class World:
    """A running cluster with four H100 hosts, a hundred simulated seconds to the second."""

    def __init__(self) -> None:
        self.clock = SimClock(100)
        self.store = Store(self.clock)
        for kind in BUILTIN:
            self.store.register(kind)
        populate(self.store, 4, 8)
        self.behaviour = Behaviour(self.store)
        self.changes: list[Change] = []
        self.store.subscribe(self.changes.append)

    def create(self, obj: dict[str, Any], key: str = "pods") -> dict[str, Any]:
        fields = {name: value for name, value in obj["metadata"].items() if name != "uid"}
        return self.store.create(key, {**obj, "metadata": fields})

    def pod(self, name: str, namespace: str = "default") -> dict[str, Any] | None:
        return self.store.get("pods", namespace, name)

    def container(self, name: str) -> dict[str, Any]:
        statuses = self.status(name).get("containerStatuses") or [{}]
        return dict(statuses[0])

    def status(self, name: str) -> dict[str, Any]:
        return (self.pod(name) or {}).get("status") or {}

    def condition(self, name: str, kind: str) -> dict[str, Any]:
        for each in self.status(name).get("conditions") or ():
            if each["type"] == kind:
                return dict(each)
        return {}

    def is_ready(self, name: str) -> bool:
        return self.condition(name, "Ready").get("status") == "True"

    def events(self, name: str) -> list[tuple[str, str]]:
        return [
            (event["reason"], event["message"])
            for event in self.store.items("events")
            if event["involvedObject"]["name"] == name
        ]

    async def ready(self, *names: str) -> None:
        await eventually(lambda: all(self.is_ready(name) for name in names), what=f"{names} ready")

    async def gone(self, name: str, key: str = "pods", namespace: str = "default") -> None:
        await eventually(
            lambda: self.store.get(key, namespace, name) is None, what=f"{key} {name} gone"
        )


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    made.behaviour.start()
    yield made
    made.behaviour.stop()
