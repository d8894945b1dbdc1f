"""Leader election on a driven clock: who may write, and when it must stop."""

from __future__ import annotations

import asyncio

import pytest

from controller.api.names import CONTROLLER_LEASE, LEASES
from controller.errors import Forbidden, NotFound, Unavailable
from controller.leases import Election
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

    async def start(self, identity: str) -> Election:
        self.clients[identity] = Client(self.world)
        election = Election(
            self.clients[identity],
            self.clock,
            identity=identity,
            namespace="default",
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
    assert they.spec["leaseDurationSeconds"] == 15
    assert they.spec["leaseTransitions"] == 0
    assert they.changes == ["one"]


async def test_only_one_leads_and_renewing_is_one_request_in_five_seconds(they):
    one, two = await they.start("one"), await they.start("two")
    assert (one.leading(), two.leading()) == (True, False)
    assert two.holder == "one"
    they.world.requests.clear()
    for _ in range(30):
        await they.clock.advance(2)
        assert one.leading()
        assert not two.leading()
    assert they.world.requests.count(("patch", "leases", CONTROLLER_LEASE)) == 12
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
    for _ in range(8):
        await they.clock.advance(2)
        assert not two.leading() or not one.leading()
        if they.clock.mono < 1000 + 4 + 15:
            assert not two.leading()
    await they.clock.advance(2)
    assert two.leading()


async def test_a_cut_off_holder_stops_before_another_may_start(they):
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
    assert stopped_at <= 1000 + 10.5
    assert started_at - stopped_at >= 4.0


async def test_a_holder_whose_requests_fail_retries_and_recovers(they):
    one = await they.start("one")
    await they.clock.advance(4)
    they.world.faults.append(down())
    await they.clock.advance(4)
    assert one.leading()
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
    await they.clock.advance(5)
    assert they.changes == ["one"]  # told before it tries again
    assert not one.leading()
    await they.clock.advance(2)
    assert one.leading()  # nobody had taken the lease


async def test_a_lost_race_is_quiet(they):
    one = await they.start("one")
    they.world.edit(LEASES, CONTROLLER_LEASE, {"metadata": {"labels": {"team": "x"}}})
    await they.clock.advance(5)  # conflict
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
