"""What the rules and the measuring of devices cost: 2,000 groups of 8 pods, 500 nodes of 8 GPUs.

    python -m benchmarks.insight [--groups 2000] [--nodes 500] [--runs 5]

Processor time of one round, the best of several. The rules run every two seconds on the thread
that talks to the cluster; devices are read, scanned and joined to pods every fifteen.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

from benchmarks.stubapi import GROUPS_A_SET, SIZE, lws, node, pod
from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS, NODES, PODS
from lwstui.insight.judging import judge
from lwstui.insight.rules import findings
from lwstui.insight.world import World
from lwstui.kube.decoders import decoder
from lwstui.state.insights import Finding, Judgment
from lwstui.state.model import Snapshot
from lwstui.state.seen import with_trends
from lwstui.state.store import Store
from lwstui.state.tails import NO_TAILS, Tail, Tails
from lwstui.state.telemetry import NO_TELEMETRY, Telemetry, grouped, next_devices
from lwstui.telemetry import quantities
from lwstui.telemetry.devices import Reading, readings
from lwstui.telemetry.join import owners
from lwstui.telemetry.scan import scan
from lwstui.telemetry.usage import read_usage

NOW = 1_800_000_000.0
GPUS = 8
METRICS = (
    "DCGM_FI_DEV_GPU_UTIL",
    "DCGM_FI_DEV_FB_USED",
    "DCGM_FI_DEV_FB_FREE",
    "DCGM_FI_DEV_POWER_USAGE",
    "DCGM_FI_DEV_GPU_TEMP",
    "DCGM_FI_DEV_SM_CLOCK",
    "DCGM_FI_DEV_XID_ERRORS",
    "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE",
    "DCGM_FI_DEV_MEM_COPY_UTIL",
    "DCGM_FI_DEV_ENC_UTIL",
    "DCGM_FI_DEV_DEC_UTIL",
    "DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL",
)
T = TypeVar("T")


def best_s(runs: int, work: Callable[[], T]) -> tuple[float, T]:
    """Return the least processor time of several runs, and what the last one returned."""
    least = float("inf")
    for _ in range(runs):
        start = time.process_time()
        found = work()
        least = min(least, time.process_time() - start)
    return least, found


def filled(groups: int, nodes: int) -> Store:
    """Return a store that holds ready sets on nodes."""
    store, sets = Store(), groups // GROUPS_A_SET
    places = [(s, g, w) for s in range(sets) for g in range(GROUPS_A_SET) for w in range(SIZE)]
    for resource, objects in (
        (LEADERWORKERSETS, [lws(number) for number in range(sets)]),
        (NODES, [node(number) for number in range(max(nodes, groups))]),
        (PODS, [pod(*place, 0, 1) for place in places]),
    ):
        decode = decoder(resource)
        store.replace(resource, [decode(json.dumps(one).encode()) for one in objects])
    return store


def exposition(number: int) -> str:
    """Return what the exporter of one node answers."""
    lines: list[str] = []
    for name in METRICS:
        lines += [f"# HELP {name} What it is.", f"# TYPE {name} gauge"]
        lines += [
            f'{name}{{gpu="{gpu}",UUID="GPU-{number}-{gpu}",pci_bus_id="00000000:0{gpu}:00.0",'
            f'device="nvidia{gpu}",modelName="NVIDIA H100 80GB HBM3",Hostname="gpu-{number:05}",'
            f'container="engine",namespace="team-{number // GROUPS_A_SET % 7}",'
            f'pod="model-{number // GROUPS_A_SET:04}-{number % GROUPS_A_SET}"}} {gpu * 10}'
            for gpu in range(GPUS)
        ]
    return "\n".join(lines) + "\n"


def measured(texts: list[str], store: Store) -> Telemetry:
    """Return what one round brings: scanned, read, joined to pods, kept."""
    found: list[Reading] = []
    for number, text in enumerate(texts):
        found += readings(scan(text, quantities.wanted).samples, NOW, f"gpu-{number:05}")
    holders = owners(found, store.snapshot.node_pods)
    devices = next_devices(store.telemetry.devices, found, holders, NOW - 60.0)
    by_node, by_pod = grouped(devices.values())
    told = Telemetry(at=NOW, devices=devices, by_node=by_node, by_pod=by_pod)
    return with_trends(told, store.telemetry, store.snapshot)


def pod_metrics(store: Store) -> bytes:
    """Return what a metrics server answers about all pods."""
    items = [
        {
            "metadata": {"name": key.name, "namespace": key.namespace, "labels": {"app": "model"}},
            "timestamp": "2027-01-15T08:00:00Z",
            "window": "15.012s",
            "containers": [
                {"name": "engine", "usage": {"cpu": "1482316543n", "memory": "63512344Ki"}}
            ],
        }
        for key in store.snapshot.pods
    ]
    return json.dumps({"kind": "PodMetricsList", "items": items}).encode()


def read(snapshot: Snapshot) -> Mapping[Key, Tail]:
    """Return the last lines of as many logs as are ever kept."""
    tails = Tails()
    for key, one in snapshot.pods.items():
        tails.note(key, one.uid, [(NOW, f"NCCL INFO Channel {n:02}/0 : 0 -> 1") for n in range(60)])
    return tails.now()


def asked(snapshot: Snapshot, tails: Mapping[Key, Tail]) -> list[Finding]:
    """Return what all rules find."""
    return list(findings(World(snapshot, NOW, tails)))


def main(groups: int, nodes: int, runs: int) -> None:
    """Measure and print."""
    store = filled(groups, nodes)
    store.publish(NOW)
    texts = [exposition(number) for number in range(nodes)]
    cycle_s, telemetry = best_s(runs, lambda: measured(texts, store))
    print(
        f"{nodes:,} nodes x {GPUS} devices: scan, read, join and trends {cycle_s:.2f} s CPU a cycle"
    )
    raw = pod_metrics(store)
    usage_s, used = best_s(runs, lambda: read_usage(raw, NOW))
    print(f"CPU and memory of {len(used):,} pods: read {usage_s:.2f} s CPU a cycle")
    tails = read(store.snapshot)
    for label, told, lines in (
        ("", NO_TELEMETRY, NO_TAILS),
        (f" with {len(tails)} logs read", NO_TELEMETRY, tails),
        (" with devices measured", telemetry, NO_TAILS),
    ):
        store.tell(telemetry=told)
        rules_s, found = best_s(runs, partial(asked, store.publish(NOW), lines))
        judge_s, _ = best_s(runs, partial(judge, Judgment(), found, NOW))
        print(
            f"{groups:,} groups x {SIZE} pods{label}: rules {rules_s * 1000:.0f} ms, "
            f"judging {len(found):,} findings {judge_s * 1000:.0f} ms"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", type=int, default=2000)
    parser.add_argument("--nodes", type=int, default=500)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    main(arguments.groups, arguments.nodes, arguments.runs)
