"""Pictures of manifests on their way in: the plan, a conflict, a refused object, the form."""

from __future__ import annotations

import pytest

from lwstui.tui.screens.apply import ApplyScreen
from lwstui.tui.screens.modals.dialog import Dialog
from tests.tui.support import console, keys, settled, shown, until
from tests.tui.test_apply import QWEN, Scene

SMALL, MEDIUM = (80, 24), (120, 40)


@pytest.fixture
def scene(tmp_path, monkeypatch):
    (tmp_path / "prod").mkdir()
    monkeypatch.chdir(tmp_path)
    return Scene(tmp_path / "prod", context="prod-eu")


def picture(snap_compare, scene, size, *pressed, wait):
    app = console(scene.backend)

    async def before(pilot):
        await until(pilot, lambda: "qwen72b" in shown(app))
        app.run_command("apply prod")
        await until(pilot, lambda: not isinstance(app.screen, ApplyScreen) or "plan" in shown(app))
        for key in pressed:
            await keys(pilot, key)
            if isinstance(app.screen, Dialog):
                await until(pilot, lambda: not app.screen.locked)
        await until(pilot, lambda: wait in shown(app))
        await settled(pilot, app)

    return snap_compare(app, terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", [SMALL, MEDIUM], ids=["80x24", "120x40"])
def test_plan(snap_compare, scene, size):
    assert picture(snap_compare, scene, size, "j", wait="v0.8.6")


def test_conflict(snap_compare, scene):
    live = scene.live[QWEN]
    scene.write("qwen.yaml", {**live, "spec": {**live["spec"], "replicas": 9}})
    assert picture(snap_compare, scene, MEDIUM, "j", wait="hpa-controller (12)")


def test_refused(snap_compare, scene):
    scene.write("bad.yaml", {**scene.live[QWEN], "metadata": {"name": "bad", "namespace": "x"}})
    assert picture(snap_compare, scene, MEDIUM, "j", wait="denied it")


def test_dialog(snap_compare, scene):
    assert picture(snap_compare, scene, MEDIUM, "a", wait="accepted")


def test_values(snap_compare, scene):
    text = (scene.folder / "flags.yaml").read_text().replace("'1'", "${MODE}-${TIER}")
    (scene.folder / "flags.yaml").write_text(text)
    assert picture(snap_compare, scene, MEDIUM, wait="TIER")
