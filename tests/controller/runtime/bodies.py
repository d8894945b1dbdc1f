"""JSON objects and actions for tests that need no planner."""

from __future__ import annotations

from typing import Any

from controller.api import names
from controller.api.meta import owner_reference
from controller.plan.actions import CreateClaim, CreatePod, CreateRevision, CreateService, DeletePod
from tests.controller.runtime.support import World

API_VERSION = names.LEADERWORKERSETS.api_version


def add_set(world: World, name: str = "a", **spec: Any) -> dict[str, Any]:
    """Store a set; its pods have one container."""
    container = {"name": "main", "image": "image"}
    template = {"size": 1, "workerTemplate": {"spec": {"containers": [container]}}}
    body = {
        "apiVersion": API_VERSION,
        "kind": "LeaderWorkerSet",
        "metadata": {"name": name},
        "spec": {"replicas": 1, "leaderWorkerTemplate": template, **spec},
    }
    return world.put(names.LEADERWORKERSETS, body)


def meta(lws: dict[str, Any], name: str, **labels: str) -> dict[str, Any]:
    """Return metadata of a child of a set."""
    owner = lws["metadata"]
    return {
        "name": name,
        "namespace": owner["namespace"],
        "labels": {names.SET_NAME: owner["name"], **labels},
        "ownerReferences": [
            owner_reference(API_VERSION, "LeaderWorkerSet", owner["name"], owner["uid"])
        ],
    }


def create_leader(lws: dict[str, Any], group: int) -> CreatePod:
    name = names.leader_name(lws["metadata"]["name"], group)
    labels = {names.GROUP_INDEX: str(group), names.WORKER_INDEX: "0"}
    body = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta(lws, name, **labels),
        "spec": {"containers": [{"name": "main", "image": "image"}]},
    }
    return CreatePod(name, body, group, 0)


def create_revision(lws: dict[str, Any], number: int = 1) -> CreateRevision:
    name = names.revision_name(lws["metadata"]["name"], "key", number)
    labels = {names.REVISION: "key"}
    body = {"metadata": meta(lws, name, **labels), "revision": number, "data": {}}
    return CreateRevision(name, "key", number, body)


def create_service(lws: dict[str, Any]) -> CreateService:
    name = lws["metadata"]["name"]
    return CreateService(name, {"metadata": meta(lws, name), "spec": {"clusterIP": "None"}})


def create_claim(lws: dict[str, Any], name: str) -> CreateClaim:
    body = {"metadata": meta(lws, name), "spec": {}}
    del body["metadata"]["ownerReferences"]
    return CreateClaim(name, body)


def delete(pod: dict[str, Any], *, cause: str = "scale-down", foreground: bool = True) -> DeletePod:
    return DeletePod(pod["metadata"]["name"], pod["metadata"]["uid"], foreground, cause)
