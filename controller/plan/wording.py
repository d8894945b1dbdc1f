"""Actions in words: what was done, and what would be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from controller.api.names import PODS, REVISIONS, SERVICES
from controller.plan.actions import (
    Action,
    Adopt,
    CreateClaim,
    CreatePod,
    CreateRevision,
    CreateService,
    DeletePod,
    DeleteRevision,
    EventNote,
    OwnClaim,
    RecordRollout,
)

RECREATE_GROUP: Final = "RecreateGroup"
_SHOWN: Final = 3
_NOUNS: Final = {PODS: "pod", SERVICES: "service", REVISIONS: "revision"}
_DONE: Final = {
    "create": "created",
    "delete": "deleted",
    "adopt": "adopted",
    "record": "recorded",
    "change the owner of": "changed the owner of",
}


def describe(actions: Iterable[Action], events: Iterable[EventNote] = ()) -> Iterator[str]:
    """Yield one phrase per kind of action, in order; many objects of a kind are counted.

    Args:
        actions: Actions that were performed.
        events: Events that go with them; recreations of groups are told in their words.
    """
    told = [event.note for event in events if event.reason == RECREATE_GROUP]
    yield from told
    rest = (a for a in actions if not (told and isinstance(a, DeletePod) and _recreates(a)))
    yield from (f"{_DONE[verb]} {what}" for verb, what in _phrases(rest))


def intended(actions: Iterable[Action]) -> Iterator[str]:
    """Yield one phrase per kind of action that is not performed, such as ``create pod llama-0``."""
    return (f"{verb} {what}" for verb, what in _phrases(actions))


def _recreates(action: DeletePod) -> bool:
    return action.cause == "recreate"


def _phrases(actions: Iterable[Action]) -> Iterator[tuple[str, str]]:
    """Yield (verb, what it is done to) for each kind of action."""
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for action in actions:
        names = grouped.setdefault(_heading(action), [])
        if not isinstance(action, RecordRollout):
            names.append(action.name)
    for (verb, noun, suffix), names in grouped.items():
        if len(names) <= 1:
            yield verb, " ".join([noun, *names]) + suffix
        else:
            yield verb, f"{len(names)} {noun}s: {_names(names)}{suffix}"


def _names(names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"


def _heading(action: Action) -> tuple[str, str, str]:
    """Return (verb, noun, suffix) under which actions are told together."""
    match action:
        case CreateRevision():
            return "create", "revision", ""
        case DeleteRevision():
            return "delete", "revision", ""
        case CreateService():
            return "create", "service", ""
        case CreateClaim():
            return "create", "claim", ""
        case OwnClaim():
            return "change the owner of", "claim", ""
        case Adopt(resource=resource):
            return "adopt", _NOUNS[resource], ""
        case CreatePod():
            return "create", "pod", ""
        case DeletePod(cause=cause):
            return "delete", "pod", f" ({cause})"
        case RecordRollout(record=record):
            to = f"revision {record.target}, partition {record.partition}, {record.groups} groups"
            return "record", f"rollout: {to}", ""
