"""Leaving: guarded when something depends on this program."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lwstui.state.model import ControllerView, Pending
from lwstui.tui.leaving import at_stake
from tests.tui.support import FakeBackend, console, keys, opened, shown, until
from tests.tui.worlds import NOW, World, busy


def _world(mode: str) -> World:
    world = busy()
    world.controller = ControllerView(mode=mode)
    return world


@pytest.mark.parametrize("mode", ["off", "native", "elsewhere", "standby"])
def test_nothing_is_at_stake_when_another_controller_acts(mode):
    assert at_stake(_world(mode).snapshot()) is None


def test_leading_sets_and_unconfirmed_changes_are_at_stake():
    snapshot = _world("leader").snapshot()
    key = next(iter(snapshot.sets))
    impact = at_stake(replace(snapshot, pending={key: Pending(NOW, "scale to 9")}))
    text = " ".join(impact.what)
    assert "stop being replaced" in text
    assert dict(impact.facts)["Led from here"].text == "10 sets, 145 groups"
    assert dict(impact.facts)["Not confirmed yet"].text == "1 change"


async def test_ctrl_c_leaves_at_once_when_nothing_is_at_stake():
    app = console(FakeBackend(first=_world("native").snapshot()))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await pilot.press("ctrl+c")
        await until(pilot, lambda: not app.is_running)
    assert app.return_code == 0


@pytest.mark.parametrize("pressed", [["ctrl+c"], ["colon", "q", "enter"]])
async def test_leaving_asks_when_this_console_leads(pressed):
    app = console(FakeBackend(first=_world("leader").snapshot()))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, *pressed)
        await opened(pilot, app, "stop being replaced")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.front)
        assert app.is_running


async def test_a_second_ctrl_c_leaves():
    app = console(FakeBackend(first=_world("leader").snapshot()))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await pilot.press("ctrl+c")
        await opened(pilot, app, "LEAVE")
        await pilot.press("ctrl+c")
        await until(pilot, lambda: not app.is_running)
    assert app.return_code == 0


async def test_ctrl_q_does_not_quit():
    app = console(FakeBackend(first=_world("native").snapshot()))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "ctrl+q")
        assert app.is_running


async def test_ctrl_c_in_a_prompt_closes_the_prompt():
    app = console(FakeBackend(first=_world("native").snapshot()))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "slash", "x", "ctrl+c")
        assert app.is_running
        await until(pilot, lambda: "10 of 10" in shown(app))


async def test_the_engine_is_stopped_after_the_terminal_was_left():
    backend = FakeBackend(first=_world("native").snapshot())
    app = console(backend)

    async def leave(pilot):
        await until(pilot, lambda: "llama405b" in shown(app))
        app.quit_guarded()

    await app.run_async(headless=True, size=(100, 30), auto_pilot=leave)
    assert backend.stopped


async def test_a_tick_after_the_screens_are_gone_does_nothing():
    app = console(FakeBackend(first=_world("native").snapshot()))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
    assert not app.screen_stack
    app.tick()


@pytest.mark.parametrize(("mode", "asks"), [("leader", True), ("native", False)])
async def test_suspending_asks_when_the_controller_would_stand_still(monkeypatch, mode, asks):
    app, stopped = console(FakeBackend(first=_world(mode).snapshot())), list[int]()
    monkeypatch.setattr(app, "suspend_program", lambda: stopped.append(1))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "colon", *"suspend", "enter")
        if asks:
            await opened(pilot, app, "SUSPEND")
            assert "stop being replaced" in shown(app)
            assert not stopped
            await until(pilot, lambda: not app.screen.locked)
            await pilot.press("y")
        await until(pilot, lambda: stopped == [1])
