"""What the command line hands over: keys, problems, the first command, looks."""

from __future__ import annotations

from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import busy


async def test_a_keymap_moves_an_action():
    app = console(FakeBackend(first=busy().snapshot()), keymap={"set.nodes": "f5"})
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "m")
        assert app.front.route.screen == "fleet"
        await pilot.press("f5")
        await until(pilot, lambda: app.front.route.screen == "nodes")


async def test_problems_of_the_settings_stay_until_escape():
    app = console(FakeBackend(first=busy().snapshot()), problems=("[x]: no theme",))
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "[x]: no theme" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: "[x]: no theme" not in shown(app))


async def test_the_first_command_is_run():
    app = console(FakeBackend(first=busy().snapshot()), first_command="nodes")
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: app.front.route.screen == "nodes")


async def test_ascii_writes_nothing_else():
    app = console(FakeBackend(first=busy().snapshot()), ascii=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        assert shown(app).isascii()


async def test_a_theme_can_be_changed_by_command():
    app = console(FakeBackend(first=busy().snapshot()))
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        other = next(name for name in sorted(app.available_themes) if name != app.theme)
        await keys(pilot, "colon", *f"theme {other}", "enter")
        await until(pilot, lambda: app.theme == other)
