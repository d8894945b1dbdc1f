"""Accelerators of a cluster by node, pool or domain: held, free, and how usable that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from controller.api.meta import Key
from lwstui.capacity.claims import Uncountable
from lwstui.capacity.fragmentation import Pool, pools
from lwstui.capacity.queue import Crowd
from lwstui.capacity.vectors import shapes
from lwstui.state.deviceclasses import counts_devices
from lwstui.state.model import Snapshot
from lwstui.view.fit import blind, crowd_document, named, waiting
from lwstui.view.phrases import natural, product, topology_keys
from lwstui.view.types import Line, Span, Tone

_CROWDS: Final = 5
BY: Final = ("pools", "domains", "nodes")
_TITLES: Final = ("NODES", "FREE", "ALLOCATED", "OF", "UNHEALTHY", "SHUT", "LARGEST", "FRAGMENTED")

Entry = tuple[str, Pool]
"""A name and what is there."""


def domain_key(snapshot: Snapshot) -> str:
    """Return the topology key with the closest domains of several nodes, empty if none."""
    keys = topology_keys(snapshot.nodes.values())
    return next((key for key in keys if key != "kubernetes.io/hostname"), "")


def entries(snapshot: Snapshot, by: str, key: str = "") -> tuple[Entry, ...]:
    """Return what is known of accelerators.

    Args:
        snapshot: What is known.
        by: One of ``BY``: a pool is a product.
        key: Topology key of domains.
    """
    groups: dict[str, list[str]] = {}
    for name, node in snapshot.nodes.items():
        where = {"nodes": name, "pools": product(node) or "unknown product"}.get(
            by, node.labels.get(key, f"without {key}" if key else "whole cluster")
        )
        groups.setdefault(where, []).append(name)
    return tuple(
        (where, pool)
        for where in sorted(groups, key=natural)
        for pool in pools([snapshot.nodes[n] for n in groups[where]], snapshot.node_pods)
    )


def size_of(found: Sequence[Entry], size: int) -> int:
    """Return the size of pods that fragmentation is told for; by default the largest hole."""
    return size or max((pool.largest for _, pool in found), default=0) or 1


def table(found: Sequence[Entry], by: str, size: int) -> tuple[Line, ...]:
    """Return a table as lines, the title first."""
    rows: list[tuple[str, ...]] = [(by.removesuffix("s").upper(), "RESOURCE", *_TITLES)]
    rows += [(where, pool.resource, *_cells(pool, size)) for where, pool in found]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]

    def line(row: tuple[str, ...], tone: Tone = "") -> Line:
        texts = [
            text.ljust(width) if i < 2 else text.rjust(width)
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        return (Span("  ".join(texts).rstrip(), tone),)

    return (line(rows[0], "dim"), *map(line, rows[1:]))


def _cells(pool: Pool, size: int) -> tuple[str, ...]:
    lost = pool.fragmentation(size)
    numbers = (
        pool.nodes,
        pool.free,
        pool.allocated,
        pool.offered,
        pool.unhealthy,
        pool.shut,
        pool.largest,
    )
    return (*map(str, numbers), "—" if lost is None else f"{lost:.0%}")


def holes(found: Sequence[Entry]) -> tuple[Line, ...]:
    """Return how many nodes have how many devices free, by resource."""
    return tuple(
        (
            Span(f"{resource}: nodes by free devices  ", "dim"),
            Span("  ".join(f"{size}:{nodes}" for size, nodes in sorted(of.items()))),
        )
        for resource, of in sorted(_sizes(found).items())
    )


def _sizes(found: Sequence[Entry]) -> dict[str, dict[int, int]]:
    """Return the number of nodes by free devices, by resource."""
    sizes: dict[str, dict[int, int]] = {}
    for _, pool in found:
        for size, nodes in pool.holes:
            of = sizes.setdefault(pool.resource, {})
            of[size] = of.get(size, 0) + nodes
    return sizes


class PodSize(NamedTuple):
    """How much of what is free pods of some sets cannot use.

    Attributes:
        size: Devices of a pod.
        sets: Sets that have such pods.
        lost: Share of what is free; None if nothing is.
    """

    resource: str
    size: int
    sets: tuple[Key, ...]
    lost: float | None


def pod_sizes(snapshot: Snapshot, found: Sequence[Entry]) -> tuple[PodSize, ...]:
    """Return fragmentation for the pods of each set, largest pods first."""
    sets: dict[tuple[str, int], set[Key]] = {}
    for key, lws in snapshot.sets.items():
        try:
            asked = shapes(lws.spec, key.namespace, snapshot.devices)
        except Uncountable:
            continue
        for shape in (asked.leader, asked.worker) if asked is not None else ():
            for name, size in shape.items():
                if counts_devices(name):
                    sets.setdefault((name, size), set()).add(key)
    free = _sizes(found)
    return tuple(
        PodSize(name, size, tuple(sorted(keys)), _lost(free.get(name, {}), size))
        for (name, size), keys in sorted(sets.items(), key=lambda item: (item[0][0], -item[0][1]))
    )


def _lost(holes: Mapping[int, int], size: int) -> float | None:
    return Pool("", 0, 0, 0, 0, 0, tuple(holes.items())).fragmentation(size)


def size_lines(sizes: Sequence[PodSize]) -> tuple[Line, ...]:
    """Return the same as lines."""
    return tuple(
        (
            Span(f"pods of {one.size} {one.resource}: ", "dim"),
            Span("nothing is free" if one.lost is None else f"{one.lost:.0%} cannot be used"),
            Span(f"  {named(list(map(str, one.sets)))}", "dim"),
        )
        for one in sizes
    )


def waiting_lines(crowds: Sequence[Crowd]) -> tuple[Line, ...]:
    """Return who waits for a node, and how many of them find one."""
    return tuple(
        (Span(f"{waiting([crowd])}, {crowd.placed} of {crowd.pods} find room", "warn"),)
        for crowd in crowds[:_CROWDS]
    )


def document(
    found: Sequence[Entry],
    by: str,
    size: int,
    sizes: Sequence[PodSize] = (),
    crowds: Sequence[Crowd] = (),
) -> dict[str, Any]:
    """Return the same for scripts."""
    items = [
        {
            "name": where,
            "resource": pool.resource,
            "nodes": pool.nodes,
            "free": pool.free,
            "allocated": pool.allocated,
            "allocatable": pool.offered,
            "unhealthy": pool.unhealthy,
            "freeOnClosedNodes": pool.shut,
            "largestHole": pool.largest,
            "nodesByFree": {str(free): nodes for free, nodes in pool.holes},
            "fragmentation": pool.fragmentation(size),
        }
        for where, pool in found
    ]
    return {
        "kind": "capacity",
        "by": by,
        "podSize": size,
        "items": items,
        "podSizes": [
            {
                "resource": one.resource,
                "size": one.size,
                "sets": [str(key) for key in one.sets],
                "fragmentation": one.lost,
            }
            for one in sizes
        ],
        "waitingPods": [crowd_document(crowd) for crowd in crowds],
    }


def unseen_devices(snapshot: Snapshot) -> str:
    """Say that devices of claims are not counted where pods have such claims; else empty."""
    why = blind(snapshot)
    pods = (pod for pods in snapshot.node_pods.values() for pod in pods)
    if not why or not any(pod.claims for pod in (*pods, *snapshot.waiting.values())):
        return ""
    return f"no data of devices that claims give: {why}"
