"""A pod's status, log, figures, devices and usage of one moment tell the same story."""

import re
from dataclasses import dataclass
from typing import Any

import pytest

from lwstui.sandbox.enginehttp import Query, answer
from lwstui.sandbox.engines.load import MOST_RUNNING
from lwstui.sandbox.network import Network
from lwstui.sandbox.podmetrics import sample_of
from lwstui.sandbox.processes import Process
from lwstui.sandbox.shell import commands
from lwstui.sandbox.shell.disk import Disk
from tests.sandbox.cluster.builders import container, pod
from tests.sandbox.cluster.conftest import World
from tests.sandbox.cluster.test_exporter import exporters
from tests.sandbox.shell.support import drive
from tests.support.waiting import eventually

WISH = "sandbox.lwstui.dev/"
STATISTICS = re.compile(r"Running: (\d+) reqs, Waiting: (\d+) reqs, GPU KV cache usage: ([\d.]+)%")


@dataclass(frozen=True)
class Seen:
    """One moment of a pod, from every side."""

    status: dict[str, Any]
    log: str
    health: int
    figures: str
    smi: list[list[str]]
    exporter: dict[str, float]
    memory_ki: int

    @property
    def is_ready(self) -> bool:
        return any(
            each["type"] == "Ready" and each["status"] == "True"
            for each in self.status["conditions"]
        )


def _process(world: World, name: str = "p") -> Process:
    found = world.behaviour.processes.find(world.pod(name) or {}, "main")
    assert found is not None
    return found


async def _log(world: World) -> str:
    chunks = world.behaviour.logs.open(
        world.pod("p") or {}, "main", follow=False, previous=False, tail_lines=None, since_s=None,
        timestamps=False, limit_bytes=None,
    )  # fmt: skip
    return b"".join([chunk async for chunk in chunks]).decode()


def _smi(world: World, process: Process) -> list[list[str]]:
    network = Network(world.store, world.behaviour.processes)
    session = commands.session(world.store, network, process, lambda: process, Disk(), tty=False)
    fields = "uuid,memory.used,utilization.gpu,power.draw"
    asked = ["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader,nounits"]
    out = drive(commands.start(session, asked)).out
    return [line.split(", ") for line in out.splitlines()]


def _exported(world: World, name: str) -> dict[str, float]:
    watched = next(iter(world.behaviour.processes.listed(exporters(world)["h100-01"])))
    reply = answer(watched, 9400, Query("GET", "/metrics"))
    assert reply is not None
    found = re.findall(rf'{name}{{.*UUID="([^"]+)".*pod="p".*}} (\S+)', reply.body.decode())
    return {uuid: float(value) for uuid, value in found}


async def _see(world: World) -> Seen:
    """Look at the pod from every side at one moment: the clock stands still meanwhile."""
    log = await _log(world)
    process = _process(world)
    health = answer(process, 8080, Query("GET", "/health")) if 8080 in process.ports else None
    told = answer(process, 8080, Query("GET", "/metrics")) if 8080 in process.ports else None
    sample = world.behaviour.metrics.pod("default", "p")
    assert sample is not None
    return Seen(
        status=world.status("p"),
        log=log,
        health=0 if health is None else health.code,
        figures="" if told is None else told.body.decode(),
        smi=_smi(world, process),
        exporter=_exported(world, "DCGM_FI_DEV_FB_USED"),
        memory_ki=int(sample["containers"][0]["usage"]["memory"].removesuffix("Ki")),
    )


def _create(world: World, **annotations: str) -> None:
    probe = {"httpGet": {"path": "/health", "port": 8080}, "periodSeconds": 1}
    made = container(
        image="vllm/vllm-openai", gpu=2, readinessProbe=probe,
        command=["vllm", "serve", "x/Big-70B", "--port", "8080"],
    )  # fmt: skip
    made["resources"]["limits"]["memory"] = "64Gi"
    wishes = {f"{WISH}{name.replace('_', '-')}": text for name, text in annotations.items()}
    world.create(pod("p", nodeName="h100-01", containers=[made], annotations=wishes))


@pytest.fixture
def still(world: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what makes the world's clock stand still."""

    def stop() -> None:
        moment = world.clock.now()
        monkeypatch.setattr(world.clock, "now", lambda: moment)

    return stop


async def test_while_it_loads(world: World, still: Any) -> None:
    _create(world, startup="20m")
    await eventually(lambda: [r for r, _ in world.events("p") if r == "Unhealthy"])
    still()
    seen = await _see(world)
    assert not seen.is_ready
    assert (seen.health, seen.figures) == (0, "")
    assert "Application startup complete" not in seen.log
    assert all(float(row[2]) <= 25 and float(row[3]) < 250 for row in seen.smi)
    assert seen.exporter == {row[0]: float(row[1]) for row in seen.smi}


@pytest.mark.parametrize(
    ("asked", "running", "waiting"), [(0, 0, 0), (24, 24, 0), (400, MOST_RUNNING, 272)]
)
async def test_while_it_serves(
    world: World, still: Any, asked: int, running: int, waiting: int
) -> None:
    _create(world, load=str(asked))
    await world.ready("p")
    await eventually(lambda: _busy(world) == running)
    still()
    seen = await _see(world)
    assert seen.is_ready
    assert seen.health == 200
    assert "Application startup complete" in seen.log
    assert sample_of(seen.figures, "vllm:num_requests_running") == running
    assert sample_of(seen.figures, "vllm:num_requests_waiting") == waiting
    assert seen.exporter == {row[0]: float(row[1]) for row in seen.smi}
    held = seen.status["containerStatuses"][0]["allocatedResourcesStatus"][0]["resources"]
    assert {each["resourceID"] for each in held} == set(seen.exporter)
    assert all((float(row[2]) > 80) == (running > 0) for row in seen.smi)
    assert seen.memory_ki < 64 * 1024**2


def _busy(world: World) -> int:
    load = _process(world).load
    return -1 if load is None else load.running


async def test_the_log_tells_the_figures_of_its_ten_seconds(world: World) -> None:
    _create(world, load="200")
    await world.ready("p")

    async def told() -> tuple[str, ...] | None:
        hits = STATISTICS.findall(await _log(world))
        return hits[-1] if hits and hits[-1][0] == str(MOST_RUNNING) else None

    assert await eventually(told) == (str(MOST_RUNNING), "72", "97.0")
    figures = (await _see(world)).figures
    assert sample_of(figures, "vllm:kv_cache_usage_perc") == 0.97


async def test_tokens_never_fall_while_the_demand_changes(world: World) -> None:
    _create(world)
    await world.ready("p")
    counts = [0.0]
    for asked in ("300", "0", "12", None):
        world.store.update("pods", "default", "p", lambda it, asked=asked: _wish(it, asked))
        expected = {"300": 128, "0": 0, "12": 12}.get(str(asked))
        await eventually(lambda expected=expected: expected is None or _busy(world) == expected)
        counts.append(sample_of((await _see(world)).figures, "vllm:generation_tokens_total") or 0)
    assert counts == sorted(counts)
    assert counts[1] > 0


def _wish(it: dict[str, Any], asked: str | None) -> None:
    it["metadata"]["annotations"] = {} if asked is None else {f"{WISH}load": asked}


async def test_when_its_memory_is_out(world: World) -> None:
    _create(world, memory="80Gi")
    await eventually(lambda: world.container("p").get("restartCount", 0) >= 1)
    ended = world.container("p")["lastState"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (137, "OOMKilled")
    chunks = world.behaviour.logs.open(
        world.pod("p") or {}, "main", follow=False, previous=True, tail_lines=None, since_s=None,
        timestamps=False, limit_bytes=None,
    )  # fmt: skip
    previous = b"".join([chunk async for chunk in chunks]).decode()
    assert "Loading" in previous
    assert "Application startup complete" not in previous


async def test_while_it_hangs(world: World, still: Any) -> None:
    _create(world, hang_after="90s")
    await world.ready("p")
    await eventually(lambda: _process(world).hangs and not world.is_ready("p"))
    still()
    seen = await _see(world)
    assert seen.figures == ""
    assert "Readiness probe failed" in str(world.events("p"))
    assert seen.log == await _log(world)
    assert {row[2] for row in seen.smi} == {"100"}
    assert all(float(row[3]) < 250 for row in seen.smi)
    assert seen.exporter == {row[0]: float(row[1]) for row in seen.smi}
