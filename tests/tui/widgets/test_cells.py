"""Texts measured in cells, columns that fit, lines that break."""

import pytest
from rich.segment import Segment
from rich.style import Style

from lwstui.tui.widgets.cells import cut, cut_middle, fit, shorten, visible, width
from lwstui.tui.widgets.columns import MARGIN, Layout, lay_out
from lwstui.tui.widgets.painting import fit_spans, spans_width
from lwstui.tui.widgets.wrapping import find, mark, slice_spans, wrap_spans, wrap_text
from lwstui.view.types import Column, Span
from tests.tui.widgets.samples import HOSTILE


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("cells", [0, 1, 2, 3, 7, 40])
@pytest.mark.parametrize("align", ["left", "right"])
def test_a_fitted_text_takes_exactly_its_cells(text, cells, align):
    assert width(fit(text, cells, align)) == cells


def test_a_name_keeps_both_ends_and_a_sentence_its_start():
    assert shorten("llama-405b-production-eu-7", 15) == "llama-4…on-eu-7"
    assert cut_middle("a-name", 6) == "a-name"
    assert shorten("back-off restarting failed container", 15) == "back-off resta…"
    assert shorten("leaderworkerset-sample-0 leader, other-1 w1", 16) == "leaderw…ample-0…"


def test_a_cut_text_says_so():
    assert cut("abcdef", 4) == "abc…"
    assert cut("abcd", 4) == "abcd"
    assert cut("漢字漢字", 4) == "漢…"


@pytest.mark.parametrize("steering", ["\x1b[31m", "\x9b0m", "\x07", "\u202e", "\r", "\x00"])
def test_nothing_that_steers_a_terminal_is_shown(steering):
    shown = visible(f"a{steering}b")
    assert shown.isprintable()
    assert shown.startswith("a")
    assert shown.endswith("b")


def test_tabs_and_line_ends_become_blanks():
    assert visible("a\tb\nc") == "a   b c"


def test_fitted_spans_keep_tones_and_end_in_an_ellipsis():
    spans = fit_spans((Span("ready ", "ok"), Span("and waiting", "warn"), Span("more")), 10)
    assert spans == (Span("ready ", "ok"), Span("and…", "warn"))
    assert spans_width(spans) == 10


COLUMNS = (
    Column("state", "S", 1),
    Column("name", "NAME", 10, flex=True),
    Column("image", "IMAGE", 20, min_screen=100),
    Column("age", "AGE", 5, align="right"),
)


def test_a_narrow_table_drops_columns_and_the_flexible_one_takes_the_rest():
    slots = lay_out(COLUMNS, 60)
    assert [slot.column.id for slot in slots] == ["state", "name", "age"]
    assert slots[-1].start + slots[-1].width == 60
    assert slots[0].start == MARGIN


def test_a_wide_table_shows_all_columns():
    slots = lay_out(COLUMNS, 120)
    assert [slot.index for slot in slots] == [0, 1, 2, 3]
    assert slots[-1].start + slots[-1].width == 120


def test_columns_that_do_not_fit_have_a_gap_of_one_and_keep_their_width():
    slots = lay_out(COLUMNS, 18)
    assert [slot.width for slot in slots] == [1, 10, 5]
    assert [slot.start for slot in slots] == [2, 4, 15]


def test_flexible_columns_share_what_is_left():
    flexible = (Column("a", "A", 4, flex=True), Column("b", "B", 4, flex=True))
    assert [slot.width for slot in lay_out(flexible, 21)] == [9, 8]


NAMED = (
    Column("name", "NAME", 10, flex=True, want=30),
    Column("groups", "GROUPS", 12, min_screen=90),
    Column("namespace", "NS", 9, min_screen=80),
    Column("revision", "REV", 6, min_screen=100),
)


@pytest.mark.parametrize(
    ("available", "shown", "name"),
    [
        (104, ["name", "groups", "namespace", "revision"], 69),
        (58, ["name", "groups", "namespace"], 31),
        (45, ["name", "namespace"], 32),
        (30, ["name", "namespace"], 18),
    ],
)
def test_columns_of_wide_screens_give_way_to_names(available, shown, name):
    slots = lay_out(NAMED, available, 104)
    assert [slot.column.id for slot in slots] == shown
    assert slots[0].width == name


def test_a_column_gets_what_it_wants_before_flexible_ones_share_the_rest():
    columns = (Column("a", "A", 4, want=8), Column("b", "B", 4, flex=True))
    assert [slot.width for slot in lay_out(columns, 24)] == [8, 12]
    assert [slot.width for slot in lay_out(columns, 14)] == [7, 4]


def test_a_column_that_was_chosen_does_not_give_way():
    slots = lay_out(NAMED, 58, 104, Layout(shown=frozenset({"revision"})))
    assert [slot.column.id for slot in slots] == ["name", "namespace", "revision"]


def test_the_wide_form_scrolls_and_cuts_no_name():
    slots = lay_out(NAMED, 40, 104, Layout(wide=True))
    assert len(slots) == 4
    assert slots[0].width == 30


@pytest.mark.parametrize("text", [*HOSTILE, "one two three four five six seven"])
def test_wrapped_text_fits(text):
    pieces = wrap_text(text, 10)
    assert all(width(piece) <= 10 for piece in pieces)
    kept = "".join(pieces).replace(" ", "")
    assert kept == visible(text).replace(" ", "")


def test_text_breaks_at_blanks():
    assert wrap_text("one two three", 7) == ["one two", "three"]
    assert wrap_text("one two three", 8) == ["one two ", "three"]


def test_wrapped_spans_keep_their_tones():
    line = (Span("one two ", "ok"), Span("three", "bad"))
    assert wrap_spans(line, 8) == [
        (Span("one two ", "ok"),),
        (Span("three", "bad"),),
    ]


def test_a_slice_of_spans():
    line = (Span("abc", "ok"), Span("def", "bad"))
    assert tuple(slice_spans(line, 2, 4)) == (Span("c", "ok"), Span("d", "bad"))


def test_matches_are_found_whatever_the_case():
    assert find("Error: no error", "ERROR") == [(0, 5), (10, 15)]
    assert find("abc", "") == []


def test_marking_keeps_the_text_and_lays_the_style_over_the_match():
    plain, hit = Style(bold=True), Style(reverse=True)
    marked = mark([Segment("abc", plain), Segment("def", plain)], [(2, 4)], hit)
    assert "".join(segment.text for segment in marked) == "abcdef"
    assert [segment.text for segment in marked if segment.style.reverse] == ["c", "d"]
    assert all(segment.style.bold for segment in marked)
