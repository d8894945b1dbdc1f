"""The log pane: following, pausing, wrapping, filtering, searching, and how little it repaints."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwstui.runtime.backend import LogEntry
from lwstui.tui.widgets.logpaint import Look, label_width, stamp
from lwstui.tui.widgets.logpane import LogPane
from lwstui.tui.widgets.logrows import LogRows
from lwstui.view.logs import LogBuffer
from lwstui.view.logsearch import search
from tests.tui.widgets.logsamples import T0, entries, feed, make
from tests.tui.widgets.samples import HOSTILE, cells_of, run, text_of


async def test_it_follows_new_lines():
    app, pane, buffer = make()
    async with run(app, (60, 10)) as pilot:
        feed(pane, buffer, entries(50))
        await pilot.pause()
        assert "line 00049" in text_of(pane)[-1]
        feed(pane, buffer, entries(5, 50))
        await pilot.pause()
        assert "line 00054" in text_of(pane)[-1]
        assert text_of(pane)[0].startswith(" w") or "leader" in text_of(pane)[0]


async def test_scrolling_up_pauses_and_counts_and_nothing_moves():
    app, pane, buffer = make()
    async with run(app, (60, 10)) as pilot:
        feed(pane, buffer, entries(50))
        await pilot.press("k")
        await pilot.pause()
        assert not pane.follow
        before = text_of(pane)
        pane.lines_rendered = 0
        feed(pane, buffer, entries(312, 50))
        await pilot.pause()
        assert pane.lines_rendered == 1
        assert pane.unseen == 312
        assert text_of(pane)[:-1] == before[:-1]
        assert "paused, 312 new lines below, s or G to follow" in text_of(pane)[-1]


async def test_going_to_the_end_follows_again():
    app, pane, buffer = make()
    async with run(app, (60, 10)) as pilot:
        feed(pane, buffer, entries(50))
        await pilot.press("g")
        feed(pane, buffer, entries(5, 50))
        assert pane.unseen == 5
        await pilot.press("G")
        await pilot.pause()
        assert pane.follow
        assert "line 00054" in text_of(pane)[-1]
        await pilot.press("s")
        assert not pane.follow
        await pilot.press("s")
        assert pane.follow


async def test_new_lines_can_be_reached_while_paused():
    app, pane, buffer = make()
    async with run(app, (60, 10)) as pilot:
        feed(pane, buffer, entries(20))
        await pilot.press("k")
        feed(pane, buffer, entries(20, 20))
        await pilot.press("pagedown", "pagedown", "pagedown")
        await pilot.pause()
        assert not pane.follow
        assert any("line 00038" in line for line in text_of(pane))


async def test_the_wheel_pauses_too():
    from textual.events import MouseScrollUp

    app, pane, buffer = make()
    async with run(app, (60, 10)) as pilot:
        feed(pane, buffer, entries(50))
        await pilot.pause()
        await pilot._post_mouse_events([MouseScrollUp], widget=pane)
        await pilot.pause()
        assert not pane.follow


async def test_while_paused_what_is_there_stays_and_newer_lines_make_room():
    app, pane, buffer = make(limit=100)
    async with run(app, (60, 10)) as pilot:
        feed(pane, buffer, entries(100))
        await pilot.press("k", "k", "k")
        await pilot.pause()
        before = text_of(pane)
        for start in range(100, 600, 50):
            feed(pane, buffer, entries(50, start))
        await pilot.pause()
        assert text_of(pane)[:-1] == before[:-1]
        assert pane.unseen == 500
        assert [row.line.number for row in pane.rows] == [line.number for line in buffer.lines]
        assert buffer.dropped + len(buffer.lines) == 600
        await pilot.press("G")
        await pilot.pause()
        assert [row.line.number for row in pane.rows] == [line.number for line in buffer.lines]
        assert buffer.dropped + len(buffer.lines) == 600
        assert "line 00599" in text_of(pane)[-1]


async def test_memory_is_bounded():
    app, pane, buffer = make(limit=200)
    async with run(app, (60, 10)) as pilot:
        for batch in range(20):
            feed(pane, buffer, entries(100, batch * 100))
        await pilot.pause()
        assert len(pane.rows) <= 221
        assert buffer.dropped + len(buffer.lines) == 2000
        assert "line 01999" in text_of(pane)[-1]


async def test_long_lines_wrap_under_their_text():
    app, pane, buffer = make()
    async with run(app, (40, 10)) as pilot:
        feed(pane, buffer, [LogEntry("leader", T0, "x" * 70), LogEntry("w1", T0 + 1, "漢" * 30)])
        await pilot.pause()
        assert len(pane._heights) == 2
        await pilot.press("w")
        await pilot.pause()
        lines = text_of(pane)
        assert lines[0].startswith(" leader │ xxx")
        assert lines[1].startswith("          xxx")
        assert "".join(lines).count("x") == 70
        assert "".join(lines).count("漢") == 30
        assert cells_of(pane) <= {pane.cells, 40}
        await pilot.press("w", "right")
        await pilot.pause()
        assert "│ xxx" in text_of(pane)[0]
        assert pane.left == 8


async def test_wrapping_keeps_the_first_line_in_place():
    app, pane, buffer = make()
    async with run(app, (40, 10)) as pilot:
        feed(pane, buffer, entries(60, text="y" * 50))
        await pilot.press("g", "pagedown", "j")
        await pilot.pause()
        at = pane._heights.locate(pane.scroll_offset.y)[0]
        await pilot.press("w")
        await pilot.pause()
        assert pane._heights.locate(pane.scroll_offset.y) == (at, 0)


async def test_times_off_absolute_relative():
    app, pane, buffer = make()
    async with run(app, (60, 10)) as pilot:
        feed(pane, buffer, [LogEntry("w1", T0 + 3600 - 72.4, "hello")])
        await pilot.pause()
        assert text_of(pane)[0].startswith(" w1 │ hello")
        await pilot.press("t")
        await pilot.pause()
        assert text_of(pane)[0].count(":") == 2
        await pilot.press("t")
        await pilot.pause()
        assert text_of(pane)[0].startswith("   -1m12.4 w1 │ hello")
        await pilot.press("t")
        assert pane.times == "off"


RELATIVE = Look(times="relative")


def test_relative_times():
    assert stamp(100.0, RELATIVE, 112.4) == "-0m12.4"
    assert stamp(100.0, RELATIVE, 100.0 + 7500) == "-2h05m"
    assert stamp(100.0, RELATIVE, 90.0) == "-0m00.0"


async def test_sources_have_colours_and_can_be_hidden():
    app, pane, buffer = make()
    async with run(app, (60, 10)) as pilot:
        feed(pane, buffer, entries(6))
        await pilot.pause()
        colours = {line.split("│")[0].strip(): None for line in text_of(pane)[:6]}
        assert list(colours) == ["leader", "w1", "w2"]
        styles = {
            segment.text.strip(): segment.style.color
            for y in range(3)
            for segment in pane.render_line(y)
            if segment.text.strip() in colours
        }
        assert len(set(styles.values())) == 3
        await pilot.press("L")
        await pilot.pause()
        assert text_of(pane)[0].startswith(" line 00000")


async def test_matches_are_marked_or_all_that_is_shown():
    app, pane, buffer = make()
    async with run(app, (60, 12)) as pilot:
        feed(pane, buffer, [*entries(20), LogEntry("w1", T0 + 99, "NCCL failed", "line")])
        pane.set_search(search("nccl|00007"))
        await pilot.pause()
        assert pane.matches == 2
        last = pane.render_line(11)
        assert any(segment.text == "NCCL" and segment.style.bgcolor for segment in last)
        await pilot.press("v")
        await pilot.pause()
        shown = [line for line in text_of(pane) if line.strip()]
        assert len(shown) == 2
        feed(pane, buffer, entries(8))
        await pilot.pause()
        assert len([line for line in text_of(pane) if line.strip()]) == 3
        await pilot.press("v")
        await pilot.pause()
        assert pane.wish.mode == "context"
        assert 3 < len(pane.rows) < 29
        await pilot.press("v")
        await pilot.pause()
        assert len(pane.rows) == 29


async def test_matches_are_visited_in_order_and_wrap():
    app, pane, buffer = make()
    async with run(app, (60, 10)) as pilot:
        feed(pane, buffer, entries(100))
        pane.set_search(search("00020|00080"))
        await pilot.press("g", "n")
        await pilot.pause()
        assert any("00020" in line for line in text_of(pane))
        assert not pane.follow
        await pilot.press("n")
        await pilot.pause()
        assert any("00080" in line for line in text_of(pane))
        await pilot.press("n", "N", "N")
        await pilot.pause()
        assert any("00020" in line for line in text_of(pane))


async def test_marks_gaps_and_failures_stand_out():
    app, pane, buffer = make()
    async with run(app, (60, 10)) as pilot:
        feed(
            pane,
            buffer,
            [
                LogEntry("w3", T0, "restarted: exit 1", "mark"),
                LogEntry("w3", T0 + 1, "lines may be missing", "gap"),
                LogEntry("w3", T0 + 2, "pods/log is forbidden", "error"),
            ],
        )
        await pilot.pause()
        lines = text_of(pane)
        assert lines[0].startswith(
            f"── {time.strftime('%H:%M:%S', time.localtime(T0))} w3: restart"
        )
        assert " w3: restarted: exit 1 ───" in lines[0]
        assert " w3: lines may be missing ───" in lines[1]
        assert "pods/log is forbidden" in lines[2]


async def test_an_unchanged_buffer_renders_nothing():
    app, pane, buffer = make()
    async with run(app, (60, 10)) as pilot:
        feed(pane, buffer, entries(50))
        await pilot.pause()
        pane.lines_rendered = 0
        pane.feed(buffer)
        await pilot.pause()
        assert pane.lines_rendered == 0


async def test_a_batch_renders_one_screen():
    app, pane, buffer = make()
    async with run(app, (60, 10)) as pilot:
        feed(pane, buffer, entries(50))
        await pilot.pause()
        pane.lines_rendered = 0
        feed(pane, buffer, entries(5000, 50))
        await pilot.pause()
        assert 0 < pane.lines_rendered <= 20


async def test_another_buffer_starts_over_and_clear_empties():
    app, pane, buffer = make()
    async with run(app, (60, 10)) as pilot:
        feed(pane, buffer, entries(50))
        other = LogBuffer()
        feed(pane, other, entries(2))
        feed(pane, other, entries(1, 2))
        await pilot.pause()
        assert [row.text for row in pane.rows] == ["line 00000", "line 00001", "line 00002"]
        await pilot.press("C")
        await pilot.pause()
        assert not "".join(text_of(pane)).strip()
        feed(pane, other, entries(1, 3))
        await pilot.pause()
        assert "line 00003" in text_of(pane)[0]


async def test_hostile_lines():
    app, pane, buffer = make()
    async with run(app, (60, 12)) as pilot:
        feed(pane, buffer, [LogEntry(text[:9], T0 + n, text) for n, text in enumerate(HOSTILE)])
        for _ in range(2):
            await pilot.press("w", "t")
            await pilot.pause()
            assert cells_of(pane) <= {pane.cells, 60}
            assert "\x1b" not in "".join(text_of(pane))
        assert any("[/foo] failed [bold]" in line for line in text_of(pane))


async def test_changed_modes_are_announced():
    app, pane, buffer = make()
    async with run(app, (60, 10)) as pilot:
        feed(pane, buffer, entries(3))
        await pilot.press("s", "w", "t", "L", "v", "x")
        await pilot.pause()
        assert len(app.of(LogPane.StateChanged)) == 6
        assert (pane.follow, pane.wrap, pane.times) == (False, True, "absolute")
        assert (pane.show_sources, pane.wish.mode, pane.wish.fold) == (False, "only", True)


@given(
    st.lists(
        st.one_of(st.lists(st.integers(1, 4), max_size=6), st.integers(0, 6)),
        max_size=30,
    )
)
def test_rows_and_lines_agree(steps):
    rows, heights = LogRows(), []
    for step in steps:
        if isinstance(step, list):
            rows.extend(step)
            heights += step
        else:
            gone = min(step, len(heights))
            assert rows.drop(gone) == sum(heights[:gone])
            del heights[:gone]
    places = [(line, part) for line, height in enumerate(heights) for part in range(height)]
    assert [rows.locate(row) for row in range(len(rows))] == places
    assert [rows.start(line) for line in range(len(heights))] == [
        sum(heights[:line]) for line in range(len(heights))
    ]


@pytest.mark.parametrize(
    ("labels", "wide", "cells"),
    [
        pytest.param(("leader",), True, 6, id="one source needs no more than its name"),
        pytest.param(("leader", "w1"), False, len("leader,w1 ×2"), id="both names of a pair"),
        pytest.param(("leader", *(f"w{n}" for n in range(1, 8))), False, 12, id="at most so many"),
        pytest.param(
            ("leader", *(f"w{n}" for n in range(1, 8))), True, 15, id="or more where there is room"
        ),
        pytest.param(("5/leader", "6/leader", "6/w1"), False, 13, id="and the group before them"),
    ],
)
def test_the_source_column_has_room_for_those_that_say_the_same(labels, wide, cells):
    assert label_width(labels, fold=True, wide=wide) == cells
