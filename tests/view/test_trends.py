"""Sparklines of the last hour: what is true now, gaps, and where a part of it comes from."""

from __future__ import annotations

from dataclasses import replace

from lwstui.state.trends import STEP_S, Track, Trends
from lwstui.view.aside import set_aside
from lwstui.view.memo import Memo
from lwstui.view.trends import trend_line, trend_lines, trends_of, trends_of_all
from tests.insight.support import death
from tests.view.build import LLAMA, NOW, lws, pod, snapshot
from tests.view.measuring import measured

STEP = int(NOW // STEP_S)
NAN = float("nan")


def ending(*values, until=STEP):
    """Return a track whose last value is of this minute."""
    return Track(until - len(values) + 1, tuple(values), 1)


def known(own=None, past=None, deaths=(), whole=None):
    telemetry = measured(
        trends={LLAMA: own} if own else {},
        past={LLAMA: past} if past else {},
        whole=whole or Trends(),
    )
    plain = snapshot(sets=(lws(4),), pods=(pod(0, 0), pod(0, 1)))
    return replace(plain, telemetry=telemetry, deaths=tuple(deaths))


def text(line):
    return "".join(span.text for span in line)


def line(shown, cells=400):
    return trend_line(trends_of(shown, LLAMA, 4, NOW), NOW, cells)


def test_a_set_shows_what_is_known_of_its_last_hour():
    own = Trends(ending(4.0, 2.0, 4.0), ending(0.5, NAN, 0.9), ending(100.0, 200.0))
    assert text(line(known(own))) == "last hour   ready 4 █▅█   util 90% ▅ █   tok/s 200 ▅█"


def test_what_is_ready_at_present_is_said_although_a_minute_shows_the_fewest():
    shown = known(Trends(ending(4.0, 0.0)))
    found = trends_of(shown, LLAMA, 4, NOW, ready=4)
    assert text(trend_line(found, NOW, 400)).startswith("last hour   ready 4 █")
    telemetry = replace(shown.telemetry, whole=Trends(ending(9.0, 0.0)))
    (one,) = trends_of_all(replace(shown, telemetry=telemetry), NOW, ready=7)
    assert one.now == "7"


def test_what_nothing_is_known_of_is_not_drawn():
    assert line(known()) == ()
    assert line(known(Trends(ending(4.0)))) == ()
    assert text(line(known(Trends(ending(4.0, 4.0))))) == "last hour   ready 4 ██"


def test_a_value_that_is_missing_now_is_no_value_and_no_zero():
    stopped = Trends(util=Track(STEP - 4, (0.5, 0.5), 1))
    assert text(line(known(stopped))) == "last hour   util – ▅▅   "


def test_what_prometheus_remembers_stands_before_and_is_named():
    own, past = Trends(util=ending(0.9, 0.9)), Trends(util=ending(0.1, 0.2, 0.5, 0.5))
    found = line(known(own, past))
    assert text(found).startswith("last hour   util 90% ▁▂██   before ")
    assert text(found).endswith(" from Prometheus")
    assert [span.tone for span in found if "▁" in span.text or "█" in span.text] == ["dim", "busy"]
    assert "Prometheus" not in text(line(known(own)))


def test_an_hour_fits_into_few_cells_and_a_dip_is_not_lost():
    values = [4.0] * 60
    values[30] = 1.0
    (one,) = trends_of(known(Trends(ending(*values))), LLAMA, 4, NOW)
    drawn = text(one.spans(10))
    assert len(drawn) == 10
    assert sorted(drawn) == ["▃", *"█" * 9]


def test_ends_of_containers_are_counted_by_the_minute():
    deaths = [death(at=NOW), death(at=NOW - 1), death(at=NOW - 600), death(at=NOW - 7200)]
    (one,) = trends_of(known(deaths=deaths), LLAMA, 4, NOW)
    assert (one.label, one.now) == ("exits", "3")
    drawn = text(one.spans(60))
    assert (drawn.count("█"), drawn.count("▁")) == (3, 57)
    other = death(at=NOW, set_name="other")
    assert trends_of(known(deaths=[other]), LLAMA, 4, NOW) == ()
    assert [t.now for t in trends_of_all(known(deaths=[other]), NOW)] == ["1"]


def test_beside_the_fleet_each_trend_has_a_line():
    own = Trends(ending(4.0, 2.0), ending(0.5, 0.9))
    lines = [text(one) for one in trend_lines(trends_of(known(own), LLAMA, 4, NOW), NOW, 36)]
    assert lines == ["ready     ▅ 2", "util      ▆ 90%"]
    shown = known(own, whole=Trends(util=ending(0.2, 0.3)))
    aside = [text(one) for one in set_aside(shown, LLAMA, NOW, Memo())]
    assert "util      ▆ 90%" in aside
    assert aside[-2:] == ["LAST HOUR OF ALL SETS", "util      ▃ 30%"]
