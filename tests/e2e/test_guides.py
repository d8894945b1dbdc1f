"""The commands of the guides this program grew from, with real kubectl against the sandbox."""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from lwstui.data import folder
from tests.e2e.conftest import World

pytestmark = [
    pytest.mark.kubectl,
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed"),
]

EXAMPLES = folder("examples")
Kubectl = Callable[..., Awaitable[str]]


@pytest.fixture
def kubectl(world: World, tmp_path: Path) -> Kubectl:
    """Run kubectl on the sandbox and return what it printed; a failure fails the test."""

    async def run(*arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            "kubectl",
            *arguments,
            env={**os.environ, "KUBECONFIG": str(world.sandbox.kubeconfig), "HOME": str(tmp_path)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 0, f"kubectl {' '.join(arguments)}: {err.decode()}"
        return out.decode()

    return run


async def test_the_sample_of_the_concepts_page(world: World, kubectl: Kubectl) -> None:
    said = await kubectl("apply", "-f", str(EXAMPLES / "02-leaderworkerset-sample.yaml"))
    assert said == "leaderworkerset.leaderworkerset.x-k8s.io/leaderworkerset-sample created\n"
    await world.ready("leaderworkerset-sample", 3)
    out = await kubectl(
        "get", "pods", "--selector=leaderworkerset.sigs.k8s.io/name=leaderworkerset-sample"
    )
    header, *rows = [line.split() for line in out.splitlines()]
    assert header == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    expected = [
        [f"leaderworkerset-sample-{group}{worker}", "1/1", "Running", "0"]
        for group in range(3)
        for worker in ("", "-1", "-2", "-3")
    ]
    assert [row[:4] for row in rows] == expected


async def test_the_kthena_guide(world: World, kubectl: Kubectl) -> None:
    await kubectl("apply", "-f", str(EXAMPLES / "01-llama-multinode-kthena.yaml"))
    await world.ready("llama-multinode", 1)
    header, row = (await kubectl("get", "lws", "llama-multinode")).splitlines()
    assert header.split() == ["NAME", "READY", "DESIRED", "UP-TO-DATE", "AGE"]
    assert row.split()[:4] == ["llama-multinode", "1", "1", "1"]
    pods = await kubectl("get", "pods", "-l", "leaderworkerset.x-k8s.io/name=llama-multinode")
    assert [line.split()[0] for line in pods.splitlines()[1:]] == [
        "llama-multinode-0",
        "llama-multinode-0-1",
    ]


async def test_the_aikit_guide(world: World, kubectl: Kubectl) -> None:
    await kubectl("apply", "-f", str(EXAMPLES / "06-aikit-cpu.yaml"))
    await world.ready("aikit", 1)
    assert "aikit" in await kubectl("get", "leaderworkerset")
    pods = await kubectl("get", "pods", "-l", "app.kubernetes.io/name=aikit")
    assert len(pods.splitlines()) == 4
    for role, count in (("leader", 1), ("worker", 2)):
        selector = f"app.kubernetes.io/name=aikit,leaderworkerset.sigs.k8s.io/pod-role={role}"
        assert await kubectl("logs", "-l", selector)
        names = await kubectl("get", "pods", "-l", selector, "-o", "name")
        assert len(names.splitlines()) == count
    described = await kubectl("describe", "leaderworkerset", "aikit")
    assert "All replicas are ready, with 1 groups ready of total 1 groups" in described
    assert "Controlled By:  LeaderWorkerSet/aikit" in await kubectl("describe", "pod", "aikit-0")
    usage = await kubectl("top", "pod", "-l", "app.kubernetes.io/name=aikit")
    assert usage.splitlines()[0].split() == ["NAME", "CPU(cores)", "MEMORY(bytes)"]
    assert len(usage.splitlines()) == 4


async def test_an_autoscaler_would_find_the_leaders(world: World, kubectl: Kubectl) -> None:
    await kubectl("apply", "-f", str(EXAMPLES / "02-leaderworkerset-sample.yaml"))
    await world.ready("leaderworkerset-sample", 3)
    path = "/apis/leaderworkerset.x-k8s.io/v1/namespaces/default/leaderworkersets"
    out = await kubectl("get", "--raw", f"{path}/leaderworkerset-sample/scale")
    assert '"replicas":3' in out
    assert "leaderworkerset.sigs.k8s.io/worker-index=0" in out
    scaler = ("lws", "leaderworkerset-sample", "--min=1", "--max=3", "--cpu-percent=50")
    await kubectl("autoscale", *scaler)
    assert "LeaderWorkerSet/leaderworkerset-sample" in await kubectl("get", "hpa")
    path = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers"
    assert '"targetCPUUtilizationPercentage":50' in await kubectl("get", "--raw", path)
    await kubectl("scale", "lws", "leaderworkerset-sample", "--replicas=1")
    await world.ready("leaderworkerset-sample", 1)
    await kubectl("wait", "--for=condition=Available", "lws/leaderworkerset-sample")
    await kubectl("delete", "lws", "leaderworkerset-sample", "--cascade=foreground")
    assert world.pods("leaderworkerset-sample") == []
