"""Pods that wait for a node come first: where they go, and what they ask for.

They are placed as the scheduler would place them, one by one, oldest first. One that finds no
node takes no room, however long it waits. Workers that a group does not have yet come with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from controller.api.lws import LeaderWorkerSet
from controller.api.names import worker_name
from controller.api.pods import Pod
from controller.api.resources import Accelerators
from lwstui.capacity.claims import Uncountable
from lwstui.capacity.cluster import Cluster
from lwstui.capacity.placing import Group, Placing, group_of
from lwstui.capacity.vectors import CPU, MEMORY, PODS, Vector, shapes
from lwstui.state.deviceclasses import counts_devices


class Crowd(msgspec.Struct, frozen=True):
    """Pods that wait for a node, of one set or of none.

    Attributes:
        who: Namespace and name of the set, empty for pods outside sets.
        pods: How many wait, those that a waiting group does not have yet included.
        devices: What they ask for.
        placed: How many of them find a node.
        gated: How many of them may not be scheduled yet, and take no room until then.
    """

    who: str
    pods: int
    devices: Accelerators
    placed: int
    gated: int


@dataclass(frozen=True, slots=True)
class Queue:
    """Who comes first.

    Attributes:
        crowds: Who waits, those that ask for most devices first.
        pods: Pods on each node once those that wait are placed.
        come: UIDs of the pods that are placed and not bound yet.
    """

    crowds: tuple[Crowd, ...] = ()
    pods: Mapping[str, tuple[Pod, ...]] = field(default_factory=dict)
    come: frozenset[str] = frozenset()


def queue(cluster: Cluster) -> Queue:
    """Return who comes first, and where they go."""
    comers = [pod for pod in cluster.waiting.values() if not (pod.terminating or pod.finished)]
    comers.sort(key=lambda pod: (pod.created_at, pod.namespace, pod.name))
    comers += _lacking(cluster, comers)
    if not comers:
        return Queue((), cluster.pods)
    placing = Placing(cluster, comers)
    pods = dict(cluster.pods)
    placed = [found for pod in comers if not pod.gates and (found := placing.place(pod))]
    for pod in placed:
        pods[pod.node] = (*pods.get(pod.node, ()), pod)
    come = frozenset(pod.uid for pod in placed)
    return Queue(_crowds(comers, come), pods, come)


def _lacking(cluster: Cluster, comers: Sequence[Pod]) -> list[Pod]:
    """Return the workers that groups do not have yet, of leaders with a node first."""
    there = [pod for pods in cluster.pods.values() for pod in pods if pod.set_key in cluster.sets]
    there += [pod for pod in comers if pod.set_key in cluster.sets and not pod.gates]
    members: dict[Group, set[int]] = {}
    for pod in there:
        members.setdefault(group_of(pod), set()).add(pod.worker)
    templates: dict[object, Vector] = {}
    found: list[Pod] = []
    for leader in there:
        mine = members[group_of(leader)]
        if leader.worker == 0 and len(mine) < leader.size and not _leaves(leader):
            lws = cluster.sets[leader.set_key]
            if lws.key not in templates:
                templates[lws.key] = _worker(lws, cluster)
            if templates[lws.key]:
                found += _workers(leader, templates[lws.key], mine)
    return found


def _leaves(leader: Pod) -> bool:
    return leader.terminating or leader.finished


def _worker(lws: LeaderWorkerSet, cluster: Cluster) -> Vector:
    try:
        found = shapes(lws.spec, lws.metadata.namespace, cluster.devices)
    except Uncountable:
        return {}
    return {} if found is None else found.worker


def _workers(leader: Pod, asked: Vector, mine: Iterable[int]) -> Iterator[Pod]:
    """Yield the workers a group lacks, as they will be made."""
    rest = sorted((name, n) for name, n in asked.items() if name not in (CPU, MEMORY, PODS))
    for index in sorted(set(range(1, leader.size)) - set(mine)):
        yield msgspec.structs.replace(
            leader,
            name=worker_name(leader.set_name, leader.group, index),
            uid=f"{leader.uid}/{index}",
            worker=index,
            phase="Pending",
            node="",
            nominated="",
            accelerators=tuple(one for one in rest if counts_devices(one[0])),
            others=tuple(one for one in rest if not counts_devices(one[0])),
            claims=(),
            cpu_milli=asked.get(CPU, 0),
            memory_bytes=asked.get(MEMORY, 0),
        )


def _crowds(comers: Iterable[Pod], come: frozenset[str]) -> tuple[Crowd, ...]:
    of: dict[str, list[Pod]] = {}
    for pod in comers:
        of.setdefault(str(pod.set_key) if pod.set_name else "", []).append(pod)
    crowds = [_crowd(who, pods, come) for who, pods in of.items()]
    return tuple(sorted(crowds, key=lambda one: (-sum(n for _, n in one.devices), one.who)))


def _crowd(who: str, pods: Sequence[Pod], come: frozenset[str]) -> Crowd:
    devices = Counter[str]()
    for pod in pods:
        devices.update(dict(pod.accelerators))
    placed = sum(pod.uid in come for pod in pods)
    gated = sum(bool(pod.gates) for pod in pods)
    return Crowd(who, len(pods), tuple(sorted(devices.items())), placed, gated)
