"""One verb for several marked objects, on a sandbox with the embedded controller."""

from __future__ import annotations

from controller.api.meta import Key
from lwstui.kube.connect import Target
from lwstui.runtime.engine import Engine, EngineOptions
from lwstui.sandbox.cluster import SandboxOptions, running_sandbox
from lwstui.tui.app import Console
from tests.e2e.cli import demo
from tests.support.engines import stopped
from tests.tui.support import keys, opened, shown, until

KEY = Key("default", "demo")


def uids(sandbox):
    """Return the UID of each pod of the set, by name, as the API server has them."""
    found = sandbox.store.items("pods", KEY.namespace)
    return {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in found}


async def confirmed(pilot, app, says):
    """Confirm a dialog about several objects, and wait for its end."""
    await opened(pilot, app, says)
    await until(pilot, lambda: not app.screen.query_one("#confirm").disabled)
    app.screen.query_one("#confirm").press()
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


def spec_of(sandbox, name):
    return sandbox.store.get("leaderworkersets.leaderworkerset.x-k8s.io", "default", name)["spec"]


async def test_marked_sets_are_scaled_and_marked_nodes_drained_one_after_another(tmp_path):
    other = demo(2)
    other["metadata"]["name"] = "other"
    async with running_sandbox(SandboxOptions(nodes=6, speed=200)) as sandbox:
        engine = Engine(
            EngineOptions(
                Target(kubeconfig=str(sandbox.kubeconfig)),
                embedded_controller=True,
                identity="test",
                apply_first=(demo(3), other),
                state=tmp_path,
            )
        )
        app = Console(engine)
        async with app.run_test(size=(120, 45)) as pilot, stopped(engine):

            def ready():
                return [pod for pod in app.snapshot.pods.values() if pod.set_name and pod.ready]

            await until(pilot, lambda: len(ready()) == (3 + 2) * 2)
            await keys(pilot, "g", "space", "j", "space")
            await until(pilot, lambda: app.front.settled)
            await keys(pilot, "s")
            await opened(pilot, app, "SCALE SETS")
            await keys(pilot, "plus", "1")
            await confirmed(pilot, app, "Creates group")
            assert [spec_of(sandbox, name)["replicas"] for name in ("demo", "other")] == [4, 3]
            await until(pilot, lambda: len(ready()) == (4 + 3) * 2)

            app.run_command("nodes")
            await until(pilot, lambda: "acting on: node" in shown(app))
            await keys(pilot, "space", "j", "space")
            await until(pilot, lambda: "2 marked" in shown(app))
            await until(pilot, lambda: app.front.settled)
            marked = {ref.name for ref in app.front.marks.refs.values()}
            await keys(pilot, "r")
            await confirmed(pilot, app, "DRAIN NODES")

            def drained():
                done = [a for a in app.snapshot.activity if "drained, " in a.outcome and a.ok]
                return {a.target for a in done}

            await until(pilot, lambda: drained() == marked, 60)
            await until(pilot, lambda: len(ready()) == (4 + 3) * 2, 60)
            pods = sandbox.store.items("pods", "default")
            assert not marked & {pod["spec"].get("nodeName") for pod in pods}
            assert not app.snapshot.underway
