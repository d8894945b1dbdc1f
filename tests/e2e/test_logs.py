"""Logs against the sandbox: groups that are recreated, and what is kept of those that crashed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from controller.api.meta import Key
from lwstui.kube.connect import Target
from lwstui.runtime.backend import LogEntry, LogRequest
from lwstui.runtime.engine import Engine, EngineOptions
from lwstui.sandbox.cluster import SandboxOptions
from lwstui.sandbox.scenarios.files import load
from lwstui.state.deaths import Death
from lwstui.state.model import Snapshot
from tests.e2e.conftest import World, world_of
from tests.support.waiting import eventually

KEY = Key("default", "llm")
CAUSE = "CUDA error: an illegal memory access was encountered"


class Console:
    """An engine as the console has it."""

    def __init__(self, world: World, state: Path) -> None:
        target = Target(kubeconfig=str(world.sandbox.kubeconfig))
        self.engine = Engine(EngineOptions(target, state=state))
        self.snapshots: list[Snapshot] = []

    @property
    def deaths(self) -> tuple[Death, ...]:
        return self.snapshots[-1].deaths if self.snapshots else ()

    @property
    def connected(self) -> bool:
        return bool(self.snapshots) and self.snapshots[-1].cluster.connected

    def logs(self, request: LogRequest) -> list[LogEntry]:
        entries: list[LogEntry] = []
        self.engine.logs(request, entries.extend)
        return entries


@asynccontextmanager
async def console(world: World, state: Path) -> AsyncIterator[Console]:
    one = Console(world, state)
    one.engine.start(one.snapshots.append)
    try:
        yield one
    finally:
        await asyncio.to_thread(one.engine.stop)


def texts(entries: list[LogEntry], kind: str = "line") -> list[str]:
    return [entry.text for entry in entries if entry.kind == kind]


async def test_the_logs_of_a_crashed_group_survive_its_recreation(tmp_path: Path) -> None:
    async with world_of(SandboxOptions(speed=60)) as world:
        async with console(world, tmp_path) as first:
            await eventually(lambda: first.connected)
            world.sandbox.control.start(load("leader-crash"))
            await world.ready("llm", 3)
            followed = first.logs(LogRequest(KEY, 2))
            async with asyncio.timeout(40):
                lines = [line async for line in world.sandbox.control.lines()]
            assert lines[-1].good

            # The open log went on with the new pods, under the same labels.
            again = "llm group 2 was created again: generation 2 starts"
            await eventually(lambda: again in texts(followed, "mark"))
            at = next(i for i, entry in enumerate(followed) if entry.text == again)
            await eventually(
                lambda: any(e.kind == "line" and e.source == "leader" for e in followed[at:])
            )
            assert any(CAUSE in text for text in texts(followed[:at]))
            assert {e.source for e in followed} <= {"leader", "w1", ""}

            # What killed the leader was taken down before its pod went.
            await eventually(lambda: [one for one in first.deaths if one.kept])
            (death,) = (one for one in first.deaths if one.worker == 0)
            assert (death.group, death.exit_code, death.generation) == (2, 1, 1)
            assert any(CAUSE in line for line in death.lines)
            assert death.node
            new = first.snapshots[-1].pods[Key("default", "llm-2")]
            assert new.uid != death.uid

            # And it is what the previous run of the group shows now.
            previous = first.logs(LogRequest(KEY, 2, previous=True))
            await eventually(lambda: any(CAUSE in text for text in texts(previous)))
            assert "kept before llm-2 went: exit 1" in texts(previous, "mark")

        async with console(world, tmp_path) as second:
            await eventually(lambda: second.deaths)
            assert [one.id for one in second.deaths] == [one.id for one in first.deaths]
            previous = second.logs(LogRequest(KEY, 2, previous=True))
            await eventually(lambda: any(CAUSE in text for text in texts(previous)))


async def test_healthy_pods_that_are_deleted_are_not_taken_down(tmp_path: Path) -> None:
    async with world_of(SandboxOptions(speed=60)) as world:
        async with console(world, tmp_path) as one:
            await eventually(lambda: one.connected)
            world.sandbox.control.start(load("worker-killed"))
            async with asyncio.timeout(40):
                lines = [line async for line in world.sandbox.control.lines()]
            assert lines[-1].good
            assert one.deaths == ()
        assert list(tmp_path.rglob("*.json")) == []
