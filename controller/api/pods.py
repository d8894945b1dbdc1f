"""Pods: flat, frozen, interned records, cheap to keep by the thousand.

``podwire`` names the JSON fields; ``Pod`` is what stores and planners hold. Times are epoch
seconds; counts of accelerators are whole devices as the scheduler counts them.
"""

from __future__ import annotations

from collections.abc import Sequence
from sys import intern
from typing import Final

import msgspec

from controller.api import names
from controller.api import podwire as wire
from controller.api.meta import Condition, Key, ObjectMeta, OwnerReference, parse_time
from controller.api.resources import (
    Accelerators,
    Amounts,
    WireContainer,
    accelerators,
    effective_request,
    others,
)

# The kubelet stamps a pod's start and its first conditions one after the other, in whole seconds.
_SAME_MOMENT_S: Final = 1.0
# A million replicas and as many surge groups.
_MOST_DIGITS: Final = 7


class Container(msgspec.Struct, frozen=True, gc=False):
    """One container of a pod, spec and status joined.

    Attributes:
        state: ``waiting``, ``running`` or ``terminated``; empty if the kubelet said nothing yet.
        reason: Reason of that state, such as ``CrashLoopBackOff``.
        last_reason: Reason of the previous termination, empty if none.
        last_exit_code: Exit code of the previous termination, or None.
        finished_at: When it ended, if its state is ``terminated``.
        last_started_at: When the previous run began.
    """

    name: str
    image: str
    init: bool = False
    ready: bool = False
    started: bool = False
    restarts: int = 0
    state: str = ""
    reason: str = ""
    message: str = ""
    exit_code: int | None = None
    started_at: float | None = None
    last_reason: str = ""
    last_exit_code: int | None = None
    last_finished_at: float | None = None
    finished_at: float | None = None
    last_started_at: float | None = None


class Pod(msgspec.Struct, frozen=True, gc=False):
    """One pod of a set, flat.

    Attributes:
        set_name: Value of the LWS name label; empty for other pods.
        group: Group index, -1 if the pod's group has no number.
        group_id: The group's identity as the label spells it, which need not be a number.
        worker: Worker index, 0 for the leader, -1 if unknown.
        revision: Key of the revision the pod was built from.
        size: Pods per group of that revision, 0 if unknown.
        ready: Ready condition is True.
        ready_changed_at: Last transition of the Ready condition.
        scheduled: PodScheduled condition is True, or a node is set.
        unscheduled_reason: Reason of a False PodScheduled condition.
        unscheduled_message: The scheduler's words.
        accelerators: Effective request by resource.
        cpu_milli: Effective cpu request in thousandths of a core.
        memory_bytes: Effective memory request.
        topology: Exclusive-topology key the pod was built with, empty if none.
        subgroup_topology: The same for subgroups.
        ownerless: Whether it refers to no owner at all.
        baseline_restarts: Restarts that happened before the pod was adopted.
        stop_asked_at: When deletion was requested; ``deleted_at`` is when its grace ends.
        subgroup: Subgroup index, -1 if none.
        devices: Ids of the devices its containers were given, where the kubelet says so: the
            vendor's UUIDs, or ``driver/pool/device`` for those of claims.
        sick_devices: Those of them that the kubelet calls unhealthy.
        others: Effective request of everything else: ephemeral storage, huge pages, any extended
            resource.
        claims: Names of the claims of devices it uses.
        nominated: The node that the scheduler keeps room on for it, empty if none.
    """

    namespace: str
    name: str
    uid: str
    resource_version: str
    created_at: float
    deleted_at: float | None = None
    foreground: bool = False
    owner_kind: str = ""
    owner_name: str = ""
    owner_uid: str = ""
    set_name: str = ""
    group: int = -1
    worker: int = -1
    group_key: str = ""
    revision: str = ""
    size: int = 0
    leader_name: str = ""
    topology: str = ""
    subgroup: int = -1
    phase: str = ""
    reason: str = ""
    message: str = ""
    node: str = ""
    ip: str = ""
    started_at: float | None = None
    ready: bool = False
    ready_changed_at: float | None = None
    initialized_at: float | None = None
    scheduled: bool = False
    scheduled_at: float | None = None
    unscheduled_reason: str = ""
    unscheduled_message: str = ""
    gates: tuple[str, ...] = ()
    containers: tuple[Container, ...] = ()
    accelerators: Accelerators = ()
    cpu_milli: int = 0
    memory_bytes: int = 0
    subdomain: str = ""
    group_id: str = ""
    subgroup_topology: str = ""
    ownerless: bool = False
    baseline_restarts: int = 0
    stop_asked_at: float | None = None
    devices: tuple[str, ...] = ()
    sick_devices: tuple[str, ...] = ()
    others: Amounts = ()
    nominated: str = ""
    claims: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether it has ended and holds nothing any more."""
        return self.phase in ("Succeeded", "Failed")

    @property
    def key(self) -> Key:
        """Namespace and name."""
        return Key(self.namespace, self.name)

    @property
    def set_key(self) -> Key:
        """Namespace and name of the set the pod's labels name."""
        return Key(self.namespace, self.set_name)

    @property
    def role(self) -> str:
        """``leader``, ``worker``, or empty."""
        if self.worker < 0:
            return ""
        return "leader" if self.worker == 0 else "worker"

    @property
    def terminating(self) -> bool:
        """Whether deletion was requested."""
        return self.deleted_at is not None

    @property
    def restarts(self) -> int:
        """Restarts of all containers, init containers included."""
        return sum(c.restarts for c in self.containers)

    @property
    def running_and_ready(self) -> bool:
        """Phase Running and Ready=True, the contract's readiness of one pod."""
        return self.phase == "Running" and self.ready

    @property
    def has_restarted(self) -> bool:
        """Fault by container restart: Running or Pending with any restartCount above 0.

        Restarts from before the pod was adopted do not count.
        """
        return self.phase in ("Running", "Pending") and self.restarts > self.baseline_restarts

    @property
    def lost_readiness(self) -> bool:
        """Whether the pod is not ready but has been.

        The Ready condition appears, False, when the kubelet starts the pod; a later transition
        to False is one from True.
        """
        if self.ready or self.started_at is None or self.ready_changed_at is None:
            return False
        return self.ready_changed_at > self.started_at + _SAME_MOMENT_S


def _state(states: wire.States) -> tuple[str, wire.State | None]:
    if states.running is not None:
        return "running", states.running
    if states.waiting is not None:
        return "waiting", states.waiting
    return ("terminated" if states.terminated is not None else ""), states.terminated


def _container(
    spec: WireContainer, status: wire.ContainerStatus | None, *, init: bool
) -> Container:
    if status is None:
        return Container(intern(spec.name), intern(spec.image), init)
    name, current = _state(status.state) if status.state is not None else ("", None)
    last = status.last_state.terminated if status.last_state else None
    return Container(
        intern(spec.name),
        intern(spec.image),
        init,
        status.ready,
        bool(status.started),
        status.restart_count,
        name,
        intern(current.reason) if current else "",
        current.message if current else "",
        current.exit_code if current is not None and name == "terminated" else None,
        parse_time(current.started_at) if current else None,
        intern(last.reason) if last else "",
        last.exit_code if last else None,
        parse_time(last.finished_at) if last else None,
        parse_time(current.finished_at) if current and name == "terminated" else None,
        parse_time(last.started_at) if last else None,
    )


def _containers(spec: wire.PodSpec, status: wire.PodStatus) -> tuple[Container, ...]:
    return (
        *_joined(spec.init_containers, status.init_container_statuses, init=True),
        *_joined(spec.containers, status.container_statuses, init=False),
    )


def _joined(
    specs: list[WireContainer] | None, statuses: list[wire.ContainerStatus] | None, *, init: bool
) -> list[Container]:
    if not specs:
        return []
    said = {status.name: status for status in statuses or ()}
    return [_container(spec, said.get(spec.name), init=init) for spec in specs]


def _index(text: str | None) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() else -1


def _ordinal(text: str) -> int:
    """Return a group's index, -1 for an identity that is not spelled like one."""
    index = _index(text) if len(text) <= _MOST_DIGITS else -1
    return index if str(index) == text else -1


def _stop_asked(meta: ObjectMeta) -> float | None:
    deleted_at = parse_time(meta.deletion_timestamp)
    if deleted_at is None:
        return None
    return deleted_at - (meta.deletion_grace_period_seconds or 0)


def _given(statuses: Sequence[wire.ContainerStatus]) -> dict[str, str]:
    """Return the health of the devices that containers were given, by id.

    A device that is shared out in replicas has their number behind two colons.
    """
    return {
        device.id.partition("::")[0]: device.health
        for status in statuses
        for devices in status.allocated_resources_status or ()
        for device in devices.resources or ()
    }


def _claims(spec: wire.PodSpec, status: wire.PodStatus) -> tuple[str, ...]:
    """Return the claims of a pod by name; one that has not been made yet has none."""
    refs = (*(spec.resource_claims or ()), *(status.resource_claim_statuses or ()))
    extended = status.extended_resource_claim_status
    if not refs and extended is None:
        return ()
    named = [ref.resource_claim_name for ref in refs]
    if extended is not None:
        named.append(extended.resource_claim_name)
    return tuple(dict.fromkeys(name for name in named if name))


def _asked(spec: wire.PodSpec, status: wire.PodStatus) -> dict[str, int]:
    """Return the effective request, less what a claim gives in a device plugin's place."""
    found = effective_request(spec.containers, spec.init_containers, spec.overhead, spec.resources)
    extended = status.extended_resource_claim_status
    if extended is None:
        return found
    given = {one.resource_name for one in extended.request_mappings or ()}
    return {name: amount for name, amount in found.items() if name not in given}


_NO_OWNER: Final = OwnerReference()
_NO_CONDITION: Final = Condition()


def _pod(whole: wire.WirePod) -> Pod:
    meta, spec, status = whole.metadata, whole.spec, whole.status
    labels, annotations = meta.labels or {}, meta.annotations or {}
    owner = meta.controller_owner or _NO_OWNER
    conditions = {c.type: c for c in status.conditions or ()}
    ready = conditions.get("Ready", _NO_CONDITION)
    scheduled = conditions.get("PodScheduled", _NO_CONDITION)
    initialized = conditions.get("Initialized", _NO_CONDITION)
    request = _asked(spec, status)
    refused = scheduled.status == "False"
    given = _given(status.container_statuses or ())
    return Pod(
        namespace=intern(meta.namespace),
        name=meta.name,
        uid=meta.uid,
        resource_version=meta.resource_version,
        created_at=parse_time(meta.creation_timestamp) or 0.0,
        deleted_at=parse_time(meta.deletion_timestamp),
        foreground="foregroundDeletion" in (meta.finalizers or ()),
        owner_kind=intern(owner.kind),
        owner_name=intern(owner.name),
        owner_uid=intern(owner.uid),
        set_name=intern(labels.get(names.SET_NAME, "")),
        group=_ordinal(labels.get(names.GROUP_INDEX, "")),
        worker=_index(labels.get(names.WORKER_INDEX)),
        group_key=intern(labels.get(names.GROUP_KEY, "")),
        revision=intern(labels.get(names.REVISION, "")),
        size=max(_index(annotations.get(names.SIZE)), 0),
        leader_name=intern(annotations.get(names.LEADER_NAME, "")),
        topology=intern(annotations.get(names.EXCLUSIVE_TOPOLOGY, "")),
        subgroup=_index(labels.get(names.SUBGROUP_INDEX)),
        phase=intern(status.phase),
        reason=intern(status.reason),
        message=status.message,
        node=intern(spec.node_name),
        ip=status.pod_ip,
        started_at=parse_time(status.start_time),
        ready=ready.status == "True",
        ready_changed_at=parse_time(ready.last_transition_time),
        initialized_at=parse_time(initialized.last_transition_time)
        if initialized.status == "True"
        else None,
        scheduled=bool(spec.node_name) or scheduled.status == "True",
        scheduled_at=parse_time(scheduled.last_transition_time)
        if scheduled.status == "True"
        else None,
        unscheduled_reason=intern(scheduled.reason) if refused else "",
        unscheduled_message=scheduled.message if refused else "",
        gates=tuple(intern(g.get("name", "")) for g in spec.scheduling_gates or ()),
        containers=_containers(spec, status),
        accelerators=accelerators(request),
        cpu_milli=request.get("cpu", 0),
        memory_bytes=request.get("memory", 0),
        subdomain=intern(spec.subdomain),
        group_id=intern(labels.get(names.GROUP_INDEX, "")),
        subgroup_topology=intern(annotations.get(names.SUBGROUP_EXCLUSIVE_TOPOLOGY, "")),
        ownerless=meta.ownerless,
        baseline_restarts=max(_index(annotations.get(names.RESTARTS_BASELINE)), 0),
        stop_asked_at=_stop_asked(meta),
        devices=tuple(given),
        sick_devices=tuple(device for device, health in given.items() if health == "Unhealthy"),
        others=others(request),
        nominated=intern(status.nominated_node_name),
        claims=_claims(spec, status),
    )


_POD_DECODER = msgspec.json.Decoder(wire.WirePod)


def decode_pod(raw: bytes | msgspec.Raw) -> Pod:
    """Return the pod in a JSON object.

    Raises:
        msgspec.DecodeError: If the JSON does not have the shape of a pod.
    """
    return _pod(_POD_DECODER.decode(raw))
