"""The nodes table: accelerators allocated and free, by topology, and who holds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from controller.api.core import Node
from controller.api.pods import Pod
from lwstui.capacity.free import Devices, node_devices
from lwstui.state.model import Snapshot
from lwstui.view.ages import age, changes_in
from lwstui.view.health import node_health
from lwstui.view.memo import Memo
from lwstui.view.phrases import devices_text, natural, product, runs, topology_key
from lwstui.view.tables import DASH, arrange, glyph, row
from lwstui.view.types import Cell, Column, Line, Query, Ref, Row, Span, TableView

MAX_CELLS: Final = 16
COARSE_ABOVE: Final = 200


def _columns(topology: str) -> tuple[Column, ...]:
    title = topology.rpartition("/")[2].upper() or "TOPOLOGY"
    return (
        Column("state", "S", 1),
        Column("topology", title[:14], 10),
        Column("name", "NODE", 14, flex=True),
        Column("map", "0-7", 8, min_screen=90),
        Column("gpu", "ALLOCATED", 16),
        Column("free", "FREE", 4, "right"),
        Column("pods", "PODS", 4, "right"),
        Column("status", "STATUS", 8),
        Column("owner", "HELD BY", 12, flex=True),
        Column("version", "KUBELET", 10, min_screen=141),
        Column("age", "AGE", 5, "right", min_screen=100, age=True),
    )


def nodes(
    snapshot: Snapshot, query: Query, now: float, memo: Memo, *, scope: Ref | None = None
) -> TableView:
    """Return the nodes table, by default in the order of their topology.

    Without the right to list nodes the note says so.

    Args:
        snapshot: What is known.
        query: Filter and order.
        now: Epoch seconds.
        memo: Keeps rows of nodes that nothing changed on.
        scope: Only the nodes that a set's, group's or pod's pods are on; None for all.
    """
    key = memo.get(
        "topology-key",
        (snapshot.nodes,),
        now,
        lambda: (topology_key(snapshot.nodes.values()), float("inf")),
    )
    columns = _columns(key)
    coarse = len(snapshot.nodes) > COARSE_ABOVE
    rows = [
        _row(node, snapshot.node_pods.get(name, ()), key, now, memo, coarse=coarse)
        for name, node in sorted(snapshot.nodes.items())
        if scope is None or any(_of(pod, scope) for pod in snapshot.node_pods.get(name, ()))
    ]
    return arrange(columns, rows, query, now, empty=_empty(snapshot, scope), default="topology")


def _of(pod: Pod, scope: Ref) -> bool:
    """Tell whether a pod is what a scope is about, or a part of it."""
    if scope.kind == "pod":
        return pod.key == scope.key
    return pod.set_key == scope.key and scope.group in (-1, pod.group)


def _empty(snapshot: Snapshot, scope: Ref | None) -> str:
    sync = snapshot.sync.get("nodes")
    if sync is not None and sync.state == "forbidden":
        return "nodes cannot be listed with these credentials, so nothing is known of their devices"
    return "no nodes" if scope is None else "none of its pods is on a node that can be seen"


def _row(
    node: Node, held_by: tuple[Pod, ...], key: str, now: float, memo: Memo, *, coarse: bool
) -> Row:
    def build() -> tuple[Row, float]:
        until = now + changes_in(now - node.created_at, coarse=coarse)
        return _build(node, held_by, key, now, coarse=coarse), until

    return memo.get(("node", node.name), (node, held_by), now, build, facts=(key, coarse))


def _build(node: Node, held_by: tuple[Pod, ...], key: str, now: float, *, coarse: bool) -> Row:
    health = node_health(node)
    devices = node_devices(node, held_by)
    name = product(node)
    domain = node.labels.get(key, "")
    members = sum(1 for pod in held_by if pod.set_name)
    free = sum(d.free for d in devices)
    cells = (
        glyph(health),
        Cell(domain, "dim"),
        Cell(node.name),
        _map(devices, usable=health.glyph == "·"),
        Cell(", ".join(devices_text(d, name if len(devices) == 1 else "") for d in devices))
        if devices
        else DASH,
        Cell(str(free), "ok" if free else "dim") if devices else DASH,
        Cell(str(members)),
        Cell(health.word, health.tone),
        Cell(owners(held_by)),
        Cell(node.kubelet_version, "dim"),
        Cell(age(now - node.created_at, coarse=coarse) if node.created_at else "", "dim"),
    )
    sort = (
        health.severity,
        (natural(domain), natural(node.name)),
        natural(node.name),
        free,
        sum(d.allocated for d in devices),
        free,
        members,
        health.word,
        cells[8].text,
        node.kubelet_version,
        -node.created_at,
    )
    ref = Ref("node", "", node.name, uid=node.uid)
    return row(node.uid or node.name, cells, sort, ref, health, labels=node.labels)


def _map(devices: Sequence[Devices], *, usable: bool) -> Cell:
    """Return one cell per device: held, free, unhealthy, or cordoned; a bar above 16."""
    if len(devices) != 1:
        return Cell("")
    only = devices[0]
    if only.capacity > MAX_CELLS:
        held = 8 * min(only.allocated, only.capacity) // only.capacity
        return Cell("█" * held + "_" * (8 - held))
    spans: Line = (
        Span("█" * min(only.allocated, only.capacity), "busy"),
        Span(("_" if usable else "x") * only.free, "dim"),
        Span("!" * max(0, only.capacity - max(only.allocatable, only.allocated)), "warn"),
    )
    return Cell("".join(span.text for span in spans), spans=spans)


def owners(pods: Sequence[Pod]) -> str:
    """Return who holds a node's devices: ``llama70b 3-4, other pods 2``."""
    groups: dict[str, set[int]] = {}
    others = 0
    for pod in pods:
        if pod.set_name:
            groups.setdefault(pod.set_name, set()).add(pod.group)
        else:
            others += 1
    parts = [f"{name} {runs(sorted(found))}" for name, found in sorted(groups.items())]
    if others:
        parts.append(f"{others} other {'pod' if others == 1 else 'pods'}")
    return ", ".join(parts)
