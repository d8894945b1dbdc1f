"""What ``plan`` decides about whole sets: gates, collisions, scaling, Services, claims."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from controller.api import names
from controller.api.core import Service
from controller.plan.actions import CreatePod, CreateService, DeletePod, Plan
from tests.controller.support import FakeCluster, make_set, raw_spec

TOPOLOGY = {names.EXCLUSIVE_TOPOLOGY: "rack"}


def running(replicas: int = 2, size: int = 2, **more: Any) -> FakeCluster:
    cluster = FakeCluster(make_set(raw_spec(replicas, size, **more)))
    cluster.settle()
    cluster.events.clear()
    return cluster


def pods_of(planned: Plan) -> list[str]:
    return [a.name for a in planned.actions if isinstance(a, CreatePod)]


def deleted(planned: Plan) -> list[tuple[str, str]]:
    return [(a.name, a.cause) for a in planned.actions if isinstance(a, DeletePod)]


def codes(planned: Plan) -> list[tuple[str, int | None]]:
    return [(wait.code, wait.group) for wait in planned.waits]


def test_an_invalid_change_is_refused_and_pods_are_kept() -> None:
    cluster = running()
    cluster.edit(lambda spec: spec.update(startupPolicy="LeaderFirst", replicas=0))
    planned = cluster.plan()
    assert (planned.actions, planned.status) == ((), None)
    (event,) = planned.events
    assert (event.type, event.reason) == ("Warning", "InvalidSpec")
    assert "spec.startupPolicy: 'LeaderFirst'" in event.note
    (wait,) = planned.waits
    assert wait.code == "invalid"
    assert "running pods are kept" in wait.reason


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subGroupPolicy": {"subGroupSize": 2}}, "SubGroupPolicy"),
        ({"volumeClaimTemplates": [{"metadata": {"name": "c"}}]}, "volumeClaimTemplates"),
    ],
)
def test_what_cannot_change_is_compared_with_the_target(change: dict[str, Any], field: str) -> None:
    cluster = running()
    cluster.edit(lambda spec: spec["leaderWorkerTemplate"].update(change))
    planned = cluster.plan()
    assert planned.actions == ()
    assert field in planned.events[0].note


def test_long_notes_are_clipped() -> None:
    cluster = running()
    unknown = {f"unknownField{i}": i for i in range(60)}
    cluster.edit(lambda spec: spec.update(unknown))
    assert len(cluster.plan().events[0].note.encode()) <= 1024


def test_sets_of_kueue_are_left_alone() -> None:
    lws = make_set(labels={"kueue.x-k8s.io/queue-name": "q"})
    planned = FakeCluster(lws).plan()
    assert (planned.actions, planned.status, codes(planned)) == ((), None, [("unsupported", None)])
    assert planned.events[0].type == "Warning"


def test_nothing_is_made_for_a_set_that_is_being_deleted() -> None:
    cluster = running()
    cluster._replace_meta(deletion_timestamp="2026-08-01T00:00:00Z")
    cluster.delete("sample-0")
    planned = cluster.plan()
    assert (planned.actions, planned.status, planned.events) == ((), None, ())
    assert codes(planned) == [("deleting", None)]


def test_leader_ready_gates_the_first_workers_only() -> None:
    spec = raw_spec(4, 2, startupPolicy="LeaderReady", template={"restartPolicy": "None"})
    cluster = FakeCluster(make_set(spec))
    cluster.step()
    planned = cluster.plan()
    assert pods_of(planned) == []
    assert codes(planned) == [("startup", group) for group in range(4)]
    assert "1 worker will be created when leader sample-0 is ready" in planned.waits[0].reason
    cluster.run("sample-0")
    cluster.run("sample-1")
    assert pods_of(cluster.plan()) == ["sample-0-1", "sample-1-1"]
    cluster.settle()
    cluster.unready("sample-0")
    cluster.vanish("sample-0-1")
    assert pods_of(cluster.plan()) == ["sample-0-1"]


def test_workers_wait_for_the_node_of_their_leader_and_its_label() -> None:
    cluster = FakeCluster(make_set(raw_spec(1, 3), annotations=TOPOLOGY))
    cluster.step()
    cluster.change("sample-0", unscheduled_message="0/4 nodes are available")
    planned = cluster.plan()
    assert (pods_of(planned), codes(planned)) == ([], [("scheduling", 0)])
    assert "0/4 nodes are available" in planned.waits[0].reason

    cluster.schedule("sample-0", "node-7")
    for labels in ({}, {"node-7": {"zone": "a"}}):
        cluster.node_labels = labels
        planned = cluster.plan()
        assert (pods_of(planned), codes(planned)) == ([], [("topology", 0)])
        assert (planned.events[0].type, planned.events[0].reason) == ("Warning", "FailedCreate")
        assert planned.requeue_after_s is not None
    assert "node node-7 of leader sample-0 has no label rack" in planned.waits[0].reason

    cluster.node_labels = {"node-7": {"rack": "r3"}}
    cluster.step()
    assert cluster.bodies["sample-0-2"]["spec"]["nodeSelector"] == {"rack": "r3"}


def test_an_empty_topology_annotation_counts_as_none() -> None:
    cluster = FakeCluster(make_set(raw_spec(1, 2), annotations={names.EXCLUSIVE_TOPOLOGY: ""}))
    cluster.settle()
    assert cluster.ready_groups() == [0]


def test_a_changed_topology_applies_to_new_groups_and_is_told() -> None:
    cluster = running(2, 1)
    cluster._replace_meta(annotations={**cluster.lws.annotations, **TOPOLOGY})
    planned = cluster.plan()
    assert planned.actions == ()
    assert codes(planned) == [("drift", None)]
    cluster.scale(3)
    cluster.settle()
    assert [cluster.pods[f"sample-{i}"].topology for i in range(3)] == ["", "", "rack"]


@pytest.mark.parametrize("name", ["sample-1", "sample-1-1"])
def test_a_foreign_pod_under_our_name_is_left_alone(name: str) -> None:
    cluster = FakeCluster(make_set(raw_spec(2, 2)))
    cluster.taken = {f"pods/{name}": "LeaderWorkerSet sample-1"}
    cluster.settle()
    last = cluster.plan()
    assert ("collision", 1) in codes(last)
    assert f"pod {name} is held by LeaderWorkerSet sample-1" in last.waits[0].reason
    assert [e.type for e in last.events] == ["Warning"]
    assert name not in cluster.pods
    assert cluster.ready_groups() == [0]


@pytest.mark.parametrize(
    ("owner", "said"),
    [
        ({"owner_kind": "Job", "owner_name": "j", "owner_uid": "u"}, "Job j"),
        ({"ownerless": True, "group": 7}, "an object without a controller"),
    ],
)
def test_a_labelled_pod_of_somebody_else_is_never_deleted(owner: dict[str, Any], said: str) -> None:
    cluster = running(3, 1)
    strange = {"owner_kind": "", "owner_name": "", "owner_uid": "", **owner}
    cluster.change("sample-2", revision="other", **strange)
    cluster.scale(2)
    assert deleted(cluster.plan()) == []
    cluster.scale(3)
    planned = cluster.plan()
    assert (pods_of(planned), deleted(planned)) == ([], [])
    assert codes(planned) == [("collision", 2)]
    assert said in planned.waits[0].reason


def test_pods_of_a_set_that_was_replaced_are_waited_for() -> None:
    cluster = running(2, 1)
    for name in list(cluster.pods):
        cluster.change(name, owner_uid="old-set")
    planned = cluster.plan()
    assert (pods_of(planned), deleted(planned)) == ([], [])
    assert codes(planned) == [("terminating", 0), ("terminating", 1)]


def test_scaling_down_takes_the_highest_groups_first() -> None:
    cluster = running(5, 2)
    cluster.scale(2)
    planned = cluster.step()
    assert deleted(planned) == [(f"sample-{i}", "scale-down") for i in (4, 3, 2)]
    assert [a.foreground for a in planned.actions if isinstance(a, DeletePod)] == [True] * 3
    later = cluster.plan()
    assert deleted(later) == []
    assert codes(later) == [("terminating", group) for group in (2, 3, 4)]
    cluster.settle()
    assert cluster.groups() == [0, 1]


def test_surge_is_given_back_with_its_own_cause() -> None:
    cluster = running(2, 2, rollout={"maxUnavailable": 0, "maxSurge": 1})
    cluster.set_image("img:v2")
    cluster.settle()
    expected = [("sample-1", "update"), ("sample-0", "update"), ("sample-2", "surge")]
    assert cluster.deletions == expected
    assert "deleting surge replica sample-2" in [event.note for event in cluster.events]


def test_a_group_that_comes_back_waits_for_its_name() -> None:
    cluster = running(1, 2)
    cluster.delete("sample-0", foreground=True)
    planned = cluster.plan()
    assert pods_of(planned) == []
    assert codes(planned) == [("terminating", 0)]
    assert "asked to stop 0 s ago" in planned.waits[0].reason


@pytest.mark.parametrize("policy", ["Shared", "UniquePerReplica"])
def test_lost_services_come_back(policy: str) -> None:
    cluster = running(2, 2, networkConfig={"subdomainPolicy": policy})
    before = sorted(cluster.services)
    assert before == (["sample"] if policy == "Shared" else ["sample-0", "sample-1"])
    cluster.services.clear()
    planned = cluster.plan()
    assert sorted(a.name for a in planned.actions if isinstance(a, CreateService)) == before


def test_a_terminating_leader_gets_no_service() -> None:
    cluster = running(1, 2, networkConfig={"subdomainPolicy": "UniquePerReplica"})
    cluster.services.clear()
    cluster.delete("sample-0", foreground=True)
    assert not [a for a in cluster.plan().actions if isinstance(a, CreateService)]


@pytest.mark.parametrize(
    ("selector", "names_pods", "accepted"),
    [
        ((("leaderworkerset.sigs.k8s.io/name", "sample"),), True, True),
        ((("leaderworkerset.x-k8s.io/name", "sample"),), True, True),
        ((("leaderworkerset.sigs.k8s.io/name", "sample"),), False, False),
        ((("leaderworkerset.sigs.k8s.io/name", "other"),), True, False),
        ((("app", "sample"),), True, False),
        ((), True, False),
    ],
)
def test_a_foreign_service_that_names_the_pods_is_accepted(
    selector: tuple[tuple[str, str], ...], names_pods: bool, accepted: bool
) -> None:
    cluster = running(1, 1)
    theirs = Service("default", "sample", "u", names_pods=names_pods, selector=selector)
    cluster.services = {"sample": theirs}
    assert ("collision" not in [code for code, _ in codes(cluster.plan())]) is accepted


@pytest.mark.parametrize(
    ("policy", "name"), [("Shared", "sample"), ("UniquePerReplica", "sample-0")]
)
def test_a_foreign_service_is_reported(policy: str, name: str) -> None:
    cluster = running(1, 1, networkConfig={"subdomainPolicy": policy})
    cluster.services = {name: Service("default", name, "u", "x", "Gateway", "sample")}
    assert codes(cluster.plan())[0][0] == "collision"
    cluster.services = {}
    cluster.taken = {f"services/{name}": "Gateway g"}
    planned = cluster.plan()
    assert codes(planned)[0][0] == "collision"
    assert planned.actions == ()
    assert "is held by Gateway g" in planned.waits[0].reason


@pytest.mark.parametrize(
    ("policy", "name"), [("Shared", "sample"), ("UniquePerReplica", "sample-0")]
)
def test_a_service_of_an_earlier_incarnation_is_waited_for(policy: str, name: str) -> None:
    cluster = running(1, 1, networkConfig={"subdomainPolicy": policy})
    cluster.services[name] = msgspec.structs.replace(cluster.services[name], owner_uid="old")
    planned = cluster.plan()
    assert (planned.actions, planned.events) == ((), ())
    assert codes(planned)[0][0] == "terminating"
    del cluster.services[name]
    cluster.settle()
    assert name in cluster.services


def test_what_is_observed_as_a_pod_of_ours_is_not_foreign() -> None:
    cluster = running(1, 1)
    cluster.taken = {"pods/sample-0": "LeaderWorkerSet sample"}
    assert cluster.plan() == Plan()


def test_a_group_whose_revision_is_gone_is_reported() -> None:
    cluster = running(2, 2, template={"restartPolicy": "None"}, rollout={"partition": 2})
    cluster.set_image("img:v2")
    cluster.settle()
    old = next(r for r in cluster.revisions.values() if r.number == 1)
    del cluster.revisions[old.name]
    cluster.vanish("sample-0-1")
    planned = cluster.plan()
    assert ("revision", 0) in codes(planned)
    assert pods_of(planned) == []
