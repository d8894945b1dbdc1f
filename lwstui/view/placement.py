"""Where groups run: groups against topology domains, split groups and shared domains marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from math import inf
from typing import Final

from controller.api.core import Node
from controller.api.meta import Key
from controller.api.names import EXCLUSIVE_TOPOLOGY, SUBGROUP_EXCLUSIVE_TOPOLOGY
from controller.api.pods import Pod
from lwstui.state.model import Snapshot
from lwstui.view.ages import count
from lwstui.view.digest import GroupDigest, SetDigest, digest, group_ref
from lwstui.view.health import Health, judge
from lwstui.view.memo import Memo
from lwstui.view.phrases import natural, topology_keys
from lwstui.view.tables import arrange, row
from lwstui.view.types import Cell, Column, Line, Query, Ref, Row, Span, TableView

HOST: Final = "kubernetes.io/hostname"
DOMAIN_CELLS: Final = 6
FIXED_CELLS: Final = 56
"""Cells of the columns beside the domains, gaps included."""
MOST_NAMES: Final = 3
MOST_NEIGHBOURS: Final = 64

Unit = tuple[GroupDigest, int]
"""A group, or one of its subgroups; -1 means the whole group."""


@dataclass(frozen=True, slots=True)
class PlacementView:
    """The placement screen.

    Attributes:
        found: False when the set is gone; ``title`` then says so.
        title: The title line.
        keys: Topology keys to choose from, the one that matters most first.
        key: The key that is shown, empty if nodes have none.
        note: What stands out, or that nothing does.
        table: One row per group or subgroup.
        hidden: Rows that are left out because nothing is wrong with them.
    """

    found: bool
    title: Line
    keys: tuple[str, ...] = ()
    key: str = ""
    note: Line = ()
    table: TableView = field(default_factory=lambda: TableView(()))
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class _Tenants:
    """Who has pods in each domain of one topology key.

    Attributes:
        units: By domain what may have to be alone there: (set, group key, subgroup or -1).
        sets: By domain the sets.
    """

    units: Mapping[str, frozenset[tuple[Key, str, int]]]
    sets: Mapping[str, frozenset[Key]]


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all rows of one placement are made with.

    Attributes:
        numbers: Indexes of the set's groups by group key.
        key: Topology key.
        exclusive: Whether the set's groups, or subgroups, must have their domains to themselves.
        by_subgroup: Whether subgroups are the units.
        domains: Columns, empty when there are too many for a matrix.
    """

    one: SetDigest
    nodes: Mapping[str, Node]
    tenants: _Tenants
    numbers: Mapping[str, int]
    key: str
    exclusive: bool
    by_subgroup: bool
    domains: tuple[str, ...] = ()


def placement(
    snapshot: Snapshot,
    ref: Ref,
    query: Query,
    now: float,
    memo: Memo,
    *,
    key: str = "",
    room: tuple[int, int] = (100, 30),
) -> PlacementView:
    """Return where the groups of a set run.

    Args:
        snapshot: What is known.
        ref: The set, or one of its groups, which is then always shown.
        query: Filter and order.
        now: Epoch seconds.
        memo: Remembers rows between calls.
        key: Topology key; the first one if left out or not found on any node.
        room: Columns and rows there are for the table. When not all rows fit, only those that
            stand out are shown; when not all domains do, they are named instead.
    """
    lws = snapshot.sets.get(ref.key)
    if lws is None:
        return PlacementView(False, (Span(f"{ref.key} ", "title"), Span("is gone", "warn")))
    one = digest(snapshot, lws, memo, now)
    keys = placement_keys(snapshot, one, memo, now)
    key = key if key in keys else next(iter(keys), "")
    frame = _frame(snapshot, one, key, memo, now)
    frame = replace(frame, domains=_domains(frame, room[0], memo, now))
    rows = _rows(frame, memo, now)
    shown, hidden = _fitting(rows, ref, room[1], query)
    columns = _columns(frame)
    empty = "no groups" if key else "nodes have no topology labels, or cannot be listed"
    table = arrange(columns, shown if key else (), query, now, empty=empty, default="group")
    return PlacementView(True, _title(one, key), keys, key, _note(rows, hidden, key), table, hidden)


def placement_keys(snapshot: Snapshot, one: SetDigest, memo: Memo, now: float) -> tuple[str, ...]:
    """Return the topology keys worth looking at for a set: its own first, node names last."""

    def build() -> tuple[tuple[str, ...], float]:
        return topology_keys(snapshot.nodes.values(), chosen), inf

    chosen = snapshot.manner.topology_keys
    found = memo.get("topology-keys", (snapshot.nodes,), now, build, facts=chosen)
    own = [one.lws.annotations.get(EXCLUSIVE_TOPOLOGY, "")]
    own.append(one.lws.annotations.get(SUBGROUP_EXCLUSIVE_TOPOLOGY, ""))
    return tuple(dict.fromkeys([*filter(None, own), *found]))


# What is where.


def _frame(snapshot: Snapshot, one: SetDigest, key: str, memo: Memo, now: float) -> _Frame:
    annotations = one.lws.annotations
    by_subgroup = key == annotations.get(SUBGROUP_EXCLUSIVE_TOPOLOGY)

    def build() -> tuple[_Tenants, float]:
        return memo.keep(("tenants-kept", key), _tenants(snapshot, key)), inf

    return _Frame(
        one,
        snapshot.nodes,
        memo.get(("tenants", key), (snapshot.node_pods, snapshot.nodes), now, build),
        {pod.group_key: group.index for group in one.groups for pod in group.pods[:1]},
        key,
        by_subgroup or key == annotations.get(EXCLUSIVE_TOPOLOGY),
        by_subgroup,
    )


def _domains(frame: _Frame, cells: int, memo: Memo, now: float) -> tuple[str, ...]:
    """Return the domains the set is in, none if they do not fit as columns."""

    def build() -> tuple[tuple[str, ...], float]:
        used = {d for g in frame.one.groups for d in _where(frame, g.pods)}
        return tuple(sorted(used, key=natural)), inf

    slot, sources = ("domains", frame.one.key), (frame.one, frame.nodes)
    used = memo.get(slot, sources, now, build, facts=frame.key)
    return used if len(used) * (DOMAIN_CELLS + 1) <= cells - FIXED_CELLS else ()


def _tenants(snapshot: Snapshot, key: str) -> _Tenants:
    units: dict[str, set[tuple[Key, str, int]]] = {}
    for name, pods in snapshot.node_pods.items():
        node = snapshot.nodes.get(name)
        domain = node.labels.get(key, "") if node is not None else ""
        if domain:
            found = ((pod.set_key, pod.group_key, pod.subgroup) for pod in pods if pod.group_key)
            units.setdefault(domain, set()).update(found)
    sets = {domain: frozenset(unit[0] for unit in found) for domain, found in units.items()}
    return _Tenants({domain: frozenset(found) for domain, found in units.items()}, sets)


def _units(one: SetDigest) -> Iterable[Unit]:
    for group in one.groups:
        subgroups = sorted({pod.subgroup for pod in group.pods if pod.subgroup >= 0})
        if len(subgroups) > 1:
            yield from ((group, subgroup) for subgroup in subgroups)
        else:
            yield group, -1


def _members(unit: Unit) -> tuple[Pod, ...]:
    group, subgroup = unit
    if subgroup < 0:
        return group.pods
    return tuple(pod for pod in group.pods if pod.subgroup == subgroup)


def _where(frame: _Frame, pods: Iterable[Pod]) -> Counter[str]:
    """Return pods per domain; those on a node without the label are in ``?``."""
    found: Counter[str] = Counter()
    for pod in pods:
        if pod.node:
            node = frame.nodes.get(pod.node)
            found[node.labels.get(frame.key, "?") if node is not None else "?"] += 1
    return found


def _others(frame: _Frame, unit: Unit, domain: str) -> tuple[str, ...]:
    """Return who else has pods in a domain: other sets, and where it matters other groups."""
    found = {_set_name(frame, key) for key in frame.tenants.sets.get(domain, ())}
    found.discard("")
    if frame.exclusive:
        found.update(_neighbours(frame, unit, domain))
    return tuple(sorted(found, key=natural))


def _set_name(frame: _Frame, key: Key) -> str:
    own = frame.one.key
    return "" if key == own else key.name if key.namespace == own.namespace else str(key)


def _neighbours(frame: _Frame, unit: Unit, domain: str) -> Iterable[str]:
    """Yield other groups, and where subgroups are the units other subgroups, of the same set."""
    group, subgroup = unit
    mine = next((pod.group_key for pod in group.pods), "")
    here = (u for u in frame.tenants.units.get(domain, ()) if u[0] == frame.one.key)
    for _, group_key, part in islice(here, MOST_NEIGHBOURS):
        if group_key != mine:
            yield f"group {frame.numbers.get(group_key, '?')}"
        elif frame.by_subgroup and part not in (subgroup, -1):
            yield f"subgroup {part}"


# Rows.


def _rows(frame: _Frame, memo: Memo, now: float) -> tuple[Row, ...]:
    """Return all rows; nothing is worked out while nothing has moved."""

    def build() -> tuple[tuple[Row, ...], float]:
        return tuple(_remembered(frame, unit, memo, now) for unit in _units(frame.one)), inf

    sources = (frame.one, frame.nodes, frame.tenants)
    slot, facts = ("placements", frame.one.key), (frame.key, frame.domains)
    return memo.get(slot, sources, now, build, facts=facts)


def _remembered(frame: _Frame, unit: Unit, memo: Memo, now: float) -> Row:
    where = _where(frame, _members(unit))
    shared = {domain: _others(frame, unit, domain) for domain in where}
    facts = (frame.key, frame.exclusive, frame.domains, tuple(sorted(shared.items())))

    def build() -> tuple[Row, float]:
        return _row(frame, unit, where, shared), inf

    slot = ("placement", frame.one.key, unit[0].index, unit[1])
    return memo.get(slot, (unit[0],), now, build, facts=facts)


def _row(
    frame: _Frame, unit: Unit, where: Counter[str], shared: Mapping[str, Sequence[str]]
) -> Row:
    group, subgroup = unit
    health = _verdict(frame, unit, where, shared)
    home = where.most_common(1)[0][0] if where else ""
    label = f"{group.index}" if subgroup < 0 else f"{group.index}.{subgroup}"
    nodes = sorted({pod.node for pod in _members(unit) if pod.node}, key=natural)
    marks = {d: _mark(frame, d, home, shared) for d in where}
    if frame.domains:
        cells = [_domain_cell(where[d], marks.get(d, "")) for d in frame.domains]
    else:
        cells = [_named(where, marks)]
    beyond = f" +{len(nodes) - MOST_NAMES}" if len(nodes) > MOST_NAMES else ""
    shown = (
        Cell(health.glyph, health.tone),
        Cell(label),
        *cells,
        Cell(" ".join(nodes[:MOST_NAMES]) + beyond, "dim"),
        Cell(health.reason, "dim" if health.glyph == "·" else health.tone),
    )
    sort = (
        health.severity,
        (group.index, subgroup),
        *(-where[d] for d in frame.domains or ("",)),
        tuple(nodes),
        health.reason,
    )
    key = f"{frame.one.lws.metadata.uid or frame.one.key}/{label}"
    extra = " ".join((*where, *nodes))
    return row(key, shown, sort, group_ref(frame.one, group), health, extra=extra)


def _verdict(
    frame: _Frame, unit: Unit, where: Counter[str], shared: Mapping[str, Sequence[str]]
) -> Health:
    """Return what to think of a unit's place."""
    missing = unit[0].size - len(unit[0].pods) if unit[1] < 0 else 0
    unplaced = sum(not pod.node for pod in _members(unit)) + max(0, missing)
    if not where:
        return judge("_", "not placed yet", word="unplaced")
    also = f", {count(unplaced, 'pod')} not placed" if unplaced else ""
    noun = frame.key.rpartition("/")[2]
    if len(where) > 1 and frame.key != HOST:
        glyph = "X" if frame.exclusive else "!"
        return judge(glyph, f"split over {count(len(where), noun)}{also}", word="split")
    others = sorted({name for names in shared.values() for name in names}, key=natural)
    if others and frame.exclusive:
        return judge("!", f"shared with {_listed(others)}{also}", word="shared")
    if unplaced:
        return judge("o", f"{count(unplaced, 'pod')} not placed", word="unplaced")
    if frame.key == HOST:
        return judge("·", count(len(where), "node"), word="ok")
    return judge("·", f"ok, beside {_listed(others)}" if others else "ok", word="ok")


def _listed(names: Sequence[str]) -> str:
    beyond = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + beyond


def _mark(frame: _Frame, domain: str, home: str, shared: Mapping[str, Sequence[str]]) -> str:
    """Return ``!`` for pods away from the rest, ``+`` for a domain that must not be shared."""
    if frame.key != HOST and domain != home:
        return "!"
    return "+" if frame.exclusive and shared[domain] else ""


def _domain_cell(pods: int, mark: str) -> Cell:
    if not pods:
        return Cell("·", "dim")
    return Cell(f"{pods}{mark}", {"!": "bad", "+": "warn"}.get(mark, ""))  # type: ignore[arg-type]


def _named(where: Counter[str], marks: Mapping[str, str]) -> Cell:
    return Cell(" ".join(f"{d}:{where[d]}{marks[d]}" for d in sorted(where, key=natural)))


def _columns(frame: _Frame) -> tuple[Column, ...]:
    domains: Sequence[Column] = [
        Column(f"in-{number}", _tail(domain), DOMAIN_CELLS, "right")
        for number, domain in enumerate(frame.domains)
    ] or [Column("domains", "DOMAINS", 20, flex=True)]
    return (
        Column("state", "S", 1),
        Column("group", "GRP", 6, "right"),
        *domains,
        Column("nodes", "NODES", 15, flex=True),
        Column("verdict", "VERDICT", 24, flex=True),
    )


def _tail(domain: str) -> str:
    """Return the end of a domain's name, which tells it from its neighbours."""
    return domain if len(domain) <= DOMAIN_CELLS else f"…{domain[1 - DOMAIN_CELLS :]}"


def _fitting(rows: Sequence[Row], ref: Ref, most: int, query: Query) -> tuple[Sequence[Row], int]:
    """Return the rows to show and how many are left out: the fine ones when not all fit."""
    standing_out = [r for r in rows if r.state != "ok" or (r.ref and r.ref.group == ref.group)]
    if len(rows) <= most or query.filter or not standing_out:
        return rows, 0
    return standing_out, len(rows) - len(standing_out)


def _title(one: SetDigest, key: str) -> Line:
    return (
        Span("placement of ", "title"),
        Span(one.key.name),
        Span(f"   group × {key}" if key else "", "dim"),
    )


def _note(rows: Sequence[Row], hidden: int, key: str) -> Line:
    states = Counter(r.state for r in rows)
    spans = [Span("number = pods   ", "dim")]
    if states["split"]:
        spans += [Span("! ", "bad"), Span(f"{states['split']:,} split   ")]
    if states["shared"]:
        spans += [Span("+ ", "warn"), Span(f"{states['shared']:,} shared   ")]
    if states["unplaced"]:
        spans.append(Span(f"{states['unplaced']:,} not placed   "))
    if key and not (states["split"] or states["shared"]):
        spans.append(Span("no group is split   " if key != HOST else "", "ok"))
    if hidden:
        spans.append(Span(f"{hidden:,} that are fine are left out", "dim"))
    return tuple(spans)
