"""What measuring asks of an API server: which paths, how often, how many at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from controller.api.lws import HISTORY_LIMIT
from controller.api.meta import Key
from controller.leases import NAMESPACE
from lwstui.kube.connect import Target
from lwstui.runtime.core import Core
from lwstui.runtime.engine import EngineOptions
from lwstui.runtime.kubelink import KubeFactory
from lwstui.runtime.sampler import AT_ONCE, FAILURES, SHOWN_S
from lwstui.sandbox.cluster import Sandbox, SandboxOptions, running_sandbox
from lwstui.sandbox.native.seeding import load
from lwstui.telemetry.targets import SELECTORS
from lwstui.view.figures import figures
from tests.runtime.fakes import FakeTime
from tests.support.waiting import eventually
from tests.support.witness import Witness, witnessed

EXAMPLE = Path(__file__).parents[2] / "examples" / "13-vllm-gpu.yaml"
EXPORTER = "/api/v1/namespaces/gpu-operator/pods/{}:9400/proxy/metrics"
LEADERS = {f"/api/v1/namespaces/default/pods/vllm-{n}:8080/proxy/metrics" for n in range(2)}


class Bench:
    """A console's engine on a sandbox, with a clock that moves when told to."""

    def __init__(self, sandbox: Sandbox, witness: Witness, kubeconfig: Path) -> None:
        self.sandbox, self.witness = sandbox, witness
        self.time = FakeTime()
        self.snapshots: list[Any] = []
        self.core = Core(
            EngineOptions(Target(str(kubeconfig))),
            KubeFactory("test", history_limit=HISTORY_LIMIT, lease_namespace=NAMESPACE),
            self.time,
            self.snapshots.append,
            sleep=self.time.sleep,
        )

    @property
    def exporters(self) -> set[str]:
        pods = self.sandbox.store.items("pods", "gpu-operator")
        return {EXPORTER.format(pod["metadata"]["name"]) for pod in pods}

    @property
    def telemetry(self) -> Any:
        return self.snapshots[-1].telemetry

    async def until(self, condition: Any, what: str) -> None:
        """Let little time go by until a condition holds."""

        async def look() -> bool:
            await self.time.advance(0.1)
            return bool(self.snapshots) and bool(condition())

        await eventually(look, 30, what=what)

    async def a_round(self) -> None:
        """Let one round of measuring begin and end."""
        at = self.telemetry.at
        await self.time.advance(SHOWN_S)
        await self.until(lambda: self.telemetry.at > at, "a round to end")


@asynccontextmanager
async def measuring(tmp_path: Path) -> AsyncIterator[Bench]:
    """Yield a bench whose first round, with two engines that serve, has ended."""
    options = SandboxOptions(nodes=10, speed=500, native=load([EXAMPLE]))
    async with running_sandbox(options) as sandbox:
        copy = tmp_path / "kubeconfig"
        async with witnessed(sandbox.kubeconfig, copy) as witness:
            bench = Bench(sandbox, witness, copy)
            await eventually(lambda: _serve(sandbox), 30, what="the leaders to be ready")
            task = asyncio.create_task(bench.core.run())
            try:
                await bench.until(lambda: len(bench.snapshots[-1].pods) == 4, "the lists")
                await bench.until(lambda: bench.telemetry.engines, "the first whole round")
                yield bench
            finally:
                witness.holding.set()
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


def _serve(sandbox: Sandbox) -> bool:
    pods = [
        p for p in sandbox.store.items("pods", "default") if p["metadata"]["name"][:4] == "vllm"
    ]
    ready = [
        condition["status"] == "True"
        for pod in pods
        for condition in pod.get("status", {}).get("conditions", ())
        if condition["type"] == "Ready"
    ]
    return len(ready) == 4 and all(ready)


async def test_every_exporter_and_leader_is_asked_once_a_round_and_looked_for_once(tmp_path):
    async with measuring(tmp_path) as bench:
        witness = bench.witness
        assert len(bench.exporters) > AT_ONCE
        assert set(witness.proxied()) == bench.exporters | LEADERS
        searches = [f"/api/v1/pods {selector}" for selector in SELECTORS]
        assert [witness.selectors[search] for search in searches] == [1, 1, 1]
        witness.asked.clear()
        for _ in range(3):
            await bench.a_round()
        assert witness.proxied() == dict.fromkeys(bench.exporters | LEADERS, 3)
        assert [witness.selectors[search] for search in searches] == [1, 1, 1]
        assert witness.asked["/apis/metrics.k8s.io/v1beta1"] == 0
        assert witness.asked["/apis/metrics.k8s.io/v1beta1/pods"] == 3
        assert witness.asked["/apis/metrics.k8s.io/v1beta1/nodes"] == 3
        cost = bench.telemetry.cost
        assert cost.requests == len(bench.exporters | LEADERS) + 2
        assert cost.received_bytes > 10_000
        assert {key.name for key in bench.telemetry.engines} == {"vllm-0", "vllm-1"}
        assert len(bench.telemetry.pod_usage) == 4
        leader = bench.snapshots[-1].pods[Key("default", "vllm-0")]
        told = "\n".join(
            "".join(span.text for span in line)
            for line in figures(leader, bench.telemetry, bench.time.now())
        )
        for name in ("DCGM_FI_DEV_GPU_UTIL", "vllm:num_requests_running", "usage.cpu"):
            assert name in told
        assert "told by gpu-operator/nvidia-dcgm-exporter" in told
        assert "told by default/vllm-0" in told
        assert "an exporter" not in told


async def test_no_more_than_a_few_are_asked_at_a_time(tmp_path):
    async with measuring(tmp_path) as bench:
        witness = bench.witness
        witness.holding.clear()
        await bench.time.advance(SHOWN_S)
        await eventually(lambda: witness.under_way >= AT_ONCE - 1, what="requests to be under way")
        at = bench.telemetry.at
        witness.holding.set()
        await bench.until(lambda: bench.telemetry.at > at, "the round to end")
        assert witness.most in (AT_ONCE - 1, AT_ONCE)
        assert witness.under_way == 0


async def test_what_fails_is_asked_less_often_and_asked_again_when_it_is_back(tmp_path):
    async with measuring(tmp_path) as bench:
        witness = bench.witness
        (lost, *others) = sorted(bench.exporters)
        witness.broken.add(lost)
        witness.asked.clear()
        rounds = FAILURES + 6
        for _ in range(rounds):
            await bench.a_round()
        asked = witness.proxied()
        assert {asked[path] for path in others} == {rounds}
        assert FAILURES < asked[lost] <= FAILURES + 2
        (source,) = (s for s in bench.telemetry.sources if s.name == "exporters of devices")
        assert (source.asked, source.answered) == (len(others) + 1, len(others))
        assert "no route to host" in source.why
        witness.broken.clear()
        for _ in range(10):
            await bench.a_round()
        (source,) = (s for s in bench.telemetry.sources if s.name == "exporters of devices")
        assert (source.answered, source.why) == (len(others) + 1, "")
