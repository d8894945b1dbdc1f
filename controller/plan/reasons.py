"""Sentences for operators: why a group is not ready, why an update does not go on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from controller.api.pods import Pod
from controller.plan.actions import Wait
from controller.plan.groups import Group
from controller.plan.rollout import Limits, Position

_NAMED: Final = 3


def unready(group: Group) -> Wait | None:
    """Return why a complete group is not ready, None if it is."""
    if group.leader is None or group.ready:
        return None
    for pod in group.pods:
        if not pod.scheduled:
            said = pod.unscheduled_message or pod.unscheduled_reason
            said = said or (f"gated by {', '.join(pod.gates)}" if pod.gates else "no node yet")
            text = f"group {group.index} is not ready: pod {pod.name} is not scheduled: {said}"
            return Wait("scheduling", text, group.index)
    lagging = [pod for pod in group.pods if not pod.running_and_ready]
    ready = len(group.pods) - len(lagging)
    text = (
        f"group {group.index} is not ready: {ready} of {group.size} pods are ready, waiting for "
        f"{_few(_pod(pod) for pod in lagging)}"
    )
    return Wait("readiness", text, group.index)


def terminating(group: int, pods: Sequence[Pod], now: float) -> Wait:
    """Return the wait for pods on their way out whose names are needed again."""
    since = [pod.deleted_at for pod in pods if pod.deleted_at is not None]
    asked = f" (asked to stop {max(now - min(since), 0):.0f} s ago)" if since else ""
    named = _few(pod.name for pod in pods)
    text = f"group {group}: waiting until {named} {_are(pods)} gone{asked}"
    return Wait("terminating", text, group)


def held_back(
    groups: tuple[Group, ...], position: Position, target: str, limit: Limits
) -> Wait | None:
    """Return why groups below the partition are not updated yet, None if none are outdated.

    Names the groups that hold the partition and the arithmetic of the budget.
    """
    below = groups[: position.partition]
    outdated = [g.index for g in below if g.leader is not None and g.leader.revision != target]
    if not outdated:
        return None
    if position.partition <= limit.partition:
        text = (
            f"{_indexes(outdated)} keep{_s(outdated)} an older revision: the partition in the "
            f"spec is {limit.partition}, so only groups from {limit.partition} on are updated"
        )
        return Wait("partition", text)
    spent = [g.index for g in below if not g.ready]
    opened = [
        g.index
        for g in groups[position.partition : position.groups]
        if g.state(target) != (True, True)
    ]
    blockers = opened or spent
    count = limit.max_unavailable + limit.max_surge
    budget = (
        f"at most {limit.max_unavailable} of {limit.replicas} groups may be unavailable"
        f"{f', with up to {limit.max_surge} surge' if limit.max_surge else ''}"
    )
    if not blockers:
        text = f"{_indexes(outdated)} wait{_s(outdated)} for the next step of the update: {budget}"
        return Wait("budget", text)
    why = "at the new revision" if opened else "and spends the budget"
    verb = "is" if len(blockers) == 1 else "are"
    text = (
        f"{_indexes(outdated)} wait{_s(outdated)}: {_indexes(blockers)} {verb} not ready "
        f"{why}; {budget}, so {count} can be in progress and the partition stays at "
        f"{position.partition} until {_indexes(blockers)} {verb} ready"
    )
    return Wait("budget", text)


def surge_kept(groups: tuple[Group, ...], limit: Limits, wanted: int) -> Wait | None:
    """Return why more groups exist than replicas are asked for, None if they do not."""
    kept = [g.index for g in groups[limit.replicas : wanted] if g.leader is not None]
    if not kept:
        return None
    text = (
        f"{_indexes(kept)} {'is' if len(kept) == 1 else 'are'} kept as surge above "
        f"{limit.replicas} replicas (maxSurge {limit.max_surge}) until enough of groups 0 to "
        f"{limit.replicas - 1} are ready and updated, or the partition is back at 0"
    )
    return Wait("surge", text)


def drifted(groups: tuple[Group, ...], topology: str) -> Wait | None:
    """Return that groups were placed under another topology annotation, None if none were."""
    strange = [g.index for g in groups if g.leader is not None and g.leader.topology != topology]
    if not strange:
        return None
    text = (
        f"{_indexes(strange)} {'was' if len(strange) == 1 else 'were'} placed under another "
        f"exclusive-topology annotation; it applies to groups made from now on, restart to apply"
    )
    return Wait("drift", text)


def _pod(pod: Pod) -> str:
    trouble = next((c.reason for c in pod.containers if c.reason and not c.ready), "")
    return f"{pod.name} ({trouble})" if trouble else pod.name


def _few(texts: Iterable[str]) -> str:
    every = list(texts)
    if len(every) <= _NAMED:
        return ", ".join(every)
    return f"{', '.join(every[:_NAMED])} and {len(every) - _NAMED} more"


def _indexes(indexes: Sequence[int]) -> str:
    if len(indexes) == 1:
        return f"group {indexes[0]}"
    if indexes[-1] - indexes[0] == len(indexes) - 1:
        return f"groups {indexes[0]} to {indexes[-1]}"
    return f"groups {_few(map(str, indexes))}"


def _are(items: Sequence[object]) -> str:
    return "is" if len(items) == 1 else "are"


def _s(items: Sequence[object]) -> str:
    return "s" if len(items) == 1 else ""
