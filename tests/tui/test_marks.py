"""Marks: objects, not lines; what keys act on; stepping out."""

from __future__ import annotations

import pytest

from lwstui.tui.marks import Marks
from lwstui.tui.screens.fleet import FleetScreen
from lwstui.view.types import Ref, Row
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.widgets.samples import rows
from tests.tui.worlds import busy, rolling


@pytest.fixture
def world():
    return busy()


@pytest.fixture
def app(world):
    return console(FakeBackend(first=world.snapshot()))


async def _ready(pilot, app):
    await until(pilot, lambda: "llama405b" in shown(app))


def marked(app) -> set[str]:
    return {ref.name for ref in app.front.selected_refs()}


def lines_with_mark(app) -> list[str]:
    return [line for line in shown(app).splitlines() if line[1:2] == "●"]


async def test_space_marks_and_the_cursor_stays(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        before = app.front.main.cursor_key
        await keys(pilot, "space")
        await until(pilot, lambda: "acting on: 1 marked" in shown(app))
        assert app.front.main.cursor_key == before
        assert len(lines_with_mark(app)) == 1
        await keys(pilot, "j", "space")
        await until(pilot, lambda: "acting on: 2 marked" in shown(app))
        assert marked(app) == {"llama405b", "mixtral"}
        await keys(pilot, "space")
        await until(pilot, lambda: "acting on: 1 marked" in shown(app))
        assert marked(app) == {"llama405b"}


@pytest.mark.parametrize("key", ["ctrl+@", "ctrl+space"])
async def test_a_range_reaches_from_the_last_mark_to_the_cursor(app, key):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "space", "j", "j", "j", key)
        await until(pilot, lambda: "acting on: 4 marked" in shown(app))
        await keys(pilot, "ctrl+backslash")
        await until(pilot, lambda: "marked" not in shown(app))
        assert lines_with_mark(app) == []


async def test_marks_survive_order_and_filter_and_the_hidden_ones_are_counted(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "space", "j", "space", "N")
        await until(pilot, lambda: "sort NAME" in shown(app))
        assert marked(app) == {"llama405b", "mixtral"}
        await keys(pilot, "slash", *"mixtral", "enter")
        await until(pilot, lambda: "2 marked  (1 hidden by the filter)" in shown(app))
        assert len(lines_with_mark(app)) == 1
        assert marked(app) == {"llama405b", "mixtral"}


async def test_a_mark_goes_with_its_object_only(world):
    backend = FakeBackend(first=world.snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "space", "j", "space")
        await until(pilot, lambda: "acting on: 2 marked" in shown(app))
        key = next(key for key in world.sets if key.name == "mixtral")
        del world.sets[key]
        backend.publish(world.snapshot())
        await until(pilot, lambda: "acting on: 1 marked" in shown(app))
        assert marked(app) == {"llama405b"}


async def test_escape_clears_marks_then_the_filter_then_leaves(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "m", "slash", *"gpu-00", "enter", "space")
        await until(pilot, lambda: "1 marked" in shown(app) and "10 of 104" in shown(app))
        await keys(pilot, "slash", "escape")
        await until(pilot, lambda: "1 marked" in shown(app))
        await keys(pilot, "escape")
        await until(pilot, lambda: "1 marked" not in shown(app) and "10 of 104" in shown(app))
        await keys(pilot, "escape")
        await until(pilot, lambda: "104 of 104" in shown(app))
        await keys(pilot, "escape")
        await until(pilot, lambda: isinstance(app.screen, FleetScreen))


async def test_a_route_keeps_its_marks(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "m", "space", "q")
        await until(pilot, lambda: isinstance(app.screen, FleetScreen))
        assert "marked" not in shown(app)
        await keys(pilot, "m")
        await until(pilot, lambda: "acting on: 1 marked" in shown(app))


async def test_the_map_and_the_list_of_groups_share_their_marks():
    world, _ = rolling()
    app = console(FakeBackend(first=world.snapshot()))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await keys(pilot, "enter", "space", "right", "space")
        await until(pilot, lambda: "acting on: 2 marked" in shown(app))
        assert {ref.group for ref in app.front.selected_refs()} == {29, 30}
        assert shown(app).count("●") == 3  # two marks and the connection
        await keys(pilot, "2")
        await until(pilot, lambda: "[2 Groups]" in shown(app) and "2 marked" in shown(app))
        await keys(pilot, "3")
        await until(pilot, lambda: "[3 Pods]" in shown(app) and "marked" not in shown(app))


async def test_a_mark_repaints_its_line_only(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        table = app.front.main
        table.lines_rendered = 0
        await keys(pilot, "space")
        await until(pilot, lambda: "1 marked" in shown(app))
        before = table.lines_rendered
        await keys(pilot, "j")
        assert before <= 2


def test_a_range_without_a_mark_marks_the_row_under_the_cursor():
    marks = Marks()
    marks.apply("range", rows(5), "set-0003")
    assert list(marks.refs) == ["set-0003"]


def test_a_range_may_go_up():
    marks = Marks()
    marks.apply("one", rows(5), "set-0003")
    marks.apply("range", rows(5), "set-0001")
    assert set(marks.refs) == {"set-0001", "set-0002", "set-0003"}
    marks.apply("range", rows(5), "set-0000")
    assert len(marks) == 4


def test_a_row_about_nothing_cannot_be_marked():
    marks = Marks()
    marks.apply("one", (Row("x", ()),), "x")
    assert not marks


def test_a_mark_learns_the_newest_reference():
    marks = Marks()
    old, new = Ref("group", "ns", "a", 1, uid="1"), Ref("group", "ns", "a", 1, uid="2")
    marks.apply("one", (Row("k", (), ref=old),), "k")
    marks.keep((Row("k", (), ref=new),))
    assert marks.refs["k"] is new
