"""Making a new set from an example: what can be chosen, and the manifests that come of it."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from controller.api.names import SET_NAME
from controller.api.resources import is_accelerator
from lwstui.kube.clean import clean_line
from lwstui.state.manifests import Manifest

_ROLES: Final = (("leader", "leaderTemplate"), ("worker", "workerTemplate"))
_NUMBERS: Final = {"replicas": 0, "size": 1}


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to choose.

    Attributes:
        id: ``name``, ``namespace``, ``replicas``, ``size``, ``image ROLE CONTAINER`` or
            ``devices ROLE``.
        title: What it is called.
        value: What the example has.
        hint: What it means.
    """

    id: str
    title: str
    value: str
    hint: str = ""


def the_set(manifests: Sequence[Manifest]) -> Manifest | None:
    """Return the first set among manifests, None if there is none."""
    return next((one for one in manifests if one.is_set), None)


def fields(manifests: Sequence[Manifest], namespace: str) -> tuple[Field, ...]:
    """Return what can be chosen about the set of an example.

    Args:
        manifests: The objects of the example.
        namespace: Where it goes unless it says so.
    """
    one = the_set(manifests)
    if one is None:
        return ()
    spec = one.body.get("spec") or {}
    group = spec.get("leaderWorkerTemplate") or {}
    found = [
        Field("name", "name", one.name, "of the set; services follow it"),
        Field("namespace", "namespace", one.namespace or namespace),
        Field("replicas", "groups", str(spec.get("replicas", 1)), "how many groups"),
        Field("size", "pods per group", str(group.get("size", 1)), "the leader included"),
    ]
    for role, container in _containers(group):
        name = clean_line(str(container.get("name", "")))
        found.append(
            Field(f"image {role} {name}", f"image {role} {name}", str(container.get("image", "")))
        )
    for role, container in _containers(group):
        for _, amount in _devices(container):
            found.append(
                Field(f"devices {role}", f"accelerators {role}", str(amount), "of each pod")
            )
            break
    cleaned = (replace(one, value=clean_line(one.value)) for one in found)
    return tuple({field.id: field for field in cleaned}.values())


def _containers(group: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield (role, container) of the templates that are written down."""
    both = isinstance(group.get("leaderTemplate"), Mapping)
    for role, key in _ROLES:
        template = group.get(key)
        if isinstance(template, Mapping):
            for container in (template.get("spec") or {}).get("containers") or ():
                yield (role if both else "pod"), container


def _devices(container: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    limits = (container.get("resources") or {}).get("limits") or {}
    yield from ((name, amount) for name, amount in limits.items() if is_accelerator(name))


def wrong(values: Mapping[str, str]) -> str:
    """Return what is wrong with values, empty if nothing."""
    for id_, value in values.items():
        kind = id_.partition(" ")[0]
        least = _NUMBERS.get(kind, 0 if kind == "devices" else None)
        if least is not None and not (value.isascii() and value.isdigit() and int(value) >= least):
            return f"{id_}: “{value}” is not a whole number of at least {least}"
        if not value:
            return f"{id_} is empty"
    return ""


def made(manifests: Sequence[Manifest], values: Mapping[str, str]) -> tuple[Manifest, ...]:
    """Return an example's objects with what was chosen put in.

    Services, autoscalers and addresses that name the set follow its new name.

    Args:
        manifests: The objects of the example.
        values: What was chosen, by the id of its field; nothing is ``wrong`` with it.
    """
    one = the_set(manifests)
    if one is None:
        return tuple(manifests)
    old, new, space = one.name, values["name"], values["namespace"]
    found = []
    for manifest in manifests:
        body = _renamed(copy.deepcopy(dict(manifest.body)), old, new)
        if manifest.kind != "Namespace" and not manifest.kind.startswith("Cluster"):
            body["metadata"] = {**body["metadata"], "namespace": space}
        if manifest is one:
            _fill(body, values)
        found.append(Manifest(manifest.source, body))
    return tuple(found)


def _renamed(body: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    name = str(body["metadata"]["name"])
    if name == old or name.startswith(f"{old}-"):
        body["metadata"] = {**body["metadata"], "name": new + name[len(old) :]}
    found: dict[str, Any] = _follow(body, old, new)
    return found


def _follow(value: Any, old: str, new: str) -> Any:
    """Return a value in which selectors, targets and host names follow a new name."""
    if isinstance(value, dict):
        return {name: _field(name, part, old, new) for name, part in value.items()}
    if isinstance(value, list):
        return [_follow(part, old, new) for part in value]
    if isinstance(value, str):
        host = rf"\b{re.escape(old)}(-\d+(?:-\d+)?)\.{re.escape(old)}\b"
        return re.sub(host, rf"{new}\1.{new}", value)
    return value


def _field(name: str, part: Any, old: str, new: str) -> Any:
    if name == SET_NAME and part == old:
        return new
    if name == "scaleTargetRef" and isinstance(part, dict) and part.get("name") == old:
        return {**part, "name": new}
    return _follow(part, old, new)


def _fill(body: dict[str, Any], values: Mapping[str, str]) -> None:
    spec = body["spec"]
    spec["replicas"] = int(values["replicas"])
    group = spec["leaderWorkerTemplate"]
    group["size"] = int(values["size"])
    for role, container in _containers(group):
        container["image"] = values.get(
            f"image {role} {container.get('name', '')}", container.get("image")
        )
        wanted = values.get(f"devices {role}")
        for name, _ in tuple(_devices(container)):
            for part in ("limits", "requests"):
                amounts = (container.get("resources") or {}).get(part) or {}
                if wanted is not None and name in amounts:
                    amounts[name] = wanted
