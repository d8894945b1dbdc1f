"""What is measured, as text: missing is not zero, old is marked, stale counts nowhere."""

from dataclasses import replace
from math import nan

import msgspec
import pytest

from lwstui.telemetry.engines import Fact, Rates
from lwstui.view.engines import engine_lines, load, load_line
from lwstui.view.telemetry import (
    IDLE_S,
    busy,
    changes_at,
    idle_for,
    kilowatts,
    mean,
    missing,
    percent_of,
    power,
    rank_marks,
    spark,
    total,
)
from tests.view.build import NOW, pod
from tests.view.measuring import FRESH, OLD, PERIOD_S, STALE, device, engine, measured


def text(line):
    return "".join(span.text for span in line)


@pytest.mark.parametrize(
    ("made", "of", "shown"),
    [
        pytest.param([(0.9, FRESH), (0.7, FRESH)], 2, "80%", id="all-report"),
        pytest.param([(0.0, FRESH)], 1, "0%", id="a-zero-that-was-said"),
        pytest.param([(0.9, FRESH), (None, FRESH)], 2, "90% 1/2", id="missing-is-not-zero"),
        pytest.param([(0.9, FRESH)], 4, "90% 1/4", id="devices-nobody-tells-of"),
        pytest.param([(0.9, FRESH), (0.5, OLD)], 2, "~70%", id="old-counts-and-is-marked"),
        pytest.param([(0.9, FRESH), (0.1, STALE)], 2, "90% 1/2", id="stale-counts-nowhere"),
        pytest.param([(0.9, STALE)], 1, "stale 5m", id="nothing-but-stale"),
        pytest.param([(None, FRESH)], 1, "–", id="never-told"),
        pytest.param([], 8, "–", id="nothing-known"),
    ],
)
def test_a_mean_says_of_how_many_devices_it_is(made, of, shown):
    views = [device(at, util, age_s=age_s) for at, (util, age_s) in enumerate(made)]
    found = mean(views, busy, of, NOW, measured(views))
    assert found.cell(percent_of, NOW).text == shown


def test_a_sum_is_over_what_reports_and_a_domain_always_says_of_how_many():
    views = [device(0, watts=500.0), device(1, watts=700.0)]
    found = total(views, power, 2, NOW, measured(views))
    assert found.cell(kilowatts, NOW, always=True).text == "1.2 2/2"
    assert kilowatts(33_400.0) == "33"


def test_what_is_shown_changes_when_a_reading_grows_old_and_then_stale():
    views = [device()]
    old_at = changes_at(views, NOW, PERIOD_S)
    assert old_at == pytest.approx(NOW + 2 * PERIOD_S, abs=0.01)
    assert changes_at(views, old_at, PERIOD_S) == pytest.approx(NOW + 5 * PERIOD_S, abs=0.01)
    assert mean(views, busy, 1, old_at, measured(views)).old


def test_devices_without_data_are_counted():
    views = [device(0), device(1, age_s=STALE)]
    assert missing(measured(views), 8, ["node-0"], NOW) == 7


@pytest.mark.parametrize(
    ("shares", "marks"),
    [
        ([0.9, 0.91, 0.02], ("", "", "idle")),
        ([0.9, 0.91, 0.4], ("", "", "lags")),
        ([0.9, 0.91, 0.7], ("", "", "")),
        ([0.0, 0.0, 0.0], ("", "", "")),
        ([0.9, None, 0.91], ("", "", "")),
        ([0.9, 0.5, 0.3], ("", "", "")),
        ([0.9], ("",)),
    ],
)
def test_ranks_that_stand_out(shares, marks):
    assert rank_marks(shares, [0] * len(shares)) == marks


def test_a_rank_of_an_unknown_stage_only_stands_apart():
    assert rank_marks([0.9, 0.91, 0.4], [None] * 3) == ("", "", "apart")
    assert rank_marks([0.9, 0.91, 0.4, 0.41], [0, 0, 1, 1]) == ("", "", "", "")
    assert rank_marks([0.9, 0.9, 0.9, 0.02], [0, 0, 1, 1]) == ("", "", "", "idle")


@pytest.mark.parametrize(
    ("idle_s", "ready_s", "age_s", "found"),
    [
        pytest.param(IDLE_S + 60, 3600, FRESH, IDLE_S + 60, id="idle"),
        pytest.param(3600, 120, FRESH, 120, id="counted-from-ready"),
        pytest.param(3600, 3600, STALE, None, id="stale"),
        pytest.param(None, 3600, FRESH, None, id="working"),
    ],
)
def test_how_long_a_device_does_nothing(idle_s, ready_s, age_s, found):
    since = None if idle_s is None else NOW - idle_s
    view = device(util=0.0, idle_since=since, age_s=age_s)
    holder = pod(ready_changed_at=NOW - ready_s)
    assert idle_for(view, holder, NOW, measured([view])) == found


def test_a_device_of_a_pod_that_is_not_ready_is_not_idle():
    view = device(util=0.0, idle_since=NOW - 3600)
    assert idle_for(view, pod(ready=False), NOW, measured([view])) is None
    assert idle_for(view, None, NOW, measured([view])) is None


def test_a_gap_in_a_trend_stays_a_gap():
    assert spark((0.0, nan, 1.0)) == "▁ █"
    assert spark((0.25, 0.5), 1.0) == "▃▅"
    assert spark((0.0, 0.0)) == "▁▁"
    assert spark(tuple(range(100)), cells=4)[-1] == "█"
    assert len(spark(tuple(range(100)), cells=4)) == 4


def test_an_engine_in_words():
    first, trends = engine_lines(engine(ttft=(0.84, 2.5)), NOW, measured())
    assert text(first).startswith("vLLM llama   running 12   waiting 3   KV 45%   1,234 tok/s")
    assert "TTFT p50 840ms p95 2.5s" in text(first)
    assert "running ▁▃▆ █" in text(trends)


def test_what_follows_from_several_figures_is_shown_where_all_are_known():
    devices = [device(n) for n in range(8)]
    told = Rates(
        15.0,
        {
            Fact.GENERATED: 1600.0,
            Fact.PREEMPTED: 0.05,
            Fact.CACHE_ASKED: 200.0,
            Fact.CACHE_HIT: 90.0,
        },
        {Fact.QUEUE: (0.02, 0.3)},
    )
    view = replace(engine(), rates=told)
    line = text(engine_lines(view, NOW, measured(devices), devices, 8)[1])
    assert line == (
        "200 tok/s per GPU   0.40 tok/J   queue p50 20ms p95 300ms   prefix cache hit 45%   "
        "3 preempted/min"
    )
    dark = text(engine_lines(view, NOW, measured(devices[:7]), devices[:7], 8)[1])
    assert dark.startswith("200 tok/s per GPU   queue")
    silent = replace(engine(), rates=None)
    assert len(engine_lines(silent, NOW, measured(devices), devices, 8)) == 2


def test_a_set_tells_tokens_per_device_of_the_groups_that_tell_tokens():
    known = measured((), {"llama-0": engine(), "llama-1": replace(engine(), rates=None)})
    found = load([pod(0), pod(1)], NOW, known)
    assert found.told == {0}
    assert text(load_line(found, 2, 4)).endswith("   308 tok/s per GPU")
    assert "per GPU" not in text(load_line(found, 2))


def test_an_engine_that_tells_little_shows_dashes_and_never_zeros():
    view = engine(running=None, waiting=None, kv=None)
    assert "running –   waiting –   KV –" in text(engine_lines(view, NOW, measured())[0])
    assert "TTFT p50 – p95 –" in text(engine_lines(view, NOW, measured())[0])


def test_an_old_engine_is_marked_and_a_stale_one_has_no_numbers():
    assert "running ~12" in text(engine_lines(engine(OLD), NOW, measured())[0])
    (only,) = engine_lines(engine(STALE), NOW, measured())
    assert "stale 5m" in text(only)
    assert "12" not in text(only)


def test_engines_of_a_set_are_added_and_the_worst_group_is_named():
    known = measured((), {"llama-0": engine(), "llama-1": engine(waiting=40.0, kv=0.97)})
    found = load([pod(0), pod(1)], NOW, known)
    line = text(load_line(found, 2))
    assert "engines 2/2   running 24   waiting 43   2,468 tok/s" in line
    assert "worst group 1: waiting 40, KV 97%" in line


def test_a_stale_engine_counts_nowhere():
    known = measured((), {"llama-0": engine(), "llama-1": engine(STALE, waiting=40.0)})
    found = load([pod(0), pod(1)], NOW, known)
    assert (found.running, found.waiting, found.reporting) == (12.0, 3.0, 1)
    assert "engines 1/2" in text(load_line(found, 2))


def test_no_engine_no_line():
    assert load_line(load([pod()], NOW, measured()), 1) == ()
    unknown = msgspec.structs.replace(pod(), name="other")
    assert load([unknown], NOW, measured((), {"llama-0": engine()})).running is None
