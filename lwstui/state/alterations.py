"""What an intent changes, before and after, and what takes it back. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from controller.admission.defaults import InvalidSpec
from controller.api.lws import LeaderWorkerSet, read_record
from controller.api.names import LEADERWORKERSETS, NODES, ROLLOUT_RECORD, Resource
from controller.plan.paused import paused
from lwstui.state.intents import (
    Apply,
    Cordon,
    Drain,
    Hold,
    Intent,
    PauseController,
    PauseRollout,
    ResumeRollout,
    Scale,
    SetImage,
    SetPartition,
    Undo,
)
from lwstui.state.model import Reversal
from lwstui.state.partition import floor_of, reached, remembered, standstill
from lwstui.state.patches import images

Look = Callable[[Resource, Any], Any]


class Alteration(NamedTuple):
    """A change of one value: before, after, what takes it back; all empty if it is not one."""

    before: str = ""
    after: str = ""
    reversal: Reversal | None = None


NOTHING: Final = Alteration()


def alteration(intent: Intent, look: Look) -> Alteration:
    """Return what an intent changes, of what the watches last showed.

    Args:
        intent: What is asked for.
        look: Reads the record of a key.
    """
    if isinstance(intent, Apply):
        return _applied(intent)
    if isinstance(intent, Cordon | Drain):
        node = look(NODES, intent.target.name)
        return NOTHING if node is None else _node(intent, cordoned=node.unschedulable)
    lws = look(LEADERWORKERSETS, intent.target)
    build = _SETS.get(type(intent))
    if lws is None or build is None:
        return NOTHING
    try:
        return build(lws, intent)
    except InvalidSpec:
        return NOTHING


def _applied(intent: Apply) -> Alteration:
    """Return what takes an apply back; what it created is not put back by applying."""
    if intent.trial.live is None:
        return NOTHING
    kind = intent.trial.manifest.kind
    return Alteration(reversal=Reversal("release", (kind,), "apply again what was there before"))


def _node(intent: Cordon | Drain, *, cordoned: bool) -> Alteration:
    off = isinstance(intent, Drain) or intent.on
    words = {True: "cordoned", False: "open"}
    if cordoned == off:
        return Alteration(words[cordoned], words[off])
    verb = "uncordon" if off else "cordon"
    return Alteration(words[cordoned], words[off], Reversal(verb, (), f"{verb} it again"))


def _scale(lws: LeaderWorkerSet, intent: Any) -> Alteration:
    given = lws.spec.get("replicas", 1)
    before, after = str(given), str(intent.replicas)
    back = Reversal("scale", (before,), f"scale back to {before}")
    changed = before != after
    return Alteration(f"replicas {before}", f"replicas {after}", back if changed else None)


def _partition(lws: LeaderWorkerSet, intent: Any) -> Alteration:
    before = floor_of(lws)
    back = Reversal("partition", (str(before),), f"set the partition back to {before}")
    return Alteration(f"partition {before}", f"partition {intent.partition}", back)


def _pause(lws: LeaderWorkerSet, intent: Any) -> Alteration:
    del intent
    back = Reversal("resume", (), "resume the rollout")
    return Alteration(f"partition {floor_of(lws)}", "paused", back)


def _hold(lws: LeaderWorkerSet, intent: Any) -> Alteration:
    at = reached(lws, intent.native)
    after = "held" if at is None else f"held at {at}"
    back = Reversal("resume", (), "resume the rollout")
    return Alteration(f"partition {floor_of(lws)}", after, back)


def _resume(lws: LeaderWorkerSet, intent: Any) -> Alteration:
    del intent
    to, floor = remembered(lws), floor_of(lws)
    after = "" if to is None else f"partition {to}"
    if floor < standstill(lws):
        return Alteration(f"held at {floor}", after, Reversal("hold", (), "hold the rollout again"))
    return Alteration("paused", after, Reversal("pause", (), "pause the rollout again"))


def _controller(lws: LeaderWorkerSet, intent: Any) -> Alteration:
    if (paused(lws.annotations) is not None) == intent.on:
        return NOTHING
    if intent.on:
        back = Reversal("serve", (), "let the controller act on it again")
        return Alteration("served", "controller paused", back)
    back = Reversal("keep-off", (), "pause the controller for it again")
    return Alteration("controller paused", "served", back)


def _undo(lws: LeaderWorkerSet, intent: Any) -> Alteration:
    record = read_record(lws.annotations, ROLLOUT_RECORD)
    after = f"revision {intent.number}"
    if record is None:
        return Alteration("", after)
    back = Reversal("revision", (record.target,), f"go back to revision {record.target}")
    return Alteration(f"revision {record.target}", after, back)


def _images(lws: LeaderWorkerSet, intent: Any) -> Alteration:
    present = {(role, name): image for role, name, image in images(lws.spec)}
    changed = [
        (role, name, present.get((role, name), ""), image) for role, name, image in intent.changes
    ]
    before = ", ".join(dict.fromkeys(old for _, _, old, _ in changed if old))
    after = ", ".join(dict.fromkeys(new for *_, new in changed))
    values = tuple(part for role, name, old, _ in changed for part in (role, name, old) if old)
    back = Reversal("image", values, f"set {before} again") if before and values else None
    return Alteration(before, after, back)


_SETS: Final[dict[type, Callable[[LeaderWorkerSet, Any], Alteration]]] = {
    Scale: _scale,
    SetPartition: _partition,
    Hold: _hold,
    PauseController: _controller,
    PauseRollout: _pause,
    ResumeRollout: _resume,
    Undo: _undo,
    SetImage: _images,
}
