"""Keys that Textual, terminals and widgets want for themselves do what the console says."""

from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest
from textual.screen import ModalScreen

from lwstui.tui.actions import ACTIONS, Scope, actions
from lwstui.tui.palette import Palette
from lwstui.tui.widgets.attention import AttentionStrip
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.test_reference import PAGE
from tests.tui.worlds import busy

UNUSED = {"ctrl+tab", "ctrl+i", "ctrl+m", "ctrl+j", "ctrl+h", "ctrl+left_square_bracket"}
"""Keys that a terminal cannot tell from others, or never sends."""


@pytest.fixture
def app():
    return console(FakeBackend(first=busy().snapshot()))


async def ready(pilot, app) -> None:
    await until(pilot, lambda: "llama405b" in shown(app))


def test_the_page_says_what_the_registry_says():
    page = PAGE.read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert len(rows) == len(ACTIONS)
    for spec in ACTIONS:
        (row,) = [line for line in rows if f"| {spec.id} |" in line]
        assert spec.help.replace("|", "\\|") in row


@pytest.mark.parametrize("scope", get_args(Scope))
def test_a_key_means_one_thing(scope):
    keys = Counter(key for spec in actions(scope) for key in spec.keys)
    assert not [key for key, count in keys.items() if count > 1]
    assert not UNUSED & set(keys)


async def test_ctrl_q_takes_the_filter_back_and_does_not_quit(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await keys(pilot, "slash", *"phi4", "enter")
        await until(pilot, lambda: "llama70b" not in [r.cells[1].text for r in app.front.main.rows])
        await keys(pilot, "ctrl+q")
        await until(pilot, lambda: app.front.state.query.filter == "")
        assert app.is_running
        assert len(app.front.main.rows) > 1


async def test_ctrl_q_empties_the_prompt(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await keys(pilot, "colon", *"scale", "ctrl+q", *"nodes", "enter")
        await until(pilot, lambda: app.front.route.screen == "nodes")


async def test_ctrl_p_is_the_palette(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await keys(pilot, "ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, Palette))


async def test_tab_goes_from_pane_to_pane_and_back(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        table, strip = app.front.main, app.front.query_one(AttentionStrip)
        seen = []
        for key in ("tab", "tab", "shift+tab", "shift+tab"):
            await keys(pilot, key)
            seen.append(app.screen.focused)
        assert seen == [strip, table, strip, table]


async def test_home_and_end_go_to_the_first_and_the_last_line(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        table = app.front.main
        await keys(pilot, "end")
        assert table.cursor_key == table.rows[-1].key
        await keys(pilot, "home")
        assert table.cursor_key == table.rows[0].key


@pytest.mark.parametrize("key", ["ctrl+@", "ctrl+space"])
async def test_ctrl_space_marks_by_both_of_its_names(app, key):
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await keys(pilot, "g", "space", "j", "j", key)
        await until(pilot, lambda: len(app.front.marks.refs) == 3)


async def test_space_marks_and_enter_opens(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await keys(pilot, "space")
        assert len(app.front.marks.refs) == 1
        await keys(pilot, "enter")
        await until(pilot, lambda: app.front.route.screen == "lws")


async def test_letters_go_into_an_open_prompt(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await keys(pilot, "slash", *"srqi")
        assert app.front.state.query.filter == "srqi"
        assert not isinstance(app.screen, ModalScreen)
