"""Upstream's integration scenarios about making groups, scaling them and losing their pods.

The numbers count the entries of test/integration/controllers/leaderworkerset_test.go;
"StatefulSet" reads as the pods it would have made.
"""

from __future__ import annotations

import pytest

from controller.api import names
from controller.plan.actions import CreateService, DeletePod
from controller.plan.revisions import revision_key
from tests.controller.plan.upstream import (
    NAME,
    available,
    created,
    deleted,
    members,
    notes,
    sample,
)
from tests.controller.support import FakeCluster

ALWAYS, AFTER, NEVER = "RecreateGroupOnPodRestart", "RecreateGroupAfterStart", "None"
RACK = {names.EXCLUSIVE_TOPOLOGY: "rack"}


def policy(wanted: str) -> dict[str, str]:
    return {"restartPolicy": wanted}


def assert_groups(cluster: FakeCluster, replicas: int, size: int) -> None:
    """Exactly these groups exist, each pod with the metadata that upstream checks on sets."""
    (revision,) = cluster.revisions.values()
    assert revision.key == revision_key(revision.data)
    assert cluster.groups() == list(range(replicas))
    assert len(cluster.pods) == replicas * size
    for name, pod in cluster.pods.items():
        leader = f"{NAME}-{pod.group}"
        metadata = cluster.bodies[name]["metadata"]
        expected = {
            names.SET_NAME: NAME,
            names.GROUP_INDEX: str(pod.group),
            names.WORKER_INDEX: str(pod.worker),
            names.GROUP_KEY: names.group_key("default", leader),
            names.REVISION: revision.key,
        }
        assert expected.items() <= metadata["labels"].items()
        annotations = {names.SIZE: str(size)}
        if pod.worker:
            annotations[names.LEADER_NAME] = leader
        assert metadata["annotations"] == annotations
        (owner,) = metadata["ownerReferences"]
        assert owner["uid"] == (cluster.pods[leader].uid if pod.worker else "set-1")
        assert (owner["controller"], owner["blockOwnerDeletion"]) == (True, True)


@pytest.mark.parametrize(
    ("before", "after", "size"),
    [
        pytest.param(2, 3, 2, id="1 scale up"),
        pytest.param(4, 3, 2, id="2 scale down"),
        pytest.param(2, 0, 2, id="3 scale to zero"),
        pytest.param(0, 3, 2, id="4 scale from zero"),
        pytest.param(2, 2, 1, id="5 groups of one pod"),
        pytest.param(0, 0, 2, id="6 no groups"),
        pytest.param(2, 3, 1, id="14 scale subresource set to 3"),
    ],
)
def test_number_of_groups(before: int, after: int, size: int) -> None:
    cluster = available(before, size)
    assert_groups(cluster, before, size)
    uids = {name: pod.uid for name, pod in cluster.pods.items()}
    cluster.scale(after)
    cluster.settle()
    assert_groups(cluster, after, size)
    assert cluster.true_conditions() == ["Available"]
    kept = range(min(before, after))
    assert all(cluster.pods[name].uid == uids[name] for g in kept for name in members(cluster, g))


def test_7_creation_events() -> None:
    cluster = sample()
    cluster.quiet()
    (revision,) = cluster.revisions.values()
    assert notes(cluster) == [
        f"Creating revision with key {revision.key} for a newly created LeaderWorkerSet",
        f"Created leader pods {NAME}",
        "Replicas are progressing, with 0 groups ready of total 2 groups",
        f"Created worker pods for leader pod {NAME}-0",
        f"Created worker pods for leader pod {NAME}-1",
    ]


def test_8_all_workers_of_a_group_deleted() -> None:
    cluster = available(2, 3, template=policy(NEVER))
    before = dict(cluster.pods)
    for worker in members(cluster, 0)[:-1]:
        cluster.delete(worker)
    cluster.settle()
    changed = {name for name, pod in cluster.pods.items() if pod.uid != before[name].uid}
    assert changed == {f"{NAME}-0-1", f"{NAME}-0-2"}
    assert cluster.ready_groups() == [0, 1]


@pytest.mark.parametrize(
    ("subdomain", "services"),
    [
        pytest.param("Shared", [NAME], id="9 shared"),
        pytest.param("UniquePerReplica", [f"{NAME}-0", f"{NAME}-1"], id="11 unique"),
    ],
)
def test_services(subdomain: str, services: list[str]) -> None:
    cluster = available(networkConfig={"subdomainPolicy": subdomain})
    assert sorted(cluster.service_bodies) == services
    for name, body in cluster.service_bodies.items():
        selector = {names.SET_NAME: NAME}
        if name != NAME:
            selector[names.GROUP_INDEX] = name[-1]
        assert body["spec"] == {
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": selector,
        }
        (owner,) = body["metadata"]["ownerReferences"]
        assert owner["kind"] == ("LeaderWorkerSet" if name == NAME else "Pod")
        assert owner["name"] == name
    # 10: a service that was deleted comes back, whichever policy made it.
    cluster.services.clear()
    again = [action.name for action in cluster.step().actions if isinstance(action, CreateService)]
    assert again == services


def test_12_lost_record() -> None:
    cluster = available()
    before, pods = dict(cluster.lws.annotations), dict(cluster.pods)
    cluster._replace_meta(annotations={})
    cluster.settle()
    assert dict(cluster.lws.annotations) == before
    assert cluster.pods == pods


def test_13_what_the_scale_subresource_shows() -> None:
    status = available(3).lws.status
    assert status.replicas == 3
    assert status.hpa_pod_selector == (
        f"leaderworkerset.sigs.k8s.io/name={NAME},leaderworkerset.sigs.k8s.io/worker-index=0"
    )


def test_17_exclusive_placement_waits_for_the_leaders_node() -> None:
    cluster = sample(annotations=RACK)
    cluster.node_labels = {"node-0": {"rack": "r0"}}
    cluster.quiet()
    assert sorted(cluster.pods) == [f"{NAME}-0", f"{NAME}-1"]
    cluster.schedule(f"{NAME}-1")
    assert created(cluster.step()) == [f"{NAME}-1-1"]
    for body in cluster.bodies.values():
        assert body["metadata"]["annotations"][names.EXCLUSIVE_TOPOLOGY] == "rack"
    assert cluster.bodies[f"{NAME}-1-1"]["spec"]["nodeSelector"] == {"rack": "r0"}


def test_18_policy_none_replaces_the_worker_alone() -> None:
    cluster = available(1, 4, template=policy(NEVER))
    before = dict(cluster.pods)
    cluster.delete(f"{NAME}-0-1")
    cluster.settle()
    changed = {name for name, pod in cluster.pods.items() if pod.uid != before[name].uid}
    assert changed == {f"{NAME}-0-1"}
    assert cluster.deletions == []


@pytest.mark.parametrize(
    "wanted", [pytest.param(ALWAYS, id="19 on restart"), pytest.param(AFTER, id="22 after start")]
)
def test_a_deleted_worker_takes_its_group_along(wanted: str) -> None:
    cluster = available(1, 4, template=policy(wanted))
    cluster.delete(f"{NAME}-0-1")
    planned = cluster.step()
    (action,) = [a for a in planned.actions if isinstance(a, DeletePod)]
    assert (action.name, action.foreground) == (f"{NAME}-0", True)
    (event,) = [e for e in planned.events if e.reason == "RecreateGroup"]
    assert (event.type, event.action) == ("Normal", "Delete")
    assert event.note == (
        f"Worker pod {NAME}-0-1 failed, deleted leader pod {NAME}-0 to recreate group 0"
    )
    assert event.related is not None
    assert (event.related["kind"], event.related["name"]) == ("Pod", f"{NAME}-0")
    cluster.settle()
    assert cluster.ready_groups() == [0]


@pytest.mark.parametrize(
    ("wanted", "annotations"),
    [
        pytest.param(ALWAYS, {names.RECREATE_AFTER_START: "false"}, id="20 annotation present"),
        pytest.param(AFTER, {}, id="21 policy"),
    ],
)
def test_a_starting_group_is_left_alone(wanted: str, annotations: dict[str, str]) -> None:
    cluster = sample(1, 4, template=policy(wanted), annotations=annotations)
    cluster.quiet()
    *others, pending = sorted(cluster.pods)
    for name in others:
        cluster.run(name)
    cluster.delete(f"{NAME}-0-1")
    assert deleted(cluster.step()) == []
    # One that comes back while the last is still pending is no reason either.
    cluster.reap(f"{NAME}-0-1")
    assert created(cluster.step()) == [f"{NAME}-0-1"]
    cluster.run(pending)
    cluster.run(f"{NAME}-0-1")
    assert deleted(cluster.step()) == []
    # Now that it has started it is as under the other policy.
    cluster.delete(f"{NAME}-0-1")
    assert deleted(cluster.step()) == [f"{NAME}-0"]


def test_a_restart_during_the_start_is_remembered() -> None:
    cluster = sample(1, 3, template=policy(AFTER))
    cluster.quiet()
    leader, first, last = sorted(cluster.pods)
    cluster.run(leader)
    cluster.run(first)
    cluster.restart_container(first)
    assert deleted(cluster.step()) == []
    # The count stays: once nothing is pending the group is made anew, whoever moved last.
    cluster.change(last, phase="Running")
    assert deleted(cluster.step()) == [leader]


@pytest.mark.parametrize(
    ("startup", "first", "second"),
    [
        pytest.param("LeaderReady", [], [0, 1], id="45 leader ready"),
        pytest.param("LeaderCreated", [0, 1, 2, 3], [], id="46 leader created"),
    ],
)
def test_startup_policy(startup: str, first: list[int], second: list[int]) -> None:
    cluster = sample(4, startupPolicy=startup)
    cluster.step()
    assert cluster.groups() == [0, 1, 2, 3]
    assert created(cluster.step()) == [f"{NAME}-{group}-1" for group in first]
    for group in (0, 1):
        cluster.run(f"{NAME}-{group}")
    assert created(cluster.step()) == [f"{NAME}-{group}-1" for group in second]
    cluster.settle()
    assert cluster.ready_groups() == [0, 1, 2, 3]
