"""A cluster that is full from the start: one LeaderWorkerSet whose groups all run.

The objects are those that lwstui's controller leaves behind when it has made the set, so that one
attached later finds nothing to do. They are written down here a second time, on purpose: the
sandbox shares no code with the controller, and a test holds the two against each other.
"""

import hashlib
import json
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from lwstui.sandbox.admission import admit
from lwstui.sandbox.apply import Manager, track_update
from lwstui.sandbox.clock import rfc3339
from lwstui.sandbox.listrules import BuiltinType
from lwstui.sandbox.objects import Json, Store
from lwstui.sandbox.priorities import CLASSES, assign_priority

NAME = "fill"
NAMESPACE = "default"
PODS_PER_NODE = 110
_SETS = "leaderworkersets.leaderworkerset.x-k8s.io"
_REVISIONS = "controllerrevisions.apps"
_LWS = "leaderworkerset.sigs.k8s.io/"
_SET_VERSION = "leaderworkerset.x-k8s.io/v1"
_MANAGER = "lwstui"
_SCHEDULED_LABELS = ("topology.kubernetes.io/zone", "topology.kubernetes.io/region")
_TEMPLATE: Json = {
    "spec": {
        "containers": [
            {
                "name": "engine",
                "image": "nginx:1.27",
                "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
            }
        ]
    }
}
_REVISION = hashlib.sha256(json.dumps(_TEMPLATE).encode()).hexdigest()[:10]


class NoRoom(Exception):
    """The hosts cannot hold what a cluster should be filled with."""


@dataclass(frozen=True, slots=True)
class Fill:
    """How much is there: ``groups`` of one leader and ``size - 1`` workers."""

    groups: int
    size: int

    @property
    def pods(self) -> int:
        """Return how many pods that is."""
        return self.groups * self.size


def seed(store: Store, fill: Fill) -> None:
    """Store the set, its revision, its service and its running pods, spread over the H100 hosts.

    Args:
        store: A populated store whose behaviour has not started yet.
        fill: How much.

    Raises:
        NoRoom: There are too few hosts for so many pods.
    """
    hosts = [node for node in store.items("nodes") if node["metadata"]["name"].startswith("h100-")]
    room = len(hosts) * PODS_PER_NODE
    if fill.pods > room:
        needed = -(-fill.pods // PODS_PER_NODE)
        raise NoRoom(
            f"{fill.groups} groups of {fill.size} are {fill.pods} pods, and {len(hosts)} H100 "
            f"hosts have room for {room}: ask for {needed} nodes"
        )
    writer = _Writer(store)
    owner = writer.create(_SETS, _set(fill, rfc3339(store.clock.now())))
    reference = _reference(_SET_VERSION, "LeaderWorkerSet", owner)
    writer.create(_REVISIONS, _revision(fill, reference))
    writer.create("services", _service(reference))
    spread = cycle(hosts)
    for group in range(fill.groups):
        leader = writer.create_pod(_pod(fill, group, 0, reference), next(spread))
        reference_to_leader = _reference("v1", "Pod", leader)
        for index in range(1, fill.size):
            writer.create_pod(_pod(fill, group, index, reference_to_leader), next(spread))


class _Writer:
    """Stores objects as the API server does when the controller creates them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._now = rfc3339(store.clock.now())
        self._classes = store.items(CLASSES)
        self._owned: dict[str, Json] = {}

    def create(self, key: str, body: Json) -> Json:
        """Store an object with its defaults and the owner of its fields."""
        kind = self._store.kind(key)
        if not kind.custom:
            admit(key, body, None)
        manager = Manager(_MANAGER, "Update", kind.api_version)
        track_update(body, None, manager, self._now, BuiltinType(), has_status=kind.has_status)
        return self._store.create(key, body)

    def create_pod(self, body: Json, host: Json) -> Json:
        """Store a pod that a host runs; its kubelet fills in the rest of its status."""
        assign_priority(body, self._classes)
        admit("pods", body, None)
        status = body["status"]
        status |= {"phase": "Running", "conditions": _running(self._now)}
        body["metadata"]["managedFields"] = [self._ownership(body)]
        labels = host["metadata"]["labels"]
        copied = {name: labels[name] for name in _SCHEDULED_LABELS if name in labels}
        body["metadata"]["labels"] = copied | body["metadata"]["labels"]
        body["spec"]["nodeName"] = host["metadata"]["name"]
        return self._store.create("pods", body)

    def _ownership(self, pod: Json) -> Json:
        """Return who owns a pod's fields; leaders, and workers, differ in their owner's uid only.

        What does not differ is worked out once and shared: stored objects never change.
        """
        reference = pod["metadata"]["ownerReferences"][0]
        known = self._owned.get(reference["kind"])
        if known is None:
            manager = Manager(_MANAGER, "Update", "v1")
            track_update(pod, None, manager, self._now, BuiltinType(), has_status=True)
            known = self._owned[reference["kind"]] = pod["metadata"]["managedFields"][0]
        fields = known["fieldsV1"]
        metadata = fields["f:metadata"]
        (item,) = (each for name, each in metadata["f:ownerReferences"].items() if name != ".")
        owners = {".": {}, f'k:{{"uid":"{reference["uid"]}"}}': item}
        metadata = {**metadata, "f:ownerReferences": owners}
        return {**known, "fieldsV1": {**fields, "f:metadata": metadata}}


def _set(fill: Fill, now: str) -> Json:
    conditions = (
        ("Progressing", "False", "GroupsProgressing", "Replicas are progressing"),
        ("Available", "True", "AllGroupsReady", "All replicas are ready"),
    )
    rollout = {
        "target": _REVISION,
        "partition": 0,
        "groups": fill.groups,
        "seenReplicas": fill.groups,
        "stable": _REVISION,
    }
    return {
        "apiVersion": _SET_VERSION,
        "kind": "LeaderWorkerSet",
        "metadata": {
            "name": NAME,
            "namespace": NAMESPACE,
            "annotations": {"lwstui.dev/rollout": json.dumps(rollout, separators=(",", ":"))},
        },
        "spec": {
            "replicas": fill.groups,
            "leaderWorkerTemplate": {
                "size": fill.size,
                "workerTemplate": _TEMPLATE,
                "restartPolicy": "RecreateGroupOnPodRestart",
            },
            "rolloutStrategy": {
                "type": "RollingUpdate",
                "rollingUpdateConfiguration": {"partition": 0, "maxUnavailable": 1, "maxSurge": 0},
            },
            "startupPolicy": "LeaderCreated",
            "networkConfig": {"subdomainPolicy": "Shared"},
        },
        "status": {
            "conditions": [
                {
                    "type": kind,
                    "status": value,
                    "reason": reason,
                    "message": message,
                    "lastTransitionTime": now,
                    "observedGeneration": 1,
                }
                for kind, value, reason, message in conditions
            ],
            "hpaPodSelector": f"{_LWS}name={NAME},{_LWS}worker-index=0",
            "observedGeneration": 1,
            "replicas": fill.groups,
            "readyReplicas": fill.groups,
            "updatedReplicas": fill.groups,
        },
    }


def _reference(api_version: str, kind: str, owner: Json) -> Json:
    return {
        "apiVersion": api_version,
        "kind": kind,
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _revision(fill: Fill, owner: Json) -> Json:
    template = {
        "$patch": "replace",
        "size": fill.size,
        "workerTemplate": {"metadata": {}, **_TEMPLATE},
        "restartPolicy": "RecreateGroupOnPodRestart",
    }
    return {
        "metadata": {
            "name": f"{NAME}-{_REVISION}-1",
            "namespace": NAMESPACE,
            "labels": {f"{_LWS}name": NAME, f"{_LWS}template-revision-hash": _REVISION},
            "ownerReferences": [owner],
        },
        "data": {
            "spec": {
                "leaderWorkerTemplate": template,
                "networkConfig": {"$patch": "replace", "subdomainPolicy": "Shared"},
            }
        },
        "revision": 1,
    }


def _service(owner: Json) -> Json:
    labels = {f"{_LWS}name": NAME}
    return {
        "metadata": {
            "name": NAME,
            "namespace": NAMESPACE,
            "labels": labels,
            "ownerReferences": [owner],
        },
        "spec": {"clusterIP": "None", "publishNotReadyAddresses": True, "selector": labels},
    }


def _pod(fill: Fill, group: int, index: int, owner: Json) -> Json:
    leader = f"{NAME}-{group}"
    name, parent = (f"{leader}-{index}", leader) if index else (leader, NAME)
    address = f"{NAMESPACE}/{leader}".encode()
    labels = {
        f"{_LWS}name": NAME,
        "leaderworkerset.x-k8s.io/name": NAME,
        f"{_LWS}group-index": str(group),
        f"{_LWS}worker-index": str(index),
        f"{_LWS}pod-role": "worker" if index else "leader",
        f"{_LWS}group-key": hashlib.sha1(address, usedforsecurity=False).hexdigest(),
        f"{_LWS}template-revision-hash": _REVISION,
        "statefulset.kubernetes.io/pod-name": name,
        "apps.kubernetes.io/pod-index": str(index or group),
        "controller-revision-hash": f"{parent}-{_REVISION}",
    }
    env = {
        "LWS_LEADER_ADDRESS": f"{leader}.{NAME}.{NAMESPACE}",
        "LWS_GROUP_SIZE": str(fill.size),
        "LWS_WORKER_INDEX": str(index),
    }
    annotations = {f"{_LWS}size": str(fill.size)}
    if index:
        annotations[f"{_LWS}leader-name"] = leader
    container: dict[str, Any] = {
        **_TEMPLATE["spec"]["containers"][0],
        "env": [{"name": each, "value": value} for each, value in env.items()],
    }
    return {
        "metadata": {
            "name": name,
            "generateName": f"{parent}-",
            "namespace": NAMESPACE,
            "labels": labels,
            "annotations": annotations,
            "ownerReferences": [owner],
        },
        "spec": {"containers": [container], "hostname": name, "subdomain": NAME},
    }


def _running(now: str) -> list[Json]:
    return [
        {
            "type": kind,
            "status": "True",
            "observedGeneration": 1,
            "lastProbeTime": None,
            "lastTransitionTime": now,
        }
        for kind in (
            "PodScheduled",
            "PodReadyToStartContainers",
            "Initialized",
            "Ready",
            "ContainersReady",
        )
    ]
