"""What the console knows, known to a command that runs once: the same store, the same snapshots."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Final

from controller.api.names import (
    CONTROLLER_LEASE,
    DEVICE_KINDS,
    EVENTS,
    LEADERWORKERSETS,
    LEASES,
    NODES,
    PODS,
    REVISIONS,
    SET_NAME,
    Resource,
)
from controller.ports import Clock
from lwstui.kube.sync import KindSync
from lwstui.runtime.control import LEASE_NAMESPACE, LeaseWatch, outside_view
from lwstui.runtime.ports import Link, Sink, WatchSpec
from lwstui.runtime.watches import Watches
from lwstui.state.manner import STANDARD, Manner
from lwstui.state.model import ClusterState, Snapshot
from lwstui.state.store import Store

# What tells why something is as it is, where it may be read.
_EXPLAINING: Final = {
    "sets": frozenset({NODES, *DEVICE_KINDS}),
    "groups": frozenset({NODES, *DEVICE_KINDS}),
    "pods": frozenset({NODES, *DEVICE_KINDS}),
    "events": frozenset({PODS}),
    "set": frozenset({NODES, EVENTS, *DEVICE_KINDS}),
    "group": frozenset({NODES, EVENTS, *DEVICE_KINDS}),
    "pod": frozenset({NODES, EVENTS, *DEVICE_KINDS}),
    "nodes": frozenset(DEVICE_KINDS),
    "node": frozenset({EVENTS, *DEVICE_KINDS}),
}


def needs(
    kind: str, namespace: str, selector: str = "", *, engines: bool = False
) -> tuple[WatchSpec, ...]:
    """Return what a list of a kind, or the description of one object, is made from.

    Args:
        kind: A kind of ``lwstui.view.listing``, or in the singular for a description.
        namespace: Where; empty for everywhere.
        selector: Labels of the objects that are listed, or of their sets.
        engines: Whether engines of the pods that are listed will be asked, which sets name.
    """
    members = WatchSpec(PODS, namespace, label_selector=SET_NAME)
    nodes = WatchSpec(NODES)
    devices = tuple(WatchSpec(resource) for resource in DEVICE_KINDS)
    # Claims are of the namespace of their pods.
    mine = tuple(replace(one, namespace=namespace * one.resource.namespaced) for one in devices)
    sets = (
        WatchSpec(LEADERWORKERSETS, namespace, label_selector=selector),
        members,
        WatchSpec(REVISIONS, namespace, label_selector=SET_NAME),
    )
    specs: dict[str, tuple[WatchSpec, ...]] = {
        "sets": (*sets, nodes, *mine),
        "groups": (*sets, nodes, *mine),
        "revisions": sets,
        "pods": (replace(members, label_selector=_both(SET_NAME, selector)), nodes, *mine),
        # Strangers hold devices, too.
        "nodes": (replace(nodes, label_selector=selector), WatchSpec(PODS), *devices),
        "events": (WatchSpec(EVENTS, namespace, label_selector=selector), members),
        **dict.fromkeys(
            ("set", "group", "pod"), (*sets, nodes, *mine, WatchSpec(EVENTS, namespace))
        ),
        "node": (nodes, WatchSpec(PODS), WatchSpec(EVENTS), *devices),
    }
    if engines and kind == "pods":
        return (*specs[kind], WatchSpec(LEADERWORKERSETS, namespace))
    return specs[kind]


def _both(one: str, other: str) -> str:
    return ",".join(filter(None, (one, other)))


def dispensable(kind: str) -> frozenset[Resource]:
    """Return the kinds that ``needs`` names and that are left out where they may not be read."""
    return _EXPLAINING.get(kind, frozenset())


class _Stored:
    """Feeds one kind into a store."""

    def __init__(self, spec: WatchSpec, store: Store) -> None:
        self._spec = spec
        self._store = store

    def page(self, items: Sequence[Any]) -> None:
        """Wait for the complete list: nothing is printed before."""

    def replace(self, items: Sequence[Any]) -> None:
        """Take a complete list."""
        self._store.replace(self._spec.resource, items, namespace=self._spec.namespace)

    def apply(self, type_: str, item: Any) -> None:
        """Take one change."""
        self._store.apply(self._spec.resource, type_, item)

    def synced(self, sync: KindSync) -> None:
        """Take the freshness."""
        self._store.synced(self._spec.resource, sync)


class Reader:
    """Some kinds, and the Lease of our controllers, watched from ``start`` to ``stop``.

    Args:
        specs: What to watch.
        clock: The time.
        optional: Kinds that the command can do without: what they would tell is left out.
        lease_namespace: Where controllers have their Lease.
        manner: How things are judged and told.

    Attributes:
        store: What is known.
    """

    def __init__(
        self,
        specs: Collection[WatchSpec],
        clock: Clock,
        *,
        optional: Collection[Resource] = (),
        lease_namespace: str = LEASE_NAMESPACE,
        manner: Manner = STANDARD,
    ) -> None:
        self.store = Store(ClusterState(connected=True))
        self.store.judge_by(manner)
        self._clock = clock
        self._watches = Watches({spec.resource for spec in specs}.difference(optional))
        self._lease = LeaseWatch(self._watches.wake)
        self._sinks: dict[WatchSpec, Sink] = {spec: _Stored(spec, self.store) for spec in specs}
        ours = f"metadata.name={CONTROLLER_LEASE}"
        self._sinks[WatchSpec(LEASES, lease_namespace, field_selector=ours)] = self._lease

    def start(self, link: Link) -> None:
        """Begin to watch."""
        self._watches.start(link, self._sinks)

    async def stop(self) -> None:
        """End all watches."""
        await self._watches.stop()

    async def listed(self) -> None:
        """Wait until everything has been listed, or is known not to be readable.

        Raises:
            ControllerError: If something that is needed cannot be read.
        """
        await self._watches.listed()

    async def changed(self, within_s: float | None) -> None:
        """Wait for news, at most so many seconds."""
        await self._watches.changed(within_s)

    @property
    def trouble(self) -> str:
        """Why what is known may be out of date, empty if it is not."""
        return self._watches.trouble

    def snapshot(self) -> Snapshot:
        """Return what is known now; the same object while nothing has changed."""
        now = self._clock.now()
        native = self.store.natively_owned
        self.store.set_controller(outside_view(self._lease, now, native=native))
        return self.store.publish(now)
