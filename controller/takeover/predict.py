"""What a move leads to, and what this controller would do then: nothing, or it is not begun."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from typing import Any, Final

import msgspec

from controller.api import conditions, names
from controller.api.names import Resource
from controller.guard import STATEFUL_SETS
from controller.plan import revisions, rollout
from controller.plan.actions import (
    Action,
    CreatePod,
    CreateRevision,
    DeletePod,
    DeleteRevision,
    Plan,
    RecordRollout,
)
from controller.plan.compose import plan
from controller.plan.observed import Observed
from controller.takeover.evidence import Json, SetEvidence, observed, without_owners
from controller.takeover.steps import Stage

# Waits of a set at rest: everything is as the operator asked for.
_CALM: Final = frozenset({"partition", "drift"})
_NAMED: Final = 3
_LONGEST: Final = 60


def after(evidence: SetEvidence, stages: tuple[Stage, ...]) -> SetEvidence:
    """Return what the cluster will hold of a set once its move has been carried out."""
    patches: dict[tuple[Resource, str], list[Json]] = {}
    gone: set[tuple[Resource, str]] = set()
    released: set[str] = set()
    for request in (request for stage in stages for request in stage.requests):
        target = request.resource, request.name
        if request.verb == "patch":
            patches.setdefault(target, []).append(request.body)
        else:
            gone.add(target)
        if request.verb == "orphan":
            released.add(request.uid)

    def changed(resource: Resource, objects: tuple[Json, ...]) -> tuple[Json, ...]:
        named = [((resource, obj["metadata"]["name"]), obj) for obj in objects]
        return tuple(
            reduce(
                merged,
                patches.get(target, ()),
                without_owners(obj, lambda reference: reference.get("uid") in released),
            )
            for target, obj in named
            if target not in gone
        )

    (lws,) = changed(names.LEADERWORKERSETS, (evidence.lws,))
    return replace(
        evidence,
        lws=lws,
        pods=changed(names.PODS, evidence.pods),
        revisions=changed(names.REVISIONS, evidence.revisions),
        claims=changed(names.CLAIMS, evidence.claims),
        statefulsets=changed(STATEFUL_SETS, evidence.statefulsets),
    )


def merged(value: Any, patch: Any) -> Any:
    """Return a value after a JSON merge patch (RFC 7386)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(value) if isinstance(value, dict) else {}
    for key, change in patch.items():
        if change is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), change)
    return result


def objections(evidence: SetEvidence, stages: tuple[Stage, ...], now: float) -> tuple[str, ...]:
    """Return what this controller would do to a moved set, as sentences; empty if nothing.

    Args:
        evidence: The set before its move.
        stages: The move.
        now: Epoch seconds.
    """
    foretold = observed(after(evidence, stages))
    planned = plan(foretold, now)
    return (
        *_actions(foretold, planned),
        *(wait.reason for wait in planned.waits if wait.code not in _CALM),
        *_status(planned),
    )


def _status(planned: Plan) -> Iterator[str]:
    after_move = planned.status
    if after_move is None or conditions.is_true(after_move.conditions, conditions.AVAILABLE):
        return
    true = ", ".join(c.type for c in after_move.conditions if c.status == "True")
    yield f"its conditions would become {true or 'unknown'} instead of Available"


def _actions(foretold: Observed, planned: Plan) -> Iterator[str]:
    """Yield what a plan would do, except drop revisions that history has no room for."""
    new = next((a for a in planned.actions if isinstance(a, CreateRevision)), None)
    if new is not None:
        first = ", ".join(a.name for a in planned.actions if isinstance(a, DeletePod))
        yield (
            "its spec is not what the current revision records, so all groups would be rolled"
            f"{f', {first} first' if first else ''}: {_differences(foretold, new)}"
        )
        return
    others = Counter(_phrase(action) for action in planned.actions)
    others.pop("", None)
    for phrase, count in others.items():
        yield f"it would {phrase}{f' ({count} times)' if count > 1 else ''}"


def _phrase(action: Action) -> str:
    match action:
        case DeleteRevision():
            return ""
        case RecordRollout(record=record):
            return f"move the rollout to partition {record.partition} of {record.groups} groups"
        case DeletePod(name=name, cause=cause):
            return f"delete pod {name} ({cause})"
        case CreatePod(name=name):
            return f"create pod {name}"
    return f"create {type(action).__name__.removeprefix('Create').lower()} {action.name}"


def _differences(foretold: Observed, new: CreateRevision) -> str:
    """Return in which fields the live spec differs from the revision it should match."""
    record = rollout.read_record(foretold.lws.annotations)
    current = [
        r for r in revisions.owned(foretold) if record is not None and r.key == record.target
    ]
    template = revisions.recorded_template(current[-1]) if current else None
    if template is None:
        return "the current revision cannot be read"
    fields = tuple(_unequal("", revisions.revision_data(template), new.body["data"]))
    more = f" and {len(fields) - _NAMED} more fields" if len(fields) > _NAMED else ""
    return "; ".join(fields[:_NAMED]) + more


def _unequal(path: str, recorded: Any, live: Any) -> Iterator[str]:
    """Yield the paths at which two values differ, with both values."""
    if isinstance(recorded, dict) and isinstance(live, dict):
        for key in sorted(recorded.keys() | live.keys()):
            yield from _unequal(f"{path}.{key}" if path else key, recorded.get(key), live.get(key))
    elif isinstance(recorded, list) and isinstance(live, list) and len(recorded) == len(live):
        for index, (before, now) in enumerate(zip(recorded, live, strict=True)):
            yield from _unequal(f"{path}[{index}]", before, now)
    elif recorded != live:
        yield f"{path} was {_short(recorded)}, is {_short(live)}"


def _short(value: Any) -> str:
    if value is None:
        return "unset"
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
