"""Patch bodies of intents: small, guarded, and silent about every field not asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from controller.api.names import RESTARTED_AT

TEMPLATES: Final = {"leader": "leaderTemplate", "worker": "workerTemplate"}


class Unpatchable(ValueError):
    """An intent that does not fit the object as it is now; the text says why."""


def scale_patch(replicas: int) -> dict[str, Any]:
    """Return the merge patch for the scale subresource."""
    return {"spec": {"replicas": replicas}}


def restart_patch(spec: Mapping[str, Any], uid: str, stamp: str) -> dict[str, Any]:
    """Return the merge patch that stamps every template a set has.

    Args:
        spec: Raw spec of the set.
        uid: UID the set must still have; the server refuses the patch otherwise.
        stamp: New value of the annotation.
    """
    templates = _templates(spec)
    mark = {"metadata": {"annotations": {RESTARTED_AT: stamp}}}
    stamped = {name: mark for name in TEMPLATES.values() if name in templates}
    return {"metadata": {"uid": uid}, "spec": {"leaderWorkerTemplate": stamped}}


def image_patch(
    spec: Mapping[str, Any], uid: str, changes: Sequence[tuple[str, str, str]]
) -> list[dict[str, Any]]:
    """Return the JSON patch that sets images and touches nothing else.

    Each replacement is preceded by tests of the container's name and of its image as read,
    so that a change made meanwhile fails the patch instead of being overwritten.

    Args:
        spec: Raw spec of the set.
        uid: UID the set must still have.
        changes: (role, container, image), role ``leader`` or ``worker``.

    Raises:
        Unpatchable: If a role has no template of its own or no such container.
    """
    operations: list[dict[str, Any]] = [{"op": "test", "path": "/metadata/uid", "value": uid}]
    for role, container, image in changes:
        where, index, current = _find(spec, role, container)
        path = f"/spec/leaderWorkerTemplate/{TEMPLATES[role]}/spec/{where}/{index}"
        operations.append({"op": "test", "path": f"{path}/name", "value": container})
        operations.append({"op": "test", "path": f"{path}/image", "value": current})
        operations.append({"op": "replace", "path": f"{path}/image", "value": image})
    return operations


def images(spec: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """Return (role, container, image) of all containers of a set's templates, leader first.

    A set without a leader template has only ``worker`` entries, which its leader uses too.
    """
    return tuple(
        (role, str(container.get("name", "")), str(container.get("image", "")))
        for role in TEMPLATES
        for where in ("initContainers", "containers")
        for container in _containers(spec, role, where)
    )


def _templates(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    templates = spec.get("leaderWorkerTemplate")
    return templates if isinstance(templates, Mapping) else {}


def _containers(spec: Mapping[str, Any], role: str, where: str) -> list[Mapping[str, Any]]:
    template = _templates(spec).get(TEMPLATES[role])
    pod = template.get("spec") if isinstance(template, Mapping) else None
    found = pod.get(where) if isinstance(pod, Mapping) else None
    return [c for c in found if isinstance(c, Mapping)] if isinstance(found, list) else []


def _find(spec: Mapping[str, Any], role: str, name: str) -> tuple[str, int, str]:
    """Return (list, index, image) of a container."""
    if role not in TEMPLATES:
        raise Unpatchable(f"there is no role {role!r}; roles are leader and worker")
    for where in ("containers", "initContainers"):
        for index, container in enumerate(_containers(spec, role, where)):
            if container.get("name") == name:
                return where, index, str(container.get("image", ""))
    if role == "leader" and TEMPLATES["leader"] not in _templates(spec):
        raise Unpatchable("this set has no leader template: the worker's serves for both")
    raise Unpatchable(f"the {role} template has no container {name!r}")
