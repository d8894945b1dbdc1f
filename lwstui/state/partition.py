"""The partition of a set as an operator's brake: pausing, resuming, one more group.

A rollout replaces groups from the highest index down to ``partition`` and no further. Raising
it beyond every group pauses the rollout; the partition from before is remembered in an
annotation until it is resumed. Groups that have been updated stay as they are, but a group
below the partition that has to be made again is made from the revision before.

Source: pkg/controllers/leaderworkerset_controller.go, rollingUpdateParameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from controller.admission.defaults import resolve
from controller.api.lws import LeaderWorkerSet
from controller.plan.rollout import limits, read_record

PAUSED_PARTITION: Final = "lwstui.dev/paused-partition"
"""Annotation on a paused set: the partition to go back to, decimal."""


def floor_of(lws: LeaderWorkerSet) -> int:
    """Return the partition in the spec.

    Raises:
        InvalidSpec: If the spec is invalid.
    """
    return resolve(lws).rollout.partition


def remembered(lws: LeaderWorkerSet) -> int | None:
    """Return the partition a paused set goes back to, None if it is not paused.

    Raises:
        InvalidSpec: If the spec is invalid.
    """
    text = lws.annotations.get(PAUSED_PARTITION, "")
    if not (text.isascii() and text.isdigit()):
        return None
    # Somebody may have lowered the partition past it without knowing of the annotation.
    return int(text) if int(text) < floor_of(lws) else None


def standstill(lws: LeaderWorkerSet) -> int:
    """Return the least partition that keeps every group, surge included, from being replaced.

    Raises:
        InvalidSpec: If the spec is invalid.
    """
    spec = resolve(lws)
    record = read_record(lws.annotations)
    return max(limits(spec.replicas, spec.rollout).burst, record.groups if record else 0)


def next_floor(floor: int, revisions: Mapping[int, str], target: str) -> int | None:
    """Return the partition that lets one more group be updated, None if none is held back.

    Args:
        floor: The partition in the spec.
        revisions: Key of each existing group's revision, by group index.
        target: Key of the revision groups should reach.
    """
    return max((i for i, key in revisions.items() if i < floor and key != target), default=None)
