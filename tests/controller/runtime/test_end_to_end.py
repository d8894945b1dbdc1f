"""Manager, planner and an in-memory cluster together."""

from __future__ import annotations

import random

import pytest

from controller.api import names
from controller.api.meta import Key
from controller.errors import Conflict, Forbidden, TooManyRequests, Unavailable
from tests.controller.runtime.bodies import add_set
from tests.controller.runtime.support import DECODERS


def expected(groups: int, size: int) -> list[str]:
    pods = [names.leader_name("a", g) for g in range(groups)]
    pods += [names.worker_name("a", g, w) for g in range(groups) for w in range(1, size)]
    return sorted(pods)


def add(harness, replicas=3, size=4, image="v1"):
    add_set(harness.world, "a", **spec(replicas, size, image))


def spec(replicas, size, image="v1"):
    template = {"spec": {"containers": [{"name": "main", "image": image}]}}
    return {
        "replicas": replicas,
        "leaderWorkerTemplate": {"size": size, "workerTemplate": template},
    }


async def test_a_set_becomes_available_with_few_requests(harness):
    add(harness)
    process = harness.start()
    await harness.settle()
    assert harness.pods() == expected(3, 4)
    assert harness.condition("Available") == "True"
    status = harness.lws()["status"]
    assert (status["replicas"], status["readyReplicas"], status["updatedReplicas"]) == (3, 3, 3)
    assert harness.requests("create", "pods") == 12
    assert harness.requests("delete", "pods") == 0
    assert harness.requests("get", "pods") == 0
    writes = [r for r in harness.world.requests if r[1] != "leases"]
    # revision, record, service, 12 pods, and a status for each step seen
    assert len(writes) <= 24, writes
    state = process.manager.state()
    assert state.mode == "leader"
    assert (state.errors, state.last_error) == (0, "")
    assert any("created 3 pods: a-0, a-1, a-2" in d.what for d in state.decisions)


async def test_scaling_up_and_down(harness):
    add(harness, replicas=2, size=2)
    harness.start()
    await harness.settle()
    before = harness.uids()
    harness.world.edit(names.LEADERWORKERSETS, "a", {"spec": {"replicas": 4}})
    await harness.settle()
    assert harness.pods() == expected(4, 2)
    harness.world.edit(names.LEADERWORKERSETS, "a", {"spec": {"replicas": 2}})
    await harness.settle()
    assert harness.uids() == before
    assert harness.condition("Available") == "True"


async def test_a_deleted_worker_recreates_its_group_and_no_other(harness):
    add(harness)
    harness.start()
    await harness.settle()
    before = harness.uids()
    harness.world.mark(names.PODS, harness.world.find(names.PODS, "a-1-2"))
    await harness.settle()
    after = harness.uids()
    assert sorted(after) == sorted(before)
    assert {n for n in after if after[n] != before[n]} == {"a-1", "a-1-1", "a-1-2", "a-1-3"}
    assert harness.requests("delete", "pods") == 1
    assert harness.events.reasons().count("RecreateGroup") == 1
    assert harness.condition("Available") == "True"


async def test_a_worker_deleted_by_force_recreates_its_group(harness):
    add(harness)
    harness.start()
    await harness.settle()
    before = harness.uids()
    harness.world.remove(names.PODS, harness.world.find(names.PODS, "a-0-3"))
    await harness.settle()
    changed = {n for n, uid in harness.uids().items() if uid != before[n]}
    assert changed == {"a-0", "a-0-1", "a-0-2", "a-0-3"}


async def test_a_new_image_rolls_every_group_once(harness):
    add(harness)
    harness.start()
    await harness.settle()
    before = harness.uids()
    harness.world.edit(names.LEADERWORKERSETS, "a", {"spec": spec(3, 4, "v2")})
    await harness.settle()
    after = harness.uids()
    assert not set(after.values()) & set(before.values())
    assert sorted(after) == sorted(before)
    assert harness.requests("delete", "pods") == 3
    assert harness.condition("Available") == "True"
    assert harness.condition("UpdateInProgress") == "False"


async def test_a_deleted_set_is_left_to_the_garbage_collector(harness):
    add(harness)
    harness.start()
    await harness.settle()
    sent = len([r for r in harness.world.requests if r[1] != "leases"])
    harness.world.remove(names.LEADERWORKERSETS, harness.lws())
    await harness.settle()
    assert harness.pods() == []
    assert len([r for r in harness.world.requests if r[1] != "leases"]) == sent


async def test_standing_still_costs_nothing(harness):
    add(harness)
    harness.start()
    await harness.settle()
    sent = [r for r in harness.world.requests if r[1] != "leases"]
    await harness.clock.advance(120)
    assert [r for r in harness.world.requests if r[1] != "leases"] == sent


@pytest.mark.parametrize("seed", range(6))
async def test_late_watches_change_how_long_it_takes_and_nothing_else(harness, seed):
    rng = random.Random(seed)
    world = harness.world

    async def lag(seconds: float) -> None:
        """Let time pass while each kind's watch falls behind by its own measure."""
        world.holding = True
        for _ in range(round(seconds / 0.25)):
            for kind in DECODERS:
                if rng.random() < 0.4:
                    world.deliver(rng.randint(1, 6), [kind])
            await harness.pass_time(0.25)
        world.holding = False
        world.deliver()
        await harness.settle()

    add(harness)
    harness.start()
    await lag(10)
    assert harness.pods() == expected(3, 4)
    first = harness.uids()
    assert harness.requests("delete", "pods") == 0

    world.edit(names.LEADERWORKERSETS, "a", {"spec": {"replicas": 4}})
    await lag(10)
    world.mark(names.PODS, world.find(names.PODS, "a-2-1"))
    await lag(20)
    second = harness.uids()
    assert harness.pods() == expected(4, 4)
    assert harness.requests("delete", "pods") == 1
    assert {n for n in first if second[n] != first[n]} == {"a-2", "a-2-1", "a-2-2", "a-2-3"}

    world.edit(names.LEADERWORKERSETS, "a", {"spec": spec(4, 4, "v2")})
    await lag(30)
    assert harness.requests("delete", "pods") == 1 + 4
    assert harness.pods() == expected(4, 4)
    assert harness.condition("Available") == "True"
    assert harness.requests("create", "pods") == 12 + 4 + 4 + 16


@pytest.mark.parametrize("seed", range(4))
async def test_random_failures_change_how_long_it_takes_and_nothing_else(harness, seed):
    rng = random.Random(seed)
    errors = [
        Unavailable("timed out"),
        Unavailable("500 Internal error occurred"),
        TooManyRequests(429, "TooManyRequests", "later", retry_after_s=1.0),
        Conflict(409, "Conflict", "the object has been modified"),
        Forbidden(403, "Forbidden", "exceeded quota"),
    ]

    def before(verb, resource, name):
        # A Conflict on a delete says that the UID is gone, which no server says wrongly.
        possible = errors[:3] if verb == "delete" else errors
        return rng.choice(possible) if resource != names.LEASES and rng.random() < 0.2 else None

    def after(verb, resource, name):
        return (
            Unavailable("timed out") if name != "lwstui-controller" and rng.random() < 0.1 else None
        )

    async def struggle(change) -> None:
        harness.world.faults.append(before)
        harness.world.late_faults.append(after)
        change()
        await harness.pass_time(20)
        harness.world.faults.clear()
        harness.world.late_faults.clear()
        await harness.pass_time(60)
        await harness.settle()

    harness.start()
    await struggle(lambda: add(harness))
    assert harness.pods() == expected(3, 4)
    assert harness.removed_pods() == []
    patch = {"spec": spec(2, 4, "v2")}
    await struggle(lambda: harness.world.edit(names.LEADERWORKERSETS, "a", patch))
    assert harness.pods() == expected(2, 4)
    assert sorted(harness.removed_pods()) == expected(3, 4)
    assert harness.condition("Available") == "True"


async def test_a_foreign_pod_under_a_name_holds_up_its_group_only(harness):
    harness.world.put(names.PODS, {"metadata": {"name": "a-1"}, "spec": {}})
    foreign = harness.uids()["a-1"]
    add(harness)
    process = harness.start()
    await harness.settle()
    assert harness.pods() == sorted({*expected(1, 4), "a-1", "a-2", "a-2-1", "a-2-2", "a-2-3"})
    assert harness.uids()["a-1"] == foreign
    waits = process.manager.state().waits[Key("default", "a")]
    assert [w.group for w in waits if w.code == "collision"] == [1]
    harness.world.remove(names.PODS, harness.world.find(names.PODS, "a-1"))
    await harness.settle()
    assert harness.pods() == expected(3, 4)
    assert harness.condition("Available") == "True"


async def test_a_set_made_again_at_once_waits_for_the_names_of_the_first(harness):
    add(harness)
    harness.start()
    await harness.settle()
    before = harness.uids()
    harness.world.remove(names.LEADERWORKERSETS, harness.lws())
    add(harness)
    await harness.settle()
    after = harness.uids()
    assert sorted(after) == sorted(before)
    assert not set(after.values()) & set(before.values())
    assert harness.requests("delete", "pods") == 0
    assert harness.condition("Available") == "True"


def pause(harness, text):
    mark = {"metadata": {"annotations": {names.PAUSED: text}}}
    harness.world.edit(names.LEADERWORKERSETS, "a", mark)


async def test_a_paused_set_is_planned_and_not_written_until_it_is_resumed(harness):
    add(harness, replicas=2, size=2)
    process = harness.start()
    await harness.settle()
    pause(harness, "2026-09-21T14:13:20Z by alice")
    await harness.settle()
    sent = process.manager.state().requests
    harness.world.edit(names.LEADERWORKERSETS, "a", {"spec": {"replicas": 3}})
    harness.world.remove(names.PODS, harness.world.find(names.PODS, "a-1-1"))
    await harness.settle()
    state = process.manager.state()
    assert state.requests == sent
    assert harness.pods() == ["a-0", "a-0-1", "a-1"]
    assert state.waits[Key("default", "a")][0].code == "paused"
    assert "a-2" in state.waits[Key("default", "a")][0].reason
    await process.stop()
    successor = harness.start(identity="two")
    await harness.settle()
    assert harness.pods() == ["a-0", "a-0-1", "a-1"]
    pause(harness, None)
    await harness.settle()
    assert harness.pods() == expected(3, 2)
    told = [decision.what for decision in successor.manager.state().decisions]
    assert told[:2] == ["paused by alice: plans and writes nothing", "resumed: writes again"]
