"""Headless Services that give pods their DNS names.

Source: pkg/utils/controller/controller_utils.go, CreateHeadlessServiceIfNotExists.
"""

from __future__ import annotations

from typing import Any

from controller.api import names
from controller.api.lws import LeaderWorkerSet
from controller.api.meta import owner_reference
from controller.api.pods import Pod
from controller.plan.actions import CreateService


def shared(lws: LeaderWorkerSet) -> CreateService:
    """Return the Service of all pods of a set; the set owns it."""
    meta, kind = lws.metadata, names.LEADERWORKERSETS
    owner = owner_reference(kind.api_version, kind.kind, meta.name, meta.uid)
    return _service(lws, meta.name, {names.SET_NAME: meta.name}, owner)


def labels(set_name: str, group: int | None) -> dict[str, str]:
    """Return the labels a Service may select by to name the pods of a set or of one group."""
    found = {names.SET_NAME: set_name, names.SET_NAME_X: set_name}
    return found if group is None else {**found, names.GROUP_INDEX: str(group)}


def of_group(lws: LeaderWorkerSet, group: int, leader: Pod) -> CreateService:
    """Return the Service of one group under UniquePerReplica; its leader owns it."""
    selector = {names.SET_NAME: lws.metadata.name, names.GROUP_INDEX: str(group)}
    owner = owner_reference("v1", names.PODS.kind, leader.name, leader.uid)
    return _service(lws, leader.name, selector, owner)


def _service(
    lws: LeaderWorkerSet, name: str, selector: dict[str, str], owner: dict[str, Any]
) -> CreateService:
    body = {
        "apiVersion": "v1",
        "kind": names.SERVICES.kind,
        "metadata": {
            "name": name,
            "namespace": lws.metadata.namespace,
            "labels": {names.SET_NAME: lws.metadata.name},
            "ownerReferences": [owner],
        },
        "spec": {"clusterIP": "None", "publishNotReadyAddresses": True, "selector": selector},
    }
    return CreateService(name, body)
