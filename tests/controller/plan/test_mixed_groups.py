"""Groups of two revisions side by side: each is judged and rebuilt by its own."""

from __future__ import annotations

from typing import Any

import pytest

from controller.api import names
from controller.plan.actions import CreatePod, CreateService, Plan
from tests.controller.support import FakeCluster, container, make_set, raw_spec, template

RACK, ROW = "example.com/rack", "example.com/row"


def running(replicas: int, size: int, **more: Any) -> FakeCluster:
    cluster = FakeCluster(make_set(raw_spec(replicas, size, **more)))
    cluster.settle()
    cluster.events.clear()
    return cluster


def resize(cluster: FakeCluster, size: int) -> None:
    cluster.edit(lambda spec: spec["leaderWorkerTemplate"].update(size=size))


def pods_of(planned: Plan) -> list[str]:
    return [a.name for a in planned.actions if isinstance(a, CreatePod)]


def services_of(planned: Plan) -> list[str]:
    return [a.name for a in planned.actions if isinstance(a, CreateService)]


def sizes(cluster: FakeCluster) -> dict[int, int]:
    """Pods by group."""
    groups = [pod.group for pod in cluster.pods.values()]
    return {group: groups.count(group) for group in sorted(set(groups))}


@pytest.mark.parametrize(("before", "after"), [(3, 1), (1, 3), (4, 2), (2, 4)])
def test_a_new_size_rolls_group_by_group(before: int, after: int) -> None:
    cluster = running(3, before)
    resize(cluster, after)
    cluster.quiet()
    assert cluster.deletions == [("sample-2", "update")]
    # Groups that have not had their turn are whole by their own size.
    status = cluster.lws.status
    assert (status.ready_replicas, status.updated_replicas) == (2, 0)
    assert cluster.true_conditions() == ["Progressing", "UpdateInProgress"]
    cluster.settle()
    assert sizes(cluster) == {0: after, 1: after, 2: after}
    assert cluster.deletions == [(f"sample-{i}", "update") for i in (2, 1, 0)]
    assert cluster.true_conditions() == ["Available"]


@pytest.mark.parametrize(("before", "after"), [(3, 1), (1, 3)])
def test_an_old_group_is_rebuilt_with_its_own_size(before: int, after: int) -> None:
    cluster = running(2, before, rollout={"partition": 1})
    resize(cluster, after)
    cluster.settle()
    assert sizes(cluster) == {0: before, 1: after}
    cluster.delete("sample-0", foreground=True)
    cluster.settle()
    assert sizes(cluster) == {0: before, 1: after}
    assert cluster.pods["sample-0"].size == before
    assert cluster.true_conditions() == ["Available"]


@pytest.mark.parametrize(("before", "after"), [(3, 1), (1, 3)])
def test_a_size_taken_back_mid_way_restores_only_what_had_moved_on(before: int, after: int) -> None:
    cluster = running(3, before)
    uids = {name: pod.uid for name, pod in cluster.pods.items()}
    resize(cluster, after)
    cluster.quiet()
    resize(cluster, before)
    cluster.settle()
    assert sizes(cluster) == {0: before, 1: before, 2: before}
    changed = {pod.group for name, pod in cluster.pods.items() if uids.get(name) != pod.uid}
    assert changed == {2}


def subdomains(cluster: FakeCluster) -> dict[str, str]:
    return {name: body["spec"]["subdomain"] for name, body in cluster.bodies.items()}


def set_policy(cluster: FakeCluster, policy: str) -> None:
    cluster.edit(lambda spec: spec.update(networkConfig={"subdomainPolicy": policy}))


def test_from_a_shared_service_to_one_for_each_group() -> None:
    cluster = running(2, 2, rollout={"partition": 1})
    set_policy(cluster, "UniquePerReplica")
    cluster.settle()
    assert subdomains(cluster) == {
        "sample-0": "sample",
        "sample-0-1": "sample",
        "sample-1": "sample-1",
        "sample-1-1": "sample-1",
    }
    assert {"sample", "sample-1"} <= set(cluster.services)
    cluster.services.clear()
    assert {"sample", "sample-1"} <= set(services_of(cluster.plan()))
    cluster.edit(lambda spec: spec.pop("rolloutStrategy"))
    cluster.settle()
    # Native leaves the shared one behind, too; nothing needs it any more.
    assert sorted(cluster.services) == ["sample", "sample-0", "sample-1"]
    del cluster.services["sample"]
    assert cluster.plan() == Plan()


def test_from_a_service_for_each_group_to_a_shared_one() -> None:
    cluster = running(
        2, 2, rollout={"partition": 1}, networkConfig={"subdomainPolicy": "UniquePerReplica"}
    )
    set_policy(cluster, "Shared")
    assert services_of(cluster.plan()) == ["sample"]
    cluster.settle()
    assert sorted(cluster.services) == ["sample", "sample-0"]
    # A group below the partition is made again with the names it had.
    cluster.delete("sample-0", foreground=True)
    cluster.settle()
    assert subdomains(cluster)["sample-0-1"] == "sample-0"
    assert sorted(cluster.services) == ["sample", "sample-0"]
    cluster.edit(lambda spec: spec.pop("rolloutStrategy"))
    cluster.settle()
    assert sorted(cluster.services) == ["sample"]
    assert set(subdomains(cluster).values()) == {"sample"}


def test_workers_take_their_topologies_from_their_leader() -> None:
    policy = {"subGroupPolicy": {"subGroupSize": 2}, "restartPolicy": "None"}
    notes = {names.EXCLUSIVE_TOPOLOGY: ROW, names.SUBGROUP_EXCLUSIVE_TOPOLOGY: RACK}
    cluster = FakeCluster(make_set(raw_spec(1, 4, template=policy), annotations=notes))
    cluster.node_labels = {"node-0": {ROW: "r1", RACK: "r1a"}}
    cluster.settle()
    assert cluster.pods["sample-0"].subgroup_topology == RACK
    changed = {**cluster.lws.annotations, names.SUBGROUP_EXCLUSIVE_TOPOLOGY: "other"}
    cluster._replace_meta(annotations=changed)
    before = cluster.bodies["sample-0-3"]
    cluster.vanish("sample-0-3")
    cluster.settle()
    after = cluster.bodies["sample-0-3"]
    assert after["spec"]["affinity"] == before["spec"]["affinity"]
    assert after["metadata"]["annotations"] == before["metadata"]["annotations"]
    assert after["metadata"]["annotations"][names.SUBGROUP_EXCLUSIVE_TOPOLOGY] == RACK


def test_empty_topologies_count_as_none() -> None:
    notes = {names.EXCLUSIVE_TOPOLOGY: "", names.SUBGROUP_EXCLUSIVE_TOPOLOGY: ""}
    policy = {"subGroupPolicy": {"subGroupSize": 2}}
    cluster = FakeCluster(make_set(raw_spec(1, 4, template=policy), annotations=notes))
    cluster.settle()
    assert cluster.ready_groups() == [0]
    for body in cluster.bodies.values():
        assert "affinity" not in body["spec"]
        assert not notes.keys() & body["metadata"]["annotations"].keys()


def tpu_env(cluster: FakeCluster, name: str) -> dict[str, str]:
    (made,) = cluster.bodies[name]["spec"]["containers"]
    return {v["name"]: v["value"] for v in made["env"] if v["name"].startswith("TPU_")}


def test_a_leader_with_tpus_outside_the_subgroups_starts_and_is_in_no_mesh() -> None:
    tpus = template(container(resources={"limits": {"google.com/tpu": "4"}}))
    excluded = {"subGroupSize": 2, "subGroupPolicyType": "LeaderExcluded"}
    spec = raw_spec(1, 5, template={"workerTemplate": tpus, "subGroupPolicy": excluded})
    cluster = FakeCluster(make_set(spec))
    cluster.settle()
    assert cluster.ready_groups() == [0]
    assert tpu_env(cluster, "sample-0") == {}
    meshes = [
        (env["TPU_WORKER_HOSTNAMES"], env["TPU_WORKER_ID"])
        for env in (tpu_env(cluster, f"sample-0-{w}") for w in (1, 2, 3, 4))
    ]
    first, second = "sample-0-1.sample,sample-0-2.sample", "sample-0-3.sample,sample-0-4.sample"
    assert meshes == [(first, "0"), (first, "1"), (second, "0"), (second, "1")]


LEADER_READY = {"startupPolicy": "LeaderReady", "template": {"restartPolicy": "None"}}


@pytest.mark.parametrize("restarted", [False, True])
def test_a_leader_that_was_ready_once_gets_all_its_workers_back(restarted: bool) -> None:
    cluster = running(1, 3, **LEADER_READY)
    cluster.now += 30
    cluster.unready("sample-0")
    for worker in ("sample-0-1", "sample-0-2"):
        cluster.vanish(worker)
    if restarted:
        cluster.lost.clear()  # what was seen in the life of a process goes with it
    assert pods_of(cluster.plan()) == ["sample-0-1", "sample-0-2"]
    assert "sample-0" not in [name for name, _ in cluster.deletions]


def test_a_leader_that_was_never_ready_gets_none() -> None:
    cluster = FakeCluster(make_set(raw_spec(1, 3, **LEADER_READY)))
    cluster.quiet()
    started = {"started_at": cluster.now, "ready_changed_at": cluster.now + 1}
    cluster.change("sample-0", phase="Running", **started)
    cluster.now += 300
    assert pods_of(cluster.plan()) == []
    assert [wait.code for wait in cluster.plan().waits] == ["startup"]
