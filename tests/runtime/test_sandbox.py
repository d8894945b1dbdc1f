"""The engine against the sandbox: real sockets, real watches, the embedded controller."""

import asyncio
import threading

import pytest

from controller.api.meta import Key
from controller.api.names import CONTROLLER_LEASE, LEADERWORKERSETS
from lwstui.kube.connect import Target
from lwstui.runtime.backend import LogRequest
from lwstui.runtime.engine import Engine, EngineOptions
from lwstui.runtime.intents import RecreateGroup, RollingRestart, Scale
from lwstui.runtime.journal import decode
from lwstui.sandbox.cluster import SandboxOptions, running_sandbox
from lwstui.view.fleet import fleet
from lwstui.view.memo import Memo
from lwstui.view.types import Query
from tests.support.waiting import until
from tests.view.build import NOW, lws, template

KEY = Key("default", "small")


@pytest.fixture
def sandbox():
    """Run a sandbox on a thread of its own."""
    found, end = [], threading.Event()

    async def serve():
        async with running_sandbox(SandboxOptions(nodes=4, speed=50)) as one:
            found.append(one)
            await asyncio.get_running_loop().run_in_executor(None, end.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        yield until(lambda: found and found[0], what="the sandbox to run")
    finally:
        end.set()
        thread.join(30)


def manifest():
    spec = lws(1, leaderWorkerTemplate={"size": 2, "workerTemplate": template(1)}).spec
    return {
        "apiVersion": LEADERWORKERSETS.api_version,
        "kind": LEADERWORKERSETS.kind,
        "metadata": {"name": KEY.name, "namespace": KEY.namespace},
        "spec": spec,
    }


def test_a_set_is_served_scaled_recreated_and_restarted(sandbox, tmp_path):
    options = EngineOptions(
        Target(kubeconfig=str(sandbox.kubeconfig)),
        embedded_controller=True,
        identity="test",
        apply_first=(manifest(),),
        state=tmp_path,
    )
    engine, snapshots = Engine(options), []

    def served(groups, but_not=""):
        def check():
            last = snapshots[-1] if snapshots else None
            pods = last.by_set.get(KEY, ()) if last else ()
            whole = len(pods) == 2 * groups and all(p.running_and_ready for p in pods)
            return whole and not last.pending and all(p.uid != but_not for p in pods) and last

        return until(check, what=f"{groups} groups to be ready")

    engine.start(snapshots.append)
    try:
        last = served(1)
        assert last.cluster.sandbox
        assert last.controller.mode == "leader"
        assert fleet(last, Query(), NOW, Memo()).table.rows[0].state == "ready"
        uid = last.sets[KEY].metadata.uid
        entries = []
        engine.logs(LogRequest(KEY), entries.extend)

        scale = Scale(KEY, uid, 2)
        assert engine.dry_run(scale).result(30).ok
        assert engine.submit(scale).result(30).ok
        leader = served(2).pods[Key("default", "small-1")]

        assert engine.submit(RecreateGroup(KEY, 1, leader.name, leader.uid)).result(30).ok
        before = {p.revision for p in served(2, but_not=leader.uid).by_set[KEY]}

        assert engine.submit(RollingRestart(KEY, uid, "now")).result(30).ok
        until(lambda: not before & {p.revision for p in snapshots[-1].by_set[KEY]})
        served(2)
        text = engine.yaml(LEADERWORKERSETS, *KEY).result(30)
        assert "restarted-at: now" in text
        body = engine.read(LEADERWORKERSETS, *KEY).result(30)
        assert body["metadata"]["name"] == KEY.name
        assert "managedFields" not in body["metadata"]
        assert any(entry.kind == "line" for entry in entries)
        assert {a.who for a in snapshots[-1].activity} == {"you", "controller"}
    finally:
        engine.stop()
    lines = (tmp_path / "activity" / "activity.jsonl").read_bytes().splitlines()
    done = [one for one in map(decode, lines) if one is not None and one.kind == "asked"]
    scaled = done[0]
    assert (scaled.before, scaled.after, scaled.dry_run) == ("replicas 1", "replicas 2", "accepted")
    assert scaled.command == "kubectl -n default scale lws small --replicas=2"
    assert scaled.reversal.values == ("1",)
    assert any(one.kind == "controller" for one in map(decode, lines))
    lease = sandbox.store.get("leases.coordination.k8s.io", "default", CONTROLLER_LEASE)
    assert not lease["spec"].get("holderIdentity")


def test_an_address_where_nobody_listens_is_a_problem_and_not_an_end(tmp_path):
    config = tmp_path / "config"
    config.write_text(
        "current-context: c\n"
        "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\n"
        "contexts: [{name: c, context: {cluster: c, user: u}}]\n"
        "users: [{name: u, user: {token: t}}]\n"
    )
    snapshots = []
    engine = Engine(EngineOptions(Target(kubeconfig=str(config))))
    engine.start(snapshots.append)
    try:
        until(lambda: snapshots and snapshots[-1].cluster.problem, what="the problem to be told")
        assert snapshots[-1].cluster.context == "c"
    finally:
        engine.stop()


def test_no_kubeconfig_is_a_problem_that_says_what_to_do(tmp_path):
    snapshots = []
    engine = Engine(EngineOptions(Target(kubeconfig=str(tmp_path / "none"))))
    engine.start(snapshots.append)
    try:
        until(lambda: snapshots and snapshots[-1].cluster.problem)
        assert "lwstui demo" in snapshots[-1].cluster.problem
    finally:
        engine.stop()
