"""How usable free accelerators are: holes by size, and an index for pods of a size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from controller.api.core import Node
from controller.api.pods import Pod
from lwstui.capacity.free import node_devices


class Pool(msgspec.Struct, frozen=True):
    """One accelerator resource over some nodes, in devices.

    Attributes:
        resource: Resource name.
        nodes: Nodes that have it.
        offered: Healthy devices.
        allocated: Devices that pods hold.
        unhealthy: Devices that exist and are not offered.
        shut: Free devices on nodes that are cordoned or not ready.
        holes: (free devices, nodes with so many), smallest first; only nodes that take pods.
    """

    resource: str
    nodes: int
    offered: int
    allocated: int
    unhealthy: int
    shut: int
    holes: tuple[tuple[int, int], ...]

    @property
    def free(self) -> int:
        """Devices that are free on nodes that take pods."""
        return sum(size * nodes for size, nodes in self.holes)

    @property
    def largest(self) -> int:
        """The most that is free on one node."""
        return max((size for size, _ in self.holes), default=0)

    def usable(self, size: int) -> int:
        """Return the free devices that pods of a size can use."""
        return sum(nodes * (hole // size) * size for hole, nodes in self.holes)

    def fragmentation(self, size: int) -> float | None:
        """Return the share of free devices that pods of a size cannot use; None if none is free."""
        return 1 - self.usable(size) / self.free if self.free else None


def pools(nodes: Iterable[Node], node_pods: Mapping[str, tuple[Pod, ...]]) -> tuple[Pool, ...]:
    """Return the accelerators of some nodes, each resource apart."""
    sums: dict[str, Counter[str]] = {}
    holes: dict[str, Counter[int]] = {}
    for node in nodes:
        takes = node.ready and not node.unschedulable
        for devices in node_devices(node, node_pods.get(node.name, ())):
            found = sums.setdefault(devices.resource, Counter())
            found["nodes"] += 1
            found["offered"] += devices.allocatable
            found["allocated"] += devices.allocated
            found["unhealthy"] += devices.unhealthy
            found["shut"] += 0 if takes else devices.free
            sizes = holes.setdefault(devices.resource, Counter())
            if takes:
                sizes[devices.free] += 1
    return tuple(
        Pool(name, holes=tuple(sorted(holes[name].items())), **_counts(sums[name]))
        for name in sorted(sums)
    )


def _counts(found: Counter[str]) -> dict[str, int]:
    return {n: found[n] for n in ("nodes", "offered", "allocated", "unhealthy", "shut")}
