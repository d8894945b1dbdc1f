"""A LeaderWorkerSet as the native controller leaves it: StatefulSets, revisions, services, pods.

Pure. The sandbox shares no code with the controller, so the shapes are written down here by
themselves; tests hold them against recordings.

Source: behaviour of kubernetes-sigs/lws pkg/controllers, pkg/webhooks, and of StatefulSets.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]

SETS = "leaderworkersets.leaderworkerset.x-k8s.io"
STATEFUL_SETS = "statefulsets.apps"
REVISIONS = "controllerrevisions.apps"
LWS = "leaderworkerset.sigs.k8s.io/"
SET_NAME, GROUP, WORKER = f"{LWS}name", f"{LWS}group-index", f"{LWS}worker-index"
_REVISION = f"{LWS}template-revision-hash"
_HASH = "controller-revision-hash"
_UNIQUE = "UniquePerReplica"
_TPU = "google.com/tpu"
_TEMPLATES = ("leaderTemplate", "workerTemplate")


def unsupported(lws: Json) -> str:
    """Return what of a stored set is not made here, empty if there is nothing."""
    spec, annotations = lws["spec"], lws["metadata"].get("annotations") or {}
    template = spec["leaderWorkerTemplate"]
    if any("exclusive-topology" in name for name in annotations):
        return "exclusive topology"
    for field in ("subGroupPolicy", "volumeClaimTemplates"):
        if template.get(field):
            return field
    return _TPU if _TPU in json.dumps(template) else ""


class NativeSet:
    """The objects of one set; every method returns bodies to create, owners' uids filled in.

    Args:
        lws: The set as stored.
    """

    def __init__(self, lws: Json) -> None:
        self._lws = lws
        self._meta = lws["metadata"]
        self._spec = lws["spec"]
        self._template = self._spec["leaderWorkerTemplate"]
        self._unique = (self._spec.get("networkConfig") or {}).get("subdomainPolicy") == _UNIQUE
        self._key = _digest([self._template, self._spec.get("networkConfig")])
        self.size = int(self._template.get("size", 1))
        self.groups = int(self._spec.get("replicas", 1))

    def revision(self) -> Json:
        """Return the ControllerRevision that records the set's templates."""
        name = self._meta["name"]
        template = {
            field: _as_go_writes(value) if field in _TEMPLATES else value
            for field, value in self._template.items()
        }
        recorded = {"leaderWorkerTemplate": {"$patch": "replace", **template}}
        network = self._spec.get("networkConfig")
        if network is not None:
            recorded["networkConfig"] = {"$patch": "replace", **network}
        labels = {SET_NAME: name, _REVISION: self._key}
        meta = self._metadata(f"{name}-{self._key}-1", labels, self._lws)
        return {"metadata": meta, "data": {"spec": recorded}, "revision": 1}

    def leader_statefulset(self) -> Json:
        """Return the StatefulSet of the leaders."""
        strategy = self._spec["rolloutStrategy"].get("rollingUpdateConfiguration") or {}
        made = self._statefulset(
            self._meta["name"],
            {SET_NAME: self._meta["name"], WORKER: "0"},
            self._pod_template(leads=True),
            self._lws,
            self.groups,
        )
        made["metadata"]["annotations"] = {f"{LWS}replicas": str(self.groups)}
        rolling = {"partition": strategy.get("partition", 0)}
        made["spec"]["updateStrategy"] = {"type": "RollingUpdate", "rollingUpdate": rolling}
        return made

    def worker_statefulset(self, leader: Json) -> Json:
        """Return the StatefulSet of the workers beside a stored leader."""
        labels = leader["metadata"]["labels"]
        selector = {key: labels[key] for key in (SET_NAME, GROUP, f"{LWS}group-key")}
        name = leader["metadata"]["name"]
        template = self._pod_template(leads=False)
        made = self._statefulset(name, selector, template, leader, self.size - 1)
        made["spec"]["ordinals"] = {"start": 1}
        return made

    def statefulset_revision(self, statefulset: Json) -> Json:
        """Return the ControllerRevision that the StatefulSet controller keeps of a stored one."""
        name, template = revision_of(statefulset), statefulset["spec"]["template"]
        labels = {
            **template["metadata"]["labels"],
            "controller.kubernetes.io/hash": name.rpartition("-")[2],
        }
        data = {"spec": {"template": {**template, "$patch": "replace"}}}
        return {"metadata": self._metadata(name, labels, statefulset), "data": data, "revision": 1}

    def shared_services(self) -> Iterator[Json]:
        """Yield the headless service of the set, if its groups share one."""
        name = self._meta["name"]
        if not self._unique:
            yield self._service(name, {SET_NAME: name}, self._lws)

    def group_services(self, leader: Json) -> Iterator[Json]:
        """Yield the headless service of a stored leader's group, if it has one of its own."""
        if self._unique:
            labels = leader["metadata"]["labels"]
            selector = {key: labels[key] for key in (SET_NAME, GROUP)}
            yield self._service(leader["metadata"]["name"], selector, leader)

    def leader(self, group: int, statefulset: Json) -> Json:
        """Return the leader pod of a group."""
        annotations = {f"{LWS}size": str(self.size)}
        if self._unique:
            annotations[f"{LWS}subdomainPolicy"] = _UNIQUE
        return self._pod(group, 0, statefulset, annotations)

    def worker(self, group: int, index: int, statefulset: Json) -> Json:
        """Return a worker pod of a group."""
        leader = f"{self._meta['name']}-{group}"
        annotations = {f"{LWS}size": str(self.size), f"{LWS}leader-name": leader}
        return self._pod(group, index, statefulset, annotations)

    def _metadata(self, name: str, labels: Mapping[str, str], owner: Json) -> Json:
        return {
            "name": name,
            "namespace": self._meta["namespace"],
            "labels": dict(labels),
            "ownerReferences": [_reference(owner)],
        }

    def _service(self, name: str, selector: Mapping[str, str], owner: Json) -> Json:
        spec = {
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": dict(selector),
        }
        meta = self._metadata(name, {SET_NAME: self._meta["name"]}, owner)
        return {"metadata": meta, "spec": spec}

    def _pod_template(self, *, leads: bool) -> Json:
        """Return the template of leaders, which is that of workers if there is no other."""
        worker = self._template["workerTemplate"]
        template: Json = (self._template.get("leaderTemplate") or worker) if leads else worker
        return template

    def _statefulset(
        self, name: str, selector: Json, template: Json, owner: Json, replicas: int
    ) -> Json:
        made_of = template.get("metadata") or {}
        labels = {**(made_of.get("labels") or {}), **selector, _REVISION: self._key}
        annotations = {**(made_of.get("annotations") or {}), f"{LWS}size": str(self.size)}
        marks = {SET_NAME: self._meta["name"], _REVISION: self._key, **selector}
        marks.pop(WORKER, None)
        return {
            "metadata": self._metadata(name, marks, owner),
            "spec": {
                "replicas": replicas,
                "serviceName": name if self._unique else self._meta["name"],
                "podManagementPolicy": "Parallel",
                "selector": {"matchLabels": selector},
                "template": {
                    "metadata": {"labels": labels, "annotations": annotations},
                    "spec": template["spec"],
                },
            },
        }

    def _pod(self, group: int, index: int, statefulset: Json, annotations: Json) -> Json:
        leader = f"{self._meta['name']}-{group}"
        name = f"{leader}-{index}" if index else leader
        subdomain = leader if self._unique else self._meta["name"]
        namespace = self._meta["namespace"]
        template = self._pod_template(leads=not index)
        made_of = template.get("metadata") or {}
        address = f"{namespace}/{leader}".encode()
        labels = {
            **(made_of.get("labels") or {}),
            SET_NAME: self._meta["name"],
            GROUP: str(group),
            WORKER: str(index),
            f"{LWS}group-key": hashlib.sha1(address, usedforsecurity=False).hexdigest(),
            _REVISION: self._key,
            _HASH: revision_of(statefulset),
            "statefulset.kubernetes.io/pod-name": name,
            "apps.kubernetes.io/pod-index": str(index or group),
        }
        env = {
            "LWS_LEADER_ADDRESS": f"{leader}.{subdomain}.{namespace}",
            "LWS_GROUP_SIZE": str(self.size),
            "LWS_WORKER_INDEX": str(index),
        }
        meta = self._metadata(name, labels, statefulset)
        meta["generateName"] = f"{statefulset['metadata']['name']}-"
        meta["annotations"] = {**(made_of.get("annotations") or {}), **annotations}
        spec = {
            **_with_variables(template["spec"], env),
            "hostname": name,
            "subdomain": subdomain,
        }
        return {"metadata": meta, "spec": spec}


def revision_of(statefulset: Json) -> str:
    """Return the name of the revision that a StatefulSet's pods are of."""
    return f"{statefulset['metadata']['name']}-{_digest(statefulset['spec']['template'])}"


def _with_variables(spec: Json, env: Mapping[str, str]) -> Json:
    """Return a pod spec whose containers all have these variables first, in place of their own."""
    given = [{"name": name, "value": value} for name, value in env.items()]
    changed = dict(spec)
    for kind in ("initContainers", "containers"):
        if spec.get(kind):
            changed[kind] = [
                {
                    **container,
                    "env": [
                        *given,
                        *(each for each in container.get("env") or () if each["name"] not in env),
                    ],
                }
                for container in spec[kind]
            ]
    return changed


def _as_go_writes(template: Json) -> Json:
    """Return a pod template with the empty structs that a Go client writes out."""
    spec = dict(template.get("spec") or {})
    for kind in ("initContainers", "containers"):
        if spec.get(kind):
            spec[kind] = [{"resources": {}, **container} for container in spec[kind]]
    return {"metadata": {}, **template, "spec": spec}


def _reference(owner: Json) -> Json:
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:10]
