"""What every screen says about sets and groups, worked out once and remembered.

A digest is rebuilt only when a pod of its set, the set itself or a node's readiness changes,
or when a judgment runs out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import inf
from operator import attrgetter, itemgetter
from typing import Final, NamedTuple

from controller.api.core import Revision
from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from controller.api.pods import Pod
from lwstui.capacity.requests import GroupRequest, group_request
from lwstui.state.model import GroupHistory, Snapshot
from lwstui.view.desired import desired_revision, newest_revisions
from lwstui.view.health import (
    FAULTS,
    NO_HISTORY,
    GroupContext,
    Health,
    earliest,
    group_health,
    judge,
    pod_health,
    set_health,
)
from lwstui.view.memo import Memo
from lwstui.view.spec import partition_of, replicas_of, size_of, spec_text
from lwstui.view.trouble import trouble
from lwstui.view.types import Ref
from lwstui.view.usualstart import slow_start_s

_GROUP: Final[Callable[[Pod], int]] = attrgetter("group")
_NAMES: Final = itemgetter(0)
DISAGREES_AFTER_S: Final = 5.0
HOLDS_IDLE_AFTER_S: Final = 900.0


@dataclass(frozen=True, slots=True, eq=False)
class GroupDigest:
    """One group.

    Attributes:
        index: Group index.
        pods: Its pods by worker index.
        healths: Their judgments.
        health: Its judgment.
        size: Pods it should have.
        ready: Pods that are ready.
        revision: Revision of its leader, else of its first pod.
        surge: Whether its index is at or above ``replicas``.
        restarts: Container restarts of its pods.
        bound: Accelerators its pods hold on nodes.
        asked: Accelerators its pods ask for.
    """

    index: int
    pods: tuple[Pod, ...]
    healths: tuple[Health, ...]
    health: Health
    size: int
    ready: int
    revision: str
    surge: bool
    restarts: int
    bound: int
    asked: int

    @property
    def leader(self) -> Pod | None:
        """The leader pod, if it exists."""
        return self.pods[0] if self.pods and self.pods[0].worker == 0 else None

    @property
    def serves(self) -> bool:
        """Whether all its pods are ready."""
        return bool(self.size) and self.ready >= self.size == len(self.pods)


@dataclass(frozen=True, slots=True, eq=False)
class SetDigest:
    """One set.

    Attributes:
        key: Namespace and name.
        groups: All groups that exist or should, by index.
        replicas: Groups asked for.
        size: Pods per group asked for.
        desired: Revision groups should reach, empty if unknown.
        partition: The user's partition, a group index.
        ready: Groups below ``replicas`` that serve.
        updated: Groups below ``replicas`` on the desired revision.
        surge: Groups at or above ``replicas``.
        pods_ready: Ready pods.
        pods: Pods that exist.
        accelerators: Accelerators bound and asked for by all its groups, None if its pods
            ask for none.
        rolling: Whether some group still runs another revision than the desired one.
        disagrees: Whether the reported ready groups differ from what the pods show.
    """

    key: Key
    lws: LeaderWorkerSet
    health: Health
    groups: tuple[GroupDigest, ...]
    replicas: int
    size: int
    desired: str
    partition: int
    ready: int
    updated: int
    surge: int
    pods_ready: int
    pods: int
    accelerators: tuple[int, int] | None
    request: GroupRequest | None
    rolling: bool
    disagrees: bool

    @property
    def held(self) -> bool:
        """Whether only the user's partition keeps a rollout from going on."""
        old = [g for g in self.groups if g.revision not in ("", self.desired) and not g.surge]
        return self.rolling and bool(old) and all(g.index < self.partition for g in old)

    @property
    def blocker(self) -> GroupDigest | None:
        """The highest group on the desired revision that is broken while a rollout runs."""
        return self.blockers[-1] if self.blockers else None

    @property
    def blockers(self) -> tuple[GroupDigest, ...]:
        """All broken groups on the desired revision while a rollout runs, by index."""
        if not self.rolling:
            return ()
        new = (group for group in self.groups if group.revision == self.desired)
        return tuple(group for group in new if group.health.glyph in FAULTS)


def group_ref(one: SetDigest, group: GroupDigest) -> Ref:
    """Return what a cell or row about a group refers to."""
    leader = group.leader
    uid = leader.uid if leader is not None else ""
    return Ref("group", one.key.namespace, one.key.name, group.index, uid=uid)


def pod_ref(pod: Pod) -> Ref:
    """Return what a cell or row about a pod refers to."""
    return Ref("pod", pod.namespace, pod.name, pod.group, pod.worker, pod.uid)


def bad_nodes(snapshot: Snapshot, memo: Memo, now: float) -> frozenset[tuple[str, str]]:
    """Return (node, reason) of all nodes that are not ready, the same object while equal."""

    def build() -> tuple[frozenset[tuple[str, str]], float]:
        found = frozenset(
            (node.name, node.ready_reason or "NotReady")
            for node in snapshot.nodes.values()
            if not node.ready
        )
        return memo.keep("bad-nodes-kept", found), inf

    return memo.get("bad-nodes", (snapshot.nodes,), now, build)


def digest(snapshot: Snapshot, lws: LeaderWorkerSet, memo: Memo, now: float) -> SetDigest:
    """Return the digest of one set."""
    return _digest(_World.of(snapshot, memo, now), lws.key, lws, memo, now)


def digests(snapshot: Snapshot, memo: Memo, now: float) -> tuple[SetDigest, ...]:
    """Return the digests of all sets, by namespace and name."""

    def build() -> tuple[tuple[SetDigest, ...], float]:
        found = tuple(each_digest(snapshot, memo, now))
        return found, min((memo.until(("set", one.key)) for one in found), default=inf)

    # A screen asks several times for those of one snapshot.
    return memo.get("digests", (snapshot,), now, build)


def each_digest(snapshot: Snapshot, memo: Memo, now: float) -> Iterator[SetDigest]:
    """Yield the digests of all sets, by namespace and name."""
    world = _World.of(snapshot, memo, now)
    for key, lws in sorted(snapshot.sets.items(), key=_NAMES):
        yield _digest(world, key, lws, memo, now)


class _World(NamedTuple):
    """What the digests of all sets are made from beside their own records."""

    snapshot: Snapshot
    nodes: frozenset[tuple[str, str]]
    newest: Mapping[Key, Revision]

    @classmethod
    def of(cls, snapshot: Snapshot, memo: Memo, now: float) -> _World:
        return cls(snapshot, bad_nodes(snapshot, memo, now), newest_revisions(snapshot, memo, now))


def _digest(world: _World, key: Key, lws: LeaderWorkerSet, memo: Memo, now: float) -> SetDigest:
    snapshot, nodes, newest = world
    pods, starts = snapshot.by_set.get(key, ()), snapshot.starts.get(key, ())
    controller, manner = snapshot.controller, snapshot.manner
    waits = controller.waits.get(key, ())

    def build() -> tuple[SetDigest, float]:
        frame = _Frame(
            lws=lws,
            key=key,
            desired=desired_revision(snapshot, lws, memo, now),
            size=size_of(lws),
            partition=partition_of(lws),
            leader_first=spec_text(lws.spec, "", "startupPolicy") == "LeaderReady",
            nodes=nodes,
            reasons=dict(nodes),
            history=snapshot.history,
            memo=memo,
            now=now,
            slow_s=slow_start_s(snapshot, key, memo, now),
            loop=manner.recreate_loop,
            request=group_request(lws.spec, key.namespace, snapshot.devices),
        )
        return _summarise(frame, _groups(frame, pods), trouble(snapshot, lws, pods, waits))

    # Sources and facts of what is derived in there, so that a set nothing happens in costs
    # next to nothing. The history of a group changes only together with a pod of its set.
    sources = (lws, pods, starts, nodes, newest.get(key), snapshot.devices, manner)
    facts = (waits, controller.mode, controller.serves)
    return memo.get(("set", key), sources, now, build, facts=facts)


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all groups of one set are judged by.

    Attributes:
        lws: The set.
        desired: Key of the revision its groups should reach.
        size: Pods per group asked for.
        partition: The user's partition.
        leader_first: Whether workers wait for their leader.
        nodes: Nodes that are not ready, with the reasons.
        reasons: The same by node name.
        history: What is remembered of groups.
        slow_s: Seconds from which on a start is slow.
        loop: Recreations of a group that make a loop.
        request: Accelerators one group asks for, None if that cannot be told.
    """

    lws: LeaderWorkerSet
    key: Key
    desired: str
    size: int
    partition: int
    leader_first: bool
    nodes: frozenset[tuple[str, str]]
    reasons: Mapping[str, str]
    history: Mapping[tuple[Key, int], GroupHistory]
    memo: Memo
    now: float
    slow_s: float
    loop: int
    request: GroupRequest | None


def _groups(frame: _Frame, pods: tuple[Pod, ...]) -> tuple[GroupDigest, ...]:
    replicas = replicas_of(frame.lws)
    members = {i: tuple(found) for i, found in groupby(pods, key=_GROUP) if i >= 0}
    indexes = sorted(members.keys() | range(replicas))
    return tuple(_group(frame, i, members.get(i, ()), surge=i >= replicas) for i in indexes)


def _group(frame: _Frame, index: int, pods: tuple[Pod, ...], *, surge: bool) -> GroupDigest:
    key, now = frame.key, frame.now
    context = GroupContext(
        size=(pods[0].size or frame.size) if pods else frame.size,
        desired=frame.desired,
        held=index < frame.partition,
        leader_first=frame.leader_first,
        history=frame.history.get((key, index), NO_HISTORY),
        loop=frame.loop,
    )

    def build() -> tuple[GroupDigest, float]:
        reasons = frame.reasons
        healths = tuple(
            pod_health(p, now, bad_node=reasons.get(p.node, ""), slow_s=frame.slow_s) for p in pods
        )
        health = group_health(pods, healths, context, now)
        found = GroupDigest(
            index=index,
            pods=pods,
            healths=healths,
            health=health,
            size=context.size,
            ready=sum(p.running_and_ready and not p.terminating for p in pods),
            revision=pods[0].revision if pods else "",
            surge=surge,
            restarts=sum(p.restarts for p in pods),
            bound=sum(map(_devices, filter(_holds, pods))),
            asked=sum(map(_devices, pods)),
        )
        return found, min(health.until, earliest(healths))

    # What is usual matters only while something starts.
    slow_s = 0.0 if all(pod.ready for pod in pods) else frame.slow_s
    slot, facts = ("group", key, index), (context, surge, slow_s)
    return frame.memo.get(slot, (frame.nodes, *pods), now, build, facts=facts)


def _devices(pod: Pod) -> int:
    return sum(amount for _, amount in pod.accelerators)


def _holds(pod: Pod) -> bool:
    return bool(pod.node) and pod.phase not in ("Succeeded", "Failed")


def _summarise(
    frame: _Frame, groups: tuple[GroupDigest, ...], wrong: Health | None
) -> tuple[SetDigest, float]:
    lws, desired, now = frame.lws, frame.desired, frame.now
    replicas = replicas_of(lws)
    wanted = [g for g in groups if not g.surge]
    ready = sum(g.serves for g in wanted)
    updated = sum(bool(g.pods) and g.revision == desired for g in wanted)
    request = frame.request
    reported = lws.status.ready_replicas
    serving = ready + sum(g.serves for g in groups if g.surge)
    since = frame.memo.since(("disagrees", lws.key), now, holds=reported not in (ready, serving))
    lasts = since is not None and now >= since + DISAGREES_AFTER_S
    accelerators = _accelerators(groups, request)
    bound = accelerators[0] if accelerators is not None else 0
    idle = idle_since(groups, bound)
    if wrong is None and idle is not None and now >= idle + HOLDS_IDLE_AFTER_S:
        wrong = judge("!", f"holds {bound} GPU, serves 0", idle)
    health = set_health([(g.index, g.health) for g in groups], replicas, wrong)
    found = SetDigest(
        key=frame.key,
        lws=lws,
        health=health,
        groups=groups,
        replicas=replicas,
        size=size_of(lws),
        desired=desired,
        partition=partition_of(lws),
        ready=ready,
        updated=updated if desired else lws.status.updated_replicas,
        surge=len(groups) - len(wanted),
        pods_ready=sum(g.ready for g in groups),
        pods=sum(len(g.pods) for g in groups),
        accelerators=accelerators,
        request=request,
        rolling=bool(desired) and any(g.revision not in ("", desired) for g in groups),
        disagrees=lasts,
    )
    until = min((earliest((g.health, *g.healths)) for g in groups), default=inf)
    if since is not None and not lasts:
        until = min(until, since + DISAGREES_AFTER_S)
    if wrong is None and idle is not None:
        until = min(until, idle + HOLDS_IDLE_AFTER_S)
    return found, until


def _accelerators(
    groups: Sequence[GroupDigest], request: GroupRequest | None
) -> tuple[int, int] | None:
    """Return accelerators (bound, asked for) of all groups, None if they ask for none."""
    bound, asked = sum(g.bound for g in groups), sum(g.asked for g in groups)
    if request is not None and request.devices:
        asked += sum(_missing_devices(group, request) for group in groups)
    return (bound, asked) if asked else None


def _missing_devices(group: GroupDigest, request: GroupRequest) -> int:
    """Return the accelerators that the pods a group still lacks will ask for."""
    missing = group.size - len(group.pods)
    if missing <= 0:
        return 0
    leaders = int(group.leader is None)
    return leaders * request.leader_devices + (missing - leaders) * request.worker_devices


def idle_since(groups: Sequence[GroupDigest], bound: int) -> float | None:
    """Return since when a set holds accelerators and no group of it serves, None if one does."""
    if not bound or any(group.serves for group in groups):
        return None
    return max((g.health.since for g in groups if g.bound and g.health.since), default=None)
