"""Building clusters for screen tests at one fixed moment, without randomness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from controller.api import names
from controller.api.core import Event, Node, Revision
from controller.api.lws import LeaderWorkerSet, LwsStatus, RolloutRecord, SetMeta
from controller.api.meta import Condition, Key, format_time
from controller.api.pods import Container, Pod
from lwstui.kube.sync import KindSync
from lwstui.state.model import ClusterState, ControllerView, GroupHistory, Snapshot

NOW = 1_787_308_920.0  # 2026-08-21 10:42:00 UTC
GPU = "nvidia.com/gpu"
KINDS = (
    names.LEADERWORKERSETS,
    names.PODS,
    names.SERVICES,
    names.NODES,
    names.REVISIONS,
    names.EVENTS,
)
LEADER = ControllerView(mode="leader", holder="laptop", since=NOW - 3600)


@dataclass(frozen=True)
class Shape:
    """What the pods of a set have in common."""

    size: int
    gpus: int
    age: float
    image: str
    revision: str
    old: str


@dataclass
class World:
    """A cluster under construction; ``snapshot()`` freezes it."""

    now: float = NOW
    context: str = "prod-eu"
    sandbox: bool = False
    read_only: bool = False
    sets: dict[Key, LeaderWorkerSet] = field(default_factory=dict)
    pods: dict[Key, Pod] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    revisions: dict[Key, Revision] = field(default_factory=dict)
    history: dict[tuple[Key, int], GroupHistory] = field(default_factory=dict)
    controller: ControllerView = field(default_factory=lambda: LEADER)
    free: dict[str, int] = field(default_factory=dict)

    def add_nodes(self, count: int, *, gpus: int = 8, per_rack: int = 8) -> None:
        """Add GPU nodes ``gpu-000``..., in racks."""
        for i in range(count):
            name = f"gpu-{len(self.nodes):03d}"
            self.nodes[name] = Node(
                name,
                uid=f"node-{name}",
                created_at=self.now - 90 * 86400,
                labels={
                    "topology.kubernetes.io/zone": "eu-1a",
                    "topology.kubernetes.io/rack": f"rack-{i // per_rack + 1}",
                    "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3",
                    "kubernetes.io/hostname": name,
                },
                ready=True,
                ready_reason="KubeletReady",
                ready_changed_at=self.now - 86400,
                allocatable=((GPU, gpus),),
                capacity=((GPU, gpus),),
                cpu_milli=192_000,
                memory_bytes=2 << 40,
                max_pods=110,
                kubelet_version="v1.36.2",
            )
            self.free[name] = gpus

    def break_node(self, name: str, *, cordoned: bool = False) -> None:
        """Make a node NotReady, or cordon it."""
        change = (
            {"unschedulable": True}
            if cordoned
            else {"ready": False, "ready_reason": "KubeletNotReady"}
        )
        self.nodes[name] = msgspec.structs.replace(self.nodes[name], **change)

    def add_set(
        self,
        name: str,
        states: str,
        *,
        namespace: str = "llm-prod",
        size: int = 4,
        gpus: int = 1,
        age: float = 21 * 86400,
        revision: str = "5f9c7d",
        old: str = "",
        partition: int = 0,
        image: str = "vllm/vllm-openai:v0.8.5",
        detail: Mapping[int, str] | None = None,
        uid: str = "",
    ) -> Key:
        """Add a set; ``states`` has one letter per group, ``detail`` one per pod of a group.

        Letters: ``·`` ready, ``:`` ready on the old revision, ``o`` starting, ``-`` leaving,
        ``!`` ready once and now not, ``P`` unschedulable, ``X`` crash loop, ``_`` no pods.
        """
        key = Key(namespace, name)
        uid = uid or f"uid-{namespace}-{name}"
        created = self.now - age
        shape = Shape(size, gpus, age, image, revision, old)
        self._add_revisions(key, uid, revision, old, created)
        for group, state in enumerate(states):
            pods = (detail or {}).get(group, state * size)
            for worker, letter in enumerate(pods):
                if letter != "_":
                    self._add_pod(key, group, worker, letter, shape)
        ready = sum(s in "·:" for s in states)
        updated = sum(s != ":" for s in states)
        self.sets[key] = LeaderWorkerSet(
            metadata=SetMeta(
                name=name,
                namespace=namespace,
                uid=uid,
                resource_version="100",
                generation=3,
                creation_timestamp=format_time(created),
                labels={"team": "search"},
                annotations={
                    names.ROLLOUT_RECORD: msgspec.json.encode(
                        RolloutRecord(revision, partition, len(states), len(states))
                    ).decode()
                },
            ),
            spec=_spec(len(states), size, gpus, image),
            status=LwsStatus(
                conditions=_conditions(ready == len(states), bool(old), created),
                replicas=len(states),
                ready_replicas=ready,
                updated_replicas=updated,
                hpa_pod_selector=f"{names.SET_NAME}={name},{names.WORKER_INDEX}=0",
                observed_generation=3,
            ),
        )
        return key

    def add_event(
        self,
        name: str,
        reason: str,
        note: str,
        *,
        namespace: str = "llm-prod",
        kind: str = "Pod",
        warning: bool = False,
        ago: float = 60.0,
        count: int = 1,
    ) -> None:
        """Add one event about an object."""
        uid = f"event-{len(self.events)}"
        self.events[uid] = Event(
            namespace,
            uid,
            uid,
            "Warning" if warning else "Normal",
            reason,
            note,
            kind,
            name,
            count=count,
            first_at=self.now - ago * 2,
            last_at=self.now - ago,
            reporter="kubelet",
        )

    def snapshot(self, version: int = 1, **changes: Any) -> Snapshot:
        """Return what the console would know of this cluster."""
        by_set: dict[Key, list[Pod]] = {}
        node_pods: dict[str, list[Pod]] = {}
        for pod in self.pods.values():
            by_set.setdefault(pod.set_key, []).append(pod)
            if pod.node:
                node_pods.setdefault(pod.node, []).append(pod)
        base = Snapshot(
            version=version,
            taken_at=self.now,
            sets=dict(self.sets),
            pods=dict(self.pods),
            by_set={
                k: tuple(sorted(v, key=lambda p: (p.group, p.worker))) for k, v in by_set.items()
            },
            node_pods={k: tuple(v) for k, v in node_pods.items()},
            waiting={k: p for k, p in self.pods.items() if not (p.node or p.finished)},
            revisions=dict(self.revisions),
            nodes=dict(self.nodes),
            events=dict(self.events),
            history=dict(self.history),
            sync=live(self.now),
            cluster=ClusterState(
                context=self.context,
                cluster=self.context,
                server="https://127.0.0.1:6443",
                user="alice",
                sandbox=self.sandbox,
                read_only=self.read_only,
                connected=True,
            ),
            controller=self.controller,
            sets_by_namespace=Counter(key.namespace for key in self.sets),
        )
        return replace(base, **changes)

    def _add_revisions(self, key: Key, uid: str, new: str, old: str, created: float) -> None:
        for number, revision in enumerate(filter(None, (old, new)), 1):
            name = names.revision_name(key.name, revision, number)
            self.revisions[Key(key.namespace, name)] = Revision(
                key.namespace,
                name,
                f"rev-{uid}-{number}",
                revision,
                number,
                key.name,
                uid,
                created if number == 1 else self.now - 2400,
            )

    def _add_pod(self, key: Key, group: int, worker: int, letter: str, shape: Shape) -> None:
        size, gpus, age, image = shape.size, shape.gpus, shape.age, shape.image
        leader = names.leader_name(key.name, group)
        name = leader if worker == 0 else names.worker_name(key.name, group, worker)
        young = letter in "oP"
        created = self.now - (150.0 + group if young else min(age, 12 * 86400) - group)
        node = "" if letter == "P" else self._place(gpus)
        ready = letter in "·:-"
        self.pods[Key(key.namespace, name)] = Pod(
            namespace=key.namespace,
            name=name,
            uid=f"uid-{key.namespace}-{name}",
            resource_version="7",
            created_at=created,
            deleted_at=self.now - 9 if letter == "-" else None,
            owner_kind="LeaderWorkerSet" if worker == 0 else "Pod",
            owner_name=key.name if worker == 0 else leader,
            set_name=key.name,
            group=group,
            worker=worker,
            group_key=names.group_key(key.namespace, leader),
            revision=shape.old if letter == ":" else shape.revision,
            size=size,
            leader_name="" if worker == 0 else leader,
            phase="Pending" if young else "Running",
            node=node,
            ip=f"10.4.{group % 250}.{worker + 2}" if node else "",
            started_at=created + 2 if node else None,
            ready=ready,
            ready_changed_at=self.now - 252 if letter in "X!" else created + 360,
            initialized_at=created + 44 if node else None,
            scheduled=bool(node),
            scheduled_at=created + 1 if node else None,
            unscheduled_reason="Unschedulable" if letter == "P" else "",
            unscheduled_message=(
                "0/13 nodes are available: 13 Insufficient nvidia.com/gpu." if letter == "P" else ""
            ),
            containers=(_container(letter, worker, image, created, self.now),),
            accelerators=((GPU, gpus),) if gpus else (),
            cpu_milli=8000,
            memory_bytes=64 << 30,
            subdomain=key.name,
        )

    def _place(self, gpus: int) -> str:
        for name, free in self.free.items():
            if free >= gpus:
                self.free[name] = free - gpus
                return name
        return next(iter(self.nodes), "gpu-000")


def _container(letter: str, worker: int, image: str, created: float, now: float) -> Container:
    name = "vllm-leader" if worker == 0 else "vllm-worker"
    if letter in "·:-!":
        return Container(
            name, image, ready=letter != "!", started=True, state="running", started_at=created + 60
        )
    if letter == "X":
        return Container(
            name,
            image,
            restarts=6,
            state="waiting",
            reason="CrashLoopBackOff",
            message="back-off 5m0s restarting failed container",
            last_reason="OOMKilled",
            last_exit_code=137,
            last_finished_at=now - 252,
        )
    waiting = "" if letter == "P" else "ContainerCreating"
    return Container(name, image, state="waiting" if waiting else "", reason=waiting)


def _template(name: str, gpus: int, image: str) -> dict[str, Any]:
    resources = {"limits": {GPU: str(gpus)}} if gpus else {}
    return {"spec": {"containers": [{"name": name, "image": image, "resources": resources}]}}


def _spec(replicas: int, size: int, gpus: int, image: str) -> dict[str, Any]:
    return {
        "replicas": replicas,
        "startupPolicy": "LeaderCreated",
        "rolloutStrategy": {
            "type": "RollingUpdate",
            "rollingUpdateConfiguration": {"partition": 0, "maxUnavailable": 1, "maxSurge": 0},
        },
        "networkConfig": {"subdomainPolicy": "Shared"},
        "leaderWorkerTemplate": {
            "size": size,
            "restartPolicy": "RecreateGroupOnPodRestart",
            "leaderTemplate": _template("vllm-leader", gpus, image),
            "workerTemplate": _template("vllm-worker", gpus, image),
        },
    }


def _conditions(available: bool, updating: bool, created: float) -> tuple[Condition, ...]:
    at = format_time(created)
    found = [Condition("Available", str(available), "AllGroupsReady", "", at, 3)]
    found.append(Condition("Progressing", str(not available), "GroupsProgressing", "", at, 3))
    if updating:
        found.append(Condition("UpdateInProgress", "True", "GroupsUpdating", "", at, 3))
    return tuple(found)


def live(now: float, age: float = 0.2) -> dict[str, KindSync]:
    """Return freshness of watches that are all up to date."""
    return {
        kind.plural: KindSync("live", since=now - 600, last_event_at=now - age) for kind in KINDS
    }
