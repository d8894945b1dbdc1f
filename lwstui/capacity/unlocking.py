"""Which single act would make one more group fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from lwstui.capacity.domains import Placed, Solution, solve
from lwstui.capacity.eligible import CORDONED, NOT_READY, TAINT
from lwstui.capacity.nearness import large_enough
from lwstui.capacity.packing import Block, frontier, merged, most_groups
from lwstui.capacity.vectors import Holders
from lwstui.state.foreign import FINISHED

if TYPE_CHECKING:
    from lwstui.capacity.answer import Scene

MOST: Final = 5
"""Unlocks that are told."""
_TRIES: Final = 24


@dataclass(frozen=True, slots=True)
class _Act:
    words: str
    node: Placed


def unlocks(scene: Scene, solution: Solution, holders: Holders) -> tuple[str, ...]:
    """Return single acts that would each make one more group fit."""
    found: list[str] = []
    tried: set[object] = set()
    for act in _acts(scene, holders):
        alike = (
            act.words.partition(" ")[0],
            frontier(scene.asked, act.node.offer, solution_limit(solution)),
            act.node.domain,
            act.node.subdomain,
        )
        if alike in tried:
            continue
        if len(tried) >= _TRIES or len(found) >= MOST:
            break
        tried.add(alike)
        if _helps(scene, solution, act.node):
            found.append(act.words)
    return tuple(found)


def solution_limit(solution: Solution) -> int:
    """Return the number of groups that one more would make."""
    return len(solution.homes) + 1


def _acts(scene: Scene, holders: Holders) -> Iterator[_Act]:
    for name, node in scene.placed.items():
        reasons = scene.barred.get(name)
        if reasons is None or len(reasons) != 1:
            continue
        words = {CORDONED: f"uncordon {name}", NOT_READY: f"repair {name}"}.get(reasons[0], "")
        if reasons[0].startswith(TAINT):
            words = f"tolerate taint {reasons[0].removeprefix(TAINT)} of {name}"
        if words:
            yield _Act(words, _opened(node, works=scene.asked.workers > 0))
    for node in scene.open:
        if large_enough(scene.asked, holders.nodes[node.offer.name]):
            yield from _freed(node, holders)


def _opened(node: Placed, *, works: bool) -> Placed:
    return replace(node, offer=replace(node.offer, leads=True, works=works))


def _freed(node: Placed, holders: Holders) -> Iterator[_Act]:
    """Yield what deleting one pod outside sets would free."""
    name = node.offer.name
    pods = holders.pods.get(name, ())
    for pod in pods:
        if pod.set_name or pod.phase in FINISHED or pod.uid in holders.come:
            continue
        others = [other for other in pods if other is not pod]
        free = holders.free(name, others)
        held = ", ".join(f"{amount} {resource}" for resource, amount in pod.accelerators)
        words = f"free {held} on {name}: pod {pod.key}"
        yield _Act(words, replace(node, offer=replace(node.offer, free=free)))


def _helps(scene: Scene, solution: Solution, changed: Placed) -> bool:
    """Tell whether one more group fits with one node as changed."""
    limit, name = solution_limit(solution), changed.offer.name
    if scene.rules.key:
        beside = [one for one in scene.open if one.domain == changed.domain]
        inside = [one for one in beside if one.offer.name != name]
        before = solve(scene.asked, scene.rules, beside, 1).homes
        return not before and bool(solve(scene.asked, scene.rules, [*inside, changed], 1).homes)
    if solution.packed is not None and name in scene.barred:
        asked = scene.asked
        more = Block(frontier(asked, changed.offer, limit))
        both = merged(solution.packed.whole, more, limit, limit * asked.workers)
        return most_groups(asked, both.most, limit) >= limit
    others = [one for one in scene.open if one.offer.name != name]
    return len(solve(scene.asked, scene.rules, [*others, changed], limit).homes) >= limit
