"""Label selectors, node selectors and tolerations, as the API's objects spell them."""

from collections.abc import Mapping
from typing import Any

Labels = Mapping[str, str]


def _holds(requirement: Mapping[str, Any], labels: Labels) -> bool:
    key, operator = requirement.get("key", ""), requirement.get("operator")
    values = requirement.get("values") or []
    present = key in labels
    match operator:
        case "In":
            return present and labels[key] in values
        case "NotIn":
            return not present or labels[key] not in values
        case "Exists":
            return present
        case "DoesNotExist":
            return not present
        case "Gt" | "Lt":
            return present and _compares(operator, labels[key], values)
    return False


def _compares(operator: str, label: str, values: list[str]) -> bool:
    try:
        actual, bound = int(label), int(values[0])
    except (ValueError, IndexError):
        return False
    return actual > bound if operator == "Gt" else actual < bound


def matches_labels(selector: Mapping[str, Any] | None, labels: Labels) -> bool:
    """Tell whether a ``LabelSelector`` selects ``labels``: none no labels, ``{}`` all."""
    if selector is None:
        return False
    exact = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in exact.items()):
        return False
    return all(_holds(item, labels) for item in selector.get("matchExpressions") or ())


def matches_node_term(term: Mapping[str, Any], name: str, labels: Labels) -> bool:
    """Tell whether one ``nodeSelectorTerm`` selects a node; an empty term selects none."""
    expressions = term.get("matchExpressions") or []
    fields = term.get("matchFields") or []
    if not expressions and not fields:
        return False
    return all(_holds(item, labels) for item in expressions) and all(
        _holds(item, {"metadata.name": name}) for item in fields
    )


def matches_node(spec: Mapping[str, Any], name: str, labels: Labels) -> bool:
    """Tell whether a pod's ``nodeSelector`` and required node affinity accept a node."""
    wanted = spec.get("nodeSelector") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    if required is None:
        return True
    terms = required.get("nodeSelectorTerms") or ()
    return any(matches_node_term(term, name, labels) for term in terms)


def tolerates(tolerations: list[Mapping[str, Any]], taint: Mapping[str, Any]) -> bool:
    """Tell whether one of a pod's tolerations accepts a taint."""
    return any(_tolerates(item, taint) for item in tolerations)


def _tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    effect = toleration.get("effect") or ""
    key = toleration.get("key") or ""
    if effect and effect != taint.get("effect"):
        return False
    if key and key != taint.get("key"):
        return False
    if (toleration.get("operator") or "Equal") == "Exists":
        return True
    return bool(key) and (toleration.get("value") or "") == (taint.get("value") or "")
