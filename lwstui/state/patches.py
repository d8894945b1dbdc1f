"""Patch bodies of intents: small, guarded, and silent about every field not asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from controller.api.lws import LeaderWorkerSet
from controller.api.names import FROZEN, PAUSED, RESTARTED_AT
from controller.plan.frozen import Frozen, frozen
from controller.plan.paused import paused
from lwstui.state.partition import (
    PAUSED_PARTITION,
    floor_of,
    noticed,
    reached,
    remembered,
    standstill,
)

TEMPLATES: Final = {"leader": "leaderTemplate", "worker": "workerTemplate"}


class Unpatchable(ValueError):
    """An intent that does not fit the object as it is now; the text says why."""


class Moved(Unpatchable):
    """The object is not any more what an intent was decided on; nothing was done."""


def scale_patch(replicas: int) -> dict[str, Any]:
    """Return the merge patch for the scale subresource."""
    return {"spec": {"replicas": replicas}}


def rescale_patch(uid: str, current: int, replicas: int) -> list[dict[str, Any]]:
    """Return the JSON patch for the scale subresource of a set that has ``current`` groups now.

    Args:
        uid: UID the set must still have.
        current: Number of groups it must still have; the server refuses the patch otherwise.
        replicas: Number of groups to have.
    """
    return [
        {"op": "test", "path": "/metadata/uid", "value": uid},
        {"op": "test", "path": "/spec/replicas", "value": current},
        {"op": "replace", "path": "/spec/replicas", "value": replicas},
    ]


def partition_patch(lws: LeaderWorkerSet, partition: int) -> dict[str, Any]:
    """Return the merge patch that sets the partition of a set as it was read.

    A paused set stays paused as long as the partition is above the one it goes back to.

    Raises:
        Unpatchable: If it is set already.
    """
    back = remembered(lws)
    if partition == floor_of(lws):
        raise Unpatchable(f"the partition is {partition} already")
    return _partition_patch(lws, partition, back if back is not None and back < partition else None)


def pause_patch(lws: LeaderWorkerSet) -> dict[str, Any]:
    """Return the merge patch that pauses the rollout of a set as it was read.

    Raises:
        Unpatchable: If it is paused, or its partition holds every group as it is.
    """
    floor, partition = floor_of(lws), standstill(lws)
    if floor >= partition:
        how = "paused" if remembered(lws) is not None else f"held by its partition, {floor},"
        raise Unpatchable(f"the rollout is {how} already")
    back = remembered(lws)
    return _partition_patch(lws, partition, floor if back is None else back)


def hold_patch(lws: LeaderWorkerSet, native: int | None = None) -> dict[str, Any]:
    """Return the merge patch that holds the rollout of a set, as it was read, where it is.

    The partition is never raised above that: a group that has been updated would come back on
    the revision before if it had to be made again.

    Args:
        lws: The set.
        native: Partition of its leader StatefulSet, if the native controller serves it.

    Raises:
        Unpatchable: If nothing tells where the rollout is, or it has come to its partition.
    """
    floor, partition = floor_of(lws), reached(lws, native)
    if not noticed(lws):
        raise Unpatchable(
            "no controller has acted on the last change of the spec yet, so the rollout is "
            "nowhere it could be held; look again"
        )
    if partition is None:
        raise Unpatchable("the set does not record where its rollout is; set the partition")
    if partition <= floor:
        raise Unpatchable(f"no group is left to hold back: the rollout is at {floor}")
    back = remembered(lws)
    return _partition_patch(lws, partition, floor if back is None else back)


def resume_patch(lws: LeaderWorkerSet) -> dict[str, Any]:
    """Return the merge patch that puts the partition from before the pause back.

    Raises:
        Unpatchable: If the set is not paused.
    """
    back = remembered(lws)
    if back is None:
        floor = floor_of(lws)
        hint = f"; its partition is {floor}, set it to 0 to update all groups" if floor else ""
        raise Unpatchable(f"the rollout is not paused{hint}")
    return _partition_patch(lws, back, None)


def _partition_patch(lws: LeaderWorkerSet, partition: int, back: int | None) -> dict[str, Any]:
    """Return the patch; ``back`` is what to remember, None to forget what is remembered."""
    annotation = None if back is None else str(back)
    return {
        "metadata": {**guard(lws), "annotations": {PAUSED_PARTITION: annotation}},
        "spec": {"rolloutStrategy": {"rollingUpdateConfiguration": {"partition": partition}}},
    }


def partition_of_patch(patch: Mapping[str, Any]) -> int:
    """Return the partition that one of these patches sets."""
    strategy = patch["spec"]["rolloutStrategy"]["rollingUpdateConfiguration"]
    partition: int = strategy["partition"]
    return partition


def guard(lws: LeaderWorkerSet) -> dict[str, Any]:
    """Return the metadata that makes the server refuse a patch of any other state of a set."""
    return {"uid": lws.metadata.uid, "resourceVersion": lws.metadata.resource_version}


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


def freeze_patch(lws: LeaderWorkerSet, group: int | None, *, on: bool) -> dict[str, Any]:
    """Return the merge patch that freezes or thaws a group, or all groups for None.

    Raises:
        Unpatchable: If it is so already, or only the whole set can be thawed.
    """
    now = frozen(lws.annotations)
    if group is None:
        after = Frozen(everything=on)
    elif now.everything:
        raise Unpatchable("all groups are frozen" + ("" if on else "; thaw the set"))
    else:
        after = Frozen(groups=now.groups | {group} if on else now.groups - {group})
    if after == now:
        raise Unpatchable("it is frozen already" if on else "it is not frozen")
    return {"metadata": {**guard(lws), "annotations": {FROZEN: after.text or None}}}


def paused_patch(lws: LeaderWorkerSet, mark: str) -> dict[str, Any]:
    """Return the merge patch that pauses the controller for a set, or resumes it for no mark.

    Raises:
        Unpatchable: If it is so already.
    """
    pause = paused(lws.annotations)
    if mark and pause is not None:
        raise Unpatchable(f"the controller is paused for it already{pause.by}")
    if not mark and pause is None:
        raise Unpatchable("the controller is not paused for it")
    return {"metadata": {**guard(lws), "annotations": {PAUSED: mark or None}}}
