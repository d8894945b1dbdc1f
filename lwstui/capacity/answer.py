"""Will it fit: how many more groups of a set, where, what stops the next, what would unlock it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from controller.api.core import Node
from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from controller.api.names import EXCLUSIVE_TOPOLOGY, SUBGROUP_EXCLUSIVE_TOPOLOGY
from lwstui.capacity.affinity import ignored
from lwstui.capacity.claims import Uncountable, uses_claims
from lwstui.capacity.cluster import Cluster
from lwstui.capacity.domains import Home, Placed, Rules, Solution, solve
from lwstui.capacity.eligible import barriers
from lwstui.capacity.moving import Move, moves
from lwstui.capacity.nearness import near_misses
from lwstui.capacity.packing import Offer
from lwstui.capacity.queue import Crowd, Queue, queue
from lwstui.capacity.requests import pod_specs
from lwstui.capacity.stranding import strands
from lwstui.capacity.unlocking import unlocks
from lwstui.capacity.vectors import (
    CPU,
    MEMORY,
    PODS,
    UNKNOWN,
    Holders,
    Shapes,
    lacking,
    shapes,
    taking,
)

CAP: Final = 64
"""Answers end here: more than this is "64 or more"."""
_DEFAULT: Final = "default-scheduler"
PART: Final = "with room for part of a group"


class Blocker(msgspec.Struct, frozen=True):
    """One thing that keeps the next group off nodes.

    Attributes:
        reason: What, in words that follow a number of nodes.
        nodes: How many nodes it concerns; a node may be kept by several.
    """

    reason: str
    nodes: int


class Answer(msgspec.Struct, frozen=True):
    """How many groups of a set fit into what is free.

    Attributes:
        groups: Number of groups, None if not computed.
        why: What was not computed, or what was counted; never empty.
        limit: Where counting stopped.
        homes: Where each group goes.
        blockers: What stops the next one, most nodes first; empty if counting stopped before.
        near: What the next one lacks, or the domains that nearly fit one.
        unlocks: What would make one more fit.
        moves: Pods and groups that would have to lie elsewhere so that one more fits; empty if
            a bounded search finds none.
        stranded: Whether placing pod by pod may fail where the packing succeeds.
        assumptions: What the answer takes for granted.
        used: (leaders, workers) that would go to each node, where that was worked out.
        idle: Devices on nodes that take the template which stay free although no more group
            fits, by resource; empty if more may fit.
        first: Pods that wait for a node; the room of those that find one is not counted.
        without: How many groups would fit if those pods did not come first.
        ignored: Rules of the template that are not considered, so that fewer may fit.
    """

    groups: int | None
    why: str
    limit: int = CAP
    homes: tuple[Home, ...] = ()
    blockers: tuple[Blocker, ...] = ()
    near: tuple[str, ...] = ()
    unlocks: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()
    stranded: bool = False
    assumptions: tuple[str, ...] = ()
    used: dict[str, tuple[int, int]] = msgspec.field(default_factory=dict)
    idle: dict[str, int] = msgspec.field(default_factory=dict)
    first: tuple[Crowd, ...] = ()
    without: int | None = None
    ignored: tuple[str, ...] = ()

    @property
    def capped(self) -> bool:
        """Whether counting stopped, so that more may fit."""
        return self.groups is not None and self.groups >= self.limit


@dataclass(frozen=True, slots=True)
class Scene:
    """What a question is about: the template, the rules, and every node as it stands.

    Attributes:
        key: The set.
        asked: What the pods ask for.
        specs: Raw pod specs of (leader, worker).
        rules: How groups may lie.
        placed: Every node, also those that take nothing.
        barred: Why nodes take neither kind of pod, by name.
        limit: Where counting stops.
    """

    key: Key
    asked: Shapes
    specs: tuple[Mapping[str, Any], Mapping[str, Any]]
    rules: Rules
    placed: Mapping[str, Placed]
    barred: Mapping[str, tuple[str, ...]]
    limit: int

    @property
    def open(self) -> list[Placed]:
        """Nodes that take at least one kind of pod."""
        return [node for name, node in self.placed.items() if name not in self.barred]


def answer(lws: LeaderWorkerSet, cluster: Cluster, groups: int = CAP) -> Answer:
    """Return how many more groups of a set fit, at most ``groups`` and ``CAP``.

    Pods that wait for a node and find one have it first.

    Args:
        lws: The set.
        cluster: What is known.
        groups: Stop counting here.
    """
    specs = pod_specs(lws.spec)
    try:
        asked = shapes(lws.spec, lws.metadata.namespace, cluster.devices)
    except Uncountable as error:
        return Answer(None, f"not computed: {cluster.blind or error}")
    if asked is None or specs is None:
        return Answer(None, "not computed: the template cannot be read")
    if refused := _refused(asked, specs, cluster.nodes):
        return Answer(None, f"not computed: {refused}")
    limit = max(0, min(groups, CAP))
    first = queue(cluster)
    holders = Holders(cluster.nodes, first.pods, cluster.loads, asked.others, first.come)
    found = scene(lws, (asked, specs), holders, limit)
    solution = solve(asked, found.rules, found.open, limit)
    count, full = len(solution.homes), len(solution.homes) >= limit
    return Answer(
        count,
        _counted(asked, found.rules),
        limit,
        solution.homes,
        () if full else _blockers(found, solution),
        () if full else near_misses(found, solution),
        () if full else unlocks(found, solution, holders),
        () if full else moves(found, solution, holders, cluster),
        bool(count) and strands(asked, found.rules, found.open, cluster.nodes, count),
        tuple(_assumptions(found, cluster)),
        solution.used,
        {} if full else _idle(found, count),
        first.crowds,
        _without(lws, cluster, found, first, count),
        ignored(specs),
    )


def _without(lws: LeaderWorkerSet, cluster: Cluster, found: Scene, first: Queue, count: int) -> int:
    """Return how many groups would fit if no pod came first."""
    if not first.come or count >= found.limit:
        return count
    holders = Holders(cluster.nodes, cluster.pods, cluster.loads, found.asked.others)
    alone = scene(lws, (found.asked, found.specs), holders, found.limit)
    return len(solve(found.asked, alone.rules, alone.open, found.limit).homes)


def _idle(found: Scene, groups: int) -> dict[str, int]:
    """Return the devices that stay free when so many groups are placed."""
    asked, idle = found.asked, {}
    for name in asked.devices:
        free = sum(node.offer.free.get(name, 0) for node in found.open)
        each = asked.leader.get(name, 0) + asked.workers * asked.worker.get(name, 0)
        idle[name] = free - groups * each
    return idle


def _refused(asked: Shapes, specs: Sequence[Mapping[str, Any]], nodes: Mapping[str, Node]) -> str:
    """Return why a question cannot be answered, empty if it can."""
    if asked.resources == (PODS,):
        return "the template asks for no accelerators, cpu or memory"
    if not nodes:
        return "no nodes are known"
    other = {str(spec.get("schedulerName") or _DEFAULT) for spec in specs} - {_DEFAULT}
    return f"the template uses schedulerName {', '.join(sorted(other))}" if other else ""


def scene(
    lws: LeaderWorkerSet,
    template: tuple[Shapes, tuple[Mapping[str, Any], Mapping[str, Any]]],
    holders: Holders,
    limit: int,
) -> Scene:
    """Return every node as a set's template sees it."""
    asked, specs = template
    rules = _rules(lws, holders)
    repelled = _repelled(lws, holders, rules)
    placed: dict[str, Placed] = {}
    barred: dict[str, tuple[str, ...]] = {}
    same = specs[0] is specs[1]
    for name, node in sorted(holders.nodes.items()):
        works = barriers(node, specs[1])
        leads = works if same else barriers(node, specs[0])
        here = Placed(
            Offer(name, holders.free(name), not leads, not works and asked.workers > 0),
            node.labels.get(rules.key, "") if rules.key else "",
            node.labels.get(rules.subkey, "") if rules.subkey else "",
        )
        placed[name] = here
        reasons = tuple(dict.fromkeys(leads + works)) if leads and (works or same) else ()
        reasons += tuple(_outside(here, rules, repelled.get(name, "")))
        if reasons or not (here.offer.leads or here.offer.works):
            barred[name] = reasons or leads
    return Scene(lws.key, asked, specs, rules, placed, barred, limit)


def _outside(node: Placed, rules: Rules, repelled: str) -> Iterator[str]:
    if rules.key and not node.domain:
        yield f"without label {rules.key}"
    elif node.domain in rules.taken:
        yield f"in a taken {rules.key}"
    if repelled:
        yield f"in the {repelled} of an exclusive group"
    if rules.subkey and not rules.excluded:
        if not node.subdomain:
            yield f"without label {rules.subkey}"
        elif node.subdomain in rules.subtaken:
            yield f"in a taken {rules.subkey}"


def _rules(lws: LeaderWorkerSet, holders: Holders) -> Rules:
    policy = lws.spec["leaderWorkerTemplate"].get("subGroupPolicy")
    known = policy if isinstance(policy, Mapping) else {}
    size = known.get("subGroupSize")
    subgroup = size if isinstance(size, int) and size > 0 else 0
    key = lws.annotations.get(EXCLUSIVE_TOPOLOGY, "")
    subkey = lws.annotations.get(SUBGROUP_EXCLUSIVE_TOPOLOGY, "") if subgroup else ""
    taken, subtaken = set(), set()
    for name, node in holders.nodes.items() if key or subkey else ():
        for pod in holders.live(name, lws.metadata.namespace):
            taken |= {node.labels.get(key, "")} if pod.group_key else set()
            subtaken |= {node.labels.get(subkey, "")} if pod.subgroup >= 0 else set()
    excluded = known.get("subGroupPolicyType") == "LeaderExcluded"
    return Rules(
        key, subkey, subgroup, excluded, frozenset(taken - {""}), frozenset(subtaken - {""})
    )


def _repelled(lws: LeaderWorkerSet, holders: Holders, rules: Rules) -> dict[str, str]:
    """Return the nodes in domains that exclusive groups hold against every other group.

    The scheduler honours the anti-affinity of pods that run, also against pods without one.
    """
    held = {
        (pod.topology, node.labels.get(pod.topology, ""))
        for name, node in holders.nodes.items()
        for pod in holders.live(name, lws.metadata.namespace)
        if pod.worker == 0 and pod.topology not in ("", rules.key)
    }
    return {
        name: key
        for name, node in holders.nodes.items()
        for key, value in sorted(held)
        if value and node.labels.get(key) == value
    }


def _counted(asked: Shapes, rules: Rules) -> str:
    per = f"; one group per {rules.key} without other groups" if rules.key else ""
    sub = f"; one subgroup per {rules.subkey}" if rules.subkey else ""
    return f"{', '.join(asked.resources)} counted{per}{sub}"


def _assumptions(found: Scene, cluster: Cluster) -> Iterator[str]:
    asked, nodes, loads = found.asked, cluster.nodes, cluster.loads
    yield "no autoscaling, no preemption; volumes are not looked at"
    known = [name for name in (CPU, MEMORY) if name in asked.resources]
    for name in (*known, PODS):
        unknown = sum(one.offer.free[name] == UNKNOWN for one in found.placed.values())
        if unknown:
            yield f"{name} of {unknown} of {len(nodes)} nodes is not known and taken for enough"
    if loads is None and known:
        yield f"{' and '.join(known)} of pods outside sets without devices are not subtracted"
    if any(uses_claims(spec) for spec in found.specs):
        yield "devices that are on no single node, and tainted ones, are not counted"
    if loads is not None and (waiting := loads.get("")):
        yield f"{waiting.pods} waiting pods outside sets without devices are not subtracted"
    if any(spec.get("hostNetwork") or _host_ports(spec) for spec in found.specs):
        yield "host ports are not looked at"
    if found.rules.key and found.rules.subkey:
        of: dict[str, set[str]] = {}
        for one in found.open:
            of.setdefault(one.subdomain, set()).add(one.domain)
        if any(sub and len(domains) > 1 for sub, domains in of.items()):
            yield f"every {found.rules.subkey} is taken to be within one {found.rules.key}"


def _host_ports(spec: Mapping[str, Any]) -> bool:
    containers = spec.get("containers")
    ports = [
        port
        for one in (containers if isinstance(containers, list) else ())
        for port in (one.get("ports") or () if isinstance(one, Mapping) else ())
    ]
    return any(isinstance(port, Mapping) and port.get("hostPort") for port in ports)


def _blockers(found: Scene, solution: Solution) -> tuple[Blocker, ...]:
    """Count over nodes what keeps the next group's pods off them."""
    asked, tally = found.asked, Counter[str]()
    homes = {home.domain for home in solution.homes if home.domain}
    subhomes = {sub for home in solution.homes for sub in home.subdomains}
    for name, node in found.placed.items():
        if reasons := found.barred.get(name):
            tally.update(reasons)
        elif node.domain in homes or node.subdomain in subhomes:
            tally[f"in a {found.rules.key or found.rules.subkey} these groups take"] += 1
        else:
            leaders, workers = solution.used.get(name, (0, 0))
            left = taking(node.offer.free, asked.leader, leaders)
            left = taking(left, asked.worker, workers)
            short = lacking(asked.worker if node.offer.works else asked.leader, left)
            tally.update([f"short of {resource}" for resource in short] or [PART])
    return tuple(
        Blocker(reason, nodes)
        for reason, nodes in sorted(tally.items(), key=lambda item: (-item[1], item[0]))
    )
