"""Accelerators of a cluster by node, pool or domain: held, free, and how usable that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from lwstui.capacity.fragmentation import Pool, pools
from lwstui.state.model import Snapshot
from lwstui.view.fit import blind
from lwstui.view.phrases import natural, product, topology_keys
from lwstui.view.types import Line, Span, Tone

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
    sizes: dict[str, dict[int, int]] = {}
    for _, pool in found:
        for size, nodes in pool.holes:
            of = sizes.setdefault(pool.resource, {})
            of[size] = of.get(size, 0) + nodes
    return tuple(
        (
            Span(f"{resource}: nodes by free devices  ", "dim"),
            Span("  ".join(f"{size}:{nodes}" for size, nodes in sorted(of.items()))),
        )
        for resource, of in sorted(sizes.items())
    )


def document(found: Sequence[Entry], by: str, size: int) -> dict[str, Any]:
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
    return {"kind": "capacity", "by": by, "podSize": size, "items": items}


def unseen_devices(snapshot: Snapshot) -> str:
    """Say that devices of claims are not counted where pods have such claims; else empty."""
    why = blind(snapshot)
    pods = (pod for pods in snapshot.node_pods.values() for pod in pods)
    if not why or not any(pod.claims for pod in (*pods, *snapshot.waiting.values())):
        return ""
    return f"no data of devices that claims give: {why}"
