"""What draining nodes costs: which groups go, what still serves, what fits elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from controller.api.core import Node
from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from controller.api.pods import Pod
from lwstui.capacity.answer import Answer, answer
from lwstui.state.model import Snapshot
from lwstui.view.digest import GroupDigest, SetDigest, digest
from lwstui.view.fit import known_cluster
from lwstui.view.memo import Memo
from lwstui.view.spec import spec_text

FRESH_S: Final = 5.0
"""How long an answer holds while no pod, node or set changes."""
_POLICY: Final = ("leaderWorkerTemplate", "restartPolicy")


@dataclass(frozen=True, slots=True)
class GroupLoss:
    """One group that loses pods.

    Attributes:
        index: Group index.
        evicted: Its pods on the nodes.
        lost: Pods that go in all: the whole group, unless its policy replaces single workers.
        size: Pods it should have.
        devices: Accelerators of the pods that go.
        serves: Whether it serves at present.
    """

    index: int
    evicted: int
    lost: int
    size: int
    devices: int
    serves: bool

    @property
    def whole(self) -> bool:
        """Whether all its pods go, not only those on the node."""
        return self.lost > self.evicted or self.lost >= self.size


@dataclass(frozen=True, slots=True)
class SetLoss:
    """One set that loses pods.

    Attributes:
        groups: Its groups with pods on the nodes, by index.
        replicas: Groups asked for.
        serving: Groups that serve at present.
        after: Groups that still serve while the lost ones come back.
        fit: How many of its lost groups fit on other nodes, counted as if no other set had to
            move; ``groups`` is None where that is not known, and ``why`` says why.
    """

    key: Key
    groups: tuple[GroupLoss, ...]
    replicas: int
    serving: int
    after: int
    fit: Answer

    @property
    def share(self) -> int:
        """Percent of its groups that lose pods, rounded up."""
        return -(-100 * len(self.groups) // self.replicas) if self.replicas else 0

    @property
    def pods(self) -> int:
        """Pods that go in all."""
        return sum(group.lost for group in self.groups)

    @property
    def devices(self) -> int:
        """Accelerators of the pods that go."""
        return sum(group.devices for group in self.groups)

    @property
    def fits(self) -> bool | None:
        """Whether all its lost groups fit elsewhere, None if that is not known."""
        return None if self.fit.groups is None else self.fit.groups >= len(self.groups)


@dataclass(frozen=True, slots=True)
class DrainImpact:
    """What draining nodes does.

    Attributes:
        nodes: Names of the nodes.
        sets: Sets that lose pods, by namespace and name.
        others: Pods outside sets that hold accelerators there. Pods that are in no set and hold
            none are not known to the console.
    """

    nodes: frozenset[str]
    sets: tuple[SetLoss, ...]
    others: tuple[Pod, ...]

    @property
    def groups(self) -> int:
        """Groups that lose pods."""
        return sum(len(one.groups) for one in self.sets)

    @property
    def pods(self) -> int:
        """Pods of sets that go in all, on these and on other nodes."""
        return sum(one.pods for one in self.sets)

    @property
    def stops(self) -> tuple[Key, ...]:
        """Sets that serve at present and would not any more."""
        return tuple(one.key for one in self.sets if one.serving and not one.after)


def drain_impact(
    snapshot: Snapshot, nodes: str | Collection[str], now: float, memo: Memo | None = None
) -> DrainImpact:
    """Return what draining nodes does, if every pod on them is evicted.

    Of several nodes it is what goes in all, and the room on the nodes that are left: a group on
    two of them goes once. Disruption budgets are not looked at: they may refuse an eviction, they
    do not change which groups it would hurt.

    Args:
        snapshot: What is known.
        nodes: Name of the node, or of several.
        now: Epoch seconds.
        memo: Remembers digests between calls.
    """
    memo = memo or Memo()
    names = frozenset((nodes,) if isinstance(nodes, str) else nodes)

    def build() -> tuple[DrainImpact, float]:
        return _impact(snapshot, names, now, memo), now + FRESH_S

    sources = (snapshot.node_pods, snapshot.nodes, snapshot.sets, snapshot.by_set)
    return memo.get(("drain", names), sources, now, build)


def _impact(snapshot: Snapshot, nodes: frozenset[str], now: float, memo: Memo) -> DrainImpact:
    on_them = (pod for name in sorted(nodes) for pod in snapshot.node_pods.get(name, ()))
    there = [pod for pod in on_them if not _finished(pod)]
    keys = sorted({pod.set_key for pod in there if pod.set_key in snapshot.sets})
    sets = [digest(snapshot, snapshot.sets[key], memo, now) for key in keys]
    others = tuple(pod for pod in there if pod.set_key not in snapshot.sets)
    return DrainImpact(nodes, tuple(_set_loss(snapshot, one, nodes) for one in sets), others)


def _finished(pod: Pod) -> bool:
    return pod.phase in ("Succeeded", "Failed")


def _set_loss(snapshot: Snapshot, one: SetDigest, nodes: frozenset[str]) -> SetLoss:
    hit = [(group, _gone(one.lws, group, nodes)) for group in one.groups]
    hit = [(group, gone) for group, gone in hit if gone]
    groups = tuple(_group_loss(group, gone, nodes) for group, gone in hit)
    serving = sum(group.serves for group in one.groups)
    return SetLoss(
        one.key,
        groups,
        one.replicas,
        serving,
        serving - sum(group.serves for group in groups),
        _fit(snapshot, one.lws, nodes, groups, [pod for _, gone in hit for pod in gone]),
    )


def _gone(lws: LeaderWorkerSet, group: GroupDigest, nodes: frozenset[str]) -> tuple[Pod, ...]:
    """Return the pods of a group that go when its pods on nodes are evicted."""
    evicted = tuple(pod for pod in group.pods if pod.node in nodes and not _finished(pod))
    if not evicted:
        return ()
    alone = spec_text(lws.spec, "None", *_POLICY) == "None"
    # Workers belong to their leader, whatever the policy.
    return evicted if alone and all(pod.worker > 0 for pod in evicted) else group.pods


def _group_loss(group: GroupDigest, gone: Sequence[Pod], nodes: frozenset[str]) -> GroupLoss:
    devices = sum(amount for pod in gone for _, amount in pod.accelerators)
    evicted = sum(pod.node in nodes for pod in gone)
    return GroupLoss(group.index, evicted, len(gone), group.size, devices, group.serves)


def _fit(
    snapshot: Snapshot,
    lws: LeaderWorkerSet,
    drained: frozenset[str],
    groups: Sequence[GroupLoss],
    gone: Sequence[Pod],
) -> Answer:
    if not all(group.whole for group in groups):
        return Answer(None, "not computed: single workers are replaced, the rest of a group stays")
    nodes: Mapping[str, Node] = {
        n: found for n, found in snapshot.nodes.items() if n not in drained
    }
    leaving = {pod.uid for pod in gone}
    held = dict(snapshot.node_pods)
    for name in {pod.node for pod in gone if pod.node}:
        held[name] = tuple(pod for pod in held.get(name, ()) if pod.uid not in leaving)
    known = known_cluster(snapshot)
    stays = {key: pod for key, pod in known.waiting.items() if pod.uid not in leaving}
    return answer(lws, replace(known, nodes=nodes, pods=held, waiting=stays), len(groups))
