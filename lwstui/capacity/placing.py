"""Where pods that wait for a node go, one by one, as far as their sets and their records say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from controller.api.core import Node
from controller.api.meta import Key
from controller.api.pods import Pod
from lwstui.capacity.board import Board
from lwstui.capacity.cluster import Cluster
from lwstui.capacity.eligible import barriers
from lwstui.capacity.requests import pod_specs
from lwstui.capacity.vectors import Holders, vector

_UNTOLD: Final[Mapping[str, Any]] = {}
_JUDGED: Final = ("tolerations", "nodeSelector", "affinity")

Group = tuple[Key, str]
"""The set of a pod, and its group's identity."""


def group_of(pod: Pod) -> Group:
    """Return the group a pod belongs to."""
    return pod.set_key, pod.group_id or str(pod.group)


def template_of(pod: Pod, cluster: Cluster) -> Mapping[str, Any]:
    """Return the raw spec that a pod is made from by its set, empty if that is not known."""
    lws = cluster.sets.get(pod.set_key) if pod.set_name else None
    specs = pod_specs(lws.spec) if lws is not None else None
    return _UNTOLD if specs is None else specs[0 if pod.worker == 0 else 1]


class Placing:
    """Takes room node by node for pods that come first.

    A pod of a set goes where the set's template lets it go; of other pods no rules are known, so
    they are taken to go to any node that takes pods without tolerations. Pods of exclusive groups
    keep to their domains. Domains of subgroups are not looked at.

    Args:
        cluster: What is known.
        comers: Who is to be placed.
    """

    def __init__(self, cluster: Cluster, comers: Sequence[Pod]) -> None:
        self._cluster = cluster
        self._nodes = cluster.nodes
        names = tuple(sorted({name for pod in comers for name, _ in pod.others}))
        holders = Holders(cluster.nodes, cluster.pods, cluster.loads, names)
        self._board = Board(cluster.nodes, {name: holders.free(name) for name in cluster.nodes})
        self._rules: dict[tuple[Key, bool], str] = {}
        self._eligible: dict[str, list[str]] = {}
        self._domains = _Domains(cluster, comers)

    def place(self, pod: Pod) -> Pod | None:
        """Return a pod with the node it goes to, None if it finds none."""
        if pod.nominated in self._nodes:
            self._board.take(pod.nominated, vector(pod))
            return self._settled(pod, pod.nominated)
        where = self._domains.of(pod)
        if where is None:
            return None
        asked, rules = vector(pod), self._rules_of(pod)
        space = (pod.namespace, pod.topology, pod.worker == 0) if pod.set_name else ()
        node = self._board.place(
            (rules, space, *sorted(asked.items())),
            asked,
            (where, self._nodes_for(pod, rules)),
            lambda name: self._domains.takes(pod, where, self._nodes[name]),
        )
        return None if node is None else self._settled(pod, node)

    def _settled(self, pod: Pod, node: str) -> Pod:
        self._domains.settle(pod, self._nodes[node])
        return msgspec.structs.replace(pod, node=node)

    def _rules_of(self, pod: Pod) -> str:
        """Return what a pod's template says about nodes, as text: equal rules are judged once."""
        key = (pod.set_key, pod.worker == 0)
        if key not in self._rules:
            spec = template_of(pod, self._cluster)
            self._rules[key] = repr([spec.get(name) for name in _JUDGED])
        return self._rules[key]

    def _nodes_for(self, pod: Pod, rules: str) -> Iterable[str]:
        """Return the nodes a pod may go to, by its set's template."""
        if rules not in self._eligible:
            spec = template_of(pod, self._cluster)
            self._eligible[rules] = [
                name for name, node in self._nodes.items() if not barriers(node, spec)
            ]
        return self._eligible[rules]


class _Domains:
    """Which domains groups hold for themselves, while pods are placed."""

    def __init__(self, cluster: Cluster, comers: Sequence[Pod]) -> None:
        self._keys = {(pod.namespace, pod.topology) for pod in comers if pod.topology}
        self._peopled: set[tuple[str, str, str]] = set()
        self._held: dict[str, dict[str, set[str]]] = {}
        self._homes: dict[Group, str] = {}
        for name, pods in cluster.pods.items():
            if (node := cluster.nodes.get(name)) is not None:
                for pod in pods:
                    if pod.set_name and not pod.finished:
                        self.settle(pod, node)

    def settle(self, pod: Pod, node: Node) -> None:
        """Note what a pod on a node keeps others out of."""
        space = pod.namespace
        if pod.set_name and pod.topology and pod.worker == 0:
            home = node.labels.get(pod.topology, "")
            self._held.setdefault(space, {}).setdefault(pod.topology, set()).add(home)
            self._homes[group_of(pod)] = home
        if pod.group_key:
            for where, key in self._keys:
                if where == space and key in node.labels:
                    self._peopled.add((space, key, node.labels[key]))

    def of(self, pod: Pod) -> str | None:
        """Return the domain a pod is bound to, empty if to none, None if it has none yet."""
        if not pod.topology or pod.worker <= 0:
            return ""
        return self._homes.get(group_of(pod))

    def takes(self, pod: Pod, home: str, node: Node) -> bool:
        """Tell whether a node is in a domain that a pod may go to."""
        if not pod.set_name:
            return True
        if pod.topology:
            value = node.labels.get(pod.topology, "")
            if pod.worker > 0:
                return value == home
            if not value or (pod.namespace, pod.topology, value) in self._peopled:
                return False
        return not any(
            node.labels.get(key) in values
            for key, values in self._held.get(pod.namespace, {}).items()
            if key != pod.topology
        )
