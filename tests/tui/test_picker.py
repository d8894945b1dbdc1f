"""Picking one of several things, and themes seen while picking."""

from __future__ import annotations

import pytest

from lwstui.tui.lookpicker import theme_choices
from lwstui.tui.screens.modals.picker import Choice, Picker, matching
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import busy

CHOICES = (Choice("prod-eu", "protected"), Choice("prod-us"), Choice("kind-lab", "local"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["prod-eu", "prod-us", "kind-lab"]),
        ("PROD", ["prod-eu", "prod-us"]),
        ("prod us", ["prod-us"]),
        ("local", ["kind-lab"]),
        ("nowhere", []),
    ],
)
def test_words_narrow_the_list(text, found):
    assert [choice.value for choice in matching(CHOICES, text)] == found


async def asked(pilot, app, picker):
    """Open a picker and return the list its answer will be in."""
    answers: list[str | None] = []
    app.push_screen(picker, answers.append)
    await until(pilot, lambda: isinstance(app.screen, Picker) and CHOICES[0].value in shown(app))
    return answers


async def test_typing_and_enter_pick_and_the_mouse_is_not_needed():
    app = console(FakeBackend(first=busy().snapshot()))
    async with app.run_test(size=(120, 40)) as pilot:
        answers = await asked(pilot, app, Picker("CONTEXT", CHOICES, start="prod-us"))
        await keys(pilot, *"prod", "up", "enter")
        await until(pilot, lambda: answers)
        assert answers == ["prod-eu"]


async def test_enter_picks_nothing_where_nothing_matches():
    app = console(FakeBackend(first=busy().snapshot()))
    async with app.run_test(size=(120, 40)) as pilot:
        answers = await asked(pilot, app, Picker("CONTEXT", CHOICES, empty="no such context"))
        await keys(pilot, *"zzz", "enter")
        assert "no such context" in shown(app)
        assert answers == []
        await keys(pilot, "escape")
        await until(pilot, lambda: answers)
        assert answers == [None]


async def test_a_theme_is_in_force_while_the_cursor_is_on_it():
    app = console(FakeBackend(first=busy().snapshot()), theme="daylight")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, ":", *"theme", "enter")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await keys(pilot, "down")
        await until(pilot, lambda: app.theme == "contrast")
        await keys(pilot, "escape")
        await until(pilot, lambda: not isinstance(app.screen, Picker))
        assert app.theme == "daylight"
        await keys(pilot, ":", *"theme", "enter")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await keys(pilot, *"blue-yellow", "enter")
        await until(pilot, lambda: app.theme == "tritanopia")
        await until(pilot, lambda: "theme: tritanopia in config.yaml" in shown(app))


def test_themes_of_ones_own_come_after_ours():
    app = console(FakeBackend())
    names = [choice.value for choice in theme_choices(app.available_themes)]
    assert names[:3] == ["midnight", "graphite", "daylight"]
    assert names.index("mono") < names.index("nord")
    assert sorted(names) == sorted(app.available_themes)
