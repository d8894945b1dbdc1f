"""The controller screen: who controls which set, how that controller does, what it decided."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import Final

from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from controller.guard import Manager, evidence_of, verdict
from controller.plan.observed import Observed
from controller.plan.paused import paused
from controller.plan.told import PlanNote
from lwstui.state.manner import Times
from lwstui.state.model import ControllerView, Snapshot
from lwstui.view.ages import age, clock, count, moment
from lwstui.view.health import Health, judge
from lwstui.view.memo import Memo
from lwstui.view.pausing import paused_sets, paused_text
from lwstui.view.tables import DASH, arrange, glyph, row
from lwstui.view.trouble import attended
from lwstui.view.types import Cell, Column, Impact, Line, Query, Ref, Row, Span, TableView, Tone

DECISIONS: Final = 12
PLANS: Final = 8
REASONS: Final = 2
"""Reasons of a plan that are shown."""
NAMED: Final = 3
"""Sets that are named of those that the controller is paused for."""
HERE: Final = frozenset({"leader", "standby", "starting", "paused", "failed"})
"""Modes of a controller that runs in this process."""
COLUMNS: Final = (
    Column("state", "S", 1),
    Column("name", "NAME", 18, flex=True),
    Column("namespace", "NS", 12),
    Column("controller", "CONTROLLER", 16),
    Column("why", "KNOWN BY", 20, flex=True, min_screen=110),
    Column("waits", "WAITS", 5, "right"),
    Column("reason", "WAITS FOR", 24, flex=True),
)
_MODES: Final[dict[str, tuple[str, Tone]]] = {
    "leader": ("this console leads and acts", "ok"),
    "standby": ("this console stands by: another instance leads", "info"),
    "starting": ("this console waits for the lease or for the first lists", "busy"),
    "paused": ("this console's controller is PAUSED: nothing replaces lost groups", "warn"),
    "failed": ("this console's controller FAILED", "bad"),
    "elsewhere": ("a lwstui controller runs elsewhere", "ok"),
    "native": ("the native controller is at work", "ok"),
    "off": ("no controller acts: nothing replaces lost groups", "warn"),
    "unknown": ("not known yet: the lease has not been read", "dim"),
}
_NAMES: Final = {Manager.NATIVE: "native", Manager.KTHENA: "Kthena", Manager.OURS: "lwstui"}


def facts(snapshot: Snapshot, now: float) -> tuple[Line, ...]:
    """Return how the controller does, and what this console costs the API server."""
    return tuple(_facts(snapshot, now))


def _facts(snapshot: Snapshot, now: float) -> Iterator[Line]:
    view = snapshot.controller
    text, tone = _MODES.get(view.mode, (view.mode, ""))
    yield (Span(text, tone), Span(f"   {_serves(view)}", "dim"))
    yield _labelled("lease", _lease(view, now, snapshot.manner.times))
    if off := paused_sets(snapshot, now):
        yield _labelled("paused for", _paused(snapshot, off, now), "warn")
    if view.mode in HERE:
        yield _labelled("queue", f"{count(view.queue, 'set')} ready to be worked on")
        yield _labelled("passes", _passes(view), "warn" if view.errors else "")
    if view.last_error:
        yield _labelled("last error", view.last_error, "bad")
    yield _labelled("this console", _load(view))


def _paused(snapshot: Snapshot, off: tuple[Key, ...], now: float) -> str:
    """Return for which sets the controller is paused, by whom and since when."""
    named = (f"{key}: {paused_text(snapshot.sets[key], now)}" for key in off[:NAMED])
    more = f" and {len(off) - NAMED} more" if len(off) > NAMED else ""
    return f"{'; '.join(named)}{more}"


def _labelled(label: str, text: str, tone: Tone = "") -> Line:
    return (Span(f"{label:<14}", "dim"), Span(text, tone))


def _serves(view: ControllerView) -> str:
    if view.mode in ("off", "native", "unknown"):
        return ""
    return f"serves namespace {view.serves}" if view.serves else "serves all namespaces"


def _lease(view: ControllerView, now: float, times: Times) -> str:
    if not view.holder:
        return "nobody holds it" if view.mode != "unknown" else "not read yet"
    own = " (this console)" if view.holder == view.identity else ""
    since = f" since {clock(view.since, times)}, {age(now - view.since)}" if view.since else ""
    renewed = ""
    if view.renewed_at is not None:
        renewed = f"; renewed {age(now - view.renewed_at)} ago, due within {age(view.renew_s)}"
    return f"held by {view.holder}{own}{since}{renewed}"


def _passes(view: ControllerView) -> str:
    took = ""
    if view.pass_p50_s is not None and view.pass_p99_s is not None:
        took = f"; half within {_ms(view.pass_p50_s)}, 99% within {_ms(view.pass_p99_s)}"
    errors = count(view.errors, "failed", "failed")
    return f"{view.reconciles:,}, {errors}{took}; {count(view.writes, 'write')} sent"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:g} ms" if seconds < 1 else f"{seconds:g} s"


def _load(view: ControllerView) -> str:
    load = view.load
    rate = "not known yet" if load.per_minute is None else f"{load.per_minute:.0f} a minute"
    broken = count(load.broken, "watch broke", "watches broke")
    return f"requests {rate}, {load.requests:,} in all; {load.watches} watches, {broken}"


def manager_of(snapshot: Snapshot, lws: LeaderWorkerSet, memo: Memo, now: float) -> tuple[str, str]:
    """Return who controls a set, and what tells so.

    Args:
        snapshot: What is known.
        lws: The set.
        memo: Remembers the answer while the set and its pods are the same.
        now: Epoch seconds.
    """
    pods = snapshot.by_set.get(lws.key, ())

    def build() -> tuple[tuple[str, str], float]:
        judged = verdict(evidence_of(Observed(lws, pods)))
        found = judged.evidence
        why = (
            *found.stateful_sets[:1],
            *found.model_servings[:1],
            *(("pods of the set itself",) if found.direct else ()),
            *(("its rollout record",) if found.recorded and not found.direct else ()),
        )
        named = " and ".join(_NAMES[manager] for manager in judged.managers)
        return (named, ", ".join(why)), inf

    return memo.get(("manager", lws.key), (lws, pods), now, build)


def controller_table(snapshot: Snapshot, query: Query, now: float, memo: Memo) -> TableView:
    """Return the table of sets with their controllers; what nobody controls comes first."""
    rows = [_remembered(snapshot, key, now, memo) for key in sorted(snapshot.sets)]
    return arrange(COLUMNS, rows, query, now, empty="no LeaderWorkerSet here yet")


def _remembered(snapshot: Snapshot, key: Key, now: float, memo: Memo) -> Row:
    lws, view = snapshot.sets[key], snapshot.controller
    managed = manager_of(snapshot, lws, memo, now)
    waits = view.waits.get(key, ())
    served = attended(view, key)

    def build() -> tuple[Row, float]:
        return _row(lws, managed, waits, view, served=served), inf

    state = (managed, waits, view.mode, view.holder, view.identity, served)
    return memo.get(("controlled", key), (lws,), now, build, facts=state)


def _row(
    lws: LeaderWorkerSet,
    managed: tuple[str, str],
    waits: tuple[tuple[str, str, int], ...],
    view: ControllerView,
    *,
    served: bool | None,
) -> Row:
    who, why = managed
    health = _health(who, served=served)
    reason = waits[0][1] if waits else ""
    acting = _acting(who, view, served=served)
    pause = paused(lws.annotations)
    if pause is not None and health.word != "elsewhere":
        reason = reason or f"the controller is paused for this set{pause.by}"
        health = judge("?", reason, word="paused")
        acting = f"{acting.partition(',')[0]}, paused"
    meta = lws.metadata
    cells = (
        glyph(health),
        Cell(meta.name),
        Cell(meta.namespace),
        Cell(acting, health.tone if health.glyph in "X?!" else ""),
        Cell(why, "dim") if why else DASH,
        Cell(str(len(waits))) if waits else DASH,
        Cell(reason) if reason else DASH,
    )
    sort = (health.severity, meta.name, meta.namespace, acting, why, len(waits), reason)
    ref = Ref("set", meta.namespace, meta.name)
    return row(
        meta.uid or str(lws.key), cells, sort, ref, health, extra=" ".join(w[1] for w in waits)
    )


def _health(who: str, *, served: bool | None) -> Health:
    if " and " in who:
        return judge("X", "several controllers manage it at once", word="conflict")
    if who in ("native", "Kthena"):
        return judge("·", word="elsewhere")
    if served is False:
        return judge("?", "no controller acts on it", word="unattended")
    return judge("·", word="served") if served else judge("o", word="unknown")


def _acting(who: str, view: ControllerView, *, served: bool | None) -> str:
    """Return the controller in a word or two."""
    if who and who != "lwstui":
        return f"two: {who}" if " and " in who else who
    if served is False:
        return "none, paused" if view.mode == "paused" else "none"
    if view.mode == "leader":
        return "embedded"
    if view.mode == "native":
        return "native"
    return "lwstui" if served or who else "not known"


def decisions(snapshot: Snapshot) -> tuple[Line, ...]:
    """Return what the controller in this process did last, the newest first."""
    found = [one for one in snapshot.activity if one.kind == "controller"][: -DECISIONS - 1 : -1]
    if not found:
        return ((Span("the controller in this console has done nothing yet", "dim"),),)
    return tuple(
        (
            Span(f"{moment(one.at, snapshot.taken_at, snapshot.manner.times):<8} ", "dim"),
            Span(f"{one.target:<24} "),
            Span(one.what),
            Span("" if one.ok else f"   {one.outcome}", "bad"),
        )
        for one in found
    )


def plans(snapshot: Snapshot) -> tuple[Line, ...]:
    """Return what the controller in this process planned last, the newest first, with reasons."""
    found = snapshot.controller.plans[: -PLANS - 1 : -1]
    return tuple(line for one in found for line in _planned(one, snapshot))


def _planned(one: PlanNote, snapshot: Snapshot) -> Iterator[Line]:
    yield (
        Span(f"{moment(one.at, snapshot.taken_at, snapshot.manner.times):<8} ", "dim"),
        Span(f"{one.set!s:<24} "),
        Span(plan_words(one)),
    )
    reasons = (*one.because, *(f"waits: {wait.reason}" for wait in one.waits))
    for text in reasons[:REASONS]:
        yield (Span(" " * 11), Span(text, "dim"))
    if len(reasons) > REASONS:
        yield (Span(f"{'':11}and {count(len(reasons) - REASONS, 'more reason')}", "dim"),)


def plan_words(one: PlanNote) -> str:
    """Return what a plan does and where the rollout stands for it, in one line."""
    does = "; ".join(one.does) or ("nothing yet" if one.waits else "nothing more to do")
    if not one.target:
        return does
    groups = count(one.groups, "group")
    return f"{does}; revision {one.target[:6]}, partition {one.partition}, {groups}"


def pause_impact(snapshot: Snapshot, *, paused: bool) -> Impact:
    """Return what a dialog says before the controller is paused or resumed."""
    view = snapshot.controller
    sets = count(len(snapshot.sets), "set")
    if view.mode not in HERE:
        return Impact("CONTROLLER", "", (), refused="no controller runs inside this console")
    what: tuple[str, ...]
    if paused:
        what = (
            "The controller in this console stops acting, in the middle of a change if need be.",
            "Running pods go on. Lost groups are not replaced and rollouts stand still.",
            "The lease is kept, so no other controller takes over.",
        )
    else:
        what = ("The controller in this console acts again: it looks at every set at once.",)
    title = "PAUSE CONTROLLER" if paused else "RESUME CONTROLLER"
    shown = (("Sets", Span(sets)), ("Controller", Span(view.identity or view.holder)))
    return Impact(title, snapshot.cluster.context, what, shown, level=1)
