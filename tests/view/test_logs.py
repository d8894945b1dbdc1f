from dataclasses import dataclass

import pytest

from lwstui.view.logs import LogBuffer, level_of, search


@dataclass
class Entry:
    source: str
    at: float
    text: str
    kind: str = "line"


def texts(buffer):
    return [line.text for line in buffer.lines]


def test_sources_are_merged_by_time_within_the_window():
    buffer = LogBuffer()
    buffer.add([Entry("w1", 10.2, "b"), Entry("leader", 10.1, "a")], now=100.0)
    assert buffer.settle(100.2) == 0
    buffer.add([Entry("w2", 10.15, "between")], now=100.2)
    assert buffer.settle(100.3) == 2
    assert buffer.settle(100.5) == 1
    assert texts(buffer) == ["a", "b", "between"]
    assert [line.late for line in buffer.lines] == [False, False, True]
    assert [line.number for line in buffer.lines] == [0, 1, 2]


def test_lines_without_a_timestamp_keep_their_order_of_arrival():
    buffer = LogBuffer()
    buffer.add([Entry("a", 0.0, "1"), Entry("b", 0.0, "2")], now=5.0)
    buffer.settle(6.0)
    assert texts(buffer) == ["1", "2"]
    assert buffer.untimed


def test_the_oldest_lines_are_dropped_and_counted():
    buffer = LogBuffer(limit=100)
    for n in range(1000):
        buffer.add([Entry("leader", float(n + 1), str(n))], now=float(n))
        buffer.settle(float(n + 1))
    assert 100 <= len(buffer.lines) <= 110
    assert buffer.dropped == 1000 - len(buffer.lines)
    assert buffer.first == buffer.dropped
    assert buffer.end == 1000
    assert [line.text for line in buffer.since(998)] == ["998", "999"]


def test_characters_are_bounded_too():
    buffer = LogBuffer(byte_limit=1000)
    for n in range(20):
        buffer.add([Entry("leader", float(n + 1), "x" * 100)], now=0.0)
    buffer.settle(1.0)
    assert len(buffer.lines) == 10
    assert buffer.dropped == 10


def test_long_lines_say_that_they_are_cut():
    buffer = LogBuffer()
    buffer.add([Entry("leader", 1.0, "x" * 10_000)], now=0.0)
    buffer.settle(1.0)
    assert buffer.lines[0].text.endswith("1,808 more characters cut")


def test_sources_keep_their_colour_and_tell_their_problem():
    buffer = LogBuffer()
    buffer.add([Entry("leader", 1.0, "x"), Entry("w1", 1.0, "forbidden", "error")], now=0.0)
    buffer.add([Entry("leader", 2.0, "y"), Entry("leader", 3.0, "restarted", "mark")], now=0.0)
    leader, worker = buffer.sources
    assert (leader.label, leader.colour, leader.lines, leader.problem) == ("leader", 0, 2, "")
    assert (worker.colour, worker.problem) == (1, "forbidden")
    buffer.settle(1.0)
    buffer.clear()
    assert not buffer.lines
    assert buffer.end == 4


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("INFO engine started", ""),
        ("ERROR out of luck", "error"),
        ("Traceback (most recent call last):", "error"),
        ("gpu-1:22 NCCL WARN Connect failed", "error"),
        ("WARNING 08-21 slow", "warn"),
        ("E0821 10:00:00 reflector", "error"),
        ("terrors of the deep", ""),
        ("x" * 300 + " ERROR", ""),
    ],
)
def test_levels(text, level):
    assert level_of(text) == level


def line(text, kind="line"):
    buffer = LogBuffer(window_s=0.0)
    buffer.add([Entry("leader", 1.0, text, kind)], now=0.0)
    buffer.settle(1.0)
    return buffer.lines[0]


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("", "anything", True),
        ("nccl", "NCCL WARN", True),
        ("NCCL", "nccl warn", False),
        ("nccl|503", "GET 503", True),
        ("~^get", "GET 503", True),
        ("!503", "GET 503", False),
        ("!503", "GET 200", True),
        ("[red", "text [red here", True),
    ],
)
def test_search(pattern, text, matches):
    assert search(pattern).matches(line(text)) is matches


def test_search_shows_where_and_keeps_marks():
    assert search("ab").spans("ab cab") == ((0, 2), (4, 6))
    assert search("!ab").spans("ab") == ()
    assert search("zzz").matches(line("restarted", "mark"))
    assert "not a regular expression" in search("~[").problem
