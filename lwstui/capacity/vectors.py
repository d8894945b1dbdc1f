"""What nodes have free and what the pods of a group ask for, over every resource that is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from controller.api.core import Node
from controller.api.pods import Pod
from controller.api.resources import WireContainer, effective_request, is_accelerator
from lwstui.capacity.free import held
from lwstui.capacity.requests import group_size, pod_specs
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
        uncounted: Resources they ask for that are not read from nodes.
    """

    leader: Vector
    worker: Vector
    size: int
    uncounted: tuple[str, ...] = ()

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
        return tuple(name for name in self.resources if is_accelerator(name))


class _Template(msgspec.Struct, frozen=True, rename="camel"):
    containers: list[WireContainer] | None = None
    init_containers: list[WireContainer] | None = None
    overhead: dict[str, str | int | float] | None = None


def shapes(spec: Mapping[str, Any]) -> Shapes | None:
    """Return what a group of a set asks for, or None if the template cannot be read."""
    specs = pod_specs(spec)
    if specs is None:
        return None
    try:
        leader, worker = (msgspec.convert(pod, _Template) for pod in specs)
    except msgspec.ValidationError:
        return None
    uncounted = sorted({*_uncounted(leader), *_uncounted(worker)})
    return Shapes(_vector(leader), _vector(worker), group_size(spec), tuple(uncounted))


def _vector(pod: _Template) -> dict[str, int]:
    asked = effective_request(pod.containers, pod.init_containers, pod.overhead)
    return {name: amount for name, amount in asked.items() if amount} | {PODS: 1}


def _uncounted(pod: _Template) -> Iterator[str]:
    for container in (*(pod.containers or ()), *(pod.init_containers or ())):
        if container.resources is not None:
            asked = {**(container.resources.limits or {}), **(container.resources.requests or {})}
            yield from (n for n in asked if n not in (CPU, MEMORY) and not is_accelerator(n))


def free_vector(node: Node, pods: Iterable[Pod], load: Load | None = None) -> dict[str, int]:
    """Return what a node has free: allocatable less what every pod bound to it asks for.

    Pods that are being terminated hold what they have until they are gone.

    Args:
        node: The node.
        pods: Pods bound to it that are known one by one.
        load: What its other pods hold, None if that is not known.
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
    return free


@dataclass(frozen=True, slots=True)
class Holders:
    """The nodes, and who holds what on them.

    Attributes:
        nodes: Nodes by name.
        pods: Pods on each that are known one by one.
        loads: What the other pods of each hold, None if that is not known.
    """

    nodes: Mapping[str, Node]
    pods: Mapping[str, tuple[Pod, ...]]
    loads: Mapping[str, Load] | None = None

    def free(self, name: str, pods: Iterable[Pod] | None = None) -> dict[str, int]:
        """Return what a node has free, with the pods on it or with others in their place."""
        there = self.pods.get(name, ()) if pods is None else pods
        return free_vector(self.nodes[name], there, (self.loads or {}).get(name))

    def live(self, name: str, namespace: str) -> Iterator[Pod]:
        """Yield the pods of a namespace that hold something on a node."""
        for pod in self.pods.get(name, ()):
            if pod.namespace == namespace and pod.phase not in FINISHED:
                yield pod


def fits(asked: Vector, free: Vector) -> bool:
    """Tell whether a pod fits."""
    return all(free.get(name, 0) >= amount for name, amount in asked.items())


def lacking(asked: Vector, free: Vector) -> tuple[str, ...]:
    """Return the resources that a pod asks for and does not find, by name."""
    return tuple(sorted(name for name, amount in asked.items() if free.get(name, 0) < amount))


def taking(free: Vector, asked: Vector, times: int = 1) -> dict[str, int]:
    """Return what is left after placing pods; below zero where they do not fit."""
    left = dict(free)
    for name, amount in asked.items():
        left[name] = left.get(name, 0) - times * amount
    return left
