"""Is the connection alive: requests that prove it, renewals that replace them, what follows."""

import asyncio

import pytest

from controller.api.meta import ObjectMeta, format_time
from controller.api.names import LEADERWORKERSETS, LEASES, PODS
from controller.errors import Forbidden, Unauthorized, Unavailable
from controller.leases import Lease, LeaseSpec
from lwstui.runtime.heartbeat import PAUSE_S
from lwstui.view.status import connection
from tests.runtime.bench import running
from tests.runtime.fakes import FakeFactory, settle
from tests.view.build import NOW, pod


async def test_a_tiny_request_every_few_seconds_proves_the_connection():
    async with running() as bench:
        await bench.live(pod())
        assert bench.link.pings == 1
        await bench.time.advance(60)
        assert bench.link.pings == 13
        assert bench.last.cluster.proved_at == pytest.approx(bench.time.now(), abs=PAUSE_S)
        assert connection(bench.last, bench.time.now()).text.startswith("● LIVE")


async def test_without_a_proof_it_lags_and_after_two_missed_beats_all_watches_are_opened_again():
    async with running() as bench:
        await bench.live(pod())
        bench.link.answer = Unavailable("timed out")
        await bench.time.advance(9)
        assert connection(bench.last, bench.time.now()).text == "◐ LAGGING 9s"
        assert bench.link.of(PODS).reopened == 0
        await bench.time.advance(5)
        assert {w.reopened for w in bench.link.watches} == {1}
        await bench.time.advance(20)
        assert {w.reopened for w in bench.link.watches} == {1}
        bench.link.answer = None
        await bench.time.advance(5)
        assert {w.hurried for w in bench.link.watches} == {1}
        assert connection(bench.last, bench.time.now()).text.startswith("● LIVE")


@pytest.mark.parametrize("answer", [Forbidden(403, "Forbidden", "no"), None])
async def test_a_refusal_is_an_answer(answer):
    async with running() as bench:
        await bench.live(pod())
        bench.link.answer = answer
        await bench.time.advance(30)
        assert bench.link.of(PODS).reopened == 0
        assert bench.time.now() - bench.last.cluster.proved_at <= PAUSE_S


@pytest.mark.parametrize(
    ("ahead", "told"),
    [(0.0, 0.0), (-0.9, 0.0), (120.0, 120.0), (-61.0, -60.0)],
)
async def test_clocks_are_compared_as_far_as_whole_seconds_allow(ahead, told):
    factory = FakeFactory()
    factory.link.answer = NOW + ahead
    async with running(factory=factory) as bench:
        await bench.time.advance(0.2)
        assert bench.last.cluster.skew_s == pytest.approx(told, abs=0.01)


def _renewed(holder: str, at: float) -> Lease:
    spec = LeaseSpec(holder_identity=holder, lease_duration_seconds=15, renew_time=format_time(at))
    return Lease(metadata=ObjectMeta(name="lwstui-controller", namespace="default"), spec=spec)


async def test_our_own_renewals_replace_the_requests():
    async with running(embedded_controller=True, identity="me") as bench:
        await bench.live(pod())
        lease = bench.link.of(LEASES, "default")
        for _ in range(9):
            lease.sink.apply("MODIFIED", _renewed("me", bench.time.now()))
            await bench.time.advance(3)
        assert bench.link.pings == 1
        assert bench.time.now() - bench.last.cluster.proved_at <= 3
        for _ in range(4):
            lease.sink.apply("MODIFIED", _renewed("another", bench.time.now()))
            await bench.time.advance(3)
        assert bench.link.pings > 1


async def test_looking_at_the_console_cuts_the_waiting_short():
    async with running(failures=1) as bench:
        assert bench.factory.attempts == 1
        bench.core.hurry()
        await settle()
        assert bench.factory.attempts == 2
        bench.core.hurry()
        assert bench.link.of(LEADERWORKERSETS).hurried == 1
        assert bench.link.of(LEADERWORKERSETS).refreshed == 0


async def test_credentials_that_cannot_be_used_are_told_as_such_and_tried_again():
    factory = FakeFactory()
    real = factory.connect
    said = []

    async def refused(target, told):
        told("open https://login and enter ABCD")
        said.append(told)
        await asyncio.sleep(0)
        if len(said) < 2:
            told("")
            raise Unauthorized(401, "Unauthorized", "the login command failed")
        return await real(target, told)

    factory.connect = refused
    async with running(factory=factory) as bench:
        await bench.time.advance(0.2)
        assert (bench.last.cluster.problem, bench.last.cluster.login_failed) == (
            "the login command failed",
            True,
        )
        assert connection(bench.last, NOW).text == "✕ AUTH"
        await bench.time.advance(1)
        assert bench.last.cluster.login_says == "open https://login and enter ABCD"
        said[-1]("")
        bench.link.of(PODS).live(pod())
        await bench.time.advance(0.2)
        assert not bench.last.cluster.problem


async def test_asking_to_reconnect_logs_in_again():
    async with running() as bench:
        await bench.live(pod())
        bench.core.reconnect()
        assert bench.link.logins == 1
