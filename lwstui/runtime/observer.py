"""One set watched with everything that explains it, for commands that run once.

The same watches, the same cache and the same planner as the controller's, only for one set.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from controller.api.meta import Key
from controller.api.names import (
    CLAIMS,
    CONTROLLER_LEASE,
    LEADERWORKERSETS,
    LEASES,
    NODES,
    PODS,
    REVISIONS,
    SERVICES,
    SET_NAME,
    Resource,
)
from controller.cache import Cache
from controller.errors import NotFound
from controller.guard import NATIVE_LEASE, NATIVE_NAMESPACE, Manager, evidence_of, verdict
from controller.plan.observed import Observed
from controller.ports import Clock
from lwstui.kube.sync import KindSync
from lwstui.runtime.control import LEASE_NAMESPACE, LeaseWatch
from lwstui.runtime.ports import Link, Sink, WatchSpec
from lwstui.runtime.watches import Watches
from lwstui.view.progress import Progress, progress

_NEEDED: Final = frozenset({LEADERWORKERSETS, PODS, SERVICES, REVISIONS})


class _Fed:
    """Feeds one kind into a cache."""

    def __init__(self, resource: Resource, cache: Cache) -> None:
        self._resource = resource
        self._cache = cache

    def page(self, items: Sequence[Any]) -> None:
        """Wait for the complete list: a part of it would look like a loss."""

    def replace(self, items: Sequence[Any]) -> None:
        """Take a complete list."""
        self._cache.replace(self._resource, items)

    def apply(self, type_: str, item: Any) -> None:
        """Take one change."""
        self._cache.apply(self._resource, type_, item)

    def synced(self, sync: KindSync) -> None:
        """Leave freshness to the observer."""


class SetObserver:
    """Watches one set from ``start`` to ``stop``.

    Args:
        key: The set.
        clock: The time.
        lease_namespace: Where controllers have their Lease.
    """

    def __init__(self, key: Key, clock: Clock, *, lease_namespace: str = LEASE_NAMESPACE) -> None:
        self.key = key
        self._clock = clock
        self._lease_namespace = lease_namespace
        self._cache = Cache(lambda _: None)
        self._watches = Watches(_NEEDED)
        self._ours = LeaseWatch(self._watches.wake)
        self._native = LeaseWatch(self._watches.wake)

    def start(self, link: Link, *, nodes: bool = False) -> None:
        """Begin to watch; nodes only matter to sets with an exclusive topology."""
        self._watches.start(link, self._sinks(nodes=nodes))

    async def stop(self) -> None:
        """End all watches."""
        await self._watches.stop()

    def _sinks(self, *, nodes: bool) -> dict[WatchSpec, Sink]:
        namespace, name = self.key
        mine = f"{SET_NAME}={name}"
        specs = [
            WatchSpec(LEADERWORKERSETS, namespace, field_selector=f"metadata.name={name}"),
            WatchSpec(PODS, namespace, label_selector=mine),
            WatchSpec(SERVICES, namespace),  # others under our names, too
            WatchSpec(REVISIONS, namespace, label_selector=mine),
            WatchSpec(CLAIMS, namespace, label_selector=mine),
            *([WatchSpec(NODES)] if nodes else []),
        ]
        sinks: dict[WatchSpec, Sink] = {spec: _Fed(spec.resource, self._cache) for spec in specs}
        for namespace, name, lease in (
            (self._lease_namespace, CONTROLLER_LEASE, self._ours),
            (NATIVE_NAMESPACE, NATIVE_LEASE, self._native),
        ):
            sinks[WatchSpec(LEASES, namespace, field_selector=f"metadata.name={name}")] = lease
        return sinks

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

    def observed(self) -> Observed:
        """Return the set and its objects.

        Raises:
            NotFound: If the set is gone.
        """
        found = self._cache.observe(self.key)
        if found is None:
            raise NotFound(404, "NotFound", f"leaderworkerset {self.key} is gone")
        return found

    def progress(self) -> Progress:
        """Return how far the set's rollout is.

        Raises:
            NotFound: If the set is gone.
        """
        observed = self.observed()
        return progress(observed, self._clock.now(), attended=self._attended(observed))

    @property
    def attended(self) -> bool | None:
        """Whether a controller acts on the set; None if that cannot be known.

        Raises:
            NotFound: If the set is gone.
        """
        return self._attended(self.observed())

    def _attended(self, observed: Observed) -> bool | None:
        """Tell whether a controller acts on the set; None if that cannot be known.

        The native controller may keep its Lease in another namespace, so that none is seen
        does not mean that it is not there.
        """
        now = self._clock.now()
        native = bool(self._native.holder(now)[0])
        if Manager.KTHENA in (managers := verdict(evidence_of(observed)).managers):
            return None
        if Manager.NATIVE in managers:
            return True if native else None
        if native or not self._ours.listed:
            return native or None
        return bool(self._ours.holder(now)[0]) and self._ours.serves in ("", self.key.namespace)
