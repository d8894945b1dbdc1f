"""The events table: newest first, one row per object and reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from controller.api.core import Event
from controller.api.names import split_ordinal
from lwstui.state.manner import Times
from lwstui.state.model import Snapshot
from lwstui.view.ages import age, changes_in, moment
from lwstui.view.event_folds import Fold, Folded, folded
from lwstui.view.health import judge
from lwstui.view.memo import Memo
from lwstui.view.phrases import event_tone
from lwstui.view.pods import scoped
from lwstui.view.tables import DASH, arrange, row
from lwstui.view.types import Cell, Column, Query, Ref, Row, TableView

COLUMNS: Final = (
    Column("state", "T", 1),
    Column("time", "TIME", 8),
    Column("age", "LAST", 6, "right", min_screen=100, age=True),
    Column("first", "FIRST", 8, min_screen=130),
    Column("count", "×", 4, "right"),
    Column("reason", "REASON", 18),
    Column("namespace", "NS", 9, min_screen=110),
    Column("object", "OBJECT", 20),
    Column("group", "GRP", 4, "right", min_screen=90),
    Column("note", "NOTE", 20, flex=True, want=36),
    Column("reporter", "FROM", 16, min_screen=141),
)
COARSE_ABOVE: Final = 200


def events(
    snapshot: Snapshot,
    query: Query,
    now: float,
    memo: Memo,
    *,
    scope: Ref | None = None,
    how: Fold = "object",
) -> TableView:
    """Return the events table; "faults only" means warnings only.

    Args:
        snapshot: What is known.
        query: Filter and order; newest first by default.
        now: Epoch seconds.
        memo: Remembers rows between calls.
        scope: A set, group, pod or node whose events are meant; None means all.
        how: What makes events one row.
    """
    about = about_object(snapshot, scope)
    found = folded(snapshot, filter(about, snapshot.events.values()), how)
    coarse = len(found) > COARSE_ABOVE
    look = _Look(coarse, how, snapshot.manner.times)
    rows = [_row(one, now, memo, look) for one in found]
    return arrange(COLUMNS, rows, query, now, empty=_empty(snapshot), default="age")


def _empty(snapshot: Snapshot) -> str:
    sync = snapshot.sync.get("events")
    if sync is None:
        return "events are read while this screen is open"
    if sync.state == "forbidden":
        return "events cannot be listed with these credentials"
    return "no events; a cluster forgets them after about an hour"


def about_object(snapshot: Snapshot, scope: Ref | None) -> Callable[[Event], bool]:
    """Return whether an event is about a set, group, pod or node; None is about everything."""
    if scope is None:
        return lambda _event: True
    if scope.kind == "node":
        return lambda event: event.regarding_kind == "Node" and event.regarding_name == scope.name
    uids = {pod.uid for pod in scoped(snapshot, scope)}
    if scope.kind == "set":
        return lambda event: (
            event.namespace == scope.namespace
            and (event.regarding_uid in uids or _of_set(event, scope.name))
        )
    leader = f"{scope.name}-{scope.group}" if scope.kind == "group" else scope.name
    return lambda event: (
        event.namespace == scope.namespace
        and (event.regarding_uid in uids or _of_pod(event, leader, group=scope.kind == "group"))
    )


def _of_set(event: Event, name: str) -> bool:
    """Tell whether an event is about the set, or a pod of it that may be gone by now."""
    if event.regarding_name == name:
        return event.regarding_kind in ("LeaderWorkerSet", "StatefulSet", "Service")
    return event.regarding_kind == "Pod" and _set_name(event.regarding_name) == name


def _of_pod(event: Event, name: str, *, group: bool) -> bool:
    if event.regarding_kind != "Pod":
        return False
    return event.regarding_name == name or (
        group and split_ordinal(event.regarding_name)[0] == name
    )


def _set_name(pod: str) -> str:
    """Return the set a pod name of the form ``set-group[-worker]`` belongs to."""
    parent, last = split_ordinal(pod)
    upper, group = split_ordinal(parent)
    return upper if last >= 0 and group >= 0 else parent


class _Look(NamedTuple):
    """How rows are told."""

    coarse: bool
    how: Fold
    times: Times


def _row(one: Folded, now: float, memo: Memo, look: _Look) -> Row:
    newest = one.newest

    def build() -> tuple[Row, float]:
        until = now + changes_in(now - newest.last_at, coarse=look.coarse)
        return _build(one, now, look), until

    facts = (one.group, look, len(one.events))
    slot = ("event", look.how, _identity(one, look.how))
    return memo.get(slot, one.events, now, build, facts=facts)


def _identity(one: Folded, how: Fold) -> str:
    """Return what a row is known by, the same while it counts on."""
    newest = one.newest
    if how == "none":
        return newest.uid or f"{newest.namespace}/{newest.name}"
    about = newest.regarding_name
    if how == "group" and one.group >= 0:
        about = f"group {one.group} of {_set_name(about)}"
    kind = newest.regarding_kind if how == "object" else ""
    return f"{newest.namespace}/{kind}/{about}/{newest.type}/{newest.reason}"


def _build(one: Folded, now: float, look: _Look) -> Row:
    event, group, (coarse, how, times) = one.newest, one.group, look
    tone = event_tone(event)
    warning = event.type == "Warning"
    health = judge("!", event.reason, word="warning") if warning else judge("·", word="normal")
    about = event.regarding_name
    if one.objects > 1:
        about = f"{about} +{one.objects - 1}"
    cells = (
        Cell(event.type[:1], tone),
        Cell(moment(event.last_at, now, times, coarse=coarse), "dim"),
        Cell(age(now - event.last_at, coarse=coarse), "dim"),
        Cell(moment(one.first_at, now, times, coarse=coarse), "dim"),
        Cell(str(one.times), "" if one.times > 1 else "dim"),
        Cell(event.reason, tone if warning else ""),
        Cell(event.namespace),
        Cell(about),
        Cell(str(group)) if group >= 0 else DASH,
        Cell(event.note),
        Cell(event.reporter, "dim"),
    )
    sort = (
        health.severity,
        -event.last_at,
        -event.last_at,
        -one.first_at,
        -one.times,
        event.reason,
        event.namespace,
        event.regarding_name,
        group,
        event.note,
        event.reporter,
    )
    names = " ".join(other.regarding_name for other in one.events)
    return row(_identity(one, how), cells, sort, _ref(event, group), health, extra=names)


def _ref(event: Event, group: int) -> Ref:
    """Return the object an event is about, where the console has a screen for its kind."""
    namespace, name, uid = event.namespace, event.regarding_name, event.regarding_uid
    if event.regarding_kind == "LeaderWorkerSet":
        return Ref("set", namespace, name, uid=uid)
    if event.regarding_kind == "Pod":
        return Ref("pod", namespace, name, group, uid=uid)
    if event.regarding_kind == "Node":
        return Ref("node", "", name, uid=uid)
    return Ref("event", namespace, event.name, uid=event.uid)
