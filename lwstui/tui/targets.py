"""From what is selected to what a verb acts on. Pure."""

from __future__ import annotations

from typing import Any

from controller.api import names
from controller.api.core import Revision
from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from controller.api.names import Resource
from controller.api.pods import Pod
from lwstui.runtime.backend import LogRequest, LogTarget
from lwstui.state.history import history_of, known_revisions
from lwstui.state.model import Snapshot
from lwstui.state.partition import next_floor, of_leaders
from lwstui.state.patches import Unpatchable
from lwstui.tui.widgets.cells import visible
from lwstui.view.desired import desired_revision
from lwstui.view.memo import Memo
from lwstui.view.spec import partition_of
from lwstui.view.tape import REFUSAL
from lwstui.view.types import Ref


def set_key(snapshot: Snapshot, ref: Ref | None) -> Key | None:
    """Return the set that something belongs to, None if it belongs to none."""
    if ref is None or ref.kind in ("node", "event"):
        return None
    if ref.kind != "pod":
        return ref.key
    pod = snapshot.pods.get(ref.key)
    return pod.set_key if pod is not None and pod.set_name else None


def leader(snapshot: Snapshot, key: Key, group: int) -> Pod | None:
    """Return a group's leader pod, None if there is none."""
    members = snapshot.by_set.get(key, ())
    return next((p for p in members if p.group == group and p.worker == 0), None)


def leaving(snapshot: Snapshot, ref: Ref) -> tuple[Ref, ...]:
    """Return the pods of a group that are being deleted and are still there."""
    return tuple(
        Ref("pod", pod.namespace, pod.name, pod.group, uid=pod.uid)
        for pod in snapshot.by_set.get(ref.key, ())
        if pod.group == ref.group and pod.terminating
    )


def pod_of(snapshot: Snapshot, ref: Ref) -> Pod | None:
    """Return the pod behind a reference, of a group its leader; None if there is none."""
    if ref.kind == "group":
        return leader(snapshot, ref.key, ref.group)
    return snapshot.pods.get(ref.key) if ref.kind == "pod" else None


def log_request(
    snapshot: Snapshot, *refs: Ref, role: str = "all", previous: bool = False
) -> LogRequest | None:
    """Return which logs some things have together; None if none of them has any.

    Args:
        snapshot: To find the sets of pods.
        refs: Sets, groups, pods.
        role: Role of the pods, for sets and groups.
        previous: The previous container runs, which are complete and not followed.
    """
    found = [target for ref in refs if (target := _log_target(snapshot, ref)) is not None]
    if not found:
        return None
    first, *more = dict.fromkeys(found)
    return LogRequest(*first[:2], role, pod=first.pod, previous=previous, more=tuple(more))


def _log_target(snapshot: Snapshot, ref: Ref) -> LogTarget | None:
    key = set_key(snapshot, ref)
    if key is None:
        return None
    group = ref.group if ref.kind in ("group", "pod") and ref.group >= 0 else None
    return LogTarget(key, group, ref.name if ref.kind == "pod" else "")


def log_containers(snapshot: Snapshot, request: LogRequest) -> tuple[tuple[str, str], ...]:
    """Return (name, what it is) of the containers in the pods that a request is about."""
    found: dict[str, str] = {}
    for target in request.targets:
        for pod in snapshot.by_set.get(target.key, ()):
            if target.group in (None, pod.group) and target.pod in ("", pod.name):
                for one in pod.containers:
                    found.setdefault(visible(one.name), "init container" if one.init else "")
    return tuple(found.items())


def api_object(snapshot: Snapshot, ref: Ref) -> tuple[Resource, str, str] | None:
    """Return resource, namespace and name of the object behind a reference.

    A group's object is its leader pod. None if there is no such object.
    """
    match ref.kind:
        case "set":
            return names.LEADERWORKERSETS, ref.namespace, ref.name
        case "pod":
            return names.PODS, ref.namespace, ref.name
        case "node":
            return names.NODES, "", ref.name
        case "group":
            pod = leader(snapshot, ref.key, ref.group)
            return (names.PODS, pod.namespace, pod.name) if pod else None
        case _:
            return None


def record(snapshot: Snapshot, ref: Ref) -> object:
    """Return what is held of an object; the same as long as the object is. None if it is gone."""
    match ref.kind:
        case "set":
            return snapshot.sets.get(ref.key)
        case "pod":
            return snapshot.pods.get(ref.key)
        case "node":
            return snapshot.nodes.get(ref.name)
        case "group":
            return leader(snapshot, ref.key, ref.group)
        case _:
            return None


def one_more_group(snapshot: Snapshot, key: Key) -> int | None:
    """Return the partition that lets one more group be updated, None if none is held back."""
    lws = snapshot.sets.get(key)
    if lws is None:
        return None
    target = desired_revision(snapshot, lws, Memo(), snapshot.taken_at)
    leaders = {p.group: p.revision for p in snapshot.by_set.get(key, ()) if p.worker == 0}
    return next_floor(partition_of(lws), leaders, target)


def native_partition(snapshot: Snapshot, key: Key) -> int | None:
    """Return where the rollout of a native set is by its pods, None if it is no native one."""
    lws = snapshot.sets.get(key)
    if lws is None:
        return None
    target = desired_revision(snapshot, lws, Memo(), snapshot.taken_at)
    return of_leaders((p for p in snapshot.by_set.get(key, ()) if p.worker == 0), target)


def undo_revision(snapshot: Snapshot, key: Key, number: int | None) -> Revision:
    """Return the revision whose template is put back: by number, else the one before.

    Raises:
        Unpatchable: If there is none, or it is in force.
        InvalidSpec: If the set's spec is invalid.
    """
    lws = snapshot.sets.get(key)
    if lws is None:
        raise Unpatchable("it is gone")
    return history_of(lws, known_revisions(snapshot, key)).pick(number)


def containers(snapshot: Snapshot, key: Key) -> tuple[tuple[str, str, str], ...]:
    """Return what ``containers_of`` says of a set, nothing if it is gone."""
    lws = snapshot.sets.get(key)
    return () if lws is None else containers_of(lws)


def containers_of(lws: LeaderWorkerSet) -> tuple[tuple[str, str, str], ...]:
    """Return (role, container, image) of a set's templates, leader first.

    A set without a leader template uses the worker's for both; it is listed as worker.
    """
    template = _mapping(lws.spec.get("leaderWorkerTemplate"))
    found: list[tuple[str, str, str]] = []
    for role in ("leader", "worker"):
        pod_spec = _mapping(_mapping(template.get(f"{role}Template")).get("spec"))
        for container in pod_spec.get("containers") or ():
            spec = _mapping(container)
            name, image = (visible(str(spec.get(part, ""))) for part in ("name", "image"))
            found.append((role, name, image))
    return tuple(found)


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def refusal(snapshot: Snapshot, *, read_only: bool) -> str:
    """Return why nothing may be changed at present, empty if it may."""
    if snapshot.cluster.playing is not None:
        return REFUSAL
    if read_only or snapshot.cluster.read_only:
        return "read-only: this console may not change anything"
    if snapshot.cluster.problem:
        return snapshot.cluster.problem
    return "" if snapshot.cluster.connected else "not connected yet"
