"""What the controller did lately, in words, and its log lines."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from controller.api.lws import RolloutRecord
from controller.api.meta import Key, format_micro_time
from controller.plan.actions import Plan, RecordRollout, Wait
from controller.plan.told import PlanNote
from controller.plan.wording import RECREATE_GROUP, intended

KEPT: Final = 200
_RECORDS: Final = "record rollout"


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
    phrases = intended(plan.actions)
    does = tuple(_RECORDS if one.startswith(_RECORDS) else one for one in phrases)
    because = tuple(event.note for event in plan.events if event.reason == RECREATE_GROUP)
    return PlanNote(now, key, does, because, plan.waits, *at)


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
