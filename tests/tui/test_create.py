"""Making a set by form: the example, the fields, what speaks against it, the plan."""

from __future__ import annotations

import pytest
import yaml

from lwstui.tui.screens.apply import ApplyScreen
from lwstui.tui.screens.create import CreateScreen
from lwstui.tui.screens.modals.picker import Picker
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import busy


@pytest.fixture
def backend():
    world = busy()
    world.sandbox = True
    return FakeBackend(first=world.snapshot())


async def form(pilot, app, example="13-vllm-gpu.yaml"):
    await until(pilot, lambda: "qwen72b" in shown(app))
    app.run_command(f"create {example}")
    await until(pilot, lambda: isinstance(app.screen, CreateScreen) and "pods" in shown(app))


async def test_the_form_shows_what_it_comes_to_while_it_is_filled_in(backend, tmp_path):
    app = console(backend, state=tmp_path)
    async with app.run_test(size=(120, 45)) as pilot:
        await form(pilot, app)
        assert "2 groups of 2 pods: 4 pods" in shown(app)
        assert "groups would fit" in shown(app)
        await keys(pilot, "down", "down", "backspace", "3", "0")
        await until(pilot, lambda: "30 groups of 2 pods: 60 pods" in shown(app))
        assert "groups fit into what is free now" in shown(app)
        await keys(pilot, "backspace", "backspace", "x")
        await until(pilot, lambda: "“x” is not a whole number" in shown(app))
        await keys(pilot, "enter")
        assert isinstance(app.screen, CreateScreen)
        assert not backend.trials_asked


async def test_enter_keeps_the_manifest_and_plans_it(backend, tmp_path):
    app = console(backend, state=tmp_path)
    async with app.run_test(size=(120, 45)) as pilot:
        await form(pilot, app)
        await keys(pilot, *(["backspace"] * 4), *"mine", "enter")
        await until(pilot, lambda: isinstance(app.screen, ApplyScreen) and "create 2" in shown(app))
        (path,) = (tmp_path / "sandbox").parent.glob("drafts/*.yaml")
        assert path.name == "default-mine.yaml"
        text = path.read_text()
        assert text.startswith("# Made with lwstui from the example 13-vllm-gpu.yaml.")
        assert [one["metadata"]["name"] for one in yaml.safe_load_all(text)] == [
            "mine",
            "mine-leader",
        ]
        asked = backend.trials_asked[0]
        assert [one.name for one in asked] == ["mine-leader", "mine"]


async def test_a_set_that_exists_is_named(backend, tmp_path):
    app = console(backend, state=tmp_path)
    async with app.run_test(size=(120, 45)) as pilot:
        await form(pilot, app)
        await keys(pilot, *(["backspace"] * 4), *"llama405b", "down", *(["backspace"] * 7))
        await keys(pilot, *"llm-prod")
        await until(pilot, lambda: "exists already and would be changed" in shown(app))


async def test_examples_are_offered_and_escape_leaves(backend, tmp_path):
    app = console(backend, state=tmp_path)
    async with app.run_test(size=(120, 45)) as pilot:
        await until(pilot, lambda: "qwen72b" in shown(app))
        app.run_command("new")
        await until(pilot, lambda: isinstance(app.screen, Picker) and "01-llama" in shown(app))
        await keys(pilot, *"sglang", "enter")
        await until(pilot, lambda: isinstance(app.screen, CreateScreen) and "sglang" in shown(app))
        await keys(pilot, "escape")
        await until(pilot, lambda: not isinstance(app.screen, CreateScreen))


async def test_a_file_without_a_set_is_said(backend, tmp_path):
    app = console(backend, state=tmp_path)
    file = tmp_path / "cm.yaml"
    file.write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n")
    async with app.run_test(size=(120, 45)) as pilot:
        await until(pilot, lambda: "qwen72b" in shown(app))
        app.run_command(f"create {file}")
        await until(pilot, lambda: "there is no LeaderWorkerSet in" in shown(app))


async def test_hostile_examples_are_tamed(backend, tmp_path):
    file = tmp_path / "evil.yaml"
    container = {"name": "c[red]", "image": "x\x1b]0;y\x07\u202e"}
    body = {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": {"name": "evil"},
        "spec": {"leaderWorkerTemplate": {"workerTemplate": {"spec": {"containers": [container]}}}},
    }
    file.write_text(yaml.safe_dump(body))
    app = console(backend, state=tmp_path)
    async with app.run_test(size=(120, 45)) as pilot:
        await form(pilot, app, str(file))
        text = shown(app)
        assert "image pod c[red]" in text
        assert not {"\x1b", "\x07", "\u202e"} & set(text)
