"""The last hour in fixed memory: minutes, gaps, and what is known from elsewhere."""

from __future__ import annotations

from math import isnan, nan

import msgspec
import pytest

from lwstui.state.seen import seen_of, with_trends
from lwstui.state.trends import (
    MINUTES,
    NO_TRACK,
    STEP_S,
    Seen,
    Track,
    noted,
    serving,
    until_now,
    whole,
)
from tests.view.build import LLAMA, NOW, lws, pod, snapshot
from tests.view.measuring import STALE, device, engine, measured

START = 1_000 * STEP_S


def track(*told, least=False):
    """Return a track of (minute, value) pairs."""
    found = NO_TRACK
    for minute, value in told:
        found = noted(found, START + minute * STEP_S, value, least=least)
    return found


def same(values, expected):
    return [None if isnan(value) else value for value in values] == expected


def test_a_minute_shows_the_mean_of_what_was_told_in_it():
    assert track((0, 1.0), (0.25, 2.0), (0.5, 6.0), (1, 4.0)).values == (3.0, 4.0)


def test_a_minute_of_what_must_not_fall_shows_the_least():
    assert track((0, 4.0), (0.25, 2.0), (0.5, 4.0), least=True).values == (2.0,)


def test_a_gap_stays_a_gap_and_no_zero():
    assert same(track((0, 1.0), (3, 2.0)).values, [1.0, None, None, 2.0])
    assert same(track((0, None), (0.5, 2.0), (1, None)).values, [2.0, None])


def test_memory_does_not_grow():
    found = track(*((minute, float(minute)) for minute in range(5 * MINUTES)))
    assert len(found.values) == MINUTES
    assert found.values[-1] == 5 * MINUTES - 1
    assert found.last == 1_000 + 5 * MINUTES - 1
    assert len(track((0, 1.0), (1_000_000, 2.0)).values) == 1


def test_a_clock_that_is_put_back_changes_nothing():
    assert track((10, 1.0), (3, 9.0)) == track((10, 1.0))


def test_what_this_console_saw_counts_and_what_was_before_comes_from_elsewhere():
    own = track((10, 5.0), (11, 6.0))
    earlier = Track(1_000 + 7, (1.0, 2.0, 3.0, 4.0, 4.5))
    values, elsewhere = until_now(own, START + 12 * STEP_S, earlier)
    assert same(values, [1.0, 2.0, 3.0, 5.0, 6.0, None])
    assert elsewhere == 3


def test_without_own_values_everything_comes_from_elsewhere():
    values, elsewhere = until_now(NO_TRACK, START + 2 * STEP_S, Track(1_001, (1.0, nan)))
    assert same(values, [1.0, None])
    assert elsewhere == 2
    assert until_now(NO_TRACK, START) == ((), 0)


def test_what_is_older_than_an_hour_is_not_shown():
    values, elsewhere = until_now(track((0, 1.0)), START + MINUTES * STEP_S)
    assert (values, elsewhere) == ((), 0)


@pytest.mark.parametrize(
    ("changes", "groups"),
    [
        ({}, 2),
        ({"ready": False}, 1),
        ({"terminating": True}, 1),
        ({"size": 3}, 1),
    ],
)
def test_a_group_serves_when_all_of_it_is_there_and_ready(changes, groups):
    pods = [pod(group, worker) for group in range(2) for worker in range(2)]
    if "terminating" in changes:
        changes = {"deleted_at": NOW}
    pods[-1] = msgspec.structs.replace(pods[-1], **changes)
    assert serving(pods) == groups
    assert serving(pods[:-1]) == 1
    assert serving([]) == 0


def test_a_set_is_seen_by_devices_and_engines_that_report():
    members = (pod(0, 0), pod(0, 1))
    devices = [
        device(0, 0.8),
        device(1, 0.4),
        device(2, 0.0, age_s=STALE),
        device(3, None),
    ]
    told = measured(devices, {"llama-0": engine()})
    ((seen, reporting),) = seen_of({LLAMA: members}, [LLAMA], told, pods_known=True).values()
    assert seen == Seen(1.0, pytest.approx(0.6), 1234.0)
    assert reporting == 2
    ((dark, none),) = seen_of({LLAMA: members}, [LLAMA], measured(), pods_known=False).values()
    assert (dark, none) == (Seen(), 0)


def test_a_sum_that_lacks_an_engine_is_a_gap_and_no_dip():
    members = (pod(0, 0), pod(0, 1), pod(1, 0), pod(1, 1))
    told = measured((), {"llama-0": engine(), "llama-1": engine(STALE)})
    ((seen, _),) = seen_of({LLAMA: members}, [LLAMA], told, pods_known=True).values()
    assert (seen.tokens, seen.blind) == (None, True)
    assert whole([(seen, 0), (Seen(tokens=5.0), 0)]).tokens is None
    both = measured((), {"llama-0": engine(), "llama-1": engine()})
    ((seen, _),) = seen_of({LLAMA: members}, [LLAMA], both, pods_known=True).values()
    assert (seen.tokens, seen.blind) == (2468.0, False)


def test_all_sets_together_are_sums_and_a_mean_over_devices():
    found = whole([(Seen(3.0, 0.9, 100.0), 30), (Seen(1.0, 0.1, None), 10), (Seen(), 0)])
    assert found == Seen(4.0, pytest.approx(0.7), 100.0)
    assert whole([]) == Seen()


def test_a_round_brings_the_trends_on_and_sets_that_are_gone_are_forgotten():
    known = snapshot(sets=(lws(),), pods=(pod(0, 0), pod(0, 1)))
    first = with_trends(measured([device(0, 0.5)]), measured(), known)
    assert first.trends[LLAMA].util.values == (0.5,)
    assert first.whole.util.values == (0.5,)
    after = with_trends(measured(at=NOW + STEP_S), first, known)
    assert same(after.trends[LLAMA].util.values, [0.5, None])
    assert with_trends(measured(), first, snapshot()).trends == {}
