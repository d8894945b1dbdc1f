"""How the console feels on a large and busy cluster: the real program, a stub API server.

    python -m benchmarks.console [--pods 10000,50000] [--rate 5000] [--keys 200] [--on pty,pipe]

`lwstui` runs in a process of its own, on a pseudo-terminal and again on a pipe (the driver that
`lwstui serve` uses, so no terminal is in the way). The list of all pods is open. Times are from
outside: from the bytes of a key going in to the bytes of the repainted title line coming out.
Busy is the same under a stream of changes, each of another pod. Figures are of the console's
process alone; ratios set busy against idle, and memory against the bytes that were listed.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import json
import os
import pty
import re
import struct
import sys
import tempfile
import termios
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Protocol

import aiohttp

COLUMNS, ROWS = 200, 50
WITHIN_S = 120.0
WATCHED_S = 8.0
_TAIL = 1 << 18
_ACTING = re.compile(rb"acting on: (?:\x1b\[[0-9;]*m)*([a-z0-9-]+)")


class Transport(Protocol):
    """How keys go in and what is drawn comes out."""

    process: asyncio.subprocess.Process

    def send(self, keys: bytes) -> None:
        """Type."""
        ...

    async def read(self) -> bytes:
        """Return what was drawn next."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class Pty:
    """A pseudo-terminal."""

    def __init__(self, ours: int, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self._ours = ours
        self._chunks: asyncio.Queue[bytes] = asyncio.Queue()
        asyncio.get_running_loop().add_reader(ours, self._readable)

    @classmethod
    async def start(cls, command: list[str], environ: dict[str, str]) -> Pty:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        environ = {**environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environ,
            start_new_session=True,
        )
        os.close(theirs)
        return cls(ours, process)

    def send(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    async def read(self) -> bytes:
        return await self._chunks.get()

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._ours)
        os.close(self._ours)

    def _readable(self) -> None:
        with suppress(OSError):
            self._chunks.put_nowait(os.read(self._ours, 1 << 20))


class Pipe:
    """Textual's web driver: packets of a letter, four bytes of length, and what they carry."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    @classmethod
    async def start(cls, command: list[str], environ: dict[str, str]) -> Pipe:
        driver = {"TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver"}
        size = {"COLUMNS": str(COLUMNS), "ROWS": str(ROWS), "TEXTUAL_COLOR_SYSTEM": "truecolor"}
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, env={**environ, **driver, **size}
        )
        assert process.stdout is not None
        await process.stdout.readuntil(b"__GANGLION__\n")
        return cls(process)

    def send(self, keys: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"D" + len(keys).to_bytes(4, "big") + keys)

    async def read(self) -> bytes:
        out = self.process.stdout
        assert out is not None
        head = await out.readexactly(5)
        return await out.readexactly(int.from_bytes(head[1:], "big"))

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()


@dataclass
class Console:
    """The program under test, seen from outside.

    Attributes:
        drawn: Bytes it has written.
        acting: What its title line says keys act on.
    """

    transport: Transport
    started: float
    drawn: int = 0
    acting: bytes = b""
    _tail: bytes = b""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        """Take in what is drawn, for ever."""
        while chunk := await self.transport.read():
            self.drawn += len(chunk)
            found = _ACTING.findall(self._tail[-256:] + chunk)
            if found:
                self.acting = found[-1]
            self._tail = (self._tail + chunk)[-_TAIL:]
            self._news.set()

    async def until(self, text: bytes) -> float:
        """Wait until a text is drawn; return seconds since the start."""
        async with asyncio.timeout(WITHIN_S):
            while text not in self._tail:
                self._news.clear()
                await self._news.wait()
        return time.perf_counter() - self.started

    async def press(self, key: bytes) -> float:
        """Press a key that moves the cursor; return seconds until the title line follows."""
        before = self.acting
        start = time.perf_counter()
        self.transport.send(key)
        async with asyncio.timeout(WITHIN_S):
            while self.acting == before:
                self._news.clear()
                await self._news.wait()
        return time.perf_counter() - start

    def cpu_s(self) -> float:
        """Return the processor time used so far."""
        told = Path(f"/proc/{self.transport.process.pid}/stat").read_text(encoding="ascii")
        fields = told.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mib(self) -> float:
        """Return the resident memory."""
        told = Path(f"/proc/{self.transport.process.pid}/status").read_text(encoding="ascii")
        return int(next(x.split()[1] for x in told.splitlines() if x.startswith("VmRSS"))) / 1024


@asynccontextmanager
async def stub(pods: int) -> AsyncIterator[str]:
    """Run the stub API server in a process of its own and yield its address."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.stubapi", "--pods", str(pods)),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}"
    finally:
        process.terminate()
        await process.wait()


def kubeconfig(folder: Path, server: str) -> Path:
    """Write a kubeconfig for a server and return its path."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "stub",
        "clusters": [{"name": "stub", "cluster": {"server": server}}],
        "users": [{"name": "stub", "user": {"token": "none"}}],
        "contexts": [{"name": "stub", "context": {"cluster": "stub", "user": "stub"}}],
    }
    path = folder / "kubeconfig"
    path.write_text(json.dumps(config))
    path.chmod(0o600)
    return path


@asynccontextmanager
async def console(kind: str, server: str) -> AsyncIterator[Console]:
    """Run the console on a server, in an empty home."""
    with tempfile.TemporaryDirectory() as home:
        path = kubeconfig(Path(home), server)
        environ = {"PATH": os.environ["PATH"], "HOME": home, "LANG": "C.UTF-8"}
        environ |= {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
        command = [sys.executable, "-m", "lwstui", "--kubeconfig", str(path), "-A"]
        started = time.perf_counter()
        transport = await (Pty if kind == "pty" else Pipe).start(command, environ)
        one = Console(transport, started)
        listener = asyncio.create_task(one.listen())
        try:
            yield one
        finally:
            listener.cancel()
            with suppress(ProcessLookupError):
                transport.process.kill()
            transport.close()
            await transport.process.wait()


def percentiles(seconds: list[float]) -> tuple[float, float, float]:
    """Return p50, p99 and the longest, in milliseconds."""
    cuts = quantiles(seconds, n=100, method="inclusive")
    return cuts[49] * 1000, cuts[98] * 1000, max(seconds) * 1000


def steps(keys: int) -> Iterator[bytes]:
    """Yield keys that move the cursor down and up again, so that it never comes to an end."""
    for number in range(keys):
        yield b"j" if number % 40 < 20 else b"k"


async def measure(kind: str, pods: int, rate: int, keys: int) -> None:
    """Measure one console and print a line for each figure."""
    label = f"{pods:,} pods, {kind}"
    async with stub(pods) as server, console(kind, server) as one, aiohttp.ClientSession() as http:

        async def stream(per_second: int) -> dict[str, int]:
            url = f"{server}/rate?per_second={per_second}"
            async with http.post(url) as answer:
                told: dict[str, int] = await answer.json()
                return told

        frame_s = await one.until(b"CONNECTING")
        row_s = await one.until(b"model-0000")
        groups = pods // 80 * 10
        listed_s = await one.until(f"{groups}/{groups}".encode())
        listed_cpu_s, listed_mib = one.cpu_s(), one.rss_mib()
        one.transport.send(b":pods\r")
        await one.until(b"model-0000-0-7")
        pods_cpu_s, pods_mib = one.cpu_s() - listed_cpu_s, one.rss_mib()
        print(f"{label}: first frame {frame_s:.2f} s, first row {row_s:.2f} s, ", end="")
        print(f"all ready {listed_s:.2f} s; {listed_cpu_s:.2f} s CPU until then")
        print(f"{label}: {listed_mib:.0f} MiB once listed, ", end="")
        print(f"{pods_mib:.0f} MiB with all pods in one table, opened in {pods_cpu_s:.2f} s CPU")

        idle = [await one.press(key) for key in steps(keys)]
        before, drawn, sent = one.cpu_s(), one.drawn, await stream(0)
        await asyncio.sleep(WATCHED_S)
        idle_cpu = (one.cpu_s() - before) / WATCHED_S
        asked = (await stream(rate))["requests"] - sent["requests"]
        print(f"{label}: idle {idle_cpu:.1%} CPU, ", end="")
        print(f"{(one.drawn - drawn) / WATCHED_S / 1024:.1f} KiB/s drawn, {asked} requests")

        before, drawn, start = one.cpu_s(), one.drawn, time.perf_counter()
        busy = [await one.press(key) for key in steps(keys)]
        await asyncio.sleep(max(0.0, WATCHED_S - (time.perf_counter() - start)))
        elapsed = time.perf_counter() - start
        busy_cpu = (one.cpu_s() - before) / elapsed
        changes = ((await stream(0))["sent"] - sent["sent"]) / elapsed
        print(f"{label}: busy {busy_cpu:.0%} CPU at {changes:,.0f} changes/s, ", end="")
        print(f"{(one.drawn - drawn) / elapsed / 1024:.0f} KiB/s drawn")

        for name, times in (("idle", idle), ("busy", busy)):
            p50, p99, longest = percentiles(times)
            print(
                f"{label}: key to repaint, {name}: p50 {p50:.1f} p99 {p99:.1f} max {longest:.1f} ms"
            )
        ratio = percentiles(busy)[1] / percentiles(idle)[1]
        print(
            f"{label}: busy p99 is {ratio:.1f} times that of idle; {one.rss_mib():.0f} MiB resident"
        )


async def _main(arguments: argparse.Namespace) -> None:
    for pods in arguments.pods.split(","):
        for kind in arguments.on.split(","):
            await measure(kind, int(pods), arguments.rate, arguments.keys)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", default="10000,50000")
    parser.add_argument("--rate", type=int, default=5000, help="changes of pods a second")
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--on", default="pty,pipe", help="pty, pipe or both")
    asyncio.run(_main(parser.parse_args()))
