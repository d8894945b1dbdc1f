"""Accelerators of nodes: usable, allocated and free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from controller.api.core import Node
from controller.api.pods import Pod


class Devices(msgspec.Struct, frozen=True):
    """One accelerator resource on one node, in devices.

    Attributes:
        resource: Resource name, such as ``nvidia.com/gpu``.
        allocatable: Healthy devices the node offers.
        capacity: Devices the node has, unhealthy ones included.
        allocated: Devices that pods bound to the node hold.
    """

    resource: str
    allocatable: int
    capacity: int
    allocated: int

    @property
    def free(self) -> int:
        """Devices a new pod could get; never negative."""
        return max(0, self.allocatable - self.allocated)

    @property
    def overcommitted(self) -> int:
        """Devices that are held but no longer healthy."""
        return max(0, self.allocated - self.allocatable)

    @property
    def unhealthy(self) -> int:
        """Devices that exist but are not offered."""
        return max(0, self.capacity - self.allocatable)


def held(pods: Iterable[Pod]) -> dict[str, int]:
    """Return the devices that pods bound to a node hold; finished pods hold nothing."""
    total: dict[str, int] = {}
    for pod in pods:
        if pod.phase in ("Succeeded", "Failed"):
            continue
        for resource, amount in pod.accelerators:
            total[resource] = total.get(resource, 0) + amount
    return total


def node_devices(node: Node, pods: Iterable[Pod]) -> tuple[Devices, ...]:
    """Return a node's accelerators by resource name, given the pods bound to it."""
    allocatable, capacity, taken = dict(node.allocatable), dict(node.capacity), held(pods)
    return tuple(
        Devices(
            name,
            allocatable.get(name, 0),
            max(capacity.get(name, 0), allocatable.get(name, 0)),
            taken.get(name, 0),
        )
        for name in sorted(allocatable.keys() | capacity.keys() | taken.keys())
    )


def totals(
    nodes: Mapping[str, Node], node_pods: Mapping[str, tuple[Pod, ...]]
) -> tuple[Devices, ...]:
    """Return the accelerators of all nodes, added per resource name and never across names."""
    return added(node_devices(node, node_pods.get(node.name, ())) for node in nodes.values())


def added(parts: Iterable[Iterable[Devices]]) -> tuple[Devices, ...]:
    """Return the accelerators of several nodes, added per resource name."""
    sums: dict[str, tuple[int, int, int]] = {}
    for part in parts:
        for one in part:
            usable, there, taken = sums.get(one.resource, (0, 0, 0))
            sums[one.resource] = (
                usable + one.allocatable,
                there + one.capacity,
                taken + one.allocated,
            )
    return tuple(Devices(name, *sums[name]) for name in sorted(sums))
