"""Which pods would have to lie elsewhere so that one more group fits: a bounded search.

What is found is a suggestion. Nothing tells the scheduler where pods that are moved should go, and
moving a pod of a group starts the whole group anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Final

import msgspec

from controller.api.meta import Key
from controller.api.pods import Pod
from lwstui.capacity.domains import Placed, Rules, Solution, members, solve
from lwstui.capacity.eligible import barriers
from lwstui.capacity.nearness import large_enough, left_over
from lwstui.capacity.placing import group_of, template_of
from lwstui.capacity.vectors import Holders, Vector, fits, taking, vector

if TYPE_CHECKING:
    from lwstui.capacity.answer import Scene
    from lwstui.capacity.cluster import Cluster

MOVES: Final = 4
"""A suggestion never has more moves, and never moves more devices than one group asks for."""
_TOGETHER: Final = 2
_UNITS: Final = 12
_SOURCES: Final = 24
_DOMAINS: Final = 4


class Move(msgspec.Struct, frozen=True):
    """A pod outside sets, or a whole group, in another place.

    Attributes:
        what: In words.
        devices: How many devices it holds.
        pods: (pod, node it leaves, node it goes to) of each of its pods.
    """

    what: str
    devices: int
    pods: tuple[tuple[Key, str, str], ...]


@dataclass(frozen=True, slots=True)
class _Unit:
    """What moves as one: a pod outside sets, or a whole group.

    Attributes:
        what: In words.
        pods: Its pods, with the nodes they are on.
        devices: How many devices they hold.
    """

    what: str
    pods: tuple[Pod, ...]
    devices: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """Some units in new places.

    Attributes:
        free: What is free on each node then.
        moves: What moves where.
    """

    free: Mapping[str, Vector]
    moves: tuple[Move, ...] = ()

    @property
    def moved(self) -> frozenset[str]:
        """What moves."""
        return frozenset(move.what for move in self.moves)

    @property
    def devices(self) -> int:
        """How many devices move."""
        return sum(move.devices for move in self.moves)


def moves(scene: Scene, solution: Solution, holders: Holders, cluster: Cluster) -> tuple[Move, ...]:
    """Return the moves of fewest devices found that make one more group fit; none if none is."""
    if not scene.asked.devices or scene.rules.subkey:
        return ()
    search = _Search(scene, holders, cluster, left_over(scene, solution))
    homes = {home.domain for home in solution.homes}
    rules = replace(scene.rules, key="", taken=frozenset())
    places = [scene.open]
    if scene.rules.key:
        inside = {d: nodes for d, nodes in members(scene.open).items() if d not in homes}
        free = scene.asked.devices[0]
        order = sorted(
            inside, key=lambda d: (-sum(n.offer.free.get(free, 0) for n in inside[d]), d)
        )
        places = [inside[domain] for domain in order[:_DOMAINS]]
    found = [plan for nodes in places if (plan := search.within(nodes, rules)) is not None]
    return min(found, key=lambda plan: plan.devices).moves if found else ()


class _Search:
    def __init__(
        self, scene: Scene, holders: Holders, cluster: Cluster, left: Mapping[str, Vector]
    ) -> None:
        self._scene, self._holders, self._cluster = scene, holders, cluster
        closed = [name for name in holders.nodes if name not in left]
        self._left = {name: holders.free(name) for name in closed} | dict(left)
        self._groups: dict[object, list[Pod]] = {}
        for name in holders.nodes:
            for pod in holders.pods.get(name, ()):
                if pod.set_key in cluster.sets and not pod.finished:
                    self._groups.setdefault(group_of(pod), []).append(pod)
        asked = scene.asked
        self._worth = sum(
            asked.leader.get(name, 0) + asked.workers * asked.worker.get(name, 0)
            for name in asked.devices
        )
        self._large = frozenset(
            name for name, node in holders.nodes.items() if large_enough(scene.asked, node)
        )
        self._takes: dict[tuple[Key | None, bool], frozenset[str]] = {}

    def within(self, nodes: Sequence[Placed], rules: Rules) -> _Plan | None:
        """Return the moves that make a group fit on some nodes."""
        plan = _Plan(self._left)
        for _ in range(MOVES):
            options = self._options(plan, nodes)
            step = next((p for one in options if (p := self._moved(plan, one, nodes))), None)
            if step is None or len(step.moves) > MOVES or step.devices > self._worth:
                return None
            plan = step
            if self._fits(plan, nodes, rules):
                return plan
        return None

    def _fits(self, plan: _Plan, nodes: Sequence[Placed], rules: Rules) -> bool:
        changed = [
            replace(one, offer=replace(one.offer, free=_none_below(plan.free[one.offer.name])))
            for one in nodes
        ]
        return bool(solve(self._scene.asked, rules, changed, 1).homes)

    def _options(self, plan: _Plan, nodes: Sequence[Placed]) -> list[tuple[str, tuple[_Unit, ...]]]:
        """Return what to move off which node so that one more pod fits there, least first."""
        found: list[tuple[int, str, tuple[_Unit, ...]]] = []
        for one in self._sources(plan, nodes):
            name = one.offer.name
            asked = self._wanted(one)
            units = [unit for unit in self._units(name) if unit.what not in plan.moved]
            for count in range(1, _TOGETHER + 1):
                freed = [
                    (sum(unit.devices for unit in chosen), name, chosen)
                    for chosen in combinations(units, count)
                    if fits(asked, _without(plan.free[name], name, chosen))
                ]
                if freed:
                    found.append(min(freed, key=lambda item: item[0]))
                    break
        return [(name, chosen) for _, name, chosen in sorted(found, key=lambda item: item[:2])]

    def _sources(self, plan: _Plan, nodes: Sequence[Placed]) -> list[Placed]:
        """Return nodes that lack least to hold one more pod, but do lack something."""
        resource = self._scene.asked.devices[0]
        lacking = [
            one
            for one in nodes
            if one.offer.name in self._large
            and not fits(self._wanted(one), plan.free[one.offer.name])
        ]
        lacking.sort(key=lambda one: (-plan.free[one.offer.name].get(resource, 0), one.offer.name))
        return lacking[:_SOURCES]

    def _wanted(self, one: Placed) -> Vector:
        """Return what the pods ask for that a node is to take."""
        return self._scene.asked.worker if one.offer.works else self._scene.asked.leader

    def _units(self, node: str) -> list[_Unit]:
        """Return what may be moved off a node, what holds least first."""
        found: dict[str, _Unit] = {}
        for pod in self._holders.pods.get(node, ()):
            if pod.finished or pod.terminating or not pod.accelerators or self._stays(pod):
                continue
            pods = tuple(self._groups[group_of(pod)]) if pod.set_name else (pod,)
            what = f"group {pod.set_key}/{group_of(pod)[1]}" if pod.set_name else f"pod {pod.key}"
            found[what] = _Unit(what, pods, sum(n for p in pods for _, n in p.accelerators))
        return sorted(found.values(), key=lambda unit: (unit.devices, unit.what))[:_UNITS]

    def _stays(self, pod: Pod) -> bool:
        """Tell whether a pod is not to be moved.

        It has not come yet, its place is its own, nothing is known of its set, or it is of the
        set that is to grow.
        """
        own = bool(pod.topology or pod.subgroup_topology) or pod.set_key == self._scene.key
        unknown = bool(pod.set_name) and pod.set_key not in self._cluster.sets
        return pod.uid in self._holders.come or own or unknown

    def _moved(
        self, plan: _Plan, option: tuple[str, tuple[_Unit, ...]], nodes: Sequence[Placed]
    ) -> _Plan | None:
        """Return a plan with units in new places, off the node they are to leave."""
        source, units = option
        free, found = dict(plan.free), list(plan.moves)
        for unit in units:
            for pod in unit.pods:
                free[pod.node] = _plus(free[pod.node], vector(pod))
        apart = {one.offer.name for one in nodes} if self._scene.rules.key else {source}
        for unit in units:
            targets: list[tuple[Key, str, str]] = []
            for pod in sorted(unit.pods, key=lambda one: -sum(n for _, n in one.accelerators)):
                target = self._target(pod, free, apart)
                if target is None:
                    return None
                free[target] = taking(free[target], vector(pod))
                targets.append((pod.key, pod.node, target))
            found.append(Move(unit.what, unit.devices, tuple(targets)))
        return _Plan(free, tuple(found))

    def _target(self, pod: Pod, free: Mapping[str, Vector], apart: Iterable[str]) -> str | None:
        """Return the node with the least left of what a pod needs most, None if there is none."""
        asked, resource = vector(pod), pod.accelerators[0][0] if pod.accelerators else ""
        where = self._taking(pod) - set(apart)
        return min(
            (name for name in where if fits(asked, free[name])),
            key=lambda name: (free[name].get(resource, 0), name),
            default=None,
        )

    def _taking(self, pod: Pod) -> frozenset[str]:
        """Return the nodes a pod may go to, by its set's template."""
        key = (pod.set_key if pod.set_name else None, pod.worker == 0)
        if key not in self._takes:
            spec = template_of(pod, self._cluster)
            nodes = self._cluster.nodes.items()
            self._takes[key] = frozenset(n for n, node in nodes if not barriers(node, spec))
        return self._takes[key]


def _without(free: Vector, node: str, units: Iterable[_Unit]) -> Vector:
    for pod in _on(node, units):
        free = _plus(free, vector(pod))
    return free


def _on(node: str, units: Iterable[_Unit]) -> Iterator[Pod]:
    return (pod for unit in units for pod in unit.pods if pod.node == node)


def _plus(free: Vector, more: Vector) -> Vector:
    return {name: amount + more.get(name, 0) for name, amount in free.items()}


def _none_below(free: Vector) -> Vector:
    return {name: max(0, amount) for name, amount in free.items()}
