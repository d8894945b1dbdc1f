"""The executor: order, parallelism, and what each answer of the API leads to."""

from __future__ import annotations

import asyncio
import json

import pytest

from controller.api import conditions, lws, names
from controller.api.lws import LwsStatus, RolloutRecord
from controller.api.meta import Condition, Key
from controller.cache import Cache
from controller.errors import (
    Conflict,
    Forbidden,
    LeaseLost,
    NotFound,
    TooManyRequests,
    Unavailable,
)
from controller.executor import Executor
from controller.plan.actions import DeletePod, DeleteRevision, EventNote, Plan, RecordRollout
from tests.controller.runtime.bodies import (
    add_set,
    create_claim,
    create_leader,
    create_revision,
    create_service,
    delete,
)
from tests.controller.runtime.clock import FakeClock, spin
from tests.controller.runtime.support import Client, Events, World

A = Key("default", "a")
CREATED = EventNote("Normal", "GroupsProgressing", "Create", "Created leader pods")
DELETED = EventNote("Normal", "RecreateGroup", "Delete", "deleted leader pod a-0")
RECORD = RolloutRecord("key", 1, 3, 3)


class Bench:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.world = World(self.clock)
        self.events = Events()
        self.leading = True
        self.lws = add_set(self.world)
        self.cache = Cache(lambda key: None)
        self.world.feed(self.cache)
        self.executor = Executor(
            Client(self.world), self.clock, self.events, self.cache, leading=lambda: self.leading
        )

    async def run(self, *actions, status=None, events=()):
        observed = self.cache.observe(A)
        assert observed is not None
        outcome = await self.executor.execute(observed, Plan(actions, status, tuple(events)))
        await spin(3)
        return outcome

    @property
    def sent(self) -> list[str]:
        return [f"{verb} {plural}/{name}" for verb, plural, name in self.world.requests]

    def expects(self) -> bool:
        return self.cache.expectations.pending_s(A, self.clock.monotonic()) is not None

    def fail(self, error, *, verb="", name=""):
        def fault(v, resource, n):
            return error if v.startswith(verb) and n.startswith(name) else None

        self.world.faults.append(fault)


@pytest.fixture
async def bench():
    return Bench()


async def test_kinds_follow_each_other_in_the_order_of_the_plan(bench):
    lws = bench.lws
    status = LwsStatus(replicas=2)
    outcome = await bench.run(
        create_revision(lws),
        RecordRollout(RECORD),
        create_service(lws),
        create_claim(lws, "data-a-0"),
        create_leader(lws, 0),
        status=status,
        events=[CREATED],
    )
    assert bench.sent == [
        "create controllerrevisions/a-key-1",
        "patch leaderworkersets/a",
        "create services/a",
        "create persistentvolumeclaims/data-a-0",
        "create pods/a-0",
        "patch/status leaderworkersets/a",
    ]
    assert outcome.error is None
    assert len(outcome.done) == 5
    assert outcome.requests == bench.executor.requests == 6
    assert bench.events.seen == [("Normal", "GroupsProgressing", "Created leader pods")]
    stored = bench.world.find(names.LEADERWORKERSETS, "a")
    written = lws_record(stored)
    assert written == RECORD
    assert stored["status"] == {"replicas": 2}


def lws_record(stored):
    return lws.read_record(stored["metadata"]["annotations"], names.ROLLOUT_RECORD)


async def test_creations_start_slowly_and_never_exceed_the_limit(bench):
    outcome = await bench.run(*(create_leader(bench.lws, i) for i in range(100)))
    assert len(outcome.done) == 100
    assert bench.world.most_running == 16
    assert outcome.requests == 100


async def test_a_refusal_of_the_first_creation_costs_one_request(bench):
    bench.fail(Forbidden(403, "Forbidden", "exceeded quota: pods=0"), verb="create")
    outcome = await bench.run(
        *(create_leader(bench.lws, i) for i in range(40)), status=LwsStatus(replicas=7)
    )
    assert isinstance(outcome.error, Forbidden)
    assert outcome.done == ()
    assert bench.sent == ["patch/status leaderworkersets/a"]  # refused ones were not answered
    assert outcome.requests == 2
    (event,) = bench.events.seen
    assert event == (
        "Warning",
        "FailedCreate",
        "Failed to create Pod a-0: exceeded quota: pods=0 (39 more not tried)",
    )
    assert not bench.expects()


async def test_refusals_with_one_text_make_one_event(bench):
    def quota(verb, resource, name):
        if verb == "create" and len(bench.world.all(names.PODS)) >= 7:
            return Forbidden(403, "Forbidden", "exceeded quota")
        return None

    bench.world.faults.append(quota)
    outcome = await bench.run(*(create_leader(bench.lws, i) for i in range(40)))
    assert len(outcome.done) == 7
    (event,) = bench.events.seen
    assert "Failed to create Pod a-7, a-8, a-9 and " in event[2]
    assert outcome.requests < 7 + 17


async def test_events_that_tell_of_creations_wait_until_they_are_true(bench):
    pod = bench.world.put(names.PODS, create_leader(bench.lws, 5).body)
    await spin()
    bench.fail(Forbidden(403, "Forbidden", "no"), verb="create")
    await bench.run(delete(pod), create_leader(bench.lws, 0), events=[CREATED, DELETED])
    assert bench.events.reasons() == ["RecreateGroup", "FailedCreate"]


@pytest.mark.parametrize("failing", ["create", "patch"])
async def test_nothing_follows_a_revision_or_record_that_was_not_written(bench, failing):
    bench.fail(Unavailable("timeout"), verb=failing)
    outcome = await bench.run(
        create_revision(bench.lws),
        RecordRollout(RECORD),
        create_leader(bench.lws, 0),
        status=LwsStatus(replicas=1),
        events=[CREATED, DELETED],
    )
    assert isinstance(outcome.error, Unavailable)
    assert bench.world.all(names.PODS) == []
    assert "status" not in bench.world.find(names.LEADERWORKERSETS, "a")
    assert "RecreateGroup" not in bench.events.reasons()


async def test_deletes_run_side_by_side_with_uid_and_propagation(bench):
    pods = [bench.world.put(names.PODS, create_leader(bench.lws, i).body) for i in range(20)]
    await spin()
    outcome = await bench.run(*(delete(pod) for pod in reversed(pods)))
    assert len(outcome.done) == 20
    assert bench.sent[0] == "delete pods/a-19"
    assert bench.world.most_running == 16
    assert all(p["metadata"]["finalizers"] == ["foregroundDeletion"] for p in pods)
    background = bench.world.put(names.PODS, create_leader(bench.lws, 30).body)
    await spin()
    await bench.run(delete(background, foreground=False))
    assert "finalizers" not in background["metadata"]
    assert "deletionTimestamp" in background["metadata"]


async def test_deleting_what_is_gone_or_another_incarnation_succeeds(bench):
    pod = bench.world.put(names.PODS, create_leader(bench.lws, 0).body)
    await spin()
    outcome = await bench.run(
        DeletePod("a-0", "an-older-uid", True, "update"),
        DeletePod("a-9", "gone", True, "update"),
        DeleteRevision("a-key-9", "gone"),
    )
    assert outcome.error is None
    assert "deletionTimestamp" not in pod["metadata"]
    assert not bench.expects()


async def test_writes_are_expected_until_the_watch_shows_them(bench):
    pod = bench.world.put(names.PODS, create_leader(bench.lws, 5).body)
    await spin()
    bench.world.holding = True
    await bench.run(delete(pod), create_leader(bench.lws, 0), status=LwsStatus(replicas=1))
    for kinds in ([names.LEADERWORKERSETS], [names.PODS], [names.PODS]):
        assert bench.expects()
        bench.world.deliver(1, kinds)
        await spin(2)
    assert not bench.expects()


async def test_kinds_that_are_not_watched_are_not_expected(bench):
    bench.cache = Cache(lambda key: None)
    bench.executor = Executor(
        Client(bench.world), bench.clock, bench.events, bench.cache, leading=lambda: True
    )
    bench.cache.apply(names.LEADERWORKERSETS, "ADDED", lws.decode(json.dumps(bench.lws).encode()))
    await bench.run(create_claim(bench.lws, "c"))
    assert not bench.expects()


async def test_a_name_held_by_our_own_object_is_success(bench):
    bench.world.holding = True
    bench.world.put(names.PODS, create_leader(bench.lws, 0).body)
    outcome = await bench.run(create_leader(bench.lws, 0))
    assert outcome.error is None
    assert outcome.waits == ()
    assert len(outcome.done) == 1
    assert bench.expects()  # it was made, but the watch has not shown it
    bench.world.deliver()
    await spin(3)
    assert not bench.expects()


FOREIGN = [{"kind": "ReplicaSet", "name": "web", "uid": "x", "controller": True}]
EARLIER = [{"kind": "LeaderWorkerSet", "name": "a", "uid": "x", "controller": True}]


@pytest.mark.parametrize(
    ("change", "code", "words", "warns"),
    [
        pytest.param(
            {"ownerReferences": FOREIGN}, "collision", "by ReplicaSet web", True, id="foreign"
        ),
        pytest.param({"ownerReferences": []}, "collision", "by no controller", True, id="orphan"),
        pytest.param(
            {"ownerReferences": EARLIER}, "terminating", "earlier LeaderWorkerSet a", False
        ),
        pytest.param(
            {"deletionTimestamp": "2026-01-01T00:00:00Z"}, "terminating", "terminating", False
        ),
    ],
)
async def test_a_name_held_by_another_object_waits(bench, change, code, words, warns):
    body = create_leader(bench.lws, 0).body
    body = {**body, "metadata": {**body["metadata"], **change}}
    held_by = bench.world.put(names.PODS, body)
    before = json.dumps(held_by)
    outcome = await bench.run(create_leader(bench.lws, 0), create_leader(bench.lws, 1))
    (wait,) = outcome.waits
    assert (wait.code, wait.group) == (code, 0)
    assert words in wait.reason
    assert bench.events.reasons() == (["FailedCreate"] if warns else [])
    assert outcome.error is None
    assert json.dumps(held_by) == before
    assert bench.world.find(names.PODS, "a-1")  # the other group is not held up
    assert not bench.expects()


async def test_an_existing_claim_is_used_as_it_is(bench):
    bench.world.put(names.CLAIMS, {"metadata": {"name": "data-a-0"}, "spec": {}})
    await spin()
    outcome = await bench.run(create_claim(bench.lws, "data-a-0"))
    assert outcome.waits == ()
    assert len(outcome.done) == 1
    assert not bench.expects()


async def test_a_holder_that_vanishes_meanwhile_is_waited_for(bench):
    bench.world.put(names.PODS, create_leader(bench.lws, 0).body)
    bench.fail(NotFound(404, "NotFound", "gone"), verb="get")
    outcome = await bench.run(create_leader(bench.lws, 0))
    assert [w.code for w in outcome.waits] == ["terminating"]


async def test_status_is_replaced_whole_and_unset_counters_removed(bench):
    stored = {
        "conditions": [{"type": "Old", "status": "True"}],
        "readyReplicas": 3,
        "ours": "unknown",
    }
    bench.world.edit(names.LEADERWORKERSETS, "a", {"status": stored})
    await spin()
    bare = Condition("Foreign", "Unknown")
    made = conditions.set_true((bare,), (conditions.AVAILABLE,), 1, "2026-01-01T00:00:00Z")
    outcome = await bench.run(status=LwsStatus(conditions=made, replicas=2))
    assert outcome.error is None
    status = bench.world.find(names.LEADERWORKERSETS, "a")["status"]
    assert "readyReplicas" not in status
    assert status["ours"] == "unknown"
    assert [c["type"] for c in status["conditions"]] == ["Foreign", "Available"]
    # The schema requires these, empty or not.
    required = {"type", "status", "reason", "message", "lastTransitionTime"}
    assert all(required <= set(c) for c in status["conditions"])


async def test_an_unchanged_status_is_not_written(bench):
    await bench.run(status=LwsStatus(), events=[DELETED])
    assert bench.sent == []
    assert bench.events.reasons() == ["RecreateGroup"]


async def test_a_set_that_changed_meanwhile_drops_the_pass_quietly(bench):
    bench.world.holding = True
    bench.world.edit(names.LEADERWORKERSETS, "a", {"spec": {"replicas": 9}})
    outcome = await bench.run(status=LwsStatus(replicas=1), events=[CREATED])
    assert isinstance(outcome.error, Conflict)
    assert bench.events.seen == []
    outcome = await bench.run(RecordRollout(RECORD), create_leader(bench.lws, 0), events=[CREATED])
    assert isinstance(outcome.error, Conflict)
    assert bench.events.seen == []
    assert bench.world.all(names.PODS) == []


async def test_writing_stops_when_the_lease_is_lost(bench):
    def lose(verb, resource, name):
        bench.leading = len(bench.world.all(names.PODS)) < 3

    bench.world.faults.append(lose)
    outcome = await bench.run(
        *(create_leader(bench.lws, i) for i in range(10)), status=LwsStatus(replicas=1)
    )
    assert isinstance(outcome.error, LeaseLost)
    assert 3 <= len(bench.world.all(names.PODS)) <= 7  # four more were in flight
    assert "status" not in bench.world.find(names.LEADERWORKERSETS, "a")
    assert "FailedCreate" not in bench.events.reasons()


async def test_an_overloaded_server_is_left_alone(bench):
    bench.fail(TooManyRequests(429, "TooManyRequests", "later", retry_after_s=7), verb="create")
    outcome = await bench.run(
        *(create_leader(bench.lws, i) for i in range(5)), status=LwsStatus(replicas=1)
    )
    assert isinstance(outcome.error, TooManyRequests)
    assert outcome.requests == 1
    assert bench.events.seen == []


async def test_a_cancelled_pass_leaves_no_request_behind(bench):
    client = Client(bench.world)
    client.died = True
    executor = Executor(client, bench.clock, bench.events, bench.cache, leading=lambda: True)
    observed = bench.cache.observe(A)
    plan = Plan(tuple(create_leader(bench.lws, i) for i in range(3)))
    task = asyncio.create_task(executor.execute(observed, plan))
    await spin()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert not bench.expects()
