"""What nearly fits: how much the next group lacks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from controller.api.core import Node
from lwstui.capacity.domains import Placed, Solution, members
from lwstui.capacity.packing import pack
from lwstui.capacity.vectors import Shapes, Vector, taking

if TYPE_CHECKING:
    from lwstui.capacity.answer import Scene

MOST: Final = 5
"""Near misses that are told."""


def near_misses(scene: Scene, solution: Solution) -> tuple[str, ...]:
    """Return what the next group lacks: in domains that nearly fit one, the nearest first."""
    if scene.rules.key and not scene.rules.subkey:
        return _domains(scene)
    if scene.rules.subkey and not scene.rules.key:
        return _subdomains(scene, solution)
    return _anywhere(scene, solution) if solution.packed is not None else ()


def left_over(scene: Scene, solution: Solution) -> dict[str, Vector]:
    """Return what nodes that take the template have free beside the groups that fit."""
    asked, left = scene.asked, dict[str, Vector]()
    for node in scene.open:
        leaders, workers = solution.used.get(node.offer.name, (0, 0))
        free = taking(node.offer.free, asked.leader, leaders)
        left[node.offer.name] = taking(free, asked.worker, workers)
    return left


def large_enough(asked: Shapes, node: Node) -> bool:
    """Tell whether a node has the devices of a pod of a group at all, held or free."""
    has = dict(node.allocatable)
    return any(
        all(has.get(name, 0) >= shape.get(name, 0) for name in asked.devices)
        for shape in (asked.leader, asked.worker)
    )


def _anywhere(scene: Scene, solution: Solution) -> tuple[str, ...]:
    asked, groups = scene.asked, len(solution.homes)
    most = solution.packed.whole.most if solution.packed is not None else (0,)
    leads = len(most) > groups + 1
    short = (groups + 1) * asked.workers - most[groups + 1] if leads else asked.size
    if short < asked.size:
        return (f"{asked.size - short} of {asked.size} pods of the next group have room",)
    hole = _hole(scene, left_over(scene, solution).values())
    return (f"the next leader {hole}",) if hole and not hole.endswith(" 0") else ()


def _domains(scene: Scene) -> tuple[str, ...]:
    asked, found = scene.asked, list[tuple[int, str, str]]()
    for domain, inside in members(scene.open).items():
        most = pack(asked, (node.offer for node in inside), 1).whole.most
        if len(most) < 2:
            why = _hole(scene, (node.offer.free for node in inside)) or "no node holds the leader"
            found.append((asked.size, domain, f"{domain}: {why}"))
        elif most[1] < asked.workers:
            short = asked.workers - most[1]
            words = f"{short} worker" if short == 1 else f"{short} workers"
            found.append((short, domain, f"{domain} short by {words}"))
    return tuple(words for _, _, words in sorted(found)[:MOST])


def _hole(scene: Scene, free: Iterable[Vector]) -> str:
    """Say what a leader needs on one node and finds on none; empty if it is not devices."""
    holes = list(free)
    for resource in scene.asked.devices:
        needs = scene.asked.leader.get(resource, 0)
        most = max((one.get(resource, 0) for one in holes), default=0)
        if most < needs:
            return f"needs {needs} {resource} on one node, most free is {most}"
    return ""


def _subdomains(scene: Scene, solution: Solution) -> tuple[str, ...]:
    """Say how many of the domains that the subgroups of one more group need have room."""
    rules, size = scene.rules, scene.asked.size
    gone = rules.subtaken | {sub for home in solution.homes for sub in home.subdomains}
    needs = rules.rest(size) + (not rules.excluded)
    roomy = sum(
        _holds(scene, inside)
        for domain, inside in members(scene.open, sub=True).items()
        if domain not in gone
    )
    if not 0 < roomy < needs:
        return ()
    return (f"{roomy} of the {needs} {rules.subkey} domains that a group needs have room",)


def _holds(scene: Scene, inside: Iterable[Placed]) -> bool:
    most = pack(scene.asked, (node.offer for node in inside), 1).whole.most
    return most[0] >= min(scene.rules.subgroup, scene.asked.workers)
