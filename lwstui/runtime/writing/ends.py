"""How far the consequences of an intent are, counted in groups that serve."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS, REVISIONS
from controller.api.pods import Pod
from lwstui.runtime.intents import RecreateGroup, Undo
from lwstui.runtime.writing.rule import Seen

_PARTITION = ("rolloutStrategy", "rollingUpdateConfiguration", "partition")


def groups_of(seen: Seen, key: Key) -> Iterator[tuple[int, list[Pod]]]:
    """Yield the index and the pods of each group of a set, leaders first."""
    pods = sorted(seen.members(key), key=lambda pod: (pod.group, pod.worker))
    for index, members in groupby(pods, key=lambda pod: pod.group):
        yield index, list(members)


def serves(pods: list[Pod], size: int) -> bool:
    """Tell whether a group is whole and all its pods are ready."""
    return len(pods) == size and all(p.running_and_ready and not p.terminating for p in pods)


def _number(lws: LeaderWorkerSet, default: int, *path: str) -> int:
    value: Any = lws.spec
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def _size(lws: LeaderWorkerSet) -> int:
    return _number(lws, 1, "leaderWorkerTemplate", "size")


def all_serving(intent: Any, seen: Seen, before: frozenset[str]) -> str:
    """Return how many groups serve, until all that are asked for do and no other is left."""
    del before
    lws = seen.get(LEADERWORKERSETS, intent.target)
    if lws is None:
        return ""
    wanted = _number(lws, 1, "replicas")
    found = list(groups_of(seen, intent.target))
    ready = sum(serves(pods, _size(lws)) for index, pods in found if index < wanted)
    leaving = sum(index >= wanted for index, _ in found)
    if ready >= wanted and not leaving:
        return ""
    return f"{ready} of {wanted} groups ready" + (f", {leaving} leaving" if leaving else "")


def group_serving(intent: RecreateGroup, seen: Seen, before: frozenset[str]) -> str:
    """Return how many pods of a group are back and ready, until all are."""
    lws = seen.get(LEADERWORKERSETS, intent.target)
    if lws is None:
        return ""
    pods = next((p for i, p in groups_of(seen, intent.target) if i == intent.group), [])
    fresh = [pod for pod in pods if pod.uid not in before]
    if serves(fresh, _size(lws)):
        return ""
    ready = sum(pod.running_and_ready for pod in fresh)
    return f"{ready} of {_size(lws)} new pods ready"


def all_made_again(intent: Any, seen: Seen, before: frozenset[str]) -> str:
    """Return how many groups have been made again and serve, until all that should have."""
    return _updated(intent.target, seen, lambda leader: leader.uid not in before)


def all_on_revision(intent: Undo, seen: Seen, before: frozenset[str]) -> str:
    """Return how many groups serve on the revision that was gone back to, until all do."""
    del before
    revision = seen.get(REVISIONS, Key(intent.target.namespace, intent.revision))
    if revision is None:
        return ""
    return _updated(intent.target, seen, lambda leader: leader.revision == revision.key)


def _updated(key: Key, seen: Seen, new: Callable[[Pod], bool]) -> str:
    lws = seen.get(LEADERWORKERSETS, key)
    if lws is None:
        return ""
    partition, replicas = _number(lws, 0, *_PARTITION), _number(lws, 1, "replicas")
    wanted = max(0, replicas - partition)
    done = sum(
        serves(pods, _size(lws)) and new(pods[0])
        for index, pods in groups_of(seen, key)
        if partition <= index < replicas
    )
    return f"{done} of {wanted} groups updated and ready" if done < wanted else ""
