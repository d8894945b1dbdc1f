"""What the API server demands of pods: required fields, consistent resources, immutable specs."""

from collections.abc import Iterator
from typing import Any

from lwstui.sandbox.amounts import milli
from lwstui.sandbox.containerrules import env_causes, port_causes, probe_causes, required
from lwstui.sandbox.names import LABEL_RULE, is_label
from lwstui.sandbox.objects import Json, deep_copy
from lwstui.sandbox.poddefaults import default_pod_spec
from lwstui.sandbox.schema import shown
from lwstui.sandbox.status import Cause

_RESTART_POLICIES = ("Always", "OnFailure", "Never")
_LONGEST_S = 2**31 - 1
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_IMMUTABLE = (
    "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
    "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set "
    "to 1 if it was previously negative)"
)


def unsupported(path: str, value: Any, allowed: tuple[str, ...]) -> Cause:
    """Return the cause of a value outside an enumeration."""
    supported = ", ".join(f'"{each}"' for each in allowed)
    message = f"Unsupported value: {shown(value)}: supported values: {supported}"
    return Cause(path, message, "FieldValueNotSupported")


def pod_spec_causes(spec: Json, path: str = "spec") -> Iterator[Cause]:
    """Yield what is wrong with a pod spec, of a pod or of a template."""
    if not spec.get("containers"):
        yield required(f"{path}.containers")
    shares_host = bool(spec.get("hostNetwork"))
    volumes = [volume.get("name", "") for volume in spec.get("volumes") or ()]
    seen: set[str] = set()
    for kind in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(kind) or ()):
            where = f"{path}.{kind}[{index}]"
            yield from _name_causes(container, where, seen)
            yield from _container_causes(container, where, volumes, shares_host=shares_host)
    policy = spec.get("restartPolicy", "Always")
    if policy not in _RESTART_POLICIES:
        yield unsupported(f"{path}.restartPolicy", policy, _RESTART_POLICIES)
    deadline_s = spec.get("activeDeadlineSeconds")
    if deadline_s is not None and not 1 <= deadline_s <= _LONGEST_S:
        message = f"Invalid value: {deadline_s}: must be between 1 and {_LONGEST_S}, inclusive"
        yield Cause(f"{path}.activeDeadlineSeconds", message)
    for field in ("hostname", "subdomain"):
        if spec.get(field) and not is_label(spec[field]):
            yield Cause(f"{path}.{field}", f"Invalid value: {shown(spec[field])}: {LABEL_RULE}")


def _name_causes(container: Json, where: str, seen: set[str]) -> Iterator[Cause]:
    name = container.get("name")
    if not name:
        yield required(f"{where}.name")
        return
    if not is_label(name):
        yield Cause(f"{where}.name", f"Invalid value: {shown(name)}: {LABEL_RULE}")
    if name in seen:
        message = f"Duplicate value: {shown(name)}"
        yield Cause(f"{where}.name", message, "FieldValueDuplicate")
    seen.add(name)


def added_container_causes(
    container: Json, where: str, taken: set[str], volumes: list[str]
) -> Iterator[Cause]:
    """Yield what is wrong with a container that joins others, whose names are ``taken``."""
    yield from _name_causes(container, where, taken)
    yield from _container_causes(container, where, volumes)


def _container_causes(
    container: Json, where: str, volumes: list[str], *, shares_host: bool = False
) -> Iterator[Cause]:
    if not container.get("image"):
        yield required(f"{where}.image")
    policy = container.get("imagePullPolicy", "Always")
    if policy not in _PULL_POLICIES:
        yield unsupported(f"{where}.imagePullPolicy", policy, _PULL_POLICIES)
    yield from port_causes(container, where, shares_host=shares_host)
    yield from env_causes(container, where)
    for index, mount in enumerate(container.get("volumeMounts") or ()):
        if mount.get("name") not in volumes:
            message = f"Not found: {shown(mount.get('name', ''))}"
            yield Cause(f"{where}.volumeMounts[{index}].name", message, "FieldValueNotFound")
        if not mount.get("mountPath"):
            yield required(f"{where}.volumeMounts[{index}].mountPath")
    yield from probe_causes(container, where)
    yield from _resource_causes(container.get("resources") or {}, f"{where}.resources")


def _resource_causes(resources: Json, where: str) -> Iterator[Cause]:
    limits = resources.get("limits") or {}
    for kind in ("limits", "requests"):
        for name, value in (resources.get(kind) or {}).items():
            yield from _amount_causes(name, value, f"{where}.{kind}[{name}]")
    for name, value in (resources.get("requests") or {}).items():
        yield from _request_causes(name, value, limits, f"{where}.requests")


def _amount_causes(name: str, value: Any, where: str) -> Iterator[Cause]:
    if milli(value) < 0:
        message = f"Invalid value: {shown(str(value))}: must be greater than or equal to 0"
        yield Cause(where, message)
    if _is_extended(name) and milli(value) % 1000:
        yield Cause(where, f"Invalid value: {shown(str(value))}: must be an integer")


def _is_extended(name: str) -> bool:
    """Tell whether a resource is a device: counted in wholes, and never overcommitted."""
    return "/" in name


def _request_causes(name: str, value: Any, limits: Json, where: str) -> Iterator[Cause]:
    extended = _is_extended(name)
    if name not in limits:
        if extended:
            yield Cause(
                where.replace("requests", "limits"),
                "Required value: Limit must be set for non overcommitable resources",
                "FieldValueRequired",
            )
        return
    asked, limit = milli(value), milli(limits[name])
    if extended and asked != limit:
        message = f"must be equal to {name} limit of {limits[name]}"
    elif asked > limit:
        message = f"must be less than or equal to {name} limit of {limits[name]}"
    else:
        return
    yield Cause(where, f"Invalid value: {shown(str(value))}: {message}")


def pod_update_causes(new: Json, old: Json) -> Iterator[Cause]:
    """Yield what is wrong with an update of a pod, above all what it must not change."""
    if new["spec"] == old["spec"]:
        return
    yield from pod_spec_causes(new["spec"])
    masked, before = deep_copy(new["spec"]), deep_copy(old["spec"])
    default_pod_spec(before)
    _mask_images(masked, before)
    _mask_added_tolerations(masked, before)
    _mask(masked, before, "activeDeadlineSeconds")
    if before.get("schedulingGates"):
        remaining = masked.get("schedulingGates") or []
        if all(each in before["schedulingGates"] for each in remaining):
            for field in ("schedulingGates", "nodeSelector", "affinity"):
                _mask(masked, before, field)
    if masked != before:
        yield Cause("spec", _IMMUTABLE, "FieldValueForbidden")


def _mask_images(masked: Json, before: Json) -> None:
    for kind in ("containers", "initContainers"):
        for container, was in zip(masked.get(kind, ()), before.get(kind, ()), strict=False):
            if "image" in was:
                container["image"] = was["image"]


def _mask_added_tolerations(masked: Json, before: Json) -> None:
    added = masked.get("tolerations") or []
    if all(each in added for each in before.get("tolerations") or ()):
        _mask(masked, before, "tolerations")


def _mask(masked: Json, before: Json, field: str) -> None:
    masked.pop(field, None)
    if field in before:
        masked[field] = before[field]
