"""The pods table: of everything, of a set, of a group, or of a node."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from math import inf
from types import MappingProxyType
from typing import Final

from controller.api.meta import Key
from controller.api.pods import Pod
from lwstui.state.model import Snapshot
from lwstui.telemetry.usage import Usage
from lwstui.view import usage
from lwstui.view.ages import age, changes_in, ratio
from lwstui.view.digest import bad_nodes, pod_ref
from lwstui.view.health import Health, pod_health
from lwstui.view.memo import Memo
from lwstui.view.tables import DASH, arrange, row, shared
from lwstui.view.types import Cell, Column, Query, Ref, Row, TableView
from lwstui.view.usualstart import slow_start_s

COLUMNS: Final = (
    Column("state", "S", 1),
    Column("name", "POD", 16, flex=True),
    Column("namespace", "NS", 9, min_screen=110),
    Column("role", "ROLE", 6),
    Column("group", "GRP", 4, "right"),
    Column("status", "STATUS", 9),
    Column("ready", "READY", 5, "right"),
    Column("restarts", "RST", 3, "right"),
    Column("gpu", "GPU", 3, "right"),
    *usage.COLUMNS,
    Column("node", "NODE", 12),
    Column("revision", "REV", 6, min_screen=90),
    Column("reason", "REASON", 14, flex=True, min_screen=100),
    Column("ip", "IP", 15, min_screen=141),
    Column("age", "AGE", 6, "right", age=True),
)
_USAGE_AT: Final = COLUMNS.index(usage.COLUMNS[0])
COARSE_ABOVE: Final = 200


def pods(
    snapshot: Snapshot, query: Query, now: float, memo: Memo, *, scope: Ref | None = None
) -> TableView:
    """Return the pods table.

    Args:
        snapshot: What is known.
        query: Filter and order.
        now: Epoch seconds.
        memo: Remembers rows between calls.
        scope: A set, group, pod or node whose pods are meant; None means all sets.
    """
    if scope is None:
        rows: Iterable[Row] = chain.from_iterable(by_set(snapshot, now, memo))
    else:
        nodes = bad_nodes(snapshot, memo, now)
        found = tuple(scoped(snapshot, scope))
        coarse, reasons = len(found) > COARSE_ABOVE, dict(nodes)
        plain = [
            _row(
                p,
                reasons.get(p.node, ""),
                slow_start_s(snapshot, p.set_key, memo, now),
                now,
                memo,
                coarse=coarse,
            )[0]
            for p in found
        ]
        rows = [_with_usage(snapshot, p, r, now, memo) for p, r in zip(found, plain, strict=True)]
    return arrange(COLUMNS, rows, query, now, empty="no pods here")


def by_set(snapshot: Snapshot, now: float, memo: Memo) -> Iterator[tuple[Row, ...]]:
    """Yield the rows of the pods of each set in view."""
    nodes = bad_nodes(snapshot, memo, now)
    keys = [key for key in sorted(snapshot.by_set) if _in_view(snapshot, key)]
    coarse = sum(len(snapshot.by_set[key]) for key in keys) > COARSE_ABOVE
    for key in keys:
        yield _rows_of_set(snapshot, key, nodes, now, memo, coarse=coarse)


def _rows_of_set(
    snapshot: Snapshot,
    key: Key,
    nodes: frozenset[tuple[str, str]],
    now: float,
    memo: Memo,
    *,
    coarse: bool,
) -> tuple[Row, ...]:
    """Return the rows of one set's pods; a set nothing happens in costs nothing."""
    members, telemetry = snapshot.by_set[key], snapshot.telemetry
    slow_s = slow_start_s(snapshot, key, memo, now)

    def build() -> tuple[tuple[Row, ...], float]:
        reasons = dict(nodes)
        pairs = [
            _row(p, reasons.get(p.node, ""), slow_s, now, memo, coarse=coarse) for p in members
        ]
        untils = [until for _, until in pairs]
        untils += [usage.changes_at(u, now, telemetry) for u in _usages(snapshot, members)]
        rows = (r for r, _ in pairs)
        wide = [_with_usage(snapshot, p, r, now, memo) for p, r in zip(members, rows, strict=True)]
        return tuple(wide), min(untils, default=inf)

    sources = (members, nodes, telemetry.pod_usage)
    facts = (coarse, slow_s, telemetry.period_s)
    return memo.get(("pods", key), sources, now, build, facts=facts)


def _usages(snapshot: Snapshot, members: Iterable[Pod]) -> Iterator[Usage]:
    known = snapshot.telemetry.pod_usage
    return (known[pod.key] for pod in members if pod.key in known) if known else iter(())


def _with_usage(snapshot: Snapshot, pod: Pod, plain: Row, now: float, memo: Memo) -> Row:
    telemetry = snapshot.telemetry
    known = telemetry.pod_usage.get(pod.key)
    return usage.filled(plain, _USAGE_AT, known, now=now, telemetry=telemetry, memo=memo)


def scoped(snapshot: Snapshot, scope: Ref) -> Iterable[Pod]:
    """Return the pods that belong to a set, group, pod or node."""
    if scope.kind == "node":
        return snapshot.node_pods.get(scope.name, ())
    if scope.kind == "pod":
        pod = snapshot.pods.get(scope.key)
        return (pod,) if pod is not None else ()
    members = snapshot.by_set.get(scope.key, ())
    if scope.kind == "group":
        return (pod for pod in members if pod.group == scope.group)
    return members


def _in_view(snapshot: Snapshot, key: Key) -> bool:
    """Tell whether a set's pods are asked for: all pods are watched, for their devices."""
    return not snapshot.cluster.namespaces or key.namespace in snapshot.cluster.namespaces


def role(pod: Pod) -> str:
    """Return ``leader``, ``w3``, or a dash for pods outside sets."""
    if pod.worker < 0:
        return "—"
    return "leader" if pod.worker == 0 else f"w{pod.worker}"


def _row(
    pod: Pod, bad_node: str, slow_s: float, now: float, memo: Memo, *, coarse: bool
) -> tuple[Row, float]:
    """Return a pod's row, and the epoch second from which it would read differently."""

    def build() -> tuple[tuple[Row, float], float]:
        health = pod_health(pod, now, bad_node=bad_node, slow_s=slow_s)
        until = min(health.until, now + changes_in(now - pod.created_at, coarse=coarse))
        return (_build(pod, health, now, coarse=coarse), until), until

    # What is usual matters only while it starts.
    facts = (bad_node, coarse, 0.0 if pod.ready else slow_s)
    return memo.get(("pod", pod.uid), (pod,), now, build, facts=facts)


def _build(pod: Pod, health: Health, now: float, *, coarse: bool) -> Row:
    main = [c for c in pod.containers if not c.init]
    ready = sum(c.ready for c in main)
    restarts = pod.restarts
    devices = sum(amount for _, amount in pod.accelerators)
    cells = (
        shared(health.glyph, health.tone),
        Cell(pod.name),
        shared(pod.namespace),
        shared(role(pod), "bold" if pod.worker == 0 else ""),
        shared(str(pod.group)) if pod.group >= 0 else DASH,
        shared(health.word, health.tone),
        shared(ratio(ready, len(main))),
        shared(str(restarts), "warn" if restarts else "dim"),
        shared(str(devices)) if devices else DASH,
        *usage.NOTHING,
        shared(pod.node) if pod.node else DASH,
        shared(pod.revision[:6], "dim"),
        shared(health.reason, "" if health.glyph in "XP!" else "dim"),
        Cell(pod.ip, "dim"),
        shared(age(now - pod.created_at, coarse=coarse), "dim"),
    )
    place = (pod.namespace, pod.set_name, pod.group, pod.worker)
    sort = (
        health.severity,
        (*place, pod.name),
        pod.namespace,
        (pod.worker, *place),
        place,
        health.word,
        ready - len(main),
        restarts,
        devices,
        *usage.UNKNOWN,
        (pod.node, *place),
        pod.revision,
        health.reason,
        pod.ip,
        -pod.created_at,
    )
    images = " ".join(container.image for container in main)
    labels = _labels(pod.set_name, pod.role, pod.revision)
    return row(pod.uid, cells, sort, pod_ref(pod), health, extra=images, labels=labels)


@lru_cache(4096)
def _labels(set_name: str, role: str, revision: str) -> Mapping[str, str]:
    """Return the labels of a pod that filters know: many pods of a set share theirs."""
    return MappingProxyType({"name": set_name, "role": role, "revision": revision})
