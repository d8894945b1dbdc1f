"""Dynamic resource allocation: the slices of its objects that we read.

Versions differ in where a request and a device keep their fields: ``v1`` has a request's under
``exactly`` and a device's beside its name, ``v1beta1`` the other way round.
"""

from __future__ import annotations

from collections.abc import Sequence
from sys import intern
from typing import Any, Final

import msgspec

from controller.api.meta import Key, ObjectMeta, OwnerReference

_KEPT: Final = ("type", "uuid", "productName")
_SHUTTING: Final = ("NoSchedule", "NoExecute")


class Device(msgspec.Struct, frozen=True, gc=False):
    """One device that a driver offers.

    Attributes:
        node: The node it is on, where devices of a slice are on several.
        kind: What it is, such as ``gpu`` or ``mig``; empty if the driver does not say.
        uuid: The vendor's id, empty if the driver does not say.
        shut: Whether a taint keeps new claims off it.
        counters: Sets of counters it shares with others: parts of one device are alternatives.
    """

    name: str
    node: str = ""
    kind: str = ""
    uuid: str = ""
    product: str = ""
    shut: bool = False
    counters: tuple[str, ...] = ()


class DeviceSlice(msgspec.Struct, frozen=True, gc=False):
    """Some devices of a pool of a driver.

    Attributes:
        generation: Of the pool; only slices of the highest one count.
        slices: How many slices the pool has in that generation.
        node: The node they are on, empty if they are on several or on none.
    """

    name: str
    uid: str
    driver: str
    pool: str
    generation: int = 0
    slices: int = 1
    node: str = ""
    devices: tuple[Device, ...] = ()


class DeviceRequest(msgspec.Struct, frozen=True, gc=False):
    """What one request of a claim asks for.

    Attributes:
        device_class: Name of the class; of the first alternative if there are several.
        count: How many devices; 0 if it takes all there are.
        beyond: What else it asks for that cannot be counted, empty if nothing.
        looks: Whether it only looks at devices that others hold.
    """

    name: str
    device_class: str = ""
    count: int = 1
    beyond: str = ""
    looks: bool = False


class Allotted(msgspec.Struct, frozen=True, gc=False):
    """One device that a claim was given.

    Attributes:
        share: Id of a share of it, empty if it was given whole.
    """

    driver: str
    pool: str
    device: str
    looks: bool = False
    share: str = ""


class DeviceClaim(msgspec.Struct, frozen=True, gc=False):
    """One ResourceClaim.

    Attributes:
        allotted: The devices it was given.
        allocated: Whether it was given what it asks for.
        users: UIDs of the pods that may use it.
    """

    namespace: str
    name: str
    uid: str
    requests: tuple[DeviceRequest, ...] = ()
    allotted: tuple[Allotted, ...] = ()
    allocated: bool = False
    users: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """Namespace and name."""
        return Key(self.namespace, self.name)


class DeviceClass(msgspec.Struct, frozen=True, gc=False):
    """One class of devices.

    Attributes:
        selectors: What devices of it must meet, as CEL.
        stands_for: Extended resource that pods may ask for in its place, empty if none.
    """

    name: str
    uid: str
    selectors: tuple[str, ...] = ()
    stands_for: str = ""


class ClaimTemplate(msgspec.Struct, frozen=True, gc=False):
    """What claims are made from."""

    namespace: str
    name: str
    uid: str
    requests: tuple[DeviceRequest, ...] = ()

    @property
    def key(self) -> Key:
        """Namespace and name."""
        return Key(self.namespace, self.name)


class _Taint(msgspec.Struct, frozen=True):
    effect: str = ""


class _Consumes(msgspec.Struct, frozen=True, rename="camel"):
    counter_set: str = ""


class _Basic(msgspec.Struct, frozen=True, rename="camel"):
    attributes: dict[str, dict[str, Any]] | None = None
    taints: list[_Taint] | None = None
    consumes_counters: list[_Consumes] | None = None
    node_name: str = ""


class _WireDevice(_Basic, frozen=True, rename="camel"):
    name: str = ""
    basic: _Basic | None = None


class _Pool(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    generation: int = 0
    resource_slice_count: int = 1


class _SliceSpec(msgspec.Struct, frozen=True, rename="camel"):
    driver: str = ""
    pool: _Pool = _Pool()
    node_name: str = ""
    devices: list[_WireDevice] | None = None


class _WireSlice(msgspec.Struct, frozen=True):
    metadata: ObjectMeta = ObjectMeta()
    spec: _SliceSpec = _SliceSpec()


_SLICES: Final = msgspec.json.Decoder(_WireSlice)


def decode_slice(raw: bytes | msgspec.Raw) -> DeviceSlice:
    """Return the ResourceSlice in a JSON object."""
    wire = _SLICES.decode(raw)
    spec = wire.spec
    return DeviceSlice(
        wire.metadata.name,
        wire.metadata.uid,
        intern(spec.driver),
        intern(spec.pool.name),
        spec.pool.generation,
        spec.pool.resource_slice_count,
        intern(spec.node_name),
        tuple(_device(one, spec.driver) for one in spec.devices or ()),
    )


def _device(wire: _WireDevice, driver: str) -> Device:
    facts = wire.basic or wire
    said = {name.removeprefix(f"{driver}/"): one for name, one in (facts.attributes or {}).items()}
    kind, uuid, product = (str(said.get(name, {}).get("string", "")) for name in _KEPT)
    return Device(
        intern(wire.name),
        intern(facts.node_name),
        intern(kind),
        uuid,
        intern(product),
        any(taint.effect in _SHUTTING for taint in facts.taints or ()),
        tuple(intern(one.counter_set) for one in facts.consumes_counters or ()),
    )


class _Exactly(msgspec.Struct, frozen=True, rename="camel"):
    device_class_name: str = ""
    selectors: list[Any] | None = None
    allocation_mode: str = ""
    count: int | None = None
    admin_access: bool | None = None
    capacity: dict[str, Any] | None = None


class _Request(_Exactly, frozen=True, rename="camel"):
    name: str = ""
    exactly: _Exactly | None = None
    first_available: list[_Exactly] | None = None


class _Devices(msgspec.Struct, frozen=True):
    requests: list[_Request] | None = None
    constraints: list[Any] | None = None


class _ClaimSpec(msgspec.Struct, frozen=True):
    devices: _Devices = _Devices()


class _Result(msgspec.Struct, frozen=True, rename="camel"):
    driver: str = ""
    pool: str = ""
    device: str = ""
    admin_access: bool | None = None
    share_id: str | None = msgspec.field(default=None, name="shareID")


class _Results(msgspec.Struct, frozen=True):
    results: list[_Result] | None = None


class _Allocation(msgspec.Struct, frozen=True):
    devices: _Results = _Results()


class _ClaimStatus(msgspec.Struct, frozen=True, rename="camel"):
    allocation: _Allocation | None = None
    reserved_for: list[OwnerReference] | None = None


class _WireClaim(msgspec.Struct, frozen=True):
    metadata: ObjectMeta = ObjectMeta()
    spec: _ClaimSpec = _ClaimSpec()
    status: _ClaimStatus = _ClaimStatus()


_CLAIMS: Final = msgspec.json.Decoder(_WireClaim)


def decode_device_claim(raw: bytes | msgspec.Raw) -> DeviceClaim:
    """Return the ResourceClaim in a JSON object."""
    wire = _CLAIMS.decode(raw)
    meta, given = wire.metadata, wire.status.allocation
    results = given.devices.results or () if given is not None else ()
    return DeviceClaim(
        intern(meta.namespace),
        meta.name,
        meta.uid,
        _requests(wire.spec.devices),
        tuple(
            Allotted(
                intern(one.driver),
                intern(one.pool),
                intern(one.device),
                bool(one.admin_access),
                one.share_id or "",
            )
            for one in results
        ),
        given is not None,
        tuple(user.uid for user in wire.status.reserved_for or ()),
    )


def _requests(devices: _Devices) -> tuple[DeviceRequest, ...]:
    tied = "constraints between devices" if devices.constraints else ""
    return tuple(_request(one, tied) for one in devices.requests or ())


def _request(wire: _Request, tied: str) -> DeviceRequest:
    several: Sequence[_Exactly] = wire.first_available or ()
    one = several[0] if several else wire.exactly or wire
    every = one.allocation_mode == "All"
    count = 1 if one.count is None else one.count
    beyond = (
        "alternatives" if several else "",
        "selectors" if one.selectors else "",
        "all devices of a node" if every else "",
        "a part of a device's capacity" if one.capacity else "",
        tied,
    )
    return DeviceRequest(
        intern(wire.name),
        intern(one.device_class_name),
        0 if every else count,
        intern(next(filter(None, beyond), "")),
        bool(one.admin_access),
    )


class _TemplateSpec(msgspec.Struct, frozen=True):
    spec: _ClaimSpec = _ClaimSpec()


class _WireTemplate(msgspec.Struct, frozen=True):
    metadata: ObjectMeta = ObjectMeta()
    spec: _TemplateSpec = _TemplateSpec()


_TEMPLATES: Final = msgspec.json.Decoder(_WireTemplate)


def decode_claim_template(raw: bytes | msgspec.Raw) -> ClaimTemplate:
    """Return the ResourceClaimTemplate in a JSON object."""
    wire = _TEMPLATES.decode(raw)
    meta = wire.metadata
    return ClaimTemplate(
        intern(meta.namespace), meta.name, meta.uid, _requests(wire.spec.spec.devices)
    )


class _Cel(msgspec.Struct, frozen=True):
    expression: str = ""


class _Selector(msgspec.Struct, frozen=True):
    cel: _Cel = _Cel()


class _ClassSpec(msgspec.Struct, frozen=True, rename="camel"):
    selectors: list[_Selector] | None = None
    extended_resource_name: str | None = None


class _WireClass(msgspec.Struct, frozen=True):
    metadata: ObjectMeta = ObjectMeta()
    spec: _ClassSpec = _ClassSpec()


_CLASSES: Final = msgspec.json.Decoder(_WireClass)


def decode_device_class(raw: bytes | msgspec.Raw) -> DeviceClass:
    """Return the DeviceClass in a JSON object."""
    wire = _CLASSES.decode(raw)
    return DeviceClass(
        intern(wire.metadata.name),
        wire.metadata.uid,
        tuple(one.cel.expression for one in wire.spec.selectors or ()),
        intern(wire.spec.extended_resource_name or ""),
    )
