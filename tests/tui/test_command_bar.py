"""The command bar on the screen: history, mistakes, commands that go somewhere first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lwstui.config.statefiles import StateFiles
from lwstui.runtime.destination import Destination
from lwstui.state.model import ContextFacts, ControllerView, Snapshot
from lwstui.tui.entered import MOST, Entered
from lwstui.tui.widgets.prompt import Prompt
from lwstui.view.types import Ref
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import busy

CONTEXTS = (ContextFacts("prod-eu"), ContextFacts("prod-us"))


def _world(version: int = 1, **facts: object) -> Snapshot:
    world = busy()
    world.controller = ControllerView(mode="native")
    found = world.snapshot(version)
    return replace(found, cluster=replace(found.cluster, contexts=CONTEXTS, **facts))


async def _typed(pilot, app, text):
    """Type a line into the command bar and enter it."""
    await keys(pilot, "colon")
    prompt = app.screen.query_one(Prompt)
    await until(pilot, lambda: prompt.is_open)
    prompt.query_one("#prompt-input").value = text
    await keys(pilot, "enter")


@pytest.fixture
def backend():
    return FakeBackend(first=_world())


async def test_a_deep_link_waits_for_what_it_names(backend):
    backend.first = None
    app = console(backend, first_command="set llm-prod/llama405b")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "as soon as the cluster has answered" in shown(app))
        backend.publish(replace(_world(), sync={}))
        await pilot.pause()
        assert app.front.route.screen == "fleet"
        backend.publish(_world(2))
        await until(pilot, lambda: app.front.route.screen == "lws")
        assert app.front.route.ref == Ref("set", "llm-prod", "llama405b")


async def test_names_are_completed_with_their_namespace_where_that_was_typed(backend):
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        assert app.completions("rollout qw") == ("rollout qwen72b",)
        assert app.completions("rollout llm-prod/qw") == ("rollout llm-prod/qwen72b",)


async def test_a_deep_link_without_an_object_does_not_wait():
    app = console(FakeBackend(), first_command="nodes /gpu-1")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.front.route.screen == "nodes")
        await until(pilot, lambda: app.front.state.query.filter == "gpu-1")


async def test_a_command_for_another_context_runs_there(backend):
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        app.run_command("set llama70b @prod-us -n llm-prod")
        await until(pilot, lambda: backend.attached == [Destination("prod-us", ("llm-prod",))])
        assert app.front.route.screen == "fleet"
        there = {"context": "prod-us", "namespaces": ("llm-prod",), "attachment": 1}
        backend.publish(replace(_world(2, **there), sync={}))
        await pilot.pause()
        assert app.front.route.screen == "fleet"
        backend.publish(_world(3, **there))
        await until(pilot, lambda: app.front.route.screen == "lws")


async def test_a_command_for_other_namespaces_runs_when_they_are_in_view(backend):
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        app.run_command("pods llama405b -n llm-prod /s:X")
        await pilot.pause()
        assert backend.looked_at == [("llm-prod",)]
        assert app.front.route.screen == "fleet"
        backend.publish(_world(2, namespaces=("llm-prod",)))
        await until(pilot, lambda: app.front.route.screen == "pods")
        await until(pilot, lambda: app.front.state.query.filter == "s:X")


async def test_another_command_replaces_the_one_that_waits(backend):
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        app.run_command("set llama405b -n llm-prod")
        app.run_command("nodes")
        backend.publish(_world(2, namespaces=("llm-prod",)))
        await until(pilot, lambda: app.snapshot.version == 2)
        await pilot.pause()
        assert app.front.route.screen == "nodes"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [("scal3 llama70b", "did you mean “scale”?"), ("set lama70b", "did you mean “llama70b”?")],
)
async def test_wrong_input_stays_and_says_what_is_near(backend, line, sentence):
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await _typed(pilot, app, line)
        prompt = app.screen.query_one(Prompt)
        await until(pilot, lambda: sentence in shown(app))
        assert prompt.is_open
        assert prompt.text == line
        await keys(pilot, "escape")
        assert not prompt.is_open


async def test_what_was_typed_on_one_screen_is_offered_on_the_next(backend, tmp_path):
    app = console(backend, state=tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await _typed(pilot, app, "nodes")
        await until(pilot, lambda: app.front.route.screen == "nodes")
        await keys(pilot, "colon", "up")
        assert app.screen.query_one(Prompt).text == "nodes"
    assert StateFiles(tmp_path, "prod-eu").lines("commands") == ("nodes",)


def test_history_is_kept_for_the_next_run_per_context(tmp_path):
    first = Entered(StateFiles(tmp_path))
    first.add("command", "typed before the context was known")
    first.enter("prod")
    for number in range(MOST + 5):
        first.add("command", f"scale a {number}")
    first.add("command", "scale a 100")
    first.add("filter", "llama")
    later = Entered(StateFiles(tmp_path))
    later.enter("prod")
    assert len(later.lines("command")) == MOST
    assert later.last_command == "scale a 100"
    assert later.lines("command").count("scale a 100") == 1
    later.enter("stage")
    assert Entered(StateFiles(tmp_path)).lines("filter") == []
    other = Entered(StateFiles(tmp_path))
    other.enter("stage")
    assert other.lines("command") == []
