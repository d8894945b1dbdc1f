"""The console in front of a server that goes away and comes back."""

import asyncio
import threading
import time
from pathlib import Path

import pytest

from controller.api.names import LEADERWORKERSETS
from lwstui.kube.connect import Target
from lwstui.runtime.engine import Engine, EngineOptions
from lwstui.sandbox.cluster import SandboxOptions, running_sandbox
from lwstui.sandbox.faults import ApiFault
from lwstui.tui.app import Console
from tests.support.engines import stopped
from tests.support.gate import gated
from tests.support.waiting import until as wait_until
from tests.tui.support import keys, shown, until
from tests.view.build import lws, template

NAMES = ("alpha", "beta", "gamma")


@pytest.fixture
def sandbox():
    """Run a sandbox on a thread of its own; yields it and the loop of that thread."""
    found, end = [], threading.Event()

    async def serve():
        async with running_sandbox(SandboxOptions(nodes=4, speed=50)) as one:
            found.append((one, asyncio.get_running_loop()))
            await asyncio.get_running_loop().run_in_executor(None, end.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        yield wait_until(lambda: found and found[0], what="the sandbox to run")
    finally:
        end.set()
        thread.join(30)


def manifest(name):
    spec = lws(1, leaderWorkerTemplate={"size": 1, "workerTemplate": template(1)}).spec
    return {
        "apiVersion": LEADERWORKERSETS.api_version,
        "kind": LEADERWORKERSETS.kind,
        "metadata": {"name": name, "namespace": "default"},
        "spec": spec,
    }


def console(kubeconfig: Path, **options) -> Console:
    return Console(
        Engine(EngineOptions(Target(kubeconfig=str(kubeconfig)), identity="test", **options)),
        clock=time.time,
    )


async def test_local_keys_work_without_a_server_and_it_recovers_by_itself(sandbox, tmp_path):
    sandbox, _ = sandbox
    with gated(Path(sandbox.kubeconfig), tmp_path / "config") as gate:
        app = console(tmp_path / "config", apply_first=tuple(manifest(name) for name in NAMES))
        async with app.run_test(size=(120, 40)) as pilot, stopped(app.backend):
            await until(pilot, lambda: len(app.snapshot.sets) == 3)
            await keys(pilot, "slash", *"a", "enter", "G")
            await until(pilot, lambda: app.front.main.cursor_row is not None)
            under = app.front.main.cursor_row.ref
            await until(pilot, lambda: "LIVE" in shown(app))

            gate.shut()
            await until(pilot, lambda: "RECONNECTING" in shown(app))
            await until(pilot, lambda: "connection lost, data as of" in shown(app))
            assert app.front.has_class("-stale")
            assert len(app.snapshot.sets) == 3
            await keys(pilot, "g", "j", "question_mark", "q", "y", "q", "m", "q", "S", "G")
            await until(pilot, lambda: app.front.route.screen == "fleet")
            assert app.front.main.cursor_row.ref == under
            assert app.front.state.query.filter == "a"

            gate.open()
            await until(pilot, lambda: "LIVE" in shown(app))
            assert not app.front.has_class("-stale")
            assert app.front.main.cursor_row.ref == under
            assert app.front.state.query.filter == "a"


async def test_broken_watches_and_refused_lists_heal_by_themselves(sandbox):
    sandbox, loop = sandbox
    faults = sandbox.control.faults
    app = console(Path(sandbox.kubeconfig), apply_first=(manifest("alpha"),))
    async with app.run_test(size=(120, 40)) as pilot, stopped(app.backend):
        await until(pilot, lambda: app.snapshot.sets)
        take_back = faults.add(ApiFault(verbs=frozenset({"list", "watch"}), code=503))
        loop.call_soon_threadsafe(faults.drop_watches)
        await until(pilot, lambda: "RECONNECTING" in shown(app))
        take_back()
        await until(pilot, lambda: "LIVE" in shown(app))
        assert app.snapshot.sets
