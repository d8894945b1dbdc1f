"""What nodes have free and what the pods of a group ask for, over every resource that is read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

import msgspec

from controller.api.core import Node
from controller.api.pods import Pod
from controller.api.resources import Amounts
from lwstui.capacity.free import held
from lwstui.capacity.requests import group_size, pod_specs, wanted
from lwstui.state.deviceclasses import NO_DEVICES, DeviceFacts, counts_devices
from lwstui.state.foreign import FINISHED, Load

CPU: Final = "cpu"
MEMORY: Final = "memory"
PODS: Final = "pods"
UNKNOWN: Final = 1 << 62
"""Free amount of what a node does not say: taken for enough, and named as an assumption."""

Vector = Mapping[str, int]
"""Amounts by resource: cpu in thousandths of a core, memory in bytes, pods and devices."""


class Shapes(msgspec.Struct, frozen=True):
    """What the two kinds of pods of a group ask for.

    Attributes:
        leader: Of the leader pod.
        worker: Of each worker pod.
        size: Pods per group, the leader included.
    """

    leader: Vector
    worker: Vector
    size: int

    @property
    def workers(self) -> int:
        """Workers per group."""
        return self.size - 1

    @property
    def resources(self) -> tuple[str, ...]:
        """Resources that are counted, devices first."""
        names = self.leader.keys() | (self.worker.keys() if self.workers else set())
        return tuple(sorted(names, key=lambda name: (name in (CPU, MEMORY, PODS), name)))

    @property
    def devices(self) -> tuple[str, ...]:
        """Accelerators that a group asks for, by resource name."""
        return tuple(name for name in self.resources if counts_devices(name))

    @property
    def others(self) -> tuple[str, ...]:
        """What a group asks for besides devices, cpu, memory and places of pods."""
        apart = (CPU, MEMORY, PODS, *self.devices)
        return tuple(name for name in self.resources if name not in apart)


def shapes(
    spec: Mapping[str, Any], namespace: str = "", known: DeviceFacts = NO_DEVICES
) -> Shapes | None:
    """Return what a group of a set asks for, or None if the template cannot be read.

    Args:
        spec: Of the set.
        namespace: Of the set.
        known: What classes of devices and templates of claims say.

    Raises:
        Uncountable: If it asks for devices by claims that cannot be counted.
    """
    specs = pod_specs(spec)
    if specs is None:
        return None
    try:
        leader, worker = (_vector(pod, namespace, known) for pod in specs)
    except msgspec.ValidationError:
        return None
    return Shapes(leader, worker, group_size(spec))


def _vector(spec: Mapping[str, Any], namespace: str, known: DeviceFacts) -> dict[str, int]:
    found = wanted(spec, namespace, known)
    return {name: amount for name, amount in found.items() if amount} | {PODS: 1}


def vector(pod: Pod) -> dict[str, int]:
    """Return what a pod asks for, itself included."""
    found = {**dict(pod.accelerators), **dict(pod.others), PODS: 1}
    found |= {CPU: pod.cpu_milli, MEMORY: pod.memory_bytes}
    return {name: amount for name, amount in found.items() if amount}


def free_vector(
    node: Node, pods: Iterable[Pod], load: Load | None = None, names: Collection[str] = ()
) -> dict[str, int]:
    """Return what a node has free: allocatable less what every pod bound to it asks for.

    Pods that are being terminated hold what they have until they are gone.

    Args:
        node: The node.
        pods: Pods bound to it that are known one by one.
        load: What its other pods hold, None if that is not known.
        names: What to count besides devices, cpu, memory and pods.
    """
    holding = [pod for pod in pods if pod.phase not in FINISHED]
    more = load or Load()
    taken = held(holding)
    free = {name: max(0, amount - taken.get(name, 0)) for name, amount in node.allocatable}
    for name, offered, used in (
        (CPU, node.cpu_milli, sum(pod.cpu_milli for pod in holding) + more.cpu_milli),
        (MEMORY, node.memory_bytes, sum(pod.memory_bytes for pod in holding) + more.memory_bytes),
        (PODS, node.max_pods, len(holding) + more.pods),
    ):
        free[name] = max(0, offered - used) if offered else UNKNOWN
    if names:
        rest = _used(chain((pod.others for pod in holding), (more.others,)))
        offers = dict(node.others)
        free |= {name: max(0, offers.get(name, 0) - rest.get(name, 0)) for name in names}
    return free


def _used(held: Iterable[Amounts]) -> dict[str, int]:
    total: dict[str, int] = {}
    for amounts in held:
        for name, amount in amounts:
            total[name] = total.get(name, 0) + amount
    return total


@dataclass(frozen=True, slots=True)
class Holders:
    """The nodes, and who holds what on them.

    Attributes:
        nodes: Nodes by name.
        pods: Pods on each that are known one by one.
        loads: What the other pods of each hold, None if that is not known.
        names: What is counted besides devices, cpu, memory and pods.
        come: UIDs of pods among them that are only taken to come there.
    """

    nodes: Mapping[str, Node]
    pods: Mapping[str, tuple[Pod, ...]]
    loads: Mapping[str, Load] | None = None
    names: tuple[str, ...] = ()
    come: frozenset[str] = frozenset()

    def free(self, name: str, pods: Iterable[Pod] | None = None) -> dict[str, int]:
        """Return what a node has free, with the pods on it or with others in their place."""
        there = self.pods.get(name, ()) if pods is None else pods
        return free_vector(self.nodes[name], there, (self.loads or {}).get(name), self.names)

    def live(self, name: str, namespace: str) -> Iterator[Pod]:
        """Yield the pods of a namespace that hold something on a node."""
        for pod in self.pods.get(name, ()):
            if pod.namespace == namespace and pod.phase not in FINISHED:
                yield pod


def fits(request: Vector, free: Vector) -> bool:
    """Tell whether a pod fits."""
    return all(free.get(name, 0) >= amount for name, amount in request.items())


def lacking(request: Vector, free: Vector) -> tuple[str, ...]:
    """Return the resources that a pod asks for and does not find, by name."""
    return tuple(sorted(name for name, amount in request.items() if free.get(name, 0) < amount))


def taking(free: Vector, request: Vector, times: int = 1) -> dict[str, int]:
    """Return what is left after placing pods; below zero where they do not fit."""
    left = dict(free)
    for name, amount in request.items():
        left[name] = left.get(name, 0) - times * amount
    return left
