"""Sets of simulated engines with our controller: what their pods, logs and figures do together."""

import asyncio
import shutil
from typing import Any

import pytest

from lwstui.sandbox.demand import ANNOTATION, SETS
from tests.e2e.conftest import World
from tests.support.waiting import eventually

HPA = "horizontalpodautoscalers.autoscaling"
WAITING = "vllm:num_requests_waiting"
needs_kubectl = pytest.mark.skipif(
    shutil.which("kubectl") is None, reason="kubectl is not installed"
)


def engine_set(
    name: str = "llm", *, replicas: int = 1, size: int = 2, address: str = "$(LWS_LEADER_ADDRESS)"
) -> dict[str, Any]:
    """Return a set of vLLM groups, whose workers look for their leader at ``address``."""
    probe = {"httpGet": {"path": "/health", "port": 8080}, "periodSeconds": 2}

    def template(part: str, **container: Any) -> dict[str, Any]:
        command = f"multi-node-serving.sh {part}; vllm serve --model x/Small-8B --port 8080"
        limits = {"limits": {"nvidia.com/gpu": "2"}}
        main = {
            "name": "vllm", "image": "vllm/vllm-openai:v0.11", "resources": limits,
            "command": ["sh", "-c", command], **container,
        }  # fmt: skip
        return {"spec": {"containers": [main]}}

    return {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "leaderWorkerTemplate": {
                "size": size,
                "leaderTemplate": template("leader", readinessProbe=probe),
                "workerTemplate": template(f"worker --ray_address={address}"),
            },
        },
    }


def scaler(name: str = "llm", *, metric: dict[str, Any], **spec: Any) -> dict[str, Any]:
    target = {"apiVersion": "leaderworkerset.x-k8s.io/v1", "kind": "LeaderWorkerSet", "name": name}
    full = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 3, "metrics": [metric]}
    return {"metadata": {"name": name, "namespace": "default"}, "spec": full | spec}


def pods_metric(name: str, average: str) -> dict[str, Any]:
    target = {"type": "AverageValue", "averageValue": average}
    return {"type": "Pods", "pods": {"metric": {"name": name}, "target": target}}


def ask(world: World, requests: int | None, name: str = "llm") -> None:
    """Have so many requests at a time asked of a set."""

    def change(obj: dict[str, Any]) -> None:
        annotations = obj["metadata"].setdefault("annotations", {})
        annotations.pop(ANNOTATION, None)
        if requests is not None:
            annotations[ANNOTATION] = str(requests)

    world.sandbox.store.update(SETS, "default", name, change)


def condition(world: World, kind: str, name: str = "llm") -> dict[str, Any]:
    found = world.sandbox.store.get(HPA, "default", name) or {}
    conditions = (found.get("status") or {}).get("conditions") or ()
    return next((each for each in conditions if each["type"] == kind), {})


def said(world: World, reason: str) -> list[str]:
    return [
        event["message"]
        for event in world.sandbox.store.items("events", "default")
        if event["reason"] == reason
    ]


async def test_an_autoscaler_follows_the_queue_up_and_down(world: World) -> None:
    await world.apply([engine_set()])
    await world.ready("llm", 1)
    metric = pods_metric(WAITING, "10")
    world.sandbox.store.create(HPA, scaler(metric=metric))
    ask(world, 300)
    await world.ready("llm", 3)
    up = said(world, "SuccessfulRescale")
    assert up[0].endswith(f"reason: pods metric {WAITING} above target")
    status = (world.sandbox.store.get(HPA, "default", "llm") or {})["status"]
    assert status["lastScaleTime"]
    ask(world, 10)
    await eventually(lambda: condition(world, "AbleToScale")["reason"] == "ScaleDownStabilized")
    await world.ready("llm", 1)
    assert said(world, "SuccessfulRescale")[-1] == "New size: 1; reason: All metrics below target"
    await eventually(lambda: condition(world, "ScalingLimited")["reason"] == "TooFewReplicas")
    assert condition(world, "ScalingActive")["reason"] == "ValidMetricFound"


async def test_with_a_wrong_address_a_set_never_gets_ready(world: World) -> None:
    await world.apply([engine_set("lost", address="lost-9.lost"), engine_set("found")])
    await world.ready("found", 1)

    def restarted() -> bool:
        return any(
            each.get("restartCount")
            for pod in world.pods("lost")
            for each in (pod.get("status") or {}).get("containerStatuses") or ()
        )

    await eventually(lambda: restarted() or said_of(world, "lost", "RecreateGroup"))
    assert world.set("lost")["status"].get("readyReplicas", 0) == 0


def said_of(world: World, name: str, reason: str) -> list[str]:
    return [
        event["message"]
        for event in world.sandbox.store.items("events", "default")
        if event["involvedObject"]["name"].startswith(name) and reason in event["reason"]
    ]


@needs_kubectl
async def test_kubectl_makes_an_autoscaler_and_shows_what_it_sees(world: World) -> None:
    await world.apply([engine_set(replicas=2)])
    await world.ready("llm", 2)
    made = await kubectl(world, "autoscale", "lws", "llm", "--min=1", "--max=3", "--cpu-percent=60")
    assert made.strip() == "horizontalpodautoscaler.autoscaling/llm autoscaled"
    await eventually(lambda: condition(world, "AbleToScale"))
    columns = (await kubectl(world, "get", "hpa", "llm", "--no-headers")).split()
    assert columns[:5] == ["llm", "LeaderWorkerSet/llm", "cpu:", "<unknown>/60%", "1"]
    assert condition(world, "ScalingActive")["reason"] == "FailedGetResourceMetric"
    described = await kubectl(world, "describe", "hpa", "llm")
    assert "missing request for cpu" in described


@needs_kubectl
async def test_kubectl_reads_an_exporter_through_its_service(world: World) -> None:
    path = "/api/v1/namespaces/gpu-operator/services/nvidia-dcgm-exporter:gpu-metrics/proxy/metrics"

    async def told() -> str:
        return await kubectl(world, "get", "--raw", path, fails=True)

    assert "DCGM_FI_DEV_GPU_UTIL{" in await eventually(told)
    assert await kubectl(world, "get", "pods", "--no-headers") == ""


async def kubectl(world: World, *words: str, fails: bool = False) -> str:
    """Run kubectl and return what it prints; nothing if it fails and may."""
    argv = ["kubectl", "--kubeconfig", str(world.sandbox.kubeconfig), *words]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*argv, stdout=pipe, stderr=pipe)
    out, err = await process.communicate()
    assert fails or process.returncode == 0, err.decode()
    return out.decode() if process.returncode == 0 else ""
