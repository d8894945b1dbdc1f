"""Recordings of a sandbox: by the command, by a controller without a screen, and as a console."""

import asyncio
import gzip
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from controller.api.meta import Key
from lwstui.kube.connect import Target, connect
from lwstui.runtime.headless import HeadlessOptions, work
from lwstui.runtime.recording.reading import Recording
from lwstui.runtime.recording.recorder import RecordingOrder
from lwstui.runtime.recording.stage import Stage
from lwstui.sandbox.cluster import SandboxOptions, running_sandbox
from tests.e2e.cli import demo, lwstui, ok
from tests.e2e.conftest import World
from tests.support.waiting import eventually

KEY = Key("default", "demo")


def played(path: Path) -> Stage:
    """Play a recording to its end."""
    recording = Recording.of_bytes(path.read_bytes())
    stage = Stage(recording)
    stage.advance(recording.length_s)
    return stage


def words(path: Path) -> list[str]:
    """Return the kinds of the lines of a recording, as any program reads them."""
    return [json.loads(line)["kind"] for line in gzip.decompress(path.read_bytes()).splitlines()]


async def test_the_command_records_for_a_while_and_the_recording_answers(world: World, tmp_path):
    await world.apply([demo(2)])
    await world.ready("demo", 2)
    file = tmp_path / "incident"
    ran = await ok(world, "record", str(file), "-A", "--for", "3s")
    assert ran.out.startswith(f"{file}: ")
    stage = played(file)
    assert len(stage.snapshot.by_set[KEY]) == 4
    assert stage.snapshot.cluster.sandbox
    assert words(file)[0] == "lwstui recording"
    assert words(file)[-1] == "end"
    again = await lwstui(world, "record", str(file), "-A", "--for", "1s")
    assert again.code == 1
    assert "exists already; --force replaces it" in again.err
    why = await lwstui(world, "why", "demo", "--recording", str(file), "-o", "json")
    assert (why.code, json.loads(why.out)) == (0, {"findings": []})
    gone = await lwstui(world, "why", "nobody", "--recording", str(file))
    assert "there is no nobody in namespace default at that moment" in gone.err
    late = await lwstui(world, "why", "demo", "--at", "5m")
    assert "name its file with --recording" in late.err


async def test_a_signal_ends_the_recording_and_the_file_is_whole(world: World, tmp_path):
    file = tmp_path / "incident"
    argv = (sys.executable, "-m", "lwstui", "record", str(file), "-A")
    process = subprocess.Popen(
        [*argv, "--kubeconfig", str(world.sandbox.kubeconfig)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        await eventually(lambda: file.exists() and file.stat().st_size > 2000, 30)
        os.kill(process.pid, signal.SIGTERM)
        out, _ = await asyncio.to_thread(process.communicate, timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0
    assert out.decode().startswith(f"{file}: ")
    assert words(file)[-1] == "end"


async def test_a_controller_without_a_screen_records_what_it_decides_and_waits_for(tmp_path):
    file = tmp_path / "run"
    async with running_sandbox(SandboxOptions(speed=10)) as sandbox:
        connection = await connect(Target(str(sandbox.kubeconfig)))
        options = HeadlessOptions(Target(), recording=RecordingOrder(file))
        task = asyncio.create_task(work(connection, options))
        try:
            world = World(sandbox, connection)
            await world.apply([demo(2)])
            await world.ready("demo", 2)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await connection.close()
    recording = Recording.of_bytes(file.read_bytes())
    waits = {
        reason
        for entry in recording.read()
        if type(entry).__name__ == "Controlled"
        for _, reasons in entry.waits
        for _, reason, _ in reasons
    }
    assert waits
    shown = played(file).snapshot
    assert shown.controller.identity
    assert {line.who for line in shown.activity} == {"controller"}
    assert any("demo" in line.target for line in shown.activity)
    assert len(shown.by_set[KEY]) == 4
    planned = shown.controller.plans
    assert any("pods: demo-" in does for one in planned for does in one.does), planned
    assert any(wait.code == "readiness" for one in planned for wait in one.waits)
    assert planned[-1].idle
    assert planned[-1].target == next(iter(shown.pods.values())).revision


async def test_a_moment_is_printed_as_a_screen(world: World, tmp_path):
    await world.apply([demo(1)])
    await world.ready("demo", 1)
    file = tmp_path / "incident"
    await ok(world, "record", str(file), "-A", "--for", "2s")
    argv = [sys.executable, "-m", "lwstui", "replay", str(file), "--at", "1m", "--once"]
    ran = await asyncio.to_thread(
        subprocess.run, [*argv, "-o", "json"], capture_output=True, timeout=50, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["items"][0]["name"] == "demo"
    damaged = tmp_path / "other"
    damaged.write_text("no recording")
    argv[4] = str(damaged)
    ran = await asyncio.to_thread(
        subprocess.run, argv, capture_output=True, timeout=50, check=False
    )
    assert (ran.returncode, ran.stdout) == (1, b"")
    assert ran.stderr.decode().count("\n") == 1
