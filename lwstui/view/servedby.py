"""Who serves one set: its controller, what that waits for, what it did, what is in the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from lwstui.state.model import Snapshot
from lwstui.view.ages import clock, count
from lwstui.view.controller import facts, manager_of
from lwstui.view.memo import Memo
from lwstui.view.pausing import paused_text
from lwstui.view.trouble import nobody, orphaned
from lwstui.view.types import Line, Ref, Span, Tone

DONE: Final = 8
"""Things the controller did that are told."""


def served_by(snapshot: Snapshot, ref: Ref, now: float, memo: Memo) -> tuple[Line, ...]:
    """Return who serves a set and what its controller waits for.

    Args:
        snapshot: What is known.
        ref: The set, a group or a pod of it.
        now: Epoch seconds.
        memo: Remembers derived values between calls.
    """
    pod = snapshot.pods.get(ref.key) if ref.kind == "pod" else None
    lws = snapshot.sets.get(pod.set_key if pod is not None else ref.key)
    if lws is None or ref.kind == "node":
        return ((Span("only sets have a controller: this is something else", "dim"),),)
    return (
        *_who(snapshot, lws, now, memo),
        *_waits(snapshot, lws.key),
        *_conditions(lws),
        *_done(snapshot, lws.key),
        (),
        (Span("THE CONTROLLER", "title"), Span("   :ctl shows all sets", "dim")),
        *facts(snapshot, now),
    )


def _told(label: str, text: str, tone: Tone = "") -> Line:
    return (Span(f"{label:<14}", "dim"), Span(text, tone))


def _who(snapshot: Snapshot, lws: LeaderWorkerSet, now: float, memo: Memo) -> Iterator[Line]:
    who, why = manager_of(snapshot, lws, memo, now)
    view, pods = snapshot.controller, snapshot.by_set.get(lws.key, ())
    if orphaned(view, lws, pods):
        yield _told("served by", f"nobody: {nobody(view, 1)}", "bad")
    elif " and " in who:
        yield _told("served by", f"two at once: {who}", "bad")
    elif who and who != "lwstui":
        yield _told("served by", f"the {who} controller")
    elif view.mode == "leader":
        yield _told("served by", "the controller in this console", "ok")
    elif view.mode == "native" or not view.holder:
        yield _told("served by", "the native controller" if view.mode == "native" else "not known")
    else:
        yield _told("served by", f"{view.holder}, a lwstui controller", "ok")
    if off := paused_text(lws, now):
        yield _told("paused", f"{off}: :ctl resume {lws.key} lets it act", "warn")
    yield _told("known by", why or "no pod or record tells")
    seen = lws.status.observed_generation
    made = lws.metadata.generation
    if seen and made and seen < made:
        behind = f"its status is of generation {seen}, the spec of {made}: not looked at yet"
        yield _told("status", behind, "warn")


def _waits(snapshot: Snapshot, key: Key) -> Iterator[Line]:
    waits = snapshot.controller.waits.get(key, ())
    if not waits:
        known = snapshot.controller.mode == "leader"
        text = "its plan waits for nothing" if known else "its plan is not known here"
        yield _told("waits for", text, "dim")
    for _, reason, group in waits:
        about = "" if group < 0 or reason.startswith("group") else f"group {group}: "
        yield _told("waits for", f"{about}{reason}", "warn")


def _conditions(lws: LeaderWorkerSet) -> Iterator[Line]:
    for one in lws.status.conditions:
        words = f"{one.type} {one.status}: {one.message or one.reason}"
        yield _told("condition", words, "dim")


def _done(snapshot: Snapshot, key: Key) -> Iterator[Line]:
    mine = [a for a in snapshot.activity if a.kind == "controller" and _about(a.target, key)]
    yield ()
    yield (Span("WHAT IT DID", "title"), Span(f"   {count(len(mine), 'entry', 'entries')}", "dim"))
    if not mine:
        yield (Span("the controller in this console has done nothing for it yet", "dim"),)
    for one in mine[: -DONE - 1 : -1]:
        tone: Tone = "" if one.ok else "bad"
        outcome = "" if one.ok else f"   {one.outcome}"
        yield (Span(f"{clock(one.at)} ", "dim"), Span(one.what), Span(outcome, tone))


def _about(target: str, key: Key) -> bool:
    return target == str(key) or target.startswith((f"{key}/", f"{key} ", f"{key}-"))
