"""Groups and subgroups that take topology domains for themselves: how many fit, and where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lwstui.capacity.packing import Frontier, Offer, Packed, most_groups, pack, placed
from lwstui.capacity.vectors import Shapes


@dataclass(frozen=True, slots=True)
class Rules:
    """How groups of a set may lie.

    Attributes:
        key: Topology key of which each group takes a domain for itself, empty if none.
        subkey: The same for subgroups.
        subgroup: Pods per subgroup.
        excluded: Whether the leader is in no subgroup.
        taken: Domains of ``key`` that hold a group.
        subtaken: Domains of ``subkey`` that hold a subgroup.
    """

    key: str = ""
    subkey: str = ""
    subgroup: int = 0
    excluded: bool = False
    taken: frozenset[str] = frozenset()
    subtaken: frozenset[str] = frozenset()

    def first(self, size: int) -> int:
        """Workers in the leader's subgroup, 0 if it is in none."""
        if self.excluded:
            return 0
        extra = (size - 1) % self.subgroup == 0 and size % self.subgroup != 0
        return self.subgroup if extra else self.subgroup - 1

    def rest(self, size: int) -> int:
        """Subgroups without the leader."""
        return (size - 1 - self.first(size)) // self.subgroup


@dataclass(frozen=True, slots=True)
class Placed:
    """One node with the domains it is in.

    Attributes:
        offer: What it has.
        domain: Its domain of the groups' key, empty if it is in none.
        subdomain: The same for subgroups.
    """

    offer: Offer
    domain: str = ""
    subdomain: str = ""


@dataclass(frozen=True, slots=True)
class Home:
    """Where one group goes.

    Attributes:
        domain: The domain it takes for itself, empty if it takes none.
        nodes: The nodes its pods go to, as far as that was worked out.
        subdomains: Domains that its subgroups take.
    """

    domain: str = ""
    nodes: tuple[str, ...] = ()
    subdomains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Solution:
    """The most groups that fit.

    Attributes:
        homes: Where each goes.
        used: (leaders, workers) that go to each node.
        packed: The nodes together, if no domain matters.
    """

    homes: tuple[Home, ...]
    used: dict[str, tuple[int, int]]
    packed: Packed | None = None


def solve(shapes: Shapes, rules: Rules, nodes: Sequence[Placed], limit: int) -> Solution:
    """Return the most groups that fit into what nodes offer, at most ``limit``."""
    if rules.key:
        return _by_domain(shapes, rules, nodes, limit)
    if rules.subkey:
        return _by_subdomain(shapes, rules, nodes, limit)
    packed = pack(shapes, (node.offer for node in nodes), limit)
    groups = most_groups(shapes, packed.whole.most, limit)
    used = placed(packed, groups, groups * shapes.workers)
    return Solution(_homes(used, groups, shapes.workers), used, packed)


def _homes(used: dict[str, tuple[int, int]], groups: int, workers: int) -> tuple[Home, ...]:
    """Return groups made from the pods on nodes: each prefers the node of its leader."""
    seats = {name: counts[1] for name, counts in sorted(used.items())}
    leaders = [name for name in sorted(used) for _ in range(used[name][0])]
    found: list[Home] = []
    for leader in leaders[:groups]:
        mine, missing = [leader], workers
        for name in (leader, *seats):
            here = min(seats.get(name, 0), missing)
            if here:
                seats[name] -= here
                missing -= here
                mine.append(name)
            if not missing:
                break
        for name in [name for name, left in seats.items() if not left]:
            del seats[name]
        found.append(Home("", tuple(dict.fromkeys(mine))))
    return tuple(found)


def members(nodes: Iterable[Placed], *, sub: bool = False) -> dict[str, list[Placed]]:
    """Return the nodes of each domain, those in none left out."""
    found: dict[str, list[Placed]] = {}
    for node in nodes:
        if domain := node.subdomain if sub else node.domain:
            found.setdefault(domain, []).append(node)
    return dict(sorted(found.items()))


def _by_domain(shapes: Shapes, rules: Rules, nodes: Sequence[Placed], limit: int) -> Solution:
    homes: list[Home] = []
    used: dict[str, tuple[int, int]] = {}
    for domain, inside in members(nodes).items():
        if len(homes) == limit:
            break
        if domain in rules.taken:
            continue
        one = solve(shapes, _inner(rules), inside, 1)
        if one.homes:
            homes.append(Home(domain, one.homes[0].nodes, one.homes[0].subdomains))
            used |= one.used
    return Solution(tuple(homes), used)


def _inner(rules: Rules) -> Rules:
    """Return the rules inside a domain that one group has for itself."""
    return Rules("", rules.subkey, rules.subgroup, rules.excluded, subtaken=rules.subtaken)


@dataclass(frozen=True, slots=True)
class _Sub:
    """One domain for subgroups: what it can hold, by its frontier."""

    name: str
    most: Frontier

    def leads(self, workers: int) -> bool:
        """Whether it can hold a leader with workers."""
        return len(self.most) > 1 and self.most[1] >= workers

    def beside(self, workers: int) -> int:
        """Return the most leaders beside so many workers, -1 if those do not fit."""
        return max((a for a, most in enumerate(self.most) if most >= workers), default=-1)


def _by_subdomain(shapes: Shapes, rules: Rules, nodes: Sequence[Placed], limit: int) -> Solution:
    subs = [
        _Sub(name, pack(shapes, (n.offer for n in inside), limit).whole.most)
        for name, inside in members(nodes, sub=True).items()
    ]
    if rules.excluded:
        loose = pack(shapes, (n.offer for n in nodes if not n.subdomain), limit).whole.most
        homes = _leaders_apart(shapes, rules, subs, len(loose) - 1, limit)
    else:
        free = [sub for sub in subs if sub.name not in rules.subtaken]
        homes = _leaders_inside(shapes, rules, free, limit)
    return Solution(homes, {})


def _leaders_inside(
    shapes: Shapes, rules: Rules, subs: Sequence[_Sub], limit: int
) -> tuple[Home, ...]:
    """Match leaders' subgroups and the others to domains, one each."""
    first, rest = rules.first(shapes.size), rules.rest(shapes.size)
    leading = {sub.name for sub in subs if sub.leads(first)}
    working = {sub.name for sub in subs if sub.most[0] >= rules.subgroup} if rest else set()
    bounds = [len(leading), limit, len(leading | working) // (1 + rest)]
    groups = min(bounds + ([len(working) // rest] if rest else []))
    firsts = sorted(leading, key=lambda name: (name in working, name))[:groups]
    others = sorted(working - set(firsts), key=lambda name: (name in leading, name))
    return tuple(
        Home("", (), (name, *others[i * rest : (i + 1) * rest])) for i, name in enumerate(firsts)
    )


def _leaders_apart(
    shapes: Shapes, rules: Rules, subs: Sequence[_Sub], loose: int, limit: int
) -> tuple[Home, ...]:
    """Choose domains for subgroups so that the fewest places of leaders are lost."""
    rest = rules.rest(shapes.size)
    seats = loose + sum(len(sub.most) - 1 for sub in subs)
    lost = sorted(
        (len(sub.most) - 1 - beside, sub.name)
        for sub in subs
        if sub.name not in rules.subtaken and (beside := sub.beside(rules.subgroup)) >= 0
    )
    for groups in range(limit, 0, -1):
        chosen = lost[: groups * rest]
        if len(chosen) == groups * rest and seats - sum(loss for loss, _ in chosen) >= groups:
            names = [name for _, name in chosen]
            return tuple(
                Home("", (), tuple(names[i * rest : (i + 1) * rest])) for i in range(groups)
            )
    return ()
