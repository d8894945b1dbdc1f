"""Pictures of a takeover and of findings about manifests."""

from __future__ import annotations

from lwstui.tui.screens.check import CheckScreen
from lwstui.tui.screens.modals.dialog import Dialog
from lwstui.tui.screens.takeover import TakeoverScreen
from tests.tui.snapshots.test_apply_snapshots import MEDIUM, scene
from tests.tui.support import FakeBackend, console, keys, settled, shown, until
from tests.tui.test_apply import QWEN, body_of
from tests.tui.test_takeover import standing
from tests.tui.worlds import busy

__all__ = ["scene"]


def picture(snap_compare, *pressed, wait, state=None):
    world = busy()
    app = console(FakeBackend(first=world.snapshot(), standing=standing(world)), state=state)

    async def before(pilot):
        await until(pilot, lambda: "qwen72b" in shown(app))
        app.run_command("takeover")
        await until(
            pilot, lambda: isinstance(app.screen, TakeoverScreen) and "native" in shown(app)
        )
        for key in pressed:
            await keys(pilot, key)
            if isinstance(app.screen, Dialog):
                await until(pilot, lambda: not app.screen.locked)
        await until(pilot, lambda: wait in shown(app))
        await settled(pilot, app)

    return snap_compare(app, terminal_size=MEDIUM, run_before=before)


def test_takeover(snap_compare):
    assert picture(snap_compare, wait="rollout record")


def test_takeover_dialog(snap_compare, tmp_path):
    assert picture(snap_compare, "a", wait="TAKE OVER", state=tmp_path)


def test_check(snap_compare, scene):
    bad = body_of(busy(), QWEN)
    bad["metadata"]["name"] = "bad"
    bad["spec"]["leaderWorkerTemplate"]["subGroupPolicy"] = {"subGroupSize": 3}
    scene.write("bad.yaml", bad)
    app = console(scene.backend)

    async def before(pilot):
        await until(pilot, lambda: "qwen72b" in shown(app))
        app.run_command("check prod")
        await until(
            pilot, lambda: isinstance(app.screen, CheckScreen) and "3 objects" in shown(app)
        )
        await settled(pilot, app)

    assert snap_compare(app, terminal_size=MEDIUM, run_before=before)
