"""One verb for several marked objects, on a sandbox with the embedded controller."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

from controller.api.meta import Key
from lwstui.kube.connect import Target
from lwstui.runtime.engine import Engine, EngineOptions
from lwstui.sandbox.cluster import SandboxOptions, running_sandbox
from lwstui.tui.app import Console
from tests.e2e.cli import demo
from tests.tui.support import keys, opened, shown, until

KEY = Key("default", "demo")


@asynccontextmanager
async def stopped(engine):
    """Stop the engine when the block ends, while the sandbox still answers."""
    try:
        yield
    finally:
        await asyncio.to_thread(engine.stop)


def uids(sandbox):
    """Return the UID of each pod of the set, by name, as the API server has them."""
    found = sandbox.store.items("pods", KEY.namespace)
    return {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in found}


async def confirmed(pilot, app, says):
    """Confirm a dialog about several objects, and wait for its end."""
    await opened(pilot, app, says)
    await until(pilot, lambda: not app.screen.query_one("#confirm").disabled)
    await keys(pilot, "y")
    await until(pilot, lambda: "objects changed" in shown(app))
    await keys(pilot, "escape")


async def test_marked_groups_are_recreated_and_no_other(tmp_path):
    async with running_sandbox(SandboxOptions(nodes=4, speed=200)) as sandbox:
        engine = Engine(
            EngineOptions(
                Target(kubeconfig=str(sandbox.kubeconfig)),
                embedded_controller=True,
                identity="test",
                apply_first=(demo(4),),
                state=tmp_path,
            )
        )
        app = Console(engine)
        async with app.run_test(size=(120, 45)) as pilot, stopped(engine):

            def ready():
                return [pod for pod in app.snapshot.by_set.get(KEY, ()) if pod.ready]

            await until(pilot, lambda: len(ready()) == 4 * 2)
            before = uids(sandbox)
            app.run_command("set demo")
            await until(pilot, lambda: "GROUP MAP" in shown(app))
            await keys(pilot, "g", "right", "space", "right", "right", "space", "r")
            await opened(pilot, app, "demo group 3")
            assert uids(sandbox) == before, "asking changed something"
            await confirmed(pilot, app, "demo group 1")
            await until(
                pilot, lambda: len(ready()) == 4 * 2 and uids(sandbox).keys() == before.keys()
            )
            after = uids(sandbox)
            await until(pilot, lambda: {p.uid for p in ready()} == {*after.values()})
            changed = {name for name in before if after[name] != before[name]}
            assert changed == {"demo-1", "demo-1-1", "demo-3", "demo-3-1"}

            app.run_command("nodes")
            await until(pilot, lambda: "acting on: node" in shown(app))
            await keys(pilot, "space", "j", "space", "c")
            await confirmed(pilot, app, "CORDON")
            await until(
                pilot, lambda: sum(n.unschedulable for n in app.snapshot.nodes.values()) == 2
            )
            nodes = sandbox.store.items("nodes")
            closed = [node for node in nodes if node["spec"].get("unschedulable")]
            assert len(closed) == 2
