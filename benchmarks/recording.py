"""What a recording costs while it is made, and how fast it is played.

    python -m benchmarks.recording

10,000 pods are listed and change 1,000 times a second.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from controller.api.names import LEADERWORKERSETS, NODES, PODS
from lwstui.runtime.ports import WatchSpec
from lwstui.runtime.recording.reading import Recording
from lwstui.runtime.recording.stage import Stage
from tests.runtime.recording.rig import Rig
from tests.view.build import LLAMA, container, lws, node, pod

WATCH = WatchSpec(PODS)
SETS, GROUPS, EVENTS = 50, 100, 60_000


def pods(number: int):
    key = LLAMA._replace(name=f"llama-{number}")
    for group in range(GROUPS):
        for worker in (0, 1):
            yield pod(group, worker, key=key, node=f"node-{group % 500}")


async def recorded(path: Path, *, on: bool) -> float:
    """Feed a cluster, recorded or not; return the seconds of processor time it took."""
    rig = Rig(path)
    if on:
        await rig.start(most_bytes=1 << 30)
    everything = [one for number in range(SETS) for one in pods(number)]
    began = time.process_time()
    rig.list(
        LEADERWORKERSETS, *(lws(GROUPS, key=LLAMA._replace(name=f"llama-{n}")) for n in range(SETS))
    )
    rig.list(NODES, *(node(f"node-{n}") for n in range(500)))
    rig.list(PODS, *everything)
    for n in range(EVENTS):
        one = everything[n % len(everything)]
        changed = msgspec.structs.replace(one, containers=(container(restarts=n),))
        rig.feed.apply(WATCH, "MODIFIED", changed)
        if n % 100 == 99:
            rig.pass_(0.1)
            rig.feed.flush()
        if n % 2000 == 1999:
            await rig.recorder.write()
    if on:
        await rig.recorder.stop()
    return time.process_time() - began


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r"
        plain = asyncio.run(recorded(path, on=False))
        taped = asyncio.run(recorded(path, on=True))
        size_mib = path.stat().st_size / 2**20
        print(f"{SETS * GROUPS * 2:,} pods listed, {EVENTS:,} events; file {size_mib:.1f} MiB")
        print(f"without a recording {plain:.2f} s CPU, with one {taped:.2f} s")
        print(f"per event {(taped - plain) / EVENTS * 1e6:.0f} us more")
        recording = Recording.open(path)
        began = time.perf_counter()
        stage = Stage(recording)
        stage.advance(1.0)
        first_s = time.perf_counter() - began
        stage.advance(recording.length_s)
        took_s = time.perf_counter() - began
        print(f"first screen after {first_s:.2f} s")
        print(f"{recording.length_s:.0f} s are played in {took_s:.2f} s")
        for share in (0.5, 1.0):
            at_s = recording.length_s * share
            print(f"to {at_s:.0f} s: {sought(recording, at_s)}")
        recording.close()


def sought(recording: Recording, at_s: float) -> str:
    """Return what it costs to go to a moment, played from the beginning and by keyframes."""
    costs = []
    for name, begin in (
        ("from the beginning", lambda: Stage(recording)),
        ("by a keyframe", lambda: Stage.before(recording, at_s)),
    ):
        began = time.process_time()
        stage = begin()
        stage.advance(at_s)
        took_s = time.process_time() - began
        costs.append(f"{name} {stage.work:,} records and rounds, {took_s:.2f} s CPU")
    return "; ".join(costs)


if __name__ == "__main__":
    sys.exit(main())
