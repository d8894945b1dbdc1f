"""Who controls the sets, as far as it can be seen: a renewal nobody could see is not missed."""

from dataclasses import replace

import pytest

from controller.api.meta import ObjectMeta, format_micro_time
from controller.api.names import LEASES
from controller.leases import Lease, LeaseSpec
from lwstui.kube.sync import KindSync
from tests.runtime.bench import running
from tests.view.build import NOW, pod

DURATION_S = 15


def lease(renewed: float) -> Lease:
    at = format_micro_time(renewed)
    return Lease(ObjectMeta(), LeaseSpec("node-7", DURATION_S, at, at))


async def led(bench, renewed: float):
    """Let a controller elsewhere hold the lease."""
    await bench.live(pod())
    watch = bench.link.of(LEASES, "default")
    watch.live(lease(renewed))
    await bench.time.advance(0.2)
    return watch


def mode(bench) -> str:
    return bench.last.controller.mode


async def test_a_holder_that_does_not_renew_is_none():
    async with running() as bench:
        await led(bench, NOW)
        await bench.time.advance(2 * DURATION_S - 1)
        assert mode(bench) == "elsewhere"
        await bench.time.advance(2)
        assert mode(bench) == "off"


@pytest.mark.parametrize(("renewed", "seen"), [(NOW, "elsewhere"), (NOW - 60, "off")])
async def test_without_a_connection_the_answer_stays_what_it_was(renewed, seen):
    async with running() as bench:
        watch = await led(bench, renewed)
        assert mode(bench) == seen
        lost = bench.time.now()
        for _ in range(10):
            watch.sink.synced(KindSync("reconnecting", lost, lost, 3, None, "no answer"))
            await bench.time.advance(60)
            assert mode(bench) == seen


async def test_once_it_could_renew_again_and_does_not_it_is_none():
    async with running() as bench:
        watch = await led(bench, NOW)
        lost = bench.time.now()
        watch.sink.synced(KindSync("reconnecting", lost, lost, 3))
        await bench.time.advance(600)
        again = bench.time.now()
        watch.sink.synced(KindSync("live", again, again))
        await bench.time.advance(2 * DURATION_S - 1)
        assert mode(bench) == "elsewhere"
        await bench.time.advance(2)
        assert mode(bench) == "off"


async def test_a_renewal_after_that_counts_from_when_it_was():
    async with running() as bench:
        watch = await led(bench, NOW)
        lost = bench.time.now()
        watch.sink.synced(KindSync("reconnecting", lost, lost, 3))
        await bench.time.advance(600)
        watch.sink.synced(KindSync("live", bench.time.now(), bench.time.now()))
        watch.sink.apply("MODIFIED", lease(bench.time.now()))
        await bench.time.advance(2 * DURATION_S - 1)
        assert mode(bench) == "elsewhere"
        await bench.time.advance(2)
        assert mode(bench) == "off"


@pytest.mark.parametrize("skew_s", [-90.0, 90.0], ids=["ours-ahead", "ours-behind"])
async def test_renewals_are_measured_by_the_servers_clock(skew_s):
    async with running() as bench:
        watch = await led(bench, NOW)
        store = bench.core._store
        store.set_cluster(replace(store.cluster, skew_s=skew_s))
        watch.sink.apply("MODIFIED", lease(bench.time.now() + skew_s))
        await bench.time.advance(2 * DURATION_S - 2)
        assert mode(bench) == "elsewhere"
        await bench.time.advance(4)
        assert mode(bench) == "off"
