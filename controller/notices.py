"""What is told about a pass as events: what is true after it, what is new, and what failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from controller.api.names import CLAIMS, PODS, REVISIONS, SERVICES
from controller.errors import Conflict, ControllerError, LeaseLost, TooManyRequests
from controller.plan.actions import (
    Action,
    Adopt,
    CreateClaim,
    CreatePod,
    CreateRevision,
    CreateService,
    EventNote,
    OwnClaim,
)

WARNING: Final = "Warning"
FAILED_CREATE: Final = "FailedCreate"
FAILED_UPDATE: Final = "FailedUpdate"
CREATING_REVISION: Final = "CreatingRevision"
_NAMED: Final = 3


class _Told(NamedTuple):
    """Problems told about one generation of one incarnation of a set, as (reason, note)."""

    incarnation: tuple[str, int]
    problems: frozenset[tuple[str, str]]


class Standing:
    """Problems that last over many passes: each is told once, and again if it comes back.

    A new generation of the set is told everything anew: it was to change something.
    """

    def __init__(self, find: Callable[[Key], LeaderWorkerSet | None]) -> None:
        """Take what finds the sets there are; what is known about others is forgotten."""
        self._find = find
        self._told: dict[Key, _Told] = {}

    def news(
        self, lws: LeaderWorkerSet, problems: Iterable[EventNote], *, complete: bool
    ) -> list[EventNote]:
        """Return the problems of a pass that have not been told yet, and count them as told.

        Args:
            lws: The set.
            problems: Warnings of the pass.
            complete: Whether the pass saw every problem there is, so that others are solved.
        """
        found = {(problem.reason, problem.note): problem for problem in problems}
        told = self._told.get(lws.key)
        if told is None:
            if not found:
                return []
            self._forget_gone()
        incarnation = lws.metadata.uid, lws.metadata.generation
        known = told.problems if told is not None and told.incarnation == incarnation else None
        known = known or frozenset()
        now = frozenset(found) if complete else known | found.keys()
        self._told[lws.key] = _Told(incarnation, now)
        return [problem for ident, problem in found.items() if ident not in known]

    def _forget_gone(self) -> None:
        for key in [key for key in self._told if self._find(key) is None]:
            del self._told[key]


def still_true(
    events: Iterable[EventNote], *, failed: bool, prepared: bool, done: Iterable[Action]
) -> list[EventNote]:
    """Return the news of a plan that are true after it was tried; its Warnings are left out.

    Args:
        events: Events of the plan.
        failed: Whether any action failed; then nothing that tells of creations is true.
        prepared: Whether everything that the rest of the plan rests on was written.
        done: Actions performed.
    """
    news = [event for event in events if event.type != WARNING]
    if not failed:
        return news
    if not prepared:
        return []
    made_revision = any(isinstance(action, CreateRevision) for action in done)
    return [
        event
        for event in news
        if event.action != "Create" or (event.reason == CREATING_REVISION and made_revision)
    ]


class _Refusal(NamedTuple):
    """A kind of request and the server's answer to it."""

    verb: str
    kind: str
    answer: str


def failures(failed: Sequence[tuple[Action, ControllerError]], skipped: int) -> list[EventNote]:
    """Return one Warning for each kind of object and server's answer.

    Args:
        failed: Actions with what came of them.
        skipped: How many more of their kind were not tried.
    """
    refused: dict[_Refusal, list[str]] = {}
    for action, error in failed:
        tried = _tried(action)
        if tried is not None and not isinstance(error, LeaseLost | TooManyRequests | Conflict):
            verb, kind, name = tried
            refused.setdefault(_Refusal(verb, kind, str(error)), []).append(name)
    rest = f" ({skipped} more not tried)" if skipped else ""
    return [_failure(refusal, names, rest) for refusal, names in refused.items()]


def _tried(action: Action) -> tuple[str, str, str] | None:
    """Return (verb, kind, name) of what an action was to do, None if nobody needs an event."""
    match action:
        case CreateRevision(name=name):
            return "create", REVISIONS.kind, name
        case CreateService(name=name):
            return "create", SERVICES.kind, name
        case CreateClaim(name=name):
            return "create", CLAIMS.kind, name
        case CreatePod(name=name):
            return "create", PODS.kind, name
        case OwnClaim(name=name):
            return "change the owner of", CLAIMS.kind, name
        case Adopt(resource=resource, name=name):
            return "adopt", resource.kind, name
    return None


def _failure(refusal: _Refusal, names: Sequence[str], rest: str) -> EventNote:
    what = ", ".join(names[:_NAMED])
    if len(names) > _NAMED:
        what += f" and {len(names) - _NAMED} more"
    text = f"Failed to {refusal.verb} {refusal.kind} {what}: {refusal.answer}{rest}"
    if refusal.verb == "create":
        return EventNote(WARNING, FAILED_CREATE, "Create", text)
    return EventNote(WARNING, FAILED_UPDATE, "Update", text)
