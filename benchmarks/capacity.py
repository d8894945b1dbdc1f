"""How long it takes to say whether groups fit.

    python -m benchmarks.capacity [--nodes 1000] [--rounds 5] [--waiting 0]

Nodes have 8 devices, 96 cores and 1 TiB each, in racks of 16, and hold pods of random sizes, so
that what is left differs from node to node. Counting goes up to 64 groups. Pods of 20 sets may wait
for a node, and come first. Times are the median
and the worst of some rounds, each over another cluster, in one process.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator
from statistics import median
from typing import Any, Final

from controller.api.core import Node
from controller.api.lws import LeaderWorkerSet, SetMeta
from controller.api.meta import Key
from controller.api.names import EXCLUSIVE_TOPOLOGY, SUBGROUP_EXCLUSIVE_TOPOLOGY
from controller.api.pods import Pod
from lwstui.capacity.answer import Answer, answer
from lwstui.capacity.cluster import Cluster

GPU: Final = "nvidia.com/gpu"
_GIB: Final = 1 << 30
_RACK: Final = 16
_BLOCK: Final = 4


def _cluster(count: int, dice: random.Random) -> tuple[dict[str, Node], dict[str, tuple[Pod, ...]]]:
    nodes, pods = {}, {}
    for i in range(count):
        name = f"node-{i:05d}"
        nodes[name] = Node(
            name,
            labels={"rack": f"r{i // _RACK}", "block": f"b{i // _BLOCK}"},
            unschedulable=dice.random() < 0.02,
            ready=True,
            allocatable=((GPU, 8),),
            capacity=((GPU, 8),),
            cpu_milli=96_000,
            memory_bytes=1024 * _GIB,
            max_pods=110,
        )
        pods[name] = tuple(_pods(name, dice))
    return nodes, pods


def _pods(node: str, dice: random.Random) -> Iterator[Pod]:
    for i in range(dice.randint(0, 4)):
        yield Pod(
            "prod",
            f"{node}-{i}",
            f"{node}-{i}",
            "1",
            0.0,
            phase="Running",
            node=node,
            accelerators=((GPU, dice.choice((1, 1, 2, 4))),),
            cpu_milli=dice.randrange(1000, 24_000),
            memory_bytes=dice.randrange(1, 200) * _GIB,
        )


def _set(
    leader: int, worker: int, size: int, *, name: str = "asked", **notes: str
) -> LeaderWorkerSet:
    def pod(gpus: int) -> dict[str, Any]:
        asked = {"cpu": "8", "memory": "64Gi"} | ({GPU: str(gpus)} if gpus else {})
        return {"spec": {"containers": [{"name": "main", "resources": {"limits": asked}}]}}

    template: dict[str, Any] = {
        "size": size,
        "leaderTemplate": pod(leader),
        "workerTemplate": pod(worker),
        "subGroupPolicy": {"subGroupSize": size // 2, "subGroupPolicyType": "LeaderWorker"},
    }
    meta = SetMeta(name=name, namespace="prod", annotations=notes)
    return LeaderWorkerSet(metadata=meta, spec={"leaderWorkerTemplate": template})


def _cases() -> dict[str, LeaderWorkerSet]:
    return {
        "2 pods of 4, anywhere": _set(4, 4, 2),
        "4 pods of 8, anywhere": _set(8, 8, 4),
        "leader without devices, 8 of 2": _set(0, 2, 8),
        "8 pods of 4, a rack each": _set(4, 4, 8, **{EXCLUSIVE_TOPOLOGY: "rack"}),
        "4 pods of 4, a block per half": _set(4, 4, 4, **{SUBGROUP_EXCLUSIVE_TOPOLOGY: "block"}),
        "too large for any node": _set(16, 16, 2),
    }


def _queue(count: int, dice: random.Random) -> tuple[dict[Key, Pod], dict[Key, LeaderWorkerSet]]:
    """Return so many pods that wait for a node, and the sets they are of."""
    sets = [_set(4, 4, 2, name=f"waits-{i}") for i in range(20)]
    pods = {}
    for i in range(count):
        name = sets[i % len(sets)].metadata.name
        pod = Pod(
            "prod",
            f"{name}-{i}",
            f"{name}-{i}",
            "1",
            float(i),
            set_name=name,
            group=i,
            worker=0,
            size=1,
            phase="Pending",
            accelerators=((GPU, dice.choice((1, 4, 8, 16))),),
            cpu_milli=8000,
            memory_bytes=64 * _GIB,
        )
        pods[pod.key] = pod
    return pods, {one.key: one for one in sets}


def main() -> None:
    """Print how long each kind of question takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--waiting", type=int, default=0)
    arguments = parser.parse_args()
    for words, asked in _cases().items():
        took: list[float] = []
        found: Answer | None = None
        for seed in range(arguments.rounds):
            nodes, pods = _cluster(arguments.nodes, random.Random(seed))
            waiting, sets = _queue(arguments.waiting, random.Random(seed))
            start = time.perf_counter()
            found = answer(asked, Cluster(nodes, pods, {}, waiting, sets))
            took.append(time.perf_counter() - start)
        groups = found.groups if found is not None else None
        print(
            f"{arguments.nodes} nodes, {words:<32} {groups!s:>4} groups"
            f"   median {median(took) * 1e3:6.1f} ms   worst {max(took) * 1e3:6.1f} ms"
        )


if __name__ == "__main__":
    main()
