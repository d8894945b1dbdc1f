"""Changing the context and the namespaces from the console."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lwstui.runtime.destination import Destination
from lwstui.state.model import ContextFacts, ControllerView, Snapshot
from lwstui.tui.places import favourites
from lwstui.tui.screens.fleet import FleetScreen
from lwstui.tui.screens.modals.picker import Picker
from tests.tui.support import FakeBackend, console, keys, opened, shown, until
from tests.tui.worlds import busy

CONTEXTS = (
    ContextFacts("prod-eu", "eu", "https://eu:6443", "alice"),
    ContextFacts("prod-us", "us", "https://us:6443", "alice", "llm"),
    ContextFacts("lab", "lab", "https://lab:6443", "alice", sandbox=True),
)
NAMESPACES = ("batch", "llm-prod", "llm-stage", "research", "quiet")


def _world(mode: str = "native", version: int = 1, attachment: int = 0) -> Snapshot:
    world = busy()
    world.controller = ControllerView(mode=mode)
    found = world.snapshot(version)
    cluster = replace(
        found.cluster,
        context="prod-eu",
        contexts=CONTEXTS,
        known_namespaces=NAMESPACES,
        attachment=attachment,
    )
    return replace(found, cluster=cluster)


@pytest.fixture
def backend():
    return FakeBackend(first=_world())


@pytest.fixture
def app(backend):
    return console(backend)


async def _run(pilot, app, line):
    await until(pilot, lambda: app.snapshot.sets)
    app.run_command(line)
    await pilot.pause()


async def test_another_context_is_a_skeleton_at_once(app, backend):
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "slash", *"llama", "enter", "enter", "E")
        await until(pilot, lambda: app.front.route.screen == "events")
        await _run(pilot, app, "ctx prod-us")
        await until(pilot, lambda: isinstance(app.screen, FleetScreen))
        assert backend.attached == [Destination("prod-us")]
        await until(pilot, lambda: "prod-us" in shown(app) and "CONNECTING" in shown(app))
        assert "llama405b" not in shown(app)
        assert app.front.state.query.filter == ""
        app.travel(-1)
        await until(pilot, lambda: "history ends here" in shown(app))


async def test_what_the_old_cluster_still_says_is_not_shown(app, backend):
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await _run(pilot, app, "ctx lab")
        await until(pilot, lambda: "SANDBOX" in shown(app))
        backend.publish(_world(version=7))
        await pilot.pause()
        await pilot.pause()
        assert not app.snapshot.sets
        backend.publish(_world(version=8, attachment=1))
        await until(pilot, lambda: "llama405b" in shown(app))


async def test_a_console_that_leads_asks_before_it_leaves():
    backend = FakeBackend(first=_world("leader"))
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await _run(pilot, app, "ctx prod-us")
        await opened(pilot, app, "LEAVE THIS CONTEXT")
        assert "prod-us" in shown(app)
        await keys(pilot, "escape")
        await until(pilot, lambda: app.screen is app.front)
        assert backend.attached == []
        await _run(pilot, app, "ctx prod-us")
        await opened(pilot, app, "LEAVE THIS CONTEXT")
        await keys(pilot, "y")
        await until(pilot, lambda: backend.attached == [Destination("prod-us")])


async def test_contexts_are_picked_from_a_list(app, backend):
    async with app.run_test(size=(120, 40)) as pilot:
        await _run(pilot, app, "ctx")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await until(pilot, lambda: "SANDBOX" in shown(app) and "https://us:6443" in shown(app))
        await keys(pilot, *"lab", "enter")
        await until(pilot, lambda: backend.attached == [Destination("lab")])


async def test_namespaces_are_picked_from_a_list(app, backend):
    async with app.run_test(size=(120, 40)) as pilot:
        await _run(pilot, app, "ns")
        await until(pilot, lambda: isinstance(app.screen, Picker) and "5 sets" in shown(app))
        await keys(pilot, *"stage", "enter")
        await until(pilot, lambda: backend.looked_at == [("llm-stage",)])


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("ns llm-prod", [("llm-prod",)]),
        ("ns llm-prod,research", [("llm-prod", "research")]),
        ("ns all", [()]),
    ],
)
async def test_namespaces_by_name(app, backend, line, seen):
    async with app.run_test(size=(120, 40)) as pilot:
        await _run(pilot, app, line)
        assert backend.looked_at == seen


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("ns llm-prd", "no namespace “llm-prd”; did you mean “llm-prod”?"),
        ("ctx prod", "“prod” could be prod-eu, prod-us"),
        ("ctx lib", "no context “lib”; did you mean “lab”?"),
        ("ctx prod-eu", "this is prod-eu"),
    ],
)
async def test_what_does_not_exist_is_named(app, backend, line, sentence):
    async with app.run_test(size=(120, 40)) as pilot:
        await _run(pilot, app, line)
        await until(pilot, lambda: sentence in shown(app))
        assert backend.attached == []
        assert backend.looked_at == []


def test_a_digit_keeps_its_namespace():
    before = favourites(_world(), (), ())
    assert before == ("llm-prod", "research", "batch", "llm-stage")
    changed = replace(_world(), sets_by_namespace={"batch": 9, "new": 12, "research": 1})
    assert favourites(changed, (), before) == (*before, "new")
    assert favourites(_world(), ("research",), ())[0] == "research"
