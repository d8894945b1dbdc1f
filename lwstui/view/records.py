"""Rows as data for programs: stable field names, plain values, null where nothing is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from controller.api.core import Event, Node
from controller.api.meta import format_time, parse_time
from controller.api.pods import Pod
from lwstui.capacity.free import node_devices
from lwstui.kube.clean import clean_line
from lwstui.state.patches import images
from lwstui.view.digest import GroupDigest, SetDigest
from lwstui.view.health import Health, node_health

Record = dict[str, Any]


def _time(epoch_s: float | None) -> str | None:
    return format_time(epoch_s) if epoch_s else None


def _state(health: Health) -> Record:
    return {
        "state": health.word,
        "reason": health.reason or None,
        "since": _time(health.since),
    }


def _nodes(pods: Iterable[Pod]) -> list[str]:
    return sorted({pod.node for pod in pods if pod.node})


def set_record(one: SetDigest) -> Record:
    """Return a set as data; ``accelerators`` are devices, null if its pods ask for none."""
    meta = one.lws.metadata
    bound, requested = one.accelerators or (None, None)
    return {
        "namespace": meta.namespace,
        "name": meta.name,
        "uid": meta.uid,
        **_state(one.health),
        "groups": one.replicas,
        "readyGroups": one.ready,
        "updatedGroups": one.updated,
        "surgeGroups": one.surge,
        "size": one.size,
        "pods": one.pods,
        "readyPods": one.pods_ready,
        "accelerators": None
        if one.accelerators is None
        else {"bound": bound, "requested": requested},
        "revision": one.desired or None,
        "partition": one.partition,
        "rolling": one.rolling,
        "restarts": sum(group.restarts for group in one.groups),
        "nodes": _nodes(pod for group in one.groups for pod in group.pods),
        "images": [
            {"role": role, "container": clean_line(container), "image": clean_line(image)}
            for role, container, image in images(one.lws.spec)
        ],
        "labels": dict(meta.labels or {}),
        "createdAt": _time(parse_time(meta.creation_timestamp)),
    }


def group_record(one: SetDigest, group: GroupDigest) -> Record:
    """Return a group as data."""
    leader = group.leader
    return {
        "namespace": one.key.namespace,
        "set": one.key.name,
        "group": group.index,
        **_state(group.health),
        "size": group.size,
        "pods": len(group.pods),
        "readyPods": group.ready,
        "revision": group.revision or None,
        "surge": group.surge,
        "accelerators": {"bound": group.bound, "requested": group.asked} if group.asked else None,
        "restarts": group.restarts,
        "nodes": _nodes(group.pods),
        "leader": leader.name if leader is not None else None,
        "createdAt": _time(group.pods[0].created_at if group.pods else None),
    }


def pod_record(pod: Pod, health: Health) -> Record:
    """Return a pod of a set as data."""
    main = [container for container in pod.containers if not container.init]
    return {
        "namespace": pod.namespace,
        "name": pod.name,
        "uid": pod.uid,
        "set": pod.set_name or None,
        "group": pod.group if pod.group >= 0 else None,
        "worker": pod.worker if pod.worker >= 0 else None,
        "role": pod.role or None,
        **_state(health),
        "phase": pod.phase or None,
        "containers": len(main),
        "readyContainers": sum(container.ready for container in main),
        "restarts": pod.restarts,
        "accelerators": dict(pod.accelerators),
        "node": pod.node or None,
        "ip": pod.ip or None,
        "revision": pod.revision or None,
        "createdAt": _time(pod.created_at),
    }


def node_record(node: Node, held_by: tuple[Pod, ...]) -> Record:
    """Return a node as data; ``heldBy`` are pods of sets bound to it, by name."""
    return {
        "name": node.name,
        "uid": node.uid,
        **_state(node_health(node)),
        "accelerators": {
            devices.resource: {
                "capacity": devices.capacity,
                "allocatable": devices.allocatable,
                "allocated": devices.allocated,
                "free": devices.free,
            }
            for devices in node_devices(node, held_by)
        },
        "heldBy": [str(pod.key) for pod in held_by if pod.set_name],
        "kubelet": node.kubelet_version or None,
        "labels": dict(node.labels),
        "createdAt": _time(node.created_at),
    }


def event_record(event: Event) -> Record:
    """Return an event as data."""
    return {
        "namespace": event.namespace,
        "name": event.name,
        "type": event.type,
        "reason": event.reason,
        "note": event.note,
        "kind": event.regarding_kind,
        "object": event.regarding_name,
        "count": event.count,
        "firstAt": _time(event.first_at),
        "lastAt": _time(event.last_at),
        "reporter": event.reporter or None,
    }


def document(kind: str, items: Iterable[Mapping[str, Any]]) -> Record:
    """Return a list of records as one document: ``kind``, and the records under ``items``."""
    return {"kind": kind, "items": list(items)}
