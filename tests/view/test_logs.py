from dataclasses import dataclass

import pytest

from lwstui.view.loglevels import level_of, shown
from lwstui.view.loglines import LogLimits, Rates, SourceInfo, colour_of
from lwstui.view.logs import LogBuffer
from lwstui.view.logsearch import search


@dataclass
class Entry:
    source: str
    at: float
    text: str
    kind: str = "line"
    colours: tuple = ()


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
    buffer = LogBuffer(LogLimits(single=100))
    for n in range(1000):
        buffer.add([Entry("leader", float(n + 1), str(n))], now=float(n))
        buffer.settle(float(n + 1))
    assert 95 <= len(buffer.lines) <= 100
    assert buffer.dropped == 1000 - len(buffer.lines)
    assert buffer.first == buffer.dropped
    assert buffer.end == 1000
    assert [line.text for line in buffer.since(998)] == ["998", "999"]


def test_characters_are_bounded_too():
    buffer = LogBuffer(LogLimits(size=1000))
    for n in range(20):
        buffer.add([Entry("leader", float(n + 1), "x" * 100)], now=0.0)
    buffer.settle(1.0)
    assert len(buffer.lines) == 10
    assert buffer.dropped == 10


def test_sources_tell_how_much_they_say_and_what_is_wrong():
    buffer = LogBuffer()
    buffer.add([Entry("leader", 0.0, "open", "state"), Entry("leader", 1.0, "ERROR x")], now=0.0)
    buffer.add([Entry("w1", 1.0, "forbidden", "error")], now=0.0)
    buffer.add([Entry("leader", 2.0, "y"), Entry("leader", 3.0, "restarted", "mark")], now=0.0)
    buffer.settle(1.0)
    leader, worker = buffer.sources
    assert leader == SourceInfo("leader", lines=2, errors=1, state="open")
    assert (worker.label, worker.problem) == ("w1", "forbidden")
    buffer.clear()
    assert not buffer.lines
    assert buffer.end == 4


def test_the_colour_of_a_rank_is_the_same_in_every_log():
    assert [colour_of(label) for label in ("leader", "w1", "5/w3", "5/w3:main")] == [0, 1, 8, 8]


def test_a_source_that_brings_its_history_is_sorted_in():
    buffer = LogBuffer(window_s=0.0)
    buffer.add([Entry("leader", 10.0 + n, f"leader {n}") for n in range(60)], now=100.0)
    buffer.settle(100.0)
    buffer.add([Entry("w1", 10.5 + n, f"w1 {n}") for n in range(60)], now=101.0)
    buffer.settle(101.0)
    assert texts(buffer)[:4] == ["leader 0", "w1 0", "leader 1", "w1 1"]
    assert [line.number for line in buffer.lines] == list(range(120))
    assert not any(line.late for line in buffer.lines)
    assert buffer.epoch == 1


def test_the_window_grows_for_a_late_source_and_shrinks_again():
    buffer = LogBuffer()
    buffer.add([Entry("leader", 10.0, "a")], now=100.0)
    buffer.settle(100.4)
    buffer.add([Entry("w1", 9.5, "b")], now=100.4)
    buffer.settle(100.8)
    assert buffer.window_s == pytest.approx(0.9)
    buffer.add([Entry("w1", 1.0, "c")], now=101.0)
    buffer.settle(102.0)
    assert buffer.window_s == 2.0
    buffer.add([Entry("leader", 11.0, "d")], now=140.0)
    buffer.settle(142.0)
    assert buffer.window_s == 0.3


def test_while_it_is_held_what_was_there_stays():
    buffer = LogBuffer(LogLimits(single=100), window_s=0.0)

    def say(start, stop):
        buffer.add([Entry("w1", float(n), str(n)) for n in range(start, stop)], now=0.0)
        buffer.settle(0.0)

    say(0, 100)
    buffer.hold(True)
    say(100, 400)
    assert texts(buffer)[:100] == [str(n) for n in range(100)]
    assert texts(buffer)[100:] == [str(n) for n in range(305, 400)]
    assert buffer.dropped == 205
    assert buffer.hole == (100, 305)
    assert [line.text for line in buffer.since(398)] == ["398", "399"]
    buffer.hold(False)
    assert texts(buffer) == [str(n) for n in range(305, 400)]
    assert buffer.dropped == 305


def test_lines_are_shown_a_slice_at_a_time_and_what_could_not_be_kept_is_not_shown_first():
    buffer = LogBuffer(LogLimits(single=100, merged=100), window_s=0.0)
    buffer.add([Entry("w1", float(n), str(n)) for n in range(250)], now=0.0)
    assert buffer.settle(0.0, most=30) == 30
    assert (buffer.due, buffer.waiting, buffer.dropped) == (70, 70, 150)
    assert texts(buffer)[0] == "150"
    buffer.add([Entry("w2", 185.5, "between")], now=0.0)
    while buffer.settle(0.0, most=30):
        pass
    assert not any(line.late for line in buffer.lines)
    assert "between" in texts(buffer)
    assert buffer.dropped + len(buffer.lines) == 251
    assert buffer.sources[0].lines == 250


def test_lines_and_errors_are_counted_by_half_minutes():
    buffer = LogBuffer(window_s=0.0)
    buffer.add([Entry("w1", 1000.0, "ERROR a"), Entry("w1", 1029.0, "b")], now=1030.0)
    buffer.settle(1030.0)
    assert buffer.buckets(1049.0)[-2:] == ((1, 1), (1, 0))


def test_rates():
    rates, source = Rates(), SourceInfo("w1", lines=100)
    assert rates.look(10.0, [source]) == {"w1": 0.0}
    source.lines = 150
    assert rates.look(15.0, [source]) == {"w1": 10.0}
    for now in (16.0, 21.0, 22.0):
        assert rates.look(now, [source])["w1"] < 10.0
    assert rates.look(30.0, [source]) == {"w1": 0.0}


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("INFO engine started", "info"),
        ("ERROR out of luck", "error"),
        ("Traceback (most recent call last):", "error"),
        ("gpu-1:22 NCCL WARN Connect failed", "error"),
        ("WARNING 08-21 slow", "warn"),
        ("E0821 10:00:00 reflector", "error"),
        ("ValueError: no such thing", "error"),
        ("INFO all fine, no ERROR seen", "info"),
        ("DEBUG tick", "debug"),
        ("terrors of the deep", ""),
        ("INFORMATION", ""),
        ("x" * 300 + " ERROR", ""),
    ],
)
def test_levels(text, level):
    assert level_of(text) == level


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("INFO started", "INFO started"),
        ("gpu-1:22 NCCL WARN failed", "ERROR gpu-1:22 NCCL WARN failed"),
        ("Traceback (most recent call last):", "ERROR Traceback (most recent call last):"),
        ('{"level":"warning","msg":"slow","ms":12,"who":"a b"}', 'WARN slow ms=12 who="a b"'),
        ('{"level":50,"message":"down","ts":1.5}', "ERROR down"),
        ('{"severity":"odd","event":"x","deep":{"a":[1]}}', 'ODD x deep={"a":[1]}'),
        ('{"no":"message"}', '{"no":"message"}'),
        ("{broken}", "{broken}"),
        ('{"msg":"\\u001b[31mred\\u202e"}', "red"),
    ],
)
def test_how_a_line_is_read(text, read):
    assert shown(text).text == read


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
        ("nccl failed", "NCCL has failed", True),
        ("nccl failed", "NCCL is fine", False),
        ('"has failed"', "NCCL has failed", True),
        ('"failed has"', "NCCL has failed", False),
        ("nccl !failed", "NCCL has failed", False),
        ('"a|b"', "a or b", False),
        ("!", "anything", True),
    ],
)
def test_search(pattern, text, matches):
    wanted = search(pattern)
    assert (not wanted.hides(text) and (wanted.finds(text) or not wanted.includes)) is matches


def test_search_shows_where():
    assert search("ab").spans("ab cab") == ((0, 2), (4, 6))
    assert search("!ab").spans("ab") == ()
    assert search("ab b").spans("cab") == ((1, 3), (2, 3))


def test_what_is_no_expression_is_said_and_looked_for_as_it_stands():
    wanted = search("~[ ok")
    assert wanted.problem.startswith("“[” is no regular expression: ")
    assert wanted.finds("a [ is ok")


def test_a_log_that_begins_anew_forgets_what_was_of_another_time():
    buffer = LogBuffer()
    buffer.add([Entry("leader", 20.0, "late")], now=20.0)
    buffer.settle(21.0)
    buffer.add([Entry("leader", 21.0, "later")], now=21.0)
    epoch = buffer.epoch
    anew = [Entry("leader", 22.0, "x"), Entry("", 0.0, "", "anew"), Entry("leader", 5.0, "early")]
    buffer.add(anew, now=22.0)
    buffer.settle(23.0)
    assert texts(buffer) == ["early"]
    assert buffer.epoch == epoch + 1
