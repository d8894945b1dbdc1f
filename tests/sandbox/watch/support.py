"""Clients that follow a resource, and what the store's history says they must have seen."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import ClientResponse

from lwstui.sandbox.objects import Change, Store
from tests.sandbox.api.support import Api

Json = dict[str, Any]
Told = tuple[str, str, int]
ALL = "/api/v1/pods"


@dataclass(frozen=True)
class Selection:
    """What a client follows: one namespace or all, and a selector with its meaning in Python."""

    namespace: str = ""
    query: str = ""
    matches: Callable[[Json], bool] = lambda _: True

    @property
    def path(self) -> str:
        place = f"namespaces/{self.namespace}/" if self.namespace else ""
        return f"/api/v1/{place}pods?{self.query}"

    def has(self, obj: Json | None) -> bool:
        if obj is None or self.namespace not in ("", obj["metadata"]["namespace"]):
            return False
        return self.matches(obj)


SELECTIONS = (
    Selection(),
    Selection("default"),
    Selection("other"),
    Selection("", "labelSelector=app%3Da", lambda o: o["metadata"]["labels"].get("app") == "a"),
    Selection(
        "default",
        "labelSelector=app+notin+(a,b)",
        lambda o: o["metadata"]["labels"].get("app") not in ("a", "b"),
    ),
    Selection(
        "",
        "fieldSelector=status.phase%3DRunning",
        lambda o: o["status"].get("phase") == "Running",
    ),
)


class History:
    """Every change of a store's pods, in order."""

    def __init__(self, store: Store) -> None:
        self.changes: list[Change] = []
        store.subscribe(self._take)

    def _take(self, change: Change) -> None:
        if change.key == "pods":
            self.changes.append(change)

    def told(self, selection: Selection, after: int) -> list[Told]:
        """Return the events a watch must tell that begins after a version."""
        found: list[Told] = []
        for change in self.changes:
            version = int(change.object["metadata"]["resourceVersion"])
            before = selection.has(change.old)
            now = change.type != "DELETED" and selection.has(change.object)
            if version > after and (before or now):
                kind = {(0, 1): "ADDED", (1, 1): "MODIFIED", (1, 0): "DELETED"}[before, now]
                found.append((kind, name_of(change.object), version))
        return found

    def state(self, selection: Selection, at: int) -> dict[str, int]:
        """Return the selected objects and their versions as they were at a version."""
        seen: dict[str, int] = {}
        for change in self.changes:
            version = int(change.object["metadata"]["resourceVersion"])
            if version > at:
                break
            seen.pop(name_of(change.object), None)
            if change.type != "DELETED" and selection.has(change.object):
                seen[name_of(change.object)] = version
        return seen


def name_of(obj: Json) -> str:
    metadata = obj["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}"


@dataclass
class Follower:
    """Lists in pages, watches, drops its connection now and then, and goes on where it was."""

    api: Api
    selection: Selection
    dice: random.Random
    drops: bool = True
    started: int = 0
    version: int = 0
    connections: int = 0
    relisted: int = 0
    first: dict[str, int] = field(default_factory=dict)
    state: dict[str, int] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)

    async def list(self) -> None:
        """Read all pages; writers are at work between them."""
        self.state, token = {}, ""
        while True:
            page = await self.api.get(f"{self.selection.path}&limit=7&continue={token}")
            for obj in page["items"]:
                self.state[name_of(obj)] = int(obj["metadata"]["resourceVersion"])
            self.version = int(page["metadata"]["resourceVersion"])
            token = page["metadata"].get("continue", "")
            if not token:
                break
            await asyncio.sleep(0)
        self.started, self.first = self.version, dict(self.state)

    async def follow(self) -> None:
        """List, then watch until cancelled."""
        await self.list()
        await self.resume()

    async def resume(self) -> None:
        """Watch on from the last version until cancelled."""
        while True:
            self.connections += 1
            expired = await self._connection()
            if expired:
                self.relisted += 1
                self.told.clear()
                await self.list()

    async def _connection(self) -> bool:
        """Read one watch to its end or to a drop; True when its version is too old."""
        query = f"&watch=1&allowWatchBookmarks=true&resourceVersion={self.version}"
        response = await self.api.raw("GET", self.selection.path + query)
        left = self.dice.randint(1, 200) if self.drops else 1 << 30
        try:
            return await self._read(response, left)
        finally:
            response.close()

    async def _read(self, response: ClientResponse, left: int) -> bool:
        rest = b""
        async for chunk in response.content.iter_any():
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                event = msgspec.json.decode(line)
                if event["type"] == "ERROR":
                    assert event["object"]["code"] == 410, event
                    return True
                self.take(event)
                left -= 1
                if left <= 0:
                    return False
            for _ in range(self.dice.randint(0, 5)):
                await asyncio.sleep(0)
        return False

    def take(self, event: Json) -> None:
        version = int(event["object"]["metadata"]["resourceVersion"])
        if event["type"] != "BOOKMARK":
            assert version > self.version, (event["type"], version, self.version)
            name = name_of(event["object"])
            self.told.append((event["type"], name, version))
            self.state.pop(name, None)
            if event["type"] != "DELETED":
                self.state[name] = version
        self.version = max(self.version, version)

    def has_seen(self, version: int) -> bool:
        return self.version >= version


class Writer:
    """Creates, changes and deletes pods at random.

    Args:
        store: Where.
        dice: What decides.
        padding: Bytes of text in every pod.
    """

    def __init__(self, store: Store, dice: random.Random, padding: int = 0) -> None:
        self._store = store
        self._dice = dice
        self._padding = "x" * padding
        self._serial = 0
        if store.get("namespaces", "", "other") is None:
            store.create("namespaces", {"metadata": {"name": "other"}, "spec": {}, "status": {}})

    def write(self) -> None:
        """Make one change; now and then it is a deletion."""
        pods = self._store.items("pods")
        choice = self._dice.random()
        if len(pods) < 10 or (choice < 0.15 and len(pods) < 60):
            self._create()
            return
        meta = self._dice.choice(pods)["metadata"]
        if choice < 0.25:
            self._store.delete("pods", meta["namespace"], meta["name"], grace_s=0)
        else:
            self._store.update("pods", meta["namespace"], meta["name"], self._change)

    def _create(self) -> None:
        self._serial += 1
        metadata = {
            "name": f"p{self._serial}",
            "namespace": self._dice.choice(("default", "other")),
            "labels": {"app": self._dice.choice("abc")},
            "annotations": {"padding": self._padding},
        }
        self._store.create("pods", {"metadata": metadata, "spec": {}, "status": {}})

    def _change(self, pod: Json) -> None:
        self._serial += 1
        pod["status"] = {
            "phase": self._dice.choice(("Pending", "Running", "Failed")),
            "message": str(self._serial),
        }
        pod["metadata"]["labels"] = {"app": self._dice.choice("abc")}
