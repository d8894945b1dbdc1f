"""The controllers that write down which pods are behind each service.

They follow every change of a pod that a service may see, and write what changed some moments
later, so that a large service costs few writes while its pods come and go.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from lwstui.sandbox.clock import rfc3339
from lwstui.sandbox.endpoints import (
    Member,
    Ports,
    endpoints_of,
    facts,
    member,
    selector,
    slice_of,
)
from lwstui.sandbox.objects import Change, Json, Store
from lwstui.sandbox.serviceindex import Ref, ServiceIndex

SLICES = "endpointslices.discovery.k8s.io"
ENDPOINTS = "endpoints"
_MOST_IN_SLICE = 100
_SOON_S = 0.05
# Members of a service whose changes are gathered for a second longer.
_GATHERED = 10_000
_FACTS = ("labels", "selector", "type", "ports", "publishNotReadyAddresses", "clusterIP")


@dataclass(slots=True, eq=False)
class _Slice:
    """One slice: what is in it, and the object it is, once it is written."""

    ports: Ports
    names: set[str] = field(default_factory=set)
    object_name: str = ""


@dataclass(slots=True)
class _Backed:
    """A service with the pods behind it; ``dirty`` slices are to be written."""

    members: dict[str, Member] = field(default_factory=dict)
    places: dict[str, _Slice] = field(default_factory=dict)
    slices: list[_Slice] = field(default_factory=list)
    dirty: dict[_Slice, None] = field(default_factory=dict)
    timer: asyncio.TimerHandle | None = None

    def touch(self, part: _Slice) -> None:
        """Have a slice written."""
        self.dirty[part] = None


class EndpointControllers:
    """Keeps the EndpointSlices and the Endpoints of every service that selects pods.

    Args:
        store: The cluster's objects.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._index = ServiceIndex()
        self._backed: dict[Ref, _Backed] = {}

    def start(self) -> None:
        """Take over the services there are and follow the store; needs a running loop."""
        self._unsubscribe = self._store.subscribe(self._on_change)
        for service in self._store.items("services"):
            self._take(service)

    def stop(self) -> None:
        """Stop following; what is not written yet stays so."""
        self._unsubscribe()
        for backed in self._backed.values():
            if backed.timer is not None:
                backed.timer.cancel()
        self._backed.clear()

    def _on_change(self, change: Change) -> None:
        match change.key:
            case "pods":
                self._pod_changed(change)
            case "services":
                self._service_changed(change)
            case "endpoints" | "endpointslices.discovery.k8s.io" if change.type == "DELETED":
                self._restore(change)

    def _service_changed(self, change: Change) -> None:
        ref = _ref(change.object)
        if change.type == "DELETED":
            self._drop(ref)
            if self._store.get(ENDPOINTS, *ref) is not None:
                self._store.delete(ENDPOINTS, *ref)
        elif change.old is None or _seen(change.old) != _seen(change.object):
            self._take(change.object)

    def _take(self, service: Json) -> None:
        """Look at every pod for a service; its slices stay the objects they are."""
        ref, before = _ref(service), self._drop(_ref(service))
        wanted = selector(service)
        if not wanted:
            return
        backed = self._backed[ref] = _Backed()
        self._index.add(ref, wanted)
        for part in before.slices if before else ():
            # Emptied parts keep their objects for whatever comes to have their ports.
            backed.slices.append(_Slice(part.ports, object_name=part.object_name))
            backed.touch(backed.slices[-1])
        for pod in self._store.items("pods", ref[0]):
            if wanted.items() <= (pod["metadata"].get("labels") or {}).items():
                self._place(backed, service, pod)
        if not backed.slices:
            backed.slices.append(_Slice(()))
            backed.touch(backed.slices[0])
        self._plan(ref, backed)

    def _drop(self, ref: Ref) -> _Backed | None:
        self._index.remove(ref)
        backed = self._backed.pop(ref, None)
        if backed is not None and backed.timer is not None:
            backed.timer.cancel()
        return backed

    def _pod_changed(self, change: Change) -> None:
        pod, old = change.object, change.old
        gone = change.type == "DELETED"
        if not gone and old is not None and facts(old) == facts(pod):
            return
        namespace, name = _ref(pod)
        for ref in self._index.selecting(namespace, pod, old):
            backed, service = self._backed[ref], self._store.get("services", *ref)
            if service is None:
                continue
            labels = pod["metadata"].get("labels") or {}
            selected = selector(service).items() <= labels.items()
            if gone or not selected:
                changed = self._remove(backed, name)
            else:
                changed = self._place(backed, service, pod)
            if changed:
                self._plan(ref, backed)

    def _place(self, backed: _Backed, service: Json, pod: Json) -> bool:
        """Put a pod where it belongs; tell whether that changed anything."""
        name = pod["metadata"]["name"]
        node = self._store.get("nodes", "", pod["spec"].get("nodeName") or "")
        found = member(service, pod, node)
        if found is None:
            return self._remove(backed, name)
        if backed.members.get(name) == found:
            return False
        part = backed.places.get(name)
        if part is not None and part.ports != found.ports:
            self._remove(backed, name)
            part = None
        if part is None:
            part = _with_room(backed, found.ports)
            part.names.add(name)
            backed.places[name] = part
        backed.members[name] = found
        backed.touch(part)
        return True

    def _remove(self, backed: _Backed, name: str) -> bool:
        part = backed.places.pop(name, None)
        if part is None:
            return False
        del backed.members[name]
        part.names.discard(name)
        backed.touch(part)
        return True

    def _restore(self, change: Change) -> None:
        """Have what somebody else deleted written again."""
        metadata = change.object["metadata"]
        for ref, backed in self._owners(change):
            for part in backed.slices:
                if change.key == SLICES and part.object_name == metadata["name"]:
                    part.object_name = ""
                    backed.touch(part)
            self._plan(ref, backed)

    def _owners(self, change: Change) -> Iterator[tuple[Ref, _Backed]]:
        metadata = change.object["metadata"]
        owners = [each["name"] for each in metadata.get("ownerReferences") or ()]
        for name in owners if change.key == SLICES else [metadata["name"]]:
            ref = (metadata["namespace"], name)
            if ref in self._backed:
                yield ref, self._backed[ref]

    def _plan(self, ref: Ref, backed: _Backed) -> None:
        if backed.timer is None:
            delay_s = _SOON_S + len(backed.members) / _GATHERED
            loop = asyncio.get_running_loop()
            backed.timer = loop.call_later(delay_s, self._write, ref, backed)

    def _write(self, ref: Ref, backed: _Backed) -> None:
        backed.timer = None
        service = self._store.get("services", *ref)
        namespace = self._store.get("namespaces", "", ref[0])
        dirty, backed.dirty = backed.dirty, {}
        if service is None or namespace is None or "deletionTimestamp" in namespace["metadata"]:
            return
        now = rfc3339(self._store.clock.now())
        for part in dirty:
            self._write_slice(backed, service, part, now)
        wanted = endpoints_of(service, backed.members.values(), now)
        if self._store.get(ENDPOINTS, *ref) is None:
            self._store.create(ENDPOINTS, wanted)
        else:
            self._store.replace(ENDPOINTS, *ref, lambda old: _over(old, wanted))

    def _write_slice(self, backed: _Backed, service: Json, part: _Slice, now: str) -> None:
        namespace = service["metadata"]["namespace"]
        if not part.names and len(backed.slices) > 1:
            backed.slices.remove(part)
            name, part.object_name = part.object_name, ""
            if name and self._store.get(SLICES, namespace, name) is not None:
                self._store.delete(SLICES, namespace, name)
            return
        entries = [backed.members[name].endpoint for name in sorted(part.names)]
        wanted = slice_of(service, part.ports if entries else (), entries, now)
        if part.object_name and self._store.get(SLICES, namespace, part.object_name) is not None:
            self._store.replace(SLICES, namespace, part.object_name, lambda old: _over(old, wanted))
        else:
            part.object_name = self._store.create(SLICES, wanted)["metadata"]["name"]


def _with_room(backed: _Backed, ports: Ports) -> _Slice:
    """Return a slice of these ports that has room for one more pod."""
    for part in reversed(backed.slices):
        if not part.names:
            part.ports = ports
        if part.ports == ports and len(part.names) < _MOST_IN_SLICE:
            return part
    part = _Slice(ports)
    backed.slices.append(part)
    return part


def _over(old: Json, wanted: Json) -> Json:
    """Return an object with what is wanted of it: the old one if only the time is another."""
    kept = {**old, **wanted}
    if "subsets" not in wanted:
        kept.pop("subsets", None)
    metadata = {**old["metadata"], "labels": wanted["metadata"]["labels"]}
    if {**kept, "metadata": metadata} == old:
        return old
    metadata["annotations"] = wanted["metadata"]["annotations"]
    return {**kept, "metadata": metadata}


def _seen(service: Json) -> list[object]:
    held = {**service["spec"], "labels": service["metadata"].get("labels")}
    return [held.get(name) for name in _FACTS]


def _ref(obj: Json) -> Ref:
    return obj["metadata"]["namespace"], obj["metadata"]["name"]
