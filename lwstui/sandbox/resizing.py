"""CPU and memory of a running pod, changed in place."""

from collections.abc import Iterator

from lwstui.sandbox import status
from lwstui.sandbox.amounts import Amounts, milli, quality_of_service
from lwstui.sandbox.cluster_view import pod_facts
from lwstui.sandbox.objects import Json, Store, deep_copy
from lwstui.sandbox.podrules import pod_spec_causes
from lwstui.sandbox.schema import shown
from lwstui.sandbox.scripts import wanted_memory_bytes
from lwstui.sandbox.status import Cause

SUBRESOURCE = "resize"
_RESIZED = ("cpu", "memory")
_LISTS = ("containers", "initContainers")
_FINISHED = ("Succeeded", "Failed")


def with_resized(asked: Json, old: Json) -> Json:
    """Return a pod with the spec asked for and everything else as it is."""
    return {**old, "metadata": {**old["metadata"]}, "spec": asked.get("spec") or {}}


def resize_causes(new: Json, old: Json) -> Iterator[Cause]:
    """Yield what is wrong with a resize."""
    yield from pod_spec_causes(new["spec"])
    if _without_resources(new["spec"]) != _without_resources(old["spec"]):
        why = "Forbidden: only cpu and memory resources are mutable"
        yield Cause("spec", why, "FieldValueForbidden")
        return
    quality = quality_of_service(new["spec"])
    if quality != quality_of_service(old["spec"]):
        why = "Pod QOS Class may not change as a result of resizing"
        yield Cause("spec", f"Invalid value: {shown(quality)}: {why}")
    for kind in _LISTS:
        pairs = zip(new["spec"].get(kind) or (), old["spec"].get(kind) or (), strict=True)
        for index, (container, before) in enumerate(pairs):
            yield from _removed(container, before, f"spec.{kind}[{index}].resources")


def _removed(container: Json, before: Json, where: str) -> Iterator[Cause]:
    for kind in ("limits", "requests"):
        now = (container.get("resources") or {}).get(kind) or {}
        then = (before.get("resources") or {}).get(kind) or {}
        for name in _RESIZED:
            if name in then and name not in now:
                why = f"resource {kind} cannot be removed"
                yield Cause(f"{where}.{kind}", f"Forbidden: {why}", "FieldValueForbidden")


def _without_resources(spec: Json) -> Json:
    """Return a spec without the CPU and memory of its containers."""
    rest = deep_copy(spec)
    for kind in _LISTS:
        for container in rest.get(kind) or ():
            resources = container.get("resources") or {}
            for bounds in (resources.get("limits") or {}, resources.get("requests") or {}):
                for name in _RESIZED:
                    bounds.pop(name, None)
            container["resources"] = {name: value for name, value in resources.items() if value}
    return rest


def check_simulated(store: Store, new: Json, old: Json) -> None:
    """Refuse a resize that would not be done at once, or not without a restart.

    Raises:
        StatusError: 422 the pod is over, 501 what the sandbox does not play.
    """
    phase = (old.get("status") or {}).get("phase")
    if phase in _FINISHED:
        cause = Cause("spec", "Forbidden: pod is already terminated", "FieldValueForbidden")
        raise status.invalid("Pod", "", old["metadata"]["name"], [cause])
    for kind in _LISTS:
        pairs = zip(new["spec"].get(kind) or (), old["spec"].get(kind) or (), strict=True)
        for container, before in pairs:
            changed = _changed(container, before)
            if _restarts(container, changed):
                raise status.not_implemented("containers are not restarted for a resize")
            if "memory" in changed and wanted_memory_bytes(old, container["name"]) is not None:
                raise status.not_implemented("an annotation says what memory the container takes")
    node = store.get("nodes", "", new["spec"].get("nodeName") or "")
    if node is not None and not _fits(store, node, new):
        why = "a resize that waits for room on its node is not played; there is none now"
        raise status.not_implemented(why)


def _changed(container: Json, before: Json) -> set[str]:
    now, then = container.get("resources") or {}, before.get("resources") or {}
    return {
        name
        for kind in ("limits", "requests")
        for name in _RESIZED
        if (now.get(kind) or {}).get(name) != (then.get(kind) or {}).get(name)
    }


def _restarts(container: Json, changed: set[str]) -> bool:
    return any(
        each.get("restartPolicy") == "RestartContainer" and each.get("resourceName") in changed
        for each in container.get("resizePolicy") or ()
    )


def _fits(store: Store, node: Json, new: Json) -> bool:
    """Tell whether a node has room for a pod as it would be, beside the others."""
    allocatable: Amounts = {
        name: milli(value)
        for name, value in ((node.get("status") or {}).get("allocatable") or {}).items()
    }
    left = dict(allocatable)
    uid, name = new["metadata"]["uid"], node["metadata"]["name"]
    for pod in store.items("pods"):
        over = (pod.get("status") or {}).get("phase") in _FINISHED
        if pod["spec"].get("nodeName") == name and not over and pod["metadata"]["uid"] != uid:
            for resource, amount in pod_facts(pod).request.items():
                left[resource] = left.get(resource, 0) - amount
    request = pod_facts(new).request
    return all(request.get(each, 0) <= left.get(each, 0) for each in _RESIZED)
