"""What the controller does about refusals, conflicts, silence and its own defects."""

from __future__ import annotations

import logging

import pytest

from controller.api import names
from controller.api.meta import Key
from controller.errors import Conflict, Forbidden, TooManyRequests, Unavailable
from controller.reconciler import BROKEN_REST_S, PACE_S
from tests.controller.runtime.bodies import add_set

A = Key("default", "a")


def fail_creation(harness, error, *, times=10**6):
    left = iter(range(times))

    def fault(verb, resource, name):
        failing = verb == "create" and resource == names.PODS
        return error if failing and next(left, None) is not None else None

    harness.world.faults.append(fault)


async def test_a_set_that_breaks_the_planner_delays_no_other(harness, planner, caplog):
    planner.broken.add("a")
    add_set(harness.world, "a")
    add_set(harness.world, "b")
    process = harness.start(planner=planner)
    with caplog.at_level(logging.CRITICAL, logger="lwstui.controller"):
        await harness.pass_time(20)
        asked = planner.asked.count("a")
        assert harness.pods() == ["b-0"]
        assert 3 < asked < 30  # it backs off
        state = process.manager.state()
        assert state.mode == "leader"
        assert state.errors == asked
        assert state.last_error == "default/a: KeyError: 'planner bug'"
        planner.broken.clear()
        await harness.pass_time(60)
    assert harness.pods() == ["a-0", "b-0"]


@pytest.mark.parametrize(
    "error",
    [
        Unavailable("timed out"),
        Unavailable("500 Internal error occurred"),
        Forbidden(403, "Forbidden", "exceeded quota"),
    ],
)
async def test_failures_are_told_and_tried_again(harness, planner, error):
    fail_creation(harness, error, times=3)
    add_set(harness.world)
    process = harness.start(planner=planner)
    await harness.pass_time(10)
    assert harness.pods() == ["a-0"]
    assert ("Warning", "FailedCreate", f"Failed to create Pod a-0: {error}") in harness.events.seen
    state = process.manager.state()
    assert state.errors == 3
    assert [d.outcome for d in state.decisions] == [str(error)] * 3 + ["done"]


async def test_retry_after_is_respected_whatever_happens(harness, planner):
    fail_creation(harness, TooManyRequests(429, "TooManyRequests", "x", retry_after_s=9), times=1)
    add_set(harness.world)
    harness.start(planner=planner)
    await harness.pass_time(1)
    harness.world.edit(names.LEADERWORKERSETS, "a", {"spec": {"replicas": 2}})
    await harness.pass_time(7)
    assert len(planner.asked) == 1
    await harness.pass_time(2)
    assert harness.pods() == ["a-0"]


async def test_retry_after_holds_no_other_set(harness, planner):
    slow = TooManyRequests(429, "TooManyRequests", "x", retry_after_s=9)
    harness.world.faults.append(
        lambda verb, resource, name: slow if (verb, name) == ("create", "a-0") else None
    )
    for name in ("a", "b"):
        add_set(harness.world, name)
    harness.start(planner=planner)
    await harness.pass_time(1)
    assert harness.pods() == ["b-0"]
    assert planner.asked.count("a") == 1
    harness.world.faults.clear()
    await harness.pass_time(9)
    assert harness.pods() == ["a-0", "b-0"]


async def test_conflicts_in_a_row_do_not_spin(harness, planner):
    fail_creation(harness, Conflict(409, "Conflict", "the object has been modified"), times=10)
    add_set(harness.world)
    process = harness.start(planner=planner)
    await harness.pass_time(2.5)
    assert len(planner.asked) == 9  # after 5, 10, 20, ... 1280 ms
    await harness.pass_time(10)
    assert harness.pods() == ["a-0"]
    assert len(planner.asked) <= 13  # 10 refused, one that did it, then the pod and its readiness
    assert process.manager.state().errors == 0  # another writer is no fault


async def test_a_set_that_others_keep_changing_is_planned_at_a_bounded_rate(harness, planner):
    planner.broken.add("a")
    add_set(harness.world, "a")
    add_set(harness.world, "b")
    harness.start(planner=planner)
    await harness.pass_time(1)
    assert harness.pods() == ["b-0"]
    for broken, most in ((True, 1 / BROKEN_REST_S + 1), (False, 1 / PACE_S + 1)):
        planner.broken -= set() if broken else {"a"}
        before = planner.asked.count("a")
        for number in range(400):
            labels = {"n": f"{number}"}
            harness.world.edit(names.LEADERWORKERSETS, "a", {"metadata": {"labels": labels}})
            await harness.clock.advance(0.0025)
        assert 1 <= planner.asked.count("a") - before <= most


async def test_a_set_is_not_planned_before_its_own_writes_are_seen(harness, planner):
    add_set(harness.world)
    process = harness.start(planner=planner)
    stale: list[frozenset] = []
    process.manager.on_stale = stale.append
    harness.world.holding = True
    await harness.pass_time(5)
    assert harness.pods() == ["a-0"]
    process.manager.cache.on_affected(A)  # as any other change would
    await harness.pass_time(20)
    assert planner.asked == ["a"]
    harness.world.deliver()
    await harness.pass_time(1)
    assert planner.asked == ["a", "a"]
    assert stale == []


async def test_a_watch_that_stays_silent_is_listed_again(harness, planner):
    add_set(harness.world)
    process = harness.start(planner=planner)
    stale: list[frozenset] = []
    process.manager.on_stale = stale.append
    harness.world.holding = True
    await harness.pass_time(1)
    process.manager.cache.on_affected(A)
    await harness.pass_time(28)
    assert stale == []
    assert planner.asked == ["a"]
    before = harness.uids()
    await harness.pass_time(3)
    assert stale == [frozenset({names.PODS})]
    # Until that has happened plans are made from what is known; names and UIDs keep them safe.
    assert planner.asked == ["a", "a"]
    assert harness.uids() == before
