"""Small objects for the tables: nodes, pods, containers."""

from typing import Any

from lwstui.sandbox.cluster_view import ClusterView, NodeFacts, PodFacts, node_facts, pod_facts
from lwstui.sandbox.engines.detect import Engine, detect

LWS = "leaderworkerset.sigs.k8s.io/"


def container(name: str = "main", image: str = "nginx:1.27", **fields: Any) -> dict[str, Any]:
    gpu = fields.pop("gpu", None)
    if gpu is not None:
        fields["resources"] = {"limits": {"nvidia.com/gpu": str(gpu)}}
    return {"name": name, "image": image, **fields}


def pod(name: str = "p", *, namespace: str = "default", **fields: Any) -> dict[str, Any]:
    """Return a pod; ``labels`` and ``annotations`` go into its metadata, the rest into its spec."""
    meta = {"name": name, "namespace": namespace, "uid": f"uid-{namespace}-{name}"}
    for key in ("labels", "annotations"):
        if key in fields:
            meta[key] = fields.pop(key)
    spec = {"containers": [container()], **fields}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


def node(name: str, *, gpus: int = 8, **fields: Any) -> NodeFacts:
    """Return a node's facts; ``labels`` into its metadata, the rest into its spec."""
    labels = {"kubernetes.io/hostname": name, **fields.pop("labels", {})}
    allocatable = {"cpu": "8", "memory": "64Gi", "pods": "10", "nvidia.com/gpu": str(gpus)}
    allocatable |= fields.pop("allocatable", {})
    return node_facts(
        {
            "metadata": {"name": name, "labels": labels},
            "spec": fields,
            "status": {"allocatable": allocatable},
        }
    )


def view(*nodes: NodeFacts, placed: tuple[dict[str, Any], ...] = ()) -> ClusterView:
    """Return a view with pods placed by their ``nodeName``."""
    seen = ClusterView(nodes={each.name: each for each in nodes})
    for each in placed:
        seen.place(pod_facts(each))
    return seen


def facts(name: str = "p", **fields: Any) -> PodFacts:
    return pod_facts(pod(name, **fields))


def group_rules(key: str, group: str) -> dict[str, Any]:
    """Return the affinity of an exclusively placed group: its own kind near, every other away."""
    label = f"{LWS}group-key"
    return {
        "podAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {
                    "topologyKey": key,
                    "labelSelector": {
                        "matchExpressions": [{"key": label, "operator": "In", "values": [group]}]
                    },
                }
            ]
        },
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {
                    "topologyKey": key,
                    "labelSelector": {
                        "matchExpressions": [
                            {"key": label, "operator": "Exists"},
                            {"key": label, "operator": "NotIn", "values": [group]},
                        ]
                    },
                }
            ]
        },
    }


def in_group(name: str, group: str, key: str = "rack", **fields: Any) -> dict[str, Any]:
    return pod(name, labels={f"{LWS}group-key": group}, affinity=group_rules(key, group), **fields)


def engine(index: int = 0, size: int = 2, **fields: Any) -> Engine:
    made = container(gpu=8, **fields)
    made["env"] = [
        {"name": "LWS_LEADER_ADDRESS", "value": "llm-0.llm.default"},
        {"name": "LWS_GROUP_SIZE", "value": str(size)},
        {"name": "LWS_WORKER_INDEX", "value": str(index)},
        *fields.get("env", ()),
    ]
    labels = {f"{LWS}worker-index": str(index)}
    return detect(pod(labels=labels, annotations={f"{LWS}size": str(size)}), made)
