"""Exclusive placement: one group, or one subgroup, per topology domain.

Source: pkg/webhooks/pod_webhook.go, SetExclusiveAffinities.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from controller.api.pods import Pod
from controller.plan.actions import Wait

_REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"


def exclusive(
    affinity: Mapping[str, Any] | None, topology: str, label: str, value: str
) -> dict[str, Any]:
    """Return an affinity that keeps pods with this label value together and all others away.

    Nothing is added where required terms of both kinds for the topology key exist already.

    Args:
        affinity: The pod's affinity so far; left as it is.
        topology: Node label that names the domain.
        label: Label that tells groups (or subgroups) apart.
        value: This pod's value of it.
    """
    result = dict(affinity or {})
    kinds = ("podAffinity", "podAntiAffinity")
    if all(_has_term(result.get(kind), topology) for kind in kinds):
        return result
    alike = [{"key": label, "operator": "In", "values": [value]}]
    others = [
        {"key": label, "operator": "Exists"},
        {"key": label, "operator": "NotIn", "values": [value]},
    ]
    for kind, expressions in zip(kinds, (alike, others), strict=True):
        part = dict(result.get(kind) or {})
        term = {"topologyKey": topology, "labelSelector": {"matchExpressions": expressions}}
        part[_REQUIRED] = [*(part.get(_REQUIRED) or ()), term]
        result[kind] = part
    return result


def _has_term(part: Mapping[str, Any] | None, topology: str) -> bool:
    terms = (part or {}).get(_REQUIRED) or ()
    return any(term.get("topologyKey") == topology for term in terms)


def worker_domain(
    group: int, leader: Pod, node_labels: Mapping[str, Mapping[str, str]]
) -> str | Wait:
    """Return the topology domain a leader's workers must run in, or why it is not known.

    Args:
        group: Group index.
        leader: A leader that was built with an exclusive topology.
        node_labels: Labels by node name.
    """
    if not leader.node:
        return Wait(
            "scheduling",
            f"group {group}: the workers wait until leader {leader.name} is scheduled, because "
            f"they must run in its {leader.topology} domain{_scheduler_says(leader)}",
            group,
        )
    labels = node_labels.get(leader.node)
    if labels is None:
        return Wait(
            "topology",
            f"group {group}: the workers wait because node {leader.node} of leader "
            f"{leader.name} is not known",
            group,
        )
    if not labels.get(leader.topology):
        return Wait(
            "topology",
            f"group {group}: the workers wait because node {leader.node} of leader "
            f"{leader.name} has no label {leader.topology}",
            group,
        )
    return labels[leader.topology]


def _scheduler_says(pod: Pod) -> str:
    return f": {pod.unscheduled_message}" if pod.unscheduled_message else ""
