"""Sets as the native controller leaves them: StatefulSets, their revisions, owner chains.

Pods, Services, revisions and claims are the recorded ones of ``tests/data/golden/objects``; what a
recording leaves out (StatefulSets and their own revisions, UIDs) is added in native's shape.
"""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from controller.api import names
from controller.api.names import Resource
from controller.guard import STATEFUL_SETS
from controller.takeover.evidence import REPLICAS, SetEvidence
from controller.takeover.native import DEPLOYMENTS, MUTATING, VALIDATING
from lwstui.kube.cluster import KubeCluster

Json = dict[str, Any]

GOLDEN = Path(__file__).parents[1] / "data" / "golden" / "objects"
NAMESPACE = "golden"
SYSTEM = "lws-system"
READY = {
    "phase": "Running",
    "startTime": "2026-08-01T00:00:00Z",
    "conditions": [
        {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-08-01T00:00:00Z"},
        {"type": "Ready", "status": "True", "lastTransitionTime": "2026-08-01T00:00:01Z"},
    ],
}


def group_of(pod: Json) -> str:
    """Name of the StatefulSet that makes the workers beside a pod."""
    labels = pod["metadata"]["labels"]
    return f"{labels[names.SET_NAME]}-{labels[names.GROUP_INDEX]}"


def is_leader(pod: Json) -> bool:
    return bool(pod["metadata"]["labels"][names.WORKER_INDEX] == "0")


def owner(obj: Json) -> Json:
    meta = obj["metadata"]
    return {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "name": meta["name"],
        "uid": meta.get("uid", ""),
        "controller": True,
        "blockOwnerDeletion": True,
    }


@dataclass
class NativeSet:
    """A set under the native controller, all its groups ready."""

    lws: Json
    pods: list[Json]
    services: list[Json]
    revisions: list[Json]
    claims: list[Json]
    statefulsets: list[Json] = field(default_factory=list)

    @property
    def name(self) -> str:
        return str(self.lws["metadata"]["name"])

    @property
    def leader_statefulset(self) -> Json:
        return next(s for s in self.statefulsets if s["metadata"]["name"] == self.name)

    def pod(self, name: str) -> Json:
        return next(p for p in self.pods if p["metadata"]["name"] == name)

    def evidence(self) -> SetEvidence:
        """The set as one reads it."""
        return SetEvidence(
            self.lws,
            tuple(self.pods),
            tuple(self.services),
            tuple(self.revisions),
            tuple(self.claims),
            tuple(self.statefulsets),
        )

    def in_order(self) -> Iterator[tuple[Resource, Json]]:
        """Every object, owners before what they own."""
        leaders = [p for p in self.pods if is_leader(p)]
        workers = [p for p in self.pods if not is_leader(p)]
        leader_set = self.leader_statefulset
        yield names.LEADERWORKERSETS, self.lws
        yield STATEFUL_SETS, leader_set
        yield from ((names.PODS, p) for p in leaders)
        yield from ((STATEFUL_SETS, s) for s in self.statefulsets if s is not leader_set)
        yield from ((names.PODS, p) for p in workers)
        yield from ((names.SERVICES, s) for s in self.services)
        yield from ((names.REVISIONS, r) for r in self.revisions)
        yield from ((names.CLAIMS, c) for c in self.claims)


def native_set(case: str = "sample") -> NativeSet:
    """Return a recorded set with its StatefulSets, at rest, with made-up UIDs."""
    recorded = json.loads((GOLDEN / f"{case}.json").read_text())
    lws = recorded["lws"]
    lws["status"] = _status(lws)
    made = NativeSet(
        lws,
        recorded["pods"],
        recorded["services"],
        recorded["revisions"],
        recorded["claims"],
    )
    for pod in made.pods:
        pod["status"] = copy.deepcopy(READY)
    _add_statefulsets(made)
    _identify(made)
    return made


def _status(lws: Json) -> Json:
    replicas = lws["spec"]["replicas"]
    generation = lws["metadata"]["generation"]
    condition = {
        "type": "Available",
        "status": "True",
        "reason": "AllGroupsReady",
        "message": "All replicas are ready",
        "lastTransitionTime": "2026-08-01T00:01:00Z",
        "observedGeneration": generation,
    }
    return {
        **lws["status"],
        "conditions": [condition],
        "replicas": replicas,
        "readyReplicas": replicas,
        "updatedReplicas": replicas,
        "observedGeneration": generation,
    }


def _add_statefulsets(made: NativeSet) -> None:
    leaders = [pod for pod in made.pods if is_leader(pod)]
    strategy = made.lws["spec"]["rolloutStrategy"]["rollingUpdateConfiguration"]
    leader_set = _statefulset(made, made.name, leaders, owner(made.lws))
    leader_set["metadata"]["annotations"] = {
        **made.lws["metadata"].get("annotations", {}),
        REPLICAS: str(made.lws["spec"]["replicas"]),
    }
    leader_set["spec"]["updateStrategy"]["rollingUpdate"]["partition"] = strategy["partition"]
    made.statefulsets.append(leader_set)
    for leader in leaders:
        workers = [p for p in made.pods if not is_leader(p) and group_of(p) == group_of(leader)]
        if workers:
            worker_set = _statefulset(made, group_of(leader), workers, owner(leader))
            worker_set["spec"]["ordinals"] = {"start": 1}
            made.statefulsets.append(worker_set)
    for statefulset in list(made.statefulsets):
        made.revisions.append(_statefulset_revision(statefulset))


def _statefulset(made: NativeSet, name: str, pods: list[Json], owned_by: Json) -> Json:
    """A StatefulSet that would have made these pods."""
    first = pods[0]["metadata"]["labels"]
    keys = (
        [names.SET_NAME, names.WORKER_INDEX]
        if is_leader(pods[0])
        else [names.SET_NAME, names.GROUP_INDEX, names.GROUP_KEY]
    )
    selector = {key: first[key] for key in keys}
    template_labels = {**selector, names.REVISION: first[names.REVISION]}
    revision = first[names.CONTROLLER_REVISION_HASH]
    count_ = len(pods)
    labels = {names.SET_NAME: made.name, names.REVISION: first[names.REVISION]}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "generation": 1,
            "labels": labels if is_leader(pods[0]) else {**labels, **selector},
            "ownerReferences": [owned_by],
        },
        "spec": {
            "replicas": count_,
            "serviceName": pods[0]["spec"]["subdomain"],
            "podManagementPolicy": "Parallel",
            "selector": {"matchLabels": selector},
            "template": {
                "metadata": {"labels": template_labels},
                "spec": {
                    # The pod's, its claims' volumes included: a template must name what it mounts.
                    key: copy.deepcopy(pods[0]["spec"].get(key, []))
                    for key in ("containers", "initContainers", "volumes")
                },
            },
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        },
        "status": {
            "observedGeneration": 1,
            "replicas": count_,
            "readyReplicas": count_,
            "availableReplicas": count_,
            "currentReplicas": count_,
            "updatedReplicas": count_,
            "currentRevision": revision,
            "updateRevision": revision,
        },
    }


def _statefulset_revision(statefulset: Json) -> Json:
    """The revision the StatefulSet controller keeps: it carries the pod template's labels."""
    name = statefulset["status"]["updateRevision"]
    template = statefulset["spec"]["template"]
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "labels": {
                **template["metadata"]["labels"],
                "controller.kubernetes.io/hash": name.rpartition("-")[2],
            },
            "ownerReferences": [owner(statefulset)],
        },
        "data": {"spec": {"template": {**copy.deepcopy(template), "$patch": "replace"}}},
        "revision": 1,
    }


def _identify(made: NativeSet) -> None:
    """Give every object a UID and a version, and every owner reference its owner's UID."""
    numbers = count(1)
    uids: dict[tuple[str, str], str] = {}
    for _, obj in made.in_order():
        meta = obj["metadata"]
        meta["uid"] = f"{obj['kind'].lower()}-{meta['name']}"
        meta["resourceVersion"] = str(next(numbers))
        uids[obj["kind"], meta["name"]] = meta["uid"]
    for _, obj in made.in_order():
        for reference in obj["metadata"].get("ownerReferences", ()):
            reference["uid"] = uids[reference["kind"], reference["name"]]


def deployment(replicas: int = 1) -> Json:
    """The native controller's Deployment."""
    labels = {"control-plane": "controller-manager", "app.kubernetes.io/name": "lws"}
    container = {"name": "manager", "image": "registry.k8s.io/lws/lws:v0.10.0"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "lws-controller-manager", "namespace": SYSTEM, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
        "status": {"replicas": replicas, "readyReplicas": replicas},
    }


def _rule(group: str, resource: str) -> Json:
    return {
        "apiGroups": [group],
        "apiVersions": ["v1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": [resource],
    }


def _hook(name: str, path: str, rule: Json, policy: str, service: str) -> Json:
    return {
        "name": name,
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": policy,
        "clientConfig": {"service": {"name": service, "namespace": SYSTEM, "path": path}},
        "rules": [rule],
    }


def webhooks(policy: str = "Fail", *, product: str = "lws") -> list[tuple[Resource, Json]]:
    """Admission webhooks for sets and pods: native's, or another product's of the same shape."""
    made = []
    for resource, kind, letter in ((MUTATING, "mutating", "m"), (VALIDATING, "validating", "v")):
        service = f"{product}-webhook-service"
        hooks = [
            _hook(
                f"{letter}leaderworkerset.kb.io",
                f"/{kind[:-3]}e-leaderworkerset-x-k8s-io-v1-leaderworkerset",
                _rule(names.LWS_GROUP, "leaderworkersets"),
                policy,
                service,
            ),
            _hook(
                f"{letter}pod.kb.io", f"/{kind[:-3]}e--v1-pod", _rule("", "pods"), policy, service
            ),
        ]
        body = {
            "apiVersion": resource.api_version,
            "kind": resource.kind,
            "metadata": {"name": f"{product}-{kind}-webhook-configuration"},
            "webhooks": hooks,
        }
        made.append((resource, body))
    return made


def lease(holder: str, renewed: str, duration_s: int = 15) -> Json:
    """The native controller's leader-election Lease."""
    return {
        "apiVersion": names.LEASES.api_version,
        "kind": names.LEASES.kind,
        "metadata": {"name": "b8b2488c.x-k8s.io", "namespace": SYSTEM},
        "spec": {
            "holderIdentity": holder,
            "leaseDurationSeconds": duration_s,
            "renewTime": renewed,
            "leaseTransitions": 0,
        },
    }


async def put(cluster: KubeCluster, made: NativeSet) -> None:
    """Create a set's objects in a cluster, each with the UID its owner really got.

    Pods run by themselves there; StatefulSets and the set get their recorded status.
    """
    uids: dict[str, str] = {}
    for resource, obj in made.in_order():
        body = copy.deepcopy(obj)
        meta = body["metadata"]
        old, _ = meta.pop("uid"), meta.pop("resourceVersion")
        meta.pop("generation", None)
        for reference in meta.get("ownerReferences", ()):
            reference["uid"] = uids[reference["uid"]]
        status = body.pop("status", None)
        stored = json.loads(await cluster.create(resource, NAMESPACE, body))
        uids[old] = stored["metadata"]["uid"]
        if status is not None and resource != names.PODS:
            name = meta["name"]
            change = {"status": status}
            await cluster.patch(resource, NAMESPACE, name, change, subresource="status")


async def install(
    cluster: KubeCluster, *, renewed: str, replicas: int = 1, lease_s: int = 15
) -> None:
    """Install the native controller's Deployment, Lease and webhooks."""
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM}}
    await cluster.create(names.NAMESPACES, "", space)
    body = deployment(replicas)
    await cluster.create(DEPLOYMENTS, SYSTEM, body)
    name, status = body["metadata"]["name"], {"status": body["status"]}
    await cluster.patch(DEPLOYMENTS, SYSTEM, name, status, subresource="status")
    for resource, configuration in webhooks():
        await cluster.create(resource, "", configuration)
    await cluster.create(
        names.LEASES, SYSTEM, lease("lws-controller-manager-0_1", renewed, lease_s)
    )
