"""The table's cursor, its keys and mouse, and how little it repaints."""

from dataclasses import replace

import pytest

from lwstui.tui.widgets.keyed_table import KeyedTable
from lwstui.view.types import Cell, Column, Row
from tests.tui.widgets.samples import (
    COLUMNS,
    HOSTILE,
    Harness,
    cells_of,
    names,
    row,
    rows,
    run,
    text_of,
)


class Clock:
    """A clock that is moved by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def make(count: int = 100) -> tuple[Harness, KeyedTable]:
    table = KeyedTable(clock=Clock())
    table.set_columns(COLUMNS)
    table.set_rows(rows(count))
    return Harness(table), table


async def test_keys_move_the_cursor():
    app, table = make()
    async with run(app, (100, 11)) as pilot:
        for key, expected in (
            ("j", "set-0001"),
            ("down", "set-0002"),
            ("k", "set-0001"),
            ("G", "set-0099"),
            ("g", "set-0000"),
            ("ctrl+f", "set-0010"),
            ("pagedown", "set-0020"),
            ("ctrl+b", "set-0010"),
            ("pageup", "set-0000"),
            ("up", "set-0000"),
            ("end", "set-0099"),
            ("home", "set-0000"),
        ):
            await pilot.press(key)
            assert table.cursor_key == expected, key


async def test_the_cursor_stays_visible():
    app, table = make()
    async with run(app, (100, 11)) as pilot:
        await pilot.press("G")
        await pilot.pause()
        assert table.scroll_offset.y == 90
        assert any(line.startswith("▶") and "set-0099" in line for line in text_of(table))


async def test_the_cursor_follows_its_row_when_the_order_changes():
    app, table = make(20)
    async with run(app) as pilot:
        table.cursor_key = "set-0003"
        await pilot.pause()
        table.set_rows(tuple(reversed(table.rows)))
        assert table.cursor_key == "set-0003"
        assert table.cursor_row is table.rows[16]


async def test_a_vanished_row_hands_the_cursor_to_its_neighbour_and_blocks_verbs_for_a_moment():
    app, table = make(20)
    clock = table._clock
    async with run(app) as pilot:
        table.cursor_key = "set-0005"
        assert table.settled
        table.set_rows(tuple(entry for entry in table.rows if entry.key != "set-0005"))
        await pilot.pause()
        assert table.cursor_key == "set-0006"
        assert [message.row.key for message in app.of(KeyedTable.Lost)] == ["set-0005"]
        assert not table.settled
        clock.now += 0.49
        assert not table.settled
        clock.now += 0.02
        assert table.settled


async def test_rows_that_were_asked_for_do_not_block_verbs():
    app, table = make(20)
    async with run(app) as pilot:
        table.cursor_key = "set-0005"
        table.set_rows(table.rows[8:], asked_anew=True)
        await pilot.pause()
        assert table.cursor_key == "set-0008"
        assert table.settled
        assert not app.of(KeyedTable.Lost)


async def test_the_nearest_survivor_may_be_above():
    app, table = make(5)
    async with run(app):
        table.cursor_key = "set-0004"
        table.set_rows(table.rows[:2])
        assert table.cursor_key == "set-0001"


async def test_an_empty_table_shows_its_note_and_remembers_the_cursor():
    app, table = make(5)
    async with run(app, (60, 11)) as pilot:
        table.cursor_key = "set-0003"
        table.set_note("no set matches the filter")
        before = table.rows
        table.set_rows(())
        await pilot.pause()
        assert table.cursor_row is None
        lines = text_of(table)
        at = next(y for y, line in enumerate(lines) if "no set matches" in line)
        assert at == 5
        assert lines[at].index("no set") == pytest.approx(17, abs=1)
        table.set_rows(before)
        assert table.cursor_key == "set-0003"
        assert not app.of(KeyedTable.Lost)


async def test_highlighted_is_posted_once_per_move_and_not_for_new_data():
    app, table = make(5)
    async with run(app) as pilot:
        await pilot.pause()
        app.posted.clear()
        await pilot.press("j", "j", "k")
        table.set_rows(rows(5))
        await pilot.pause()
        moved = [message.row.key for message in app.of(KeyedTable.Highlighted)]
        assert moved == ["set-0001", "set-0002", "set-0001"]


async def test_enter_opens_and_a_double_click_opens():
    app, table = make(5)
    async with run(app) as pilot:
        await pilot.press("j", "enter")
        await pilot.click(KeyedTable, offset=(10, 4))
        assert table.cursor_key == "set-0003"
        await pilot.click(KeyedTable, offset=(10, 3), times=2)
        await pilot.pause()
        opened = [message.row.key for message in app.of(KeyedTable.Opened)]
        assert opened == ["set-0001", "set-0002"]


async def test_a_click_on_a_header_and_a_sort_key_ask_to_sort():
    app, _ = make(5)
    async with run(app) as pilot:
        await pilot.click(KeyedTable, offset=(7, 0))
        await pilot.press("A", "R")
        await pilot.pause()
        asked = [message.column_id for message in app.of(KeyedTable.HeaderClicked)]
        assert asked == ["name", "age", "ready"]


async def test_a_sort_key_without_such_a_column_does_nothing():
    table = KeyedTable()
    table.set_columns((Column("name", "NAME", 10),))
    app = Harness(table)
    async with run(app) as pilot:
        await pilot.press("R")
        await pilot.pause()
        assert not app.of(KeyedTable.HeaderClicked)


async def test_the_sorted_column_has_an_arrow():
    app, table = make(1)
    async with run(app):
        table.set_sort("name")
        assert "NAME↑" in text_of(table)[0]
        table.set_sort("ready", descending=True)
        assert "READY↓" in text_of(table)[0]
        assert "NAME↑" not in text_of(table)[0]


async def test_columns_depend_on_the_width_and_sideways_keys_show_the_rest():
    app, table = make(3)
    async with run(app, (79, 10)) as pilot:
        assert "NS" not in text_of(table)[0]
        await pilot.resize_terminal(150, 10)
        await pilot.pause()
        assert "IMAGE" in text_of(table)[0]
        await pilot.resize_terminal(20, 10)
        await pilot.pause()
        assert "AGE" not in text_of(table)[0]
        await pilot.press("right", "right", "right")
        await pilot.pause()
        assert "AGE" in text_of(table)[0]
        await pilot.press("h", "left", "left")
        await pilot.pause()
        assert "NAME" in text_of(table)[0]


async def test_only_changed_visible_lines_are_rendered_again():
    app, table = make(1000)
    async with run(app, (100, 31)) as pilot:
        await pilot.pause()
        changed = list(table.rows)
        changed[3] = row("set-0003", "3/4")
        changed[7] = row("set-0007", "0/4", state="X", tone="bad")
        changed[900] = row("set-0900", "0/4")
        table.lines_rendered = 0
        table.set_rows(changed)
        await pilot.pause()
        assert table.lines_rendered == 2
        table.lines_rendered = 0
        table.set_rows(tuple(replace(entry) for entry in changed))
        await pilot.pause()
        assert table.lines_rendered == 0
        await pilot.press("j")
        await pilot.pause()
        assert table.lines_rendered == 2


async def test_ten_thousand_rows_render_only_what_is_visible():
    app, table = make(10_000)
    async with run(app, (100, 31)) as pilot:
        await pilot.pause()
        assert table.lines_rendered < 200
        await pilot.press("G")
        await pilot.pause()
        assert "set-9999" in "".join(text_of(table))


async def test_an_unchanged_row_is_painted_once():
    app, table = make(40)
    async with run(app, (100, 20)) as pilot:
        await pilot.pause()
        first = table._row_strip(table.rows[5], "")
        table.set_rows(tuple(table.rows[1:]))
        assert table._row_strip(table.rows[4], "") is first


async def test_rows_above_the_cursor_come_and_go_without_moving_it_on_screen():
    app, table = make(100)
    async with run(app, (100, 11)) as pilot:
        await pilot.press("G", "k", "k")
        await pilot.pause()
        screen_line = text_of(table).index(next(x for x in text_of(table) if "set-0097" in x))
        table.set_rows((row("new-a"), row("new-b"), *table.rows))
        await pilot.pause()
        assert "set-0097" in text_of(table)[screen_line]


async def test_what_is_new_at_the_top_is_seen():
    app, table = make(100)
    async with run(app, (100, 11)) as pilot:
        table.set_rows((row("broken", state="X", tone="bad"), *table.rows))
        await pilot.pause()
        assert "broken" in text_of(table)[1]
        assert table.cursor_key == "set-0000"


async def test_a_table_that_shrinks_shows_its_rows():
    app, table = make(100)
    async with run(app, (100, 11)) as pilot:
        await pilot.press("G")
        table.set_rows(rows(4))
        await pilot.pause()
        assert "set-0000" in text_of(table)[1]
        assert table.cursor_key == "set-0003"


async def test_the_wheel_scrolls_and_leaves_the_cursor():
    app, table = make(100)
    async with run(app, (100, 11)) as pilot:
        await pilot._post_mouse_events([_wheel_down()], widget=table)
        await pilot.pause()
        assert table.scroll_offset.y > 0
        assert table.cursor_key == "set-0000"


def _wheel_down():
    from textual.events import MouseScrollDown

    return MouseScrollDown


async def test_hostile_text_is_shown_as_it_is_and_keeps_the_lines_straight():
    table = KeyedTable()
    table.set_columns(COLUMNS)
    table.set_rows(tuple(replace(row(text), key=f"k{n}") for n, text in enumerate(HOSTILE)))
    app = Harness(table)
    async with run(app, (100, 20)) as pilot:
        await pilot.pause()
        assert cells_of(table) == {99}
        shown = "\n".join(text_of(table))
        assert "image [/foo] failed [bold]" in shown
        assert "\x1b" not in shown
        assert "n…n" in shown


async def test_a_failed_glyph_is_reversed_but_not_its_padding():
    columns = (Column("state", "STATE", 7),)
    table = KeyedTable()
    table.set_columns(columns)
    table.set_rows((Row("a", (Cell("·", "ok"),)), Row("b", (Cell("X", "bad"),))))
    async with run(Harness(table), (20, 5)):
        reversed_text = [
            segment.text for segment in table._row_strip(table.rows[1], "") if segment.style.reverse
        ]
        assert reversed_text == ["X"]


async def test_the_cursor_looks_different_without_the_focus():
    app, table = make(3)
    async with run(app) as pilot:
        await pilot.pause()
        focused = [segment.style for segment in table.render_line(1)]
        app.set_focus(None)
        await pilot.pause()
        assert [segment.style for segment in table.render_line(1)] != focused
        assert text_of(table)[1].startswith("▶")


def test_rows_keep_their_order():
    _, table = make(3)
    assert names(table.rows) == ["set-0000", "set-0001", "set-0002"]
