"""What the kubelets keep of each pod: its state, its clock, its group and its addresses."""

import asyncio
import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lwstui.sandbox.clock import rfc3339
from lwstui.sandbox.containers import PodRun
from lwstui.sandbox.podstatus import Placement

LWS = "leaderworkerset.sigs.k8s.io/"
_FALLBACK_RANGE = "10.200.0.0/24"
Group = tuple[str, str, str]


@dataclass(slots=True)
class PodRecord:
    """A pod in a kubelet's hands. ``accepted_at`` is its pod time 0, in epoch seconds.

    ``meeting`` is what its group last heard of it, ``demand`` from which pod time on how many
    requests at a time are asked of it (None: as many as it likes). A pod that ``refers`` to
    ConfigMaps or Secrets tries to mount its volumes at ``mounts_at_s``, after so many failures.
    """

    pod: dict[str, Any]
    run: PodRun
    where: Placement
    accepted_at: float
    speed: float
    restart_seen: str
    group: Group | None
    timer: asyncio.TimerHandle | None = None
    refers: bool = False
    mounts_at_s: float = 0.0
    mount_failures: int = 0
    meeting: tuple[bool, bool] = (False, False)
    demand: list[tuple[float, float | None]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def uid(self) -> str:
        """Return the pod's uid."""
        return str(self.pod["metadata"]["uid"])

    @property
    def ref(self) -> tuple[str, str]:
        """Return the pod's namespace and name."""
        return self.pod["metadata"]["namespace"], self.pod["metadata"]["name"]

    @property
    def is_leader(self) -> bool:
        """Tell whether the pod is its group's leader."""
        return bool((self.pod["metadata"].get("labels") or {}).get(f"{LWS}worker-index") == "0")

    @property
    def group_size(self) -> int:
        """Return how many pods the pod's group has."""
        text = (self.pod["metadata"].get("annotations") or {}).get(f"{LWS}size", "")
        return int(text) if text.isdigit() else 1

    @property
    def node(self) -> str:
        """Return the name of the pod's node."""
        return str(self.pod["spec"]["nodeName"])

    def wall(self, pod_time_s: float) -> float:
        """Return the epoch seconds of a pod time."""
        return self.accepted_at + pod_time_s / self.speed

    def pod_time(self, epoch_s: float) -> float:
        """Return the pod time of an epoch time."""
        return (epoch_s - self.accepted_at) * self.speed

    def stamp(self, pod_time_s: float) -> str:
        """Return a pod time as RFC 3339 text."""
        return rfc3339(self.wall(pod_time_s))

    def tell(self) -> None:
        """Wake everyone who waits for this pod's containers to change."""
        self.changed.set()
        self.changed = asyncio.Event()


def group_of(pod: Mapping[str, Any]) -> Group | None:
    """Return namespace, set and group index of a pod, None outside a LeaderWorkerSet."""
    labels = pod["metadata"].get("labels") or {}
    name, index = labels.get(f"{LWS}name"), labels.get(f"{LWS}group-index")
    if name is None or index is None:
        return None
    return pod["metadata"]["namespace"], name, index


class PodRecords:
    """The pods of all nodes, by uid, with their groups."""

    def __init__(self) -> None:
        self._by_uid: dict[str, PodRecord] = {}
        self._groups: dict[Group, dict[str, PodRecord]] = {}
        self._nodes: dict[str, dict[str, PodRecord]] = {}

    def __iter__(self) -> Iterator[PodRecord]:
        return iter(list(self._by_uid.values()))

    def get(self, uid: str) -> PodRecord | None:
        """Return the record of a pod, None if no kubelet has it."""
        return self._by_uid.get(uid)

    def add(self, record: PodRecord) -> None:
        """Keep a record."""
        self._by_uid[record.uid] = record
        self._nodes.setdefault(record.node, {})[record.uid] = record
        if record.group is not None:
            self._groups.setdefault(record.group, {})[record.uid] = record

    def pop(self, uid: str) -> PodRecord | None:
        """Forget a pod and return its record."""
        record = self._by_uid.pop(uid, None)
        if record is not None:
            self._nodes[record.node].pop(uid, None)
        group = None if record is None else record.group
        if group is not None and group in self._groups:
            self._groups[group].pop(uid, None)
            if not self._groups[group]:
                del self._groups[group]
        return record

    def peers(self, record: PodRecord) -> list[PodRecord]:
        """Return the other pods of a pod's group."""
        members = self._groups.get(record.group, {}) if record.group is not None else {}
        return [each for uid, each in members.items() if uid != record.uid]

    def on_node(self, node: str) -> list[PodRecord]:
        """Return the pods of a node."""
        return list(self._nodes.get(node, {}).values())


class Addresses:
    """Pod addresses out of each node's range, handed out in turn."""

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._next: dict[str, int] = {}

    def take(self, node: Mapping[str, Any]) -> str:
        """Return an address of the node's pod range that no pod has."""
        pool = ipaddress.ip_network((node.get("spec") or {}).get("podCIDR") or _FALLBACK_RANGE)
        name = node["metadata"]["name"]
        for _ in range(pool.num_addresses):
            index = self._next.get(name, 2)
            self._next[name] = index + 1 if index + 2 < pool.num_addresses else 2
            address = str(pool[index])
            if address not in self._used:
                self._used.add(address)
                return address
        raise RuntimeError(f"no pod address is left on node {name}")

    def release(self, address: str) -> None:
        """Give an address back."""
        self._used.discard(address)
