"""Services, nodes, revisions, events and claims: the slices of them we read.

Wire structs name the JSON fields; records are what stores and planners hold. Times are epoch
seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from sys import intern
from typing import Any, Final

import msgspec

from controller.api import names, quantity
from controller.api.meta import Condition, Key, ObjectMeta, OwnerReference, parse_time
from controller.api.resources import Accelerators, Amounts, devices, lenient, offered

_NO_OWNER: Final = OwnerReference()
_NO_CONDITION: Final = Condition()


class Service(msgspec.Struct, frozen=True, gc=False):
    """One Service: identity, owner, and whether it gives pods names.

    Attributes:
        owner_uid: UID of the controlling owner, empty if none.
        names_pods: Headless and publishing addresses that are not ready, as the names of a
            group's pods need it.
        selector: Sorted (label, value) pairs.
        ownerless: Whether it refers to no owner at all.
    """

    namespace: str
    name: str
    uid: str
    owner_uid: str = ""
    owner_kind: str = ""
    set_name: str = ""
    deleted_at: float | None = None
    names_pods: bool = False
    selector: tuple[tuple[str, str], ...] = ()
    resource_version: str = ""
    ownerless: bool = False

    @property
    def key(self) -> Key:
        """Namespace and name."""
        return Key(self.namespace, self.name)

    def does_for(self, labels: Mapping[str, str]) -> bool:
        """Tell whether it names pods with these labels, whoever made it."""
        selects = bool(self.selector) and set(self.selector) <= set(labels.items())
        return self.names_pods and selects and self.deleted_at is None


class Node(msgspec.Struct, frozen=True):
    """One node: schedulability, accelerators and the labels topology keys come from.

    Attributes:
        troubles: (type, reason) of conditions other than Ready that are True.
        others: What else it offers: ephemeral storage, huge pages, any extended resource.
    """

    name: str
    uid: str = ""
    created_at: float = 0.0
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    unschedulable: bool = False
    ready: bool = False
    ready_reason: str = ""
    ready_changed_at: float | None = None
    taints: tuple[tuple[str, str, str], ...] = ()
    allocatable: Accelerators = ()
    capacity: Accelerators = ()
    cpu_milli: int = 0
    memory_bytes: int = 0
    max_pods: int = 0
    kubelet_version: str = ""
    troubles: tuple[tuple[str, str], ...] = ()
    others: Amounts = ()


class Revision(msgspec.Struct, frozen=True):
    """One ControllerRevision of a set.

    Attributes:
        key: Value of the template-revision-hash label.
        number: ``revision``, growing by one with each new one.
        data: Raw ``data`` object (the recorded patch).
        ownerless: Whether it refers to no owner at all.
    """

    namespace: str
    name: str
    uid: str
    key: str
    number: int
    set_name: str = ""
    owner_uid: str = ""
    created_at: float = 0.0
    deleted_at: float | None = None
    data: dict[str, Any] = msgspec.field(default_factory=dict)
    resource_version: str = ""
    ownerless: bool = False


class Event(msgspec.Struct, frozen=True, gc=False):
    """One event, from either event API.

    Attributes:
        type: Normal or Warning.
        note: Human text (``note`` or ``message``).
        count: Occurrences, at least 1.
    """

    namespace: str
    name: str
    uid: str
    type: str
    reason: str
    note: str
    regarding_kind: str
    regarding_name: str
    regarding_uid: str = ""
    count: int = 1
    first_at: float = 0.0
    last_at: float = 0.0
    reporter: str = ""


class Claim(msgspec.Struct, frozen=True, gc=False):
    """One PersistentVolumeClaim made for a pod of a set.

    Attributes:
        owner_uid: UID of the controlling owner, empty if none.
        owners: All its owners, in the order of the object.
    """

    namespace: str
    name: str
    uid: str
    set_name: str = ""
    owner_uid: str = ""
    phase: str = ""
    deleted_at: float | None = None
    resource_version: str = ""
    owners: tuple[OwnerReference, ...] = ()


class _ServiceSpec(msgspec.Struct, frozen=True, rename="camel"):
    cluster_ip: str = msgspec.field(default="", name="clusterIP")
    publish_not_ready_addresses: bool = False
    selector: dict[str, str] | None = None


class _WireService(msgspec.Struct, frozen=True):
    metadata: ObjectMeta = ObjectMeta()
    spec: _ServiceSpec = _ServiceSpec()


_SERVICE_DECODER = msgspec.json.Decoder(_WireService)


def decode_service(raw: bytes | msgspec.Raw) -> Service:
    """Return the Service in a JSON object."""
    wire = _SERVICE_DECODER.decode(raw)
    meta, spec = wire.metadata, wire.spec
    owner = meta.controller_owner or _NO_OWNER
    return Service(
        meta.namespace,
        meta.name,
        meta.uid,
        owner.uid,
        owner.kind,
        (meta.labels or {}).get(names.SET_NAME, ""),
        parse_time(meta.deletion_timestamp),
        spec.cluster_ip == "None" and spec.publish_not_ready_addresses,
        tuple(sorted((spec.selector or {}).items())),
        meta.resource_version,
        meta.ownerless,
    )


class _Taint(msgspec.Struct, frozen=True):
    key: str = ""
    value: str = ""
    effect: str = ""


class _NodeSpec(msgspec.Struct, frozen=True):
    unschedulable: bool = False
    taints: list[_Taint] | None = None


class _NodeInfo(msgspec.Struct, frozen=True, rename="camel"):
    kubelet_version: str = ""


class _NodeStatus(msgspec.Struct, frozen=True, rename="camel"):
    capacity: dict[str, str | int | float] | None = None
    allocatable: dict[str, str | int | float] | None = None
    conditions: list[Condition] | None = None
    node_info: _NodeInfo = _NodeInfo()


class _WireNode(msgspec.Struct, frozen=True):
    metadata: ObjectMeta = ObjectMeta()
    spec: _NodeSpec = _NodeSpec()
    status: _NodeStatus = _NodeStatus()


_NODE_DECODER = msgspec.json.Decoder(_WireNode)


def decode_node(raw: bytes | msgspec.Raw) -> Node:
    """Return the node in a JSON object."""
    wire = _NODE_DECODER.decode(raw)
    meta, spec, status = wire.metadata, wire.spec, wire.status
    ready = next((c for c in status.conditions or () if c.type == "Ready"), _NO_CONDITION)
    allocatable = status.allocatable or {}
    return Node(
        name=meta.name,
        uid=meta.uid,
        created_at=parse_time(meta.creation_timestamp) or 0.0,
        labels=meta.labels or {},
        unschedulable=spec.unschedulable,
        ready=ready.status == "True",
        ready_reason=ready.reason,
        ready_changed_at=parse_time(ready.last_transition_time),
        taints=tuple((t.key, t.value, t.effect) for t in spec.taints or ()),
        allocatable=tuple(sorted(devices(allocatable).items())),
        capacity=tuple(sorted(devices(status.capacity).items())),
        cpu_milli=lenient(quantity.milli, allocatable.get("cpu", 0)),
        memory_bytes=lenient(quantity.whole, allocatable.get("memory", 0)),
        max_pods=lenient(quantity.whole, allocatable.get("pods", 0)),
        kubelet_version=status.node_info.kubelet_version,
        troubles=tuple(
            (intern(c.type), intern(c.reason))
            for c in status.conditions or ()
            if c.type != "Ready" and c.status == "True"
        ),
        others=offered(allocatable),
    )


class _WireRevision(msgspec.Struct, frozen=True):
    metadata: ObjectMeta = ObjectMeta()
    data: dict[str, Any] | None = None
    revision: int = 0


_REVISION_DECODER = msgspec.json.Decoder(_WireRevision)


def decode_revision(raw: bytes | msgspec.Raw) -> Revision:
    """Return the ControllerRevision in a JSON object."""
    wire = _REVISION_DECODER.decode(raw)
    meta = wire.metadata
    labels = meta.labels or {}
    return Revision(
        meta.namespace,
        meta.name,
        meta.uid,
        labels.get(names.REVISION, ""),
        wire.revision,
        labels.get(names.SET_NAME, ""),
        (meta.controller_owner or _NO_OWNER).uid,
        parse_time(meta.creation_timestamp) or 0.0,
        parse_time(meta.deletion_timestamp),
        wire.data or {},
        meta.resource_version,
        meta.ownerless,
    )


class _ObjectReference(msgspec.Struct, frozen=True):
    kind: str = ""
    name: str = ""
    uid: str = ""


class _Series(msgspec.Struct, frozen=True, rename="camel"):
    count: int = 0
    last_observed_time: str | None = None


class _WireEvent(msgspec.Struct, frozen=True, rename="camel"):
    metadata: ObjectMeta = ObjectMeta()
    type: str = "Normal"
    reason: str = ""
    note: str = ""
    message: str = ""
    regarding: _ObjectReference | None = None
    involved_object: _ObjectReference | None = None
    series: _Series | None = None
    count: int = 0
    deprecated_count: int = 0
    event_time: str | None = None
    first_timestamp: str | None = None
    last_timestamp: str | None = None
    deprecated_first_timestamp: str | None = None
    deprecated_last_timestamp: str | None = None
    reporting_controller: str = ""
    reporting_component: str = ""


_EVENT_DECODER = msgspec.json.Decoder(_WireEvent)


def decode_event(raw: bytes | msgspec.Raw) -> Event:
    """Return the event in a JSON object of either event API."""
    wire = _EVENT_DECODER.decode(raw)
    about = wire.regarding or wire.involved_object or _ObjectReference()
    series = wire.series or _Series()
    created = parse_time(wire.metadata.creation_timestamp) or 0.0
    first = parse_time(wire.deprecated_first_timestamp or wire.first_timestamp or wire.event_time)
    last = parse_time(
        series.last_observed_time
        or wire.deprecated_last_timestamp
        or wire.last_timestamp
        or wire.event_time
    )
    return Event(
        wire.metadata.namespace,
        wire.metadata.name,
        wire.metadata.uid,
        intern(wire.type),
        intern(wire.reason),
        wire.note or wire.message,
        intern(about.kind),
        about.name,
        about.uid,
        max(series.count, wire.deprecated_count, wire.count, 1),
        first or created,
        last or first or created,
        intern(wire.reporting_controller or wire.reporting_component),
    )


class _ClaimStatus(msgspec.Struct, frozen=True):
    phase: str = ""


class _WireClaim(msgspec.Struct, frozen=True):
    metadata: ObjectMeta = ObjectMeta()
    status: _ClaimStatus = _ClaimStatus()


_CLAIM_DECODER = msgspec.json.Decoder(_WireClaim)


def decode_claim(raw: bytes | msgspec.Raw) -> Claim:
    """Return the PersistentVolumeClaim in a JSON object."""
    wire = _CLAIM_DECODER.decode(raw)
    meta = wire.metadata
    return Claim(
        meta.namespace,
        meta.name,
        meta.uid,
        (meta.labels or {}).get(names.SET_NAME, ""),
        (meta.controller_owner or _NO_OWNER).uid,
        wire.status.phase,
        parse_time(meta.deletion_timestamp),
        meta.resource_version,
        tuple(meta.owner_references or ()),
    )
