"""The command palette: objects, actions, commands and themes."""

from __future__ import annotations

from textual.command import CommandPalette

from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import busy, hostile


def squeezed(app) -> str:
    """Return what is shown, with one blank for many."""
    return " ".join(shown(app).split())


async def _search(pilot, app, text):
    await pilot.press("ctrl+p")
    await until(pilot, lambda: isinstance(app.screen, CommandPalette))
    await keys(pilot, *text)


async def test_goes_to_an_object():
    app = console(FakeBackend(first=busy().snapshot()))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await _search(pilot, app, "llm-prod/phi4")
        await until(pilot, lambda: "llm-prod/phi4 set" in squeezed(app))
        await keys(pilot, "enter")
        await until(pilot, lambda: "sets › phi4" in shown(app))


async def test_runs_an_action_of_the_screen():
    backend = FakeBackend(first=busy().snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await _search(pilot, app, "Scale")
        await until(pilot, lambda: "Scale s, asks" in squeezed(app))
        await keys(pilot, "enter")
        await until(pilot, lambda: "SCALE SET" in shown(app))


async def test_offers_what_was_seen_before_then_actions_then_places():
    app = console(FakeBackend(first=busy().snapshot()))
    async with app.run_test(size=(120, 110)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "enter", "escape")
        await until(pilot, lambda: app.front.route.screen == "fleet")
        await _search(pilot, app, "")
        await until(pilot, lambda: "llm-prod/llama405b set, seen before" in squeezed(app))
        text = squeezed(app)
        assert text.index("seen before") < text.index("Scale s, asks") < text.index("sets screen")


async def test_commands_on_sets_name_their_key():
    app = console(FakeBackend(first=busy().snapshot()))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await _search(pilot, app, "scale phi4")
        await until(pilot, lambda: "scale phi4 set the number of groups s, asks" in squeezed(app))


async def test_changes_the_theme():
    app = console(FakeBackend(first=busy().snapshot()))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        other = next(name for name in sorted(app.available_themes) if name != app.theme)
        await _search(pilot, app, f"theme {other}")
        await until(pilot, lambda: f"theme {other} " in squeezed(app))
        await keys(pilot, "enter")
        await until(pilot, lambda: app.theme == other)


async def test_hostile_names_are_offered_as_they_are():
    app = console(FakeBackend(first=hostile()[0].snapshot()))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "[@click=app.quit]" in shown(app))
        await _search(pilot, app, "click=app")
        await until(pilot, lambda: "[red]ns/[@click=app.quit] set" in squeezed(app))
        await pilot.press("ctrl+c")
        await until(pilot, lambda: not isinstance(app.screen, CommandPalette))
        assert app.is_running
