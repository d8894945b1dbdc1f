"""The rollout screen on a sandbox with the embedded controller: what blocks, holding, undoing."""

from __future__ import annotations

import asyncio

from controller.api.meta import Key
from lwstui.kube.connect import Target
from lwstui.runtime.engine import Engine, EngineOptions
from lwstui.runtime.intents import Cordon
from lwstui.sandbox.cluster import SandboxOptions, running_sandbox
from lwstui.tui.app import Console
from tests.e2e.cli import demo
from tests.support.engines import stopped
from tests.tui.support import keys, opened, shown, until

KEY = Key("default", "demo")
SETS = "leaderworkersets.leaderworkerset.x-k8s.io"


def pods(app, **wanted):
    """Return the set's pods as the console sees them."""
    found = app.snapshot.by_set.get(KEY, ())
    return [p for p in found if all(getattr(p, name) == value for name, value in wanted.items())]


async def confirm(pilot, app, key, says):
    """Press a verb's key and confirm its dialog."""
    await keys(pilot, key)
    await opened(pilot, app, says)
    await until(pilot, lambda: not app.screen.query_one("#confirm").disabled)
    app.screen.query_one("#confirm").press()


def partition_of(sandbox):
    """Return the partition in the spec, and what is remembered of the one before."""
    stored = sandbox.store.get(SETS, *KEY)
    strategy = stored["spec"]["rolloutStrategy"]["rollingUpdateConfiguration"]
    remembered = stored["metadata"]["annotations"].get("lwstui.dev/paused-partition")
    return strategy["partition"], remembered


async def cordoned(app, engine, *, on):
    """Let no pod onto any node, or let them again."""
    for node in tuple(app.snapshot.nodes.values()):
        future = engine.submit(Cordon(Key("", node.name), node.uid, on))
        assert (await asyncio.wrap_future(future)).ok


async def test_the_group_that_blocks_is_named_whatever_the_others_do(tmp_path):
    async with running_sandbox(SandboxOptions(nodes=4, speed=200)) as sandbox:
        engine = Engine(
            EngineOptions(
                Target(kubeconfig=str(sandbox.kubeconfig)),
                embedded_controller=True,
                identity="test",
                apply_first=(demo(6),),
                state=tmp_path,
            )
        )
        app = Console(engine)
        async with app.run_test(size=(120, 45)) as pilot, stopped(engine):
            await until(pilot, lambda: len(pods(app, ready=True)) == 6 * 2)
            app.run_command("rollout demo")
            await until(pilot, lambda: "DONE" in shown(app))
            app.run_command("image demo worker nginx:typo")
            await opened(pilot, app, "nginx:typo")
            await until(pilot, lambda: not app.screen.query_one("#confirm").disabled)
            app.screen.query_one("#confirm").press()
            await until(pilot, lambda: "BLOCKED" in shown(app))
            assert " by 5, then " in shown(app)
            await until(pilot, lambda: "ago   by you" in shown(app))

            # Lower groups that cannot start either change nothing about it.
            await cordoned(app, engine, on=True)
            for group in (0, 2):
                sandbox.store.delete("pods", KEY.namespace, f"demo-{group}")
            await until(pilot, lambda: len(pods(app, scheduled=False)) >= 2)
            await until(pilot, lambda: "ready 3/6" in shown(app))
            await until(pilot, lambda: "X group 5 is not ready" in shown(app))
            assert "ImagePull" in shown(app)
            await cordoned(app, engine, on=False)

            await confirm(pilot, app, "<", "0 → 5, where the rollout is")
            await until(pilot, lambda: "HELD at 5" in shown(app))
            assert partition_of(sandbox) == (5, "0")
            assert "until the rollout is resumed" in shown(app)
            # What is held back and made again comes back as it was; what is updated stays so.
            sandbox.store.delete("pods", KEY.namespace, "demo-4")
            await until(pilot, lambda: len(pods(app, group=4, ready=True)) == 2)
            images = {p.group: p.containers[0].image for p in pods(app, worker=0)}
            assert (images[4], images[5]) == ("nginx:1", "nginx:typo")
            await confirm(pilot, app, ">", "RESUME")
            await until(pilot, lambda: "HELD" not in shown(app))
            assert partition_of(sandbox) == (0, None)

            # As a native controller does when it thinks that a rollout is complete.
            await until(pilot, lambda: len(app.snapshot.kept) == 2)
            old = next(r for r in app.snapshot.revisions.values() if r.number == 1)
            sandbox.store.delete("controllerrevisions.apps", KEY.namespace, old.name)
            await until(pilot, lambda: len(app.snapshot.revisions) == 1)
            await until(pilot, lambda: "kept" in shown(app))
            await confirm(pilot, app, "ctrl+l", "UNDO")
            await until(pilot, lambda: "DONE" in shown(app), 30)
            template = sandbox.store.get(SETS, *KEY)["spec"]["leaderWorkerTemplate"]
            assert template["workerTemplate"]["spec"]["containers"][0]["image"] == "nginx:1"
            assert len(pods(app, ready=True)) == 6 * 2
            asked = [a.what for a in app.snapshot.activity if a.kind == "asked"]
            assert asked[-3:] == ["hold the rollout", "resume the rollout", "undo to revision 1"]
