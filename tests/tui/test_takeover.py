"""Taking over in the console: who has what, the steps, the typed name, a real move, handback."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from controller.api.meta import Key
from controller.takeover.native import Native
from controller.takeover.preflight import inspect
from lwstui.kube.connect import Target
from lwstui.runtime.engine import Engine, EngineOptions
from lwstui.runtime.takeover_terms import Standing
from lwstui.tui.app import Console, ConsoleOptions
from lwstui.tui.screens.modals.dialog import Dialog
from lwstui.tui.screens.takeover import TakeoverScreen
from lwstui.view.takeover import Candidate
from tests.e2e.native_world import (
    NAME,
    SPACE,
    deployments_follow,
    identities,
    install,
    native_set,
    native_world,
)
from tests.support import native
from tests.support.engines import stopped
from tests.tui.support import FakeBackend, console, keys, opened, shown, until
from tests.tui.worlds import NOW, World, busy


def standing(world: World, *, running: bool = True) -> Standing:
    """Return a native set, and its controller in the way."""
    made = native.native_set()
    evidence = made.evidence()
    candidate = Candidate(evidence, inspect(evidence, world.now))
    return Standing((candidate,), Native(deployments=(native.deployment(int(running)),)))


@pytest.fixture
def backend():
    world = busy()
    world.sandbox = True
    return FakeBackend(first=world.snapshot(), standing=standing(world))


async def look(pilot, app):
    await until(pilot, lambda: "qwen72b" in shown(app))
    app.run_command("takeover")
    await until(pilot, lambda: isinstance(app.screen, TakeoverScreen) and NAME in shown(app))


async def test_the_screen_says_who_has_it_what_is_in_the_way_and_the_steps(backend):
    app = console(backend)
    async with app.run_test(size=(140, 40)) as pilot:
        await look(pilot, app)
        text = shown(app)
        assert "in the way: " in text
        assert "lws-controller-manager" in text
        assert "native" in text
        assert "1  write the rollout record" in text
        assert "2  release the workers from their StatefulSets" in text


async def test_the_name_must_be_typed_even_in_the_sandbox(backend, tmp_path):
    app = console(backend, state=tmp_path)
    async with app.run_test(size=(140, 50)) as pilot:
        await look(pilot, app)
        await keys(pilot, "a")
        await opened(pilot, app, "TAKE OVER")
        assert "no pod is restarted" in shown(app)
        assert "The native controller is stopped first" in shown(app)
        assert app.screen.query_one("#confirm").disabled
        app.screen.query_one("#dialog-name").value = NAME
        await until(pilot, lambda: not app.screen.query_one("#confirm").disabled)
        app.screen.query_one("#confirm").press()
        await until(pilot, lambda: backend.takeovers)
        (order,) = backend.takeovers
        assert order.keys == (Key(SPACE, NAME),)
        assert order.stop_native
        assert order.folder == tmp_path / "takeover"
        await until(pilot, lambda: "1 set moved" in shown(app))


async def test_nothing_is_moved_read_only_or_without_a_place_for_the_backup(backend, tmp_path):
    for options, why in (
        ({"read_only": True, "state": tmp_path}, "read-only"),
        ({}, "no place for a backup"),
    ):
        app = console(backend, **options)
        async with app.run_test(size=(140, 40)) as pilot:
            await look(pilot, app)
            await keys(pilot, "a")
            await until(pilot, lambda app=app, why=why: why in shown(app))
            assert not isinstance(app.screen, Dialog)
    assert not backend.takeovers


async def test_handback_says_what_it_would_take(backend):
    app = console(backend)
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: "qwen72b" in shown(app))
        app.run_command("handback qwen72b")
        await until(pilot, lambda: "There is no handback" in shown(app))
        assert "llm-prod/qwen72b" in shown(app)


@pytest.fixture
async def world() -> AsyncIterator:
    async with native_world() as made:
        yield made


async def test_a_set_is_moved_without_touching_a_pod(world, tmp_path):
    before = await native_set(world)
    await install(world)
    deployments_follow(world)
    engine = Engine(EngineOptions(Target(kubeconfig=str(world.sandbox.kubeconfig))))
    app = Console(engine, ConsoleOptions(state=tmp_path), clock=lambda: NOW)
    async with app.run_test(size=(140, 50)) as pilot, stopped(engine):
        await until(pilot, lambda: "LIVE" in shown(app))
        app.run_command("takeover")
        await until(pilot, lambda: NAME in shown(app) and "in the way" in shown(app))
        await keys(pilot, "a")
        await opened(pilot, app, "TAKE OVER")
        app.screen.query_one("#dialog-name").value = NAME
        await until(pilot, lambda: not app.screen.query_one("#confirm").disabled)
        app.screen.query_one("#confirm").press()
        await until(pilot, lambda: "1 set moved, 12 pods: none restarted" in shown(app), 60)
        await until(pilot, lambda: "not needed" in shown(app))
    assert identities(world) == before
    assert not world.sandbox.store.items("statefulsets.apps", SPACE)
    (saved,) = (tmp_path / "takeover").glob("*.json")
    assert saved.stat().st_mode & 0o777 == 0o600
