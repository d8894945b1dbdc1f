"""How many more groups fit: an exact packing of accelerators, honest about what it ignores.

Within one node only the numbers of leaders and workers matter, so a node is a frontier (for
each number of leaders the most workers that still fit) and nodes are merged one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from controller.api.core import Node
from controller.api.lws import LeaderWorkerSet
from controller.api.names import EXCLUSIVE_TOPOLOGY
from controller.api.pods import Pod
from controller.api.resources import Accelerators
from lwstui.capacity.free import node_devices
from lwstui.capacity.requests import GroupRequest, group_request, pod_specs

CAP: Final = 64
"""Answers end here: more than this is "64 or more"."""

_HIDDEN: Final = ("affinity", "topologySpreadConstraints", "resourceClaims", "schedulerName")

Free = Mapping[str, int]


class Fit(msgspec.Struct, frozen=True):
    """How many groups of a set fit into what is free now.

    Attributes:
        groups: Number of groups, None if not computed.
        why: What was not computed, or which limits of the answer to name; never empty.
    """

    groups: int | None
    why: str


def how_many(
    lws: LeaderWorkerSet,
    nodes: Mapping[str, Node],
    node_pods: Mapping[str, tuple[Pod, ...]],
    wanted: int = CAP,
) -> Fit:
    """Return how many more groups of a set fit, counting accelerators only.

    Nodes that are not ready, cordoned, tainted without a toleration or not selected are left
    out. With exclusive topology a domain takes one group and must hold no pod of any set.

    Args:
        lws: The set.
        nodes: Nodes by name.
        node_pods: Pods bound to each node that hold accelerators or belong to sets.
        wanted: Stop counting here.
    """
    request, specs = group_request(lws.spec), pod_specs(lws.spec)
    if request is None or specs is None:
        return Fit(None, "not computed: the template cannot be read")
    if not request.devices:
        return Fit(None, "not computed: no accelerators asked for")
    if not nodes:
        return Fit(None, "not computed: no nodes are known")
    hidden = sorted({name for spec in specs for name in _HIDDEN if _constrains(spec, name)})
    if hidden:
        return Fit(None, f"not computed: the template uses {', '.join(hidden)}")
    usable = [node for node in nodes.values() if all(_takes(node, spec) for spec in specs)]
    free = {node.name: _free(node, node_pods.get(node.name, ())) for node in usable}
    key = lws.annotations.get(EXCLUSIVE_TOPOLOGY, "")
    limit = min(wanted, CAP)
    if key:
        groups = _exclusive(request, _domains(usable, key), free, node_pods, limit)
        return Fit(groups, f"accelerators only; one group per {key} without other groups")
    groups = packed(request, [free[node.name] for node in usable], limit)
    return Fit(groups, "accelerators only; cpu, memory and volumes are not counted")


def _constrains(spec: Mapping[str, Any], name: str) -> bool:
    value = spec.get(name)
    return value != "default-scheduler" if name == "schedulerName" and value else bool(value)


def _free(node: Node, pods: Iterable[Pod]) -> Free:
    return {devices.resource: devices.free for devices in node_devices(node, pods)}


def _takes(node: Node, spec: Mapping[str, Any]) -> bool:
    """Tell whether a node is ready, selected, and has only taints the pod tolerates."""
    if not node.ready or node.unschedulable:
        return False
    selector = spec.get("nodeSelector")
    if isinstance(selector, Mapping) and any(node.labels.get(k) != v for k, v in selector.items()):
        return False
    tolerations = spec.get("tolerations")
    known = [t for t in tolerations if isinstance(t, Mapping)] if tolerations else []
    repelling = (t for t in node.taints if t[2] in ("NoSchedule", "NoExecute"))
    return all(any(_tolerates(t, taint) for t in known) for taint in repelling)


def _tolerates(toleration: Mapping[str, Any], taint: tuple[str, str, str]) -> bool:
    key, value, effect = taint
    if toleration.get("effect") not in (None, "", effect):
        return False
    if toleration.get("key") not in (None, "", key):
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return True
    return toleration.get("key") == key and toleration.get("value", "") == value


def _domains(nodes: Iterable[Node], key: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node in nodes:
        if value := node.labels.get(key):
            found.setdefault(value, []).append(node.name)
    return found


def _exclusive(
    request: GroupRequest,
    domains: Mapping[str, Sequence[str]],
    free: Mapping[str, Free],
    node_pods: Mapping[str, tuple[Pod, ...]],
    limit: int,
) -> int:
    fitting = 0
    for members in domains.values():
        taken = any(pod.group_key for name in members for pod in node_pods.get(name, ()))
        if not taken and packed(request, [free[name] for name in members], 1):
            fitting += 1
    return min(fitting, limit)


def packed(request: GroupRequest, nodes: Sequence[Free], limit: int) -> int:
    """Return how many whole groups fit into free devices per node, at most ``limit``.

    ``best[j]`` is the most workers that can be placed anywhere given ``j`` placed leaders.
    """
    workers = request.size - 1
    best = [0] + [-1] * limit
    for free in nodes:
        frontier = _frontier(request, free, limit, limit * workers)
        merged = [-1] * (limit + 1)
        for leaders, most in enumerate(best):
            if most < 0:
                continue
            for here, more in enumerate(frontier[: limit - leaders + 1]):
                merged[leaders + here] = max(merged[leaders + here], most + more)
        best = merged
    return max(g for g in range(limit + 1) if g == 0 or best[g] >= g * workers)


def _frontier(request: GroupRequest, free: Free, leaders: int, workers: int) -> list[int]:
    """Return for 0, 1, 2 ... leaders on a node the most workers that still fit beside them."""
    found = []
    for here in range(leaders + 1):
        left = dict(free)
        for resource, amount in request.leader:
            left[resource] = left.get(resource, 0) - here * amount
        if any(amount < 0 for amount in left.values()):
            break
        found.append(_count(request.worker, left, workers))
    return found


def _count(request: Accelerators, free: Free, limit: int) -> int:
    return min((free.get(name, 0) // amount for name, amount in request), default=limit)
