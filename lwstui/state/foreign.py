"""What pods that are not kept hold of their nodes: exact sums, a small entry for each pod."""

from __future__ import annotations

from collections.abc import Collection
from sys import intern
from typing import Final, NamedTuple

import msgspec

from controller.api.meta import Key
from controller.api.pods import Pod
from controller.api.resources import Amounts

FINISHED: Final = ("Succeeded", "Failed")
"""Phases of pods that hold nothing any more."""


class Load(msgspec.Struct, frozen=True, gc=False):
    """What the pods of a node hold that are not known one by one.

    Attributes:
        pods: How many they are.
        cpu_milli: Their effective cpu requests, added.
        memory_bytes: Their effective memory requests, added.
        others: Their effective requests of everything else, added.
    """

    pods: int = 0
    cpu_milli: int = 0
    memory_bytes: int = 0
    others: Amounts = ()


class _Entry(NamedTuple):
    uid: str
    node: str
    cpu_milli: int
    memory_bytes: int
    others: Amounts


class Foreign:
    """Adds up the pods of each node that belong to no set and hold no accelerators.

    Attributes:
        loads: What they hold, by node; those that wait for one under the empty name, unless the
            scheduler keeps room for them on a node.
    """

    def __init__(self) -> None:
        self.loads: dict[str, Load] = {}
        self._entries: dict[Key, _Entry] = {}

    @property
    def pods(self) -> tuple[Pod, ...]:
        """Those pods, as far as they are known: who, where, and what they hold."""
        return tuple(
            Pod(
                *key,
                entry.uid,
                "",
                0.0,
                node=entry.node,
                cpu_milli=entry.cpu_milli,
                memory_bytes=entry.memory_bytes,
                others=entry.others,
            )
            for key, entry in self._entries.items()
        )

    def put(self, key: Key, pod: Pod) -> bool:
        """Take a pod as it is now, and tell whether a sum changed."""
        counts = not (pod.set_name or pod.accelerators) and pod.phase not in FINISHED
        old = self._entries.get(key)
        node = intern(pod.node or pod.nominated)
        new = _Entry(pod.uid, node, pod.cpu_milli, pod.memory_bytes, pod.others)
        if not counts:
            return self.drop(key)
        if old == new:
            return False
        if old is not None:
            self._add(old, -1)
        self._entries[key] = new
        self._add(new, 1)
        return True

    def drop(self, key: Key, uid: str = "") -> bool:
        """Forget a pod, unless it is another one than was meant, and tell whether it counted."""
        entry = self._entries.get(key)
        if entry is None or (uid and entry.uid and entry.uid != uid):
            return False
        del self._entries[key]
        self._add(entry, -1)
        return True

    def keep(self, present: Collection[Key], namespace: str) -> bool:
        """Forget the pods that a complete list lacks, and tell whether there were any.

        Args:
            present: What it has.
            namespace: What it is complete for; empty for all.
        """
        gone = [
            key
            for key in self._entries
            if key not in present and (not namespace or key.namespace == namespace)
        ]
        for key in gone:
            self.drop(key)
        return bool(gone)

    def _add(self, entry: _Entry, sign: int) -> None:
        old = self.loads.get(entry.node, Load())
        if old.pods + sign == 0:
            del self.loads[entry.node]
            return
        self.loads[entry.node] = Load(
            old.pods + sign,
            old.cpu_milli + sign * entry.cpu_milli,
            old.memory_bytes + sign * entry.memory_bytes,
            _added(old.others, entry.others, sign) if entry.others else old.others,
        )


def _added(one: Amounts, other: Amounts, sign: int) -> Amounts:
    found = dict(one)
    for name, amount in other:
        found[name] = found.get(name, 0) + sign * amount
    return tuple(sorted((name, amount) for name, amount in found.items() if amount))
