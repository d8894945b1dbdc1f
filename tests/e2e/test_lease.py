"""Controllers as processes of their own on one cluster: one acts, whatever happens to it.

Each process reaches the sandbox by a name of its own, so that the requests tell who sent them.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web

from lwstui.data import crd
from lwstui.kube.apply import apply_objects
from lwstui.kube.connect import Target, connect
from lwstui.sandbox.api import Api
from lwstui.sandbox.cluster import SandboxOptions, running_sandbox
from tests.e2e.conftest import World
from tests.support.waiting import eventually

SETS = "leaderworkersets.leaderworkerset.x-k8s.io"
LEASES = "leases.coordination.k8s.io"
DURATION_S, DEADLINE_S, RETRY_S = 3, 2.0, 0.4
TIMES = ("--lease-duration", str(DURATION_S), "--renew-deadline", str(DEADLINE_S))
LONG = ("--lease-duration", "60", "--renew-deadline", "40")
"""Where no lease shall expire, however busy the machine is."""
HOSTS = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class Request:
    """One request as the server got it."""

    at: float
    host: str
    method: str
    path: str

    @property
    def writes(self) -> bool:
        """Whether it changes a set or what belongs to one.

        Events tell of what was done before and wait their turn; nobody acts on them.
        """
        return self.method != "GET" and not {"leases", "events"} & set(self.path.split("/"))


@dataclass
class Process:
    """One ``lwstui controller`` and what it logged."""

    host: str
    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)

    @property
    def log(self) -> str:
        return "\n".join(self.lines)

    def send(self, signum: int) -> None:
        self.process.send_signal(signum)

    async def read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.lines.append(line.decode().rstrip())


@dataclass
class Stage:
    """The sandbox, its requests, and the processes on it."""

    world: World
    requests: list[Request]
    folder: Path
    processes: list[Process] = field(default_factory=list)
    readers: list[asyncio.Task[None]] = field(default_factory=list)

    async def start(self, host: str, *flags: str) -> Process:
        """Start a controller that reaches the sandbox as ``host``; wait until it has looked."""
        config = yaml.safe_load(self.world.sandbox.kubeconfig.read_text(encoding="utf-8"))
        cluster = config["clusters"][0]["cluster"]
        cluster["server"] = cluster["server"].replace("127.0.0.1", host)
        path = self.folder / f"{host}-{len(self.processes)}"
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        command = [sys.executable, "-m", "lwstui.cli.main", "controller", "--kubeconfig", str(path)]
        started = await asyncio.create_subprocess_exec(
            *command, *TIMES, "--retry-period", str(RETRY_S), *flags, stderr=asyncio.subprocess.PIPE
        )
        process = Process(host, started)
        self.processes.append(process)
        self.readers.append(asyncio.create_task(process.read()))
        await eventually(
            lambda: "controller works" in process.log or "standby" in process.log,
            what=f"the controller at {host} to act or to stand by",
        )
        return process

    def lease(self) -> dict[str, Any]:
        spec = (self.world.sandbox.store.get(LEASES, "default", "lwstui-controller") or {}).get(
            "spec"
        )
        return dict(spec or {})

    def writes(self, process: Process, since: float = 0.0) -> list[Request]:
        return [r for r in self.requests if r.writes and r.host == process.host and r.at >= since]

    async def held_by_another(self, holder: str) -> None:
        await eventually(lambda: self.lease().get("holderIdentity") not in (None, holder))

    async def add(self, name: str, groups: int = 2) -> None:
        """Store a set, without a request of our own, and wait until it is ready."""
        template = {"spec": {"containers": [{"name": "main", "image": "nginx:1"}]}}
        body = {
            "apiVersion": "leaderworkerset.x-k8s.io/v1",
            "kind": "LeaderWorkerSet",
            "metadata": {"name": name, "namespace": "default"},
            "spec": {
                "replicas": groups,
                "leaderWorkerTemplate": {"size": 2, "workerTemplate": template},
            },
        }
        self.world.sandbox.store.create(SETS, body)
        await self.world.ready(name, groups)


@pytest.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    requests: list[Request] = []
    handle = Api.handle

    async def noted(api: Api, request: web.Request) -> web.StreamResponse:
        host = request.host.partition(":")[0]
        requests.append(Request(time.monotonic(), host, request.method, request.path))
        return await handle(api, request)

    monkeypatch.setattr(Api, "handle", noted)
    async with running_sandbox(SandboxOptions(speed=100)) as sandbox:
        connection = await connect(Target(str(sandbox.kubeconfig)))
        await apply_objects(connection, [crd()], namespace="", crd=None, report=lambda _: None)
        requests.clear()
        stage = Stage(World(sandbox, connection), requests, tmp_path)
        try:
            yield stage
        finally:
            for process in stage.processes:
                if process.process.returncode is None:
                    process.send(signal.SIGCONT)
                    process.send(signal.SIGKILL)
                await process.process.wait()
            await asyncio.gather(*stage.readers)
            await connection.close()


async def test_one_acts_and_the_other_says_who_does_and_since_when(stage: Stage) -> None:
    acting, waiting = await stage.start(HOSTS[0], *LONG), await stage.start(HOSTS[1], *LONG)
    await stage.add("a")
    holder = stage.lease()
    assert stage.writes(acting)
    assert stage.writes(waiting) == []
    assert "another controller acts" in waiting.log
    assert f"holder={holder['holderIdentity']}" in waiting.log
    assert f"since={holder['acquireTime']}" in waiting.log
    assert 'serves="all namespaces"' in waiting.log


async def test_a_killed_holder_is_replaced(stage: Stage) -> None:
    acting, waiting = await stage.start(HOSTS[0]), await stage.start(HOSTS[1])
    await stage.add("a")
    holder = stage.lease()["holderIdentity"]
    acting.send(signal.SIGKILL)
    killed_at = time.monotonic()
    await stage.held_by_another(holder)
    # Never sooner than the last renewal allows; the upper bound is the model's to prove.
    assert time.monotonic() - killed_at > DURATION_S - DEADLINE_S
    await eventually(lambda: "controller works" in waiting.log)
    before = {p["metadata"]["uid"] for p in stage.world.pods("a")}
    await stage.add("b")
    assert {p["metadata"]["uid"] for p in stage.world.pods("a")} == before
    assert stage.lease()["leaseTransitions"] == 1


async def test_a_holder_that_is_told_to_stop_hands_over_at_once(stage: Stage) -> None:
    acting, waiting = await stage.start(HOSTS[0], *LONG), await stage.start(HOSTS[1], *LONG)
    holder = stage.lease()["holderIdentity"]
    acting.send(signal.SIGTERM)
    assert await acting.process.wait() == 0
    # Nobody else may take it so soon unless it was given back.
    assert stage.lease().get("holderIdentity") != holder
    await stage.held_by_another(holder)
    await eventually(lambda: "controller works" in waiting.log)
    await stage.add("a")


async def test_a_holder_that_was_suspended_writes_nothing_when_it_goes_on(stage: Stage) -> None:
    frozen, waiting = await stage.start(HOSTS[0]), await stage.start(HOSTS[1])
    holder = stage.lease()["holderIdentity"]
    adding = asyncio.create_task(stage.add("a", groups=12))
    await eventually(lambda: len(stage.writes(frozen)) > 5)
    frozen.send(signal.SIGSTOP)  # in the middle of its writes
    stopped_at = time.monotonic()
    await stage.held_by_another(holder)
    await adding
    assert stage.writes(waiting, stopped_at)
    resumed_at = time.monotonic()
    frozen.send(signal.SIGCONT)
    await eventually(lambda: "standby" in frozen.log)
    await stage.add("b")
    # The one it was sending when it was stopped had been allowed; nothing is allowed after it.
    assert len(stage.writes(frozen, resumed_at)) <= 1
    assert len(stage.world.pods("a")) == 24


async def test_the_lease_covers_controllers_of_other_namespaces(stage: Stage) -> None:
    await stage.start(HOSTS[0], *LONG, "--namespace", "kube-public")
    waiting = await stage.start(HOSTS[1], *LONG, "--namespace", "default")
    assert "serves=kube-public" in waiting.log
