"""Verbs: what each asks of the engine, and when it refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.api.meta import Key, format_time
from lwstui.runtime.intents import Outcome, RecreateGroup, RollingRestart, Scale
from lwstui.tui.screens.modals.dialog import Dialog
from lwstui.tui.screens.modals.image import ImageDialog
from tests.tui.support import FakeBackend, console, keys, opened, shown, until
from tests.tui.worlds import NOW, World, busy, rolling

LLAMA = Key("llm-prod", "llama405b")


@pytest.fixture
def backend():
    world = busy()
    world.sandbox = True
    return FakeBackend(first=world.snapshot())


@pytest.fixture
def app(backend):
    return console(backend)


async def _ready(pilot, app):
    await until(pilot, lambda: "llama405b" in shown(app))


async def _confirm(pilot, app):
    """Press the confirm button once it may be pressed."""
    dialog = app.screen
    await until(pilot, lambda: not dialog.locked and not dialog.query_one("#confirm").disabled)
    dialog.query_one("#confirm").press()
    await until(pilot, lambda: app.screen is not dialog)


async def test_scaling_asks_and_submits_the_number(backend, app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await pilot.press("s")
        await opened(pilot, app, "SCALE SET")
        await keys(pilot, "up", "up")
        await _confirm(pilot, app)
        await until(pilot, lambda: backend.submitted)
        assert backend.submitted == [Scale(LLAMA, "uid-llm-prod-llama405b", 10, 8)]
        await until(pilot, lambda: "done" in shown(app))


async def test_a_set_that_goes_while_its_number_is_asked_for_is_said_to_be_gone(backend, app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await pilot.press("s")
        await opened(pilot, app, "no change yet")
        left = dict(backend.first.sets)
        del left[LLAMA]
        backend.publish(replace(backend.first, sets=left))
        await until(pilot, lambda: "llm-prod/llama405b is gone" in shown(app))
        assert app.screen.query_one("#confirm").disabled
        assert "somebody else" not in shown(app)
        assert "dry run" not in shown(app)


async def test_the_command_bar_fills_the_scale_dialog(backend, app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "colon", *"scale qwen72b 15", "enter")
        await opened(pilot, app, "[ 15 ]")
        await until(pilot, lambda: backend.dry_runs)
        assert backend.dry_runs[0].replicas == 15
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, Dialog))
        assert backend.submitted == []


async def test_r_on_a_set_is_a_rolling_restart(backend, app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await pilot.press("r")
        await opened(pilot, app, "llama405b")
        await _confirm(pilot, app)
        await until(pilot, lambda: backend.submitted)
        stamp = format_time(NOW)
        assert backend.submitted == [RollingRestart(LLAMA, "uid-llm-prod-llama405b", stamp)]


async def test_r_on_a_group_recreates_it():
    world, key = rolling()
    world.sandbox = True
    backend = FakeBackend(first=world.snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await keys(pilot, "enter", "r")
        await opened(pilot, app, "llama70b-29")
        await _confirm(pilot, app)
        await until(pilot, lambda: backend.submitted)
        expected = RecreateGroup(key, 29, "llama70b-29", "uid-llm-prod-llama70b-29")
        assert backend.submitted == [expected]


async def test_r_on_a_pod_recreates_its_group():
    world, key = rolling()
    world.sandbox = True
    backend = FakeBackend(first=world.snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await keys(pilot, "colon", *"pods llama70b", "enter", "r")
        await opened(pilot, app, "RECREATE")
        await _confirm(pilot, app)
        await until(pilot, lambda: backend.submitted)
        assert (backend.submitted[0].target, backend.submitted[0].group) == (key, 29)


async def test_images_are_set_from_the_filled_dialog(backend, app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "colon", *"image llama405b worker vllm:v2", "enter")
        await opened(pilot, app, "vllm:v2")
        await _confirm(pilot, app)
        await until(pilot, lambda: backend.submitted)
        (sent,) = backend.submitted
        assert (sent.target, sent.uid) == (LLAMA, "uid-llm-prod-llama405b")
        assert sent.changes == (("worker", "vllm-worker", "vllm:v2"),)
        assert [one[:2] for one in sent.seen] == [("worker", "vllm-worker")]


async def test_images_that_came_too_late_are_asked_about_again(backend, app):
    backend.outcome = Outcome(False, "expected worker main at x:1, but it is at x:2", moved=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "colon", *"image llama405b worker vllm:v2", "enter")
        await opened(pilot, app, "vllm:v2")
        first = app.screen
        await _confirm(pilot, app)
        await until(pilot, lambda: isinstance(app.screen, ImageDialog) and app.screen is not first)
        await until(pilot, lambda: "but it is at x:2" in shown(app))
        assert "vllm:v2" in shown(app)


async def test_a_refused_dry_run_blocks_and_a_failed_change_stays_on_screen(backend, app):
    backend.verdict = Outcome(ok=False, message="quota exceeded")
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await pilot.press("r")
        await opened(pilot, app, "quota exceeded")
        assert app.screen.query_one("#confirm").disabled
        await pilot.press("escape")
        backend.verdict = Outcome(ok=True, message="accepted")
        backend.outcome = Outcome(ok=False, message="could not restart llama405b: conflict")
        await until(pilot, lambda: not isinstance(app.screen, Dialog))
        await pilot.press("r")
        await opened(pilot, app, "llama405b")
        await _confirm(pilot, app)
        await until(pilot, lambda: "could not restart llama405b: conflict" in shown(app))


async def test_outside_the_sandbox_the_name_must_be_typed():
    backend = FakeBackend(first=busy().snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await pilot.press("r")
        await opened(pilot, app, "to go on")
        dialog = app.screen
        await until(pilot, lambda: not dialog.locked)
        dialog.query_one("#dialog-name").focus()
        await keys(pilot, *"llama405b")
        await _confirm(pilot, app)
        await until(pilot, lambda: backend.submitted)


@pytest.mark.parametrize("key", ["s", "r", "i"])
async def test_read_only_says_why_not(key):
    backend = FakeBackend(first=busy().snapshot())
    app = console(backend, read_only=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await pilot.press(key)
        await until(pilot, lambda: "read-only" in shown(app))
        assert not isinstance(app.screen, Dialog)
        assert backend.dry_runs == []
        assert "Scale" not in shown(app).splitlines()[-1]


async def test_read_only_holds_for_commands_too():
    backend = FakeBackend(first=busy().snapshot())
    app = console(backend, read_only=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        for command in ("scale phi4 3", "restart phi4", "recreate phi4/0", "image phi4 worker x"):
            await keys(pilot, "colon", *command, "enter")
            await until(pilot, lambda: "read-only" in shown(app))
            await pilot.press("escape")
        assert backend.dry_runs == []


async def test_a_verb_without_an_object_says_so():
    app = console(FakeBackend(first=World().snapshot()))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "no LeaderWorkerSet here yet" in shown(app))
        await pilot.press("s")
        await until(pilot, lambda: "nothing is selected" in shown(app))
        await keys(pilot, "escape", "l")
        await until(pilot, lambda: "nothing is selected" in shown(app))


async def test_wrong_commands_are_answered_with_the_nearest(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "colon", *"lgos x", "enter")
        await until(pilot, lambda: "did you mean “logs”" in shown(app))
        await keys(pilot, "escape", "colon", *"logs lama405b", "enter")
        await until(pilot, lambda: "did you mean “llama405b”" in shown(app))


async def test_commands_navigate(backend, app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "colon", *"logs qwen72b/5 worker", "enter")
        await until(pilot, lambda: backend.logs_opened)
        request = backend.logs_opened[0].request
        assert (request.target.name, request.group, request.role) == ("qwen72b", 5, "worker")
        await keys(pilot, "colon", *"set phi4", "enter")
        await until(pilot, lambda: "sets › phi4" in shown(app))
        await keys(pilot, "colon", *"theme nosuch", "enter")
        await until(pilot, lambda: "no theme “nosuch”" in shown(app))


async def test_reload_asks_the_engine_to_list_again(backend, app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: backend.reconnects == 1)
        assert "listing everything again" in shown(app)


async def test_the_filled_number_survives_until_the_dialog_is_there(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await _ready(pilot, app)
        app.run_command("scale phi4 0")
        await opened(pilot, app, "[ 0 ]")
        assert app.screen.wanted == 0
