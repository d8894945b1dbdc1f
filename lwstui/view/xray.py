"""A set as a tree: groups, their pods, their containers; what is fine is folded. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Final

from controller.api.meta import Key
from controller.api.pods import Container, Pod
from lwstui.state.model import Snapshot
from lwstui.view.ages import age, changes_in, count, ratio
from lwstui.view.digest import GroupDigest, SetDigest, digest, group_ref, pod_ref
from lwstui.view.filters import Filter, FilterError, parse
from lwstui.view.groups import mark_of
from lwstui.view.health import FINE, Health
from lwstui.view.memo import Memo
from lwstui.view.pod import container_health
from lwstui.view.pods import role
from lwstui.view.tables import DASH, glyph, row
from lwstui.view.types import Cell, Column, Query, Ref, Row, TableView

COLUMNS: Final = (
    Column("state", "S", 1),
    Column("name", "TREE", 30, flex=True),
    Column("ready", "READY", 7, "right"),
    Column("status", "STATE", 10),
    Column("reason", "REASON", 20, flex=True),
    Column("restarts", "RST", 3, "right", min_screen=90),
    Column("node", "NODE", 14, min_screen=110),
    Column("age", "AGE", 6, "right", age=True),
)
_OPEN: Final = "▾"
_SHUT: Final = "▸"
SET: Final = "set"


def xray(
    snapshot: Snapshot, key: Key, query: Query, now: float, memo: Memo, *, toggled: Set[str]
) -> TableView:
    """Return the tree of a set as rows.

    Groups and pods that are not fine are open, the others are folded; each can be the other way
    round. A filter opens what it finds.

    Args:
        snapshot: What is known.
        key: The set.
        query: Filter; "faults only" leaves the branches that lead to one.
        now: Epoch seconds.
        memo: Remembers rows between calls.
        toggled: Keys of the rows that are the other way round.
    """
    lws = snapshot.sets.get(key)
    if lws is None:
        return TableView(COLUMNS, note=f"{key} is gone")
    tree = _Tree(digest(snapshot, lws, memo, now), toggled, now, memo)
    note = ""
    wanted = Filter()
    try:
        wanted = parse(query.filter, COLUMNS)
    except FilterError as error:
        note = str(error)
    if not wanted.tests and not query.faults_only:
        shown = tuple(tree.rows())
        return TableView(COLUMNS, shown, len(shown), note)
    branches = tuple(tree.branches())
    shown = tuple(
        row
        for row, below in branches
        if any(_wanted(one, wanted, query, now) for one in (row, *below))
    )
    return TableView(COLUMNS, shown, len(branches), note or ("" if shown else "nothing matches"))


def _wanted(one: Row, wanted: Filter, query: Query, now: float) -> bool:
    fault = one.severity < FINE or not query.faults_only
    return fault and (not wanted.tests or wanted.matches(one, now))


class _Tree:
    """One set's rows."""

    def __init__(self, one: SetDigest, toggled: Set[str], now: float, memo: Memo) -> None:
        self.one = one
        self.toggled = toggled
        self.now = now
        self.memo = memo

    def rows(self) -> Iterator[Row]:
        """Yield the rows that are not folded away."""
        open_ = self._open(SET, opened=True)
        yield self._set(open_=open_)
        if not open_:
            return
        for group in self.one.groups:
            key = f"g{group.index}"
            shown = self._open(key, opened=group.health.severity < FINE)
            yield self._group(group, open_=shown)
            if shown:
                yield from self._pods(group)

    def branches(self) -> Iterator[tuple[Row, tuple[Row, ...]]]:
        """Yield every row, folded away or not, with the rows below it."""
        groups = [
            (self._group(group, open_=True), tuple(self._branches_of(group)))
            for group in self.one.groups
        ]
        everything = tuple(
            one for top, pods in groups for one in (top, *(r for r, _ in pods), *_below(pods))
        )
        yield self._set(open_=True), everything
        for top, pods in groups:
            yield top, (*(r for r, _ in pods), *_below(pods))
            for pod, containers in pods:
                yield pod, containers
                yield from ((container, ()) for container in containers)

    def _branches_of(self, group: GroupDigest) -> Iterator[tuple[Row, tuple[Row, ...]]]:
        for pod, health in zip(group.pods, group.healths, strict=True):
            containers = tuple(self._container(pod, one) for one in pod.containers)
            yield self._pod(pod, health, open_=True), containers

    def _pods(self, group: GroupDigest) -> Iterator[Row]:
        for pod, health in zip(group.pods, group.healths, strict=True):
            shown = self._open(pod.uid, opened=health.severity < FINE)
            yield self._pod(pod, health, open_=shown)
            if shown:
                yield from (self._container(pod, one) for one in pod.containers)

    def _open(self, key: str, *, opened: bool) -> bool:
        return opened != (key in self.toggled)

    def _set(self, *, open_: bool) -> Row:
        one, mark = self.one, _OPEN if open_ else _SHUT
        meta = one.lws.metadata
        name = f"{mark} {meta.name}   {count(one.replicas, 'group')} × {count(one.size, 'pod')}"
        ref = Ref("set", meta.namespace, meta.name)
        return _row(SET, name, ratio(one.ready, one.replicas), one.health, ref)

    def _group(self, group: GroupDigest, *, open_: bool) -> Row:
        def build() -> tuple[Row, float]:
            mark = _OPEN if open_ else _SHUT
            name = f"  {mark} group {group.index}{mark_of(self.one, group).strip()}"
            ref = group_ref(self.one, group)
            key = f"g{group.index}"
            ready = ratio(group.ready, group.size)
            return _row(key, name, ready, group.health, ref, restarts=group.restarts), float("inf")

        facts = (open_, self.one.rolling, self.one.desired)
        slot = ("xray", self.one.key, group.index)
        return self.memo.get(slot, (group,), self.now, build, facts=facts)

    def _pod(self, pod: Pod, health: Health, *, open_: bool) -> Row:
        def build() -> tuple[Row, float]:
            mark = _OPEN if open_ else _SHUT
            ready = ratio(sum(c.ready for c in pod.containers if not c.init), _mains(pod))
            name = f"    {mark} {pod.name}   {role(pod)}"
            since = self.now - pod.created_at
            made = _row(
                pod.uid,
                name,
                ready,
                health,
                pod_ref(pod),
                restarts=pod.restarts,
                node=pod.node,
                created_at=pod.created_at,
                now=self.now,
            )
            return made, self.now + changes_in(since)

        slot = ("xray", pod.uid)
        return self.memo.get(slot, (pod, health), self.now, build, facts=open_)

    def _container(self, pod: Pod, one: Container) -> Row:
        def build() -> tuple[Row, float]:
            kind = "init " if one.init else ""
            name = f"        {kind}{one.name}   {one.image}"
            key = f"{pod.uid}/{one.name}"
            ready = "yes" if one.ready else "no"
            health = container_health(one)
            made = _row(key, name, ready, health, pod_ref(pod), restarts=one.restarts)
            return made, float("inf")

        return self.memo.get(("xray", pod.uid, one.name), (one,), self.now, build)


def _below(pods: tuple[tuple[Row, tuple[Row, ...]], ...]) -> Iterator[Row]:
    return (container for _, containers in pods for container in containers)


def _mains(pod: Pod) -> int:
    return sum(not container.init for container in pod.containers)


def _row(
    key: str,
    name: str,
    ready: str,
    health: Health,
    ref: Ref,
    *,
    restarts: int = 0,
    node: str = "",
    created_at: float = 0.0,
    now: float = 0.0,
) -> Row:
    cells = (
        glyph(health),
        Cell(name),
        Cell(ready),
        Cell(health.word, health.tone),
        Cell(health.reason, "" if health.severity < FINE else "dim"),
        Cell(str(restarts), "warn" if restarts else "dim"),
        Cell(node) if node else DASH,
        Cell(age(now - created_at), "dim") if created_at else DASH,
    )
    sort = (health.severity, name, ready, health.word, health.reason, restarts, node, -created_at)
    return row(key, cells, sort, ref, health)
