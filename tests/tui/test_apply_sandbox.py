"""The console on a real engine and the sandbox: manifests in, and what the watch brings back."""

from __future__ import annotations

import asyncio
import threading

import pytest

from lwstui.kube.connect import Target
from lwstui.runtime.engine import Engine, EngineOptions
from lwstui.sandbox.cluster import SandboxOptions, running_sandbox
from lwstui.tui.app import Console, ConsoleOptions
from lwstui.tui.screens.activity import ActivityScreen
from lwstui.tui.screens.apply import ApplyScreen
from lwstui.tui.screens.modals.dialog import Dialog
from tests.support.engines import stopped
from tests.support.waiting import until as wait_until
from tests.tui.support import keys, opened, shown, until

SETS = "leaderworkersets.leaderworkerset.x-k8s.io"
MANIFEST = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: flags}
data: {mode: fast}
---
apiVersion: leaderworkerset.x-k8s.io/v1
kind: LeaderWorkerSet
metadata: {name: tiny}
spec:
  replicas: 2
  leaderWorkerTemplate:
    size: 2
    workerTemplate:
      spec:
        containers:
        - name: c
          image: registry.k8s.io/pause:3.10
"""


@pytest.fixture
def sandbox():
    """Run a sandbox on a thread of its own."""
    found, end = [], threading.Event()

    async def serve():
        async with running_sandbox(SandboxOptions(nodes=2, speed=100)) as one:
            found.append(one)
            await asyncio.get_running_loop().run_in_executor(None, end.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        yield wait_until(lambda: found and found[0], what="the sandbox to run")
    finally:
        end.set()
        thread.join(30)


async def test_a_manifest_is_planned_applied_and_seen(sandbox, tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(MANIFEST)
    engine = Engine(
        EngineOptions(
            Target(kubeconfig=str(sandbox.kubeconfig)), embedded_controller=True, identity="test"
        )
    )
    app = Console(engine, ConsoleOptions(state=tmp_path / "state"))
    stored = sandbox.store.get
    async with app.run_test(size=(140, 40)) as pilot, stopped(engine):
        await until(pilot, lambda: "CTL ◆" in shown(app))
        app.run_command(f"apply {path}")
        await until(pilot, lambda: isinstance(app.screen, ApplyScreen) and "create 2" in shown(app))
        assert stored("configmaps", "default", "flags") is None

        await keys(pilot, "a")
        await opened(pilot, app, "2 objects")
        dialog = app.screen
        await until(pilot, lambda: not dialog.query_one("#confirm").disabled)
        dialog.query_one("#confirm").press()
        await until(pilot, lambda: "done: 2/2 ready" in shown(app))
        assert stored("configmaps", "default", "flags")["data"] == {"mode": "fast"}
        (owner,) = [
            field
            for field in stored(SETS, "default", "tiny")["metadata"]["managedFields"]
            if field["operation"] == "Apply"
        ]
        assert owner["manager"] == "lwstui"

        path.write_text(MANIFEST.replace("3.10", "3.11").replace("replicas: 2", "replicas: 1"))
        await keys(pilot, "ctrl+r")
        await until(pilot, lambda: "change 1" in shown(app))
        assert "scale 2 → 1" in shown(app)
        assert "groups 1 of 2 pods" in shown(app) or "group 1 of 2 pods" in shown(app)


async def sent(pilot, app, says):
    """Apply what is chosen and wait until the sets are as they should be."""
    await keys(pilot, "a")
    await opened(pilot, app, says)
    await until(pilot, lambda: not app.screen.query_one("#confirm").disabled)
    app.screen.query_one("#confirm").press()
    await until(pilot, lambda: not isinstance(app.screen, Dialog))
    await until(pilot, lambda: "applied; enter opens a set" in shown(app))


async def test_an_apply_is_taken_back_like_any_other_apply(sandbox, tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(MANIFEST)
    engine = Engine(
        EngineOptions(
            Target(kubeconfig=str(sandbox.kubeconfig)), embedded_controller=True, identity="test"
        )
    )
    app = Console(engine, ConsoleOptions(state=tmp_path / "state"))

    def image():
        spec = sandbox.store.get(SETS, "default", "tiny")["spec"]["leaderWorkerTemplate"]
        return spec["workerTemplate"]["spec"]["containers"][0]["image"]

    def flags():
        return sandbox.store.get("configmaps", "default", "flags")["data"]

    async with app.run_test(size=(140, 40)) as pilot, stopped(engine):
        await until(pilot, lambda: "CTL ◆" in shown(app))
        app.run_command(f"apply {path}")
        await until(pilot, lambda: isinstance(app.screen, ApplyScreen) and "create 2" in shown(app))
        await sent(pilot, app, "2 objects")
        # Somebody else's fields are none of an apply's business, before and after.
        sandbox.store.update(
            "configmaps", "default", "flags", lambda held: held["data"].update(theirs="1")
        )
        path.write_text(MANIFEST.replace("3.10", "3.11").replace("fast}", "slow, more: x}"))
        await keys(pilot, "ctrl+r")
        await until(pilot, lambda: "change 2" in shown(app))
        await sent(pilot, app, "2 objects")
        assert (image(), flags()) == (
            "registry.k8s.io/pause:3.11",
            {"mode": "slow", "more": "x", "theirs": "1"},
        )

        app.run_command("activity")
        await until(pilot, lambda: isinstance(app.screen, ActivityScreen))
        # A line that comes later stands above the cursor, which would be on the first apply.
        await until(pilot, lambda: sum(one.who == "you" for one in app.snapshot.activity) == 4)
        await keys(pilot, "slash", *"apply", "enter", "g")
        await until(pilot, lambda: "apply again what was there before" in shown(app))
        await keys(pilot, "ctrl+l")
        await until(pilot, lambda: f"undo of {path}" in shown(app))
        await until(pilot, lambda: "change 2" in shown(app))
        assert image() == "registry.k8s.io/pause:3.11", "planning changed something"
        await keys(pilot, "j")
        await until(pilot, lambda: "+   image: registry.k8s.io/pause:3.10" in shown(app))
        await sent(pilot, app, "2 objects")
        assert (image(), flags()) == (
            "registry.k8s.io/pause:3.10",
            {"mode": "fast", "theirs": "1"},
        )

        # The first apply created both: nothing of it can be put back by applying.
        app.run_command(f"apply {path}")
        await until(pilot, lambda: "change 2" in shown(app))
        await keys(pilot, "ctrl+l")
        await until(pilot, lambda: f"undo of {path}" in shown(app))
