"""The rollout screen's content: progress, budget, forecast, strip, reasons, timeline."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.api.meta import Key
from lwstui.state.model import ControllerView, GroupStart
from lwstui.state.starts import Usual, usual
from lwstui.view.forecast import forecast, rounds
from lwstui.view.health import judge
from lwstui.view.memo import Memo
from lwstui.view.rollout_view import rollout_view
from lwstui.view.timeline import LAST, Bar, columns, ordered, timeline
from lwstui.view.types import Query
from tests.view.rollouts import annotate, midway, native, partition, running, settled, snapshot

KEY = Key("default", "sample")


def view(cluster, *, cells=119, later=0.0, **changes):
    seen = replace(snapshot(cluster), **changes)
    return rollout_view(seen, KEY, Query(), cluster.now + later, Memo(), cells=cells)


def text(lines):
    return "\n".join("".join(span.text for span in line) for line in lines)


def test_a_set_that_is_gone():
    cluster = running(2)
    found = rollout_view(
        replace(snapshot(cluster), sets={}), KEY, Query(), cluster.now, Memo(), cells=80
    )
    assert not found.found
    assert "is gone" in text([found.headline])


def test_progress_and_budget_are_spelled_out():
    found = view(midway())
    header = text(found.header)
    assert "7/12 groups  58%" in header
    assert "ready 11/12 (floor 11 = 12 - maxUnavailable 1)" in header
    assert "surge 1/1 in use   step 2 = 1 + 1" in header


def test_percentages_are_resolved_to_groups():
    found = view(midway(maxUnavailable="10%", maxSurge="20%", rounds=2))
    header = text(found.header)
    assert "maxUnavailable 10% = 1 group" in header
    assert "maxSurge 20% = 3 groups" in header


@pytest.mark.parametrize(
    ("broken", "rounds", "says"),
    [
        pytest.param(None, 1, "ETA after 3 groups", id="too few starts"),
        pytest.param(None, 4, "ETA about", id="some starts"),
        pytest.param(5, 6, "BLOCKED 4m by 5, then about", id="blocked"),
    ],
)
def test_the_forecast(broken, rounds, says):
    found = view(midway(broken=broken, rounds=rounds), starts=_starts(rounds))
    assert says in text(found.header)


def _starts(count):
    return {KEY: tuple(GroupStart("x", 200.0 + i) for i in range(count))}


def test_a_set_at_rest_is_done_and_waits_for_nothing():
    cluster = running(3)
    found = view(cluster, later=60)
    assert "DONE" in text(found.header)
    assert "all 3 groups are ready" in text(found.why)
    assert found.blocker is None


def test_groups_that_the_floor_keeps_back_are_named():
    cluster = running(6)
    partition(cluster, 4)
    cluster.set_image("b")
    settled(cluster)
    found = view(cluster, cells=119)
    assert "2/2 groups from 4 on  100%   HELD by the floor: groups 0-3" in text(found.header)
    assert "the partition in the spec is 4" in text(found.why)
    assert "held" in text(found.strip)


def test_a_hold_says_where_and_what_resuming_goes_back_to():
    cluster = midway()
    partition(cluster, 5)
    annotate(cluster, "lwstui.dev/paused-partition", "0")
    found = view(cluster, cells=119)
    assert "HELD at 5" in text(found.header)
    assert "user floor 5, held: resuming goes back to 0" in text(found.strip)
    assert "until the rollout is resumed" in text(found.why)


def test_a_pause_says_so_and_still_names_the_broken_group():
    cluster = midway()
    partition(cluster, 13)
    annotate(cluster, "lwstui.dev/paused-partition", "0")
    found = view(cluster)
    assert "PAUSED" in text(found.header)
    assert "until the rollout is resumed" in text(found.why)


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        ("off", "no controller acts on this set"),
        ("paused", "the controller in this console is paused"),
        ("failed", "the controller in this console failed: no lease"),
    ],
)
def test_nobody_acts(mode, says):
    found = view(midway(), controller=ControllerView(mode=mode, last_error="no lease"))
    assert "NO CONTROLLER ACTS" in text(found.header)
    assert says in text(found.why)


def test_a_native_rollout_is_explained_too():
    cluster = midway()
    observed = native(cluster.observe())
    found = view(
        cluster,
        controller=ControllerView(mode="native"),
        by_set={KEY: observed.pods},
        sets={KEY: observed.lws},
    )
    assert "group 5 is not ready" in text(found.why)
    assert found.blocker.group == 5


def test_the_acting_controllers_reasons_are_shown_as_they_are():
    waits = {KEY: (("readiness", "group 5 waits for the moon", 5),)}
    found = view(midway(), controller=ControllerView(mode="leader", waits=waits))
    assert "group 5 waits for the moon" in text(found.why)


@pytest.mark.parametrize("low", [None, 0, 6, 9])
@pytest.mark.parametrize("high", [10, 11])
def test_the_highest_group_that_is_not_ready_is_named_whatever_others_do(high, low):
    cluster = midway(12, broken=high, rounds=3)
    if low is not None:
        for pod in [p for p in cluster.pods.values() if p.group == low]:
            cluster.unready(pod.name)
    found = view(cluster)
    assert found.blocker.group == high
    assert text(found.why)[2:].startswith(f"group {high} is not ready")
    assert f"sample-{high} " in text(found.why)


def test_the_strip_marks_partition_surge_and_times():
    strip = text(view(midway()).strip).splitlines()
    assert [word for word in strip[0].split() if word != "┃"][-1] == "12^"
    assert strip[0].index("┃") < strip[0].index(" 4 ")
    assert strip[3].split()[1:5] == ["wait"] * 4
    assert "5/8" not in strip[2]
    assert "0/2!" in strip[2]
    assert "groups from 4 on may be updated now" in strip[4]


@pytest.mark.parametrize("cells", [60, 79])
def test_a_narrow_screen_gets_a_strip_of_one_line(cells):
    strip = text(view(midway(), cells=cells).strip).splitlines()
    assert len(strip) == 2
    assert strip[0] == "0 ~~~~┃·!······┊· 12^"


def test_very_many_groups_share_cells():
    strip = text(view(midway(200, broken=199, rounds=1), cells=80).strip).splitlines()
    assert len(strip[0].partition("   1 cell")[0]) <= 80
    assert "1 cell = 3 groups" in strip[0]


@pytest.mark.parametrize(
    ("remaining", "step", "found"), [(0, 2, 0), (1, 2, 1), (4, 2, 2), (5, 2, 3), (3, 0, 3)]
)
def test_rounds(remaining, step, found):
    assert rounds(remaining, step) == found


def test_two_starts_are_too_few_to_tell_how_long_the_rest_takes():
    starts = [GroupStart("x", 60.0) for i in range(3)]
    assert forecast(4, 2, usual(starts)) == "about 2m (2m-2m)"
    assert forecast(4, 2, usual(starts[:2])) == "ETA after 3 groups"
    assert forecast(4, 2, None) == "ETA after 3 groups"


def bar(group, began, ready):
    return Bar(group, False, began, ready, judge("·" if ready else "o", word="pulling"), "1/2 pods")


def test_groups_in_progress_come_first_and_of_many_only_the_last_ended():
    bars = [bar(i, 0, 10.0 + i) for i in range(30)] + [bar(30, 5, None), bar(31, 5, None)]
    assert [b.group for b in ordered(bars, 10)][:4] == [31, 30, 29, 28]
    assert len(ordered(bars, 40)) == 2 + LAST


@pytest.mark.parametrize("cells", [40, 80, 120, 200])
def test_a_timeline_has_one_column_per_step(cells):
    known = Usual(10, 20, 30, 5)
    lines = timeline([bar(3, 50, None), bar(4, 0, 60)], 0, 100, cells, known)
    running_, done = text(lines).splitlines()
    wide = columns(cells)
    assert done.index("█") - done.index("|") - 1 == int(wide * 0.6)
    assert running_.count("▒") == wide - 1 - int(wide * 0.5)
    assert "pulling 1/2 pods, p90 passed 20s ago" in running_
    assert done.endswith("| 1m")


def test_a_timeline_of_no_time_at_all_is_drawn():
    assert "█" in text(timeline([bar(0, 5, 5.0)], 5, 5, 80, None))
