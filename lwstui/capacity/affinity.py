"""Affinity: which nodes a pod may go to by labels and name, and which rules are not looked at.

Source: k8s.io/component-helpers scheduling/corev1/nodeaffinity.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from controller.api.core import Node

OUTSIDE: Final = "outside node affinity"
_SHOWN: Final = 3


def outside(node: Node, spec: Mapping[str, Any]) -> str:
    """Return why a node does not meet a pod's required node affinity; empty if it does.

    Args:
        node: The node.
        spec: Raw spec of the pod.
    """
    affinity = _mapping(_mapping(spec.get("affinity")).get("nodeAffinity"))
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    if not isinstance(required, Mapping):
        return ""
    terms = _mappings(required.get("nodeSelectorTerms"))
    if any(_meets(node, term) for term in terms):
        return ""
    if len(terms) != 1:
        return OUTSIDE
    unmet = next((one for one in _expressions(node, terms[0]) if not _met(*one)), None)
    return f"{OUTSIDE}: {_words(unmet[1])}" if unmet is not None else OUTSIDE


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _expressions(
    node: Node, term: Mapping[str, Any]
) -> list[tuple[Mapping[str, str], Mapping[str, Any]]]:
    """Return the expressions of a term, each with what it looks at."""
    fields = {"metadata.name": node.name}
    return [(node.labels, one) for one in _mappings(term.get("matchExpressions"))] + [
        (fields, one) for one in _mappings(term.get("matchFields"))
    ]


def _meets(node: Node, term: Mapping[str, Any]) -> bool:
    """Tell whether a node meets a term; an empty one is met by none."""
    found = _expressions(node, term)
    return bool(found) and all(_met(labels, one) for labels, one in found)


def _met(labels: Mapping[str, str], one: Mapping[str, Any]) -> bool:
    value, values = labels.get(str(one.get("key"))), _values(one)
    match one.get("operator"):
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt":
            return _compared(value, values) > 0
        case "Lt":
            return _compared(value, values) < 0
        case _:
            return False


def _values(one: Mapping[str, Any]) -> Sequence[str]:
    values = one.get("values")
    return [str(value) for value in values] if isinstance(values, list) else []


def _compared(value: str | None, values: Sequence[str]) -> int:
    """Return the sign of a label's number less the one number asked for, 0 if one is none."""
    try:
        (bound,) = map(int, values)
        number = int(value or "")
    except ValueError:
        return 0
    return (number > bound) - (number < bound)


def _words(one: Mapping[str, Any]) -> str:
    """Return an expression in words: ``zone In a, b``."""
    values = _values(one)
    more = " …" if len(values) > _SHOWN else ""
    said = f"{one.get('key')} {one.get('operator')} {', '.join(values[:_SHOWN])}".rstrip()
    return said + more


def ignored(specs: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the rules of pods about other pods, which nothing here looks at."""
    return tuple(dict.fromkeys(name for spec in specs for name in _rules_of(spec)))


def _rules_of(spec: Mapping[str, Any]) -> Iterator[str]:
    affinity = _mapping(spec.get("affinity"))
    for key, words in (("podAffinity", "pod affinity"), ("podAntiAffinity", "pod anti-affinity")):
        if _mapping(affinity.get(key)).get("requiredDuringSchedulingIgnoredDuringExecution"):
            yield words
    spread = _mappings(spec.get("topologySpreadConstraints"))
    if any(one.get("whenUnsatisfiable") != "ScheduleAnyway" for one in spread):
        yield "topology spread constraints"
