"""Placing pod by pod, as the default scheduler does: each to the emptiest node that takes it.

Emptiest is the largest free share of cpu and memory, ties by name: the default scoring spreads
and looks at nothing else.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from controller.api.core import Node
from lwstui.capacity.vectors import CPU, MEMORY, UNKNOWN, Vector, fits, taking


@dataclass(slots=True)
class Board:
    """Free amounts while pods are placed, with nodes in the order the scheduler prefers."""

    nodes: Mapping[str, Node]
    free: dict[str, Vector]
    _queues: dict[tuple[Hashable, str], list[tuple[float, str]]] = field(default_factory=dict)

    def place(
        self,
        kind: Hashable,
        asked: Vector,
        where: tuple[str, Iterable[str]],
        ok: Callable[[str], bool],
    ) -> str | None:
        """Place a pod and return the node, None if it finds none.

        Room only ever shrinks, so a node that is refused once is refused for good: of this
        kind of pod, and in this place.

        Args:
            kind: Which pods share the verdict on nodes.
            asked: What it asks for.
            where: A name for the nodes to choose from, and the nodes.
            ok: Whether a node may be taken; never turns from no to yes.
        """
        slot = (kind, where[0])
        queue = self._queues.get(slot)
        if queue is None:
            queue = self._queues[slot] = [(self._score(name), name) for name in where[1]]
            heapq.heapify(queue)
        while queue:
            score, name = queue[0]
            if not fits(asked, self.free[name]) or not ok(name):
                heapq.heappop(queue)
            elif (fresh := self._score(name)) != score:
                heapq.heapreplace(queue, (fresh, name))
            else:
                self.take(name, asked)
                return name
        return None

    def take(self, name: str, asked: Vector) -> None:
        """Take room on a node, also more than there is."""
        self.free[name] = taking(self.free[name], asked)

    def _score(self, name: str) -> float:
        node, free = self.nodes[name], self.free[name]
        share = 0.0
        for resource, offered in ((CPU, node.cpu_milli), (MEMORY, node.memory_bytes)):
            if offered and free[resource] < UNKNOWN:
                share += free[resource] / offered
        return -share
