"""Exact packing of two shapes of pods: frontiers of nodes, merged, with equal ones folded.

Within one node only the numbers of leaders and workers matter. A frontier says, for 0, 1, 2 ...
leaders placed, the most workers that still fit beside them; two of them merge into the frontier
of both together. Nodes with equal frontiers are merged by doubling.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from lwstui.capacity.vectors import Shapes, Vector, fits, taking

Frontier = tuple[int, ...]
_NOTHING: Final[Frontier] = (0,)


@dataclass(frozen=True, slots=True)
class Offer:
    """What one node has for a template.

    Attributes:
        name: Of the node.
        free: What is free on it.
        leads: Whether it takes leaders.
        works: Whether it takes workers.
    """

    name: str
    free: Vector
    leads: bool = True
    works: bool = True


@dataclass(frozen=True, slots=True)
class Block:
    """Some nodes together.

    Attributes:
        most: Their frontier.
        parts: The two blocks it was merged from; empty for one node.
    """

    most: Frontier
    parts: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Packed:
    """Nodes that are packed together, and which they are.

    Attributes:
        whole: Their block.
        classes: (block, names) of nodes with equal frontiers, in the order they were merged.
    """

    whole: Block
    classes: tuple[tuple[Block, tuple[str, ...]], ...]


def frontier(shapes: Shapes, offer: Offer, limit: int) -> Frontier:
    """Return for 0, 1, 2 ... leaders on a node the most workers that still fit beside them."""
    found: list[int] = []
    most, left = limit * shapes.workers, dict(offer.free)
    for _ in range(limit + 1):
        found.append(_count(shapes.worker, left, most) if offer.works else 0)
        if not offer.leads or not fits(shapes.leader, left):
            break
        left = taking(left, shapes.leader)
    return tuple(found)


def _count(asked: Vector, free: Vector, limit: int) -> int:
    found = limit
    for name, amount in asked.items():
        found = min(found, free.get(name, 0) // amount)
    return found


def pack(shapes: Shapes, offers: Iterable[Offer], limit: int) -> Packed:
    """Return nodes packed together, for at most ``limit`` groups."""
    alike: dict[Frontier, list[str]] = {}
    known: dict[tuple[object, ...], Frontier] = {}
    resources = shapes.resources
    for offer in offers:
        facts = (offer.leads, offer.works, *(offer.free.get(name, 0) for name in resources))
        most = known.get(facts)
        if most is None:
            most = known[facts] = frontier(shapes, offer, limit)
        alike.setdefault(most, []).append(offer.name)
    alike.pop(_NOTHING, None)
    most_workers = limit * shapes.workers
    classes = tuple(
        (_times(Block(most), len(names), limit, most_workers, {}), tuple(sorted(names)))
        for most, names in sorted(alike.items())
    )
    return Packed(_all([block for block, _ in classes], limit, most_workers), classes)


def _times(one: Block, copies: int, limit: int, most: int, known: dict[int, Block]) -> Block:
    """Return a block merged with copies of itself."""
    if copies == 1:
        return one
    if copies not in known:
        low = copies // 2
        known[copies] = merged(
            _times(one, low, limit, most, known),
            _times(one, copies - low, limit, most, known),
            limit,
            most,
        )
    return known[copies]


def _all(blocks: Sequence[Block], limit: int, most: int) -> Block:
    """Return blocks merged pairwise, so that no merge is deeper than it must be."""
    if not blocks:
        return Block(_NOTHING)
    if len(blocks) == 1:
        return blocks[0]
    half = len(blocks) // 2
    return merged(_all(blocks[:half], limit, most), _all(blocks[half:], limit, most), limit, most)


def merged(one: Block, other: Block, limit: int, most: int) -> Block:
    """Return two blocks as one, for at most ``limit`` leaders and ``most`` workers."""
    found = [-1] * min(limit + 1, len(one.most) + len(other.most) - 1)
    for leaders, workers in enumerate(one.most[: len(found)]):
        for more, beside in enumerate(other.most[: len(found) - leaders]):
            found[leaders + more] = max(found[leaders + more], workers + beside)
    return Block(tuple(min(workers, most) for workers in found), (one, other))


def most_groups(shapes: Shapes, most: Frontier, limit: int) -> int:
    """Return how many whole groups fit, by the frontier of everything."""
    reach = range(min(limit, len(most) - 1), 0, -1)
    return next((g for g in reach if most[g] >= g * shapes.workers), 0)


def placed(packed: Packed, leaders: int, workers: int) -> dict[str, tuple[int, int]]:
    """Return (leaders, workers) of each node of a packing that uses all nodes together.

    Args:
        packed: The nodes.
        leaders: How many to place.
        workers: How many to place beside them; as many must fit.
    """
    shares = _shares(packed.whole, packed.classes, leaders, workers)
    return {
        name: counts
        for block, names, here, beside in shares
        for name, counts in zip(names, _within(block, len(names), here, beside), strict=True)
        if any(counts)
    }


def _shares(
    whole: Block,
    classes: Sequence[tuple[Block, tuple[str, ...]]],
    leaders: int,
    workers: int,
) -> Iterator[tuple[Block, tuple[str, ...], int, int]]:
    """Yield what each class of nodes takes; the merges are those of ``_all``."""
    if not classes:
        return
    if len(classes) == 1:
        yield (*classes[0], leaders, workers)
        return
    half = len(classes) // 2
    one, other = whole.parts
    (a, w), (b, v) = _split(one, other, leaders, workers)
    yield from _shares(one, classes[:half], a, w)
    yield from _shares(other, classes[half:], b, v)


def _within(block: Block, copies: int, leaders: int, workers: int) -> list[tuple[int, int]]:
    """Return what each node of a class takes; the merges are those of ``_times``."""
    if copies == 1:
        return [(leaders, workers)]
    one, other = block.parts
    (a, w), (b, v) = _split(one, other, leaders, workers)
    low = copies // 2
    return _within(one, low, a, w) + _within(other, copies - low, b, v)


def _split(
    one: Block, other: Block, leaders: int, workers: int
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Share leaders and workers out between two blocks, filling the first."""
    for here in range(min(leaders, len(one.most) - 1), -1, -1):
        there = leaders - here
        if there < len(other.most) and one.most[here] + other.most[there] >= workers:
            mine = min(one.most[here], workers)
            return (here, mine), (there, workers - mine)
    raise AssertionError("a merged frontier promises only what its parts hold")
