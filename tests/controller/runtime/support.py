"""An in-memory cluster behind ports.Cluster, with a kubelet, a garbage collector and watches."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any

from controller.api import core, lws, names, pods
from controller.api.meta import format_time
from controller.api.names import Resource
from controller.cache import Cache
from controller.errors import AlreadyExists, Conflict, ControllerError, LeaseLost, NotFound
from controller.ports import Patch, Propagation
from tests.controller.runtime.clock import FakeClock

DECODERS: dict[Resource, Callable[[bytes], Any]] = {
    names.LEADERWORKERSETS: lws.decode,
    names.PODS: pods.decode_pod,
    names.SERVICES: core.decode_service,
    names.REVISIONS: core.decode_revision,
    names.CLAIMS: core.decode_claim,
    names.NODES: core.decode_node,
}
Fault = Callable[[str, Resource, str], ControllerError | None]


def json_copy(value: Any) -> Any:
    """Return a deep copy of dicts and lists; what is neither is shared."""
    if isinstance(value, dict):
        return {key: json_copy(item) for key, item in value.items()}
    return [json_copy(item) for item in value] if isinstance(value, list) else value


def merge(target: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


class Events:
    """Implements ports.EventSink."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, str]] = []

    def emit(
        self,
        *,
        regarding: Mapping[str, str],
        type_: str,
        reason: str,
        action: str,
        note: str,
        related: Mapping[str, str] | None = None,
    ) -> None:
        assert regarding["kind"] == "LeaderWorkerSet"
        self.seen.append((type_, reason, note))

    def reasons(self) -> list[str]:
        return [reason for _, reason, _ in self.seen]


class World:
    """What the API server stores, and the components that act on it.

    Attributes:
        requests: (verb, plural, name) of every request answered, reads included.
        holding: While True, changes stay undelivered.
        faults: Asked before a request takes effect for an error to answer with.
        late_faults: Asked after it took effect.
        caches: Caches fed with every change.
        on_request: Called right before a request takes effect, and right after.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.objects: dict[Resource, dict[tuple[str, str], dict[str, Any]]] = {}
        self.requests: list[tuple[str, str, str]] = []
        self.removed: list[str] = []
        self.caches: list[Cache] = []
        self.holding = False
        self.faults: list[Fault] = []
        self.late_faults: list[Fault] = []
        self.running = 0
        self.most_running = 0
        self.on_request: Callable[[], None] = lambda: None
        self._pending: dict[Resource, list[tuple[str, bytes]]] = {r: [] for r in DECODERS}
        self._uids = 0
        self.version = 0

    def copy(self) -> World:
        """Return what is stored now as a world of its own, without its watchers."""
        clock = FakeClock(self.clock.wall)
        clock.mono = self.clock.mono
        world = World(clock)
        world.objects = json_copy(self.objects)
        world.requests, world.removed = list(self.requests), list(self.removed)
        world._uids, world.version = self._uids, self.version
        return world

    # Watches

    def feed(self, cache: Cache) -> None:
        """Have a cache list everything and watch from now on."""
        for resource, decode in DECODERS.items():
            stored = self.objects.get(resource, {}).values()
            cache.replace(resource, [decode(json.dumps(o).encode()) for o in stored])
        self.caches.append(cache)

    def changed(self, resource: Resource, type_: str, obj: dict[str, Any]) -> None:
        if resource in DECODERS:
            self._pending[resource].append((type_, json.dumps(obj).encode()))
            if not self.holding:
                self.deliver()

    def deliver(self, limit: int | None = None, kinds: Iterable[Resource] = DECODERS) -> None:
        """Deliver held changes, all or the first ``limit`` of each kind, in their order."""
        loop = asyncio.get_running_loop()
        for resource in kinds:
            held = self._pending[resource]
            for type_, raw in held[:limit]:
                loop.call_soon(self._apply, resource, type_, raw)
            del held[:limit]

    def _apply(self, resource: Resource, type_: str, raw: bytes) -> None:
        for cache in self.caches:
            cache.apply(resource, type_, DECODERS[resource](raw))

    # Storage

    def all(self, resource: Resource) -> list[dict[str, Any]]:
        return list(self.objects.get(resource, {}).values())

    def names(self, resource: Resource) -> list[str]:
        return sorted(o["metadata"]["name"] for o in self.all(resource))

    def find(self, resource: Resource, name: str, namespace: str = "default") -> dict[str, Any]:
        try:
            return self.objects.setdefault(resource, {})[namespace, name]
        except KeyError:
            raise NotFound(404, "NotFound", f'{resource} "{name}" not found') from None

    def put(self, resource: Resource, obj: dict[str, Any]) -> dict[str, Any]:
        """Store a new object, as an admitted create does."""
        meta = obj["metadata"]
        key = meta.setdefault("namespace", "default"), meta["name"]
        stored = self.objects.setdefault(resource, {})
        if key in stored:
            raise AlreadyExists(409, "AlreadyExists", f'{resource} "{key[1]}" already exists')
        self._uids += 1
        meta.setdefault("uid", f"uid-{self._uids}")
        meta["creationTimestamp"] = format_time(self.clock.now())
        meta["generation"] = 1
        if resource == names.PODS:
            obj["status"] = {"phase": "Pending"}
        stored[key] = obj
        self._touch(resource, obj, "ADDED")
        return obj

    def edit(self, resource: Resource, name: str, patch: dict[str, Any]) -> dict[str, Any]:
        """Change an object by a merge patch, as another client would."""
        obj = self.find(resource, name)
        changed: dict[str, Any] = merge(obj, patch)
        if changed != obj:
            changed = deepcopy(changed)
            if changed.get("spec") != obj.get("spec"):
                changed["metadata"]["generation"] += 1
            key = changed["metadata"]["namespace"], name
            self.objects[resource][key] = changed
            self._touch(resource, changed, "MODIFIED")
        return changed

    def remove(self, resource: Resource, obj: dict[str, Any]) -> None:
        """Remove an object for good."""
        meta = obj["metadata"]
        del self.objects[resource][meta["namespace"], meta["name"]]
        self.removed.append(f"{resource.plural}/{meta['name']}")
        self._touch(resource, obj, "DELETED")

    def mark(self, resource: Resource, obj: dict[str, Any], *, foreground: bool = False) -> None:
        """Begin the deletion of an object; pods terminate until the kubelet lets them go."""
        meta = obj["metadata"]
        if foreground:
            meta.setdefault("finalizers", []).append("foregroundDeletion")
        if resource != names.PODS and not meta.get("finalizers"):
            self.remove(resource, obj)
        elif "deletionTimestamp" not in meta:
            meta["deletionTimestamp"] = format_time(self.clock.now())
            self._touch(resource, obj, "MODIFIED")

    def _touch(self, resource: Resource, obj: dict[str, Any], type_: str) -> None:
        self.version += 1
        obj["metadata"]["resourceVersion"] = str(self.version)
        self.changed(resource, type_, obj)

    # Behaviour

    def step(self) -> None:
        """Let the garbage collector and the kubelets act once on every object."""
        uids = {o["metadata"]["uid"] for kind in self.objects.values() for o in kind.values()}
        for resource in list(self.objects):
            for obj in self.all(resource):
                self._collect(resource, obj, uids)
        for pod in self.all(names.PODS):
            self._run(pod)

    def _collect(self, resource: Resource, obj: dict[str, Any], uids: set[str]) -> None:
        meta = obj["metadata"]
        owners = meta.get("ownerReferences", [])
        if owners and not any(o["uid"] in uids for o in owners) and "deletionTimestamp" not in meta:
            self.mark(resource, obj)
        elif "foregroundDeletion" in meta.get("finalizers", []):
            children = [
                (kind, child)
                for kind in self.objects
                for child in self.all(kind)
                if any(
                    o["uid"] == meta["uid"] for o in child["metadata"].get("ownerReferences", [])
                )
            ]
            for kind, child in children:
                if "deletionTimestamp" not in child["metadata"]:
                    self.mark(kind, child)
            if not children:
                meta["finalizers"].remove("foregroundDeletion")

    def _run(self, pod: dict[str, Any]) -> None:
        meta = pod["metadata"]
        if "deletionTimestamp" in meta:
            if not meta.get("finalizers"):
                self.remove(names.PODS, pod)
        elif pod["status"]["phase"] == "Pending":
            ready = [
                {"type": "Ready", "status": "True"},
                {"type": "PodScheduled", "status": "True"},
            ]
            self.edit(
                names.PODS, meta["name"], {"status": {"phase": "Running", "conditions": ready}}
            )


def _raise_first(faults: list[Fault], verb: str, resource: Resource, name: str) -> None:
    for fault in faults:
        error = fault(verb, resource, name)
        if error is not None:
            raise error


class Client:
    """One process's connection to the world; implements ports.Cluster.

    Attributes:
        died: Whether its process is gone: requests are never answered.
    """

    def __init__(self, world: World, may_write: Callable[[], bool] = lambda: True) -> None:
        self.world = world
        self.died = False
        self._may_write = may_write

    def fenced(self, may_write: Callable[[], bool]) -> Client:
        return Client(self.world, may_write)

    async def _arrive(self, verb: str, resource: Resource, name: str) -> None:
        """Let a request reach the server."""
        world = self.world
        if self.died:
            await asyncio.get_running_loop().create_future()  # never answered
        world.running += 1
        world.most_running = max(world.most_running, world.running)
        await asyncio.sleep(0)
        world.running -= 1
        if verb != "get" and not self._may_write():
            raise LeaseLost("the lease is not held any more")
        _raise_first(world.faults, verb, resource, name)
        world.on_request()
        world.requests.append((verb, resource.plural, name))

    def _reply(self, obj: dict[str, Any]) -> bytes:
        self.world.on_request()
        _raise_first(self.world.late_faults, "", names.PODS, obj["metadata"]["name"])
        return json.dumps(obj).encode()

    async def get(self, resource: Resource, namespace: str, name: str) -> bytes:
        await self._arrive("get", resource, name)
        return self._reply(self.world.find(resource, name, namespace))

    async def create(self, resource: Resource, namespace: str, body: Mapping[str, Any]) -> bytes:
        await self._arrive("create", resource, body["metadata"]["name"])
        obj = deepcopy(dict(body))
        obj["metadata"].setdefault("namespace", namespace)
        return self._reply(self.world.put(resource, obj))

    async def replace(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        body: Mapping[str, Any],
        *,
        subresource: str = "",
    ) -> bytes:
        raise AssertionError("the controller patches")

    async def patch(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        body: Any,
        *,
        kind: Patch = Patch.MERGE,
        subresource: str = "",
        force: bool = False,
        dry_run: bool = False,
    ) -> bytes:
        assert kind is Patch.MERGE
        await self._arrive("patch/" + subresource if subresource else "patch", resource, name)
        obj = self.world.find(resource, name, namespace)
        meta = dict(body.get("metadata", {}))
        version = meta.pop("resourceVersion", obj["metadata"]["resourceVersion"])
        if version != obj["metadata"]["resourceVersion"]:
            raise Conflict(409, "Conflict", "the object has been modified")
        change = {"status": body["status"]} if subresource else {**body, "metadata": meta}
        return self._reply(self.world.edit(resource, name, change))

    async def delete(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        *,
        uid: str,
        resource_version: str = "",
        propagation: Propagation = Propagation.BACKGROUND,
        grace_s: int | None = None,
        dry_run: bool = False,
    ) -> None:
        await self._arrive("delete", resource, name)
        obj = self.world.find(resource, name, namespace)
        if obj["metadata"]["uid"] != uid:
            raise Conflict(409, "Conflict", "the UID in the precondition does not match")
        self.world.mark(resource, obj, foreground=propagation is Propagation.FOREGROUND)
        self._reply(obj)
