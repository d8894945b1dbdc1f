"""What a scheduler that places pod by pod may do with room that suffices.

Leaders first, then the workers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from controller.api.core import Node
from lwstui.capacity.board import Board
from lwstui.capacity.domains import Placed, Rules
from lwstui.capacity.vectors import Shapes


def strands(
    shapes: Shapes, rules: Rules, placed: Sequence[Placed], nodes: Mapping[str, Node], groups: int
) -> bool:
    """Tell whether placing pod by pod fails to place so many groups."""
    board = Board(nodes, {one.offer.name: one.offer.free for one in placed})
    return not _Simulation(shapes, rules, placed, board).run(groups)


class _Simulation:
    def __init__(
        self, shapes: Shapes, rules: Rules, placed: Sequence[Placed], board: Board
    ) -> None:
        self._shapes, self._rules, self._board = shapes, rules, board
        self._at = {one.offer.name: one for one in placed}
        self._taken, self._subtaken = set(rules.taken), set(rules.subtaken)
        self._leading = [one for one in placed if one.offer.leads]
        self._working: dict[tuple[str, str], list[str]] = {}
        for one in placed:
            if one.offer.works:
                for domain in {"", one.domain}:
                    for sub in {"", one.subdomain}:
                        self._working.setdefault((domain, sub), []).append(one.offer.name)

    def run(self, groups: int) -> bool:
        """Tell whether all pods of so many groups find a node."""
        leaders = [self._leader() for _ in range(groups)]
        if not all(leaders):
            return False
        return all(self._workers(self._at[name]) for name in leaders if name)

    def _leader(self) -> str | None:
        rules = self._rules
        inside = bool(rules.subkey) and not rules.excluded
        name = self._board.place(
            "leader",
            self._shapes.leader,
            ("", (one.offer.name for one in self._leading)),
            lambda name: self._open(self._at[name], sub=inside),
        )
        if name is not None:
            self._take(self._at[name], sub=inside)
        return name

    def _open(self, one: Placed, *, sub: bool) -> bool:
        """Tell whether a leader may go to a node, by the domains it would take."""
        if self._rules.key and (not one.domain or one.domain in self._taken):
            return False
        return not sub or (bool(one.subdomain) and one.subdomain not in self._subtaken)

    def _take(self, one: Placed, *, sub: bool) -> None:
        if self._rules.key:
            self._taken.add(one.domain)
        if sub:
            self._subtaken.add(one.subdomain)

    def _workers(self, leader: Placed) -> bool:
        rules, size = self._rules, self._shapes.size
        domain = leader.domain if rules.key else ""
        if not rules.subkey:
            return self._several(domain, "", size - 1)
        if not rules.excluded and not self._several(domain, leader.subdomain, rules.first(size)):
            return False
        return all(self._subgroup(domain) for _ in range(rules.rest(size)))

    def _subgroup(self, domain: str) -> bool:
        """Place the first pod of a subgroup, which takes a domain, and the others beside it."""
        first = self._board.place(
            "subgroup",
            self._shapes.worker,
            (domain, self._working.get((domain, ""), ())),
            lambda name: (
                bool(self._at[name].subdomain) and self._at[name].subdomain not in self._subtaken
            ),
        )
        if first is None:
            return False
        sub = self._at[first].subdomain
        self._subtaken.add(sub)
        return self._several(domain, sub, self._rules.subgroup - 1)

    def _several(self, domain: str, sub: str, count: int) -> bool:
        where = (f"{domain}\n{sub}", self._working.get((domain, sub), ()))
        return all(
            self._board.place("worker", self._shapes.worker, where, lambda _: True)
            for _ in range(count)
        )
