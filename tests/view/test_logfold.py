"""Which lines share a row, which are hidden, where late ones go."""

import pytest

from lwstui.view.logfold import REACH, Rows, Wish, together
from lwstui.view.loglevels import shown
from lwstui.view.loglines import LogLine
from lwstui.view.logsearch import search


class Story:
    """Makes lines with growing numbers."""

    def __init__(self, **wish):
        self.rows = Rows(Wish(**wish))
        self.number = 0

    def say(self, *said, late=False, kind="line"):
        """Take (source, seconds, text) lines; return what ``take`` says."""
        lines = []
        for source, at, text in said:
            level, read, _ = shown(text)
            lines.append(LogLine(self.number, at, source, text, read, kind, level, late))
            self.number += 1
        return self.rows.take(lines)

    @property
    def seen(self):
        return [(row.label, row.text) for row in self.rows.rows]


def test_what_ranks_say_together_is_one_row():
    story = Story()
    changed, shown_ = story.say(*((f"w{n}", 10 + n / 10, f"rank {n} connected") for n in (1, 2, 3)))
    assert (changed, shown_) == (0, 3)
    assert story.seen == [("w1-w3 ×3", "rank 1 connected  (numbers differ)")]
    story.say(("w4", 12.5, "rank 4 connected"))
    assert story.seen[1] == ("w4", "rank 4 connected")


def test_what_a_source_repeats_is_counted_with_its_time():
    story = Story()
    said = "INFO 08-21 10:38:{:02} Waiting for 8 nodes, have 5"
    story.say(*(("leader", float(n), said.format(n)) for n in (0, 10, 20)))
    assert story.seen == [("leader", said.format(0) + "  (×3 in 20 s)")]
    story.say(("leader", 30.0, "INFO 08-21 10:38:30 Waiting for 8 nodes, have 6"))
    assert len(story.seen) == 2
    story.say(("leader", 40.0, "ready"), ("leader", 50.0, said.format(50)))
    assert [text for _, text in story.seen][-1] == said.format(50)


def test_ranks_that_repeat_themselves_together():
    story = Story()
    for round_ in (0.0, 10.0):
        story.say(*((f"w{n}", round_ + n / 10, "still waiting") for n in (1, 2)))
    assert story.seen == [("w1-w2 ×2", "still waiting  (×4 in 10 s)")]


def test_errors_share_a_row_only_when_they_are_equal():
    story = Story()
    story.say(
        ("w1", 1.0, "ERROR rank 1 failed"),
        ("w2", 1.1, "ERROR rank 2 failed"),
        ("w3", 1.2, "ERROR rank 2 failed"),
    )
    assert [label for label, _ in story.seen] == ["w1", "w2-w3 ×2"]


def test_addresses_may_differ_and_words_may_not():
    story = Story()
    story.say(("w1", 1.0, "at 0xdeadbeef ok"), ("w2", 1.0, "at 0xcafe ok"), ("w3", 1.0, "at b ok"))
    assert [label for label, _ in story.seen] == ["w1-w2 ×2", "w3"]


def test_marks_share_a_row_too():
    story = Story()
    story.say(*((f"w{n}", 1.0, "the pod is gone") for n in (1, 2)), kind="mark")
    assert story.seen == [("w1-w2 ×2", "the pod is gone")]


def test_without_folding_each_line_has_its_row():
    story = Story(fold=False)
    story.say(("w1", 1.0, "same"), ("w2", 1.0, "same"), ("w1", 1.0, "same"))
    assert len(story.seen) == 3


def test_a_row_far_up_is_not_touched():
    story = Story()
    story.say(("w1", 1.0, "same"))
    story.say(*(("leader", 1.0, f"line {'x' * n}") for n in range(REACH + 1)))
    story.say(("w2", 1.0, "same"))
    assert story.seen[-1] == ("w2", "same")


def test_closed_rows_stay_as_they_are():
    story = Story()
    story.say(("w1", 1.0, "same"))
    story.rows.close()
    story.say(("w2", 1.0, "same"), ("w3", 1.0, "same"))
    story.say(("w4", 0.5, "late"), late=True)
    assert story.seen == [("w1", "same"), ("w4", "late"), ("w2-w3 ×2", "same")]


def test_late_lines_go_where_they_belong():
    story = Story()
    story.say(*(("w1", float(n), f"{'x' * n} line") for n in range(5)))
    changed, _ = story.say(("w2", 1.5, "late"), late=True)
    assert changed == 2
    assert story.seen[2] == ("w2", "late")
    # It goes when the line after it does.
    assert story.rows.drop(2) == 2
    assert story.rows.drop(3) == 2
    assert len(story.seen) == 2


def test_a_hole_is_cut_out():
    story = Story(fold=False)
    story.say(*(("w1", float(n), str(n)) for n in range(10)))
    assert story.rows.drop(0, hole=(4, 7)) == 0
    assert [text for _, text in story.seen] == ["0", "1", "2", "3", "7", "8", "9"]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({"search": search("b")}, ["a", "b", "c", "d", "e", "f", "g"]),
        ({"search": search("b"), "mode": "only"}, ["b"]),
        ({"search": search("f"), "mode": "context"}, ["c", "d", "e", "f", "g"]),
        ({"search": search("!b")}, ["a", "c", "d", "e", "f", "g"]),
        ({"search": search("!b"), "mode": "only"}, ["a", "c", "d", "e", "f", "g"]),
        ({"hidden": {"w1"}}, ["a", "c", "e", "g"]),
    ],
)
def test_what_is_shown(wish, expected):
    story = Story(**wish)
    story.say(*((f"w{n % 2}", float(n), text) for n, text in enumerate("abcdefg")))
    assert [text for _, text in story.seen] == expected


def test_hits_are_counted_line_by_line():
    story = Story(search=search("same"))
    story.say(("w1", 1.0, "same"), ("w2", 1.0, "same"), ("w1", 1.0, "other"))
    assert story.rows.hits == 2
    story.rows.drop(2)
    assert story.rows.hits == 0


def test_a_row_is_unfolded_in_its_place():
    story = Story(search=search("same"))
    story.say(("w1", 1.0, "same 1"), ("w2", 1.0, "same 2"), ("w1", 1.0, "other"))
    lines = [LogLine(n, 1.0, f"w{n + 1}", f"same {n + 1}", f"same {n + 1}") for n in (0, 1)]
    assert story.rows.unfold(0, lines) == 2
    assert story.seen == [("w1", "same 1"), ("w2", "same 2"), ("w1", "other")]
    assert story.rows.hits == 2
    story.say(("w3", 1.0, "same 3"))
    assert story.seen[-1] == ("w3", "same 3")


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["w1", "w2", "w3"], "w1-w3"),
        (["w5", "w1", "w2", "w4"], "w1-w2,4-w5"),
        (["w1", "w3", "w5"], "w1,3,5"),
        (["leader", "w1"], "leader,w1"),
        (["5/w1", "5/w2"], "5/w1-w2"),
        (["0/leader", "1/leader", "3/w1"], "0-1,3/*"),
        (["a/0/leader", "b/0/leader"], "2 groups"),
    ],
)
def test_labels_as_one(labels, expected):
    assert together(labels) == expected
