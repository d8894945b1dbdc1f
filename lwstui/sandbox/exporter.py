"""dcgm-exporter as NVIDIA's GPU operator runs it: a pod on each node with GPUs, one service.

The pods are created bound and without requests, as those of a daemon: they take part in no
scheduling and hold nothing.
"""

import asyncio
from collections.abc import Iterator

from lwstui.sandbox.dcgm import PORT
from lwstui.sandbox.network import is_ready
from lwstui.sandbox.objects import Change, Json, Store
from lwstui.sandbox.worklist import WorkList

NAMESPACE = "gpu-operator"
NAME = "nvidia-dcgm-exporter"
_SETS = "daemonsets.apps"
_LABELS = {"app": NAME}
_IMAGE = "nvcr.io/nvidia/k8s/dcgm-exporter:4.4.1-4.6.0-distroless"
_REVISION = "sandbox"
_COUNT_S = 1.0


def has_gpus(node: Json) -> bool:
    """Tell whether a node has NVIDIA devices."""
    return bool((node.get("status") or {}).get("capacity", {}).get("nvidia.com/gpu", "0") != "0")


def install(store: Store) -> None:
    """Create the operator's namespace, service, daemon and the pods on the nodes there are."""
    store.create(
        "namespaces",
        {
            "metadata": {"name": NAMESPACE, "labels": {"kubernetes.io/metadata.name": NAMESPACE}},
            "spec": {"finalizers": ["kubernetes"]},
            "status": {"phase": "Active"},
        },
    )
    ports = [{"name": "gpu-metrics", "port": PORT, "targetPort": PORT, "protocol": "TCP"}]
    service = {"type": "ClusterIP", "clusterIP": "10.96.94.0", "selector": _LABELS, "ports": ports}
    store.create("services", {"metadata": _metadata(NAME), "spec": service})
    spec = {
        "selector": {"matchLabels": _LABELS},
        "template": {"metadata": {"labels": _LABELS}, "spec": _pod_spec()},
        "updateStrategy": {"type": "RollingUpdate"},
        "revisionHistoryLimit": 10,
    }
    store.create(_SETS, {"metadata": _metadata(NAME), "spec": spec, "status": {}})
    for node in store.items("nodes"):
        _place(store, node)


def _metadata(name: str) -> Json:
    return {"name": name, "namespace": NAMESPACE, "labels": dict(_LABELS)}


def _pod_spec() -> Json:
    env = [
        {"name": "DCGM_EXPORTER_LISTEN", "value": f":{PORT}"},
        {"name": "DCGM_EXPORTER_KUBERNETES", "value": "true"},
        {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
    ]
    container = {
        "name": NAME,
        "image": _IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "env": env,
        "ports": [{"name": "metrics", "containerPort": PORT, "protocol": "TCP"}],
        "resources": {},
    }
    return {
        "containers": [container],
        "restartPolicy": "Always",
        "tolerations": [{"operator": "Exists"}],
        "priorityClassName": "system-node-critical",
        "terminationGracePeriodSeconds": 30,
        "schedulerName": "default-scheduler",
    }


def _place(store: Store, node: Json) -> None:
    """Create a node's pod, if it has GPUs and the daemon is still wanted."""
    daemon = store.get(_SETS, NAMESPACE, NAME)
    if daemon is None or "deletionTimestamp" in daemon["metadata"] or not has_gpus(node):
        return
    owner = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "name": NAME,
        "uid": daemon["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    metadata = {
        "generateName": f"{NAME}-",
        "namespace": NAMESPACE,
        "labels": {**_LABELS, "controller-revision-hash": _REVISION},
        "ownerReferences": [owner],
    }
    spec = {**_pod_spec(), "nodeName": node["metadata"]["name"]}
    store.create("pods", {"metadata": metadata, "spec": spec, "status": {"phase": "Pending"}})


class ExporterDaemon:
    """Keeps one exporter on each node with GPUs, and counts them.

    Args:
        store: The cluster's objects.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._work = WorkList(self._look)
        self._counting: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Follow the store; needs a running loop."""
        self._unsubscribe = self._store.subscribe(self._on_change)
        self._plan_count()

    def stop(self) -> None:
        """Stop following the store."""
        self._unsubscribe()
        self._work.clear()
        if self._counting is not None:
            self._counting.cancel()

    def _on_change(self, change: Change) -> None:
        meta = change.object["metadata"]
        if change.key == "nodes" and change.type == "ADDED":
            self._work.add(meta["name"])
            self._plan_count()
        elif change.key == "pods" and meta["namespace"] == NAMESPACE:
            if change.type == "DELETED":
                self._work.add(change.object["spec"].get("nodeName", ""))
            self._plan_count()

    def _look(self, node: str) -> None:
        """Put on a node what is missing there."""
        found = self._store.get("nodes", "", node)
        if found is not None and not any(
            pod["spec"].get("nodeName") == node and "deletionTimestamp" not in pod["metadata"]
            for pod in self._pods()
        ):
            _place(self._store, found)

    def _plan_count(self) -> None:
        """Count in a while, however much changes until then."""
        if self._counting is None:
            self._counting = self._store.clock.call_later(_COUNT_S, self._count)

    def _pods(self) -> Iterator[Json]:
        for pod in self._store.items("pods", NAMESPACE):
            if (pod["metadata"].get("labels") or {}).get("app") == NAME:
                yield pod

    def _count(self) -> None:
        self._counting = None
        if self._store.get(_SETS, NAMESPACE, NAME) is None:
            return
        wanted = sum(has_gpus(node) for node in self._store.items("nodes"))
        pods = list(self._pods())
        ready = sum(is_ready(pod) for pod in pods)

        def change(stored: Json) -> None:
            stored["status"] = {
                "currentNumberScheduled": len(pods),
                "desiredNumberScheduled": wanted,
                "numberAvailable": ready,
                "numberMisscheduled": 0,
                "numberReady": ready,
                "observedGeneration": stored["metadata"].get("generation", 1),
                "updatedNumberScheduled": len(pods),
            }

        self._store.update(_SETS, NAMESPACE, NAME, change, subresource="status")
