"""What the controller costs: requests, passes, queue latency, time to converge.

    python -m benchmarks.controller [--groups 50] [--size 8] [--sets 100] [--where both]

In memory the cluster answers at once, so the time is the controller's own. On the sandbox the
whole path is measured: TLS, watches, a simulated scheduler and kubelets at 1,000 times life.

Two ratios put the figures in proportion. *Requests per pod* compares with what the change needs
at least: one write for each pod made and each leader deleted. *Times bare* compares the time to
converge with the time the same pods take when a loop creates them, 16 at a time, and nothing
thinks about it.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.managed import (
    NAME,
    NAMESPACE,
    Bench,
    Object,
    image_patch,
    in_memory,
    manifest,
    on_sandbox,
)
from controller.api import names
from controller.api.meta import Key
from controller.ports import Cluster, Propagation

IN_FLIGHT = 16


@dataclass(frozen=True)
class Figures:
    """What one change cost."""

    what: str
    pods: int
    writes: int
    requests: Counter[str]
    passes: int
    wall_s: float
    cpu_s: float
    latencies: list[float]


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def measure(
    bench: Bench,
    what: str,
    change: Awaitable[Any],
    done: Callable[[], bool],
    *,
    pods: int,
    least: int,
) -> Figures:
    """Make a change and wait until it is done.

    Args:
        bench: Where.
        what: Its name.
        change: The change.
        done: Whether the cache shows it done.
        pods: Pods it makes.
        least: Writes it needs at least.
    """
    before, passes = Counter(bench.sent()), bench.manager.state().reconciles
    bench.latencies.clear()
    wall, cpu = time.perf_counter(), _cpu_s()
    await change
    await bench.until(done)
    wall, cpu = time.perf_counter() - wall, _cpu_s() - cpu
    sent = Counter(bench.sent())
    sent.subtract(before)
    return Figures(
        what,
        pods,
        least,
        +sent,
        bench.manager.state().reconciles - passes,
        wall,
        cpu,
        sorted(bench.latencies),
    )


async def create_bare(cluster: Cluster, bodies: list[Object], namespace: str) -> float:
    """Return the seconds a loop takes that creates the same pods, 16 at a time."""
    slots = asyncio.Semaphore(IN_FLIGHT)

    async def create(body: Object) -> None:
        async with slots:
            await cluster.create(names.PODS, namespace, body)

    started = time.perf_counter()
    await asyncio.gather(*(create(body) for body in bodies))
    return time.perf_counter() - started


def _bodies(bench: Bench) -> list[Object]:
    """Return one pod body as often as the set has pods."""
    pods = bench.manager.cache.observe(Key(NAMESPACE, NAME))
    assert pods is not None
    template = manifest(1, 1)["spec"]["leaderWorkerTemplate"]["workerTemplate"]["spec"]
    labels = {names.GROUP_KEY: "0" * 40, names.REVISION: "bare"}
    return [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"bare-{i}", "labels": labels},
            "spec": template,
        }
        for i in range(len(pods.pods))
    ]


async def run(bench: Bench, groups: int, size: int) -> list[Figures]:
    """Measure the life of a set, step by step."""
    whole = groups * size
    figures: list[Figures] = []

    async def step(
        what: str, change: Awaitable[Any], wanted: int, pods: int, least: int
    ) -> Figures:
        taken = await measure(bench, what, change, bench.available(wanted), pods=pods, least=least)
        figures.append(taken)
        return taken

    await step("create", bench.create(manifest(groups, size)), groups, whole, whole)
    grow = bench.patch({"spec": {"replicas": groups + groups // 5}})
    more = groups // 5
    await step("scale up by a fifth", grow, groups + more, more * size, more * size)
    shrink = bench.patch({"spec": {"replicas": groups}})
    await step("scale back down", shrink, groups, 0, more)
    roll = bench.patch(image_patch(groups, size, "engine:v2"))
    await step("roll, maxUnavailable 20%", roll, groups, whole, whole + groups)
    back = bench.patch(image_patch(groups, size, "engine:v1"))
    await step("roll back", back, groups, whole, whole + groups)
    await _recreate(bench, figures, groups, size)
    return figures


async def crowd(bench: Bench, sets: int) -> Figures:
    """Measure many small sets that arrive at once: their passes compete for the workers."""
    bodies = [manifest(2, 2) for _ in range(sets)]
    keys = [Key(NAMESPACE, f"crowd-{number}") for number in range(sets)]
    for key, body in zip(keys, bodies, strict=True):
        body["metadata"] = {"name": key.name}
        del body["spec"]["rolloutStrategy"]  # a fifth of two groups is none

    async def arrive() -> None:
        create = bench.cluster.create
        await asyncio.gather(*(create(names.LEADERWORKERSETS, NAMESPACE, b) for b in bodies))

    def ready() -> bool:
        found = [bench.manager.cache.get(key) for key in keys]
        return all(lws is not None and lws.status.ready_replicas == 2 for lws in found)

    # For each set: four pods, and the set itself, which is the bench's own write.
    return await measure(
        bench, f"{sets} sets of 2 x 2 at once", arrive(), ready, pods=4 * sets, least=5 * sets
    )


async def _recreate(bench: Bench, figures: list[Figures], groups: int, size: int) -> None:
    """Measure what the loss of one worker costs a set that recreates groups."""
    observed = bench.manager.cache.observe(Key(NAMESPACE, NAME))
    assert observed is not None
    worker = next(pod for pod in observed.pods if pod.worker == size - 1)
    old = {pod.uid for pod in observed.pods if pod.group == worker.group}

    def renewed() -> bool:
        now = bench.manager.cache.observe(Key(NAMESPACE, NAME))
        alive = {pod.uid for pod in now.pods} if now is not None else old
        return not alive & old and bench.available(groups)()

    delete = bench.cluster.delete(
        names.PODS,
        NAMESPACE,
        worker.name,
        uid=worker.uid,
        propagation=Propagation.BACKGROUND,
    )
    taken = await measure(
        bench, "recreate a group after a lost worker", delete, renewed, pods=size, least=size + 1
    )
    figures.append(taken)


def _milli(seconds: float) -> str:
    return f"{seconds * 1000:8.1f} ms"


def _at(values: list[float], share: float) -> float:
    return values[min(int(len(values) * share), len(values) - 1)] if values else 0.0


def report(where: str, figures: list[Figures], bare_s: float, bare_pods: int) -> None:
    """Print a run."""
    print(f"\n{where}: {bare_pods} pods created by a bare loop in {bare_s * 1000:.0f} ms")
    head = ("change", "writes", "per least", "passes", "to converge", "times bare", "cpu")
    print(
        f"{head[0]:38}{head[1]:>8}{head[2]:>11}{head[3]:>8}{head[4]:>13}{head[5]:>12}"
        f"{head[6]:>12}{'queue p50':>12}{'p99':>12}"
    )
    for f in figures:
        writes = sum(n for what, n in f.requests.items() if _is_write(what))
        ideal_s = bare_s * f.pods / bare_pods if f.pods else 0.0
        times = f"{f.wall_s / ideal_s:.1f}" if ideal_s else "-"
        print(
            f"{f.what:38}{writes:8}{writes / max(f.writes, 1):11.2f}{f.passes:8}"
            f"{_milli(f.wall_s):>13}{times:>12}{_milli(f.cpu_s):>12}"
            f"{_milli(_at(f.latencies, 0.5)):>12}{_milli(_at(f.latencies, 0.99)):>12}"
        )
        told = ", ".join(f"{n} {what}" for what, n in sorted(f.requests.items()))
        print(f"{'':4}{told}")


def _is_write(what: str) -> bool:
    verb, _, kind = what.partition(" ")
    reads = verb.lower() in ("get", "list", "watch")
    return not reads and "leases" not in kind and "events" not in kind


async def main(options: argparse.Namespace) -> None:
    """Measure where asked to."""
    places = ("memory", "sandbox") if options.where == "both" else (options.where,)
    for where in places:
        async with in_memory() if where == "memory" else on_sandbox() as bench:
            figures = await run(bench, options.groups, options.size)
            figures.append(await crowd(bench, options.sets))
            bodies = _bodies(bench)
            bare_s = await create_bare(bench.cluster, bodies, "bare")
            report(where, figures, bare_s, len(bodies))


def parse(argv: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--groups", type=int, default=50)
    parser.add_argument("--size", type=int, default=8)
    parser.add_argument("--sets", type=int, default=100, help="small sets that arrive at once")
    parser.add_argument("--where", choices=("memory", "sandbox", "both"), default="both")
    return parser.parse_args(argv)


if __name__ == "__main__":
    asyncio.run(main(parse(sys.argv[1:])))
