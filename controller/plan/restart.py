"""Restart policies: when one pod's fault means that its whole group is made anew.

Level-based: restart counts are compared with zero, as native does, and a worker that is being
deleted, has finished or has vanished counts like one that restarted.

Source: pkg/controllers/pod_controller.go, handleRestartPolicy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from controller.api.lws import RECREATE_AFTER_START, RESTART_NONE
from controller.api.pods import Pod
from controller.plan.groups import Group
from controller.plan.rollout import Recreation

_FIRST_DELAY_S: Final = 10.0
_LONGEST_DELAY_S: Final = 300.0
_HEALTHY_S: Final = 600.0
_FINISHED: Final = ("Failed", "Succeeded")


class Fault(NamedTuple):
    """What is wrong with a group: a pod's name and what happened to it."""

    pod: str
    what: str


def finished(pod: Pod) -> bool:
    """Tell whether a pod has stopped for good and has to be replaced."""
    return pod.phase in _FINISHED and not pod.terminating


def group_fault(group: Group, *, wait_for_start: bool) -> Fault | None:
    """Return why a group must be recreated, or None.

    Args:
        group: A group whose leader is live.
        wait_for_start: Whether the set asks to ignore faults while a group is starting,
            whatever its policy.
    """
    leader = group.leader
    if leader is None:
        return None
    if finished(leader):
        return Fault(leader.name, f"finished ({leader.phase})")
    policy = group.template.restart_policy if group.template is not None else RESTART_NONE
    if policy == RESTART_NONE:
        return None
    if (wait_for_start or policy == RECREATE_AFTER_START) and not _has_started(group):
        return None
    for pod in group.pods:
        what = _what_happened(pod)
        if what:
            return Fault(pod.name, what)
    return Fault(group.lost[0], "vanished") if group.lost else None


def _what_happened(pod: Pod) -> str:
    if pod.has_restarted:
        return "restarted a container"
    if pod.terminating:
        return "is being deleted"
    return f"finished ({pod.phase})" if finished(pod) else ""


def _has_started(group: Group) -> bool:
    """Whether every pod of the group has left Pending; one that vanished counts as having."""
    present = len(group.workers) + len(group.lost)
    return present >= group.size - 1 and all(pod.phase != "Pending" for pod in group.pods)


def delay_s(recreation: Recreation | None, now: float) -> float:
    """Return the seconds until a group may be recreated again, 0 if it may be now."""
    if recreation is None or recreation.count <= 0:
        return 0.0
    pause = min(_FIRST_DELAY_S * 2.0 ** min(recreation.count - 1, 16), _LONGEST_DELAY_S)
    return max(recreation.last_at + pause - now, 0.0)


def recur(recreation: Recreation | None, now: float) -> Recreation:
    """Return what to remember after one more recreation."""
    return Recreation((recreation.count if recreation is not None else 0) + 1, now)


class Memory(NamedTuple):
    """Recreations still worth remembering, and the seconds until one of them is forgotten."""

    recreations: dict[str, Recreation]
    recheck_s: float | None


def remember(
    recreations: Mapping[str, Recreation], groups: tuple[Group, ...], now: float
) -> Memory:
    """Drop what is known of groups that are gone or have been ready for ten minutes."""
    kept: dict[str, Recreation] = {}
    recheck_s: float | None = None
    for key, recreation in recreations.items():
        group = groups[int(key)] if key.isdecimal() and int(key) < len(groups) else None
        if group is None:
            continue
        if group.ready:
            since = max(pod.ready_changed_at or pod.created_at for pod in group.pods)
            left = since + _HEALTHY_S - now
            if left <= 0:
                continue
            recheck_s = left if recheck_s is None else min(recheck_s, left)
        kept[key] = recreation
    return Memory(kept, recheck_s)
