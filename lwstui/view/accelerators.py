"""The accelerators of all nodes, worked out node by node and remembered. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import inf

from controller.api.core import Node
from controller.api.pods import Pod
from lwstui.capacity.free import Devices, added, node_devices
from lwstui.state.model import Snapshot
from lwstui.view.memo import Memo


def of_nodes(snapshot: Snapshot, memo: Memo, now: float) -> Iterator[tuple[Devices, ...]]:
    """Yield the accelerators of each node; one nothing happens on costs next to nothing."""
    for name, node in snapshot.nodes.items():
        pods = snapshot.node_pods.get(name, ())
        build = partial(_devices, node, pods)
        yield memo.get(("devices", name), (node, pods), now, build)


def _devices(node: Node, pods: tuple[Pod, ...]) -> tuple[tuple[Devices, ...], float]:
    return node_devices(node, pods), inf


def of_all(snapshot: Snapshot, memo: Memo, now: float) -> tuple[Devices, ...]:
    """Return the accelerators of all nodes, added per resource name."""
    sources = (snapshot.nodes, snapshot.node_pods)
    return memo.get("devices", sources, now, lambda: (added(of_nodes(snapshot, memo, now)), inf))
