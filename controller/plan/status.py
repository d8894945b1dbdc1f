"""Status: counters, conditions and the event that tells of a change.

Source: pkg/controllers/leaderworkerset_controller.go, updateConditions.
"""

from __future__ import annotations

from controller.api import conditions, names
from controller.api.lws import LeaderWorkerSet, LwsStatus
from controller.api.meta import Condition, format_time
from controller.plan.actions import EventNote
from controller.plan.groups import Group
from controller.plan.rollout import Limits


def next_status(
    lws: LeaderWorkerSet, limit: Limits, groups: tuple[Group, ...], target: str, now: float
) -> LwsStatus:
    """Return the status a set should have.

    Leaders whose workers have not been created yet do not count towards an update: they are
    neither behind nor done.

    Args:
        lws: The set with its stored status.
        limit: Its rollout budget.
        groups: Its groups by index.
        target: Key of the revision groups should reach.
        now: Epoch seconds, for transition times.
    """
    counted = [(group.index, *group.state(target)) for group in groups if group.started]
    expected = [entry for entry in counted if limit.partition <= entry[0] < limit.replicas]
    updated = sum(entry[2] for entry in expected)
    done = sum(entry[1] and entry[2] for entry in expected)
    ready_replicas = sum(entry[1] for entry in counted if entry[0] < limit.replicas)
    if updated < len(expected):
        kinds = _updating(lws.status)
    elif ready_replicas == limit.replicas and done == len(expected):
        kinds = (conditions.AVAILABLE,)
    else:
        kinds = (conditions.PROGRESSING,)
    generation = lws.metadata.generation
    return LwsStatus(
        conditions=conditions.set_true(lws.status.conditions, kinds, generation, format_time(now)),
        replicas=sum(group.leader is not None for group in groups),
        ready_replicas=sum(entry[1] for entry in counted),
        updated_replicas=sum(entry[2] for entry in counted),
        hpa_pod_selector=lws.status.hpa_pod_selector or _selector(lws),
        observed_generation=generation,
    )


def _updating(before: LwsStatus) -> tuple[str, ...]:
    """Return the conditions of an update: the first status tells of the update alone.

    Native sets one condition a pass, so clients have always seen a set at rest become
    UpdateInProgress before it is Progressing too.
    """
    at_rest = not any(
        conditions.is_true(before.conditions, kind)
        for kind in (conditions.UPDATE_IN_PROGRESS, conditions.PROGRESSING)
    )
    if at_rest:
        return (conditions.UPDATE_IN_PROGRESS,)
    return (conditions.UPDATE_IN_PROGRESS, conditions.PROGRESSING)


def _selector(lws: LeaderWorkerSet) -> str:
    return f"{names.SET_NAME}={lws.metadata.name},{names.WORKER_INDEX}=0"


def condition_event(before: LwsStatus, after: LwsStatus, replicas: int) -> EventNote | None:
    """Return the event for conditions that became True or were confirmed anew, else None.

    A condition that merely stays True while another one is confirmed for a new generation has
    that generation noted, but no new transition time; it is told of only if nothing else is.
    That an update which was told of makes progress goes without saying.
    """
    kinds = (conditions.UPDATE_IN_PROGRESS, conditions.PROGRESSING, conditions.AVAILABLE)
    found = (conditions.find(after.conditions, kind) for kind in kinds)
    changed = [
        condition
        for condition in found
        if condition is not None
        and condition.status == "True"
        and condition not in before.conditions
    ]
    moved = [condition for condition in changed if not _stays(condition, before)]
    updating = conditions.is_true(before.conditions, conditions.UPDATE_IN_PROGRESS)
    follows = updating and not conditions.is_true(before.conditions, conditions.PROGRESSING)
    if not changed or (follows and [c.type for c in changed] == [conditions.PROGRESSING]):
        return None
    told = (moved or changed)[0]
    note = f"{told.message}, with {after.ready_replicas} groups ready of total {replicas} groups"
    return EventNote("Normal", told.reason, "Update", note)


def _stays(condition: Condition, before: LwsStatus) -> bool:
    """Tell whether a condition has the status and transition time it had before."""
    old = conditions.find(before.conditions, condition.type)
    if old is None:
        return False
    return (old.status, old.last_transition_time) == (
        condition.status,
        condition.last_transition_time,
    )
