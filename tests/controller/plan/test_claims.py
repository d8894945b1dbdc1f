"""PersistentVolumeClaims: what is made, who owns it, and what is left of it afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from controller.api.meta import OwnerReference
from controller.plan.actions import CreateClaim, CreatePod, DeletePod, OwnClaim, Plan
from tests.controller.support import FakeCluster, container, make_set, raw_spec, template

RETAIN, DELETE = "Retain", "Delete"
LEADER, WORKER = "cache-sample-1", "cache-sample-1-1"
OF_GROUP_1 = [LEADER, WORKER]
OF_GROUP_0 = ["cache-sample-0", "cache-sample-0-1"]


def claimed(**policy: str) -> dict[str, Any]:
    claim = {
        "metadata": {"name": "cache", "labels": {"a": "b"}},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "",
            "selector": {},
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    pod = template(container(volumeMounts=[{"name": "cache", "mountPath": "/c"}]))
    return {
        "workerTemplate": pod,
        "volumeClaimTemplates": [claim],
        "persistentVolumeClaimRetentionPolicy": policy,
    }


def running(
    when_deleted: str = RETAIN, when_scaled: str = RETAIN, replicas: int = 2, **more: Any
) -> FakeCluster:
    group = claimed(whenDeleted=when_deleted, whenScaled=when_scaled)
    cluster = FakeCluster(make_set(raw_spec(replicas, 2, template=group, **more)))
    cluster.settle()
    cluster.events.clear()
    return cluster


def set_policy(cluster: FakeCluster, **policy: str) -> None:
    cluster.edit(
        lambda spec: spec["leaderWorkerTemplate"].update(
            persistentVolumeClaimRetentionPolicy=policy
        )
    )


def owners(cluster: FakeCluster, name: str) -> list[str]:
    return [owner.kind for owner in cluster.claims[name].owners]


def owned(planned: Plan) -> dict[str, list[str]]:
    """Owners, by kind, that a plan gives to claims."""
    return {a.name: [o.kind for o in a.owners] for a in planned.actions if isinstance(a, OwnClaim)}


def pods_of(planned: Plan) -> list[str]:
    return [a.name for a in planned.actions if isinstance(a, CreatePod)]


def codes(planned: Plan) -> list[tuple[str, int | None]]:
    return [(wait.code, wait.group) for wait in planned.waits]


def set_deleted(cluster: FakeCluster) -> None:
    cluster.delete_set()
    for _ in range(4):
        cluster.tick()


def scaled_down(cluster: FakeCluster) -> None:
    cluster.scale(1)
    cluster.settle()
    cluster.tick()


def group_recreated(cluster: FakeCluster) -> None:
    cluster.restart_container("sample-1-1")
    cluster.settle()
    assert ("sample-1", "recreate") in cluster.deletions


ALL = OF_GROUP_0 + OF_GROUP_1
# Native loses the claims of workers in three cells: with Delete/Retain and Delete/Delete when the
# group is recreated, with Delete/Retain when it is scaled away; and keeps them in one, with
# Retain/Delete when it is scaled away. Here leaders' and workers' claims are treated alike.
TABLE = {
    (RETAIN, RETAIN): {set_deleted: ALL, scaled_down: ALL, group_recreated: ALL},
    (DELETE, RETAIN): {set_deleted: [], scaled_down: ALL, group_recreated: ALL},
    (RETAIN, DELETE): {set_deleted: ALL, scaled_down: OF_GROUP_0, group_recreated: ALL},
    (DELETE, DELETE): {set_deleted: [], scaled_down: OF_GROUP_0, group_recreated: ALL},
}


@pytest.mark.parametrize(
    ("policy", "what", "left"),
    [
        pytest.param(policy, what, left, id="-".join((*policy, what.__name__)))
        for policy, row in TABLE.items()
        for what, left in row.items()
    ],
)
def test_retention(
    policy: tuple[str, str], what: Callable[[FakeCluster], None], left: list[str]
) -> None:
    cluster = running(*policy)
    before = {name: claim.uid for name, claim in cluster.claims.items()}
    assert sorted(before) == ALL
    what(cluster)
    after = {name: claim.uid for name, claim in cluster.claims.items()}
    assert after == {name: before[name] for name in left}


@pytest.mark.parametrize(("policy", "kinds"), [(RETAIN, []), (DELETE, ["LeaderWorkerSet"])])
def test_claims_are_made_with_their_owner_and_the_fields_that_native_keeps(
    policy: str, kinds: list[str]
) -> None:
    cluster = running(policy)
    for name, body in cluster.claim_bodies.items():
        assert owners(cluster, name) == kinds
        assert sorted(body["spec"]) == ["accessModes", "resources", "storageClassName"]
    assert cluster.plan() == Plan()


def test_claims_are_handed_over_before_the_leader_is_deleted() -> None:
    cluster = running(DELETE, DELETE)
    cluster.scale(1)
    kinds = [type(a) for a in cluster.plan().actions if isinstance(a, OwnClaim | DeletePod)]
    assert kinds == [OwnClaim, OwnClaim, DeletePod]
    (first, *_) = [a for a in cluster.plan().actions if isinstance(a, OwnClaim)]
    leader = cluster.pods["sample-1"].uid
    assert first.owners == (OwnerReference("v1", "Pod", "sample-1", leader, True, False),)


def test_a_hand_over_is_taken_back_while_the_leader_lives() -> None:
    cluster = running(DELETE, DELETE)
    cluster.scale(1)
    for action in cluster.plan().actions:
        if isinstance(action, OwnClaim):
            cluster.perform(action)
    # The process ends here, and the group is wanted again before the next one looks.
    assert owners(cluster, LEADER) == ["Pod"]
    cluster.scale(2)
    cluster.settle()
    assert [owners(cluster, name) for name in OF_GROUP_1] == [["LeaderWorkerSet"]] * 2
    assert cluster.deletions == []


def test_claims_follow_a_leader_that_was_on_its_way_out_already() -> None:
    cluster = running(RETAIN, DELETE)
    cluster.delete("sample-1", foreground=True)
    cluster.scale(1)
    assert sorted(owned(cluster.plan())) == OF_GROUP_1
    cluster.settle()
    assert sorted(cluster.claims) == OF_GROUP_0


def test_a_surge_group_takes_its_claims_along() -> None:
    cluster = running(RETAIN, DELETE, rollout={"maxUnavailable": 0, "maxSurge": 1})
    cluster.set_image("img:v2")
    cluster.settle()
    assert ("sample-2", "surge") in cluster.deletions
    cluster.tick()
    assert sorted(cluster.claims) == ALL


def test_claims_of_a_greater_size_before_go_too() -> None:
    cluster = running(RETAIN, DELETE)
    cluster.edit(lambda spec: spec["leaderWorkerTemplate"].update(size=1))
    cluster.settle()
    assert sorted(cluster.claims) == ALL
    cluster.scale(1)
    cluster.settle()
    cluster.tick()
    assert sorted(cluster.claims) == OF_GROUP_0


def test_a_group_scaled_away_and_back_waits_until_its_claims_are_gone() -> None:
    cluster = running(RETAIN, DELETE)
    old = cluster.claims[LEADER].uid
    cluster.scale(1)
    cluster.quiet()
    cluster.scale(2)
    cluster.tick()
    assert "sample-1" not in cluster.pods
    assert cluster.claims[LEADER].deleted_at is not None
    planned = cluster.plan()
    assert (pods_of(planned), codes(planned)) == ([], [("claims", 1)])
    cluster.settle()
    assert cluster.ready_groups() == [0, 1]
    assert cluster.claims[LEADER].uid != old
    assert cluster.deletions == [("sample-1", "scale-down")]


@pytest.mark.parametrize(
    "dead",
    [
        OwnerReference("v1", "Pod", "sample-0", "of-old", True, False),
        OwnerReference(
            "leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", "sample", "set-0", True, True
        ),
    ],
    ids=["earlier-leader", "earlier-set"],
)
def test_a_claim_that_garbage_collection_is_about_to_take_is_not_used(dead: OwnerReference) -> None:
    cluster = running(DELETE)
    cluster.vanish("sample-0")
    for _ in range(2):
        cluster.tick()
    claim = msgspec.structs.replace(cluster.claims["cache-sample-0"], owners=(dead,))
    cluster.claims["cache-sample-0"] = claim
    planned = cluster.plan()
    assert (pods_of(planned), codes(planned)) == ([], [("claims", 0)])
    assert owned(planned) == {}
    del cluster.claims["cache-sample-0"]
    cluster.settle()
    assert cluster.ready_groups() == [0, 1]


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [(RETAIN, DELETE, ["LeaderWorkerSet"]), (DELETE, RETAIN, [])],
)
def test_a_new_policy_rolls_and_brings_claims_their_owner(
    before: str, after: str, kinds: list[str]
) -> None:
    cluster = running(before, rollout={"partition": 1})
    uids = {name: claim.uid for name, claim in cluster.claims.items()}
    set_policy(cluster, whenDeleted=after)
    cluster.settle()
    # Group 0 keeps its revision, and with it the policy that its claims are under.
    assert [owners(cluster, name) for name in OF_GROUP_1] == [kinds] * 2
    assert [owners(cluster, name) != kinds for name in OF_GROUP_0] == [True] * 2
    assert {name: claim.uid for name, claim in cluster.claims.items()} == uids
    assert cluster.plan().actions == ()


FOREIGN = OwnerReference("v1", "Backup", "b", "x", True, None)


@pytest.mark.parametrize("policy", [(DELETE, RETAIN), (RETAIN, DELETE)])
def test_a_claim_that_another_object_controls_is_left_alone(policy: tuple[str, str]) -> None:
    cluster = running(*policy)
    for name, claim in list(cluster.claims.items()):
        cluster.claims[name] = msgspec.structs.replace(claim, owners=(FOREIGN,))
    cluster.scale(1)
    cluster.settle()
    assert sorted(cluster.claims) == ALL
    assert {claim.owners for claim in cluster.claims.values()} == {(FOREIGN,)}


def test_owners_that_do_not_control_stay() -> None:
    cluster = running(RETAIN)
    other = msgspec.structs.replace(FOREIGN, controller=None)
    claim = msgspec.structs.replace(cluster.claims[LEADER], owners=(other,))
    cluster.claims[LEADER] = claim
    set_policy(cluster, whenDeleted=DELETE)
    cluster.settle()
    assert owners(cluster, LEADER) == ["Backup", "LeaderWorkerSet"]


def test_a_pod_waits_until_its_old_claim_is_gone() -> None:
    cluster = running(replicas=1)
    cluster.claims["cache-sample-0"] = msgspec.structs.replace(
        cluster.claims["cache-sample-0"], deleted_at=cluster.now
    )
    cluster.delete("sample-0", foreground=True)
    cluster.quiet()
    cluster.tick()
    planned = cluster.plan()
    assert pods_of(planned) == []
    assert codes(planned) == [("claims", 0)]


def test_claims_missing_for_a_pending_pod_are_made_up_for() -> None:
    cluster = FakeCluster(make_set(raw_spec(1, 2, template=claimed())))
    cluster.quiet()
    lost = cluster.claims.pop("cache-sample-0-1")
    made = [a.name for a in cluster.plan().actions if isinstance(a, CreateClaim)]
    assert made == [lost.name]


def test_nothing_is_done_to_a_set_whose_claims_are_not_known_yet() -> None:
    cluster = running(RETAIN, DELETE)
    cluster.claims_listed, known = False, dict(cluster.claims)
    cluster.claims.clear()
    cluster.scale(1)
    planned = cluster.plan()
    assert (planned.actions, codes(planned)) == ((), [("claims", None)])
    cluster.claims_listed, cluster.claims = True, known
    cluster.settle()
    cluster.tick()
    assert sorted(cluster.claims) == OF_GROUP_0


def test_an_edited_claim_template_is_refused_and_nothing_else_is_touched() -> None:
    cluster = running()

    def grow(spec: dict[str, Any]) -> None:
        (claim,) = spec["leaderWorkerTemplate"]["volumeClaimTemplates"]
        claim["spec"]["resources"]["requests"]["storage"] = "2Gi"

    cluster.edit(grow)
    planned = cluster.plan()
    assert (planned.actions, planned.status) == ((), None)
    (event,) = planned.events
    assert event.reason == "InvalidSpec"
    assert event.note.startswith("spec.leaderWorkerTemplate.volumeClaimTemplates: ['cache']: ")
