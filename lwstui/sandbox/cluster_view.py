"""What the scheduler knows: nodes with what is taken on them, and the pods that take it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lwstui.sandbox.amounts import Amounts, add, milli, pod_request

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_FINISHED = ("Succeeded", "Failed")


@dataclass(frozen=True, slots=True)
class AffinityTerm:
    """One pod affinity or anti-affinity term; ``weight`` is 0 for a required one."""

    selector: Mapping[str, Any] | None
    topology_key: str
    namespaces: frozenset[str]
    namespace_selector: Mapping[str, Any] | None = None
    weight: int = 0


@dataclass(frozen=True, slots=True)
class PodFacts:
    """What scheduling needs of one pod; ``node`` is empty until it is bound."""

    uid: str
    namespace: str
    name: str
    labels: Mapping[str, str]
    spec: Mapping[str, Any]
    request: Amounts
    node: str
    affinity: tuple[AffinityTerm, ...]
    anti_affinity: tuple[AffinityTerm, ...]
    preferred: tuple[AffinityTerm, ...]
    host_ports: frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What scheduling needs of one node; amounts in thousandths."""

    name: str
    labels: Mapping[str, str]
    taints: tuple[Mapping[str, Any], ...]
    unschedulable: bool
    allocatable: Amounts


def _terms(
    affinity: Mapping[str, Any], namespace: str, *, sign: int = 0
) -> tuple[AffinityTerm, ...]:
    """Read required terms (``sign`` 0), or preferred ones with weights of the given sign."""
    if sign == 0:
        listed = [(0, term) for term in affinity.get(_REQUIRED) or ()]
    else:
        listed = [
            (sign * int(item["weight"]), item["podAffinityTerm"])
            for item in affinity.get(_PREFERRED) or ()
        ]
    return tuple(_term(term, namespace, weight) for weight, term in listed)


def _term(term: Mapping[str, Any], namespace: str, weight: int) -> AffinityTerm:
    named = frozenset(term.get("namespaces") or ())
    selector = term.get("namespaceSelector")
    if not named and selector is None:
        named = frozenset((namespace,))
    return AffinityTerm(
        term.get("labelSelector"), term.get("topologyKey", ""), named, selector, weight
    )


def _host_ports(spec: Mapping[str, Any]) -> frozenset[tuple[str, int]]:
    return frozenset(
        (port.get("protocol", "TCP"), port["hostPort"])
        for container in spec.get("containers") or ()
        for port in container.get("ports") or ()
        if port.get("hostPort")
    )


def pod_facts(pod: Mapping[str, Any]) -> PodFacts:
    """Read the facts of a pod object.

    Raises:
        ValueError: A resource quantity in the pod cannot be read.
    """
    meta, spec = pod["metadata"], pod.get("spec") or {}
    namespace = meta.get("namespace", "")
    affinity = spec.get("affinity") or {}
    attract, repel = affinity.get("podAffinity") or {}, affinity.get("podAntiAffinity") or {}
    return PodFacts(
        uid=meta["uid"],
        namespace=namespace,
        name=meta["name"],
        labels=meta.get("labels") or {},
        spec=spec,
        request=add(pod_request(spec), {"pods": 1000}),
        node=spec.get("nodeName") or "",
        affinity=_terms(attract, namespace),
        anti_affinity=_terms(repel, namespace),
        preferred=_terms(attract, namespace, sign=1) + _terms(repel, namespace, sign=-1),
        host_ports=_host_ports(spec),
    )


def node_facts(node: Mapping[str, Any]) -> NodeFacts:
    """Read the facts of a node object.

    Raises:
        ValueError: A resource quantity in the node cannot be read.
    """
    meta, spec, status = node["metadata"], node.get("spec") or {}, node.get("status") or {}
    return NodeFacts(
        name=meta["name"],
        labels=meta.get("labels") or {},
        taints=tuple(spec.get("taints") or ()),
        unschedulable=bool(spec.get("unschedulable")),
        allocatable={k: milli(v) for k, v in (status.get("allocatable") or {}).items()},
    )


def holds_resources(pod: Mapping[str, Any]) -> bool:
    """Tell whether a pod takes room on its node: bound and not finished."""
    bound = bool((pod.get("spec") or {}).get("nodeName"))
    return bound and (pod.get("status") or {}).get("phase") not in _FINISHED


@dataclass(slots=True)
class ClusterView:
    """Nodes, the pods placed on them and namespace labels, kept up to date by its owner.

    ``repelling`` are the placed pods with anti-affinity of their own.
    """

    nodes: dict[str, NodeFacts] = field(default_factory=dict)
    placed: dict[str, PodFacts] = field(default_factory=dict)
    repelling: dict[str, PodFacts] = field(default_factory=dict)
    namespaces: dict[str, Mapping[str, str]] = field(default_factory=dict)
    _by_node: dict[str, dict[str, PodFacts]] = field(default_factory=dict)
    _used: dict[str, Amounts] = field(default_factory=dict)

    def place(self, pod: PodFacts) -> None:
        """Count a bound pod on its node."""
        self.remove(pod.uid)
        self.placed[pod.uid] = pod
        if pod.anti_affinity:
            self.repelling[pod.uid] = pod
        self._by_node.setdefault(pod.node, {})[pod.uid] = pod
        self._used.pop(pod.node, None)

    def remove(self, uid: str) -> bool:
        """Forget a placed pod; True if it was counted."""
        pod = self.placed.pop(uid, None)
        if pod is not None:
            self.repelling.pop(uid, None)
            del self._by_node[pod.node][uid]
            self._used.pop(pod.node, None)
        return pod is not None

    def on_node(self, node: str) -> Iterable[PodFacts]:
        """Return the pods counted on a node."""
        return self._by_node.get(node, {}).values()

    def used(self, node: str) -> Amounts:
        """Return what is taken on a node, in thousandths."""
        if node not in self._used:
            self._used[node] = add(*(pod.request for pod in self.on_node(node)))
        return self._used[node]
