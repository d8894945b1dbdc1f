"""Status: counters, conditions and the event that tells of a change.

Source: pkg/controllers/leaderworkerset_controller.go, updateConditions;
leaderworkerset.md section 13.
"""

from __future__ import annotations

from controller.api import conditions, names
from controller.api.lws import LeaderWorkerSet, LwsStatus
from controller.api.meta import format_time
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
        kinds: tuple[str, ...] = (conditions.UPDATE_IN_PROGRESS, conditions.PROGRESSING)
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


def _selector(lws: LeaderWorkerSet) -> str:
    return f"{names.SET_NAME}={lws.metadata.name},{names.WORKER_INDEX}=0"


def condition_event(before: LwsStatus, after: LwsStatus, replicas: int) -> EventNote | None:
    """Return the event for conditions that became True or were confirmed anew, else None."""
    for kind in (conditions.UPDATE_IN_PROGRESS, conditions.PROGRESSING, conditions.AVAILABLE):
        condition = conditions.find(after.conditions, kind)
        if condition is None or condition.status != "True":
            continue
        if conditions.find(before.conditions, kind) != condition:
            note = (
                f"{condition.message}, with {after.ready_replicas} groups ready of total "
                f"{replicas} groups"
            )
            return EventNote("Normal", condition.reason, "Update", note)
    return None
