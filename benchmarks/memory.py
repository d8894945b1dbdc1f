"""An API server, its kubelets and its garbage collector in memory, for measuring what is ours.

It answers at once and keeps no history, so the time a run takes is the controller's own. Pods
are ready in the loop's next turn; a pod asked to stop is gone in the next one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from copy import copy
from itertools import count
from typing import Any

import msgspec

from controller.api import names
from controller.api.names import Resource
from controller.cache import Cache
from controller.errors import AlreadyExists, Conflict, NotFound
from controller.ports import Patch, Propagation
from tests.controller.runtime.support import DECODERS, merge

Object = dict[str, Any]

_STAMP = "2026-01-01T00:00:00Z"
_READY = {
    "phase": "Running",
    "conditions": [
        {"type": "PodScheduled", "status": "True"},
        {"type": "Ready", "status": "True", "lastTransitionTime": _STAMP},
    ],
}


class MemoryCluster:
    """Implements ``controller.ports.Cluster``.

    Attributes:
        requests: Requests answered, by ``verb resource``.
        ready: Whether new pods become ready by themselves.
    """

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.ready = True
        self._objects: dict[Resource, dict[tuple[str, str], Object]] = {}
        self._owned: dict[str, dict[tuple[Resource, tuple[str, str]], None]] = {}
        self._versions = count(1)
        self._cache: Cache | None = None

    def feed(self, cache: Cache) -> None:
        """Have a cache see everything from now on."""
        for resource, decode in DECODERS.items():
            stored = self._objects.get(resource, {}).values()
            cache.replace(resource, [decode(msgspec.json.encode(o)) for o in stored])
        self._cache = cache

    def find(self, resource: Resource, name: str, namespace: str = "default") -> Object:
        """Return an object as stored."""
        try:
            return self._objects.setdefault(resource, {})[namespace, name]
        except KeyError:
            raise NotFound(404, "NotFound", f'{resource} "{name}" not found') from None

    def all(self, resource: Resource) -> list[Object]:
        """Return the objects of a kind."""
        return list(self._objects.get(resource, {}).values())

    # The port

    def fenced(self, may_write: Callable[[], bool]) -> MemoryCluster:
        """Return itself: nobody else stands for election here."""
        del may_write
        return self

    async def get(self, resource: Resource, namespace: str, name: str) -> bytes:
        """Return one object."""
        await self._arrive("get", resource)
        return msgspec.json.encode(self.find(resource, name, namespace))

    async def create(self, resource: Resource, namespace: str, body: Mapping[str, Any]) -> bytes:
        """Store a new object."""
        await self._arrive("create", resource)
        key = namespace, str(body["metadata"]["name"])
        stored = self._objects.setdefault(resource, {})
        if key in stored:
            raise AlreadyExists(409, "AlreadyExists", f'{resource} "{key[1]}" already exists')
        meta = {
            **body["metadata"],
            "namespace": namespace,
            "uid": f"uid-{next(self._versions)}",
            "creationTimestamp": _STAMP,
            "generation": 1,
        }
        obj: Object = {**body, "metadata": meta}
        if resource == names.PODS:
            obj["status"] = {"phase": "Pending"}
        for owner in meta.get("ownerReferences", ()):
            self._owned.setdefault(owner["uid"], {})[resource, key] = None
        raw = self._store(resource, key, obj, "ADDED")
        if resource == names.PODS and self.ready:
            self._soon(self._become_ready, key, meta["uid"])
        return raw

    async def replace(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        body: Mapping[str, Any],
        *,
        subresource: str = "",
    ) -> bytes:
        """Refuse: the controller patches."""
        raise NotImplementedError

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
        """Apply a merge patch; a resourceVersion in it must be current."""
        await self._arrive(f"patch/{subresource}" if subresource else "patch", resource)
        old = self.find(resource, name, namespace)
        meta = dict(body.get("metadata", {}))
        current = old["metadata"]["resourceVersion"]
        if meta.pop("resourceVersion", current) != current:
            raise Conflict(409, "Conflict", "the object has been modified")
        change = {"status": body["status"]} if subresource else {**body, "metadata": meta}
        new = merge(old, change)
        if new == old:
            return msgspec.json.encode(old)
        if new.get("spec") != old.get("spec"):
            new["metadata"]["generation"] += 1
        return self._store(resource, (namespace, name), new, "MODIFIED")

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
        """Delete an incarnation; with foreground propagation its dependents go first."""
        await self._arrive("delete", resource)
        obj = self.find(resource, name, namespace)
        if obj["metadata"]["uid"] != uid:
            raise Conflict(409, "Conflict", "the UID in the precondition does not match")
        key = namespace, name
        if resource != names.PODS:
            self._remove(resource, key)
            return
        self._mark(key)
        if propagation is Propagation.FOREGROUND:
            for kind, child in tuple(self._owned.get(uid, ())):
                self._mark(child) if kind == names.PODS else self._remove(kind, child)
        self._soon(self._reap, key, uid)

    # What the cluster does by itself

    async def _arrive(self, verb: str, resource: Resource) -> None:
        self.requests[f"{verb} {resource.plural}"] += 1
        await asyncio.sleep(0)

    def _soon(self, act: Callable[..., None], *arguments: Any) -> None:
        asyncio.get_running_loop().call_soon(act, *arguments)

    def _become_ready(self, key: tuple[str, str], uid: str) -> None:
        pod = self._objects[names.PODS].get(key)
        if pod is not None and pod["metadata"]["uid"] == uid:
            new = {**pod, "metadata": dict(pod["metadata"]), "status": _READY}
            self._store(names.PODS, key, new, "MODIFIED")

    def _mark(self, key: tuple[str, str]) -> None:
        pod = self._objects[names.PODS][key]
        if "deletionTimestamp" not in pod["metadata"]:
            new = {**pod, "metadata": {**pod["metadata"], "deletionTimestamp": _STAMP}}
            self._store(names.PODS, key, new, "MODIFIED")
            self._soon(self._reap, key, pod["metadata"]["uid"])

    def _reap(self, key: tuple[str, str], uid: str) -> None:
        pod = self._objects[names.PODS].get(key)
        if pod is None or pod["metadata"]["uid"] != uid:
            return
        children = tuple(self._owned.get(uid, ()))
        for kind, child in children:
            self._mark(child) if kind == names.PODS else self._remove(kind, child)
        if any(kind == names.PODS for kind, _ in children):
            self._soon(self._reap, key, uid)
        else:
            self._remove(names.PODS, key)

    def _store(self, resource: Resource, key: tuple[str, str], obj: Object, type_: str) -> bytes:
        obj["metadata"]["resourceVersion"] = str(next(self._versions))
        self._objects.setdefault(resource, {})[key] = obj
        return self._tell(resource, obj, type_)

    def _remove(self, resource: Resource, key: tuple[str, str]) -> None:
        obj = copy(self._objects[resource].pop(key))
        for owner in obj["metadata"].get("ownerReferences", ()):
            self._owned.get(owner["uid"], {}).pop((resource, key), None)
        obj["metadata"] = {**obj["metadata"], "resourceVersion": str(next(self._versions))}
        self._tell(resource, obj, "DELETED")

    def _tell(self, resource: Resource, obj: Object, type_: str) -> bytes:
        raw = msgspec.json.encode(obj)
        cache = self._cache
        if cache is not None and resource in DECODERS:
            record = DECODERS[resource](raw)
            self._soon(cache.apply, resource, type_, record)
        return raw
