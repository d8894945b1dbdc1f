"""What the controller did lately, in words, and its log lines."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from controller.api.lws import RolloutRecord
from controller.api.meta import Key, format_micro_time
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
    Plan,
    RecordRollout,
    Wait,
)
from controller.plan.told import PlanNote

KEPT: Final = 200
RECREATE_GROUP: Final = "RecreateGroup"
_SHOWN: Final = 3
_MEANT: Final = {
    "created": "create",
    "deleted": "delete",
    "changed the owner of": "change the owner of",
    "adopted": "adopt",
    "recorded": "record",
}
_RECORDS: Final = "record rollout"
_NOUNS: Final = {PODS: "pod", SERVICES: "service", REVISIONS: "revision"}


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing the controller did or failed to do.

    Attributes:
        at: Epoch seconds.
        set: The set it was about.
        what: What was done, such as ``created pod llama-0``.
        outcome: ``done``, or the reason of the failure.
    """

    at: float
    set: Key
    what: str
    outcome: str = "done"


class Activity:
    """The last decisions and plans, oldest first."""

    def __init__(self, kept: int = KEPT) -> None:
        self._ring: deque[Decision] = deque(maxlen=kept)
        self._plans: deque[PlanNote] = deque(maxlen=kept)
        self._newest: dict[Key, PlanNote] = {}

    def add(self, decision: Decision) -> None:
        """Take a decision; the oldest one beyond the limit is dropped."""
        self._ring.append(decision)

    def planned(self, note: PlanNote) -> None:
        """Take the plan of a set, unless it says what the one before said."""
        before = self._newest.get(note.set)
        if note.idle if before is None else note.same_as(before):
            return
        self._newest[note.set] = note
        self._plans.append(note)

    def forget(self, key: Key) -> None:
        """Forget which plan of a set came last."""
        self._newest.pop(key, None)

    def plans(self) -> tuple[PlanNote, ...]:
        """Return the plans kept, each another one than that before it of its set."""
        return tuple(self._plans)

    def recent(self) -> tuple[Decision, ...]:
        """Return the decisions kept."""
        return tuple(self._ring)


def _names(names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"


def _heading(action: Action) -> tuple[str, str, str]:
    """Return (verb, noun, suffix) under which actions are told together."""
    match action:
        case CreateRevision():
            return "created", "revision", ""
        case DeleteRevision():
            return "deleted", "revision", ""
        case CreateService():
            return "created", "service", ""
        case CreateClaim():
            return "created", "claim", ""
        case OwnClaim():
            return "changed the owner of", "claim", ""
        case Adopt(resource=resource):
            return "adopted", _NOUNS[resource], ""
        case CreatePod():
            return "created", "pod", ""
        case DeletePod(cause=cause):
            return "deleted", "pod", f" ({cause})"
        case RecordRollout(record=record):
            to = f"revision {record.target}, partition {record.partition}, {record.groups} groups"
            return "recorded", f"rollout: {to}", ""


def note_of(key: Key, plan: Plan, recorded: RolloutRecord | None, now: float) -> PlanNote:
    """Return a plan as it is told.

    Args:
        key: The set.
        plan: The plan.
        recorded: The rollout record that is on the set, None if none is.
        now: Epoch seconds.
    """
    begun = next((one.record for one in plan.actions if isinstance(one, RecordRollout)), recorded)
    at = (begun.target, begun.partition, begun.groups) if begun is not None else ("", -1, -1)
    phrases = describe(plan.actions, done=False)
    does = tuple(_RECORDS if one.startswith(_RECORDS) else one for one in phrases)
    because = tuple(event.note for event in plan.events if event.reason == RECREATE_GROUP)
    return PlanNote(now, key, does, because, plan.waits, *at)


def describe(
    actions: Iterable[Action], events: Iterable[EventNote] = (), *, done: bool = True
) -> Iterator[str]:
    """Yield one phrase per kind of action, in order; many objects of a kind are counted.

    Args:
        actions: Actions that were performed.
        events: Events that go with them; recreations of groups are told in their words.
        done: Whether they were; else they are meant to be.
    """
    told = [event.note for event in events if event.reason == RECREATE_GROUP]
    yield from told
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for action in actions:
        if told and isinstance(action, DeletePod) and action.cause == "recreate":
            continue
        names = grouped.setdefault(_heading(action), [])
        if not isinstance(action, RecordRollout):
            names.append(action.name)
    for (verb, noun, suffix), names in grouped.items():
        how = verb if done else _MEANT[verb]
        if len(names) <= 1:
            yield " ".join([how, noun, *names]) + suffix
        else:
            yield f"{how} {len(names)} {noun}s: {_names(names)}{suffix}"


def _no_waits() -> Mapping[Key, tuple[Wait, ...]]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ControllerState:
    """The controller at one moment, for people.

    Attributes:
        mode: ``leader`` (acts), ``standby`` (another acts), ``starting`` (waits for the lease
            or for the first lists), ``paused`` or ``failed``.
        identity: This process's identity.
        leading: Whether this process holds the lease, paused or not.
        holder: Identity of the lease's holder, empty if unknown or none.
        since: When the holder took the lease, epoch seconds.
        holder_serves: The one namespace the holder serves, empty if all or unknown.
        queue: Sets that could be worked on now.
        queue_latency_s: How long the set worked on last had been waiting.
        reconciles: Passes begun.
        pass_p50_s: Seconds that half of the passes took at most, None before the first one.
        pass_p99_s: Seconds that 99 of 100 passes took at most.
        errors: Passes that failed.
        requests: Write requests sent for sets.
        last_error: Text of the last failure, or of what keeps the controller from starting.
        waits: Why sets wait.
        decisions: The last decisions, oldest first.
        plans: The last plans that said something new of their sets, oldest first.
    """

    mode: str
    identity: str
    leading: bool = False
    holder: str = ""
    since: float | None = None
    holder_serves: str = ""
    queue: int = 0
    queue_latency_s: float = 0.0
    reconciles: int = 0
    pass_p50_s: float | None = None
    pass_p99_s: float | None = None
    errors: int = 0
    requests: int = 0
    last_error: str = ""
    waits: Mapping[Key, tuple[Wait, ...]] = field(default_factory=_no_waits)
    decisions: tuple[Decision, ...] = ()
    plans: tuple[PlanNote, ...] = ()


class LogfmtFormatter(logging.Formatter):
    """Formats records as ``ts=... level=... msg=... key=value``; pairs come in ``fields``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, with the traceback of an exception on the lines after it."""
        pairs = {
            "ts": format_micro_time(record.created),
            "level": record.levelname.lower(),
            "msg": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        line = " ".join(f"{key}={_value(value)}" for key, value in pairs.items())
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _value(value: object) -> str:
    text = str(value)
    if text and not any(c in ' "=\\' or not c.isprintable() for c in text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else repr(c)[1:-1] for c in escaped) + '"'
