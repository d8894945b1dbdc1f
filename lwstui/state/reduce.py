"""What a set's pods say together: order, and what is remembered of its groups. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from controller.api.pods import Pod
from lwstui.state.model import GroupHistory, GroupStart

INCARNATIONS: Final = 20
STARTS: Final = 50


def place_of(pod: Pod) -> tuple[int, int, str, str]:
    """Return where a pod stands among others: by group and worker index, then name."""
    return pod.group, pod.worker, pod.name, pod.namespace


def whole_groups(pods: Iterable[Pod]) -> Iterator[tuple[int, tuple[Pod, ...]]]:
    """Yield groups all whose pods are there and ready, with the pods; they must be ordered."""
    for index, found in groupby(pods, key=lambda pod: pod.group):
        members = tuple(found)
        leader = members[0]
        complete = leader.worker == 0 and len(members) >= max(1, leader.size)
        if complete and all(p.running_and_ready and not p.terminating for p in members):
            yield index, members


def group_start(pods: Sequence[Pod]) -> GroupStart | None:
    """Return how a ready group started, None if its pods do not tell: one has restarted."""
    leader = pods[0]
    ready = [pod.ready_changed_at for pod in pods if pod.ready_changed_at is not None]
    if len(ready) < len(pods) or any(pod.restarts for pod in pods):
        return None
    image = next((c.image for c in leader.containers if not c.init), "")
    return GroupStart(image, max(0.0, max(ready) - leader.created_at))


def with_leader(history: GroupHistory | None, before: Pod | None, leader: Pod) -> GroupHistory:
    """Return a group's history after a leader was seen.

    A leader of another revision begins a new history: a rollout recreates on purpose.

    Args:
        history: What is remembered so far.
        before: The leader seen before, None if none.
        leader: The leader seen now.
    """
    if history is None or (before is not None and before.revision != leader.revision):
        return GroupHistory((leader.created_at,))
    if before is not None and before.uid == leader.uid:
        return history
    seen = (*history.incarnations, leader.created_at)[-INCARNATIONS:]
    return replace(history, incarnations=seen, ready_once=False)
