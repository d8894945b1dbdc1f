"""Rolling updates: how many groups should exist and which of them may be replaced.

Two numbers decide: ``groups``, how many should exist now (replicas plus live surge), and
``partition``, the index from which groups may be replaced. Within one update the partition
only falls; a group counts as done only when it is ready and at the target.

Source: pkg/controllers/leaderworkerset_controller.go, rollingUpdateParameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from controller.admission.fields import scaled
from controller.api import names
from controller.api.lws import RolloutRecord, RolloutStrategy

# Retarget, grow, resize and open take a step each; the bound only guards against a cycle.
_MOST_STEPS: Final = 8


class Recreation(msgspec.Struct, frozen=True, rename="camel"):
    """How often a group was recreated without a healthy spell in between, and when last."""

    count: int
    last_at: float


class Record(RolloutRecord, frozen=True, omit_defaults=True):
    """The rollout record with what only the planner needs.

    Attributes:
        stable: Key of the revision that was last rolled out completely; groups below the
            partition are made from it.
        recreations: By group index, for the back-off of groups that keep failing.
    """

    stable: str = ""
    recreations: dict[str, Recreation] = {}  # noqa: RUF012 - msgspec copies empty defaults


def read_record(annotations: Mapping[str, str]) -> Record | None:
    """Return the record on a set, or None if it is absent, unreadable or names no target."""
    text = annotations.get(names.ROLLOUT_RECORD)
    if not text:
        return None
    try:
        record = msgspec.json.decode(text, type=Record)
    except msgspec.DecodeError:
        return None
    sane = record.target and record.partition >= 0 and record.groups >= 0
    return record if sane else None


class State(NamedTuple):
    """What a rollout asks of a group."""

    ready: bool
    updated: bool


MISSING: Final = State(ready=False, updated=False)


class Limits(NamedTuple):
    """A rollout strategy resolved against the current number of replicas, in groups."""

    replicas: int
    max_unavailable: int
    max_surge: int
    partition: int = 0

    @property
    def burst(self) -> int:
        """Most groups that may exist."""
        return self.replicas + self.max_surge

    @property
    def least_ready(self) -> int:
        """Groups that must stay ready while others are replaced."""
        return max(self.replicas - self.max_unavailable, 0)


class Position(NamedTuple):
    """Where a rollout stands: groups at or above ``partition`` of ``groups`` may be replaced."""

    partition: int
    groups: int


def limits(replicas: int, strategy: RolloutStrategy) -> Limits:
    """Return a strategy's budget: maxUnavailable rounds down, maxSurge up and at most to R."""
    surge = scaled(strategy.max_surge, replicas, round_up=True)
    return Limits(
        replicas,
        scaled(strategy.max_unavailable, replicas, round_up=False),
        min(surge, replicas),
        strategy.partition,
    )


def groups_wanted(limit: Limits, unready: int) -> int:
    """Return how many groups should exist while ``unready`` of the replicas are not done.

    Surge is given back as soon as maxUnavailable covers the rest.
    """
    if unready > limit.max_surge:
        return limit.burst
    return limit.replicas + max(unready - limit.max_unavailable, 0)


def next_partition(states: Sequence[State], groups: int, step: int, current: int) -> int:
    """Return the partition after the budget of ``step`` groups is spent from the top.

    Groups below the window that are not ready consume the budget; groups that are not ready
    or already updated are free to take. The result is never above ``current``.
    """
    tail = 0
    while tail < groups and states[groups - 1 - tail] == (True, True):
        tail += 1
    floor = max(groups - tail - step, 0)
    partition = floor + sum(not state.ready for state in states[:floor])
    for index in range(min(partition, groups - 1), floor - 1, -1):
        if states[index].ready and not states[index].updated:
            break
        partition = index
    return min(partition, current)


def unfinished(limit: Limits, states: Sequence[State]) -> int:
    """Return how many of the first R groups are missing, not ready or not at the target."""
    done = sum(state == (True, True) for state in states[: limit.replicas])
    return limit.replicas - done


def advance(
    limit: Limits, record: RolloutRecord, states: Sequence[State], *, retarget: bool
) -> Position:
    """Return the position one step after the recorded one.

    Args:
        limit: The budget.
        record: Where the rollout stood.
        states: States by group index; indexes beyond the end are missing groups.
        retarget: Whether the target changed in this pass.
    """
    floor, replicas = max(limit.partition, 0), limit.replicas
    if retarget:
        partition = max(min(replicas, record.groups), floor)
        growing = record.groups < replicas
        return Position(partition, replicas if growing else groups_wanted(limit, replicas))
    if record.partition == 0 and record.groups == replicas:
        return Position(floor, replicas)
    if record.groups < replicas:
        return Position(max(record.partition, floor), replicas)
    unready = unfinished(limit, states)
    wanted = groups_wanted(limit, unready)
    if record.seen_replicas != replicas:
        return Position(max(min(record.partition, limit.burst), floor), wanted)
    present = [*states[: record.groups], *[MISSING] * (record.groups - len(states))]
    step = limit.max_unavailable + limit.max_surge - (limit.burst - record.groups)
    partition = next_partition(present, record.groups, step, record.partition)
    return Position(max(partition, floor), wanted)


def settle(
    limit: Limits, record: RolloutRecord, states: Sequence[State], *, retarget: bool
) -> tuple[Position, ...]:
    """Return the positions a rollout passes through until nothing more follows from ``states``.

    Each step is one that native would write down before taking the next; only the last is
    worth a request.
    """
    steps = [advance(limit, record, states, retarget=retarget)]
    while len(steps) < _MOST_STEPS:
        reached = RolloutRecord(record.target, *steps[-1], limit.replicas)
        following = advance(limit, reached, states, retarget=False)
        if following == steps[-1]:
            break
        steps.append(following)
    return tuple(steps)


def start(limit: Limits, target: str) -> Record:
    """Return the record of a set that has no groups yet."""
    return Record(target, limit.partition, limit.replicas, limit.replicas, target)


def rebuild(limit: Limits, target: str, leaders: Mapping[int, tuple[str, bool]]) -> Record:
    """Return the record that explains existing groups, after the written one was lost.

    Args:
        limit: The budget.
        target: Key of the newest revision.
        leaders: By group index: key of the leader's revision, and whether it is terminating.
    """
    highest = max(leaders, default=-1)
    outdated = [i for i, (key, leaving) in leaders.items() if key != target and not leaving]
    partition = max(max(outdated, default=-1) + 1, limit.partition)
    groups = min(max(highest + 1, limit.replicas), limit.burst)
    stable = leaders[min(outdated)][0] if outdated else target
    return Record(target, partition, groups, limit.replicas, stable)
