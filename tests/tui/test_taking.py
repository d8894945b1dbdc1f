"""Out of the console: copied names, saved screens; and the mouse."""

from __future__ import annotations

import base64
import csv
import io
import json
import stat

import pytest
from textual import events

from lwstui.tui import saving
from lwstui.tui.screens.lws import LwsScreen
from lwstui.tui.screens.modals.picker import Picker
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import busy, hostile, rolling


@pytest.fixture
def app(tmp_path):
    return console(FakeBackend(first=busy().snapshot()), state=tmp_path)


async def _ready(pilot, app):
    await until(pilot, lambda: "llama405b" in shown(app))


@pytest.mark.parametrize(
    ("pressed", "copied"),
    [
        (["c"], "llama405b"),
        (["n"], "llm-prod"),
        (["space", "j", "space", "c"], "llama405b\nmixtral"),
        (["space", "j", "space", "n"], "llm-prod\nllm-stage"),
        (["enter", "c"], "llama405b-7"),
        (["colon", *"copy", "enter"], "llama405b"),
    ],
)
async def test_names_and_namespaces_are_copied(app, pressed, copied):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, *pressed)
        await until(pilot, lambda: app.clipboard == copied)
        await until(pilot, lambda: "copied" in shown(app))


async def test_a_long_copy_goes_to_a_file_whose_path_is_shown(app, tmp_path):
    text = "x" * saving.CLIPBOARD_BYTES
    async with app.run_test(size=(160, 40)) as pilot:
        await _ready(pilot, app)
        app.run_task(saving.copy(app, text, "much"))
        await until(pilot, lambda: "too long for the clipboard, saved as" in shown(app))
        assert app.clipboard == ""
        path = tmp_path / "copies" / "copy.txt"
        assert path.read_text() == text
        assert str(path) in shown(app)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_what_fits_is_copied(app):
    text = "x" * (saving.CLIPBOARD_BYTES // 4 * 3)
    assert len(base64.b64encode(text.encode())) == saving.CLIPBOARD_BYTES
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        app.run_task(saving.copy(app, text, "much"))
        await until(pilot, lambda: app.clipboard == text)


def only(folder):
    (path,) = (folder / "screens").iterdir()
    return path


@pytest.mark.parametrize("form", ["text", "csv", "json"])
async def test_what_is_shown_is_saved_in_a_format(app, tmp_path, form):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "slash", *"ns:llm-prod", "enter", "N", "ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await keys(pilot, *form, "enter")
        await until(pilot, lambda: "saved" in shown(app) and "screens/sets-" in shown(app))
        path = only(tmp_path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        text = path.read_text()
        wanted = [row.ref.name for row in app.front.main.rows]
        assert len(wanted) == 5
        if form == "text":
            assert "ns:llm-prod" in text.splitlines()[0]
            assert "sort NAME↑" in text.splitlines()[0]
            lines = [line for line in text.splitlines() if line]
            head = next(n for n, line in enumerate(lines) if line.startswith("STATE "))
            assert lines[1].startswith("NEEDS ATTENTION")
            assert [line.split()[1] for line in lines[head + 1 :]] == wanted
        elif form == "csv":
            rows = list(csv.DictReader(io.StringIO(text)))
            assert [row["NAME"] for row in rows] == wanted
            assert {row["STATE"] for row in rows} >= {"failed"}
        else:
            found = json.loads(text)
            assert [item["name"] for item in found["items"]] == wanted
            assert found["context"] == "prod-eu"


async def test_the_command_saves_without_asking_and_shot_lists_it(app, tmp_path):
    async with app.run_test(size=(160, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "colon", *"save csv", "enter")
        await until(pilot, lambda: "screens/sets-" in shown(app))
        await keys(pilot, "colon", *"shot", "enter")
        await until(pilot, lambda: isinstance(app.screen, Picker) and ".csv" in shown(app))
        await keys(pilot, "enter")
        await until(pilot, lambda: app.clipboard == str(only(tmp_path)))


async def test_hostile_cells_are_harmless_in_files(tmp_path):
    world, _ = hostile()
    world.add_set("=cmd|x", "·", namespace="@SUM(A1)")
    app = console(FakeBackend(first=world.snapshot()), state=tmp_path)
    async with app.run_test(size=(160, 40)) as pilot:
        await until(pilot, lambda: "=cmd" in shown(app))
        await keys(pilot, "colon", *"save csv", "enter")
        await until(pilot, lambda: "saved" in shown(app))
        text = only(tmp_path).read_text()
        assert "'=cmd|x" in text
        assert "'@SUM(A1)" in text
        assert "\x1b" not in text


async def test_nothing_is_saved_without_a_state_folder():
    app = console(FakeBackend(first=busy().snapshot()))
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "colon", *"save text", "enter")
        await until(pilot, lambda: "no state folder" in shown(app))
        await keys(pilot, "colon", *"shot", "enter")
        await until(pilot, lambda: "no saved screens" in shown(app))


async def test_a_name_that_is_taken_gets_a_number(tmp_path):
    (tmp_path / "a.txt").touch()
    (tmp_path / "a-2.txt").touch()
    assert saving.free_path(tmp_path, "a.txt").name == "a-3.txt"


# What vanished is named.


async def test_the_object_that_vanished_under_the_cursor_is_named_and_not_acted_on():
    world = busy()
    backend = FakeBackend(first=world.snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        app.front.main._clock = lambda: 100.0
        key = next(key for key in world.sets if key.name == "llama405b")
        del world.sets[key]
        backend.publish(world.snapshot())
        await until(pilot, lambda: "llama405b is gone" in shown(app))
        await keys(pilot, "r")
        await until(pilot, lambda: "look again before acting" in shown(app))
        assert backend.dry_runs == []


async def test_a_group_that_vanished_under_the_cursor_of_the_map_is_named():
    world, key = rolling()
    backend = FakeBackend(first=world.snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await keys(pilot, "enter", "G")
        await until(pilot, lambda: "llama70b group 47" in shown(app))
        lws = world.sets[key]
        world.sets[key] = type(lws)(lws.metadata, {**lws.spec, "replicas": 47}, lws.status)
        for pod in [p for p in world.pods.values() if p.group == 47]:
            del world.pods[pod.key]
        backend.publish(world.snapshot())
        await until(pilot, lambda: "llama70b group 47 is gone" in shown(app))


# The mouse.


async def test_a_click_selects_and_a_double_click_opens(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await pilot.click("#main", offset=(10, 3))
        await until(pilot, lambda: app.front.selected().name == "qwen72b")
        await pilot.click("#main", offset=(10, 2), times=2)
        await until(pilot, lambda: isinstance(app.screen, LwsScreen))
        assert "mixtral" in shown(app)


async def test_a_click_on_a_header_orders(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await pilot.click("#main", offset=(6, 0))
        await until(pilot, lambda: "sort NAME↑" in shown(app))
        await pilot.click("#main", offset=(6, 0))
        await until(pilot, lambda: "sort NAME↓" in shown(app))


async def test_the_wheel_scrolls():
    app = console(FakeBackend(first=busy().snapshot()))
    async with app.run_test(size=(120, 30)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "m")
        await until(pilot, lambda: "104 of 104" in shown(app))
        table = app.front.main
        at = table.region.offset
        wheel = events.MouseScrollDown(
            table, 10, 5, 0, 1, 0, False, False, False, at.x + 10, at.y + 5
        )
        app.screen._forward_event(wheel)
        await until(pilot, lambda: table.scroll_offset.y > 0)


async def test_the_mouse_is_released_and_taken_back(app, monkeypatch):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        written = []
        monkeypatch.setattr(app._driver, "write", written.append)
        await keys(pilot, "colon", *"opt mouse off", "enter")
        await until(pilot, lambda: "mouse is off until the program ends" in shown(app))
        assert "\x1b[?1000l" in "".join(written)
        written.clear()
        app.app_resume_signal.publish(app)  # as after an editor or a shell
        await until(pilot, lambda: "\x1b[?1000l" in "".join(written))
        await keys(pilot, "colon", *"opt mouse on", "enter")
        await until(pilot, lambda: "mouse is on until the program ends" in shown(app))
        assert "\x1b[?1003h" in "".join(written)
        await keys(pilot, "colon", *"opt mous on", "enter")
        await until(pilot, lambda: "did you mean mouse?" in shown(app))
