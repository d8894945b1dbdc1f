"""What a snapshot costs, piece by piece: publishing it, judging it, and showing it.

    python -m benchmarks.views [--pods 10000] [--changes 500]

Everything runs in one process on the records of ``benchmarks.stubapi``; figures are processor
time of this thread, the least of several rounds, so that other programs disturb them little.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.stubapi import GROUPS_A_SET, SIZE, lws, node, pod
from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS, NODES, PODS
from lwstui.kube.decoders import decoder
from lwstui.runtime.interpreter import tune
from lwstui.state.model import Snapshot
from lwstui.state.store import Store
from lwstui.view.fleet import fleet as fleet_view
from lwstui.view.lws import set_view
from lwstui.view.memo import Memo
from lwstui.view.pods import pods
from lwstui.view.types import Query
from lwstui.view.warming import warm
from tests.tui.worlds import NOW, large

ROUNDS = 5
SEARCH = Query(filter="model-0001")
LATER = 1_800_000_000.0
"""Epoch seconds at which the pods of the stub are looked at."""


def cpu_ms(work: Callable[[], object]) -> float:
    """Return the processor time that something takes."""
    began = time.thread_time()
    work()
    return (time.thread_time() - began) * 1000


def raw(document: dict[str, Any]) -> bytes:
    """Return a document as a server sends it."""
    return json.dumps(document).encode()


def batches(places: list[tuple[int, int, int]], changes: int) -> Iterator[list[Any]]:
    """Yield changed pods, so many at a time, each time others."""
    decode, chance = decoder(PODS), random.Random(1)
    for version in range(2, 2 + 2 * ROUNDS):
        chosen = chance.sample(places, changes)
        yield [decode(raw(pod(*place, version, version))) for place in chosen]


def ready(snapshot: Snapshot, memo: Memo, now: float) -> None:
    """Work out what every screen shows."""
    for _ in warm(snapshot, memo, now):
        pass


def fleet(count: int, changes: int) -> Iterator[tuple[str, list[float]]]:
    """Yield what many pods of many sets cost, and changes of some of them."""
    sets = count // (GROUPS_A_SET * SIZE)
    places = [(s, g, w) for s in range(sets) for g in range(GROUPS_A_SET) for w in range(SIZE)]
    store, took = Store(), dict[str, list[float]]()

    def note(name: str, work: Callable[[], object]) -> None:
        took.setdefault(name, []).append(cpu_ms(work))

    store.replace(LEADERWORKERSETS, [decoder(LEADERWORKERSETS)(raw(lws(n))) for n in range(sets)])
    nodes = [decoder(NODES)(raw(node(n))) for n in range(sets * GROUPS_A_SET)]
    store.replace(NODES, nodes)
    documents = [raw(pod(*place, 0, 1)) for place in places]
    records: list[Any] = []
    note("decode all", lambda: records.extend(map(decoder(PODS), documents)))
    note("take all into the store", lambda: store.replace(PODS, records))
    snapshot = store.publish(1.0)
    for _ in range(ROUNDS):
        memo = Memo()
        note("judge all", lambda memo=memo: ready(snapshot, memo, LATER))
        note("first table of all", lambda memo=memo: pods(snapshot, Query(), LATER, memo))
        note("first search in all", lambda memo=memo: pods(snapshot, SEARCH, LATER, memo))
    for at, batch in enumerate(batches(places, changes)):
        note(f"take {changes}", lambda some=batch: store.page(PODS, some))
        note(f"publish {changes}", lambda at=at: store.publish(at + 2.0))
        note(f"judge {changes}", lambda: ready(store.snapshot, memo, LATER))
        note(f"table with {changes}", lambda: pods(store.snapshot, Query(), LATER, memo))
    yield from took.items()


def many_sets(count: int) -> Iterator[tuple[str, list[float]]]:
    """Yield what the fleet of many small sets costs: at first, at rest, and when some change."""
    store, took = Store(), dict[str, list[float]]()
    store.replace(LEADERWORKERSETS, [decoder(LEADERWORKERSETS)(raw(lws(n))) for n in range(count)])
    places = [(number, 0, worker) for number in range(count) for worker in range(SIZE)]
    store.replace(PODS, [decoder(PODS)(raw(pod(*place, 0, 1))) for place in places])
    memo, at = Memo(), 1.0

    def note(name: str) -> None:
        snapshot = store.publish(at)
        spent = cpu_ms(lambda: ready(snapshot, memo, LATER))
        took.setdefault(f"{count:,} sets {name}: judged", []).append(spent)
        spent = cpu_ms(lambda: fleet_view(snapshot, Query(), LATER, memo))
        took.setdefault(f"{count:,} sets {name}: fleet", []).append(spent)

    note("first")
    for batch in batches(places, 50):
        note("at rest")
        store.page(PODS, batch)
        at += 1.0
        note("with 50 changes")
    yield from took.items()


def one_set() -> Iterator[tuple[str, list[float]]]:
    """Yield what the screen of one very large set costs."""
    world, key = large()
    snapshot, took = world.snapshot(), dict[str, list[float]]()
    target = Key(key.namespace, key.name)
    for _ in range(ROUNDS):
        memo = Memo()
        ready(snapshot, memo, NOW)
        for name in ("first", "again"):
            spent = cpu_ms(lambda memo=memo: set_view(snapshot, target, Query(), NOW, memo))
            took.setdefault(f"set of 2,000 groups, {name}", []).append(spent)
    yield from took.items()


def main() -> None:
    """Print one line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--changes", type=int, default=500, help="pods that change at a time")
    options = parser.parse_args()
    tune()
    figures = (*fleet(options.pods, options.changes), *many_sets(2_000), *one_set())
    for name, spent in figures:
        print(f"{name:36} {min(spent):8.1f} ms")


if __name__ == "__main__":
    main()
