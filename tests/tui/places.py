"""Sets on racks for screen tests: exclusive ones that are split or share, and subgroups."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from controller.api import names
from controller.api.meta import Key
from lwstui.state.model import Snapshot
from tests.tui.building import World

RACK = "topology.kubernetes.io/rack"


def _exclusive(world: World, key: Key, annotation: str = names.EXCLUSIVE_TOPOLOGY) -> None:
    lws = world.sets[key]
    metadata = msgspec.structs.replace(
        lws.metadata, annotations={**lws.annotations, annotation: RACK}
    )
    world.sets[key] = msgspec.structs.replace(lws, metadata=metadata)


def _move(world: World, name: str, node: str, **changes: object) -> None:
    key = Key("llm-prod", name)
    world.pods[key] = msgspec.structs.replace(world.pods[key], node=node, **changes)


def racks() -> tuple[Snapshot, Key]:
    """Return a set of five groups that must have a rack each: one is split, one shares."""
    world = World()
    world.add_nodes(48, per_rack=6)
    key = world.add_set("llama70b-eu", "····P", size=4, gpus=8)
    phi4 = world.add_set("phi4", "·", size=1, gpus=1)
    _exclusive(world, key)
    for group, first in enumerate((0, 6, 12, 24)):
        for worker in range(4):
            name = f"llama70b-eu-{group}" + (f"-{worker}" if worker else "")
            _move(world, name, f"gpu-{first + worker:03d}")
    _move(world, "llama70b-eu-2-3", "gpu-019")
    _move(world, f"{phi4.name}-0", "gpu-029")
    return world.snapshot(), key


def subgroups() -> tuple[Snapshot, Key]:
    """Return a set of one group with two subgroups that must have a rack each and do not."""
    world = World()
    world.add_nodes(24, per_rack=6)
    key = world.add_set("disagg", "·", size=4, gpus=8)
    _exclusive(world, key, names.SUBGROUP_EXCLUSIVE_TOPOLOGY)
    for worker, node in enumerate(("gpu-000", "gpu-001", "gpu-006", "gpu-002")):
        name = "disagg-0" + (f"-{worker}" if worker else "")
        _move(world, name, node, subgroup=worker // 2)
    return world.snapshot(), key


def many(groups: int = 2000) -> tuple[Snapshot, Key]:
    """Return a set of very many groups on as many racks, two of them split."""
    world = World()
    world.add_nodes(groups, per_rack=1)
    key = world.add_set("embed-fleet", "·" * groups, size=2, gpus=1)
    _exclusive(world, key)
    pods = {}
    for found, pod in world.pods.items():
        node = pod.group if (pod.group, pod.worker) not in ((413, 1), (1201, 1)) else 7
        pods[found] = msgspec.structs.replace(pod, node=f"gpu-{node:03d}")
    world.pods = pods
    return replace(world.snapshot()), key
