"""The executor gives objects their owners: adoption, and claims that go with a group."""

from __future__ import annotations

from typing import Any

import pytest

from controller.api import names
from controller.api.meta import OwnerReference
from controller.errors import Conflict, Forbidden
from controller.plan.actions import Adopt, OwnClaim
from tests.controller.runtime.bodies import add_set, create_claim, create_leader, delete
from tests.controller.runtime.clock import spin
from tests.controller.runtime.harness import Harness
from tests.controller.runtime.test_executor import Bench


@pytest.fixture
async def bench():
    return Bench()


def set_owner(bench: Bench) -> OwnerReference:
    meta = bench.lws["metadata"]
    kind = names.LEADERWORKERSETS
    return OwnerReference(kind.api_version, kind.kind, meta["name"], meta["uid"], True, True)


def pod_owner(pod: dict[str, Any]) -> OwnerReference:
    return OwnerReference("v1", "Pod", pod["metadata"]["name"], pod["metadata"]["uid"], True, True)


def orphan(bench: Bench, name: str, group: int = 0) -> dict[str, Any]:
    body = create_leader(bench.lws, group).body
    body["metadata"] |= {"name": name, "ownerReferences": []}
    return bench.world.put(names.PODS, body)


def adopt(pod: dict[str, Any], owner: OwnerReference, **notes: str) -> Adopt:
    meta = pod["metadata"]
    return Adopt(names.PODS, meta["name"], meta["uid"], meta["resourceVersion"], owner, notes)


def stored(bench: Bench, name: str) -> dict[str, Any]:
    found: dict[str, Any] = bench.world.find(names.PODS, name)["metadata"]
    return found


async def test_adoption_writes_owner_and_notes_and_looks_once_for_each_owner(bench):
    pods = [orphan(bench, f"a-{i}") for i in range(3)]
    await spin()
    outcome = await bench.run(*(adopt(p, set_owner(bench), seen="2") for p in pods))
    assert outcome.error is None
    assert len(outcome.done) == 3
    assert sorted(bench.sent) == [
        "get leaderworkersets/a",
        *(f"patch pods/a-{i}" for i in range(3)),
    ]
    assert outcome.requests == 4
    for i in range(3):
        assert owner_of(stored(bench, f"a-{i}")) == ("LeaderWorkerSet", "a", True, True)
        assert stored(bench, f"a-{i}")["annotations"] == {"seen": "2"}
    assert not bench.expects()


def owner_of(meta: dict[str, Any]) -> tuple[str, str, bool, bool]:
    (owner,) = meta["ownerReferences"]
    assert None not in owner.values()
    return owner["kind"], owner["name"], owner["controller"], owner["blockOwnerDeletion"]


async def test_a_leader_is_adopted_before_its_workers(bench):
    leader, worker = orphan(bench, "a-0"), orphan(bench, "a-0-1")
    await spin()
    await bench.run(adopt(leader, set_owner(bench)), adopt(worker, pod_owner(leader)))
    assert bench.sent == [
        "get leaderworkersets/a",
        "patch pods/a-0",
        "get pods/a-0",
        "patch pods/a-0-1",
    ]


@pytest.mark.parametrize("state", ["gone", "another", "terminating"])
async def test_nothing_is_given_to_an_owner_that_does_not_live(bench, state):
    leader, worker = orphan(bench, "a-0"), orphan(bench, "a-0-1")
    owner = pod_owner(leader)
    await spin()
    match state:
        case "gone":
            bench.world.remove(names.PODS, leader)
        case "another":
            leader["metadata"]["uid"] = "another"
        case _:
            bench.world.mark(names.PODS, leader)
    outcome = await bench.run(adopt(worker, owner))
    assert (outcome.error, outcome.done) == (None, ())
    assert [wait.code for wait in outcome.waits] == ["adoption"]
    assert "Pod a-0-1 is not adopted, because Pod a-0 is gone" in outcome.waits[0].reason
    assert stored(bench, "a-0-1")["ownerReferences"] == []


async def test_an_object_that_changed_meanwhile_is_not_adopted(bench):
    pod = orphan(bench, "a-0")
    action = adopt(pod, set_owner(bench))
    await spin()
    bench.world.edit(names.PODS, "a-0", {"metadata": {"labels": {"x": "y"}}})
    outcome = await bench.run(action)
    assert isinstance(outcome.error, Conflict)
    assert stored(bench, "a-0")["ownerReferences"] == []


async def test_what_was_adopted_is_expected_until_it_is_seen(bench):
    pod = orphan(bench, "a-0")
    await spin()
    bench.world.holding = True
    await bench.run(adopt(pod, set_owner(bench)))
    assert bench.expects()
    bench.world.deliver()
    await spin(3)
    assert not bench.expects()


def claim(bench: Bench, name: str = "cache-a-0") -> dict[str, Any]:
    return bench.world.put(names.CLAIMS, create_claim(bench.lws, name).body)


def own(found: dict[str, Any], *owners: OwnerReference) -> OwnClaim:
    meta = found["metadata"]
    return OwnClaim(meta["name"], meta["uid"], meta["resourceVersion"], owners)


async def test_claims_are_handed_over_before_the_leader_goes(bench):
    leader = bench.world.put(names.PODS, create_leader(bench.lws, 0).body)
    found = claim(bench)
    await spin()
    outcome = await bench.run(own(found, pod_owner(leader)), delete(leader))
    assert outcome.error is None
    assert bench.sent == ["patch persistentvolumeclaims/cache-a-0", "delete pods/a-0"]
    (owner,) = bench.world.find(names.CLAIMS, "cache-a-0")["metadata"]["ownerReferences"]
    assert owner["uid"] == leader["metadata"]["uid"]


async def test_a_leader_stays_while_its_claims_cannot_be_handed_over(bench):
    leader = bench.world.put(names.PODS, create_leader(bench.lws, 0).body)
    found = claim(bench)
    await spin()
    bench.fail(Forbidden(403, "Forbidden", "no"), verb="patch", name="cache")
    outcome = await bench.run(own(found, pod_owner(leader)), delete(leader))
    assert isinstance(outcome.error, Forbidden)
    assert "deletionTimestamp" not in stored(bench, "a-0")
    assert bench.events.seen == [
        (
            "Warning",
            "FailedUpdate",
            "Failed to change the owner of PersistentVolumeClaim cache-a-0: no",
        )
    ]


async def test_a_claim_that_is_gone_holds_nothing_up(bench):
    found = claim(bench)
    bench.world.remove(names.CLAIMS, found)
    await spin()
    outcome = await bench.run(own(found))
    assert (outcome.error, len(outcome.done)) == (None, 1)
    assert not bench.expects()


def spec(replicas: int, when_scaled: str = "Retain") -> dict[str, Any]:
    pod = {"spec": {"containers": [{"name": "main", "image": "v1"}]}}
    cache = {"metadata": {"name": "cache"}, "spec": {"accessModes": ["ReadWriteOnce"]}}
    return {
        "replicas": replicas,
        "leaderWorkerTemplate": {
            "size": 2,
            "workerTemplate": pod,
            "volumeClaimTemplates": [cache],
            "persistentVolumeClaimRetentionPolicy": {"whenScaled": when_scaled},
        },
    }


@pytest.fixture
async def harness():
    harness = Harness()
    yield harness
    await harness.close()


async def test_claims_go_with_a_group_that_is_scaled_away(harness):
    add_set(harness.world, "a", **spec(2, "Delete"))
    harness.start()
    await harness.settle()
    assert len(harness.world.names(names.CLAIMS)) == 4
    harness.world.requests.clear()
    harness.world.edit(names.LEADERWORKERSETS, "a", {"spec": {"replicas": 1}})
    await harness.settle()
    assert harness.world.names(names.CLAIMS) == ["cache-a-0", "cache-a-0-1"]
    assert harness.pods() == ["a-0", "a-0-1"]
    assert harness.requests("patch", "persistentvolumeclaims") == 2
    assert harness.requests("delete", "persistentvolumeclaims") == 0
    harness.world.edit(names.LEADERWORKERSETS, "a", {"spec": {"replicas": 2}})
    await harness.settle()
    assert harness.condition("Available") == "True"


async def test_a_set_deleted_without_its_children_and_made_again_restarts_nothing(harness):
    world = harness.world
    add_set(world, "a", **spec(2))
    harness.start()
    await harness.settle()
    before = harness.uids()
    world.remove(names.LEADERWORKERSETS, harness.lws())
    for resource in (names.PODS, names.SERVICES, names.REVISIONS):
        for obj in world.all(resource):
            (owner,) = obj["metadata"]["ownerReferences"]
            if owner["kind"] == "LeaderWorkerSet":
                world.edit(resource, obj["metadata"]["name"], {"metadata": {"ownerReferences": []}})
    world.requests.clear()
    add_set(world, "a", **spec(2))
    await harness.settle()
    assert harness.uids() == before
    assert harness.condition("Available") == "True"
    assert harness.requests("create", "pods") == harness.requests("delete", "pods") == 0
    assert harness.requests("create", "controllerrevisions") == 0
    uid = harness.lws()["metadata"]["uid"]
    leaders = [owner_of(world.find(names.PODS, f"a-{i}")["metadata"]) for i in range(2)]
    assert leaders == [("LeaderWorkerSet", "a", True, True)] * 2
    assert {o["uid"] for p in ("a-0", "a-1") for o in stored_owners(harness, p)} == {uid}


def stored_owners(harness: Harness, pod: str) -> list[dict[str, Any]]:
    owners: list[dict[str, Any]] = harness.world.find(names.PODS, pod)["metadata"][
        "ownerReferences"
    ]
    return owners
