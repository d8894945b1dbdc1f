"""Devices that claims give: added to the nodes that offer them and to the pods that hold them.

What a driver publishes in slices is no resource of a node, and what a claim was given is no
request of a pod. Both are counted as if they were, so that everything that counts resources
counts these too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, Final, NamedTuple

import msgspec

from controller.api.core import Node
from controller.api.devices import Allotted, Device, DeviceClaim, DeviceClass, DeviceSlice
from controller.api.meta import Key
from controller.api.names import (
    CLAIM_TEMPLATES,
    DEVICE_CLAIMS,
    DEVICE_CLASSES,
    DEVICE_SLICES,
    Resource,
)
from controller.api.pods import Pod
from controller.api.resources import Amounts
from lwstui.state.deviceclasses import DeviceFacts, Names, counts_devices

Place = tuple[str, str]
"""Driver and pool."""
Slot = tuple[str, str, str]
"""Driver, pool and device."""


class _Found(NamedTuple):
    node: str
    device: Device


class DeviceBook:
    """Keeps slices, classes, claims and templates, and the nodes and pods they change.

    Args:
        renew: Takes a node or a pod, as it was read, that is to be counted anew.
        changed: Called when classes or templates changed.
    """

    def __init__(self, renew: Callable[[Any], None], changed: Callable[[], None]) -> None:
        self._renew = renew
        self._tell = changed
        self._kinds: dict[Resource, dict[Any, Any]] = {kind: {} for kind in _KEYS}
        self._nodes: dict[str, Node] = {}
        self._pods: dict[Key, Pod] = {}
        self._users: dict[Key, dict[Key, None]] = {}
        # What follows from slices and classes.
        self._names = Names((), {})
        self._devices: dict[Slot, _Found] = {}
        self._on: dict[str, tuple[Slot, ...]] = {}
        # Sets of counters that devices which were given away draw from.
        self._drawn: dict[tuple[Place, str], Counter[Slot]] = {}
        self._shared: dict[Slot, dict[Key, None]] = {}

    @property
    def facts(self) -> DeviceFacts:
        """What classes and templates say."""
        return DeviceFacts(self._names.classes, dict(self._kinds[CLAIM_TEMPLATES]))

    # What the watches bring.

    def apply(self, resource: Resource, type_: str, record: Any) -> None:
        """Take one change of a slice, class, claim or template."""
        self._take(resource, [(_KEYS[resource](record), None if type_ == "DELETED" else record)])

    def page(self, resource: Resource, records: Iterable[Any]) -> None:
        """Take a part of a list of one of those kinds."""
        self._take(resource, [(_KEYS[resource](record), record) for record in records])

    def replace(self, resource: Resource, records: Iterable[Any], namespace: str) -> None:
        """Take a complete list of one of those kinds."""
        fresh = {_KEYS[resource](record): record for record in records}
        gone = [
            (key, None)
            for key, record in self._kinds[resource].items()
            if key not in fresh and (not namespace or record.namespace == namespace)
        ]
        self._take(resource, [*gone, *fresh.items()])

    def _take(self, resource: Resource, news: Iterable[tuple[Any, Any]]) -> None:
        kind, changes = self._kinds[resource], list[tuple[Any, Any]]()
        for key, new in news:
            old = kind.pop(key, None)
            if new is not None:
                kind[key] = new
            if old != new:
                changes.append((old, new))
        if not changes:
            return
        if resource == DEVICE_CLAIMS:
            for old, new in changes:
                self._reclaim(old, new)
        elif resource == CLAIM_TEMPLATES:
            self._tell()
        else:
            self._recount([one for change in changes for one in change if one is not None])

    # What is counted.

    def held(self, resource: Resource) -> Collection[Any]:
        """Return all records of one of those kinds."""
        return self._kinds[resource].values()

    def read(self, record: Any) -> Any:
        """Return a node or a pod as it was read, anything else as it is."""
        if isinstance(record, Node):
            return self._nodes.get(record.name, record)
        return self._pods.get(record.key, record) if isinstance(record, Pod) else record

    def node(self, node: Node) -> Node:
        """Return a node with the devices that claims can be given on it."""
        self._nodes[node.name] = node
        slots = self._on.get(node.name)
        if not slots:
            return node
        there, usable = Counter[str](), Counter[str]()
        for slot in slots:
            name, device = self._name(slot), self._devices[slot].device
            if not self._parted(slot, device):
                there[name] += 1
                usable[name] += not device.shut
        has = dict(node.allocatable)
        there, usable = (
            Counter({n: c for n, c in one.items() if not has.get(n)}) for one in (there, usable)
        )
        return msgspec.structs.replace(
            node,
            allocatable=_with(node.allocatable, usable, devices=True),
            capacity=_with(node.capacity, there, devices=True),
            others=_with(node.others, usable, devices=False),
        )

    def pod(self, pod: Pod) -> Pod:
        """Return a pod with the devices its claims hold, or ask for until they are given."""
        before = self._pods.get(pod.key)
        if before is not None and before.claims != pod.claims:
            self.drop(pod.key)
        if not pod.claims:
            return pod
        self._pods[pod.key] = pod
        held, given = Counter[str](), list[str]()
        for name in pod.claims:
            key = Key(pod.namespace, name)
            self._users.setdefault(key, {})[pod.key] = None
            claim = self._kinds[DEVICE_CLAIMS].get(key)
            if claim is not None and self._first_of(claim, pod):
                self._hold(claim, held, given)
        return msgspec.structs.replace(
            pod,
            accelerators=_with(pod.accelerators, held, devices=True),
            others=_with(pod.others, held, devices=False),
            devices=tuple(given) or pod.devices,
        )

    def drop(self, key: Key) -> None:
        """Forget a pod."""
        pod = self._pods.pop(key, None)
        for name in pod.claims if pod is not None else ():
            users = self._users.get(Key(key.namespace, name), {})
            users.pop(key, None)
            if not users:
                self._users.pop(Key(key.namespace, name), None)

    def keep(self, present: Collection[Key], namespace: str) -> None:
        """Forget the pods that a complete list lacks.

        Args:
            present: What it has.
            namespace: What it is complete for; empty for all.
        """
        for key in self._pods.keys() - present:
            if not namespace or key.namespace == namespace:
                self.drop(key)

    def lose(self, name: str) -> None:
        """Forget a node."""
        self._nodes.pop(name, None)

    def _first_of(self, claim: DeviceClaim, pod: Pod) -> bool:
        """Tell whether a pod is the one of those that share a claim which it is counted for."""
        if claim.users:
            return claim.users[0] == pod.uid
        return next(iter(self._users[claim.key])) == pod.key

    def _hold(self, claim: DeviceClaim, held: Counter[str], given: list[str]) -> None:
        """Add what a claim was given; what it asks for until then."""
        if not claim.allocated:
            for request in claim.requests:
                if not request.looks:
                    wanted = request.device_class
                    held[self._names.classes.get(wanted) or wanted] += request.count
        for one in claim.allotted:
            slot = (one.driver, one.pool, one.device)
            if one.looks or (one.share and next(iter(self._shared[slot])) != claim.key):
                continue
            held[self._name(slot)] += 1
            found = self._devices.get(slot)
            given.append(found.device.uuid if found and found.device.uuid else "/".join(slot))

    def _name(self, slot: Slot) -> str:
        found = self._devices.get(slot)
        return self._names.device(slot[0], found.device.kind if found is not None else "")

    def _parted(self, slot: Slot, device: Device) -> bool:
        """Tell whether a device is no choice: a part, or a whole that parts were taken from."""
        if not device.counters:
            return False
        if any(slot in self._drawn.get((slot[:2], one), ()) for one in device.counters):
            return False
        if device.kind not in ("", "gpu"):
            return True
        return any(self._drawn.get((slot[:2], one)) for one in device.counters)

    # What changes what.

    def _reclaim(self, old: DeviceClaim | None, new: DeviceClaim | None) -> None:
        claim = new or old
        if claim is None:
            return
        nodes = {node for one in (old, new) if one is not None for node in self._touched(one)}
        for one, sign in ((old, -1), (new, 1)):
            for allotted in one.allotted if one is not None else ():
                self._draw(claim.key, allotted, sign)
        for key in list(self._users.get(claim.key, ())):
            self._renew(self._pods[key])
        self._renew_on(nodes, pods=False)

    def _touched(self, claim: DeviceClaim) -> Iterator[str]:
        """Yield the nodes whose offers depend on what a claim holds."""
        for one in claim.allotted:
            found = self._devices.get((one.driver, one.pool, one.device))
            if found is not None and found.device.counters:
                yield found.node

    def _draw(self, key: Key, one: Allotted, sign: int) -> None:
        slot = (one.driver, one.pool, one.device)
        if one.share and sign > 0:
            self._shared.setdefault(slot, {})[key] = None
        elif one.share:
            self._shared.get(slot, {}).pop(key, None)
        found = self._devices.get(slot)
        for counters in found.device.counters if found is not None and not one.looks else ():
            drawn = self._drawn.setdefault((slot[:2], counters), Counter())
            drawn[slot] += sign
            if drawn[slot] <= 0:
                del drawn[slot]

    def _recount(self, changed: Iterable[DeviceSlice | DeviceClass]) -> None:
        """Work out anew what follows from slices and classes, some of which changed."""
        named, pools = self._names, {_pool(one) for one in changed}
        nodes = {found.node for slot, found in self._devices.items() if slot[:2] in pools}
        slices = list(_complete(self._kinds[DEVICE_SLICES].values()))
        kinds: dict[str, frozenset[str]] = {}
        self._devices = {}
        on: dict[str, list[Slot]] = {}
        for one in slices:
            kinds[one.driver] = kinds.get(one.driver, frozenset()) | {d.kind for d in one.devices}
            for device in one.devices:
                slot, node = (one.driver, one.pool, device.name), one.node or device.node
                self._devices[slot] = _Found(node, device)
                on.setdefault(node, []).append(slot)
        on.pop("", None)
        self._on = {node: tuple(slots) for node, slots in on.items()}
        self._names = Names(self._kinds[DEVICE_CLASSES].values(), kinds)
        self._drawn = {}
        self._shared = {}
        for claim in self._kinds[DEVICE_CLAIMS].values():
            for allotted in claim.allotted:
                self._draw(claim.key, allotted, 1)
        nodes |= {found.node for slot, found in self._devices.items() if slot[:2] in pools}
        renamed = not self._names.same_as(named)
        self._renew_on(self._nodes.keys() if renamed else nodes, pods=True)
        if renamed:
            self._tell()

    def _renew_on(self, nodes: Collection[str], *, pods: bool) -> None:
        """Have nodes counted anew, and if it matters what their pods and those without hold."""
        for name in sorted(self._nodes.keys() & nodes):
            self._renew(self._nodes[name])
        for pod in list(self._pods.values()) if pods else ():
            if not pod.node or pod.node in nodes:
                self._renew(pod)


def _pool(one: DeviceSlice | DeviceClass) -> Place:
    return (one.driver, one.pool) if isinstance(one, DeviceSlice) else ("", "")


def _complete(slices: Iterable[DeviceSlice]) -> Iterator[DeviceSlice]:
    """Yield the slices of the newest generation of each pool, of which none may be missing."""
    pools: dict[Place, list[DeviceSlice]] = {}
    for one in slices:
        pools.setdefault((one.driver, one.pool), []).append(one)
    for found in pools.values():
        newest = max(one.generation for one in found)
        current = [one for one in found if one.generation == newest]
        if len(current) >= current[0].slices:
            yield from current


def _with(amounts: Amounts, more: Counter[str], *, devices: bool) -> Amounts:
    """Return amounts with those of more that count accelerators, or with those that do not."""
    added = dict(amounts)
    for name, count in more.items():
        if counts_devices(name) == devices:
            added[name] = added.get(name, 0) + count
    return tuple(sorted(added.items())) if len(added) > len(amounts) or more else amounts


def _named(record: Any) -> str:
    name: str = record.name
    return name


def _keyed(record: Any) -> Key:
    key: Key = record.key
    return key


_KEYS: Final[dict[Resource, Callable[[Any], Any]]] = {
    DEVICE_SLICES: _named,
    DEVICE_CLASSES: _named,
    DEVICE_CLAIMS: _keyed,
    CLAIM_TEMPLATES: _keyed,
}
