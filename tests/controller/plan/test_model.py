"""Random histories: whatever happens, budgets hold, reasons are given, and it comes to rest."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from controller.admission.defaults import resolve
from controller.api.lws import LeaderWorkerSet
from controller.api.names import PODS, REVISIONS, SERVICES
from controller.plan import actions as act
from controller.plan import rollout
from controller.plan.actions import Plan
from tests.controller.support import FakeCluster, make_set, raw_spec

SEEDS = range(150)
CLAIM = {"metadata": {"name": "cache"}, "spec": {"accessModes": ["ReadWriteOnce"]}}


def random_rollout(rng: random.Random) -> dict[str, Any]:
    unavailable, surge = rng.choice([(1, 0), (2, 0), (0, 1), (1, 1), (1, 2), ("50%", 1), (9, 9)])
    return {
        "maxUnavailable": unavailable,
        "maxSurge": surge,
        "partition": rng.choice([0, 0, 0, 1, 2, 7]),
    }


def random_set(rng: random.Random) -> FakeCluster:
    group: dict[str, Any] = {
        "restartPolicy": rng.choice(
            ["RecreateGroupOnPodRestart", "RecreateGroupAfterStart", "None", "Default"]
        )
    }
    if rng.random() < 0.5:
        policy = {
            "whenDeleted": rng.choice(["Retain", "Delete"]),
            "whenScaled": rng.choice(["Retain", "Delete"]),
        }
        group |= {
            "volumeClaimTemplates": [CLAIM],
            "persistentVolumeClaimRetentionPolicy": policy,
        }
    spec = raw_spec(
        rng.randrange(6),
        rng.randrange(1, 5),
        template=group,
        rollout=random_rollout(rng),
        startupPolicy=rng.choice(["LeaderCreated", "LeaderReady"]),
        networkConfig={"subdomainPolicy": rng.choice(["Shared", "UniquePerReplica"])},
    )
    topology = {"leaderworkerset.sigs.k8s.io/exclusive-topology": "rack"}
    lws = make_set(spec, annotations=topology if rng.random() < 0.3 else None)
    cluster = FakeCluster(lws, nodes=("node-0", "node-1"))
    cluster.node_labels = {"node-0": {"rack": "r0"}, "node-1": {"rack": "r1"}}
    return cluster


def pick(rng: random.Random, cluster: FakeCluster, *, live: bool) -> str | None:
    found = [pod.name for pod in cluster.pods.values() if pod.terminating is not live]
    return rng.choice(sorted(found)) if found else None


def disturb(rng: random.Random, cluster: FakeCluster) -> None:
    """Let one thing happen to a running pod."""
    name = pick(rng, cluster, live=True)
    if name is None:
        return
    what: Callable[[str], object] = rng.choice(
        [
            cluster.unready,
            cluster.restart_container,
            lambda pod: cluster.delete(pod, foreground=rng.random() < 0.5),
            cluster.vanish,
            lambda pod: cluster.change(pod, phase="Failed", ready=False),
        ]
    )
    what(name)


def strip(rng: random.Random, cluster: FakeCluster) -> None:
    """Let the set lose its record, a revision or what it owns."""
    resource = rng.choice([PODS, PODS, SERVICES, REVISIONS])
    found = sorted(cluster.children_of(resource))
    if rng.random() < 0.1:
        cluster._replace_meta(annotations={})
    elif found and rng.random() < 0.8:
        cluster.orphan(resource, rng.choice(found))
    elif resource == REVISIONS and found:
        del cluster.revisions[rng.choice(found)]
    cluster.lost.clear()  # as after a restart of the controller


def change_spec(rng: random.Random, cluster: FakeCluster) -> None:
    match rng.randrange(6):
        case 0 | 1:
            cluster.set_image(f"img:v{rng.randrange(4)}")
        case 2:
            cluster.scale(rng.randrange(7))
        case 3:
            strategy = {"type": "RollingUpdate", "rollingUpdateConfiguration": random_rollout(rng)}
            cluster.edit(lambda spec: spec.update(rolloutStrategy=strategy))
        case 4:
            retention = rng.choice(["Retain", "Delete"])
            cluster.edit(lambda spec: change_retention(spec["leaderWorkerTemplate"], retention))
        case _:
            size = rng.randrange(1, 5)
            cluster.edit(lambda spec: spec["leaderWorkerTemplate"].update(size=size))


def change_retention(group: dict[str, Any], when_deleted: str) -> None:
    policy = group.get("persistentVolumeClaimRetentionPolicy")
    if policy is not None:
        policy["whenDeleted"] = when_deleted


def progress(rng: random.Random, cluster: FakeCluster) -> None:
    """Let a pod run, or one that terminates go."""
    cluster.now += rng.choice([0, 1, 20])
    cluster.reap_claims()
    for live in (True, False):
        name = pick(rng, cluster, live=live)
        if name is not None and not live:
            cluster.reap(name)
        elif name is not None and cluster.pods[name].phase == "Pending":
            cluster.run(name)


def controller(rng: random.Random, cluster: FakeCluster) -> None:
    """Plan and act; sometimes die after some of the actions, sometimes lose the record."""
    planned = cluster.plan()
    check(cluster, planned)
    if rng.random() < 0.15:
        for action in planned.actions[: rng.randrange(len(planned.actions) + 1)]:
            cluster.perform(action)
    else:
        cluster.apply(planned)
    if rng.random() < 0.02:
        cluster._replace_meta(annotations={})


def check(cluster: FakeCluster, planned: Plan) -> None:
    """What holds for every plan, whatever was observed."""
    spec = resolve(cluster.lws)
    limit = rollout.limits(spec.replicas, spec.rollout)
    ready = set(cluster.ready_groups())
    leaders = {pod.name: pod.group for pod in cluster.pods.values() if pod.worker == 0}
    doomed = {a.name: a for a in planned.actions if isinstance(a, act.DeletePod)}
    gone = {
        leaders[name] for name, a in doomed.items() if name in leaders and a.cause != "recreate"
    }
    updated = {leaders[name] for name, a in doomed.items() if a.cause == "update"}
    staying = {g for g in ready if g not in gone}
    if updated & ready:
        assert len(staying) >= limit.least_ready, (updated, ready, limit)
    created = {a.group for a in planned.actions if isinstance(a, act.CreatePod) and not a.worker}
    assert all(index < limit.burst for index in created)
    explained(cluster, planned, ready, created | gone)


def explained(cluster: FakeCluster, planned: Plan, ready: set[int], moved: set[int]) -> None:
    """Every group that is not as desired has an action or a reason."""
    record = next((a.record for a in planned.actions if isinstance(a, act.RecordRollout)), None)
    record = record or rollout.read_record(cluster.lws.annotations)
    first_of_all = {wait.code for wait in planned.waits if wait.group is None}
    if record is None or first_of_all & {"adoption", "revision"}:
        return
    names = {a.name for a in planned.actions if isinstance(a, act.CreatePod | act.DeletePod)}
    services = {a.name for a in planned.actions if isinstance(a, act.CreateService)}
    for index in range(record.groups):
        name = f"sample-{index}"
        acted = index in moved or any(n == name or n.startswith(f"{name}-") for n in names)
        acted = acted or name in services
        codes = {wait.code for wait in planned.waits if wait.group in (index, None)}
        reasons = {wait.code for wait in planned.waits if wait.group == index}
        if index not in ready:
            assert acted or reasons, f"group {index} is not ready and nobody says why"
        elif cluster.pods[name].revision != record.target:
            assert acted or codes & {"budget", "partition", "restart"}, f"group {index} is old"


@pytest.mark.parametrize("seed", SEEDS)
def test_random_history(seed: int) -> None:
    rng = random.Random(seed)
    cluster = random_set(rng)
    seen: list[tuple[LeaderWorkerSet, Plan]] = []
    kept = Kept()
    for _ in range(rng.randrange(10, 60)):
        steps = [controller, progress, disturb, change_spec, strip]
        rng.choices(steps, weights=[16, 16, 2, 2, 1])[0](rng, cluster)
        kept.check(cluster)
        if rng.random() < 0.1:
            seen.append((cluster.lws, cluster.plan()))
        if seen and rng.random() < 0.1:
            lws, late = rng.choice(seen)
            cluster.apply_late(late, lws)
    for _ in range(80):
        check(cluster, cluster.plan())
        cluster.quiet()
        kept.check(cluster)
        clean_up(cluster)
        before = dict(cluster.pods), dict(cluster.claims)
        cluster.tick(700)
        for pod in list(cluster.pods.values()):
            if not pod.running_and_ready and not pod.terminating and pod.phase != "Failed":
                cluster.run(pod.name)
        if (cluster.pods, cluster.claims) == before and cluster.last.requeue_after_s is None:
            break
    else:
        raise AssertionError(f"seed {seed} does not come to rest: {cluster.last}")
    at_rest(cluster)
    owners_at_rest(cluster)


def clean_up(cluster: FakeCluster) -> None:
    """Do what the reports of the last plan ask of an operator."""
    codes = {wait.code for wait in cluster.last.waits}
    for pod in list(cluster.pods.values()):
        if pod.ownerless and not pod.terminating:
            assert codes & {"collision", "terminating"} or pod.worker >= pod.size, codes
            cluster.delete(pod.name)
        elif "revision" in codes and not pod.terminating and pod.worker == 0:
            cluster.delete(pod.name, foreground=True)


class Kept:
    """Claims that have to stay, for as long as no group is scaled away that takes them along."""

    def __init__(self) -> None:
        self.uids: dict[str, str] = {}

    def check(self, cluster: FakeCluster) -> None:
        now = {name: claim.uid for name, claim in cluster.claims.items()}
        policy = resolve(cluster.lws).template.claims_when_scaled
        if policy == "Retain":
            assert now.items() >= self.uids.items()
        leaders = {pod.name for pod in cluster.pods.values() if pod.worker == 0}
        assert all(f"cache-{name}" in now for name in leaders) or not now
        self.uids = now


def owners_at_rest(cluster: FakeCluster) -> None:
    """Everything has its owner; claims of groups that exist have the one of their policy."""
    template, uid = resolve(cluster.lws).template, cluster.lws.metadata.uid
    assert not any(pod.ownerless for pod in cluster.pods.values())
    live = {cluster.lws.metadata.name, *cluster.pods}
    assert not any(service.ownerless for name, service in cluster.services.items() if name in live)
    names = {revision.key for revision in cluster.revisions.values() if not revision.ownerless}
    assert {pod.revision for pod in cluster.pods.values()} <= names
    record = rollout.read_record(cluster.lws.annotations)
    assert record is not None
    wanted = {uid} if template.claims_when_deleted == "Delete" else set()
    for pod in cluster.pods.values():
        claim = cluster.claims.get(f"cache-{pod.name}")
        if template.claims and pod.revision == record.target:
            assert claim is not None
            assert {owner.uid for owner in claim.owners} == wanted


def at_rest(cluster: FakeCluster) -> None:
    last = cluster.quiet()
    assert (last.actions, last.status, last.events) == ((), None, ())
    spec = resolve(cluster.lws)
    limit = rollout.limits(spec.replicas, spec.rollout)
    groups, record = cluster.groups(), rollout.read_record(cluster.lws.annotations)
    assert record is not None
    assert groups == cluster.ready_groups() == list(range(len(groups)))
    assert limit.replicas <= len(groups) <= limit.burst
    assert len(groups) == limit.replicas or limit.partition > 0
    outdated = [p.group for p in cluster.pods.values() if p.revision != record.target]
    assert all(group < limit.partition for group in outdated)
    assert cluster.true_conditions() == ["Available"]
    for pod in cluster.pods.values():
        if pod.worker == 0:
            assert len(cluster.dependents(pod.uid)) == pod.size - 1
