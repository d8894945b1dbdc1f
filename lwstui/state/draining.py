"""Which pods leave a node that is drained, and in which order. Pure.

Pods are raw JSON objects as the server lists them: a drain concerns pods of every kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from controller.api.names import GROUP_INDEX, SET_NAME, WORKER_INDEX

MIRROR: Final = "kubernetes.io/config.mirror"
_FINISHED: Final = ("Succeeded", "Failed")


@dataclass(frozen=True, slots=True)
class Tenant:
    """One pod that a drain evicts.

    Attributes:
        unit: What goes as one: (namespace, set, group), or (namespace, pod) outside sets.
        worker: Worker index, 0 for leaders and for pods outside sets.
    """

    namespace: str
    name: str
    uid: str
    unit: tuple[str, ...]
    worker: int
    terminating: bool

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Tenants:
    """The pods of a node.

    Attributes:
        leaving: Those that are evicted, leaders before workers.
        staying: Pods of daemon sets and of the node itself, which are left alone.
        unmanaged: Pods that nothing would make again; they keep a node from being drained.
    """

    leaving: tuple[Tenant, ...]
    staying: int
    unmanaged: tuple[str, ...]


def tenants(pods: Iterable[Mapping[str, Any]]) -> Tenants:
    """Sort the pods of a node by what a drain does to them, as kubectl does."""
    leaving: list[Tenant] = []
    unmanaged: list[str] = []
    staying = 0
    for pod in pods:
        meta = pod["metadata"]
        owner = next((o for o in meta.get("ownerReferences") or () if o.get("controller")), None)
        finished = (pod.get("status") or {}).get("phase") in _FINISHED
        daemon = owner is not None and owner.get("kind") == "DaemonSet" and not finished
        if daemon or MIRROR in (meta.get("annotations") or {}):
            staying += 1
        elif owner is None and not finished:
            unmanaged.append(f"{meta['namespace']}/{meta['name']}")
        else:
            leaving.append(_tenant(meta))
    leaving.sort(key=lambda one: (one.worker != 0, one.unit, one.worker))
    return Tenants(tuple(leaving), staying, tuple(sorted(unmanaged)))


def _tenant(meta: Mapping[str, Any]) -> Tenant:
    labels, namespace, name = meta.get("labels") or {}, meta["namespace"], meta["name"]
    unit: tuple[str, ...] = (namespace, name)
    worker = 0
    if owner := labels.get(SET_NAME):
        unit = (namespace, owner, labels.get(GROUP_INDEX, ""))
        index = labels.get(WORKER_INDEX, "")
        worker = int(index) if index.isascii() and index.isdecimal() else 0
    return Tenant(
        namespace, name, str(meta.get("uid", "")), unit, worker, "deletionTimestamp" in meta
    )


def turn(
    leaving: Iterable[Tenant], asked: Mapping[str, float], whole: frozenset[Any]
) -> list[Tenant]:
    """Return the pods to evict next: one of each group that goes as a whole, else all.

    Args:
        leaving: Pods still there.
        asked: When each unit was last asked to go, by UID of the pod that was evicted; units
            that are on their way are left out.
        whole: Units of which one eviction takes all pods.
    """
    units: dict[tuple[str, ...], list[Tenant]] = {}
    for one in leaving:
        units.setdefault(one.unit, []).append(one)
    chosen: list[Tenant] = []
    for unit, members in units.items():
        if unit in whole and any(m.terminating or m.uid in asked for m in members):
            continue
        left = [m for m in members if not m.terminating and m.uid not in asked]
        # The leader is evicted before its workers: they belong to it and go with it.
        takes_all = unit in whole or any(m.worker == 0 for m in left)
        chosen += left[:1] if takes_all else left
    return chosen
