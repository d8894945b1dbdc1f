"""Texts: descriptions, YAML, help."""

from __future__ import annotations

from concurrent.futures import Future

import msgspec

from lwstui.tui.actions import ACTIONS
from lwstui.tui.commands.registry import COMMANDS
from lwstui.tui.screens.help import help_lines
from lwstui.tui.screens.text import yaml_lines
from lwstui.tui.whynot import Situation
from lwstui.tui.widgets.textpane import TextPane, changed_lines
from lwstui.view.types import Ref, Span
from tests.tui.support import YAML, FakeBackend, console, keys, shown, until
from tests.tui.worlds import busy, rolling

CALM = Situation(busy().snapshot(), Ref("group", "llm-prod", "llama405b", 0))


def _touch(world, key):
    lws = world.sets[key]
    changed = msgspec.structs.replace(lws.metadata, generation=lws.metadata.generation + 1)
    world.sets[key] = msgspec.structs.replace(lws, metadata=changed)


def _text(lines):
    return "\n".join("".join(span.text for span in line) for line in lines)


def test_yaml_keeps_every_character():
    text = 'a:\n- b: "x: y"\n  # note\n  url: http://x\nplain text: no\n[red]x[/]\n'
    assert _text(yaml_lines(text)) == text.rstrip("\n")


def test_yaml_sets_keys_apart():
    ((indent, key, colon, value),) = yaml_lines("  image: vllm:v1")
    assert (indent.text, key.text, colon.text, value.text) == ("  ", "image", ":", " vllm:v1")
    assert key.tone != value.tone


def test_help_lists_every_command_and_the_keys_of_the_screen():
    text = _text(help_lines(("set",), 200, CALM))
    assert all(f":{spec.verb}" in text for spec in COMMANDS)
    assert all(spec.help in text for spec in ACTIONS if spec.scope == "set")
    assert "Next match" not in text


def test_help_of_merged_scopes_shows_each_key_once():
    text = _text(help_lines(("group", "pod", "set"), 400, CALM))
    assert "Delete the leader" in text
    assert "Recreate all groups" not in text  # r belongs to the group there


def test_help_fits_narrow_screens():
    for cells in (60, 80, 120, 200):
        assert max(
            len("".join(s.text for s in line)) for line in help_lines(("set",), cells, CALM)
        ) <= (cells)


async def test_yaml_of_a_group_is_that_of_its_leader():
    backend = FakeBackend(first=rolling()[0].snapshot())
    app = console(backend)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await keys(pilot, "enter", "y")
        await until(pilot, lambda: "apiVersion: leaderworkerset" in shown(app))
        assert backend.yaml_asked == [("pods", "llm-prod", "llama70b-29")]
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(backend.yaml_asked) == 2)


async def test_yaml_that_cannot_be_read_says_why():
    class Refusing(FakeBackend):
        def yaml(self, resource, namespace, name, *, managed=False):
            future = Future()
            future.set_exception(RuntimeError("[pods] is forbidden"))
            return future

    app = console(Refusing(first=rolling()[0].snapshot()))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await keys(pilot, "y")
        await until(pilot, lambda: "[pods] is forbidden" in shown(app))


async def test_a_description_follows_the_cluster():
    backend = FakeBackend(first=rolling()[0].snapshot())
    app = console(backend)
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await keys(pilot, "d")
        await until(pilot, lambda: "describe of llama70b" in shown(app))
        backend.publish(busy().snapshot(2, sets={}))
        await until(pilot, lambda: "is gone" in shown(app))


async def test_searching_a_text_goes_to_the_match():
    backend = FakeBackend(
        first=busy().snapshot(), yaml_text="\n".join(f"l{i}: x" for i in range(99))
    )
    app = console(backend)
    async with app.run_test(size=(100, 24)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "y")
        await until(pilot, lambda: "l0: x" in shown(app))
        await keys(pilot, "slash", *"l77", "enter")
        await until(pilot, lambda: "l77: x" in shown(app))
        assert app.focused is app.screen.query_one(TextPane)
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.front.route.screen == "fleet")


async def test_yaml_says_that_it_is_old_and_follows_when_it_is_told_to():
    world, key = rolling()
    backend = FakeBackend(first=world.snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await keys(pilot, "y")
        await until(pilot, lambda: "replicas: 48" in shown(app))
        _touch(world, key)
        backend.publish(world.snapshot())
        await until(pilot, lambda: "changed since it was read" in shown(app))
        assert len(backend.yaml_asked) == 1
        backend.yaml_text = backend.yaml_text.replace("48", "49")
        await keys(pilot, "r")
        await until(pilot, lambda: "replicas: 49" in shown(app))
        assert app.screen.query_one(TextPane).flashed == {6}
        backend.yaml_text = backend.yaml_text.replace("49", "50")
        _touch(world, key)
        backend.publish(world.snapshot())
        await until(pilot, lambda: "replicas: 50" in shown(app))


async def test_managed_fields_are_shown_on_demand():
    backend = FakeBackend(first=rolling()[0].snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await keys(pilot, "y")
        await until(pilot, lambda: "replicas: 48" in shown(app))
        assert "managedFields" not in shown(app)
        await keys(pilot, "m")
        await until(pilot, lambda: "managedFields" in shown(app))


async def test_a_text_is_saved_for_its_owner_only(tmp_path):
    app = console(FakeBackend(first=rolling()[0].snapshot()), state=tmp_path)
    async with app.run_test(size=(160, 30)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await keys(pilot, "y")
        await until(pilot, lambda: "replicas: 48" in shown(app))
        await keys(pilot, "ctrl+s")
        await until(pilot, lambda: "saved as" in shown(app))
        (saved,) = (tmp_path / "screens").iterdir()
        assert saved.read_text() == YAML
        assert saved.stat().st_mode & 0o777 == 0o600


def test_what_only_grew_older_has_not_changed():
    def lines(*texts):
        return tuple((Span(text),) for text in texts)

    before = lines("Age 4m12s", "Ready 1/2", "Node a")
    after = lines("Age 4m13s", "Ready 2/2", "New", "Node a")
    assert changed_lines(before, after) == {1, 2}
