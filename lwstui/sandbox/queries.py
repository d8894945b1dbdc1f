"""Label and field selectors of requests, compiled to predicates."""

import re
from collections.abc import Callable
from typing import Any

from lwstui.sandbox import labelselectors, status
from lwstui.sandbox.objects import Json

Predicate = Callable[[Json], bool]

_EVENT_FIELDS = frozenset(
    f"involvedObject.{name}"
    for name in ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
) | {"reason", "reportingComponent", "source", "type"}
_FIELDS: dict[str, frozenset[str]] = {
    "pods": frozenset(
        f"spec.{name}"
        for name in (
            "nodeName",
            "restartPolicy",
            "schedulerName",
            "serviceAccountName",
            "hostNetwork",
        )
    )
    | {"status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName"},
    "events": _EVENT_FIELDS,
    "nodes": frozenset({"spec.unschedulable"}),
    "namespaces": frozenset({"status.phase"}),
    "secrets": frozenset({"type"}),
    "services": frozenset({"spec.clusterIP", "spec.type"}),
    "jobs.batch": frozenset({"status.successful"}),
}
_METADATA_FIELDS = frozenset({"metadata.name", "metadata.namespace"})
_EVENT_ALIASES = {
    "reportingController": "reportingComponent",
    **{
        name.replace("involvedObject", "regarding"): name
        for name in _EVENT_FIELDS
        if name.startswith("involvedObject")
    },
}


def label_predicate(text: str) -> Predicate | None:
    """Return what a ``labelSelector`` selects; None when it is empty and selects everything.

    Raises:
        StatusError: 400, the text is not a selector.
    """
    wanted = labelselectors.checks(text)
    if not wanted:
        return None

    def selects(obj: Json) -> bool:
        labels = obj["metadata"].get("labels") or {}
        return all(check(labels) for check in wanted)

    return selects


def field_predicate(
    key: str, text: str, selectable: frozenset[str] = frozenset()
) -> Predicate | None:
    """Return what a ``fieldSelector`` selects; None when it is empty and selects everything.

    Args:
        key: Resource key, which decides the fields one may select by.
        text: Such as ``metadata.name=demo,status.phase!=Running``.
        selectable: Further fields, those a custom resource names itself.

    Raises:
        StatusError: 400, not a selector or a field that cannot be selected by.
    """
    checks = [_field_check(key, term, selectable) for term in text.split(",") if term.strip()]
    if not checks:
        return None
    return lambda obj: all(check(obj) for check in checks)


def _field_check(key: str, term: str, selectable: frozenset[str]) -> Predicate:
    match = re.fullmatch(r"\s*([^=!]+?)\s*(==|=|!=)(.*)", term)
    if match is None:
        raise status.bad_request(f"invalid selector: '{term}'; can't understand '{term}'")
    name, operator, value = match[1], match[2], match[3].replace("\\,", ",")
    if key == "events":
        name = _EVENT_ALIASES.get(name, name)
    if name not in _METADATA_FIELDS | _FIELDS.get(key, frozenset()) | selectable:
        raise status.bad_request(f"field label not supported: {name}")
    steps = _SPECIAL_STEPS.get(name, tuple(name.split(".")))
    if operator == "!=":
        return lambda obj: _field(obj, steps) != value
    return lambda obj: _field(obj, steps) == value


_SPECIAL_STEPS = {"source": ("source", "component"), "status.podIPs": ("status", "podIP")}


def _field(obj: Json, steps: tuple[str, ...]) -> str:
    value: Any = obj
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def both(first: Predicate | None, second: Predicate | None) -> Predicate | None:
    """Return the conjunction of two predicates, None standing for everything."""
    if first is None or second is None:
        return first or second
    return lambda obj: first(obj) and second(obj)
