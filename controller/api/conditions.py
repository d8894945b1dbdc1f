"""Condition lists: reading, and setting with LeaderWorkerSet's exclusive pairs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from controller.api.meta import Condition

AVAILABLE: Final = "Available"
PROGRESSING: Final = "Progressing"
UPDATE_IN_PROGRESS: Final = "UpdateInProgress"

# Source: pkg/controllers/leaderworkerset_controller.go, makeCondition.
TEXTS: Final = {
    AVAILABLE: ("AllGroupsReady", "All replicas are ready"),
    PROGRESSING: ("GroupsProgressing", "Replicas are progressing"),
    UPDATE_IN_PROGRESS: ("GroupsUpdating", "Rolling Upgrade is in progress"),
}
EXCLUSIVE: Final = {
    AVAILABLE: frozenset({PROGRESSING, UPDATE_IN_PROGRESS}),
    PROGRESSING: frozenset({AVAILABLE}),
    UPDATE_IN_PROGRESS: frozenset({AVAILABLE}),
}


def find(conditions: Iterable[Condition], kind: str) -> Condition | None:
    """Return the condition of this type, or None."""
    return next((c for c in conditions if c.type == kind), None)


def is_true(conditions: Iterable[Condition], kind: str) -> bool:
    """Tell whether the condition of this type is present and True."""
    found = find(conditions, kind)
    return found is not None and found.status == "True"


def set_true(
    conditions: tuple[Condition, ...], kinds: tuple[str, ...], generation: int, now: str
) -> tuple[Condition, ...]:
    """Return the list after the given types became True.

    Exclusive partners turn False and keep their reason and message. Types are appended in
    first-seen order and never removed. A type that is already True at this generation is left
    untouched; a newer generation rewrites it with a new transition time, and inactive
    conditions only have their observedGeneration raised.

    Args:
        conditions: The list as stored.
        kinds: Types to set, each a key of ``TEXTS``.
        generation: ``metadata.generation`` of the set.
        now: Transition time as the API spells it.

    Source: LeaderWorkerSet controller, setCondition.
    """
    result = list(conditions)
    for kind in kinds:
        reason, message = TEXTS[kind]
        fresh = Condition(kind, "True", reason, message, now, generation)
        index = next((i for i, c in enumerate(result) if c.type == kind), None)
        if index is None:
            result.append(fresh)
        elif result[index].status != "True" or result[index].observed_generation != generation:
            result[index] = fresh
    partners = frozenset().union(*(EXCLUSIVE[kind] for kind in kinds)) - set(kinds)
    for i, condition in enumerate(result):
        if condition.type in kinds:
            continue
        if condition.type in partners and condition.status == "True":
            result[i] = msgspec.structs.replace(
                condition, status="False", last_transition_time=now, observed_generation=generation
            )
        elif condition.observed_generation != generation:
            result[i] = msgspec.structs.replace(condition, observed_generation=generation)
    return tuple(result)
