"""``lwstui scale`` and ``restart`` on a sandbox, and ``kubectl lws`` with the real kubectl."""

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from controller.api.names import LEADERWORKERSETS
from lwstui.kube.cluster import KubeCluster
from lwstui.runtime.autoscalers import AUTOSCALERS
from tests.e2e.cli import demo, leaders, lwstui, ok
from tests.e2e.conftest import World
from tests.support.waiting import eventually

NAME = "leaderworkerset.leaderworkerset.x-k8s.io/demo"
ROOT = Path(__file__).parents[2]
PATIENT = ("--timeout", "40s")


async def test_scaling_waits_until_the_groups_are_ready(world: World) -> None:
    await world.apply([demo(2)])
    ran = await ok(world, "scale", "demo", "--replicas", "4", "--wait", *PATIENT)
    assert ran.lines[0] == f"{NAME} scaled"
    assert "4 of 4 groups updated and ready" in ran.lines[-1]
    assert set(leaders(world)) == {0, 1, 2, 3}
    await ok(world, "scale", "lws/demo", "--replicas=1", "--wait", *PATIENT)
    assert set(leaders(world)) == {0}


async def test_scaling_from_an_expected_number_and_on_trial(world: World) -> None:
    await world.apply([demo(2)])
    wrong = await lwstui(world, "scale", "demo", "--replicas=4", "--current-replicas=3")
    assert wrong.code == 1
    assert "expected 3 groups, but it asks for 2" in wrong.err
    trial = await ok(world, "scale", "demo", "--replicas=4", "--dry-run=server", "--wait")
    assert trial.out == f"{NAME} scaled (server dry run)\n"
    assert world.set("demo")["spec"]["replicas"] == 2
    await ok(world, "scale", "demo", "--replicas=3", "--current-replicas=2")
    assert world.set("demo")["spec"]["replicas"] == 3


async def test_an_autoscaler_is_warned_of_and_a_missing_set_stops_no_other(world: World) -> None:
    await world.apply([demo(1)])
    target = {"apiVersion": LEADERWORKERSETS.api_version, "kind": "LeaderWorkerSet", "name": "demo"}
    autoscaler = {
        "apiVersion": AUTOSCALERS.api_version,
        "kind": AUTOSCALERS.kind,
        "metadata": {"name": "by-load"},
        "spec": {"maxReplicas": 3, "scaleTargetRef": target},
    }
    await KubeCluster(world.connection.rest).create(AUTOSCALERS, "default", autoscaler)
    ran = await lwstui(world, "scale", "dmo", "demo", "--replicas", "2")
    assert ran.code == 1
    assert ran.out == f"{NAME} scaled\n"
    missing, warning = ran.err.splitlines()
    assert missing.endswith('no LeaderWorkerSet "dmo" in namespace default; did you mean demo?')
    assert warning == (
        "lwstui: warning: HorizontalPodAutoscaler by-load scales demo and may change it again"
    )


async def test_restarting_one_group_leaves_the_others(world: World) -> None:
    await world.apply([demo(3)])
    await world.ready("demo", 3)
    before = leaders(world)
    trial = await ok(world, "restart", "demo/1", "--dry-run=server")
    assert trial.out == f"{NAME} group 1 restarted (server dry run)\n"
    alone = await lwstui(world, "restart", "demo/1", "--lease-namespace", "elsewhere")
    assert (alone.code, alone.out) == (1, "")
    assert "no controller acts on the set, so nothing would make the group again" in alone.err
    assert leaders(world) == before
    ran = await ok(world, "scale", "demo", "--replicas", "3", "--lease-namespace", "elsewhere")
    assert ran.err == (
        "lwstui: warning: no controller acts on demo: nothing follows until one runs\n"
    )
    ran = await ok(world, "restart", "lws/demo/1", "--wait", *PATIENT)
    assert ran.lines[0] == f"{NAME} group 1 restarted"
    after = leaders(world)
    assert {i for i in before if before[i] != after[i]} == {1}
    missing = await lwstui(world, "restart", "demo/7")
    assert missing.err == "lwstui: demo/7: group 7 has no leader pod; there are 0, 1, 2\n"
    await ok(world, "restart", "demo", "--wait", *PATIENT)
    assert all(leaders(world)[i][0] != after[i][0] for i in after)


async def test_read_only_settings_refuse_every_write(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await world.apply([demo(1)])
    (tmp_path / "config.yaml").write_text("read_only: true\n", encoding="utf-8")
    monkeypatch.setenv("LWSTUI_CONFIG_DIR", str(tmp_path))
    version = world.set("demo")["metadata"]["generation"]
    for words in (
        ("scale", "demo", "--replicas", "5"),
        ("restart", "demo"),
        ("restart", "demo/0"),
        ("rollout", "pause", "demo"),
        ("rollout", "undo", "demo"),
        ("rollout", "partition", "demo", "1"),
    ):
        ran = await lwstui(world, *words)
        assert (ran.code, "read-only" in ran.err) == (1, True)
    assert world.set("demo")["metadata"]["generation"] == version
    await ok(world, "rollout", "status", "demo")


@pytest.mark.kubectl
@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
async def test_kubectl_lws_is_the_same_program(world: World, tmp_path: Path) -> None:
    script = tmp_path / "bin" / "kubectl-lws"
    script.parent.mkdir()
    run = f'exec "{sys.executable}" -m lwstui.cli.kubectl_plugin "$@"'
    script.write_text(f"#!/bin/sh\n{run}\n", encoding="utf-8")
    script.chmod(0o755)
    environ = {
        "PATH": f"{script.parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "KUBECONFIG": str(world.sandbox.kubeconfig),
        "PYTHONPATH": str(ROOT),
    }

    async def kubectl(*words: str) -> tuple[int | None, str]:
        async with asyncio.timeout(30):
            process = await asyncio.create_subprocess_exec(
                "kubectl",
                *words,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env=environ,
            )
            out, _ = await process.communicate()
        return process.returncode, out.decode()

    await world.apply([demo(2)])
    code, out = await kubectl("lws", "rollout", "status", "demo", "--timeout", "30s")
    assert code == 0, out
    assert "lws/demo rolled out: 2 of 2 groups" in out
    code, out = await kubectl("lws", "rollout", "pause", "demo", "--namespace", "default")
    assert (code, out) == (0, f"{NAME} paused\n")
    await kubectl("lws", "rollout", "restart", "demo")
    generation = world.set("demo")["metadata"]["generation"]
    await eventually(lambda: world.set("demo")["status"]["observedGeneration"] == generation)
    code, out = await kubectl("lws", "rollout", "status", "demo", "-w")
    assert code == 4, out
    assert "to resume it: kubectl lws rollout resume demo" in out
    code, out = await kubectl("lws", "rollout", "--help")
    assert code == 0
    assert "kubectl lws rollout undo demo --to-revision 3" in out


async def test_changes_are_told_as_names_or_data_and_progress_beside_them(world: World) -> None:
    await world.apply([demo(2)])
    named = await ok(world, "scale", "demo", "--replicas=3", "-o", "name", "--wait", *PATIENT)
    assert named.out == f"{NAME}\n"
    assert "3 of 3 groups updated and ready" in named.err
    told = json.loads((await ok(world, "restart", "demo", "--dry-run", "-o", "json")).out)
    assert told == {
        "kind": "change",
        "namespace": "default",
        "name": "demo",
        "done": "restarted",
        "dryRun": True,
    }
    paused = await ok(world, "rollout", "pause", "demo", "-o", "name")
    assert paused.lines[0] == NAME


async def test_findings_as_yaml_and_as_names(world: World, tmp_path: Path) -> None:
    bad = demo(2)
    bad["spec"]["replicas"] = -1
    file = tmp_path / "bad.yaml"
    file.write_text(json.dumps(bad))
    named = await lwstui(world, "check", "--offline", "-f", str(file), "-o", "name")
    assert (named.code, named.out) == (1, "leaderworkerset/default/demo\n")
    data = await lwstui(world, "check", "--offline", "-f", str(file), "-o", "yaml")
    assert yaml.safe_load(data.out)["items"][0]["level"] == "error"
