"""What the screen says of recordings."""

from dataclasses import replace

import pytest

from lwstui.state.model import ClusterState, Playing, Taping
from lwstui.view.ages import clock
from lwstui.view.tape import came_to, marks, moment, notice, position
from tests.view.build import NOW

PLAYING = Playing("r", NOW, 600.0, 192.0)


def texts(cluster: ClusterState) -> list[str]:
    return [span.text for span in marks(cluster)]


def test_a_recording_that_is_shown_says_where_it_is():
    at = clock(NOW + 192)
    assert texts(ClusterState(playing=PLAYING))[:3] == ["REPLAY", f"▶ 1x {at}", "3:12/10:00"]
    paused = replace(PLAYING, paused=True)
    assert texts(ClusterState(playing=paused))[1] == f"‖ {at}"
    seeking = replace(PLAYING, seeking=True)
    assert texts(ClusterState(playing=seeking))[1] == f"… seeking {at}"


def test_times_are_those_of_utc_where_the_operator_wants_them():
    spans = marks(ClusterState(playing=PLAYING), "utc")
    assert spans[1].text == f"▶ 1x {clock(NOW + 192, 'utc')}Z"
    assert moment(clock(NOW + 60, "utc"), PLAYING, "utc") == 60.0


def test_a_recording_that_is_made_says_how_large_it_is():
    taping = Taping("r", NOW, 2048)
    assert texts(ClusterState(taping=taping)) == ["● REC", "2 KiB"]
    ended = replace(taping, ended="the disk is full")
    assert texts(ClusterState(taping=ended)) == []
    assert notice(ClusterState(taping=ended))[0][0].text == "✕ the disk is full"
    assert texts(ClusterState()) == []
    assert notice(ClusterState()) == ()


def test_what_a_recording_came_to():
    assert came_to(Taping("r", NOW - 90, 2048, 1), NOW) == "recorded 1m30s to r: 2 KiB, 1 entry"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.9, "0:59"), (192, "3:12"), (3792, "1:03:12")]
)
def test_places(seconds, text):
    assert position(seconds) == text


@pytest.mark.parametrize(
    ("text", "at_s"),
    [
        ("+5m", 492.0),
        ("-30s", 162.0),
        ("5m", 300.0),
        ("end", 600.0),
        (clock(NOW + 60), 60.0),
        (clock(NOW + 30), 30.0),
        ("soon", None),
        ("+x", None),
        ("25:00", None),
        ("1:2:3:4", None),
        ("1:x", None),
    ],
)
def test_moments(text, at_s):
    assert moment(text, PLAYING) == at_s


def test_a_time_before_the_beginning_is_that_of_the_next_day():
    assert moment(clock(NOW - 60), PLAYING) == 86400.0 - 60
