"""Logs against the sandbox: groups that are recreated, and what is kept of those that crashed."""

import asyncio
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from controller.api.meta import Key
from lwstui.cli.main import build_parser
from lwstui.kube.connect import Target
from lwstui.runtime.backend import LogEntry, LogRequest
from lwstui.runtime.engine import Engine, EngineOptions
from lwstui.sandbox.cluster import SandboxOptions
from lwstui.sandbox.scenarios.files import load
from lwstui.state.deaths import Death
from lwstui.state.model import Snapshot
from tests.e2e.cli import demo, lwstui
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


Start = Callable[[World, Path], Console]


@pytest.fixture
def console() -> Iterator[Start]:
    """Start consoles; they end after the sandbox has, so no connection is open any more."""
    started: list[Console] = []

    def start(world: World, state: Path) -> Console:
        one = Console(world, state)
        started.append(one)
        one.engine.start(one.snapshots.append)
        return one

    yield start
    for one in started:
        one.engine.stop()


def texts(entries: list[LogEntry], kind: str = "line") -> list[str]:
    return [entry.text for entry in entries if entry.kind == kind]


async def test_the_logs_of_a_crashed_group_survive_its_recreation(
    console: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LWSTUI_STATE_DIR", str(tmp_path))
    async with world_of(SandboxOptions(speed=60)) as world:
        first = console(world, tmp_path)
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

        second = console(world, tmp_path)
        await eventually(lambda: second.deaths)
        assert [one.id for one in second.deaths] == [one.id for one in first.deaths]
        previous = second.logs(LogRequest(KEY, 2, previous=True))
        await eventually(lambda: any(CAUSE in text for text in texts(previous)))

        # The same from the command line, with and without the set's pods.
        kept = await lwstui(world, "logs", "llm/2", "--kept", "--role", "leader")
        assert kept.code == 0
        assert CAUSE in kept.out
        assert "leader: llm-2/" in kept.err
        assert "ended: exit 1 on " in kept.err
        before = await lwstui(world, "logs", "llm/2", "--previous", "--include", "CUDA error")
        assert (before.code, CAUSE in before.out) == (0, True)
        nothing = await lwstui(world, "logs", "llm/0", "--kept")
        assert nothing.code == 1
        assert "nothing is kept of containers of default/llm that died" in nothing.err


async def test_the_command_line_takes_heads_patterns_targets_and_speaks_json() -> None:
    async with world_of(SandboxOptions(speed=100)) as world:
        await world.apply([demo(3)])
        await world.ready("demo", 3)
        # A process of its own: it leaves logs half read, and its connections to the system.
        out = await output_of(world, "logs", "demo/0", "demo/2/1", "--head", "3", "-o", "json")
        documents = [json.loads(line) for line in out.splitlines()]
        lines = [one for one in documents if one["kind"] == "line"]
        assert Counter(one["source"] for one in lines) == {"0/leader": 3, "0/w1": 3, "2/w1": 3}
        assert all(one["time"] and one["text"] for one in lines)

        first = next(one["text"] for one in lines if one["source"] == "0/leader")
        word = f"^{re.escape(first)}$"
        only = await lwstui(world, "logs", "demo/0/0", "--include", word)
        assert set(only.lines) == {first}
        others = await lwstui(world, "logs", "demo/0/0", "--exclude", word)
        assert others.lines
        assert first not in others.lines

        every = await lwstui(world, "logs", "demo/0/0", "--all-containers", "--tail", "1")
        assert len(every.lines) == 1


async def output_of(world: World, *words: str) -> str:
    """Return what the program prints in a process of its own."""
    flags = ("--kubeconfig", str(world.sandbox.kubeconfig))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "lwstui", *words, *flags, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("--role boss", "'boss' is no role"),
        ("--kept --follow", "not allowed with"),
        ("--head 0", "not a whole number from 1 on"),
        ("--exclude [", "'[' is no regular expression"),
        ("-c main --all-containers", "not allowed with"),
    ],
)
def test_words_that_make_no_sense(words: str, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        build_parser().parse_args(["logs", "demo", *words.split()])
    assert caught.value.code == 2
    assert why in capsys.readouterr().err


async def test_healthy_pods_that_are_deleted_are_not_taken_down(
    console: Start, tmp_path: Path
) -> None:
    async with world_of(SandboxOptions(speed=60)) as world:
        one = console(world, tmp_path)
        await eventually(lambda: one.connected)
        world.sandbox.control.start(load("worker-killed"))
        async with asyncio.timeout(40):
            lines = [line async for line in world.sandbox.control.lines()]
        assert lines[-1].good
        assert one.deaths == ()
        assert list(tmp_path.glob("kept/**/*.json")) == []
