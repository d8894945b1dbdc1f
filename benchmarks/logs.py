"""How many log lines a second reach the pane, and what a frame costs meanwhile.

Headless by default: a thread plays the engine (bytes of 64 sources are cut into lines, cleaned,
stamped and handed on twenty times a second), the console shows them, and a heartbeat on its
loop measures how long the screen ever stood still. With ``--pty`` the same program runs in a
pseudo-terminal that is read as fast as it writes.

    python -m benchmarks.logs [--rate 50000] [--sources 64] [--seconds 60] [--pty] [--search TEXT]

Every line ends in its number among those of its source, so that the account can be checked:
``missing`` are lines that are neither kept nor counted as dropped, ``unordered`` those that stand
behind a later one of their source or, without being marked as late, of any. Both must be 0.
``p50_ms`` to ``max_ms`` are how long the console's loop was not at hand, which other programs of
the machine lengthen; ``max_work_ms`` is the processor time it used meanwhile, which they do not.
``cpu`` is the share of a core that the console's thread took; playing the engine is not in it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import pty
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from lwstui.kube.loglines import LineCutter
from lwstui.runtime.backend import LogEntry
from lwstui.runtime.interpreter import tune
from lwstui.tui.screens.logs import LogsScreen
from lwstui.tui.widgets.logpane import LogPane
from lwstui.view.loglines import LogLine
from tests.tui.support import FakeBackend, console
from tests.tui.worlds import rolling

BATCH_S = 0.05
BEAT_S = 0.005
KINDS = (
    "INFO 08-21 10:38:{n:02} engine.py:221 Avg prompt throughput: {n}.4 tokens/s, "
    "Running: {n} reqs, Waiting: 0 reqs, GPU KV cache usage: 43.{n}%, Prefix cache hit rate: 12.0%",
    "step {n} of rank {s} took {n} ms",
    "WARNING 08-21 10:38:{n:02} scheduler.py:88 preempted request {n} of sequence {s}",
    "gpu-{s}:22:41 [0] NCCL INFO Channel {n}/0 : {s}[0] -> {n}[0] via P2P/CUMEM",
    '\x1b[32mINFO\x1b[0m: 10.0.2.{n}:0 - "POST /v1/chat/completions HTTP/1.1" 200 OK',
    "loaded shard {n} of model into device memory of rank {s}, going on with the next one",
)


class Feeder(threading.Thread):
    """Plays the engine: bytes in, batches of entries out, at a steady rate."""

    def __init__(self, sink: Any, rate: int, sources: int, seconds: float) -> None:
        super().__init__(daemon=True)
        self.sink, self.rate, self.sources, self.seconds = sink, rate, sources, seconds
        self.sent = 0
        self.took = 0.0

    def run(self) -> None:
        per_batch = int(self.rate * BATCH_S)
        cutters = [LineCutter(8192) for _ in range(self.sources)]
        labels = [
            f"{n // 8}/{'leader' if n % 8 == 0 else f'w{n % 8}'}" for n in range(self.sources)
        ]
        texts, serials = self._texts(), [0] * self.sources
        began = time.monotonic()
        due = began
        while time.monotonic() - began < self.seconds:
            stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"
            chunks: list[list[str]] = [[] for _ in range(self.sources)]
            for at in range(per_batch):
                source = at % self.sources
                chunks[source].append(f"{stamp} {next(texts)} #{serials[source]}\n")
                serials[source] += 1
            batch: list[LogEntry] = []
            for label, cutter, chunk in zip(labels, cutters, chunks, strict=True):
                lines = cutter.take("".join(chunk).encode())
                batch += [LogEntry(label, at, text, "line", how) for at, text, how in lines]
            self.sink(batch)
            self.sent += len(batch)
            due += BATCH_S
            time.sleep(max(0.0, due - time.monotonic()))
        self.took = time.monotonic() - began

    def _texts(self) -> Iterator[str]:
        number = 0
        while True:
            kind = KINDS[number % len(KINDS)]
            yield kind.format(n=number % 60, s=number % self.sources)
            number += 1


async def until(holds: Callable[[], object]) -> None:
    """Wait for a condition."""
    while not holds():  # noqa: ASYNC110 - nothing tells when; a look costs nothing
        await asyncio.sleep(0.05)


async def heartbeat(gaps: list[float], work: list[float]) -> None:
    """Measure how much later than asked for the loop comes back, and what it did meanwhile."""
    while True:
        began, cpu = time.monotonic(), time.thread_time()
        await asyncio.sleep(BEAT_S)
        gaps.append(time.monotonic() - began - BEAT_S)
        work.append(time.thread_time() - cpu)


def unordered(lines: Sequence[LogLine]) -> int:
    """Count lines that stand behind a later one of their source, or unmarked of any."""
    found, newest, last = 0, 0.0, dict[str, int]()
    for line in lines:
        serial = int(line.text.rpartition("#")[2])
        found += serial <= last.get(line.source, -1) or (line.at < newest and not line.late)
        last[line.source] = max(serial, last.get(line.source, -1))
        newest = max(newest, line.at)
    return found


def different(lines: Sequence[LogLine]) -> int:
    """Count the lines that are kept, each once."""
    return len({(line.source, line.text.rpartition("#")[2]) for line in lines})


async def measure(options: argparse.Namespace, *, headless: bool) -> dict[str, Any]:
    tune()
    backend = FakeBackend(first=rolling()[0].snapshot())
    app = console(backend, clock=time.time, first_command="logs llama70b all")
    found: dict[str, Any] = {}

    async def drive(pilot: Any) -> None:
        await until(lambda: isinstance(app.screen, LogsScreen) and backend.logs_opened)
        screen = app.screen
        pane = screen.query_one(LogPane)
        if options.search:
            screen.find(options.search)
        if options.paused:
            pane.set_follow(False)
        feeder = Feeder(
            backend.logs_opened[-1].sink, options.rate, options.sources, options.seconds
        )
        gaps: list[float] = []
        work: list[float] = []
        beat = asyncio.create_task(heartbeat(gaps, work))
        cpu = time.thread_time()
        feeder.start()
        await until(lambda: not feeder.is_alive())
        cpu = time.thread_time() - cpu
        await until(lambda: not screen.behind)
        beat.cancel()
        buffer = screen.buffer
        gaps.sort()
        found.update(
            sent=feeder.sent,
            per_s=round(feeder.sent / feeder.took),
            kept=len(buffer.lines),
            dropped=buffer.dropped,
            missing=feeder.sent - different(buffer.lines) - buffer.dropped,
            unordered=unordered(buffer.lines),
            rows=pane.shown,
            rendered=pane.lines_rendered,
            p50_ms=round(gaps[len(gaps) // 2] * 1000, 1),
            p99_ms=round(gaps[int(len(gaps) * 0.99)] * 1000, 1),
            max_ms=round(gaps[-1] * 1000, 1),
            cpu=round(cpu / feeder.took, 2),
            gaps_over_100_ms=sum(gap > 0.1 for gap in gaps),
            max_work_ms=round(max(work) * 1000, 1),
            rss_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        )
        app.exit(0)

    await app.run_async(headless=headless, size=(160, 50) if headless else None, auto_pilot=drive)
    return found


def in_pty(arguments: list[str]) -> dict[str, Any]:
    """Run this program in a pseudo-terminal and read what it writes."""
    main, side = pty.openpty()
    read, write = os.pipe()
    command = [sys.executable, "-m", "benchmarks.logs", *arguments, "--report", str(write)]
    environ = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "160", "LINES": "50"}
    child = subprocess.Popen(
        command, stdin=side, stdout=side, stderr=side, pass_fds=(write,), env=environ
    )
    os.close(side)
    os.close(write)
    written = [0]

    def drain() -> None:
        try:
            while data := os.read(main, 65536):
                written[0] += len(data)
        except OSError:
            pass

    reader = threading.Thread(target=drain, daemon=True)
    reader.start()
    with os.fdopen(read) as report:
        found: dict[str, Any] = json.loads(report.read() or "{}")
    child.wait()
    found["written_kib"] = written[0] // 1024
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=50_000)
    parser.add_argument("--sources", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--search", default="")
    parser.add_argument("--paused", action="store_true", help="with the view standing still")
    parser.add_argument("--pty", action="store_true", help="through a pseudo-terminal")
    parser.add_argument("--report", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.pty:
        arguments = [word for word in sys.argv[1:] if word != "--pty"]
        found = in_pty(arguments)
    else:
        found = asyncio.run(measure(options, headless=options.report is None))
    if options.report is not None:
        with os.fdopen(options.report, "w") as report:
            report.write(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:12} {value:>12,}")


if __name__ == "__main__":
    main()
