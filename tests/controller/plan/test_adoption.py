"""Adoption of what has lost its owner, and of nothing else."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from controller.api import names
from controller.api.names import PODS, REVISIONS, SERVICES
from controller.plan.actions import Adopt, CreatePod, DeletePod, Plan
from tests.controller.support import FakeCluster, make_set, raw_spec


def running(replicas: int = 2, size: int = 3, **more: Any) -> FakeCluster:
    cluster = FakeCluster(make_set(raw_spec(replicas, size, **more)))
    cluster.settle()
    cluster.events.clear()
    return cluster


def adopted(planned: Plan) -> list[str]:
    found = [a for a in planned.actions if isinstance(a, Adopt)]
    return [f"{a.resource.plural}/{a.name} by {a.owner.kind} {a.owner.name}" for a in found]


def uids(cluster: FakeCluster) -> dict[str, str]:
    return {name: pod.uid for name, pod in cluster.pods.items()}


def codes(planned: Plan) -> list[tuple[str, int | None]]:
    return [(wait.code, wait.group) for wait in planned.waits]


def recreate(cluster: FakeCluster, **spec: Any) -> None:
    """Delete the set, leave its children orphaned, and make it again."""
    cluster.delete_set(orphan=True)
    raw = dict(cluster.lws.spec) | spec
    cluster.create_set(make_set(raw), "set-2")


@pytest.mark.parametrize("subdomains", ["Shared", "UniquePerReplica"])
def test_a_set_deleted_without_its_pods_and_made_again_takes_them_back(subdomains: str) -> None:
    cluster = running(networkConfig={"subdomainPolicy": subdomains})
    before, revisions = uids(cluster), set(cluster.revisions)
    recreate(cluster)
    assert cluster.plan().status is None
    last = cluster.settle()
    assert last == Plan()
    assert (uids(cluster), set(cluster.revisions)) == (before, revisions)
    assert cluster.deletions == []
    assert {p.owner_uid for p in cluster.pods.values() if p.worker == 0} == {"set-2"}
    assert {r.owner_uid for r in cluster.revisions.values()} == {"set-2"}
    assert cluster.true_conditions() == ["Available"]


def test_a_set_made_again_with_another_template_rolls_what_it_took_back() -> None:
    cluster = running()
    template = {"size": 3, "workerTemplate": {"spec": {"containers": [{"name": "x"}]}}}
    recreate(cluster, leaderWorkerTemplate=template)
    cluster.quiet()
    assert cluster.deletions == [("sample-1", "update")]
    cluster.settle()
    assert cluster.deletions == [("sample-1", "update"), ("sample-0", "update")]


def test_a_set_made_again_smaller_removes_what_is_too_much() -> None:
    cluster = running(4, 1)
    recreate(cluster, replicas=1)
    cluster.settle()
    assert [name for name, _ in cluster.deletions] == ["sample-3", "sample-2", "sample-1"]
    assert cluster.groups() == [0]


def orphan_all(cluster: FakeCluster) -> None:
    for resource in (PODS, SERVICES, REVISIONS):
        for name in list(cluster.children_of(resource)):
            cluster.orphan(resource, name)


def test_order_and_owners() -> None:
    cluster = running(1, 3, networkConfig={"subdomainPolicy": "UniquePerReplica"})
    (revision,) = cluster.revisions
    orphan_all(cluster)
    planned = cluster.plan()
    assert adopted(planned) == [
        f"controllerrevisions/{revision} by LeaderWorkerSet sample",
        "services/sample-0 by Pod sample-0",
        "pods/sample-0 by LeaderWorkerSet sample",
        "pods/sample-0-1 by Pod sample-0",
        "pods/sample-0-2 by Pod sample-0",
    ]
    assert len(planned.actions) == 5
    assert codes(planned) == [("adoption", None)]
    assert all(a.owner.controller for a in planned.actions if isinstance(a, Adopt))
    cluster.step()
    assert cluster.settle() == Plan()


@pytest.mark.parametrize("prefix", range(6))
def test_adoption_goes_on_where_it_was_cut_off(prefix: int) -> None:
    cluster = running(1, 3, networkConfig={"subdomainPolicy": "UniquePerReplica"})
    before = uids(cluster)
    orphan_all(cluster)
    for action in cluster.plan().actions[:prefix]:
        cluster.perform(action)
    assert cluster.settle() == Plan()
    assert uids(cluster) == before
    assert cluster.deletions == []


def test_restarts_from_before_count_for_nothing() -> None:
    cluster = running()
    before = uids(cluster)
    cluster.delete_set(orphan=True)
    for pod in ("sample-0", "sample-1-1", "sample-1-1"):
        cluster.restart_container(pod)
    cluster.create_set(make_set(dict(cluster.lws.spec)), "set-2")
    notes = {a.name: a.annotations for a in cluster.plan().actions if isinstance(a, Adopt)}
    assert notes["sample-0"] == {names.RESTARTS_BASELINE: "1"}
    # Its leader was not orphaned from it; the note is taken before the leader is ours.
    assert notes["sample-1-1"] == {names.RESTARTS_BASELINE: "2"}
    assert list(notes).index("sample-1-1") < list(notes).index("sample-1")
    assert notes["sample-1"] == {}
    assert cluster.settle() == Plan()
    assert uids(cluster) == before
    # The next restart is a fault as ever.
    cluster.restart_container("sample-1-1")
    cluster.settle()
    assert cluster.deletions == [("sample-1", "recreate")]
    assert cluster.pods["sample-1-1"].baseline_restarts == 0


LEADER, WORKER = "sample-1", "sample-1-2"


@pytest.mark.parametrize(
    ("pod", "change"),
    [
        pytest.param(LEADER, {"ownerless": False}, id="another-owner-that-does-not-control"),
        pytest.param(LEADER, {"owner_uid": "x", "ownerless": False}, id="another-controller"),
        pytest.param(LEADER, {"group": 3}, id="leader-of-another-group"),
        pytest.param(LEADER, {"group": -1}, id="leader-of-a-group-without-number"),
        pytest.param(LEADER, {"worker": 1}, id="labelled-worker"),
        pytest.param(WORKER, {"revision": "old"}, id="worker-of-another-revision"),
        pytest.param(WORKER, {"worker": 1}, id="worker-of-another-index"),
        pytest.param(WORKER, {"created_at": 0.0}, id="worker-older-than-its-leader"),
        pytest.param(WORKER, {"ownerless": False}, id="worker-with-another-owner"),
    ],
)
def test_what_is_not_adopted_is_reported_and_left_alone(pod: str, change: dict[str, Any]) -> None:
    cluster = running()
    cluster.orphan(PODS, pod)
    cluster.change(pod, **change)
    planned = cluster.plan()
    assert adopted(planned) == []
    assert ("collision", 1) in codes(planned)
    assert not any(a.name == pod for a in planned.actions if isinstance(a, CreatePod | DeletePod))


def test_what_is_on_its_way_out_is_waited_for() -> None:
    cluster = running(1, 2)
    cluster.orphan(PODS, "sample-0-1")
    cluster.delete("sample-0-1")
    assert adopted(cluster.plan()) == []
    cluster.settle()
    assert cluster.ready_groups() == [0]


def test_workers_wait_for_a_leader_that_is_leaving() -> None:
    cluster = running(1, 2)
    cluster.orphan(PODS, "sample-0-1")
    cluster.delete("sample-0")
    assert adopted(cluster.plan()) == []


def test_an_index_far_beyond_the_groups_is_not_one_of_ours() -> None:
    cluster = running(1, 1)
    far = {"name": "sample-999999", "uid": "far", "group": 999_999}
    cluster.pods["sample-999999"] = msgspec.structs.replace(cluster.pods["sample-0"], **far)
    cluster.orphan(PODS, "sample-999999")
    assert adopted(cluster.plan()) == []


@pytest.mark.parametrize(
    ("change", "adoptable"),
    [
        ({}, True),
        ({"set_name": ""}, False),
        ({"selector": (("app", "x"),)}, False),
        ({"names_pods": False}, False),
    ],
)
def test_services_need_label_and_selector(change: dict[str, Any], adoptable: bool) -> None:
    cluster = running(1, 1)
    cluster.orphan(SERVICES, "sample")
    for field, value in change.items():
        cluster.services["sample"] = _with(cluster.services["sample"], field, value)
    expected = ["services/sample by LeaderWorkerSet sample"] if adoptable else []
    assert adopted(cluster.plan()) == expected


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", ""),
        ("number", 7),
        ("data", {"spec": {"template": {}}}),
        ("deleted_at", 1.0),
        ("ownerless", False),
    ],
)
def test_revisions_that_are_not_ones_of_ours_stay(field: str, value: Any) -> None:
    cluster = running(1, 1)
    (name,) = cluster.revisions
    cluster.orphan(REVISIONS, name)
    assert len(adopted(cluster.plan())) == 1
    cluster.revisions[name] = _with(cluster.revisions[name], field, value)
    assert adopted(cluster.plan()) == []


def _with(record: Any, field: str, value: Any) -> Any:
    return msgspec.structs.replace(record, **{field: value})
