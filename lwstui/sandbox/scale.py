"""The scale subresource: replicas of any kind that has them, as ``autoscaling/v1`` Scale."""

from typing import Any

from lwstui.sandbox import status
from lwstui.sandbox.crds import ScalePaths
from lwstui.sandbox.objects import Json
from lwstui.sandbox.registry import Resource
from lwstui.sandbox.status import Cause

_BUILTIN = ScalePaths(".spec.replicas", ".status.replicas", "")


def _paths(resource: Resource) -> ScalePaths:
    if resource.custom is not None and resource.custom.scale is not None:
        return resource.custom.scale
    return _BUILTIN


def _at(obj: Json, path: str) -> Any:
    value: Any = obj
    for step in path.removeprefix(".").split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def to_scale(resource: Resource, obj: Json) -> Json:
    """Return the Scale of an object."""
    paths, metadata = _paths(resource), obj["metadata"]
    named = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    scale: Json = {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: metadata[name] for name in named if name in metadata},
        "spec": {"replicas": _at(obj, paths.replicas) or 0},
        "status": {"replicas": _at(obj, paths.status_replicas) or 0},
    }
    selector = _at(obj, paths.selector) if paths.selector else _selector(obj)
    if selector:
        scale["status"]["selector"] = selector
    return scale


def _selector(obj: Json) -> str:
    labels = (obj.get("spec", {}).get("selector") or {}).get("matchLabels") or {}
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def set_replicas(resource: Resource, obj: Json, scale: Json) -> Json:
    """Return the object with the replicas a Scale asks for.

    Raises:
        StatusError: 422, they are negative or no number; 409 the Scale is of another version.
    """
    spec = scale.get("spec") or {}
    replicas = spec.get("replicas", 0) if isinstance(spec, dict) else spec
    name = obj["metadata"]["name"]
    if not isinstance(replicas, int) or isinstance(replicas, bool) or replicas < 0:
        message = f"Invalid value: {replicas}: must be greater than or equal to 0"
        raise status.invalid("Scale", "autoscaling", name, [Cause("spec.replicas", message)])
    current = obj["metadata"]["resourceVersion"]
    if (scale.get("metadata") or {}).get("resourceVersion", current) != current:
        raise status.conflict(resource.key, name)
    *parents, last = _paths(resource).replicas.removeprefix(".").split(".")
    scaled = dict(obj)
    inner = scaled
    for step in parents:
        inner[step] = dict(inner.get(step) or {})
        inner = inner[step]
    inner[last] = replicas
    return scaled
