"""Groups: the pods of a set sorted by group, incarnation and owner.

A pod is ours by name and owner together: the leader ``<set>-<i>`` is controlled by the set,
worker ``<set>-<i>-<w>`` by its leader. A pod of an earlier incarnation is a *stray*, to be
waited for; anything else under our names is a *squatter*, never to be touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from controller.api import names
from controller.api.lws import GroupTemplate, LeaderWorkerSet
from controller.api.pods import Pod
from controller.plan.observed import Observed
from controller.plan.rollout import State


@dataclass(frozen=True, slots=True)
class Group:
    """One group as observed.

    Attributes:
        index: Group index.
        name: Name of the leader pod.
        leader: The set's leader pod, terminating or not; None if there is none.
        workers: Pods of this very leader, by worker index.
        strays: Pods of earlier incarnations that still hold their names.
        squatters: Owner descriptions of foreign pods under our names, by worker index;
            0 stands for the leader.
        lost: Names of this leader's workers that vanished unseen and are not back.
        template: What the group was built from; None if its revision is gone.
        ready: Whether leader and all workers are Running and Ready, and none is on its way out.
    """

    index: int
    name: str
    leader: Pod | None = None
    workers: Mapping[int, Pod] = field(default_factory=dict)
    strays: tuple[Pod, ...] = ()
    squatters: Mapping[int, str] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    template: GroupTemplate | None = None
    ready: bool = False

    @property
    def size(self) -> int:
        """Pods the group should have, the leader included, by its own revision."""
        return _size(self.leader, self.template)

    @property
    def leaving(self) -> bool:
        """Whether the leader is terminating."""
        return self.leader is not None and self.leader.terminating

    @property
    def started(self) -> bool:
        """Whether the workers of this leader have been created, if it has any.

        When all of them are gone and nobody saw them go, a leader that is not ready any more
        tells it: that it was ready once opened the gate of every startup policy.
        """
        leader = self.leader
        return leader is not None and bool(
            self.size == 1 or self.workers or self.lost or leader.lost_readiness
        )

    @property
    def pods(self) -> tuple[Pod, ...]:
        """The leader and its workers by worker index, without strays and squatters."""
        if self.leader is None:
            return ()
        return (self.leader, *(self.workers[w] for w in sorted(self.workers)))

    @property
    def missing(self) -> tuple[int, ...]:
        """Indexes of workers the leader should have and has not."""
        if len(self.workers) >= self.size - 1:
            return ()
        return tuple(w for w in range(1, self.size) if w not in self.workers)

    def state(self, target: str) -> State:
        """Return what a rollout to ``target`` asks of this group."""
        leader = self.leader
        updated = leader is not None and leader.revision == target and self.started
        return State(self.ready, updated)


def _size(leader: Pod | None, template: GroupTemplate | None) -> int:
    if template is not None:
        return template.size
    return max(leader.size if leader is not None else 0, 1)


def _ready(leader: Pod, workers: Mapping[int, Pod], size: int) -> bool:
    return len(workers) >= size - 1 and all(
        pod.ready and pod.phase == "Running" and pod.deleted_at is None
        for pod in (leader, *workers.values())
    )


def survey(
    observed: Observed, templates: Mapping[str, GroupTemplate], least: int
) -> tuple[Group, ...]:
    """Return the groups of a set by index: ``least`` of them, more if more leaders exist.

    Args:
        observed: The set and its pods.
        templates: Templates by revision key.
        least: How many groups are of interest even if they do not exist.
    """
    sorter = _Sorter(observed.lws)
    for pod in observed.pods:
        sorter.add(pod)
    for taken, owner in observed.taken.items():
        sorter.add_taken(taken, owner)
    lost: dict[str, list[str]] = {}
    for vanished in observed.lost:
        lost.setdefault(vanished.leader_uid, []).append(vanished.name)
    count = max(least, max(sorter.leaders, default=-1) + 1)
    return tuple(sorter.group(index, templates, lost) for index in range(count))


# Ordinals are written without leading zeros, and no worker has index 0.
_POSITION: Final = re.compile(r"-(0|[1-9][0-9]*)(?:-([1-9][0-9]*))?")


def position(prefix: str, name: str) -> tuple[int, int] | None:
    """Return (group, worker) of a name ``<prefix>-<group>[-<worker>]``, None for others."""
    match = _POSITION.fullmatch(name, len(prefix)) if name.startswith(prefix) else None
    return None if match is None else (int(match[1]), int(match[2] or 0))


class _Sorter:
    """Collects pods by group and worker index before leaders are known."""

    def __init__(self, lws: LeaderWorkerSet) -> None:
        self.lws = lws
        self.leaders: dict[int, Pod] = {}
        self._workers: dict[int, dict[int, Pod]] = {}
        self._strays: dict[int, list[Pod]] = {}
        self._squatters: dict[int, dict[int, str]] = {}
        self._filed: set[str] = set()

    def add(self, pod: Pod) -> None:
        """File a pod under its group."""
        place = position(self.lws.metadata.name, pod.name)
        if place is None:
            return
        group, worker = place
        self._filed.add(pod.name)
        if worker:
            self._workers.setdefault(group, {})[worker] = pod
        elif pod.owner_uid == self.lws.metadata.uid:
            self.leaders[group] = pod
        elif pod.owner_kind == names.LEADERWORKERSETS.kind:
            self._strays.setdefault(group, []).append(pod)
        else:
            self._squatters.setdefault(group, {})[0] = _owner(pod)

    def add_taken(self, taken: str, owner: str) -> None:
        """File a foreign object that holds one of our pod names and is not filed as a pod."""
        kind, _, name = taken.partition("/")
        place = position(self.lws.metadata.name, name)
        if kind == names.PODS.plural and name not in self._filed and place is not None:
            self._squatters.setdefault(place[0], {})[place[1]] = owner

    def group(
        self, index: int, templates: Mapping[str, GroupTemplate], lost: Mapping[str, list[str]]
    ) -> Group:
        """Return one group."""
        name = names.leader_name(self.lws.metadata.name, index)
        leader = self.leaders.get(index)
        strays = list(self._strays.get(index, ()))
        squatters = dict(self._squatters.get(index, {}))
        workers: dict[int, Pod] = {}
        for worker, pod in self._workers.get(index, {}).items():
            if leader is not None and pod.owner_uid == leader.uid:
                workers[worker] = pod
            elif pod.owner_kind == names.PODS.kind and pod.owner_name == name:
                strays.append(pod)
            else:
                squatters[worker] = _owner(pod)
        if leader is None:
            return Group(index, name, strays=tuple(strays), squatters=squatters)
        template = templates.get(leader.revision)
        return Group(
            index,
            name,
            leader,
            workers,
            tuple(strays),
            squatters,
            _still_lost(lost.get(leader.uid, ()), workers),
            template,
            _ready(leader, workers, _size(leader, template)),
        )


def _still_lost(vanished: Iterable[str], workers: Mapping[int, Pod]) -> tuple[str, ...]:
    back = {pod.name for pod in workers.values()}
    return tuple(name for name in vanished if name not in back)


def _owner(pod: Pod) -> str:
    if not pod.owner_uid:
        return "an object without a controller"
    return f"{pod.owner_kind} {pod.owner_name}"
