"""Going around: routes, crumbs, stepping out, history, what a route remembers."""

from __future__ import annotations

import pytest
from textual import events

from lwstui.tui.routes import FLEET
from lwstui.tui.screens.events import EventsScreen
from lwstui.tui.screens.fleet import FleetScreen
from lwstui.tui.screens.group import GroupScreen
from lwstui.tui.screens.help import HelpScreen
from lwstui.tui.screens.logs import LogsScreen
from lwstui.tui.screens.lws import LwsScreen
from lwstui.tui.screens.nodes import NodesScreen
from lwstui.tui.screens.text import TextScreen
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import busy, rolling


@pytest.fixture
def app():
    return console(FakeBackend(first=busy().snapshot()))


async def _ready(pilot, app):
    await until(pilot, lambda: "llama405b" in shown(app))


@pytest.mark.parametrize(
    ("pressed", "screen", "crumbs"),
    [
        (["enter"], LwsScreen, "sets › llama405b"),
        (["enter", "enter"], GroupScreen, "llama405b › group 7"),
        (["E"], EventsScreen, "sets › events of llama405b"),
        (["m"], NodesScreen, "sets › nodes"),
        (["l"], LogsScreen, "sets › logs"),
        (["y"], TextScreen, "sets › yaml of llama405b"),
        (["d"], TextScreen, "sets › describe of llama405b"),
        (["question_mark"], HelpScreen, "sets › help"),
    ],
)
async def test_keys_open_screens_and_q_leaves_them(app, pressed, screen, crumbs):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, *pressed)
        await until(pilot, lambda: isinstance(app.screen, screen))
        await until(pilot, lambda: crumbs in shown(app))
        await keys(pilot, *["q"] * len(pressed))
        await until(pilot, lambda: isinstance(app.screen, FleetScreen))


async def test_q_on_the_first_screen_says_how_to_quit(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await pilot.press("q")
        await until(pilot, lambda: ":q or ctrl-c quits" in shown(app))


async def test_escape_steps_out_of_prompt_then_filter_then_screen(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "m", "slash", *"gpu-00", "enter")
        await until(pilot, lambda: "8 of 104" in shown(app) or "10 of 104" in shown(app))
        await keys(pilot, "slash", *"7x", "escape")
        await until(pilot, lambda: "10 of 104" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: "104 of 104" in shown(app))
        assert isinstance(app.screen, NodesScreen)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, FleetScreen))


async def test_history_goes_back_and_forward(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "enter", "q")
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: isinstance(app.screen, LwsScreen))
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: isinstance(app.screen, FleetScreen))
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: "history ends here" in shown(app))


async def test_a_route_remembers_filter_order_and_cursor(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "m", "slash", *"rack-2", "enter", "N", "j", "j")
        before = app.front.selected()
        await keys(pilot, "q")
        await until(pilot, lambda: isinstance(app.screen, FleetScreen))
        await keys(pilot, "m")
        await until(pilot, lambda: "rack-2" in shown(app) and "sort NAME" in shown(app))
        await until(pilot, lambda: app.front.selected() == before)


async def test_sorting_again_reverses(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await pilot.press("N")
        await until(pilot, lambda: "sort NAME↑" in shown(app))
        first = app.front.main.rows[0].ref.name
        await pilot.press("N")
        await until(pilot, lambda: "sort NAME↓" in shown(app))
        assert app.front.main.rows[-1].ref.name == first


async def test_next_problem_wraps_over_the_faulty_rows(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        seen = []
        for _ in range(4):
            seen.append(app.front.selected().name)
            await pilot.press("exclamation_mark")
            await pilot.pause()
        assert seen == ["llama405b", "mixtral", "qwen72b", "llama405b"]


async def test_digits_choose_a_namespace():
    backend = FakeBackend(first=busy().snapshot())
    app = console(backend)
    async with app.run_test(size=(160, 40)) as pilot:
        await _ready(pilot, app)
        await until(pilot, lambda: "<0>all <1>llm-prod <2>research <3>batch" in shown(app))
        await keys(pilot, "2", "0", "9")
        assert backend.looked_at == [("research",), ()]
        assert "there is no namespace 9" in shown(app)


async def test_tabs_of_a_set():
    world, _ = rolling()
    app = console(FakeBackend(first=world.snapshot()))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: "GROUP MAP" in shown(app))
        await pilot.press("2")
        await until(pilot, lambda: "W3" in shown(app) and "GROUP MAP" not in shown(app))
        await pilot.press("3")
        await until(pilot, lambda: "llama70b-29-2" in shown(app))
        await pilot.press("6")
        await until(pilot, lambda: "BackOff" in shown(app))
        await pilot.press("8")
        await until(pilot, lambda: "there is no tab 8" in shown(app))
        await pilot.press("7")
        await until(pilot, lambda: isinstance(app.screen, TextScreen))
        await pilot.press("q")
        await until(pilot, lambda: "[6 Events]" in shown(app))


async def test_the_map_starts_on_the_worst_group_and_enter_opens_it():
    world, _ = rolling()
    app = console(FakeBackend(first=world.snapshot()))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: "acting on: llama70b group 29" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, GroupScreen))
        await until(pilot, lambda: "POD llama70b-29-2" in shown(app))


async def test_a_filter_dims_the_map_and_counts_groups():
    world, _ = rolling()
    app = console(FakeBackend(first=world.snapshot()))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await keys(pilot, "enter", "slash", *"gpu-014")
        await until(pilot, lambda: "2 of 48" in shown(app))
        await keys(pilot, "escape")
        await until(pilot, lambda: "2 of 48" not in shown(app))


async def test_the_first_screen_is_never_left(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, *["escape"] * 3)
        assert app.front.route == FLEET


async def test_what_is_typed_at_once_behind_a_colon_goes_into_the_prompt():
    backend = FakeBackend(first=busy().snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        typed(app, "colon", *"pods", "enter")
        await until(pilot, lambda: "sets › pods" in shown(app))
        assert backend.logs_opened == []
        typed(app, "slash", *"srx")
        await until(pilot, lambda: "srx" in shown(app))
        assert app.screen is app.front
        assert backend.dry_runs == []


def typed(app, *pressed):
    """Type faster than anything can answer."""
    for key in pressed:
        app.post_message(events.Key(key, key if len(key) == 1 else None))
