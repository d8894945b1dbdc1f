"""The controller screen: reached by command, pausing asks first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lwstui.state.model import ControllerView
from lwstui.tui.screens.controller import ControllerScreen
from tests.tui.building import LEADER
from tests.tui.support import FakeBackend, console, keys, opened, shown, until
from tests.tui.worlds import busy


def on(mode="leader", **options):
    seen = replace(busy().snapshot(), controller=replace(LEADER, mode=mode, identity="laptop"))
    backend = FakeBackend(first=seen)
    return backend, console(backend, **options)


async def open_it(pilot, app):
    await until(pilot, lambda: "llama405b" in shown(app))
    await keys(pilot, "colon", *"ctl", "enter")
    await until(pilot, lambda: isinstance(app.screen, ControllerScreen))
    await until(pilot, lambda: "DECISIONS" in shown(app))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_every_set_has_its_controller(size):
    _, app = on()
    async with app.run_test(size=size) as pilot:
        await open_it(pilot, app)
        assert "this console leads and acts" in shown(app)
        assert "held by laptop (this console)" in shown(app)
        assert shown(app).count("embedded") >= 4
        await keys(pilot, "enter")
        await until(pilot, lambda: "GROUP MAP" in shown(app))


@pytest.mark.parametrize(
    ("mode", "pressed", "title", "paused"),
    [
        pytest.param("leader", ["p"], "PAUSE CONTROLLER", True, id="pause"),
        pytest.param("paused", ["p"], "RESUME CONTROLLER", False, id="resume"),
        pytest.param(
            "leader", ["colon", *"ctl pause", "enter"], "PAUSE CONTROLLER", True, id="command"
        ),
        pytest.param(
            "paused", ["colon", *"ctl resume", "enter"], "RESUME CONTROLLER", False, id="resume it"
        ),
    ],
)
async def test_pausing_asks_first(mode, pressed, title, paused):
    backend, app = on(mode)
    backend.controller_paused = not paused
    async with app.run_test(size=(120, 40)) as pilot:
        await open_it(pilot, app)
        await keys(pilot, *pressed)
        await opened(pilot, app, title)
        assert backend.controller_paused is not paused
        app.screen.query_one("#confirm").press()
        await until(pilot, lambda: backend.controller_paused is paused)


@pytest.mark.parametrize(
    "pressed", [["x"], ["colon", *"ctl pause llama405b", "enter"]], ids=["key", "command"]
)
async def test_pausing_for_one_set_asks_first_and_signs(pressed):
    backend, app = on("elsewhere")
    async with app.run_test(size=(120, 40)) as pilot:
        await open_it(pilot, app)
        await keys(pilot, "slash", *"llama405b", "enter")
        await until(pilot, lambda: "llama405b" in shown(app) and "qwen72b" not in shown(app))
        await keys(pilot, *pressed)
        await opened(pilot, app, "PAUSE CONTROLLER FOR A SET")
        assert "not a pause of the rollout" in shown(app)
        app.screen.query_one("#confirm").press()
        await until(pilot, lambda: backend.submitted)
    (intent,) = backend.submitted
    assert (intent.target.name, intent.mark.partition(" ")[2]) == ("llama405b", "by alice")


async def test_marked_sets_are_paused_in_one_dialog():
    backend, app = on("elsewhere")
    async with app.run_test(size=(120, 40)) as pilot:
        await open_it(pilot, app)
        await keys(pilot, "space", "j", "space", "x")
        await opened(pilot, app, "PAUSE CONTROLLER FOR SETS")
        await keys(pilot, "escape")
    assert not backend.submitted


async def test_there_may_be_nothing_to_pause():
    backend, app = on()
    backend.first = replace(backend.first, controller=ControllerView(mode="off"))
    async with app.run_test(size=(120, 40)) as pilot:
        await open_it(pilot, app)
        await keys(pilot, "p")
        await until(pilot, lambda: "no controller runs inside this console" in shown(app))
        await keys(pilot, "colon", *"ctl pause", "enter")
        await until(pilot, lambda: "no controller runs inside this console" in shown(app))


async def test_read_only_pauses_nothing():
    backend, app = on(read_only=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_it(pilot, app)
        await keys(pilot, "p")
        await until(pilot, lambda: "read-only" in shown(app))
    assert not backend.controller_paused
    assert backend.recorded[0].what == "pause controller"
