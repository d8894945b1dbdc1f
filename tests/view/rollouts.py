"""A set that rolls under a real planner, for tests of what is said about rollouts."""

from __future__ import annotations

from typing import Any

import msgspec

from controller.api.names import EVENTS, LEADERWORKERSETS, NODES, PODS, REVISIONS, SERVICES
from controller.plan.observed import Observed
from lwstui.kube.sync import KindSync
from lwstui.state.model import ClusterState, ControllerView, Snapshot
from lwstui.state.store import Store
from tests.controller.support import FakeCluster, make_set, raw_spec


def settled(cluster: FakeCluster, *, broken: int | None = None, keep: int | None = None) -> None:
    """Let pods come and go until nothing changes.

    Args:
        cluster: The set.
        broken: A group whose new pods never get ready.
        keep: A group whose terminating pods stay.
    """
    for _ in range(30):
        cluster.quiet()
        for name in tuple(cluster.pods):
            pod = cluster.pods.get(name)
            if pod is None:
                continue
            if pod.terminating:
                if pod.group != keep:
                    cluster.reap(name)
            elif pod.group == broken and not pod.ready:
                cluster.schedule(name)
            else:
                cluster.run(name)
    cluster.quiet()


def running(replicas: int = 3, **rollout: Any) -> FakeCluster:
    """Return a set all of whose groups are ready."""
    cluster = FakeCluster(make_set(raw_spec(replicas, rollout=rollout)))
    settled(cluster)
    return cluster


def midway(
    replicas: int = 12,
    *,
    broken: int | None = 5,
    rounds: int = 6,
    start_s: float = 200.0,
    **rollout: Any,
) -> FakeCluster:
    """Return a set some rounds into the update to a second revision, a day after the first.

    Args:
        replicas: Groups.
        broken: A group whose new pods are placed and never get ready.
        rounds: How often pods are stopped and started.
        start_s: How long the pods of a round take to start.
        rollout: The budget.
    """
    cluster = running(replicas, **{"maxUnavailable": 1, "maxSurge": 1, **rollout})
    cluster.now += 86400
    cluster.set_image("img:v2")
    for _ in range(rounds):
        cluster.quiet()
        cluster.now += 40
        leaving = [pod for pod in cluster.pods.values() if pod.terminating]
        for pod in sorted(leaving, key=lambda pod: -pod.worker):
            cluster.reap(pod.name)
        cluster.quiet()
        cluster.now += start_s
        for name in [pod.name for pod in cluster.pods.values() if pod.phase == "Pending"]:
            if cluster.pods[name].group == broken:
                cluster.schedule(name)
            else:
                cluster.run(name)
        cluster.quiet()
    return cluster


def annotate(cluster: FakeCluster, name: str, value: str) -> None:
    """Set an annotation of the set, as a patch does."""
    annotations = {**cluster.lws.annotations, name: value}
    metadata = msgspec.structs.replace(cluster.lws.metadata, annotations=annotations)
    cluster.lws = msgspec.structs.replace(cluster.lws, metadata=metadata)


def partition(cluster: FakeCluster, number: int) -> None:
    """Set the partition in the spec."""

    def change(spec: dict[str, Any]) -> None:
        spec["rolloutStrategy"]["rollingUpdateConfiguration"]["partition"] = number

    cluster.edit(change)


def native(observed: Observed) -> Observed:
    """Return a set as the native controller keeps it: a StatefulSet between set and leaders,
    one between leader and workers, and the rollout recorded elsewhere.
    """
    pods = tuple(
        msgspec.structs.replace(
            pod,
            owner_kind="StatefulSet",
            owner_uid=f"sts-{pod.group if pod.worker else 'leaders'}",
            owner_name=f"{pod.set_name}-{pod.group}" if pod.worker else pod.set_name,
        )
        for pod in observed.pods
    )
    metadata = msgspec.structs.replace(observed.lws.metadata, annotations={})
    lws = msgspec.structs.replace(observed.lws, metadata=metadata)
    return Observed(lws, pods, observed.services, observed.revisions)


def snapshot(cluster: FakeCluster) -> Snapshot:
    """Return what the console knows of the set, in a sandbox."""
    store = Store(ClusterState(context="sandbox", sandbox=True, connected=True))
    store.set_controller(ControllerView(mode="leader", holder="me"))
    store.apply(LEADERWORKERSETS, "ADDED", cluster.lws)
    store.replace(PODS, cluster.pods.values())
    store.replace(REVISIONS, cluster.revisions.values())
    store.replace(SERVICES, cluster.services.values())
    for kind in (LEADERWORKERSETS, PODS, REVISIONS, SERVICES, NODES, EVENTS):
        store.synced(kind, KindSync("live", cluster.now - 600, cluster.now - 0.2))
    return store.publish(cluster.now)
