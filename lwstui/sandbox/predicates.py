"""Where a pod may run and why not, in the scheduler's own words. Pure functions over the view."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lwstui.sandbox.amounts import Amounts
from lwstui.sandbox.cluster_view import AffinityTerm, ClusterView, NodeFacts, PodFacts
from lwstui.sandbox.selectors import matches_labels, matches_node, matches_node_term, tolerates

_UNSCHEDULABLE_TAINT = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
_BLOCKING = ("NoSchedule", "NoExecute")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one node does not take a pod; ``resolvable`` if evicting other pods could change it."""

    reasons: tuple[str, ...]
    resolvable: bool


Domain = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Topology domains (label key, value) that matter to one pod's required inter-pod rules."""

    attracting: frozenset[Domain]
    repelling: frozenset[Domain]
    repelled_by: frozenset[Domain]
    first_of_its_kind: bool


def _selects(term: AffinityTerm, pod: PodFacts, view: ClusterView) -> bool:
    in_namespace = pod.namespace in term.namespaces or (
        term.namespace_selector is not None
        and matches_labels(term.namespace_selector, view.namespaces.get(pod.namespace, {}))
    )
    return in_namespace and matches_labels(term.selector, pod.labels)


def _domains(terms: Iterable[AffinityTerm], node: NodeFacts | None) -> Iterable[Domain]:
    if node is None:
        return
    for term in terms:
        value = node.labels.get(term.topology_key)
        if value is not None:
            yield term.topology_key, value


def neighbours(pod: PodFacts, view: ClusterView) -> Neighbours:
    """Collect the domains that attract or repel ``pod``, from the placed pods that matter to it.

    A pod that matches its own affinity terms may start a domain when no placed pod matches them.
    """
    attracting: set[Domain] = set()
    repelling: set[Domain] = set()
    repelled_by: set[Domain] = set()
    choosy = bool(pod.affinity or pod.anti_affinity)
    for other in (view.placed if choosy else view.repelling).values():
        node = view.nodes.get(other.node)
        if pod.affinity and all(_selects(term, other, view) for term in pod.affinity):
            attracting.update(_domains(pod.affinity, node))
        repelling.update(
            _domains((term for term in pod.anti_affinity if _selects(term, other, view)), node)
        )
        repelled_by.update(
            _domains((term for term in other.anti_affinity if _selects(term, pod, view)), node)
        )
    itself = all(_selects(term, pod, view) for term in pod.affinity)
    return Neighbours(
        frozenset(attracting),
        frozenset(repelling),
        frozenset(repelled_by),
        first_of_its_kind=not attracting and itself,
    )


def _admits_affinity(pod: PodFacts, node: NodeFacts, near: Neighbours) -> bool:
    for term in pod.affinity:
        value = node.labels.get(term.topology_key)
        if value is None:
            return False
        if not near.first_of_its_kind and (term.topology_key, value) not in near.attracting:
            return False
    return True


def _inter_pod(pod: PodFacts, node: NodeFacts, near: Neighbours) -> Refusal | None:
    if not _admits_affinity(pod, node, near):
        return Refusal(("node(s) didn't match pod affinity rules",), resolvable=False)
    if any(node.labels.get(key) == value for key, value in near.repelling):
        return Refusal(("node(s) didn't match pod anti-affinity rules",), resolvable=True)
    if any(node.labels.get(key) == value for key, value in near.repelled_by):
        reason = "node(s) didn't satisfy existing pods anti-affinity rules"
        return Refusal((reason,), resolvable=True)
    return None


def _taints(pod: PodFacts, node: NodeFacts) -> Refusal | None:
    tolerations = pod.spec.get("tolerations") or []
    if node.unschedulable and not tolerates(tolerations, _UNSCHEDULABLE_TAINT):
        return Refusal(("node(s) were unschedulable",), resolvable=False)
    blocking = (taint for taint in node.taints if taint.get("effect") in _BLOCKING)
    if any(not tolerates(tolerations, taint) for taint in blocking):
        return Refusal(("node(s) had untolerated taint(s)",), resolvable=False)
    return None


def _resources(pod: PodFacts, node: NodeFacts, used: Amounts) -> Refusal | None:
    reasons: list[str] = []
    resolvable = True
    for name, asked in pod.request.items():
        room = node.allocatable.get(name, 0)
        if asked == 0 or asked <= room - used.get(name, 0):
            continue
        reasons.append("Too many pods" if name == "pods" else f"Insufficient {name}")
        resolvable = resolvable and asked <= room
    return Refusal(tuple(reasons), resolvable) if reasons else None


def refusal(pod: PodFacts, node: NodeFacts, view: ClusterView, near: Neighbours) -> Refusal | None:
    """Return why ``node`` does not take ``pod``, or None if it does.

    The first check that fails gives the reasons, in the order of the default scheduler's filters.
    """
    refused = _taints(pod, node)
    if refused is not None:
        return refused
    if not matches_node(pod.spec, node.name, node.labels):
        reason = "node(s) didn't match Pod's node affinity/selector"
        return Refusal((reason,), resolvable=False)
    others = view.on_node(node.name) if pod.host_ports else ()
    if any(pod.host_ports & other.host_ports for other in others):
        reason = "node(s) didn't have free ports for the requested pod ports"
        return Refusal((reason,), resolvable=True)
    return _resources(pod, node, view.used(node.name)) or _inter_pod(pod, node, near)


def _histogram(reasons: Iterable[str]) -> str:
    counts = Counter(reasons)
    return ", ".join(sorted(f"{count} {reason}" for reason, count in counts.items()))


def explain(refusals: Mapping[str, Refusal], *, preempts: bool = True) -> str:
    """Return the message of an unschedulable pod from every node's refusal.

    Args:
        refusals: Node name to refusal, for all nodes of the cluster.
        preempts: False for a pod whose preemption policy is ``Never``.
    """
    total = len(refusals)
    if total == 0:
        return "no nodes available to schedule pods"
    why = _histogram(reason for item in refusals.values() for reason in item.reasons)
    outlook = _histogram(
        "No preemption victims found for incoming pod"
        if item.resolvable
        else "Preemption is not helpful for scheduling"
        for item in refusals.values()
    )
    after = f"0/{total} nodes are available: {outlook}"
    if not preempts:
        after = "not eligible due to preemptionPolicy=Never"
    return (
        f"0/{total} nodes are available: {why}. no new claims to deallocate, preemption: {after}."
    )


def explain_before_filters(total: int, why: str) -> str:
    """Return the message of a pod that no node can take for a reason outside the nodes."""
    return (
        f"0/{total} nodes are available: {why}. no new claims to deallocate, preemption: "
        f"0/{total} nodes are available: {total} Preemption is not helpful for scheduling."
    )


def _free_share(pod: PodFacts, node: NodeFacts, used: Amounts) -> float:
    """Return the mean free share (0 to 100) of CPU, memory and pods after placing the pod."""
    shares = []
    for name in ("cpu", "memory", "pods"):
        room = node.allocatable.get(name, 0)
        taken = used.get(name, 0) + pod.request.get(name, 0)
        shares.append(100 * max(0, room - taken) / room if room else 0.0)
    return sum(shares) / len(shares)


def _preference(pod: PodFacts, node: NodeFacts) -> int:
    affinity = (pod.spec.get("affinity") or {}).get("nodeAffinity") or {}
    listed: list[Mapping[str, Any]] = (
        affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or []
    )
    return sum(
        int(item["weight"])
        for item in listed
        if matches_node_term(item["preference"], node.name, node.labels)
    )


def _company(pod: PodFacts, node: NodeFacts, view: ClusterView) -> int:
    """Return the weights of the preferred terms that placed pods in the node's domains meet."""
    if not pod.preferred:
        return 0
    weight = 0
    for other in view.placed.values():
        home = view.nodes.get(other.node)
        met = (term for term in pod.preferred if _shares_domain(term, node, home))
        weight += sum(term.weight for term in met if _selects(term, other, view))
    return weight


def _shares_domain(term: AffinityTerm, node: NodeFacts, home: NodeFacts | None) -> bool:
    value = node.labels.get(term.topology_key)
    return home is not None and value is not None and home.labels.get(term.topology_key) == value


def _better_avoided(pod: PodFacts, node: NodeFacts) -> int:
    """Return how many taints ask that such a pod goes elsewhere if it can."""
    tolerations = pod.spec.get("tolerations") or []
    asking = (taint for taint in node.taints if taint.get("effect") == "PreferNoSchedule")
    return sum(not tolerates(tolerations, taint) for taint in asking)


def choose(pod: PodFacts, fitting: Iterable[NodeFacts], view: ClusterView) -> NodeFacts:
    """Return the node to bind to: preferences first, then the emptiest, then the lowest name."""
    return min(
        fitting,
        key=lambda node: (
            _better_avoided(pod, node),
            -_preference(pod, node) - _company(pod, node, view),
            -round(_free_share(pod, node, view.used(node.name)), 3),
            node.name,
        ),
    )
