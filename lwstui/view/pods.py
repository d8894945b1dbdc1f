"""The pods table: of everything, of a set, of a group, or of a node."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import chain, repeat
from math import inf
from types import MappingProxyType
from typing import Final, NamedTuple, cast

from controller.api.meta import Key
from controller.api.pods import Pod
from lwstui.state.model import Snapshot
from lwstui.telemetry.usage import Usage
from lwstui.view import usage
from lwstui.view.ages import age, changes_in, ratio
from lwstui.view.digest import bad_nodes, digest, pod_ref
from lwstui.view.health import Health, pod_health
from lwstui.view.memo import Memo
from lwstui.view.tables import DASH, LateRow, arrange, haystack, shared, tone_of
from lwstui.view.types import NO_LABELS, Cell, Column, Query, Ref, Row, TableView, Tone
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
    elif scope.kind == "set":
        coarse = len(snapshot.by_set.get(scope.key, ())) > COARSE_ABOVE
        rows = _rows_of_set(_Judge(snapshot, now, memo), scope.key, coarse=coarse)
    else:
        found, slot = tuple(scoped(snapshot, scope)), ("pods of", scope)
        coarse = len(found) > COARSE_ABOVE
        judge = _Judge(snapshot, now, memo)
        made = _rows(slot, found, [*map(judge, found)], judge, coarse=coarse)
        rows = memo.keep(slot, made)
    return arrange(COLUMNS, rows, query, now, empty="no pods here")


def by_set(snapshot: Snapshot, now: float, memo: Memo) -> Iterator[tuple[Row, ...]]:
    """Yield the rows of the pods of each set in view."""
    keys = [key for key in sorted(snapshot.by_set) if _in_view(snapshot, key)]
    coarse = sum(len(snapshot.by_set[key]) for key in keys) > COARSE_ABOVE
    judge = _Judge(snapshot, now, memo)
    for key in keys:
        yield _rows_of_set(judge, key, coarse=coarse)


def make(rows: Iterable[Row], *names: str) -> None:
    """Make some attributes of rows ahead, such as what a filter searches."""
    for row in rows:
        for name in names:
            getattr(row, name)


def _rows_of_set(judge: _Judge, key: Key, *, coarse: bool) -> tuple[Row, ...]:
    """Return the rows of one set's pods; a set nothing happens in costs nothing."""
    snapshot, slot = judge.snapshot, ("pods", key)
    members, telemetry = snapshot.by_set.get(key, ()), snapshot.telemetry

    def build() -> tuple[tuple[PodRow, ...], float]:
        rows = _rows(slot, members, judge.of_set(key, members), judge, coarse=coarse)
        return rows, min((row.until for row in rows), default=inf)

    sources = (members, judge.nodes, telemetry.pod_usage)
    facts = (coarse, slow_start_s(snapshot, key, judge.memo, judge.now), telemetry.period_s)
    return judge.memo.get(slot, sources, judge.now, build, facts=facts)


class _Judge:
    """Judges pods by what a snapshot says of them, their sets and their nodes."""

    def __init__(self, snapshot: Snapshot, now: float, memo: Memo) -> None:
        self.snapshot = snapshot
        self.now = now
        self.memo = memo
        self.nodes = bad_nodes(snapshot, memo, now)
        self._reasons = dict(self.nodes)

    def __call__(self, pod: Pod) -> Health:
        slow_s = slow_start_s(self.snapshot, pod.set_key, self.memo, self.now)
        bad_node = self._reasons.get(pod.node, "")
        return pod_health(pod, self.now, bad_node=bad_node, slow_s=slow_s)

    def of_set(self, key: Key, members: Sequence[Pod]) -> Sequence[Health]:
        """Return the judgments of all pods of a set; its digest holds those in groups already."""
        lws = self.snapshot.sets.get(key)
        groups = digest(self.snapshot, lws, self.memo, self.now).groups if lws else ()
        known = [health for group in groups for health in group.healths]
        # Pods without a group come first, and are in no digest.
        return [*map(self, members[: len(members) - len(known)]), *known]


def _rows(
    slot: Hashable,
    pods: Sequence[Pod],
    healths: Sequence[Health],
    judge: _Judge,
    *,
    coarse: bool,
) -> tuple[PodRow, ...]:
    """Return the rows of pods; those that read as they did are the same objects.

    Args:
        slot: Where the memo keeps the rows from before.
        pods: The pods.
        healths: Their judgments.
        judge: What they were judged by.
        coarse: Whether ages show minutes at most.
    """
    now, telemetry = judge.now, judge.snapshot.telemetry
    measured, period_s = telemetry.pod_usage, telemetry.period_s
    before = cast("tuple[PodRow, ...] | None", judge.memo.last(slot)) or ()
    # Pods mostly stand where they stood: only if some came or went are they looked for.
    known = {row.key: row for row in before} if len(before) != len(pods) else {}

    def row_of(pod: Pod, health: Health, row: PodRow | None) -> PodRow:
        used = measured.get(pod.key) if measured else None
        seen = Seen(pod, health, used, period_s, coarse)
        return row if row is not None and row.still(seen, now) else PodRow(seen, now)

    rows = (known.get(pod.uid) for pod in pods) if known else before or repeat(None)
    return tuple(map(row_of, pods, healths, rows))


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


class Seen(NamedTuple):
    """What the row of a pod says.

    Attributes:
        pod: The pod.
        health: Its judgment.
        usage: The processors and memory it uses, as far as known.
        period_s: How often that is measured.
        coarse: Whether ages show minutes at most.
    """

    pod: Pod
    health: Health
    usage: Usage | None
    period_s: float
    coarse: bool


class PodRow(LateRow):
    """The row of a pod.

    Args:
        seen: What it says.
        now: Epoch seconds, from which ages are counted.

    Attributes:
        until: Epoch second from which it would read differently.
    """

    __slots__ = ("_now", "_seen", "until")
    until: float
    _seen: Seen
    _now: float

    def __init__(self, seen: Seen, now: float) -> None:
        pod, health, used, period_s, coarse = seen
        until = min(health.until, now + changes_in(now - pod.created_at, coarse=coarse))
        keep = partial(object.__setattr__, self)
        keep("key", pod.uid)
        keep("severity", health.severity)
        keep("whole", NO_LABELS)
        keep("until", min(until, usage.changes_at(used, now, period_s)))
        keep("_seen", seen)
        keep("_now", now)

    def still(self, seen: Seen, now: float) -> bool:
        """Tell whether the row reads as one that would be made now."""
        mine = self._seen
        return (
            mine.pod is seen.pod
            and mine.usage is seen.usage
            and now < self.until
            and mine[1:] == seen[1:]
        )

    def made_ref(self) -> Ref:
        """Return what the row is about."""
        return pod_ref(self._seen.pod)

    def made_state(self) -> str:
        """Return the word of the pod's state."""
        return self._seen.health.word

    def made_tone(self) -> Tone:
        """Return the tone of the whole row."""
        return tone_of(self._seen.health)

    def made_labels(self) -> Mapping[str, str]:
        """Return the labels that filters know."""
        return _labels(self._seen.pod.set_name, self._seen.pod.role, self._seen.pod.revision)

    def made_cells(self) -> tuple[Cell, ...]:
        """Return the cells."""
        pod, health, used, period_s, coarse = self._seen
        main = [c for c in pod.containers if not c.init]
        restarts, devices = pod.restarts, _devices(pod)
        return (
            shared(health.glyph, health.tone),
            Cell(pod.name),
            shared(pod.namespace),
            shared(role(pod), "bold" if pod.worker == 0 else ""),
            shared(str(pod.group)) if pod.group >= 0 else DASH,
            shared(health.word, health.tone),
            shared(ratio(sum(c.ready for c in main), len(main))),
            shared(str(restarts), "warn" if restarts else "dim"),
            shared(str(devices)) if devices else DASH,
            *usage.cells(used, self._now, period_s),
            shared(pod.node) if pod.node else DASH,
            shared(pod.revision[:6], "dim"),
            shared(health.reason, "" if health.glyph in "XP!" else "dim"),
            Cell(pod.ip, "dim"),
            shared(age(self._now - pod.created_at, coarse=coarse), "dim"),
        )

    def made_sort(self) -> tuple[object, ...]:
        """Return the sort keys."""
        pod, health, used, _, _ = self._seen
        place = (pod.namespace, pod.set_name, pod.group, pod.worker)
        return (
            health.severity,
            (*place, pod.name),
            pod.namespace,
            (pod.worker, *place),
            place,
            health.word,
            -sum(not c.ready for c in pod.containers if not c.init),
            pod.restarts,
            _devices(pod),
            *usage.sort_keys(used),
            (pod.node, *place),
            pod.revision,
            health.reason,
            pod.ip,
            -pod.created_at,
        )

    def made_haystack(self) -> str:
        """Return the text that filters search: cells, state and images."""
        images = " ".join(c.image for c in self._seen.pod.containers if not c.init)
        return haystack(self.cells, self._seen.health.word, self._seen.health.reason, images)


def _devices(pod: Pod) -> int:
    return sum(amount for _, amount in pod.accelerators)


@lru_cache(4096)
def _labels(set_name: str, role: str, revision: str) -> Mapping[str, str]:
    """Return the labels of a pod that filters know: many pods of a set share theirs."""
    return MappingProxyType({"name": set_name, "role": role, "revision": revision})
