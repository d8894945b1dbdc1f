"""The one spelling of a template: what Go's typed encoding leaves of it.

Two templates mean the same when their canonical forms are equal, and the bytes of the
canonical form are what a revision's key is made from. The rules are those of ``omitempty``:
what a decoder would fill in again is left out, structs that are always encoded appear even
when empty, quantities have one spelling.

Source: k8s.io/api core/v1 field tags.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from controller.api import quantity

_STRING_MAPS: Final = frozenset(
    {"labels", "annotations", "nodeSelector", "matchLabels", "options", "volumeAttributes"}
)
_QUANTITY_MAPS: Final = frozenset({"limits", "requests", "overhead"})
_QUANTITIES: Final = frozenset({"sizeLimit", "divisor"})
# Plain booleans and numbers: false and 0 are the same as absent.
_PLAIN: Final = frozenset(
    {
        "stdin",
        "stdinOnce",
        "tty",
        "hostIPC",
        "hostNetwork",
        "hostPID",
        "readOnly",
        "hostPort",
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
        "partition",
    }
)
# Pointers to strings: an empty string says something else than absence.
_EXPLICIT: Final = frozenset(
    {
        "storageClassName",
        "volumeAttributesClassName",
        "volumeMode",
        "runtimeClassName",
        "preemptionPolicy",
        "service",
        "apiGroup",
        "type",
    }
)
_ESCAPES: Final = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)
_CONTAINERS: Final = ("containers", "initContainers")


def template(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the canonical form of a defaulted ``leaderWorkerTemplate``."""
    result: dict[str, Any] = _object(raw)
    for role in ("leaderTemplate", "workerTemplate"):
        if role in result:
            result[role] = _pod_template(result[role])
    if "volumeClaimTemplates" in result:
        result["volumeClaimTemplates"] = claims(raw["volumeClaimTemplates"])
    return result


def claims(raw: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the canonical form of ``volumeClaimTemplates``."""
    return [_claim(_object(claim)) for claim in raw]


def encode(value: object) -> bytes:
    """Return JSON as Go writes it: sorted keys, no spaces, raw UTF-8, HTML characters escaped."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.translate(_ESCAPES).encode("utf-8", "surrogatepass")


def _pod_template(value: dict[str, Any]) -> dict[str, Any]:
    spec = value.get("spec")
    if spec:
        for kind in _CONTAINERS:
            if kind in spec:
                spec[kind] = [_container(container) for container in spec[kind]]
    return {"metadata": {}, **value}


def _container(value: dict[str, Any]) -> dict[str, Any]:
    if "ports" in value:
        # Native's CRD fills it in when a set is stored; ours keeps templates as written.
        value["ports"] = [{"protocol": "TCP", **port} for port in value["ports"]]
    return {"resources": {}, **value}


def _claim(value: dict[str, Any]) -> dict[str, Any]:
    spec = {"resources": {}, **(value.get("spec") or {})}
    return {"metadata": {}, "status": {}, **value, "spec": spec}


def _object(raw: Mapping[str, Any]) -> dict[str, Any]:
    result = {}
    for key, value in raw.items():
        kept = _field(key, value)
        if kept is not None and key != "$patch":
            result[key] = kept
    return result


def _field(key: str, value: Any) -> Any:
    """Return the canonical value of one field, None if it is left out."""
    if isinstance(value, dict):
        return _map(key, value)
    if isinstance(value, list):
        return [_item(item) for item in value] or None
    if value == "" and key not in _EXPLICIT:
        return None
    if key in _PLAIN and not value:
        return None
    if key in _QUANTITIES and value is not None:
        return quantity.canonical(value)
    return value


def _map(key: str, value: dict[str, Any]) -> dict[str, Any] | None:
    if key in _STRING_MAPS:
        return dict(value) or None
    if key in _QUANTITY_MAPS:
        return {name: quantity.canonical(amount) for name, amount in value.items()} or None
    if key == "resourceFieldRef":
        return {"divisor": "0", **_object(value)}
    return _object(value)


def _item(value: Any) -> Any:
    return _object(value) if isinstance(value, dict) else value
