"""Applying manifests: the plan, choosing, conflicts, the dialog, the requests, the progress."""

from __future__ import annotations

import json
from concurrent.futures import Future
from dataclasses import replace

import msgspec
import pytest
import yaml

from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS, Resource
from lwstui.runtime.intents import Apply, Outcome
from lwstui.state.manifests import FieldConflict, Trial
from lwstui.tui.screens.apply import ApplyScreen
from lwstui.tui.screens.modals.dialog import Dialog
from lwstui.tui.screens.modals.form import FormDialog
from lwstui.tui.screens.modals.picker import Picker
from tests.tui.support import FakeBackend, console, keys, opened, shown, until
from tests.tui.worlds import busy

QWEN = Key("llm-prod", "qwen72b")
MAPS = Resource("", "v1", "configmaps", "ConfigMap")


def body_of(world, key):
    lws = world.sets[key]
    return {
        "apiVersion": LEADERWORKERSETS.api_version,
        "kind": "LeaderWorkerSet",
        "metadata": {"name": key.name, "namespace": key.namespace},
        "spec": msgspec.to_builtins(lws.spec),
    }


class Scene:
    """A folder of manifests, a cluster and a server that answers for it."""

    def __init__(self, folder, *, context="sandbox"):
        world = busy()
        world.context, world.sandbox = context, context == "sandbox"
        self.folder = folder
        self.backend = FakeBackend(first=world.snapshot(), trial_of=self.answer)
        self.live = {QWEN: body_of(world, QWEN)}
        self.conflicts = (FieldConflict("hpa-controller", ".spec.replicas"),)
        wanted = body_of(world, QWEN)
        wanted["spec"]["leaderWorkerTemplate"]["workerTemplate"]["spec"]["containers"][0][
            "image"
        ] = "vllm/vllm-openai:v0.8.6"
        self.write("qwen.yaml", wanted)
        flags = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "flags", "namespace": "llm-prod"},
            "data": {"a": "1"},
        }
        self.write("flags.yaml", flags)

    def write(self, name, *bodies):
        (self.folder / name).write_text(yaml.safe_dump_all(bodies))

    def answer(self, manifest):
        key = Key(manifest.namespace, manifest.name)
        trial = Trial(
            manifest, key, LEADERWORKERSETS if manifest.is_set else MAPS, self.live.get(key)
        )
        if manifest.name == "bad":
            return replace(trial, refusal="admission webhook denied it: no")
        trial = replace(trial, after=manifest.body)
        replicas = (manifest.body.get("spec") or {}).get("replicas")
        if trial.live is not None and replicas not in (None, trial.live["spec"]["replicas"]):
            return replace(trial, conflicts=self.conflicts)
        return trial


@pytest.fixture
def scene(tmp_path):
    return Scene(tmp_path)


@pytest.fixture
def app(scene, tmp_path):
    return console(scene.backend, state=tmp_path / "state")


async def plan(pilot, app, scene, wait="plan"):
    await until(pilot, lambda: "qwen72b" in shown(app))
    app.run_command(f"apply {scene.folder}")
    await until(pilot, lambda: isinstance(app.screen, ApplyScreen) and wait in shown(app))


async def confirm(pilot, app):
    dialog = app.screen
    await until(pilot, lambda: not dialog.locked and not dialog.query_one("#confirm").disabled)
    dialog.query_one("#confirm").press()
    await until(pilot, lambda: app.screen is not dialog)


async def test_the_plan_says_what_changes_and_what_rolls(scene, app):
    async with app.run_test(size=(120, 40)) as pilot:
        await plan(pilot, app, scene, "create 1")
        text = shown(app)
        assert "change 1" in text
        assert "new revision, 12 groups roll" in text
        assert "already running" in text
        assert "acting on: ConfigMap llm-prod/flags" in text
        await keys(pilot, "j")
        await until(pilot, lambda: "+   image: vllm/vllm-openai:v0.8.6" in shown(app))


async def test_applying_asks_once_and_sends_in_order(scene, app, tmp_path):
    async with app.run_test(size=(120, 40)) as pilot:
        await plan(pilot, app, scene, "create 1")
        await keys(pilot, "a")
        await opened(pilot, app, "2 objects")
        assert "kubectl apply --server-side" in shown(app)
        assert not scene.backend.submitted
        await confirm(pilot, app)
        await until(pilot, lambda: "2 objects applied" in shown(app))
        sent = scene.backend.submitted
        assert [intent.trial.manifest.kind for intent in sent] == ["ConfigMap", "LeaderWorkerSet"]
        assert all(isinstance(intent, Apply) and not intent.take_over for intent in sent)
        assert "done: 8/12 updated, 11/12 ready" in shown(app)
        await keys(pilot, "j", "enter")
        await until(pilot, lambda: "sets › apply › rollout" in shown(app))
    (kept,) = json.loads((tmp_path / "state" / "sandbox" / "releases.json").read_text())
    assert [one["name"] for one in kept["objects"]] == ["flags", "qwen72b"]
    assert kept["who"] == "alice"


async def test_what_is_left_out_is_not_sent(scene, app):
    async with app.run_test(size=(120, 40)) as pilot:
        await plan(pilot, app, scene, "create 1")
        await keys(pilot, "j", "space", "a")
        await opened(pilot, app, "1 object ")
        await confirm(pilot, app)
        await until(pilot, lambda: scene.backend.submitted)
        assert [one.target.name for one in scene.backend.submitted] == ["flags"]


async def test_sending_stops_at_the_first_refusal(scene, app):
    scene.backend.outcome = Outcome(False, "apply ConfigMap: not allowed")
    async with app.run_test(size=(120, 40)) as pilot:
        await plan(pilot, app, scene, "create 1")
        await keys(pilot, "a")
        await opened(pilot, app, "2 objects")
        await confirm(pilot, app)
        await until(pilot, lambda: "1 object not sent" in shown(app))
        assert len(scene.backend.submitted) == 1
        assert "failed: apply ConfigMap: not allowed" in shown(app)


async def test_a_conflict_is_left_out_or_taken_over_and_never_forced(scene, app):
    scene.write(
        "qwen.yaml", {**scene.live[QWEN], "spec": {**scene.live[QWEN]["spec"], "replicas": 9}}
    )
    async with app.run_test(size=(140, 40)) as pilot:
        await plan(pilot, app, scene, "conflict 1")
        await keys(pilot, "j")
        await until(pilot, lambda: "belongs to hpa-controller (12), the file says 9" in shown(app))
        await keys(pilot, "o")
        await until(pilot, lambda: "is left out: it stays hpa-controller's" in shown(app))
        assert "replicas" not in scene.backend.trials_asked[-1][1].body["spec"]
        await keys(pilot, "o")
        await until(pilot, lambda: "it is taken over" in shown(app))
        await keys(pilot, "a")
        await opened(pilot, app, "Taken over")
        assert app.screen.query_one("#confirm").disabled
        assert "Type qwen72b to go on" in shown(app)
        app.screen.query_one("#dialog-name").value = "qwen72b"
        await confirm(pilot, app)
        await until(pilot, lambda: len(scene.backend.submitted) == 2)
        assert scene.backend.submitted[1].take_over
        assert scene.backend.submitted[1].trial.manifest.body["spec"]["replicas"] == 9


async def test_undecided_conflicts_and_refusals_are_not_sent(scene, app):
    scene.write("bad.yaml", {**scene.live[QWEN], "metadata": {"name": "bad", "namespace": "x"}})
    async with app.run_test(size=(120, 40)) as pilot:
        await plan(pilot, app, scene, "refused 1")
        assert "admission webhook denied it" in shown(app)
        await keys(pilot, "a")
        await opened(pilot, app, "2 objects")


async def test_a_server_that_changed_its_mind_disables_the_button(scene, app):
    async with app.run_test(size=(120, 40)) as pilot:
        await plan(pilot, app, scene, "create 1")
        scene.backend.trial_of = lambda one: replace(scene.answer(one), refusal="quota exceeded")
        await keys(pilot, "a")
        await opened(pilot, app, "quota exceeded")
        assert app.screen.query_one("#confirm").disabled


async def test_placeholders_are_asked_for(scene, app):
    text = (scene.folder / "flags.yaml").read_text().replace("'1'", "${VALUE}")
    (scene.folder / "flags.yaml").write_text(text)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "qwen72b" in shown(app))
        app.run_command(f"apply {scene.folder}")
        await until(pilot, lambda: isinstance(app.screen, FormDialog) and "VALUE" in shown(app))
        await until(pilot, lambda: not app.screen.locked)
        await keys(pilot, *"hello")
        await confirm(pilot, app)
        await until(pilot, lambda: scene.backend.trials_asked)
        assert scene.backend.trials_asked[0][0].body["data"] == {"a": "hello"}


async def test_a_path_that_cannot_be_read_is_said(scene, app):
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "qwen72b" in shown(app))
        app.run_command("apply nowhere.yaml")
        await until(pilot, lambda: "no such file: nowhere.yaml" in shown(app))
        await keys(pilot, "a")
        await until(pilot, lambda: "nothing is chosen" in shown(app))


async def test_a_server_without_an_answer_is_said(scene, app):
    from controller.errors import Unavailable

    def fail(_):
        future = Future()
        future.set_exception(Unavailable("no route"))
        return future

    scene.backend.try_manifests = fail
    async with app.run_test(size=(120, 40)) as pilot:
        await plan(pilot, app, scene, "no route")


async def test_read_only_sends_nothing(scene):
    app = console(scene.backend, read_only=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await plan(pilot, app, scene, "create 1")
        await keys(pilot, "a")
        await until(pilot, lambda: "read-only" in shown(app))
        assert not isinstance(app.screen, Dialog)


async def test_without_a_path_files_and_examples_are_offered(scene, app, monkeypatch):
    monkeypatch.chdir(scene.folder)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "qwen72b" in shown(app))
        app.run_command("apply")
        await until(pilot, lambda: isinstance(app.screen, Picker) and "flags.yaml" in shown(app))
        assert "02-leaderworkerset-sample.yaml" in shown(app)
        await keys(pilot, *"sample")
        await until(pilot, lambda: "Expect: 12 pods" in shown(app))
        await keys(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, ApplyScreen) and "create 1" in shown(app))


async def test_the_diff_can_be_read_whole_and_left(scene, app):
    async with app.run_test(size=(120, 40)) as pilot:
        await plan(pilot, app, scene, "create 1")
        await keys(pilot, "j", "D")
        await until(pilot, lambda: "      containers:" in shown(app))
        await keys(pilot, "enter")
        assert app.focused.id == "diff"
        await keys(pilot, "escape")
        assert app.focused.id == "main"


async def test_checking_says_what_is_wrong_and_goes_on_to_the_plan(scene, app):
    bad = body_of(busy(), QWEN)
    bad["metadata"]["name"] = "bad"
    bad["spec"]["leaderWorkerTemplate"]["subGroupPolicy"] = {"subGroupSize": 3}
    scene.write("bad.yaml", bad)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "qwen72b" in shown(app))
        app.run_command(f"check {scene.folder}")
        await until(pilot, lambda: "3 objects checked:" in shown(app))
        text = shown(app)
        assert "must divide size 8 or size - 1" in text
        assert "the server refuses it: admission webhook denied it: no" in text
        assert not scene.backend.submitted
        await keys(pilot, "a")
        await until(
            pilot, lambda: isinstance(app.screen, ApplyScreen) and "refused 1" in shown(app)
        )


async def test_the_file_can_be_edited_on_the_way(scene, app, monkeypatch):
    edited = []

    def edit(text, command, *, name):
        edited.append(name)
        return text.replace("v0.8.6", "v0.9.9")

    monkeypatch.setattr(app, "edit_text", edit)
    async with app.run_test(size=(120, 40)) as pilot:
        await plan(pilot, app, scene, "create 1")
        await keys(pilot, "j", "e")
        await until(pilot, lambda: "v0.9.9" in shown(app))
        assert edited == ["qwen.yaml"]
        assert "v0.9.9" in (scene.folder / "qwen.yaml").read_text()
        assert len(scene.backend.trials_asked) == 2


async def test_shipped_examples_are_not_edited(scene, app):
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "qwen72b" in shown(app))
        app.run_command("apply 02-leaderworkerset-sample.yaml")
        await until(pilot, lambda: isinstance(app.screen, ApplyScreen) and "create 1" in shown(app))
        await keys(pilot, "e")
        await until(pilot, lambda: "ships with the program" in shown(app))


async def test_in_ascii_nothing_else_is_drawn_and_hostile_text_is_tamed(scene, tmp_path):
    evil = "x\x1b[31m\u202e[bold]"
    scene.write("evil.yaml", {"apiVersion": "v1", "kind": evil, "metadata": {"name": evil}})
    app = console(scene.backend, ascii=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await plan(pilot, app, scene, "change 1")
        await keys(pilot, "j", "D")
        await until(pilot, lambda: "acting on: x[bold] x[bold]" in shown(app))
        text = shown(app)
        assert "\x1b" not in text
        assert "\u202e" not in text
