"""Leader election on a driven clock: who may write, and when it must stop."""

from __future__ import annotations

import asyncio
import logging
import re

import pytest

from controller.api.meta import format_micro_time
from controller.api.names import CONTROLLER_LEASE, LEASES
from controller.errors import Forbidden, NotFound, Unavailable
from controller.leases import SERVES, Election, LeaseTimes
from tests.controller.runtime.clock import FakeClock, spin
from tests.controller.runtime.support import Client, World


class Candidates:
    """Elections on one world, started and stopped one by one."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.world = World(self.clock)
        self.changes: list[str] = []
        self.tasks: dict[Election, asyncio.Task[None]] = {}
        self.clients: dict[str, Client] = {}

    async def start(self, identity: str, *, serves: str = "") -> Election:
        self.clients[identity] = Client(self.world)
        election = Election(
            self.clients[identity],
            self.clock,
            identity=identity,
            namespace="default",
            serves=serves,
            on_change=lambda: self.changes.append(identity),
            sleep=self.clock.sleep,
        )
        self.tasks[election] = asyncio.create_task(election.run())
        await spin()
        return election

    async def stop(self, election: Election, *, release: bool = True) -> None:
        task = self.tasks.pop(election)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if release:
            await election.release()

    @property
    def spec(self) -> dict[str, object]:
        return self.world.find(LEASES, CONTROLLER_LEASE)["spec"]


@pytest.fixture
async def they():
    candidates = Candidates()
    yield candidates
    for election in list(candidates.tasks):
        await candidates.stop(election, release=False)


def down():
    """Fail every request."""
    return lambda verb, resource, name: Unavailable("connection refused")


async def test_the_first_candidate_creates_the_lease(they):
    one = await they.start("one")
    assert one.leading()
    assert (one.holder, one.since, one.problem) == ("one", they.clock.wall, "")
    assert they.spec["leaseDurationSeconds"] == 12
    assert they.spec["leaseTransitions"] == 0
    assert they.changes == ["one"]


async def test_only_one_leads_and_renewing_is_one_request_in_three_seconds(they):
    one, two = await they.start("one"), await they.start("two")
    assert (one.leading(), two.leading()) == (True, False)
    assert two.holder == "one"
    they.world.requests.clear()
    for _ in range(30):
        await they.clock.advance(2)
        assert one.leading()
        assert not two.leading()
    assert they.world.requests.count(("patch", "leases", CONTROLLER_LEASE)) == 20
    assert they.world.requests.count(("get", "leases", CONTROLLER_LEASE)) == 40
    assert ("create", "leases", CONTROLLER_LEASE) not in they.world.requests


async def test_a_release_hands_over_at_once(they):
    one, two = await they.start("one"), await they.start("two")
    await they.stop(one)
    assert not one.leading()
    assert "holderIdentity" not in they.spec
    await they.clock.advance(2)
    assert two.leading()
    assert they.spec["leaseTransitions"] == 1
    assert they.spec["holderIdentity"] == "two"


async def test_a_dead_holder_is_replaced_after_its_duration_as_seen_here(they):
    one, two = await they.start("one"), await they.start("two")
    await they.clock.advance(4)
    # Times in the lease are another clock's: an old renewTime alone proves nothing.
    they.world.edit(LEASES, CONTROLLER_LEASE, {"spec": {"renewTime": "2001-01-01T00:00:00Z"}})
    await they.stop(one, release=False)
    await they.clock.advance(11.9)
    assert not two.leading()
    await they.clock.advance(2.1)
    assert two.leading()


async def test_a_died_holder_stops_before_another_may_start(they):
    one = await they.start("one")
    two = await they.start("two")
    they.clients["one"].died = True  # requests of one are never answered again
    stopped_at = started_at = None
    for _ in range(60):
        await they.clock.advance(0.5)
        if stopped_at is None and not one.leading():
            stopped_at = they.clock.mono
        if started_at is None and two.leading():
            started_at = they.clock.mono
    assert stopped_at is not None
    assert started_at is not None
    assert stopped_at <= 1000 + 8
    assert 4 <= started_at - stopped_at <= 6


async def test_a_holder_whose_requests_fail_retries_and_recovers(they):
    one = await they.start("one")
    await they.clock.advance(4)
    they.world.faults.append(down())
    await they.clock.advance(4)
    assert one.leading()  # renewed at 3 s
    assert "cannot be reached: connection refused" in one.problem
    they.world.faults.clear()
    await they.clock.advance(2)
    assert one.leading()
    assert one.problem == ""


async def test_losing_and_regaining_is_announced(they):
    one = await they.start("one")
    they.changes.clear()
    they.world.faults.append(down())
    await they.clock.advance(14)
    assert not one.leading()
    assert they.changes  # the problem, then the loss
    seen = len(they.changes)
    they.world.faults.clear()
    await they.clock.advance(2)
    assert one.leading()
    assert len(they.changes) > seen


async def test_a_suspended_machine_does_not_lead_when_it_wakes(they):
    one = await they.start("one")
    they.clock.wall += 3600  # the monotonic clock stood still meanwhile
    assert not one.leading()
    they.changes.clear()
    await they.clock.advance(3)
    assert they.changes == ["one"]  # told before it tries again
    assert not one.leading()
    await they.clock.advance(2)
    assert one.leading()  # nobody had taken the lease


async def test_a_lost_race_is_quiet(they):
    one = await they.start("one")
    they.world.edit(LEASES, CONTROLLER_LEASE, {"metadata": {"labels": {"team": "x"}}})
    await they.clock.advance(3)  # conflict
    await they.clock.advance(2)  # read again, renewed
    assert one.leading()
    assert one.problem == ""
    assert they.world.find(LEASES, CONTROLLER_LEASE)["metadata"]["labels"] == {"team": "x"}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Forbidden(403, "Forbidden", "leases is forbidden"), "no permission"),
        (NotFound(404, "NotFound", 'namespaces "default" not found'), "cannot be created"),
    ],
)
async def test_what_is_missing_is_said_and_tried_again(they, error, words):
    they.world.faults.append(lambda verb, resource, name: error)
    one = await they.start("one")
    assert not one.leading()
    assert words in one.problem
    assert "namespace default" in one.problem
    assert str(error) in one.problem
    they.world.faults.clear()
    await they.clock.advance(5)
    assert one.leading()
    assert one.problem == ""


async def test_release_leaves_a_lease_of_another_alone(they):
    one = await they.start("one")
    they.world.edit(LEASES, CONTROLLER_LEASE, {"spec": {"holderIdentity": "two"}})
    await they.stop(one)
    assert they.spec["holderIdentity"] == "two"


async def test_a_renewal_that_is_not_answered_is_tried_again_in_time(they):
    one, two = await they.start("one"), await they.start("two")
    await they.clock.advance(2.9)
    they.clients["one"].died = True
    await they.clock.advance(2.8)  # the renewal at 3 s was given up after 2.5 s
    assert "no answer in time" in one.problem
    they.clients["one"].died = False
    await they.clock.advance(1)
    assert one.problem == ""
    await they.clock.advance(60)
    assert one.leading()
    assert not two.leading()


async def test_a_holder_is_told_that_its_time_is_over_when_it_is(they):
    one = await they.start("one")
    they.clients["one"].died = True
    they.changes.clear()
    await they.clock.advance(7.9)
    assert one.leading()
    they.changes.clear()
    await they.clock.advance(0.2)  # neither a renewal nor a look is due now
    assert they.changes == ["one"]
    assert not one.leading()


async def test_a_lease_that_is_removed_goes_back_to_its_holder(they):
    one, two = await they.start("one"), await they.start("two")
    await they.clock.advance(4)
    they.world.remove(LEASES, they.world.find(LEASES, CONTROLLER_LEASE))
    await they.clock.advance(2)
    assert not one.leading()  # whoever makes it anew may write at once
    assert not two.leading()  # it cannot know whether the holder has noticed
    await they.clock.advance(2)
    assert one.leading()
    assert they.spec["holderIdentity"] == "one"


async def test_a_lease_that_is_removed_with_its_holder_dead_is_made_anew(they):
    one, two = await they.start("one"), await they.start("two")
    await they.stop(one, release=False)
    they.world.remove(LEASES, they.world.find(LEASES, CONTROLLER_LEASE))
    await they.clock.advance(11.9)
    assert not two.leading()
    await they.clock.advance(2.1)
    assert two.leading()


async def test_another_holder_in_the_lease_ends_a_leadership_at_once(they):
    one = await they.start("one")
    they.world.edit(LEASES, CONTROLLER_LEASE, {"spec": {"holderIdentity": "two"}})
    await they.clock.advance(4.5)  # a conflict at 3 s, then a look
    assert not one.leading()
    assert one.holder == "two"


async def test_standing_by_is_logged_with_holder_time_and_scope(they, caplog):
    await they.start("one", serves="llm")
    with caplog.at_level(logging.INFO, "lwstui.controller"):
        two = await they.start("two")
        await they.clock.advance(30)
    (record,) = caplog.records
    assert record.getMessage() == "standby: another controller acts"
    since = format_micro_time(1_700_000_000.0)
    assert record.fields == {"holder": "one", "since": since, "serves": "llm"}
    assert two.holder_serves == "llm"


async def test_a_new_holder_says_what_it_serves(they):
    one = await they.start("one", serves="llm")
    two = await they.start("two")
    await they.stop(one)
    await they.clock.advance(2)
    assert two.leading()
    assert two.holder_serves == ""
    assert they.world.find(LEASES, CONTROLLER_LEASE)["metadata"]["annotations"] == {SERVES: "*"}


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ((12, 12.0, 2.0), "renew deadline (12 s) must be shorter than its duration (12 s)"),
        ((12, 2.0, 2.0), "must be at least 1.2 times its retry period (2 s)"),
        ((12, 8.0, 0.0), "retry period (0 s) must be above 0"),
    ],
)
def test_durations_that_would_let_two_act_are_refused(times, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        LeaseTimes(*times)
