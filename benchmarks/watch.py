"""How many changes of pods a second are taken, and whether each of them is.

    python -m benchmarks.watch [--pods 10000] [--rate 12000] [--seconds 10]

Client, reflector, feed and store as the console runs them, without a screen, against the stub API
server in a process of its own, which sends changes at a rate. Every change is counted, and what is
held at the end is compared with what was sent last of each pod.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.console import kubeconfig, stub
from benchmarks.stubapi import changes, everywhere, pod
from controller.api.meta import Key
from controller.api.names import PODS
from lwstui.kube.connect import Target
from lwstui.runtime.clock import SystemClock
from lwstui.runtime.feed import Feed, FeedSink
from lwstui.runtime.interpreter import tune
from lwstui.runtime.kubelink import KubeFactory
from lwstui.runtime.ports import WatchSpec
from lwstui.state.store import Store

WITHIN_S = 60.0


class Counting:
    """Hands everything on and counts the changes."""

    def __init__(self, sink: FeedSink) -> None:
        self._sink = sink
        self.page, self.synced = sink.page, sink.synced
        self.live, self._news = asyncio.Event(), asyncio.Event()
        self.taken = 0

    def replace(self, items: Sequence[Any]) -> None:
        """Take a complete list."""
        self._sink.replace(items)
        self.live.set()

    def apply(self, type_: str, item: Any) -> None:
        """Take one change."""
        self._sink.apply(type_, item)
        self.taken += 1
        self._news.set()

    async def all_of(self, sent: int) -> None:
        """Wait until so many changes have come."""
        async with asyncio.timeout(WITHIN_S):
            while self.taken < sent:
                self._news.clear()
                await self._news.wait()


def stale(store: Store, pods: int, sent: int) -> int:
    """Return how many pods are not held as they were sent last."""
    places = everywhere(pods)
    order = [*changes(places)]
    newest: dict[tuple[int, int, int], int] = {}
    for number in range(max(0, sent - len(order)), sent):
        place, _, version = order[number % len(order)]
        newest[place] = version
    held = store.snapshot.pods
    wrong = 0
    for place, version in newest.items():
        meta = pod(*place, 0, 0)["metadata"]
        one = held.get(Key(meta["namespace"], meta["name"]))
        wrong += one is None or one.resource_version != str(version)
    return wrong


async def measure(pods: int, rate: int, seconds: float) -> dict[str, float]:
    """Watch for some time and return the figures."""
    store, clock = Store(), SystemClock()
    published: list[int] = []
    feed = Feed(
        store, clock, lambda snapshot: published.append(snapshot.version), before=lambda _: None
    )
    sink = Counting(feed.sink(WatchSpec(PODS)))
    factory = KubeFactory("benchmark", history_limit=10, lease_namespace="default")
    async with stub(pods) as server, aiohttp.ClientSession() as http:
        with tempfile.TemporaryDirectory() as home:
            path = kubeconfig(Path(home), server)
            link = await factory.connect(Target(kubeconfig=str(path)), lambda _: None)

        async def send(per_second: int) -> int:
            async with http.post(f"{server}/rate?per_second={per_second}") as answer:
                return int((await answer.json())["sent"])

        tasks = [asyncio.create_task(work) for work in (feed.run(), _watch(link, sink))]
        try:
            await sink.live.wait()
            before, cpu = len(published), time.process_time()
            await send(rate)
            began = time.perf_counter()
            await asyncio.sleep(seconds)
            await send(0)
            took = time.perf_counter() - began
            sent = await send(0)
            await sink.all_of(sent)
            late = time.perf_counter() - began - took
            cpu = time.process_time() - cpu
            feed.flush()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await link.close()
    return {
        "sent_per_s": sent / took,
        "lost": sent - sink.taken,
        "stale": stale(store, pods, sent),
        "late_ms": late * 1000,
        "cpu_us_each": cpu / sent * 1e6,
        "per_s_on_a_core": sent / cpu,
        "snapshots": len(published) - before,
    }


async def _watch(link: Any, sink: Counting) -> None:
    with suppress(asyncio.CancelledError):
        await link.watch(WatchSpec(PODS), sink).run()


def main() -> None:
    """Print one line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--rate", type=int, default=12_000, help="changes a second")
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    tune()
    found = asyncio.run(measure(options.pods, options.rate, options.seconds))
    for name, value in found.items():
        print(f"{name:16} {value:10,.0f}")


if __name__ == "__main__":
    main()
