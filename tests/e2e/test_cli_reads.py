"""``lwstui get``, ``describe``, ``logs``, ``check`` and completion on a sandbox."""

import asyncio
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.api.names import CRDS
from lwstui.cli import completing
from lwstui.cli.main import build_parser
from lwstui.kube.cluster import KubeCluster
from lwstui.kube.connect import Target, connect
from lwstui.sandbox.cluster import SandboxOptions, running_sandbox
from tests.e2e.cli import demo, lwstui, ok
from tests.e2e.conftest import World
from tests.support.waiting import eventually

NAME = "leaderworkerset.leaderworkerset.x-k8s.io/demo"
DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io"
ROOT = Path(__file__).parents[2]
LONG_S = 50
pytestmark = pytest.mark.timeout(3 * LONG_S)


def items(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)["items"]
    return found


@asynccontextmanager
async def running(world: World, *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a command in a process of its own for the length of the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "lwstui", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "KUBECONFIG": str(world.sandbox.kubeconfig)},
    )
    try:
        async with asyncio.timeout(2 * LONG_S):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


class Followed:
    """What a command prints, read as it comes: one whose pipe is full would stand still."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.out: list[str] = []
        self.err: list[str] = []
        self._read = 0
        pairs = ((process.stdout, self.out), (process.stderr, self.err))
        self._readers = [asyncio.create_task(self._collect(*pair)) for pair in pairs]

    @staticmethod
    async def _collect(stream: asyncio.StreamReader | None, lines: list[str]) -> None:
        assert stream is not None
        while line := await stream.readline():
            lines.append(line.decode())

    async def line_with(self, pattern: str) -> str:
        """Return the next line on standard output in which a pattern is found."""

        def found() -> str:
            while self._read < len(self.out):
                self._read += 1
                if re.search(pattern, self.out[self._read - 1]):
                    return self.out[self._read - 1]
            return ""

        return await eventually(found, LONG_S, what=f"{pattern} in {self.out} {self.err}")

    async def interrupted(self) -> int:
        """Send what ctrl-c sends and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        code = await self.process.wait()
        await asyncio.gather(*self._readers)
        return code


async def test_lists_for_people_and_for_programs(world: World) -> None:
    await world.apply([demo(2)])
    await world.ready("demo", 2)
    table = await ok(world, "get")
    assert [line.split()[:3] for line in table.lines] == [
        ["STATE", "NAME", "READY"],
        ["ready", "demo", "2/2"],
    ]
    (found,) = items((await ok(world, "get", "sets", "-o", "json")).out)
    assert (found["namespace"], found["name"], found["state"]) == ("default", "demo", "ready")
    assert (found["groups"], found["readyGroups"], found["pods"]) == (2, 2, 4)
    assert found["usage"]["reporting"] == 4
    assert found["usage"]["memoryBytes"] > 0
    assert "devices" not in found
    wide = await ok(world, "get", "pods", "demo/0", "-o", "wide")
    titles, first = (line.split() for line in wide.lines[:2])
    at = titles.index("CPU")
    assert titles[at + 1] == "MEMORY"
    assert float(first[at]) >= 0
    assert first[at + 2] in ("MiB", "GiB")
    assert wide.err == ""
    assert "CPU" not in (await ok(world, "get", "pods")).lines[0]
    nodes = (await ok(world, "get", "nodes", "-o", "wide")).lines
    assert {"CPU", "MEMORY"} <= set(nodes[0].split())
    assert all("GiB" in line for line in nodes[1:])
    names = (await ok(world, "get", "groups", "demo", "-o", "name")).lines
    assert names == [f"{NAME}/0", f"{NAME}/1"]
    restarted = await ok(world, "restart", names[1])
    assert restarted.out == f"{NAME} group 1 restarted\n"
    pods = yaml.safe_load((await ok(world, "get", "pods", "demo/0", "-o", "yaml")).out)
    assert [(pod["name"], pod["worker"]) for pod in pods["items"]] == [
        ("demo-0", 0),
        ("demo-0-1", 1),
    ]
    hosts = items((await ok(world, "get", "nodes", "-o", "json", "--measure")).out)
    with_devices = [host for host in hosts if "devices" in host]
    assert {device["busy"] for host in with_devices for device in host["devices"]} == {0}
    assert len(with_devices[0]["devices"]) == 8
    refused = await lwstui(world, "get", "nodes", "--measure")
    assert (refused.code, "choose -o json or yaml" in refused.err) == (2, True)
    bare = await ok(world, "get", "nodes", "--no-headers", "--sort-by=-name")
    nodes = [line.split()[1] for line in bare.lines]
    assert nodes == sorted(nodes, reverse=True)
    (revision,) = items((await ok(world, "get", "revisions", "demo", "-o", "json")).out)
    assert (revision["revision"], revision["target"]) == (1, True)
    events = items((await ok(world, "get", "events", "demo", "-o", "json")).out)
    assert "CreatingRevision" in {event["reason"] for event in events}


async def test_namespaces_selectors_and_names_that_are_not_there(world: World) -> None:
    labelled = demo(1)
    labelled["metadata"] |= {"name": "other", "labels": {"team": "search"}}
    await world.apply([demo(1), labelled])
    await world.ready("demo", 1)
    await world.ready("other", 1)
    chosen = await ok(world, "get", "-l", "team=search", "-o", "name")
    assert chosen.lines == [NAME.replace("demo", "other")]
    leaders = await ok(
        world, "get", "pods", "-o", "name", "-l", "leaderworkerset.sigs.k8s.io/worker-index=0"
    )
    assert sorted(leaders.lines) == ["pod/demo-0", "pod/other-0"]
    empty = await ok(world, "get", "-n", "kube-system")
    assert (empty.out, "no LeaderWorkerSet here" in empty.err) == ("", True)
    none = await ok(world, "get", "-l", "team=none")
    assert none.err == "no sets match team=none\n"
    everywhere = await ok(world, "get", "groups", "-A")
    assert everywhere.lines[0].split()[1] == "NS"
    missing = await lwstui(world, "get", "sets", "demo", "nope", "dem", "-o", "name")
    assert (missing.code, missing.out) == (1, f"{NAME}\n")
    assert "no sets nope here; choose another namespace" in missing.err
    assert "no sets dem here; did you mean demo?" in missing.err
    unsorted = await lwstui(world, "get", "--sort-by", "colour")
    assert (unsorted.code, "no column colour to sort sets by: state, name" in unsorted.err) == (
        2,
        True,
    )


async def test_a_watch_prints_a_line_for_each_row_that_changes(world: World) -> None:
    await world.apply([demo(1)])
    await world.ready("demo", 1)
    async with running(world, "get", "groups", "demo", "-w", "-o", "json") as process:
        at = Followed(process)
        first = json.loads(await at.line_with("added"))
        assert (first["change"], first["item"]["group"]) == ("added", 0)
        await ok(world, "scale", "demo", "--replicas", "2")
        added = json.loads(await at.line_with('"group": 1'))
        assert added["change"] == "added"
        if added["item"]["state"] != "ready":  # it may have been as quick as that
            await at.line_with('"group": 1.*"state": "ready"|"state": "ready".*"group": 1')
        await ok(world, "scale", "demo", "--replicas", "1")
        gone = json.loads(await at.line_with("gone"))
        assert gone["item"]["group"] == 1
        assert await at.interrupted() == 130
        assert at.err == []


async def test_descriptions_are_the_consoles_text(world: World) -> None:
    await world.apply([demo(2)])
    await world.ready("demo", 2)
    one = await ok(world, "describe", "set", "lws/demo")
    assert one.lines[0] == "LeaderWorkerSet  default/demo"
    assert "2 of 2 ready" in one.out
    assert "CreatingRevision" in one.out
    assert "Leader Worker Template:" in one.out
    both = await ok(world, "describe", "groups", "demo/0", "demo/1")
    assert "Group 0  of default/demo" in both.out
    assert "\n\nGroup 1  of default/demo" in both.out
    by_place = await ok(world, "describe", "pod", "demo/1/1")
    assert by_place.lines[0] == "Pod  default/demo-1-1"
    assert (await ok(world, "describe", "pod", "demo-1-1")).lines[0] == by_place.lines[0]
    for told in ("Controlled By:", "Containers:", "QoS Class:", "Successfully assigned"):
        assert told in by_place.out
    node = await ok(world, "describe", "node", "h100-01")
    assert node.lines[0] == "Node  h100-01"
    assert "Allocated accelerators:" in node.out
    missing = await lwstui(world, "describe", "set", "dem", "demo")
    asked = "lwstui: no set dem in namespace default; did you mean demo?\n"
    assert (missing.code, missing.err) == (1, asked)
    assert missing.lines[0] == one.lines[0]


async def test_logs_are_merged_filtered_and_prefixed(world: World) -> None:
    await world.apply([demo(2)])
    await world.ready("demo", 2)
    ran = await ok(world, "logs", "demo", "--timestamps")
    stamps = [line.split()[0] for line in ran.lines]
    assert stamps == sorted(stamps)
    assert {line.split()[1] for line in ran.lines} == {
        "[0/leader]",
        "[0/w1]",
        "[1/leader]",
        "[1/w1]",
    }
    leaders = await ok(world, "logs", "demo/1", "--role", "leader", "--tail", "2")
    assert [line.split()[0] for line in leaders.lines] == ["[leader]"] * 2
    worker = await ok(world, "logs", "demo/1/1", "--tail", "1")
    assert len(worker.lines) == 1
    assert not worker.lines[0].startswith("[")
    kept = await ok(world, "logs", "demo", "--no-prefix", "--grep", "^nothing says this$")
    assert kept.out == ""
    wrong = await lwstui(world, "logs", "demo/1/1", "--container", "nope")
    assert (wrong.code, wrong.err) == (1, "lwstui: w1: no container nope\n")
    absent = await lwstui(world, "logs", "demo/7")
    assert absent.code == 1
    assert "no pod to read the log of at demo/7: there are groups 0, 1" in absent.err
    unknown = await lwstui(world, "logs", "dmo")
    assert "did you mean demo?" in unknown.err


async def test_followed_logs_go_on_with_pods_made_again_until_interrupted(world: World) -> None:
    await world.apply([demo(1)])
    await world.ready("demo", 1)
    async with running(world, "logs", "demo/0", "-f", "--tail", "1") as process:
        at = Followed(process)
        await at.line_with(r"^\[leader\] ")
        before = {pod["metadata"]["uid"] for pod in world.pods("demo")}
        await ok(world, "restart", "demo/0", "--wait", "--timeout", "40s")
        assert not before & {pod["metadata"]["uid"] for pod in world.pods("demo")}
        again = "demo group 0 was created again"
        await eventually(lambda: again in "".join(at.err), LONG_S, what=again)
        read = len(at.out)
        await eventually(lambda: len(at.out) > read, LONG_S, what="lines of the new leader")
        assert await at.interrupted() == 130


@pytest.mark.parametrize("words", [("logs", "demo", "-f"), ("get", "events", "-w")])
async def test_a_reader_that_leaves_ends_the_command_without_a_word(
    world: World, words: tuple[str, ...]
) -> None:
    await world.apply([demo(2)])
    await world.ready("demo", 2)
    async with running(world, *words) as process:
        assert process.stdout is not None
        await process.stdout.readline()
        # Nobody reads any more; whatever is printed next breaks the pipe.
        transport = process._transport.get_pipe_transport(1)  # type: ignore[attr-defined]
        transport.close()
        await world.apply([demo(4)])
        assert process.stderr is not None
        err = await process.stderr.read()
        assert await process.wait() == 141
        assert err == b""


BROKEN = """\
apiVersion: leaderworkerset.x-k8s.io/v1
kind: LeaderWorkerSet
metadata: {name: demo}
spec:
  replicas: -1
  leaderWorkerTemplate: {size: 2, sizes: 3, workerTemplate: {spec: {containers: []}}}
"""


async def test_manifests_are_checked_and_nothing_is_written(world: World, tmp_path: Path) -> None:
    await ok(world, "apply", "-f", str(ROOT / "examples" / "02-leaderworkerset-sample.yaml"))
    broken = tmp_path / "broken.yaml"
    broken.write_text(BROKEN, encoding="utf-8")
    ran = await lwstui(world, "check", "-f", str(broken), "-o", "json")
    assert ran.code == 1
    found = items(ran.out)
    fields = {one["field"]: one["value"] for one in found if one["field"]}
    assert fields["spec.leaderWorkerTemplate.sizes"] == 3
    assert fields["spec.replicas"] == -1
    assert any("the server refuses it" in one["message"] for one in found)
    offline = await lwstui(world, "check", "--offline", "-f", str(broken))
    assert "the server" not in offline.out
    assert offline.lines[-1] == "1 object checked: 3 errors, 0 warnings"
    sound = tmp_path / "sound.yaml"
    wanted = demo(3)
    container = wanted["spec"]["leaderWorkerTemplate"]["workerTemplate"]["spec"]["containers"][0]
    container["resources"] = {"limits": {"nvidia.com/gpu": 8}}
    sound.write_text(yaml.safe_dump(wanted), encoding="utf-8")
    fits = await ok(world, "check", "-f", str(sound))
    assert "3 groups would fit" in fits.out
    assert world.set("demo") == {}
    wanted["spec"]["replicas"] = 30
    sound.write_text(yaml.safe_dump(wanted), encoding="utf-8")
    full = await lwstui(world, "check", "-f", str(sound))
    assert full.code == 1
    assert re.search(r"error .*: 8 of 30 groups fit into what is free now", full.out)
    there = await ok(world, "check", "leaderworkerset-sample")
    assert there.lines[-1] == "1 object checked: 0 errors, 0 warnings"


async def test_the_doctor_finds_nothing_in_the_way_of_a_sandbox(world: World) -> None:
    ran = await lwstui(world, "doctor")
    found = {line.split()[1]: line for line in ran.lines}
    assert found["definition"] == "ok    definition   LeaderWorkerSet is served"
    assert "all that the console uses, in default" in found["permissions"]
    assert "lwstui-sandbox" in found["kubeconfig"]


async def test_a_cluster_without_the_definition_is_told_how_to_get_it(tmp_path: Path) -> None:
    sound = tmp_path / "sound.yaml"
    sound.write_text(yaml.safe_dump(demo(1)), encoding="utf-8")
    async with running_sandbox(SandboxOptions()) as sandbox:
        connection = await connect(Target(str(sandbox.kubeconfig)))
        for crd in sandbox.store.items(DEFINITIONS, ""):
            meta = crd["metadata"]
            await KubeCluster(connection.rest).delete(CRDS, "", meta["name"], uid=meta["uid"])
        await eventually(lambda: not sandbox.store.items(DEFINITIONS, ""))
        bare = World(sandbox, connection)
        for words in (("get",), ("describe", "set", "demo"), ("check", "-f", str(sound))):
            ran = await lwstui(bare, *words)
            assert ran.code == 1
            assert "define them with: lwstui crd | kubectl apply" in ran.out + ran.err
        await connection.close()


async def test_names_are_completed_from_the_cluster(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.apply([demo(2)])
    monkeypatch.setenv("KUBECONFIG", str(world.sandbox.kubeconfig))
    monkeypatch.setattr(completing, "_ASK_S", 30)  # the answer counts here, not its speed
    for line, expected in (
        ("rollout status d", ["demo"]),
        ("logs demo/", ["demo/0", "demo/1"]),
        ("get nodes h100-01", ["h100-01"]),
        ("get -n kube-s", ["kube-system"]),
        ("get -n kube-system sets ", []),
    ):
        asked = completing.wanted(build_parser(), line.split(" "))
        assert await asyncio.to_thread(completing.named, asked) == expected


@pytest.mark.kubectl
@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
async def test_kubectl_completes_its_plugin(tmp_path: Path) -> None:
    for name, function in (("kubectl-lws", "main"), ("kubectl_complete-lws", "complete")):
        path = tmp_path / name
        code = f"import sys; from lwstui.cli.kubectl_plugin import {function} as run"
        path.write_text(
            f'#!/bin/sh\nexec "{sys.executable}" -c "{code}; sys.exit(run())" "$@"\n',
            encoding="utf-8",
        )
        path.chmod(0o755)
    environ = {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
    }
    process = await asyncio.create_subprocess_exec(
        *("kubectl", "__complete", "lws", "rollout", "st"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environ,
    )
    async with asyncio.timeout(30):
        out, _ = await process.communicate()
    first, last = out.decode().splitlines()
    assert (first.partition("\t")[0], last) == ("status", ":4")
