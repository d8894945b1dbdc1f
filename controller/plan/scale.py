"""Which leaders have to go: those beyond the wanted number, and outdated ones.

Source: what the StatefulSet controller does with pods beyond its replicas and its partition
(kubernetes/kubernetes pkg/controller/statefulset), said of groups.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from controller.api.pods import Pod
from controller.plan.actions import EventNote, Wait
from controller.plan.groups import Group
from controller.plan.rollout import Limits, Position


class Departure(NamedTuple):
    """A leader to delete, with its whole group."""

    group: int
    leader: Pod
    cause: str


def surplus(groups: tuple[Group, ...], wanted: int, replicas_before: int) -> Iterator[Departure]:
    """Yield the live leaders at or above index ``wanted``, highest first.

    Args:
        groups: All groups by index.
        wanted: How many groups should exist.
        replicas_before: Replicas when the groups were last counted; groups above were surge.
    """
    for group in reversed(groups[wanted:]):
        if group.leader is not None and not group.leaving:
            cause = "surge" if group.index >= replicas_before else "scale-down"
            yield Departure(group.index, group.leader, cause)


def replacements(
    groups: tuple[Group, ...], position: Position, target: str, limit: Limits
) -> Iterator[Departure | Wait]:
    """Yield the outdated leaders that may be replaced now, highest first.

    The partition already paces an update. Beyond it, a ready group is spared, and the reason
    given, while deleting it would leave fewer than R - maxUnavailable groups ready: when the
    template changes again mid-update, groups opened by the first change are still away.
    """
    available = sum(group.ready for group in groups[: position.groups])
    for group in reversed(groups[position.partition : position.groups]):
        leader = group.leader
        if leader is None or group.leaving or leader.revision == target:
            continue
        if not group.ready:
            yield Departure(group.index, leader, "update")
        elif available - 1 >= limit.least_ready:
            available -= 1
            yield Departure(group.index, leader, "update")
        else:
            yield Wait(
                "budget",
                f"group {group.index} is not replaced yet: {available} "
                f"group{'s are' if available != 1 else ' is'} ready and {limit.least_ready} must "
                f"stay so (replicas {limit.replicas}, maxUnavailable {limit.max_unavailable})",
                group.index,
            )


def surge_event(set_name: str, before: int, now: int) -> EventNote | None:
    """Return the event for groups given back, None if there are none."""
    if now >= before:
        return None
    first, last = f"{set_name}-{now}", f"{set_name}-{before - 1}"
    note = (
        f"deleting surge replica {first}"
        if before - now == 1
        else f"deleting surge replicas from {first} to {last}"
    )
    return EventNote("Normal", "GroupsProgressing", "Delete", note)


def opened_event(before: int, now: int, related: dict[str, str] | None) -> EventNote | None:
    """Return the event for groups the partition opened, None if it did not fall."""
    if now >= before:
        return None
    note = (
        f"Updating replica {now}"
        if before - now == 1
        else f"Updating replicas {now} to {before - 1} (inclusive)"
    )
    return EventNote("Normal", "GroupsUpdating", "Update", note, related)
