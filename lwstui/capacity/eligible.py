"""Whether a node takes pods of a template at all, and why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from controller.api.core import Node
from lwstui.capacity.affinity import outside

NOT_READY: Final = "not ready"
CORDONED: Final = "cordoned"
TAINT: Final = "with taint "
SELECTOR: Final = "without label "
_REPELLING: Final = ("NoSchedule", "NoExecute")
_UNSCHEDULABLE: Final = "node.kubernetes.io/unschedulable"
# Taints that say again what a field or a condition of the node says.
_ECHOES: Final = (
    _UNSCHEDULABLE,
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
)


def barriers(node: Node, spec: Mapping[str, Any]) -> tuple[str, ...]:
    """Return why a node takes no pod of a spec; empty if it does."""
    return tuple(_barriers(node, spec))


def _barriers(node: Node, spec: Mapping[str, Any]) -> Iterator[str]:
    known = spec.get("tolerations")
    tolerations = [t for t in known if isinstance(t, Mapping)] if isinstance(known, list) else []
    if not node.ready:
        yield NOT_READY
    cordon = (_UNSCHEDULABLE, "", "NoSchedule")
    if node.unschedulable and not any(_tolerates(t, cordon) for t in tolerations):
        yield CORDONED
    said = node.unschedulable or not node.ready
    for taint in node.taints:
        harmless = taint[2] not in _REPELLING or (said and taint[0] in _ECHOES)
        if not harmless and not any(_tolerates(t, taint) for t in tolerations):
            yield f"{TAINT}{taint[0]}"
    selector = spec.get("nodeSelector")
    if isinstance(selector, Mapping):
        for key, value in selector.items():
            if node.labels.get(key) != value:
                yield f"{SELECTOR}{key}={value}"
    if spec.get("affinity") and (why := outside(node, spec)):
        yield why


def _tolerates(toleration: Mapping[str, Any], taint: tuple[str, str, str]) -> bool:
    key, value, effect = taint
    if toleration.get("effect") not in (None, "", effect):
        return False
    if toleration.get("key") not in (None, "", key):
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return True
    return toleration.get("key") == key and toleration.get("value", "") == value
