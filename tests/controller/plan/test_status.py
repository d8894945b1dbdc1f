"""Counters, conditions, and the events that tell of them."""

from __future__ import annotations

import msgspec

from controller.api import conditions
from controller.api.lws import LwsStatus
from controller.api.meta import format_time
from tests.controller.support import START, FakeCluster, make_set, raw_spec


def cluster(replicas: int = 2, size: int = 2, **more: object) -> FakeCluster:
    return FakeCluster(make_set(raw_spec(replicas, size, **more)))


def notes(fake: FakeCluster) -> list[str]:
    found = [event.note for event in fake.events if event.action == "Update"]
    fake.events.clear()
    return found


def states(fake: FakeCluster) -> dict[str, str]:
    return {c.type: c.status for c in fake.lws.status.conditions}


def test_the_first_status_has_selector_generation_and_one_condition() -> None:
    fake = cluster()
    fake.step()
    status = fake.lws.status
    assert status == LwsStatus(
        conditions=status.conditions,
        hpa_pod_selector=(
            "leaderworkerset.sigs.k8s.io/name=sample,leaderworkerset.sigs.k8s.io/worker-index=0"
        ),
        observed_generation=1,
    )
    (condition,) = status.conditions
    assert (condition.type, condition.status) == ("Progressing", "True")
    assert condition.last_transition_time == format_time(START)
    wire = msgspec.json.decode(msgspec.json.encode(status))
    assert "readyReplicas" not in wire


def test_an_update_is_told_before_its_progress_with_one_event() -> None:
    fake = cluster()
    fake.settle()
    notes(fake)
    fake.set_image("img:v2")
    fake.step()
    assert fake.true_conditions() == ["UpdateInProgress"]
    fake.step()
    assert fake.true_conditions() == ["Progressing", "UpdateInProgress"]
    (note,) = [n for n in notes(fake) if "Rolling" in n]
    assert note == "Rolling Upgrade is in progress, with 2 groups ready of total 2 groups"


def test_a_new_generation_rewrites_only_what_is_active() -> None:
    fake = cluster()
    fake.settle()
    before = fake.lws.status
    fake.now += 100
    fake.edit(lambda spec: spec.update(startupPolicy="LeaderReady"))
    planned = fake.step()
    assert planned.actions == ()
    after = fake.lws.status
    assert after.observed_generation == 2
    for kind, moved in (("Available", True), ("Progressing", False)):
        old, new = (conditions.find(s.conditions, kind) for s in (before, after))
        assert old is not None
        assert new is not None
        assert new.observed_generation == 2
        assert (new.last_transition_time != old.last_transition_time) is moved
    assert fake.plan().status is None


def test_a_leader_whose_workers_are_not_made_yet_is_neither_behind_nor_done() -> None:
    fake = cluster(2, 2, startupPolicy="LeaderReady")
    fake.quiet()
    status = fake.lws.status
    assert (status.replicas, status.ready_replicas, status.updated_replicas) == (2, 0, 0)
    assert fake.true_conditions() == ["Progressing"]


def test_a_partition_above_replicas_updates_nothing_until_groups_are_added() -> None:
    fake = cluster(3, 2, rollout={"partition": 5})
    fake.settle()
    fake.set_image("img:v2")
    fake.settle()
    assert fake.true_conditions() == ["Available"]
    assert fake.lws.status.updated_replicas == 0
    fake.scale(7)
    fake.settle()
    images = {name: body["spec"]["containers"][0]["image"] for name, body in fake.bodies.items()}
    assert [images[f"sample-{i}"] for i in range(7)] == ["img:v1"] * 5 + ["img:v2"] * 2


def test_surge_groups_count_and_may_exceed_what_is_desired() -> None:
    fake = cluster(3, 1, rollout={"maxUnavailable": 1, "maxSurge": 1, "partition": 2})
    fake.settle()
    fake.set_image("img:v2")
    fake.settle()
    status = fake.lws.status
    assert (status.replicas, status.ready_replicas, status.updated_replicas) == (4, 4, 2)
    assert fake.true_conditions() == ["Available"]
    assert [wait.code for wait in fake.plan().waits] == ["partition", "surge"]
