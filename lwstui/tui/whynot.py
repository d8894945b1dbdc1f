"""Why an action is not to be had at present. Pure; footer, help, palette and keys all ask here."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from lwstui.state.model import Snapshot
from lwstui.tui import targets
from lwstui.tui.actions import ActionSpec, Scope, actions
from lwstui.tui.actions.tapes import GROUP as TAPES
from lwstui.tui.keymaps import Keymap
from lwstui.tui.scopes import specs
from lwstui.view.needs import missing
from lwstui.view.types import Ref


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides which actions are to be had.

    Attributes:
        snapshot: What is known.
        now: Epoch seconds.
        ref: What is selected, None if nothing is.
        read_only: Nothing may be changed.
        keymap: What the operator put on keys.
    """

    snapshot: Snapshot
    ref: Ref | None = None
    read_only: bool = False
    keymap: Keymap = field(default_factory=Keymap)


def why_not(spec: ActionSpec, situation: Situation) -> str:
    """Return why an action cannot be had, in a few words; empty if it can."""
    return _not_selected(spec, situation) or _not_writable(spec, situation)


def _not_selected(spec: ActionSpec, situation: Situation) -> str:
    ref = situation.ref
    match spec.scope:
        case "set":
            if ref is None:
                return "nothing is selected"
            if spec.danger and targets.set_key(situation.snapshot, ref) is None:
                return "what is selected belongs to no set"
        case "group":
            if ref is None or ref.group < 0:
                return "no group is selected"
        case "pod" | "node" as kind:
            if ref is None or ref.kind != kind:
                return f"no {kind} is selected"
    return ""


def _not_writable(spec: ActionSpec, situation: Situation) -> str:
    namespace = situation.ref.namespace if situation.ref is not None else ""
    why = missing(situation.snapshot, spec.id, namespace)
    if why or not spec.danger:
        return why
    return targets.refusal(situation.snapshot, read_only=situation.read_only)


def offered(situation: Situation, *scopes: Scope) -> tuple[tuple[ActionSpec, str], ...]:
    """Return the actions of scopes laid over each other, each with why it cannot be had.

    Where several scopes have one action under one key, it is the first one that can be had.
    """
    played = situation.snapshot.cluster.playing is not None
    found = tuple(
        _best(spec, situation, scopes)
        for spec in specs(*scopes, "everywhere")
        if played or spec.group != TAPES
    )
    moved = situation.keymap.moved(spec for spec, _ in found)
    return tuple(zip(moved, (why for _, why in found), strict=True))


def _best(
    spec: ActionSpec, situation: Situation, scopes: tuple[Scope, ...]
) -> tuple[ActionSpec, str]:
    why = why_not(spec, situation)
    if why:
        for other in alternatives(spec.action, *scopes):
            if set(other.keys) & set(spec.keys) and not why_not(other, situation):
                return other, ""
    return spec, why


@cache
def alternatives(action: str, *scopes: Scope) -> tuple[ActionSpec, ...]:
    """Return the entries of scopes that run one Textual action."""
    return tuple(spec for scope in scopes for spec in actions(scope) if spec.action == action)


def refusal_of(action: str, situation: Situation, *scopes: Scope) -> str:
    """Return why a Textual action of a screen cannot be had, empty if some entry of it can."""
    found = alternatives(action, *scopes)
    whys = [why_not(spec, situation) for spec in found]
    return whys[0] if whys and all(whys) else ""
