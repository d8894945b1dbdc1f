"""The priority of a new pod, which its PriorityClass gives.

Source: kubernetes plugin/pkg/admission/priority/admission.go.
"""

from collections.abc import Iterable, Iterator

from lwstui.sandbox import status
from lwstui.sandbox.objects import Json

CLASSES = "priorityclasses.scheduling.k8s.io"
_MUST = {
    "system-cluster-critical": (
        "run in the cluster, but can be moved to another node if necessary"
    ),
    "system-node-critical": "not be moved from their current node",
}
_SYSTEM = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}


def system_classes() -> Iterator[Json]:
    """Yield the classes that a new cluster has."""
    for name, value in _SYSTEM.items():
        yield {
            "metadata": {"name": name},
            "value": value,
            "description": f"Used for system critical pods that must {_MUST[name]}.",
            "preemptionPolicy": "PreemptLowerPriority",
        }


def assign_priority(pod: Json, classes: Iterable[Json]) -> None:
    """Give a new pod the priority and the preemption policy of its class, in place.

    Without a class of its own a pod gets the default one, and 0 where there is none.

    Raises:
        StatusError: 403, there is no such class, or the pod says another number than its class.
    """
    spec = pod.setdefault("spec", {})
    by_name = {each["metadata"]["name"]: each for each in classes}
    name = spec.get("priorityClassName") or _default_class(by_name.values())
    if not name:
        found: Json = {"value": 0}
    elif name in by_name or name in _SYSTEM:
        found = by_name.get(name) or {"value": _SYSTEM[name]}
        spec["priorityClassName"] = name
    else:
        raise _forbidden(pod, f"no PriorityClass with name {name} was found")
    value = found.get("value", 0)
    if spec.setdefault("priority", value) != value:
        raise _forbidden(
            pod,
            f"the integer value of priority ({spec['priority']}) must not be provided in pod spec; "
            f"priority admission controller computed {value} from the given PriorityClass name",
        )
    spec.setdefault("preemptionPolicy", found.get("preemptionPolicy", "PreemptLowerPriority"))


def _default_class(classes: Iterable[Json]) -> str:
    """Return the global default with the lowest value, empty when there is none."""
    defaults = [each for each in classes if each.get("globalDefault")]
    lowest = min(defaults, key=lambda each: int(each.get("value", 0)), default=None)
    return str(lowest["metadata"]["name"]) if lowest else ""


def _forbidden(pod: Json, why: str) -> status.StatusError:
    return status.forbidden("pods", pod["metadata"].get("name", ""), why)
