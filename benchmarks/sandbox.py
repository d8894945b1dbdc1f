"""What the sandbox costs when it is full: start, memory, lists, and writes under watch.

    python -m benchmarks.sandbox [--fill 2000x8] [--nodes 500] [--watchers 10] [--seconds 10]

The sandbox runs in a process of its own, as `lwstui sandbox --fill` does; this process is its
clients. Writes are status patches of pods, each acknowledged by the server and seen by every
watcher before the run ends.

Ratios put the figures in proportion: bytes of memory per pod to the bytes of its JSON, the time
of a list to that of sending the same bytes, writes per second with watchers to writes without.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import ssl
import sys
import time
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import msgspec
import yaml
from aiohttp import TCPConnector
from yarl import URL

PODS = "/api/v1/namespaces/default/pods"
MERGE = "application/merge-patch+json"
IN_FLIGHT = 16
PAGE = 500
SETTLE_S = 60.0


@dataclass
class Client:
    """Requests to a sandbox, and the process it runs in."""

    session: aiohttp.ClientSession
    pid: int
    ready_s: float

    async def get(self, path: str) -> bytes:
        async with self.session.get(URL(path, encoded=True)) as answer:
            answer.raise_for_status()
            return await answer.read()

    async def patch_status(self, name: str, message: str) -> int:
        """Change a pod's status and return the version of the change."""
        body = json.dumps({"status": {"message": message}})
        headers = {"Content-Type": MERGE}
        async with self.session.patch(f"{PODS}/{name}/status", data=body, headers=headers) as told:
            told.raise_for_status()
            stored = msgspec.json.decode(await told.read(), type=_Pod)
            return int(stored.metadata.resource_version)

    def memory_mib(self) -> tuple[float, float]:
        """Return the resident memory of the sandbox, now and at its peak."""
        lines = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines()
        sizes = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Vm")}
        return int(sizes["VmRSS"]) / 1024, int(sizes["VmHWM"]) / 1024

    def cpu_s(self) -> float:
        """Return the processor time the sandbox has used."""
        told = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii")
        fields = told.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class _Meta(msgspec.Struct, rename={"resource_version": "resourceVersion", "token": "continue"}):
    name: str = ""
    resource_version: str = ""
    token: str = ""


class _Pod(msgspec.Struct):
    metadata: _Meta


class _Page(msgspec.Struct):
    metadata: _Meta
    items: list[_Pod]


def read_kubeconfig(path: str) -> tuple[str, str, str]:
    """Return the address of a cluster, the certificate to trust and the token."""
    config = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    authority = b64decode(cluster["certificate-authority-data"]).decode()
    return cluster["server"], authority, user["token"]


@asynccontextmanager
async def sandbox(fill: str, nodes: int) -> AsyncIterator[Client]:
    """Run a filled sandbox until the block ends; clients verify its certificate."""
    flags = ("--fill", fill, "--nodes", str(nodes), "--until-eof")
    command = (sys.executable, "-m", "lwstui", "sandbox", *flags)
    pipe = asyncio.subprocess.PIPE
    began = time.perf_counter()
    child = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    try:
        assert child.stdout is not None
        line = (await child.stdout.readline()).decode().strip()
        if not line:
            raise SystemExit(await child.wait())
        server, authority, token = read_kubeconfig(line.partition("=")[2])
        trust = ssl.create_default_context(cadata=authority)
        async with aiohttp.ClientSession(
            server,
            connector=TCPConnector(ssl=trust, limit=0),
            headers={"Authorization": f"Bearer {token}"},
            timeout=aiohttp.ClientTimeout(total=None),
            read_bufsize=1 << 20,
        ) as session:
            client = Client(session, child.pid, 0.0)
            await client.get(f"{PODS}?limit=1")
            client.ready_s = time.perf_counter() - began
            yield client
    finally:
        if child.returncode is None:
            child.terminate()
        await child.wait()


@dataclass
class Listing:
    """A list read in pages."""

    names: list[str]
    version: str
    pages: int
    size_bytes: int
    wall_s: float
    longest_page_s: float


async def listed(client: Client) -> Listing:
    """Read all pods in pages."""
    names: list[str] = []
    token, version, pages, size, longest = "", "", 0, 0, 0.0
    began = time.perf_counter()
    while not pages or token:
        asked = time.perf_counter()
        body = await client.get(f"{PODS}?limit={PAGE}" + (f"&continue={token}" if token else ""))
        longest = max(longest, time.perf_counter() - asked)
        page = msgspec.json.decode(body, type=_Page)
        names += [each.metadata.name for each in page.items]
        token, version = page.metadata.token, page.metadata.resource_version
        pages, size = pages + 1, size + len(body)
    return Listing(names, version, pages, size, time.perf_counter() - began, longest)


@dataclass
class Watch:
    """One watcher: what it saw, in order."""

    seen: int = 0
    version: int = 0
    in_order: bool = True
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, client: Client, version: str) -> None:
        path = f"{PODS}?watch=true&resourceVersion={version}"
        async with client.session.get(path) as answer:
            rest = b""
            async for chunk in answer.content.iter_any():
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self._take(msgspec.json.decode(line, type=_Event).object.metadata)
                self.moved.set()

    def _take(self, metadata: _Meta) -> None:
        version = int(metadata.resource_version)
        self.in_order = self.in_order and version > self.version
        self.version = version
        self.seen += 1

    async def until(self, version: int) -> None:
        while self.version < version:
            self.moved.clear()
            await self.moved.wait()


class _Event(msgspec.Struct):
    object: _Pod


@dataclass
class Writing:
    """How fast pods' status was written."""

    writes: int
    wall_s: float
    server_cpu_s: float
    events: int
    in_order: bool

    @property
    def per_s(self) -> float:
        return self.writes / self.wall_s


async def written(client: Client, pods: Listing, watchers: int, seconds: float) -> Writing:
    """Write pods' status as fast as the server answers while others watch."""
    watches = [Watch() for _ in range(watchers)]
    version = (await listed(client)).version
    tasks = [asyncio.create_task(each.run(client, version)) for each in watches]
    cpu, began = client.cpu_s(), time.perf_counter()
    done, last = 0, 0

    async def write(lane: int) -> None:
        nonlocal done, last
        while time.perf_counter() - began < seconds:
            name = pods.names[(done * 31 + lane) % len(pods.names)]
            last = max(last, await client.patch_status(name, f"{seconds} {lane} {done}"))
            done += 1

    await asyncio.gather(*(write(lane) for lane in range(IN_FLIGHT)))
    async with asyncio.timeout(SETTLE_S):
        await asyncio.gather(*(each.until(last) for each in watches))
    wall = time.perf_counter() - began
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    seen, ordered = sum(each.seen for each in watches), all(each.in_order for each in watches)
    return Writing(done, wall, client.cpu_s() - cpu, seen, ordered)


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Return the seconds something takes."""
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


def report_writing(what: str, figures: Writing) -> None:
    """Print how fast the status of pods was written."""
    share = figures.server_cpu_s / figures.wall_s
    each_ms = figures.server_cpu_s / figures.writes * 1000
    order = "in order" if figures.in_order else "OUT OF ORDER"
    print(
        f"{what:38}{figures.per_s:8.0f} /s, server at {share:.0%} of a core,"
        f" {each_ms:.2f} ms each, {1000 / each_ms:.0f} /s of a whole core,"
        f" {figures.events} events {order}"
    )


async def main(options: argparse.Namespace) -> None:
    """Measure a full sandbox."""
    async with sandbox(options.fill, options.nodes) as client:
        started = client.memory_mib()[0]
        print(f"{'start until it answers':38}{client.ready_s:8.1f} s, {started:.0f} MiB resident")
        first = await listed(client)
        again = await listed(client)
        whole_s = await timed(lambda: client.get(PODS))
        mib = again.size_bytes / (1 << 20)
        for what, pods in (("first list", first), ("list again", again)):
            print(
                f"{f'{what}, {len(pods.names)} pods':38}{pods.wall_s:8.2f} s in {pods.pages} pages"
                f" of {PAGE}, longest {pods.longest_page_s * 1000:.0f} ms"
            )
        print(f"{'the same in one answer':38}{whole_s:8.2f} s, {mib:.0f} MiB")
        alone = await written(client, first, 0, options.seconds / 2)
        report_writing("status writes, nobody watches", alone)
        watched = await written(client, first, options.watchers, options.seconds)
        report_writing(f"status writes, {options.watchers} watchers", watched)
        print(f"{'writes watched per writes alone':38}{watched.per_s / alone.per_s:8.2f}")
        now, peak = client.memory_mib()
        ratio = now / mib
        print(f"{'resident at the end':38}{now:8.0f} MiB, peak {peak:.0f} MiB")
        print(f"{'resident per byte of the list':38}{ratio:8.1f}")


def parse(argv: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--fill", default="2000x8", help="GROUPSxSIZE")
    parser.add_argument("--nodes", type=int, default=500)
    parser.add_argument("--watchers", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=10.0, help="of writing")
    return parser.parse_args(argv)


if __name__ == "__main__":
    asyncio.run(main(parse(sys.argv[1:])))
