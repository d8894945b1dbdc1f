"""Who controls a set, and hands off where another controller does or may."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import pytest

from controller import guard
from controller.api import names
from controller.api.meta import Key, format_micro_time
from controller.api.names import LEASES, ROLLOUT_RECORD
from controller.errors import Forbidden, Unavailable
from controller.guard import Evidence, Manager, Sighting, evidence_of, keep_off, see, verdict
from controller.leases import Lease, LeaseSpec
from controller.plan.observed import Observed
from controller.rivals import LOOK_S
from tests.controller.runtime.bodies import add_set
from tests.controller.runtime.harness import Harness
from tests.controller.runtime.records import make_leader, make_set, make_worker

A = Key("default", "a")
START = 1_700_000_000.0
STS = guard.STATEFUL_SETS.kind
NATIVE_POD = {"owner_kind": STS, "owner_name": "a", "owner_uid": "sts-a"}
KTHENA_POD = {"owner_kind": "ModelServing", "owner_name": "a", "owner_uid": "ms-a"}


def observed(*pods: Any, recorded: bool = False) -> Observed:
    lws = make_set("a")
    if recorded:
        meta = lws.metadata.__class__(
            name="a", namespace="default", uid="lws-a", annotations={ROLLOUT_RECORD: "{}"}
        )
        lws = lws.__class__(meta, lws.spec, lws.status)
    return Observed(lws, pods=pods)


NATIVE, KTHENA, OURS = Manager.NATIVE, Manager.KTHENA, Manager.OURS


@pytest.mark.parametrize(
    ("seen", "managers", "words"),
    [
        pytest.param(observed(), (), None, id="nobody-yet"),
        pytest.param(observed(recorded=True), (OURS,), None, id="ours-without-pods"),
        pytest.param(observed(make_leader(0), make_worker(0, 1)), (OURS,), None, id="ours"),
        pytest.param(
            observed(make_leader(0, **NATIVE_POD)),
            (NATIVE,),
            "the native controller manages its pods (StatefulSet a)",
            id="native",
        ),
        pytest.param(
            observed(*(make_leader(i, **{**NATIVE_POD, "owner_name": f"a-{i}"}) for i in range(4))),
            (NATIVE,),
            "(StatefulSet a-0, a-1 and 2 more)",
            id="native-with-many",
        ),
        pytest.param(
            observed(make_leader(0, **NATIVE_POD), recorded=True),
            (NATIVE,),
            "`lwstui takeover`",
            id="record-written-before-the-pods-are-ours",
        ),
        pytest.param(
            observed(make_leader(0, **KTHENA_POD)),
            (KTHENA,),
            "Kthena manages its pods (ModelServing a)",
            id="kthena",
        ),
        pytest.param(
            observed(make_leader(0), make_leader(1, **NATIVE_POD)),
            (NATIVE, OURS),
            "the native one (StatefulSet a), lwstui (pods of the set itself)",
            id="native-and-ours",
        ),
        pytest.param(
            observed(make_leader(0, **KTHENA_POD), make_leader(1, **NATIVE_POD)),
            (NATIVE, KTHENA),
            "several controllers manage it at once",
            id="native-and-kthena",
        ),
    ],
)
def test_objects_tell_who_controls_a_set(seen, managers, words) -> None:
    judged = verdict(evidence_of(seen))
    assert judged.managers == managers
    wait = keep_off(judged)
    assert (wait is None) == (words is None)
    if wait is not None:
        assert wait.code == "managed-elsewhere"
        assert words in wait.reason


def test_verdicts_read_as_words() -> None:
    assert str(verdict(Evidence())) == "nobody"
    assert str(verdict(Evidence(stateful_sets=("a",), direct=True))) == "native and ours"


@pytest.mark.parametrize("mine", [Evidence(), Evidence(direct=True), Evidence(recorded=True)])
def test_a_native_controller_at_work_keeps_us_off_every_set(mine: Evidence) -> None:
    wait = keep_off(verdict(replace(mine, native_holder="lws-7d4_x")))
    assert wait is not None
    assert "Lease b8b2488c.x-k8s.io, held by lws-7d4_x" in wait.reason


# ---- the native controller's Lease --------------------------------------------------------


def lease(renewed: float | None, *, holder: str = "native", lasts_s: int = 15) -> Lease:
    text = None if renewed is None else format_micro_time(renewed)
    return Lease(spec=LeaseSpec(holder, lasts_s, None, text, 0))


@pytest.mark.parametrize(
    ("found", "holder"),
    [
        (None, ""),
        (lease(START - 3), "native"),
        (lease(START - 70), "native"),  # perhaps clocks differ: the next look tells
        (lease(START + 500), "native"),
        (lease(START - 80), ""),
        (lease(None), ""),
        (lease(START, holder=""), ""),
    ],
)
def test_at_the_first_look_the_time_in_the_lease_decides(found, holder) -> None:
    assert see(None, found, now=START, monotonic=5.0).holder(5.0) == holder


def test_later_a_change_is_a_renewal_whatever_the_clocks_say() -> None:
    seen = see(None, lease(START - 10_000), now=START, monotonic=0.0)
    assert seen.holder(0.0) == ""
    seen = see(seen, lease(START - 9_990), now=START + 10, monotonic=10.0)
    assert seen.holder(24.9) == "native"
    seen = see(seen, lease(START - 9_990), now=START + 20, monotonic=20.0)
    assert seen.holder(25.0) == ""
    assert see(seen, None, now=START, monotonic=30.0) == Sighting()


# ---- the controller beside others ---------------------------------------------------------


class Native:
    """A native controller that holds its Lease and does nothing."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness
        body = {"metadata": {"name": guard.NATIVE_LEASE, "namespace": "lws-system"}}
        harness.world.put(LEASES, {**body, "spec": self._spec()})

    def renew(self) -> None:
        lease = self.harness.world.find(LEASES, guard.NATIVE_LEASE, "lws-system")
        lease["spec"] = self._spec()

    def _spec(self) -> dict[str, Any]:
        now = format_micro_time(self.harness.clock.now())
        return {"holderIdentity": "lws-0_1", "leaseDurationSeconds": 15, "renewTime": now}

    async def live(self, seconds: int) -> None:
        for _ in range(seconds):
            self.renew()
            await self.harness.pass_time(1)


def looks(harness: Harness) -> int:
    return harness.world.requests.count(("get", "leases", guard.NATIVE_LEASE))


def written(harness: Harness) -> list[tuple[str, str, str]]:
    return [r for r in harness.world.requests if r[0] != "get" and r[1] != "leases"]


def stateful_set(harness: Harness, *, owner: str) -> None:
    reference = {"kind": "LeaderWorkerSet", "name": "a", "uid": owner, "controller": True}
    harness.world.put(
        guard.STATEFUL_SETS, {"metadata": {"name": "a", "ownerReferences": [reference]}}
    )


async def test_a_fresh_set_is_not_raced_for_and_served_when_native_has_gone(harness) -> None:
    native = Native(harness)
    process = harness.start()
    for name in ("a", "b", "c"):
        add_set(harness.world, name)
    await native.live(60)
    assert written(harness) == []
    assert looks(harness) <= 60 / LOOK_S + 1  # for all sets together
    (wait,) = process.manager.state().waits[A]
    assert "held by lws-0_1" in wait.reason
    await harness.pass_time(15 + LOOK_S + 1)  # it renews no more
    await harness.settle()
    assert harness.pods() == ["a-0", "b-0", "c-0"]
    assert harness.condition("Available") == "True"


async def test_a_native_controller_that_comes_back_stops_us(harness, caplog) -> None:
    add_set(harness.world)
    harness.start()
    await harness.settle()
    native = Native(harness)
    with caplog.at_level(logging.INFO, "lwstui.controller"):
        await harness.pass_time(LOOK_S)
        harness.world.edit(names.LEADERWORKERSETS, "a", {"spec": {"replicas": 3}})
        await native.live(10)
        assert harness.pods() == ["a-0"]
        # It made its StatefulSet meanwhile: the set is not ours alone any more.
        stateful_set(harness, owner=harness.lws()["metadata"]["uid"])
        await harness.pass_time(60)
        assert harness.pods() == ["a-0"]
        sets = harness.world.objects[guard.STATEFUL_SETS]
        sets.clear()
        await harness.pass_time(LOOK_S + 1)
    await harness.settle()
    assert harness.pods() == ["a-0", "a-1", "a-2"]
    said = [r.getMessage() for r in caplog.records]
    assert said.count("a native controller is at work: hands off") == 1
    assert said.count("the native controller has stopped") == 1


async def test_a_stateful_set_of_the_set_keeps_us_off_without_a_single_pod(harness) -> None:
    uid = add_set(harness.world)["metadata"]["uid"]
    stateful_set(harness, owner=uid)
    process = harness.start()
    await harness.pass_time(30)
    assert written(harness) == []
    assert "StatefulSet a" in process.manager.state().waits[A][0].reason


async def test_a_stateful_set_of_somebody_else_does_not(harness) -> None:
    add_set(harness.world)
    stateful_set(harness, owner="other")
    harness.start()
    await harness.settle()
    assert harness.pods() == ["a-0"]
    assert harness.requests("get", "statefulsets") == 1


async def test_without_native_there_is_one_look_at_a_set_and_few_at_the_lease(harness) -> None:
    for name in ("a", "b"):
        add_set(harness.world, name)
    harness.start()
    await harness.settle()
    started = harness.clock.mono
    for replicas in (2, 3, 4, 1):
        harness.world.edit(names.LEADERWORKERSETS, "a", {"spec": {"replicas": replicas}})
        await harness.settle()
    assert harness.requests("get", "statefulsets") == 2
    assert looks(harness) <= 2 + (harness.clock.mono - started) / LOOK_S


async def test_a_set_of_ours_is_not_looked_at_after_a_restart(harness) -> None:
    add_set(harness.world)
    await_ = harness.start("one")
    await harness.settle()
    await await_.stop()
    harness.world.requests.clear()
    harness.start("two")
    harness.world.edit(names.LEADERWORKERSETS, "a", {"spec": {"replicas": 2}})
    await harness.pass_time(5)
    await harness.settle()
    assert harness.pods() == ["a-0", "a-1"]
    assert harness.requests("get", "statefulsets") == 0


async def test_without_permission_the_owners_of_pods_decide(harness, caplog) -> None:
    def forbid(verb, resource, name):
        hidden = name == guard.NATIVE_LEASE or resource == guard.STATEFUL_SETS
        return Forbidden(403, "Forbidden", f"cannot get {resource}") if hidden else None

    harness.world.faults.append(forbid)
    for name in ("a", "b"):
        add_set(harness.world, name)
    with caplog.at_level(logging.WARNING, "lwstui.controller"):
        harness.start()
        await harness.pass_time(40)
    assert harness.pods() == ["a-0", "b-0"]
    assert [r.getMessage() for r in caplog.records] == [
        "other controllers are told by the owners of pods only"
    ] * 2  # once for each kind


async def test_while_the_lease_cannot_be_read_nothing_is_written(harness) -> None:
    def hide(verb, resource, name):
        return Unavailable("timed out") if name == guard.NATIVE_LEASE else None

    harness.world.faults.append(hide)
    add_set(harness.world)
    process = harness.start()
    await harness.pass_time(5)
    assert written(harness) == []
    assert "cannot tell whether another controller is at work" in process.manager.state().last_error
    harness.world.faults.clear()
    await harness.pass_time(10)
    await harness.settle()
    assert harness.pods() == ["a-0"]
