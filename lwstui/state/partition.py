"""The partition of a set as an operator's brake: pausing, resuming, one more group.

A rollout replaces groups from the highest index down to ``partition`` and no further. Raising
it to where the rollout is holds it there: no further group is replaced. Raising it beyond every
group pauses the rollout and what follows it. The partition from before is remembered in an
annotation until it is resumed. Groups that have been updated stay as they are, but a group
below the partition that has to be made again is made from the revision before.

Source: pkg/controllers/leaderworkerset_controller.go, rollingUpdateParameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from controller.admission.defaults import resolve
from controller.api.lws import LeaderWorkerSet
from controller.api.pods import Pod
from controller.plan.rollout import limits, read_record
from controller.takeover.evidence import StatefulSet

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


def reached(lws: LeaderWorkerSet, native: int | None = None) -> int | None:
    """Return the lowest group index that the rollout has come to, None if nothing tells.

    Args:
        lws: The set.
        native: Partition of its leader StatefulSet, if the native controller serves it.

    Raises:
        InvalidSpec: If the spec is invalid.
    """
    record = read_record(lws.annotations) if native is None else None
    at = record.partition if record is not None else native
    return None if at is None else max(at, floor_of(lws))


def noticed(lws: LeaderWorkerSet) -> bool:
    """Tell whether a controller has acted on the spec as it is; older ones do not say."""
    seen = lws.status.observed_generation
    return not seen or seen >= lws.metadata.generation


def of_stateful_set(body: Mapping[str, Any], lws: LeaderWorkerSet) -> int | None:
    """Return the partition of the leader StatefulSet of a set, None if it is none of the set's.

    Args:
        body: The StatefulSet with the name of the set.
        lws: The set.
    """
    try:
        found = msgspec.convert(body, StatefulSet)
    except msgspec.ValidationError:
        return None
    owners = found.metadata.owner_references or ()
    mine = any(owner.controller and owner.uid == lws.metadata.uid for owner in owners)
    return found.partition if mine else None


def of_leaders(leaders: Iterable[Pod], target: str) -> int | None:
    """Return where a native rollout is by its leaders, None if the native controller made none.

    Its StatefulSet may let further groups be replaced already; it knows, the pods do not.

    Args:
        leaders: Leaders of the set.
        target: Key of the revision that groups should reach.
    """
    found = tuple(leaders)
    if not any(pod.owner_kind == "StatefulSet" for pod in found):
        return None
    old = (pod.group for pod in found if pod.revision != target and not pod.terminating)
    return max(old, default=-1) + 1


def next_floor(floor: int, revisions: Mapping[int, str], target: str) -> int | None:
    """Return the partition that lets one more group be updated, None if none is held back.

    Args:
        floor: The partition in the spec.
        revisions: Key of each existing group's revision, by group index.
        target: Key of the revision groups should reach.
    """
    return max((i for i, key in revisions.items() if i < floor and key != target), default=None)
