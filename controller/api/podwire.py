"""Pods as the API server writes them, as far as they are read: the shape of the JSON."""

from __future__ import annotations

import msgspec

from controller.api.meta import Condition, ObjectMeta
from controller.api.resources import WireContainer, WireResources


class State(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One state of a container."""

    reason: str = ""
    message: str = ""
    exit_code: int = 0
    signal: int = 0
    started_at: str | None = None
    finished_at: str | None = None


class States(msgspec.Struct, frozen=True, gc=False):
    """The states of a container; one of them is set."""

    waiting: State | None = None
    running: State | None = None
    terminated: State | None = None


class Device(msgspec.Struct, frozen=True, gc=False):
    """A device a container was given."""

    id: str = msgspec.field(default="", name="resourceID")
    health: str = ""


class Devices(msgspec.Struct, frozen=True, gc=False):
    """The devices of one resource."""

    name: str = ""
    resources: list[Device] | None = None


class ContainerStatus(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What the kubelet says of a container."""

    name: str = ""
    ready: bool = False
    started: bool | None = None
    restart_count: int = 0
    image: str = ""
    state: States | None = None
    last_state: States | None = None
    allocated_resources_status: list[Devices] | None = None


class ClaimRef(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A claim a pod uses: by name, or one that was made from a template."""

    name: str = ""
    resource_claim_name: str | None = None


class Mapped(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """An extended resource that a claim gives in a device plugin's place."""

    resource_name: str = ""


class MappedClaim(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The claim that was made for extended resources."""

    resource_claim_name: str = ""
    request_mappings: list[Mapped] | None = None


class PodSpec(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What is read of a spec."""

    node_name: str = ""
    subdomain: str = ""
    containers: list[WireContainer] | None = None
    init_containers: list[WireContainer] | None = None
    overhead: dict[str, str | int | float] | None = None
    resources: WireResources | None = None
    scheduling_gates: list[dict[str, str]] | None = None
    resource_claims: list[ClaimRef] | None = None
    termination_grace_period_seconds: int | None = None


class PodStatus(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What is read of a status."""

    phase: str = ""
    reason: str = ""
    message: str = ""
    nominated_node_name: str = ""
    pod_ip: str = msgspec.field(default="", name="podIP")
    start_time: str | None = None
    conditions: list[Condition] | None = None
    container_statuses: list[ContainerStatus] | None = None
    init_container_statuses: list[ContainerStatus] | None = None
    resource_claim_statuses: list[ClaimRef] | None = None
    extended_resource_claim_status: MappedClaim | None = None


class WirePod(msgspec.Struct, frozen=True):
    """What is read of a pod."""

    metadata: ObjectMeta = ObjectMeta()
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()
