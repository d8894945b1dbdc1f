"""What settings change about an engine while it works: judging, listing, measuring."""

from __future__ import annotations

import pytest

from controller.api.names import PODS
from lwstui.config.schema import Settings
from lwstui.kube.reflector import PAGE
from lwstui.runtime.sampler import HIDDEN_S, SHOWN_S
from lwstui.runtime.tuning import UNTUNED, Tuning, tuning_of
from lwstui.state.manner import Manner
from tests.runtime.bench import running
from tests.runtime.fakes import FakeFactory
from tests.runtime.test_sampler import UTIL, exporter
from tests.view.build import pod


def loops(bench) -> bool:
    """Tell whether a rule says that a group is made anew again and again."""
    return any(one.finding.rule == "G5" for one in bench.last.insights)


def test_settings_that_nobody_changed_are_what_an_engine_does_by_itself():
    assert tuning_of(Settings()) == UNTUNED
    assert (UNTUNED.page, UNTUNED.measure_s) == (PAGE, SHOWN_S)


def test_what_settings_ask_of_an_engine():
    asked = Settings(page=50, metrics_interval="2m", recreate_loop=5, stuck_default="1h")
    manner = Manner(stuck_default_s=3600.0, recreate_loop=5)
    assert tuning_of(asked) == Tuning(manner, page=50, measure_s=120.0)


async def test_rules_judge_by_what_is_set_at_present_and_screens_are_told_the_same():
    async with running() as bench:
        await bench.live(pod(0, 0, uid="uid-a"), pod(0, 1))
        for uid in ("uid-b", "uid-c"):
            leader = pod(0, 0, uid=uid, ready=False, created_at=bench.time.t)
            bench.link.of(PODS).live(leader, pod(0, 1, ready=False))
            await bench.time.advance(30)
        assert not loops(bench)
        bench.core.tune(Tuning(Manner(recreate_loop=2)))
        await bench.time.advance(5)
        assert loops(bench)
        assert bench.last.manner.recreate_loop == 2
        bench.core.tune(UNTUNED)
        await bench.time.advance(60)
        assert not loops(bench)
        assert bench.last.manner == Manner()


async def test_lists_are_as_long_as_was_asked_before_the_connection_and_while_there_is_one():
    factory = FakeFactory()
    async with running(factory=factory) as bench:
        assert bench.link.page == PAGE
        bench.core.tune(Tuning(page=50))
        assert bench.link.page == 50


@pytest.mark.parametrize("shown", [True, False])
async def test_rounds_of_measuring_come_as_often_as_is_set(shown):
    async with running() as bench:
        bench.link.raw_pods = [exporter()]
        bench.link.metric_texts["dcgm-x"] = UTIL.format("", "", 80)
        await bench.live(pod())
        bench.core.want_metrics(wanted=shown)
        await bench.time.advance(HIDDEN_S)
        bench.core.tune(Tuning(measure_s=5.0))
        await bench.time.advance(0.2)
        period_s = 5.0 if shown else 20.0
        before = bench.last.telemetry.at
        for _ in range(3):
            await bench.time.advance(period_s)
            await bench.time.advance(0.2)
            assert bench.last.telemetry.at - before == pytest.approx(period_s, abs=0.5)
            before = bench.last.telemetry.at
