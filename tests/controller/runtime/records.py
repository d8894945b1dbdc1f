"""Short constructors of the records that caches are fed with."""

from __future__ import annotations

from typing import Any

from controller.api.core import Node, Revision, Service
from controller.api.lws import LeaderWorkerSet, LwsStatus, SetMeta
from controller.api.pods import Pod


def make_set(
    name: str = "a", *, uid: str = "", version: int = 1, namespace: str = "default", **spec: Any
) -> LeaderWorkerSet:
    meta = SetMeta(
        name=name, namespace=namespace, uid=uid or f"lws-{name}", resource_version=str(version)
    )
    return LeaderWorkerSet(meta, spec, LwsStatus())


def make_leader(group: int, *, set_name: str = "a", uid: str = "", **fields: Any) -> Pod:
    values: dict[str, Any] = {
        "owner_kind": "LeaderWorkerSet",
        "owner_name": set_name,
        "owner_uid": f"lws-{set_name}",
    }
    return _pod((f"{set_name}-{group}", set_name, group, 0), uid, {**values, **fields})


def make_worker(group: int, worker: int, *, set_name: str = "a", uid: str = "", **fields: Any):
    leader = f"{set_name}-{group}"
    values: dict[str, Any] = {
        "owner_kind": "Pod",
        "owner_name": leader,
        "owner_uid": f"pod-{leader}",
    }
    return _pod((f"{leader}-{worker}", set_name, group, worker), uid, {**values, **fields})


def _pod(identity: tuple[str, str, int, int], uid: str, fields: dict[str, Any]) -> Pod:
    name, set_name, group, worker = identity
    values: dict[str, Any] = {
        "namespace": "default",
        "name": name,
        "uid": uid or f"pod-{name}",
        "resource_version": "1",
        "created_at": 0.0,
        "set_name": set_name,
        "group": group,
        "worker": worker,
    }
    return Pod(**{**values, **fields})


def make_service(name: str, *, set_name: str = "a", **fields: Any) -> Service:
    values: dict[str, Any] = {"owner_kind": "LeaderWorkerSet", "owner_uid": f"lws-{set_name}"}
    return Service("default", name, f"svc-{name}", set_name=set_name, **{**values, **fields})


def make_revision(name: str, *, set_name: str = "a") -> Revision:
    return Revision("default", name, f"rev-{name}", "key", 1, set_name, f"lws-{set_name}")


def make_node(name: str, **labels: str) -> Node:
    return Node(name, labels=labels)
