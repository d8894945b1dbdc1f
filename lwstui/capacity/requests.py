"""What the pods of a group will ask of nodes, read from a set's raw template."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from controller.api.resources import (
    Accelerators,
    WireContainer,
    WireResources,
    effective_request,
)
from lwstui.capacity.claims import Uncountable, claimed, renamed
from lwstui.state.deviceclasses import NO_DEVICES, DeviceFacts, counts_devices


class _PodSpec(msgspec.Struct, frozen=True, rename="camel"):
    containers: list[WireContainer] | None = None
    init_containers: list[WireContainer] | None = None
    overhead: dict[str, str | int | float] | None = None
    resources: WireResources | None = None


class GroupRequest(msgspec.Struct, frozen=True):
    """Accelerators one group asks for, by role.

    Attributes:
        leader: Of the leader pod.
        worker: Of each worker pod.
        size: Pods per group, the leader included.
    """

    leader: Accelerators
    worker: Accelerators
    size: int

    @property
    def leader_devices(self) -> int:
        """Devices of the leader, all resources added."""
        return sum(amount for _, amount in self.leader)

    @property
    def worker_devices(self) -> int:
        """Devices of one worker, all resources added."""
        return sum(amount for _, amount in self.worker)

    @property
    def devices(self) -> int:
        """Devices of a whole group."""
        return self.leader_devices + (self.size - 1) * self.worker_devices


def pod_specs(spec: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """Return the raw pod specs of (leader, worker), or None if the template is malformed."""
    template = spec.get("leaderWorkerTemplate")
    if not isinstance(template, Mapping):
        return None
    worker = _pod_spec(template.get("workerTemplate"))
    leader = _pod_spec(template.get("leaderTemplate")) or worker
    return (leader, worker) if leader is not None and worker is not None else None


def _pod_spec(template: object) -> Mapping[str, Any] | None:
    spec = template.get("spec") if isinstance(template, Mapping) else None
    return spec if isinstance(spec, Mapping) else None


def group_request(
    spec: Mapping[str, Any], namespace: str = "", known: DeviceFacts = NO_DEVICES
) -> GroupRequest | None:
    """Return the accelerators a group of a set asks for, or None if that cannot be told.

    Args:
        spec: Of the set.
        namespace: Of the set.
        known: What classes of devices and templates of claims say.
    """
    specs = pod_specs(spec)
    if specs is None:
        return None
    try:
        leader, worker = (_devices(wanted(pod, namespace, known)) for pod in specs)
    except (msgspec.ValidationError, Uncountable):
        return None
    return GroupRequest(leader, worker, group_size(spec))


def group_size(spec: Mapping[str, Any]) -> int:
    """Return the pods per group of a set whose template can be read; 1 if it does not say."""
    size = spec["leaderWorkerTemplate"].get("size", 1)
    return size if isinstance(size, int) and size > 0 else 1


def _devices(request: Mapping[str, int]) -> Accelerators:
    return tuple(sorted((name, n) for name, n in request.items() if n and counts_devices(name)))


def wanted(spec: Mapping[str, Any], namespace: str, known: DeviceFacts) -> dict[str, int]:
    """Return what a pod of a raw spec asks for, by requests and by claims of devices.

    Raises:
        msgspec.ValidationError: If the spec does not have the shape of one.
        Uncountable: If it asks for devices by claims that cannot be counted.
    """
    found = Counter(renamed(asked(spec), known))
    found.update(claimed(spec, namespace, known))
    return dict(found)


def asked(spec: Mapping[str, Any]) -> dict[str, int]:
    """Return what a pod of a raw spec asks of a node: cpu in milli, all else in its unit.

    Raises:
        msgspec.ValidationError: If the spec does not have the shape of one.
    """
    pod = msgspec.convert(spec, _PodSpec)
    return effective_request(pod.containers, pod.init_containers, pod.overhead, pod.resources)
