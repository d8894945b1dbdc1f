"""Editing from the keyboard: what the editor gets, what is sent, what is refused."""

from __future__ import annotations

import pytest

from controller.api.meta import Key
from lwstui.runtime.intents import Edit, Outcome
from lwstui.tui.edited import Unreadable, understood
from lwstui.tui.screens.modals.dialog import Dialog
from tests.tui.support import FakeBackend, console, keys, opened, shown, until
from tests.tui.worlds import busy

KEY = Key("llm-prod", "llama405b")
SIZE = (120, 40)


def stored(world):
    lws = world.sets[KEY]
    meta = {"name": KEY.name, "namespace": KEY.namespace, "uid": lws.metadata.uid, "labels": {}}
    return {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": meta,
        "spec": lws.spec,
        "status": {"replicas": 8},
    }


@pytest.fixture
def backend():
    world = busy()
    world.sandbox = True
    made = FakeBackend(first=world.snapshot())
    made.objects[("leaderworkersets", KEY.name)] = stored(world)
    node = {"kind": "Node", "metadata": {"name": "gpu-000", "uid": "node-gpu-000"}, "spec": {}}
    made.objects[("nodes", "gpu-000")] = node
    return made


class Editor:
    """Stands for the operator's editor: plays one edit after the other."""

    def __init__(self, app, *edits):
        self.edits, self.seen = list(edits), []
        app.edit_text = self.edit_text

    def edit_text(self, text, command, *, name):
        self.seen.append(text)
        return self.edits.pop(0)(text)


async def start(pilot, app, *pressed):
    await until(pilot, lambda: "llama405b" in shown(app))
    await keys(pilot, *pressed)


async def confirm(pilot, app):
    dialog = app.screen
    await until(pilot, lambda: not dialog.locked and not dialog.query_one("#confirm").disabled)
    dialog.query_one("#confirm").press()
    await until(pilot, lambda: app.screen is not dialog)


def replaces(old, new):
    return lambda text: text.replace(old, new)


async def test_an_edit_is_shown_field_by_field_and_sent(backend):
    app = console(backend)
    editor = Editor(app, replaces("replicas: 8", "replicas: 9"))
    async with app.run_test(size=SIZE) as pilot:
        await start(pilot, app, "e")
        await opened(pilot, app, "EDIT LEADERWORKERSET")
        assert "spec.replicas: 8 -> 9" in shown(app)
        assert "status" not in editor.seen[0]
        await confirm(pilot, app)
        await until(pilot, lambda: backend.submitted)
        (intent,) = backend.submitted
        assert isinstance(intent, Edit)
        assert (intent.target, intent.uid) == (KEY, "uid-llm-prod-llama405b")
        assert intent.after["spec"]["replicas"] == 9


async def test_an_unchanged_text_sends_nothing(backend):
    app = console(backend)
    Editor(app, lambda text: text + "\n")
    async with app.run_test(size=SIZE) as pilot:
        await start(pilot, app, "e")
        await until(pilot, lambda: "nothing was sent" in shown(app))
        assert (backend.dry_runs, backend.submitted) == ([], [])


async def test_what_cannot_be_read_comes_back_with_the_reason_on_top(backend):
    app = console(backend)
    broken = replaces("replicas: 8", "replicas: [")
    negative = replaces("replicas: [", "replicas: -1")
    editor = Editor(app, broken, negative, lambda text: text)
    async with app.run_test(size=SIZE) as pilot:
        await start(pilot, app, "e")
        await until(pilot, lambda: len(editor.seen) == 3)
        assert "this is no YAML: line" in editor.seen[1].splitlines()[0]
        assert "replicas: [" in editor.seen[1]
        assert editor.seen[2].startswith("# Not sent, because spec.replicas")
        await until(pilot, lambda: "nothing was sent" in shown(app))
        assert backend.submitted == []


async def test_a_refusal_keeps_the_text_and_takes_what_others_changed(backend):
    app = console(backend)
    backend.verdict = Outcome(ok=False, message="what was edited was changed meanwhile")

    def meanwhile(text):
        body = dict(backend.objects["leaderworkersets", KEY.name])
        backend.objects["leaderworkersets", KEY.name] = {
            **body, "metadata": {**body["metadata"], "labels": {"by": "another"}},
        }  # fmt: skip
        return text.replace("replicas: 8", "replicas: 9")

    editor = Editor(app, meanwhile, lambda text: text)
    async with app.run_test(size=SIZE) as pilot:
        await start(pilot, app, "e")
        await until(pilot, lambda: len(editor.seen) == 2)
        again = editor.seen[1]
        assert again.startswith("# Not sent, because the server says: what was edited was changed")
        assert "replicas: 9" in again
        assert "by: another" in again


async def test_a_node_is_edited_too(backend):
    app = console(backend)
    Editor(app, replaces("spec: {}", "spec: {unschedulable: true}"))
    async with app.run_test(size=SIZE) as pilot:
        await start(pilot, app, "m")
        await until(pilot, lambda: "gpu-000" in shown(app))
        await keys(pilot, "e")
        await opened(pilot, app, "EDIT NODE")
        await confirm(pilot, app)
        await until(pilot, lambda: backend.submitted)
        assert backend.submitted[0].target == Key("", "gpu-000")


async def test_the_form_leads_to_the_same_dialog(backend):
    app = console(backend)
    async with app.run_test(size=SIZE) as pilot:
        await start(pilot, app, "I")
        await opened(pilot, app, "FIELDS OF llm-prod/llama405b")
        field = app.screen.query_one("#form-value-0")
        field.value = "x"
        await until(pilot, lambda: "is no number of groups" in shown(app))
        field.value = "6"
        await until(pilot, lambda: not app.screen.query_one("#confirm").disabled)
        app.screen.query_one("#confirm").press()
        await opened(pilot, app, "spec.replicas: 8 -> 6")
        assert "groups 6-7" in shown(app)
        await confirm(pilot, app)
        await until(pilot, lambda: backend.submitted)
        assert backend.submitted[0].after["spec"]["replicas"] == 6


async def test_without_a_terminal_it_says_so(backend):
    app = console(backend)
    async with app.run_test(size=SIZE) as pilot:
        await start(pilot, app, "e")
        await until(pilot, lambda: "this needs a terminal" in shown(app))
        assert not isinstance(app.screen, Dialog)


@pytest.mark.parametrize("text", ["", "- a", "kind: Pod", "a: {b: ["])
def test_what_is_no_such_object_is_told(text):
    with pytest.raises(Unreadable):
        understood(text, {"kind": "LeaderWorkerSet", "metadata": {"name": "a"}})


async def test_the_yaml_of_a_set_leads_to_its_edit(backend):
    app = console(backend)
    Editor(app, replaces("replicas: 8", "replicas: 9"))
    async with app.run_test(size=SIZE) as pilot:
        await start(pilot, app, "y")
        await until(pilot, lambda: "apiVersion" in shown(app))
        await keys(pilot, "e")
        await opened(pilot, app, "spec.replicas: 8 -> 9")
