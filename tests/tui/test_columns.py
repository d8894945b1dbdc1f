"""Columns and order of tables: wide, picked, chosen, defined in a file, held while moving."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from lwstui.tui.screens.modals.columns import ColumnsDialog
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import busy, rolling


@pytest.fixture
def world():
    return busy()


@pytest.fixture
def backend(world):
    return FakeBackend(first=world.snapshot())


@pytest.fixture
def app(backend):
    return console(backend)


async def _ready(pilot, app):
    await until(pilot, lambda: "llama405b" in shown(app))


def header(app) -> str:
    return next(line for line in shown(app).splitlines() if "AGE" in line)


async def test_wide_shows_all_columns_and_again_those_that_fit(app):
    async with app.run_test(size=(100, 30)) as pilot:
        await _ready(pilot, app)
        assert "image" not in {slot.column.id for slot in app.front.main.slots}
        await keys(pilot, "ctrl+w")
        assert "image" in {slot.column.id for slot in app.front.main.slots}
        await keys(pilot, *["right"] * 12)
        await until(pilot, lambda: "vllm-openai" in shown(app))
        await keys(pilot, "ctrl+w")
        await until(pilot, lambda: "vllm-openai" not in shown(app))


async def test_a_picked_column_orders_the_rows(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, *["shift+right"] * 6, "O")
        await until(pilot, lambda: "sort SIZE↑" in shown(app))
        sizes = [row.cells[5].text for row in app.front.main.rows]
        assert sizes == sorted(sizes, key=int)
        await keys(pilot, "O")
        await until(pilot, lambda: "sort SIZE↓" in shown(app))
        await keys(pilot, "shift+left", "O")
        await until(pilot, lambda: "sort UPDATED↑" in shown(app))


async def test_picking_a_column_repaints_the_header_only(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        table = app.front.main
        table.lines_rendered = 0
        await keys(pilot, "shift+right")
        assert table.lines_rendered == 1


async def test_faults_only_hides_what_is_fine(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "ctrl+z")
        await until(pilot, lambda: "faults only" in shown(app) and "3 of 10" in shown(app))
        await keys(pilot, "ctrl+z")
        await until(pilot, lambda: "10 of 10" in shown(app))


async def test_faults_on_the_map_go_to_the_exceptions():
    world, _ = rolling()
    app = console(FakeBackend(first=world.snapshot()))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await keys(pilot, "enter", "ctrl+z")
        await until(pilot, lambda: app.focused.id == "exceptions")
        assert app.front.selected().name == "llama70b-29-2"


async def test_the_chooser_hides_moves_and_resets_and_shows_it_at_once(app):
    async with app.run_test(size=(160, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, ColumnsDialog))
        main = app.front.main
        await keys(pilot, "j", "j", "space")
        assert "namespace" not in {slot.column.id for slot in main.slots}
        await keys(pilot, "j", "K", "K")
        assert [slot.column.id for slot in main.slots][:3] == ["state", "ready", "name"]
        await keys(pilot, "r")
        assert [slot.column.id for slot in main.slots][:3] == ["state", "name", "namespace"]
        await keys(pilot, "g", "j", "j", "space", "enter")
        await until(pilot, lambda: not isinstance(app.screen, ColumnsDialog))
        assert "namespace" not in {slot.column.id for slot in main.slots}


async def test_leaving_the_chooser_changes_nothing(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        before = [slot.column.id for slot in app.front.main.slots]
        await keys(pilot, "colon", *"columns", "enter")
        await until(pilot, lambda: isinstance(app.screen, ColumnsDialog))
        await keys(pilot, "j", "space", "J", "escape")
        await until(pilot, lambda: not isinstance(app.screen, ColumnsDialog))
        assert [slot.column.id for slot in app.front.main.slots] == before


async def test_the_last_column_cannot_be_hidden(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, ColumnsDialog))
        await keys(pilot, *["space", "j"] * 15)
        assert len(app.front.main.slots) >= 1


async def test_rows_keep_their_places_while_the_cursor_moves(world):
    backend = FakeBackend(first=world.snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        table = app.front.main
        now = [100.0]
        table._clock = lambda: now[0]
        await keys(pilot, "j")
        before = [row.ref.name for row in table.rows]
        assert before[:2] == ["llama405b", "mixtral"]
        key = next(key for key in world.sets if key.name == "mixtral")
        for pod in [p for p in world.pods.values() if p.set_name == "mixtral"]:
            del world.pods[pod.key]
        lws = world.sets[key]
        world.sets[key] = type(lws)(lws.metadata, {**lws.spec, "replicas": 0}, lws.status)
        backend.publish(world.snapshot())
        await until(pilot, lambda: "(held)" in shown(app))
        assert [row.ref.name for row in table.rows] == before
        now[0] += 3.1
        app.tick()
        await until(pilot, lambda: "(held)" not in shown(app))
        assert [row.ref.name for row in table.rows] != before
        assert app.front.selected().name == "mixtral"


async def test_another_order_is_not_held(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "j", "N")
        await until(pilot, lambda: "sort NAME" in shown(app))
        names = [row.ref.name for row in app.front.main.rows]
        assert names == sorted(names)


# What views.yaml says.

VIEWS = """\
views:
  sets:
    columns: [S, NAME, "TEAM:.metadata.labels.team", "SIZE2:.spec.leaderWorkerTemplate.size|N", AGE]
    sort: SIZE2:desc
"""


def labelled(world, name, team):
    key = next(key for key in world.sets if key.name == name)
    lws = world.sets[key]
    meta = type(lws.metadata)(
        **{f: getattr(lws.metadata, f) for f in lws.metadata.__struct_fields__}
        | {"labels": {"team": team}}
    )
    world.sets[key] = type(lws)(meta, lws.spec, lws.status)


async def test_a_file_chooses_columns_defines_one_and_orders(world, tmp_path):
    labelled(world, "phi4", "ranking")
    path = tmp_path / "views.yaml"
    path.write_text(VIEWS)
    app = console(FakeBackend(first=world.snapshot()), views=path)
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await until(pilot, lambda: "sort SIZE2↓" in shown(app))
        assert [s.column.id for s in app.front.main.slots] == [
            "state",
            "name",
            "team",
            "size2",
            "age",
        ]
        assert app.front.main.rows[0].ref.name in ("qwen72b", "nemotron", "old-falcon")
        await keys(pilot, "slash", *"team:rank")
        await until(pilot, lambda: "1 of 10" in shown(app))
        assert app.front.selected().name == "phi4"


async def test_a_changed_file_is_read_again_and_a_wrong_one_keeps_what_was_good(world, tmp_path):
    path = tmp_path / "views.yaml"
    path.write_text(VIEWS)
    app = console(FakeBackend(first=world.snapshot()), views=path)
    async with app.run_test(size=(240, 40)) as pilot:
        await _ready(pilot, app)
        await until(pilot, lambda: "TEAM" in shown(app))
        path.write_text("views: {sets: {columns: [S, NAME, REDY]}}")
        os.utime(path, (1, 1))
        app.tick()
        await until(pilot, lambda: "no column REDY; did you mean READY?" in shown(app))
        assert "views.sets.columns" in shown(app)
        await keys(pilot, "escape", "colon", *"config", "enter")
        await until(pilot, lambda: app.front.route.screen == "config")
        await until(pilot, lambda: "no column REDY; did you mean READY?" in shown(app))
        await keys(pilot, "escape")
        path.write_text("views: [")
        app.tick()
        await until(pilot, lambda: "cannot read" in shown(app))
        assert "line 1: expected" in shown(app)
        assert [s.column.id for s in app.front.main.slots] == ["state", "name"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("views: {set: {}}", "unknown key set; did you mean sets?"),
        ("view: {}", "views must map"),
        ("views: {sets: {colums: []}}", "unknown key colums; did you mean columns?"),
        ("views: {sets: {sort: 'AGE:down'}}", "ends in :asc or :desc, not :down"),
        ('views: {sets: {columns: ["X:spec"]}}', "is not a path"),
        ('views: {sets: {columns: ["X:.spec|Q"]}}', "unknown flag Q"),
    ],
)
async def test_a_wrong_file_is_named_with_the_key(backend, tmp_path, text, said):
    path = tmp_path / "views.yaml"
    path.write_text(text)
    app = console(backend, views=path)
    async with app.run_test(size=(160, 40)) as pilot:
        await _ready(pilot, app)
        await until(pilot, lambda: said in shown(app))
        assert "views.yaml" in shown(app)


# What is kept between runs.


async def _kept(pilot, app):
    """Let the console keep what changed, as it does each second."""
    app.tick()
    await until(pilot, lambda: app._saving is not None and app._saving.done())


async def test_order_columns_and_place_are_there_again(world, tmp_path):
    app = console(FakeBackend(first=world.snapshot()), state=tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "N", "N", "ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, ColumnsDialog))
        await keys(pilot, "j", "j", "space", "enter")
        await until(pilot, lambda: not isinstance(app.screen, ColumnsDialog))
        await keys(pilot, "m", "ctrl+w", "A")
        await until(pilot, lambda: "sort AGE" in shown(app))
        await _kept(pilot, app)
    again = console(FakeBackend(first=world.snapshot()), state=tmp_path)
    async with again.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "sets › nodes" in shown(again))
        await until(pilot, lambda: "sort AGE↑" in shown(again))
        await keys(pilot, "q")
        await until(pilot, lambda: "sort NAME↓" in shown(again))
        assert "namespace" not in {slot.column.id for slot in again.front.main.slots}


async def test_another_context_has_its_own_state(world, tmp_path):
    app = console(FakeBackend(first=world.snapshot()), state=tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "N")
        await until(pilot, lambda: "sort NAME" in shown(app))
        await _kept(pilot, app)
    world.context = "elsewhere"
    again = console(FakeBackend(first=world.snapshot()), state=tmp_path)
    async with again.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, again)
        assert "worst first" in shown(again)


async def test_a_place_that_is_gone_is_not_opened(world, tmp_path):
    app = console(FakeBackend(first=world.snapshot()), state=tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "enter")
        await until(pilot, lambda: "sets › llama405b" in shown(app))
        await _kept(pilot, app)
    key = next(key for key in world.sets if key.name == "llama405b")
    del world.sets[key]
    again = console(FakeBackend(first=world.snapshot()), state=tmp_path)
    async with again.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "mixtral" in shown(again))
        assert again.front.route.screen == "fleet"


async def test_a_first_command_goes_before_the_last_place(world, tmp_path):
    app = console(FakeBackend(first=world.snapshot()), state=tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "m")
        await until(pilot, lambda: "sets › nodes" in shown(app))
        await _kept(pilot, app)
    again = console(FakeBackend(first=world.snapshot()), state=tmp_path, first_command="events")
    async with again.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "sets › events" in shown(again))


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"views": 3, "zooms": "x", "place": {"screen": "logs"}}',
        '{"views": {"sets": {"sort": 1, "columns": {"order": 2}}}, "place": {"screen": "lws"}}',
        '{"place": {"screen": "lws", "of": {"kind": "set", "namespace": 1}}}',
    ],
)
async def test_a_broken_state_never_stops_the_start(world, tmp_path, text):
    folder = tmp_path / world.context
    folder.mkdir()
    (folder / "console.json").write_text(text)
    app = console(FakeBackend(first=world.snapshot()), state=tmp_path)
    async with app.run_test(size=(260, 40)) as pilot:
        await _ready(pilot, app)
        if text == "{":
            await until(pilot, lambda: "console.json cannot be read and is ignored" in shown(app))
        else:
            assert "cannot be read and is ignored" not in shown(app)


async def test_the_zoom_of_the_map_is_kept(tmp_path):
    world, _ = rolling()
    app = console(FakeBackend(first=world.snapshot()), state=tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await keys(pilot, "enter", "ctrl+w")
        await until(pilot, lambda: "zoom 3/4" in shown(app))
        await _kept(pilot, app)
    again = console(FakeBackend(first=replace(world.snapshot())), state=tmp_path)
    async with again.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "zoom 3/4" in shown(again))


async def test_each_set_has_its_own_zoom(tmp_path):
    world, _ = rolling()
    world.add_set("zzz", "·" * 20)
    app = console(FakeBackend(first=world.snapshot()), state=tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await keys(pilot, "enter", "ctrl+w")
        await until(pilot, lambda: "zoom 3/4" in shown(app))
        await keys(pilot, "q", "j", "enter")
        await until(pilot, lambda: "llm-prod / zzz" in shown(app) and "zoom 2/4" in shown(app))


async def test_a_console_that_begins_afresh_neither_opens_the_last_place_nor_forgets_it(
    world, tmp_path
):
    app = console(FakeBackend(first=world.snapshot()), state=tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "m")
        await until(pilot, lambda: "sets › nodes" in shown(app))
        await _kept(pilot, app)
    fresh = console(FakeBackend(first=world.snapshot()), state=tmp_path)
    fresh.returns = False
    async with fresh.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, fresh)
        assert fresh.crumbs == ("sets",)
    again = console(FakeBackend(first=world.snapshot()), state=tmp_path)
    async with again.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "sets › nodes" in shown(again))
