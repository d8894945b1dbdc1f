"""The manager and its reconciler, with small planners of the tests' own."""

from __future__ import annotations

import asyncio
import json

import pytest

from controller.api import lws, names
from controller.api.meta import Key
from controller.cache import REQUIRED
from controller.errors import Forbidden, Unavailable
from controller.manager import Manager
from controller.plan.actions import Wait
from tests.controller.runtime.bodies import add_set
from tests.controller.runtime.clock import spin
from tests.controller.runtime.conftest import Planner
from tests.controller.runtime.support import Client, Events

A, B = Key("default", "a"), Key("default", "b")


async def test_nothing_is_planned_before_every_kind_is_listed(harness, planner):
    add_set(harness.world)
    manager = Manager(
        Client(harness.world),
        harness.clock,
        Events(),
        identity="one",
        planner=planner,
        sleep=harness.clock.sleep,
    )
    changes: list[str] = []
    manager.on_change = lambda: changes.append(manager.state().mode)
    task = asyncio.create_task(manager.run())
    raw = json.dumps(harness.lws()).encode()
    await spin()
    manager.cache.replace(names.LEADERWORKERSETS, [lws.decode(raw)])
    manager.cache.replace(names.PODS, [])
    manager.cache.replace(names.SERVICES, [])
    await harness.clock.advance(5)
    assert planner.asked == []
    assert manager.state().mode == "starting"
    assert manager.state().leading
    manager.cache.replace(names.REVISIONS, [])
    await harness.clock.advance(1)
    assert planner.asked == ["a"]
    assert manager.state().mode == "leader"
    assert changes[0] == "starting"
    assert changes[-1] == "leader"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_state_tells_what_is_going_on(harness, planner):
    add_set(harness.world)
    process = harness.start(planner=planner)
    assert process.manager.state().mode == "starting"
    await harness.settle()
    state = process.manager.state()
    assert (state.mode, state.identity, state.holder, state.leading) == (
        "leader",
        "one",
        "one",
        True,
    )
    assert state.since == 1_700_000_000.0
    assert state.waits == {A: (Wait("done", "nothing to do"),)}
    assert state.reconciles >= 2
    assert (state.errors, state.queue, state.last_error) == (0, 0, "")
    assert [(d.set, d.what, d.outcome) for d in state.decisions] == [(A, "created pod a-0", "done")]
    with pytest.raises(TypeError):
        state.waits[B] = ()


async def test_only_the_holder_of_the_lease_writes(harness, planner):
    harness.start("one", planner=planner)
    await harness.settle()
    idle = Planner()
    standby = harness.start("two", planner=idle)
    add_set(harness.world)
    await harness.settle()
    assert planner.asked
    assert idle.asked == []
    state = standby.manager.state()
    assert (state.mode, state.holder, state.leading, state.queue) == ("standby", "one", False, 0)


async def test_a_clean_stop_hands_over_within_seconds(harness, planner):
    one = harness.start("one", planner=planner)
    await harness.settle()
    two = harness.start("two", planner=planner)
    await spin()
    await one.stop()
    add_set(harness.world)
    await harness.pass_time(3)
    assert two.manager.state().mode == "leader"
    assert harness.pods() == ["a-0"]


async def test_a_holder_cut_off_from_the_server_stops_writing(harness, planner):
    process = harness.start(planner=planner)
    await harness.settle()

    def cut(verb, resource, name):
        return Unavailable("connection refused") if resource == names.LEASES else None

    harness.world.faults.append(cut)
    await harness.pass_time(16)
    add_set(harness.world)
    await harness.pass_time(5)
    assert harness.pods() == []
    state = process.manager.state()
    assert (state.mode, state.leading, state.queue) == ("failed", False, 0)
    assert "cannot be reached" in state.last_error
    harness.world.faults.clear()
    await harness.settle()
    assert harness.pods() == ["a-0"]
    assert process.manager.state().mode == "leader"


async def test_after_losing_the_lease_it_lists_everything_before_it_acts(harness, planner):
    process = harness.start(planner=planner)
    stale: list[frozenset] = []
    process.manager.on_stale = stale.append
    await harness.settle()
    harness.clock.wall += 3600  # the machine slept; the watch has not noticed yet
    harness.world.caches.clear()
    add_set(harness.world)
    await harness.pass_time(10)
    assert stale == [frozenset(REQUIRED)]
    assert process.manager.state().mode == "starting"
    assert process.manager.state().leading
    harness.world.feed(process.manager.cache)
    await harness.settle()
    assert process.manager.state().mode == "leader"
    assert harness.pods() == ["a-0"]


async def test_without_permission_for_the_lease_it_says_so(harness, planner):
    def forbid(verb, resource, name):
        forbidden = Forbidden(403, "Forbidden", 'User "x" cannot get leases')
        return forbidden if resource == names.LEASES else None

    harness.world.faults.append(forbid)
    process = harness.start(planner=planner)
    add_set(harness.world)
    await harness.pass_time(10)
    state = process.manager.state()
    assert state.mode == "failed"
    assert 'User "x" cannot get leases' in state.last_error
    assert harness.pods() == []


async def test_paused_it_keeps_the_lease_and_does_nothing(harness, planner):
    process = harness.start(planner=planner)
    await harness.settle()
    process.manager.pause()
    await spin()
    add_set(harness.world)
    await harness.pass_time(30)
    state = process.manager.state()
    assert (state.mode, state.leading) == ("paused", True)
    assert harness.pods() == []
    process.manager.resume()
    await harness.settle()
    assert harness.pods() == ["a-0"]


async def test_a_requeue_asked_for_by_the_plan_happens(harness, planner):
    planner.requeue_after_s = 10.0
    add_set(harness.world)
    harness.start(planner=planner)
    await harness.pass_time(5)
    before = len(planner.asked)
    await harness.pass_time(20.5)
    assert len(planner.asked) == before + 2


@pytest.mark.parametrize(
    ("kind", "labelled", "words"),
    [
        ("StatefulSet", True, "the native controller manages its pods (StatefulSet a)"),
        ("ModelServing", False, "Kthena manages its pods (ModelServing a)"),
    ],
)
async def test_sets_of_other_controllers_are_never_touched(harness, planner, kind, labelled, words):
    add_set(harness.world)
    owner = {"apiVersion": "x/v1", "kind": kind, "name": "a", "uid": "x", "controller": True}
    meta = {"name": "a-5", "ownerReferences": [owner]}
    if labelled:
        meta["labels"] = {names.SET_NAME: "a"}
    harness.world.objects[names.REVISIONS] = {("x", "x"): {"metadata": {"uid": "x"}}}
    harness.world.put(names.PODS, {"metadata": meta})
    del harness.world.objects[names.REVISIONS]
    process = harness.start(planner=planner)
    await harness.clock.advance(5)
    assert planner.asked == []
    (wait,) = process.manager.state().waits[A]
    assert wait.code == "managed-elsewhere"
    assert words in wait.reason
    assert [r for r in harness.world.requests if r[1] != "leases"] == []


async def test_sets_of_other_namespaces_are_not_served(harness, planner):
    add_set(harness.world)
    harness.start(planner=planner, namespace="elsewhere")
    await harness.settle()
    assert planner.asked == []


async def test_a_deleted_set_leaves_nothing_behind(harness, planner):
    add_set(harness.world)
    process = harness.start(planner=planner)
    await harness.settle()
    asked = len(planner.asked)
    harness.world.remove(names.LEADERWORKERSETS, harness.lws())
    await harness.settle()
    assert process.manager.state().waits == {}
    assert len(planner.asked) == asked


async def test_a_crash_of_the_controller_is_reported(harness, planner):
    process = harness.start(planner=planner)
    await harness.settle()

    async def explode() -> bool:
        raise RuntimeError("bug in election")

    process.manager._election.step = explode
    await harness.clock.advance(6)
    with pytest.raises(ExceptionGroup):
        await process.task
    state = process.manager.state()
    assert (state.mode, state.last_error) == ("failed", "bug in election")
