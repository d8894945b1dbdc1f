"""One set watched with everything that explains it, for commands that run once.

The same watches, the same cache and the same planner as the controller's, only for one set.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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
from controller.errors import (
    ApiError,
    ControllerError,
    Forbidden,
    NotFound,
    Unauthorized,
    Unavailable,
)
from controller.guard import NATIVE_LEASE, NATIVE_NAMESPACE, Manager, evidence_of, verdict
from controller.plan.observed import Observed
from controller.ports import Clock
from lwstui.kube.sync import KindSync
from lwstui.runtime.control import LEASE_NAMESPACE, LeaseWatch
from lwstui.runtime.ports import Link, Sink, WatchSpec
from lwstui.view.progress import Progress, progress

_NEEDED: Final = frozenset({LEADERWORKERSETS, PODS, SERVICES, REVISIONS})
_WAITING: Final = ("connecting", "listing")
_REFUSALS: Final[dict[str, tuple[type[ApiError], int]]] = {
    "forbidden": (Forbidden, 403),
    "unauthorized": (Unauthorized, 401),
    "missing": (NotFound, 404),
}


def _error(sync: KindSync) -> ControllerError:
    kind, status = _REFUSALS.get(sync.state, (None, 0))
    return Unavailable(sync.message) if kind is None else kind(status, sync.state, sync.message)


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


@dataclass(slots=True)
class _Tap:
    """Passes a watch on, and tells that something came and how fresh it is."""

    sink: Sink
    changed: Callable[[], None]
    sync: KindSync = field(default_factory=KindSync)

    def page(self, items: Sequence[Any]) -> None:
        """Pass a part of a list on."""
        self.sink.page(items)

    def replace(self, items: Sequence[Any]) -> None:
        """Pass a complete list on."""
        self.sink.replace(items)
        self.changed()

    def apply(self, type_: str, item: Any) -> None:
        """Pass a change on."""
        self.sink.apply(type_, item)
        self.changed()

    def synced(self, sync: KindSync) -> None:
        """Note the state; what only proves freshness again changes nothing."""
        if sync.state != self.sync.state:
            self.changed()
        self.sync = sync
        self.sink.synced(sync)


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
        self._news = asyncio.Event()
        self._ours = LeaseWatch(self._news.set)
        self._native = LeaseWatch(self._news.set)
        self._taps: dict[WatchSpec, _Tap] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, link: Link, *, nodes: bool = False) -> None:
        """Begin to watch; nodes only matter to sets with an exclusive topology."""
        self._taps = {
            spec: _Tap(sink, self._news.set) for spec, sink in self._sinks(nodes=nodes).items()
        }
        self._tasks = [
            asyncio.create_task(link.watch(spec, tap).run()) for spec, tap in self._taps.items()
        ]

    async def stop(self) -> None:
        """End all watches."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

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
        while True:
            for spec, tap in self._taps.items():
                fault = tap.sync.state not in (*_WAITING, "live")
                if fault and spec.resource in _NEEDED:
                    raise _error(tap.sync)
            if all(tap.sync.state not in _WAITING for tap in self._taps.values()):
                return
            await self.changed(None)

    async def changed(self, within_s: float | None) -> None:
        """Wait for news, at most so many seconds."""
        try:
            async with asyncio.timeout(within_s):
                await self._news.wait()
        except TimeoutError:
            return
        finally:
            self._news.clear()

    @property
    def trouble(self) -> str:
        """Why what is known may be out of date, empty if it is not."""
        for spec, tap in self._taps.items():
            if spec.resource in _NEEDED and tap.sync.state != "live":
                return tap.sync.message
        return ""

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
