"""Elections on clocks that drift and a network that delays and loses: never two at once.

Time is simulated. Each candidate's clock runs at its own speed, and its wall clock is off and
jumps; requests and answers are late or lost, and what was asked takes effect even when nobody
waits for the answer any more. Hypothesis prints the seed of an example that fails.
"""

from __future__ import annotations

import asyncio
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.api.names import CONTROLLER_LEASE, LEASES
from controller.errors import Unavailable
from controller.leases import DEADLINE_S, DURATION_S, RETRY_S, Election
from tests.controller.runtime.clock import FakeClock
from tests.controller.runtime.support import Client, World

SEEDS = st.integers(0, 2**32 - 1)


class DriftingClock:
    """One machine's clock: its own speed, its own idea of the date."""

    def __init__(self, true: FakeClock, speed: float, off_s: float) -> None:
        self.true = true
        self.speed = speed
        self.off_s = off_s
        self._start = true.mono

    def monotonic(self) -> float:
        return (self.true.mono - self._start) * self.speed

    def now(self) -> float:
        return self.true.wall + self.monotonic() - (self.true.mono - self._start) + self.off_s

    async def sleep(self, seconds: float) -> None:
        await self.true.sleep(seconds / self.speed)


class Network:
    """Carries one candidate's requests; ``fate`` draws what becomes of each."""

    def __init__(self, world: World, rng: random.Random, *, loss: float, delay_s: float) -> None:
        self.client = Client(world)
        self.clock = world.clock
        self.rng = rng
        self.loss = loss
        self.delay_s = delay_s
        self.dead = False
        self.wrote_at = 0.0
        self.under_way: set[asyncio.Task[Any]] = set()

    async def get(self, *args: Any) -> bytes:
        return await self._carry(self.client.get, args)

    async def create(self, *args: Any) -> bytes:
        return await self._carry(self._noted(self.client.create), args)

    async def patch(self, *args: Any) -> bytes:
        return await self._carry(self._noted(self.client.patch), args)

    def _noted(self, send: Any) -> Any:
        async def write(*args: Any) -> bytes:
            answer: bytes = await send(*args)
            self.wrote_at = self.clock.mono
            return answer

        return write

    async def _carry(self, send: Any, args: tuple[Any, ...]) -> bytes:
        if self.dead:
            await asyncio.Event().wait()
        there, back = (self._draw() for _ in range(2))
        await self._fail(there)
        # What was sent arrives whether its sender still waits for it or not.
        arrived = asyncio.ensure_future(self._arrive(there, send, args))
        self.under_way.add(arrived)
        arrived.add_done_callback(self._landed)
        answer: bytes = await asyncio.shield(arrived)
        await self._fail(back)
        await self.clock.sleep(abs(back))
        return answer

    def _draw(self) -> float:
        """Return seconds on the way, negative if lost there."""
        lost = self.rng.random() < self.loss
        return -1.0 if lost else self.rng.uniform(0, self.delay_s) ** 2 / max(self.delay_s, 1e-9)

    async def _fail(self, fate: float) -> None:
        if fate >= 0:
            return
        if self.rng.random() < 0.5:
            raise Unavailable("connection reset")
        await asyncio.Event().wait()

    async def _arrive(self, after_s: float, send: Any, args: tuple[Any, ...]) -> bytes:
        await self.clock.sleep(after_s)
        answer: bytes = await send(*args)
        return answer

    def _landed(self, task: asyncio.Task[Any]) -> None:
        self.under_way.discard(task)
        if not task.cancelled():
            task.exception()  # the sender may have gone


class Cluster:
    """Candidates on one Lease, watched for two that lead at once."""

    def __init__(self, seed: int, *, loss: float, delay_s: float, drift: float) -> None:
        self.rng = random.Random(seed)
        self.clock = FakeClock()
        self.world = World(self.clock)
        self.loss, self.delay_s, self.drift = loss, delay_s, drift
        self.elections: dict[str, Election] = {}
        self.networks: dict[str, Network] = {}
        self.clocks: dict[str, DriftingClock] = {}
        self.tasks: list[asyncio.Task[None]] = []
        self.removed = False

    def start(self, identity: str) -> Network:
        rng = self.rng
        clock = DriftingClock(
            self.clock, rng.uniform(1 - self.drift, 1 + self.drift), rng.uniform(-3600, 3600)
        )
        network = Network(self.world, rng, loss=self.loss, delay_s=self.delay_s)
        self.clocks[identity], self.networks[identity] = clock, network
        self.elections[identity] = election = Election(
            network,  # type: ignore[arg-type]
            clock,
            identity=identity,
            on_change=self.check,
            sleep=clock.sleep,
        )
        self.tasks.append(asyncio.create_task(election.run()))
        return network

    def leaders(self) -> list[str]:
        return [name for name, election in self.elections.items() if election.leading()]

    def check(self) -> None:
        leaders = self.leaders()
        assert len(leaders) <= 1, f"{leaders} lead at {self.clock.mono:.3f}"

    async def pass_time(self, seconds: float, tick_s: float = 1.0) -> None:
        for _ in range(round(seconds / tick_s)):
            await self.clock.advance(tick_s)
            self.check()
            for task in self.tasks:
                assert not task.done(), task.exception()

    def disturb(self) -> None:
        """Do one of the things that happen to machines and to Leases."""
        identity = self.rng.choice(sorted(self.clocks))
        match self.rng.randrange(5):
            case 0:
                self.clocks[identity].off_s += self.rng.uniform(-60, 60)
            case 1:
                self.networks[identity].dead = True
            case 2:
                self.networks[identity].dead = False
            case 3:
                self.edit({"metadata": {"labels": {"at": str(self.clock.mono)}}})
            case 4:
                self.remove()

    def edit(self, patch: dict[str, Any]) -> None:
        if self.world.names(LEASES):
            self.world.edit(LEASES, CONTROLLER_LEASE, patch)

    def remove(self) -> None:
        # Once, and when all have seen it: a Lease that comes and goes between the looks of a
        # candidate is as if it had never been.
        known = self.world.names(LEASES) and all(e.holder for e in self.elections.values())
        if known and not self.removed:
            self.removed = True
            self.world.remove(LEASES, self.world.find(LEASES, CONTROLLER_LEASE))

    async def close(self) -> None:
        flying = [task for network in self.networks.values() for task in network.under_way]
        for task in (*self.tasks, *flying):
            task.cancel()
        await asyncio.gather(*self.tasks, *flying, return_exceptions=True)


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, loss=st.sampled_from([0.0, 0.1, 0.4]), delay_s=st.sampled_from([0.1, 2.0, 12.0]))
def test_never_two_lead_at_once(seed: int, loss: float, delay_s: float) -> None:
    async def scenario() -> None:
        cluster = Cluster(seed, loss=loss, delay_s=delay_s, drift=0.15)
        for identity in ("one", "two", "three"):
            cluster.start(identity)
        for _ in range(12):
            await cluster.pass_time(cluster.rng.choice([1, 5, 15]))
            cluster.disturb()
        await cluster.close()

    asyncio.run(scenario())


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS)
def test_a_dead_holder_is_replaced_within_15_seconds_of_its_last_renewal(seed: int) -> None:
    async def scenario() -> None:
        cluster = Cluster(seed, loss=0.0, delay_s=0.2, drift=0.01)
        one = cluster.start("one")
        await cluster.pass_time(2)
        assert cluster.leaders() == ["one"]
        cluster.start("two")
        await cluster.pass_time(cluster.rng.uniform(1, 20), tick_s=0.1)
        one.dead = True  # what is on its way may still arrive
        while "two" not in cluster.leaders():
            await cluster.pass_time(0.1, tick_s=0.1)
            assert cluster.clock.mono - one.wrote_at <= 15
        assert cluster.clock.mono - one.wrote_at > DEADLINE_S
        await cluster.close()

    asyncio.run(scenario())


def test_the_default_durations_leave_room_for_both() -> None:
    assert DURATION_S + RETRY_S < 15
    assert DURATION_S / DEADLINE_S >= 1.5
