"""Instruments, the text they become, and what a manager's passes leave in them."""

from __future__ import annotations

import asyncio
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.api import names
from controller.api.lws import LeaderWorkerSet, LwsStatus, SetMeta
from controller.api.meta import Key
from controller.errors import Conflict, Forbidden
from controller.measures import MOST_SETS, PassMeasures, set_families, waiting
from controller.metrics import Histogram, counters, gauge, histogram, render
from controller.plan.actions import DeletePod, Plan, Wait
from tests.controller.runtime.bodies import add_set, create_leader
from tests.controller.runtime.clock import spin
from tests.controller.runtime.harness import Harness
from tests.controller.runtime.support import Client


def values(text: str) -> dict[str, float]:
    """Return the series of an exposition by name and labels."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


# The text.


def test_a_family_has_help_type_and_series():
    family = counters("x_total", "Two\nlines.", ("a", "b"), {("2", "q"): 1, ("1", "q"): 2.5})
    assert render([family]) == (
        "# HELP x_total Two\\nlines.\n"
        "# TYPE x_total counter\n"
        'x_total{a="1",b="q"} 2.5\n'
        'x_total{a="2",b="q"} 1\n'
    )


def test_a_family_without_series_is_left_out():
    assert render([counters("x_total", "None.", ("a",), {})]) == ""


def test_a_histogram_is_cumulative_and_ends_with_infinity():
    seconds = Histogram((0.1, 1.0))
    for value in (0.05, 0.1, 0.7, 5.0):
        seconds.observe(value)
    assert values(render([histogram("x_seconds", "Seconds.", seconds, name="q")])) == {
        'x_seconds_bucket{name="q",le="0.1"}': 2,
        'x_seconds_bucket{name="q",le="1"}': 3,
        'x_seconds_bucket{name="q",le="+Inf"}': 4,
        'x_seconds_sum{name="q"}': pytest.approx(5.85),
        'x_seconds_count{name="q"}': 4,
    }


@given(st.text())
def test_any_label_value_stays_on_its_line_and_can_be_read_back(value):
    lines = render([gauge("x", "One.", 1, label=value)]).split("\n")
    assert len(lines) == 4
    found = re.fullmatch(r'x\{label="((?:[^"\\]|\\.)*)"\} 1', lines[2], re.DOTALL)
    assert found is not None
    plain = {"\\\\": "\\", "\\n": "\n", '\\"': '"'}
    assert re.sub(r"\\.", lambda each: plain[each[0]], found[1]) == value


# What is counted.


@pytest.mark.parametrize(
    ("cause", "foreground", "remade"),
    [
        ("recreate", True, 1),
        ("update", True, 1),
        ("scale-down", True, 0),
        ("finished", False, 0),
    ],
)
def test_only_a_leader_deleted_to_be_made_anew_is_a_recreation(cause, foreground, remade):
    measures = PassMeasures()
    measures.acted([DeletePod("a-0", "uid", foreground, cause)])
    assert measures.pods_deleted == {cause: 1}
    assert measures.groups_remade.total() == remade


def test_a_set_that_waits_twice_for_one_reason_counts_once():
    budget = Wait("budget", "one", 0), Wait("budget", "two", 1)
    waits = {Key("n", "a"): budget, Key("n", "b"): (*budget, Wait("startup", "three"))}
    assert values(render([waiting(waits)])) == {
        'lwstui_waiting_sets{reason="budget"}': 2,
        'lwstui_waiting_sets{reason="startup"}': 1,
    }


def named(number: int) -> LeaderWorkerSet:
    status = LwsStatus(ready_replicas=1, updated_replicas=2)
    meta = SetMeta(namespace="n", name=f"s{number:04}")
    return LeaderWorkerSet(meta, {"replicas": 3}, status)


def test_sets_have_series_of_their_own_up_to_a_limit():
    found = values(render(set_families(named(i) for i in reversed(range(MOST_SETS + 7)))))
    assert found['lwstui_set_groups_desired{namespace="n",name="s0000"}'] == 3
    assert found['lwstui_set_groups_ready{namespace="n",name="s0000"}'] == 1
    assert found['lwstui_set_groups_updated{namespace="n",name="s0000"}'] == 2
    assert f'lwstui_set_groups_desired{{namespace="n",name="s{MOST_SETS:04}"}}' not in found
    assert found["lwstui_set_series_left_out"] == 7
    assert len(found) == 3 * MOST_SETS + 1


# A manager's passes.


@pytest.fixture
async def harness():
    harness = Harness()
    yield harness
    await harness.close()


def one_leader(observed, now):
    del now
    if observed.pods:
        return Plan(requeue_after_s=3600.0)
    meta = {"name": observed.lws.metadata.name, "namespace": "default"}
    return Plan((create_leader({"metadata": {**meta, "uid": observed.lws.metadata.uid}}, 0),))


def measured(process, *, per_set: bool = True) -> dict[str, float]:
    return values(render(process.manager.families(per_set=per_set)))


RESULT = 'controller_runtime_reconcile_total{{controller="leaderworkerset",result="{}"}}'


async def test_passes_pods_and_the_queue_are_counted(harness):
    add_set(harness.world)
    process = harness.start(planner=one_leader)
    await harness.settle()
    found = measured(process)
    assert found["lwstui_pods_created_total"] == 1
    assert found[RESULT.format("success")] == 1
    assert found[RESULT.format("requeue_after")] >= 1
    passes = found['controller_runtime_reconcile_time_seconds_count{controller="leaderworkerset"}']
    assert passes == process.manager.state().reconciles
    waited = found['workqueue_queue_duration_seconds_count{name="leaderworkerset"}']
    worked = found['workqueue_work_duration_seconds_count{name="leaderworkerset"}']
    assert waited == worked
    assert passes <= worked <= found['workqueue_adds_total{name="leaderworkerset"}']
    assert found['leader_election_master_status{name="lwstui-controller"}'] == 1
    assert found['lwstui_leader{identity="one"}'] == 1
    assert found['lwstui_set_groups_desired{namespace="default",name="a"}'] == 1


@pytest.mark.parametrize(
    ("error", "result", "conflicts"),
    [
        (Conflict(409, "Conflict", "changed"), "requeue", 1),
        (Forbidden(403, "Forbidden", "quota"), "error", 0),
    ],
)
async def test_failures_are_told_apart(harness, error, result, conflicts):
    left = [error]
    harness.world.faults.append(
        lambda verb, resource, name: left.pop() if left and resource == names.PODS else None
    )
    add_set(harness.world)
    process = harness.start(planner=one_leader)
    await harness.settle()
    found = measured(process)
    assert found[RESULT.format(result)] == 1
    assert found["lwstui_conflicts_total"] == conflicts
    assert found['workqueue_retries_total{name="leaderworkerset"}'] == 1


async def test_a_planner_that_breaks_is_a_panic(harness):
    def broken(observed, now):
        raise KeyError("bug")

    add_set(harness.world)
    process = harness.start(planner=broken)
    await harness.clock.advance(3)
    found = measured(process)
    panics = found['controller_runtime_reconcile_panics_total{controller="leaderworkerset"}']
    assert panics == found[RESULT.format("error")] > 0


async def test_only_the_leader_tells_of_sets(harness):
    add_set(harness.world)
    first = harness.start("one", planner=one_leader)
    await harness.settle()
    second = harness.start("two", planner=one_leader)
    await harness.clock.advance(1)
    desired = 'lwstui_set_groups_desired{namespace="default",name="a"}'
    assert desired in measured(first)
    assert desired not in measured(first, per_set=False)
    assert desired not in measured(second)
    assert measured(second)["lwstui_sets"] == 1
    assert measured(second)['leader_election_master_status{name="lwstui-controller"}'] == 0


# An end in good order.


class Slow(Client):
    """Answers the creation of a pod when it is told to."""

    reached: asyncio.Event
    released: asyncio.Event

    def fenced(self, may_write):
        made = Slow(self.world, may_write)
        made.reached, made.released = self.reached, self.released
        return made

    async def create(self, resource, namespace, body):
        made = await super().create(resource, namespace, body)
        if resource == names.PODS:
            self.reached.set()
            await self.released.wait()
        return made


async def test_draining_waits_for_the_request_under_way_and_begins_no_other(harness):
    def leaders(observed, now):
        del now
        lws = observed.lws.metadata
        meta = {"name": lws.name, "namespace": "default", "uid": lws.uid}
        have = {pod.name for pod in observed.pods}
        wanted = [create_leader({"metadata": meta}, group) for group in range(3)]
        return Plan(tuple(action for action in wanted if action.name not in have))

    add_set(harness.world)
    client = Slow(harness.world)
    client.reached, client.released = asyncio.Event(), asyncio.Event()
    process = harness.start(client=client, planner=leaders)
    await harness.clock.advance(1)
    await client.reached.wait()
    draining = asyncio.create_task(process.manager.drain())
    await spin()
    assert not draining.done()
    client.released.set()
    await draining
    assert harness.world.names(names.PODS) == ["a-0"]
    assert process.manager.state().leading
    await harness.clock.advance(120)
    assert harness.world.names(names.PODS) == ["a-0"]
    await process.stop()
    (lease,) = harness.world.all(names.LEASES)
    assert not lease["spec"].get("holderIdentity")
