"""A takeover rehearsed as the guide has it: native sets, the command, then a controller."""

import asyncio
import json
from pathlib import Path

import pytest

from lwstui.cli.main import main
from lwstui.kube.connect import Target, connect
from lwstui.sandbox.cluster import SandboxOptions, running_sandbox
from lwstui.sandbox.native.installation import DEPLOYMENTS, MANAGER, NAMESPACE
from lwstui.sandbox.native.seeding import load
from tests.e2e.conftest import World
from tests.e2e.native_world import controller
from tests.support.waiting import eventually

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = ("02-leaderworkerset-sample.yaml", "03-multi-template.yaml", "13-vllm-gpu.yaml")


async def test_native_sets_of_the_examples_are_taken_over_and_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LWSTUI_STATE_DIR", str(tmp_path))
    native = load([EXAMPLES / name for name in FILES])
    async with running_sandbox(SandboxOptions(speed=500, native=native)) as sandbox:
        kubeconfig = str(sandbox.kubeconfig)
        connection = await connect(Target(kubeconfig))
        world = World(sandbox, connection)
        names = [each["metadata"]["name"] for each in native if each["kind"] == "LeaderWorkerSet"]

        async def lwstui(*arguments: str) -> int:
            return await asyncio.to_thread(main, [*arguments, "--kubeconfig", kubeconfig])

        def uids() -> dict[str, str]:
            pods = [pod for name in names for pod in world.pods(name)]
            return {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in pods}

        try:
            for each in native:
                if each["kind"] == "LeaderWorkerSet":
                    await world.ready(each["metadata"]["name"], each["spec"]["replicas"])
            before = uids()
            assert await lwstui("takeover", "-o", "json") == 0
            report = json.loads(capsys.readouterr().out)
            assert [each["takeover"] for each in report["sets"]] == ["ready"] * len(names)
            assert await lwstui("takeover", "--all", "--yes") != 0
            assert "scale deployment lws-controller-manager" in capsys.readouterr().out
            assert await lwstui("takeover", "--all", "--stop-native", "--yes") == 0
            assert uids() == before
            assert not sandbox.store.items("statefulsets.apps")
            manager = sandbox.store.entry(DEPLOYMENTS, NAMESPACE, MANAGER).object
            assert manager["spec"]["replicas"] == 0
            async with controller(world):
                patch = json.dumps({"spec": {"replicas": 4}}).encode()
                path = f"{_SETS}/{names[0]}"
                await connection.rest.request(
                    "PATCH", path, body=patch, content_type="application/merge-patch+json"
                )
                await world.ready(names[0], 4)
                assert before.items() <= uids().items()
                await eventually(lambda: len(uids()) > len(before))
        finally:
            await connection.close()


_SETS = "/apis/leaderworkerset.x-k8s.io/v1/namespaces/default/leaderworkersets"
