"""Small records for tests: one pod, set or node, with only what a test is about spelled out."""

from __future__ import annotations

from typing import Any

import msgspec

from controller.api import names
from controller.api.core import Node, Revision
from controller.api.lws import LeaderWorkerSet, LwsStatus, SetMeta
from controller.api.meta import Condition, Key, format_time
from controller.api.names import LEADERWORKERSETS, NODES, PODS, REVISIONS
from controller.api.pods import Container, Pod
from lwstui.state.model import ClusterState, ControllerView, Snapshot
from lwstui.state.store import Store

NOW = 1_787_308_920.0
GPU = "nvidia.com/gpu"
LLAMA = Key("prod", "llama")


def container(**changes: Any) -> Container:
    """Return a running, ready container started an hour ago."""
    base = Container(
        "main", "repo/vllm:1", ready=True, started=True, state="running", started_at=NOW - 3600
    )
    return msgspec.structs.replace(base, **changes)


def pod(group: int = 0, worker: int = 0, *, key: Key = LLAMA, **changes: Any) -> Pod:
    """Return a pod of a set, ready for an hour."""
    leader = names.leader_name(key.name, group)
    name = leader if worker == 0 else names.worker_name(key.name, group, worker)
    base = Pod(
        key.namespace,
        name,
        f"uid-{name}",
        "1",
        NOW - 3700,
        owner_kind="LeaderWorkerSet" if worker == 0 else "Pod",
        set_name=key.name,
        group=group,
        worker=worker,
        revision="aaa111",
        size=2,
        phase="Running",
        node=f"node-{group}",
        ready=True,
        ready_changed_at=NOW - 3600,
        scheduled=True,
        scheduled_at=NOW - 3690,
        containers=(container(),),
        accelerators=((GPU, 4),),
    )
    return msgspec.structs.replace(base, **changes)


def starting(group: int = 0, worker: int = 0, **changes: Any) -> Pod:
    """Return a pod that pulls its image since ten seconds."""
    waiting = container(ready=False, state="waiting", reason="ContainerCreating", started_at=None)
    base: dict[str, Any] = {
        "created_at": NOW - 10,
        "phase": "Pending",
        "ready": False,
        "ready_changed_at": NOW - 9,
        "scheduled_at": NOW - 9,
        "containers": (waiting,),
    }
    return pod(group, worker, **{**base, **changes})


def template(gpus: int = 4, image: str = "repo/vllm:1") -> dict[str, Any]:
    """Return a pod template."""
    limits = {GPU: str(gpus)} if gpus else {}
    return {
        "metadata": {"labels": {"x": "y"}},
        "spec": {"containers": [{"name": "main", "image": image, "resources": {"limits": limits}}]},
    }


def lws(replicas: int = 2, size: int = 2, *, key: Key = LLAMA, **spec: Any) -> LeaderWorkerSet:
    """Return a set whose status says that all is well."""
    return LeaderWorkerSet(
        metadata=SetMeta(
            name=key.name,
            namespace=key.namespace,
            uid=f"uid-{key}",
            resource_version="1",
            creation_timestamp=format_time(NOW - 4000),
            labels={"team": "search"},
        ),
        spec={
            "replicas": replicas,
            "leaderWorkerTemplate": {
                "size": size,
                "restartPolicy": "RecreateGroupOnPodRestart",
                "workerTemplate": template(),
            },
            **spec,
        },
        status=LwsStatus(
            conditions=(Condition("Available", "True"),),
            replicas=replicas,
            ready_replicas=replicas,
            updated_replicas=replicas,
        ),
    )


def node(name: str, gpus: int = 8, **changes: Any) -> Node:
    """Return a ready node."""
    base = Node(
        name,
        uid=f"uid-{name}",
        created_at=NOW - 86400 * 30,
        labels={"rack": "r1", "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3"},
        ready=True,
        ready_reason="KubeletReady",
        allocatable=((GPU, gpus),),
        capacity=((GPU, gpus),),
    )
    return msgspec.structs.replace(base, **changes)


def revision(key: str = "aaa111", number: int = 1, *, of: Key = LLAMA) -> Revision:
    """Return a revision of a set."""
    name = names.revision_name(of.name, key, number)
    return Revision(of.namespace, name, f"uid-{name}", key, number, of.name)


def snapshot(
    *,
    sets: tuple[LeaderWorkerSet, ...] = (),
    pods: tuple[Pod, ...] = (),
    nodes: tuple[Node, ...] = (),
    revisions: tuple[Revision, ...] = (revision(),),
    cluster: ClusterState | None = None,
    controller: ControllerView | None = None,
) -> Snapshot:
    """Return the snapshot a store makes of some records; our controller leads."""
    store = Store(cluster or ClusterState(context="prod-eu", connected=True))
    store.set_controller(controller or ControllerView(mode="leader", holder="me"))
    for resource, records in (
        (LEADERWORKERSETS, sets),
        (PODS, pods),
        (NODES, nodes),
        (REVISIONS, revisions),
    ):
        store.replace(resource, records)
    return store.publish(NOW)
