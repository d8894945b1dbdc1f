"""Record every scenario of the sandbox: ``python -m tests.support.record_scenarios [NAME ...]``.

Each is played in a small sandbox with the embedded controller in the engine that records, ten times
as fast as life though nothing in it can tell, and for a while longer, so that what was found is
withdrawn. The recordings are what ``tests/insight/test_scenarios.py`` plays; run this again when
scenarios, the controller or the format change, and look at what the table says then.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from lwstui.data import crd
from lwstui.kube.apply import apply_objects
from lwstui.kube.connect import Target, connect
from lwstui.runtime.attachments import Attachments
from lwstui.runtime.clock import SystemClock
from lwstui.runtime.engine import EngineOptions
from lwstui.runtime.kubelink import KubeFactory
from lwstui.runtime.recording.members import lines_of, packed, walk
from lwstui.runtime.recording.recorder import RecordingOrder
from lwstui.sandbox.cluster import Sandbox, SandboxOptions, running_sandbox
from lwstui.sandbox.scenarios.files import load, shipped_names
from tests.support import hurry

FOLDER = Path(__file__).parents[1] / "data" / "recordings" / "scenarios"
FACTOR = 10.0
NODES = 8
AFTER_S = 90.0


def recording(name: str) -> Path:
    """Return the file of a scenario's recording."""
    return FOLDER / f"{name}.lwsrec"


async def record(name: str, path: Path) -> None:
    """Play a scenario and record it."""
    async with running_sandbox(SandboxOptions(nodes=NODES)) as sandbox:
        options = EngineOptions(
            Target(str(sandbox.kubeconfig)),
            embedded_controller=True,
            identity="recorder",
            recording=RecordingOrder(path, force=True, logs=False),
        )
        factory = KubeFactory("recorder", history_limit=10, lease_namespace="default")
        work = Attachments(options, factory, SystemClock(), lambda _: None)
        work.core.want_events(wanted=True)
        work.core.want_metrics(wanted=False)
        task = asyncio.create_task(work.run())
        try:
            await play(sandbox, name)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def tighten(path: Path) -> None:
    """Write a recording anew in fewer parts, which makes it several times smaller."""
    with path.open("rb") as file:
        members = list(walk(file))
        parts = [lines_of(file, member) for member in members]
    begin = members[0]
    path.write_bytes(
        packed(parts[0], begin.first_s, begin.last_s)
        + packed(b"".join(parts[1:]), members[1].first_s, members[-1].last_s)
    )


async def play(sandbox: Sandbox, name: str) -> None:
    """Play a scenario to its end, and wait a while."""
    connection = await connect(Target(str(sandbox.kubeconfig)))
    try:
        await apply_objects(connection, [], namespace="default", crd=crd(), report=print)
    finally:
        await connection.close()
    sandbox.control.start(load(name))
    async for line in sandbox.control.lines():
        print(f"{name}: {line.at_s:7.1f} {line.kind:6} {line.text}", flush=True)
        if line.kind == "end" and not line.good:
            raise SystemExit(f"{name}: not all came as expected")
    await asyncio.sleep(AFTER_S)


def main(names: list[str]) -> None:
    """Record the named scenarios, each in a process of its own, or all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    if len(names) == 1:
        hurry.run(record(names[0], recording(names[0])), FACTOR)
        tighten(recording(names[0]))
        return
    for name in names or shipped_names():
        command = [sys.executable, "-m", "tests.support.record_scenarios", name]
        if os.spawnv(os.P_WAIT, sys.executable, command):
            raise SystemExit(f"{name} could not be recorded")


if __name__ == "__main__":
    main(sys.argv[1:])
