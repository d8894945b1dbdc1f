"""The nodes table: accelerators allocated and free, by topology, and who holds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import inf
from typing import Final

from controller.api.core import Node
from controller.api.pods import Pod
from lwstui.capacity.free import node_devices, totals
from lwstui.state.model import Snapshot
from lwstui.state.telemetry import DeviceView, Telemetry
from lwstui.view import heat, usage
from lwstui.view.ages import age, changes_in, count, ratio
from lwstui.view.devicemap import HELD, STRANGER, owners, ranks
from lwstui.view.health import node_health
from lwstui.view.memo import Memo
from lwstui.view.phrases import devices_text, family, natural, product, topology_keys
from lwstui.view.tables import DASH, arrange, glyph, row
from lwstui.view.telemetry import changes_at, missing, newest_at
from lwstui.view.types import Cell, Column, Line, Query, Ref, Row, Span, TableView

HOSTNAME: Final = "kubernetes.io/hostname"
COARSE_ABOVE: Final = 200
NEVER: Final = 10_000
"""Width of a screen that no terminal has: a column that wants it is not shown."""


def _columns(topology: str, *, measured: bool) -> tuple[Column, ...]:
    title = topology.rpartition("/")[2].upper() or "TOPOLOGY"
    return (
        Column("state", "S", 1),
        Column("topology", title[:14], 10),
        Column("name", "NODE", 11, flex=True),
        Column("map", "DEVICES", 8),
        Column("gpu", "ALLOCATED", 14),
        Column("free", "FREE", 4, "right", min_screen=90),
        Column("pods", "PODS", 4, "right", min_screen=90),
        *(heat.COLUMNS if measured else ()),
        *usage.COLUMNS,
        Column("status", "STATUS", 8),
        Column("owner", "OWNER", 16, flex=True),
        Column("version", "KUBELET", 10, min_screen=141),
        Column("age", "AGE", 5, "right", min_screen=123 if measured else 100, age=True),
    )


def nodes(
    snapshot: Snapshot,
    query: Query,
    now: float,
    memo: Memo,
    *,
    scope: Ref | None = None,
    key: str = "",
    metric: str = "",
) -> TableView:
    """Return the nodes table, by default in the order of their topology.

    Without the right to list nodes the note says so.

    Args:
        snapshot: What is known.
        query: Filter and order.
        now: Epoch seconds.
        memo: Keeps rows of nodes that nothing changed on.
        scope: Only the nodes that a set's, group's or pod's pods are on; None for all.
        key: Topology key; the first known one that nodes have if left out.
        metric: What the cells of the map show; what devices do, if it is measured, if left out.
    """
    key = key or next(iter(node_keys(snapshot, memo, now)), "")
    telemetry = snapshot.telemetry
    columns = _columns(key, measured=bool(telemetry.by_node))
    style = _Style(
        key,
        heat.chosen(metric, telemetry, snapshot.manner.metric),
        telemetry,
        len(snapshot.nodes) > COARSE_ABOVE,
    )
    rows = [
        _row(node, snapshot.node_pods.get(name, ()), style, now, memo)
        for name, node in sorted(snapshot.nodes.items())
        if scope is None or any(_of(pod, scope) for pod in snapshot.node_pods.get(name, ()))
    ]
    return arrange(columns, rows, query, now, empty=_empty(snapshot, scope), default="topology")


def node_keys(snapshot: Snapshot, memo: Memo, now: float) -> tuple[str, ...]:
    """Return the topology keys that nodes have, closest domains first, their names left out."""

    def build() -> tuple[tuple[str, ...], float]:
        found = topology_keys(snapshot.nodes.values(), chosen)
        return tuple(key for key in found if key != HOSTNAME), inf

    chosen = snapshot.manner.topology_keys
    return memo.get("node-keys", (snapshot.nodes,), now, build, facts=chosen)


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


@dataclass(frozen=True, slots=True)
class _Style:
    """How nodes are shown.

    Attributes:
        key: Topology key.
        metric: What the cells of the map show.
        telemetry: What is measured.
        coarse: Whether whole minutes are enough.
    """

    key: str
    metric: str
    telemetry: Telemetry
    coarse: bool

    @property
    def facts(self) -> tuple[object, ...]:
        """What a row depends on apart from its node."""
        measured = bool(self.telemetry.by_node)
        return self.key, self.metric, self.telemetry.period_s, measured, self.coarse


def _row(node: Node, held_by: tuple[Pod, ...], style: _Style, now: float, memo: Memo) -> Row:
    telemetry = style.telemetry
    views, used = telemetry.by_node.get(node.name, ()), telemetry.node_usage.get(node.name)

    def build() -> tuple[Row, float]:
        until = min(
            now + changes_in(now - node.created_at, coarse=style.coarse),
            changes_at(views, now, telemetry.period_s),
            usage.changes_at(used, now, telemetry.period_s),
        )
        return _build(node, held_by, style, now), until

    sources = (node, held_by, views, used)
    return memo.get(("node", node.name), sources, now, build, facts=style.facts)


def _build(node: Node, held_by: tuple[Pod, ...], style: _Style, now: float) -> Row:
    key, coarse, telemetry = style.key, style.coarse, style.telemetry
    health = node_health(node)
    devices = node_devices(node, held_by)
    views = telemetry.by_node.get(node.name, ())
    rack = heat.Rack(devices, held_by, views, health.glyph == "·")
    measured, used = bool(telemetry.by_node), telemetry.node_usage.get(node.name)
    name = product(node)
    domain = node.labels.get(key, "")
    members = sum(1 for pod in held_by if pod.set_name)
    free = sum(d.free for d in devices)
    cells = (
        glyph(health),
        Cell(domain, "dim"),
        Cell(node.name),
        heat.heat_map(rack, style.metric, now, telemetry),
        Cell(", ".join(devices_text(d, name if len(devices) == 1 else "") for d in devices))
        if devices
        else DASH,
        Cell(str(free), "ok" if free else "dim") if devices else DASH,
        Cell(str(members)),
        *(heat.measured_cells(views, rack.capacity, now, telemetry) if measured else ()),
        *usage.cells(used, now, telemetry.period_s),
        Cell(health.word, health.tone),
        Cell(ranks(held_by)),
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
        *(heat.measured_sort(views, now, telemetry) if measured else ()),
        *usage.sort_keys(used),
        health.word,
        ranks(held_by),
        node.kubelet_version,
        -node.created_at,
    )
    ref = Ref("node", "", node.name, uid=node.uid)
    return row(node.uid or node.name, cells, sort, ref, health, labels=node.labels)


# The screen.


@dataclass(frozen=True, slots=True)
class NodesView:
    """The nodes screen.

    Attributes:
        title: The title line.
        keys: Topology keys to choose from.
        key: The one nodes are grouped by, empty if they have none.
        metric: What the cells of the map show.
        legend: Meaning of the cells.
        table: Nodes below a row for each domain, unless the operator wants another order.
    """

    title: Line
    keys: tuple[str, ...]
    key: str
    metric: str
    legend: Line
    table: TableView


def nodes_view(
    snapshot: Snapshot,
    query: Query,
    now: float,
    memo: Memo,
    *,
    scope: Ref | None = None,
    key: str = "",
    metric: str = "",
) -> NodesView:
    """Return what the nodes screen shows; the arguments are those of ``nodes``."""
    keys = node_keys(snapshot, memo, now)
    key = key if key in keys else next(iter(keys), "")
    table = nodes(snapshot, query, now, memo, scope=scope, key=key, metric=metric)
    shown = [found.ref.name for found in table.rows if found.ref is not None]
    title = memo.get(
        "nodes-title",
        (snapshot.nodes, snapshot.node_pods),
        now,
        lambda: (_title(snapshot, shown, table.total, query), inf),
        facts=(tuple(shown), table.total, query),
    )
    if key and not query.sort:
        columns = tuple(_below_domains(column, key) for column in table.columns)
        rows = _grouped(_Grouping(snapshot, key, columns, memo, now), table.rows)
        table = TableView(columns, rows, table.total, table.note, table.everything)
    name = heat.chosen(metric, snapshot.telemetry, snapshot.manner.metric)
    return NodesView(title, keys, key, name, _legend(snapshot, shown, name, now, memo), table)


def _title(snapshot: Snapshot, shown: Sequence[str], total: int, query: Query) -> Line:
    spans = [Span("nodes ", "title"), Span(f"{len(shown):,} of {total:,}")]
    if query.filter:
        spans += [Span("   / ", "dim"), Span(query.filter, "bold")]
    if query.faults_only:
        spans.append(Span("   faults only", "info"))
    if query.sort:
        spans.append(Span(f"   sort {query.sort.upper()}{'↓' if query.descending else '↑'}", "dim"))
    mine = {name: snapshot.nodes[name] for name in shown if name in snapshot.nodes}
    free, fragmented = _free(mine, snapshot)
    for devices in totals(mine, snapshot.node_pods):
        text = ratio(devices.allocated, devices.allocatable)
        spans.append(Span(f"   {family(devices.resource)} {text} allocated"))
        spans.append(Span(f", {free[devices.resource]} free", "ok"))
        if fragmented[devices.resource]:
            spans.append(Span(f", {fragmented[devices.resource]} of them fragmented", "dim"))
        if devices.unhealthy:
            spans.append(Span(f", {devices.unhealthy} unhealthy", "warn"))
    return tuple(spans)


def _free(nodes: Mapping[str, Node], snapshot: Snapshot) -> tuple[Counter[str], Counter[str]]:
    """Return what is free on nodes that take pods, and how much of it where some is taken."""
    free: Counter[str] = Counter()
    fragmented: Counter[str] = Counter()
    for name, node in nodes.items():
        if node_health(node).glyph != "·":
            continue
        for devices in node_devices(node, snapshot.node_pods.get(name, ())):
            free[devices.resource] += devices.free
            if devices.free < devices.allocatable:
                fragmented[devices.resource] += devices.free
    return free, fragmented


def _below_domains(column: Column, key: str) -> Column:
    """Return a column as it is when domains have rows of their own."""
    if column.id == "topology":
        return replace(column, min_screen=NEVER)
    if column.id == "name":
        return replace(column, title=f"{key.rpartition('/')[2].upper()} / NODE")
    return column


def _legend(snapshot: Snapshot, shown: Sequence[str], metric: str, now: float, memo: Memo) -> Line:
    telemetry = snapshot.telemetry
    if metric == heat.ALLOCATION and not telemetry.at:
        return _OWNERS
    cells = _OWNERS if metric == heat.ALLOCATION else heat.legend(metric)
    newest, without = _known(snapshot, shown, now, memo)
    return (*heat.age_line(newest, without, now, asked=bool(telemetry.at)), *cells)


def _known(
    snapshot: Snapshot, shown: Sequence[str], now: float, memo: Memo
) -> tuple[float | None, int]:
    """Return when the newest reading was taken, and how many devices of nodes have none."""
    telemetry = snapshot.telemetry

    def build() -> tuple[tuple[float | None, int], float]:
        mine = {name: snapshot.nodes[name] for name in shown if name in snapshot.nodes}
        devices = sum(d.capacity for d in totals(mine, snapshot.node_pods))
        found = newest_at(telemetry), missing(telemetry, devices, mine, now)
        return found, changes_at(telemetry.devices.values(), now, telemetry.period_s)

    sources = (snapshot.nodes, snapshot.node_pods, telemetry)
    return memo.get("nodes-known", sources, now, build, facts=tuple(shown))


_OWNERS: Final[Line] = (
    Span(f"{HELD[0]} {HELD[1]} ", "busy"),
    Span("held, groups in turn   ", "dim"),
    Span(f"{STRANGER} ", "info"),
    Span("other pods   ", "dim"),
    Span("_ free   x not usable   ", "dim"),
    Span("! ", "warn"),
    Span("unhealthy", "dim"),
)


@dataclass(frozen=True, slots=True)
class _Grouping:
    """What the rows of domains are made with."""

    snapshot: Snapshot
    key: str
    columns: tuple[Column, ...]
    memo: Memo
    now: float


def _grouped(grouping: _Grouping, rows: Iterable[Row]) -> tuple[Row, ...]:
    """Return rows, which are in the order of their domains, each below its domain's row."""
    found: list[Row] = []
    for domain, members in groupby(rows, key=lambda r: _domain(grouping, r)):
        nodes_of = tuple(members)
        found += (_domain_row(grouping, domain, nodes_of), *nodes_of)
    return tuple(found)


def _domain(grouping: _Grouping, found: Row) -> str:
    node = grouping.snapshot.nodes.get(found.ref.name) if found.ref is not None else None
    return node.labels.get(grouping.key, "") if node is not None else ""


def _domain_row(grouping: _Grouping, domain: str, rows: tuple[Row, ...]) -> Row:
    snapshot = grouping.snapshot
    names = tuple(found.ref.name for found in rows if found.ref is not None)
    held = tuple(snapshot.node_pods.get(name, ()) for name in names)

    telemetry = snapshot.telemetry

    def build() -> tuple[Row, float]:
        views = tuple(view for name in names for view in telemetry.by_node.get(name, ()))
        mine = {name: snapshot.nodes[name] for name in names}
        devices = totals(mine, dict(zip(names, held, strict=True)))
        pods = [pod for pods in held for pod in pods]
        texts = {
            "name": domain or "no such label",
            "map": count(len(names), "node"),
            "gpu": ", ".join(devices_text(d) for d in devices),
            "free": str(sum(d.free for d in devices)) if devices else "",
            "pods": str(sum(bool(pod.set_name) for pod in pods)),
            "owner": owners(pods),
        }
        texts |= _measured(views, sum(d.capacity for d in devices), grouping)
        cells = tuple(Cell(texts.get(column.id, ""), "bold") for column in grouping.columns)
        return Row(f"domain/{domain}", cells), changes_at(views, grouping.now, telemetry.period_s)

    slot, facts = ("domain", domain), (grouping.key, grouping.columns)
    return grouping.memo.get(slot, (*rows, *held), grouping.now, build, facts=facts)


def _measured(views: Sequence[DeviceView], of: int, grouping: _Grouping) -> dict[str, str]:
    """Return what is measured in a domain, with how many of its devices report."""
    telemetry = grouping.snapshot.telemetry
    if not telemetry.by_node:
        return {}
    cells = heat.measured_cells(views, of, grouping.now, telemetry, always=True)
    return {column.id: cell.text for column, cell in zip(heat.COLUMNS, cells, strict=True)}
