"""From the watches to the store and the controller's cache, and from the store to the console."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from controller.api.names import (
    CLAIMS,
    LEADERWORKERSETS,
    NODES,
    PODS,
    REVISIONS,
    SERVICES,
    Resource,
)
from controller.ports import Clock
from lwstui.kube.sync import KindSync
from lwstui.runtime.ports import ControllerCache, WatchSpec
from lwstui.state.model import Snapshot
from lwstui.state.store import Store

INTERVAL_S: Final = 0.1
"""Snapshots are published at most ten times a second."""

CONTROLLED: Final = frozenset({LEADERWORKERSETS, PODS, SERVICES, REVISIONS, CLAIMS, NODES})
"""Kinds the embedded controller plans from."""

_WORST_FIRST: Final = (
    "unauthorized",
    "missing",
    "forbidden",
    "failed",
    "reconnecting",
    "connecting",
    "listing",
    "live",
)


class Tap(Protocol):
    """Takes what the watches bring beside the store."""

    def replace(self, spec: WatchSpec, items: Sequence[Any]) -> None:
        """Take a complete list of a kind in the namespace of its watch."""
        ...

    def apply(self, spec: WatchSpec, type_: str, item: Any) -> None:
        """Take one watch event."""
        ...


class Feed:
    """Hands records on as they come and snapshots at a bounded rate, the last one always.

    Args:
        store: Where records go.
        clock: Time of snapshots and of the rate limit.
        publish: Takes snapshots, on the engine's thread.
        before: Called before each snapshot, to bring what is derived up to date.
        sleep: Waits, in seconds.

    Attributes:
        cache: The embedded controller's cache, which gets the same records.
        cache_namespace: The namespace that controller serves; empty for all.
        on_pod: Called with each pod that comes, before the store takes it.
        on_sync: Called with the freshness of each watch.
        listeners: Called after each snapshot.
        tap: Takes everything that the watches bring, too.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        publish: Callable[[Snapshot], None],
        *,
        before: Callable[[float], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._clock = clock
        self._publish = publish
        self._before = before
        self._sleep = sleep
        self._wake = asyncio.Event()
        self._syncs: dict[Resource, dict[str, KindSync]] = {}
        self._listing: set[WatchSpec] = set()
        self.cache: ControllerCache | None = None
        self.cache_namespace = ""
        self.on_pod: Callable[[Any], None] | None = None
        self.on_sync: Callable[[WatchSpec, KindSync], None] | None = None
        self.listeners: list[Callable[[], None]] = []
        self.tap: Tap | None = None

    def changed(self) -> None:
        """Say that there may be something to publish."""
        self._wake.set()

    async def run(self) -> None:
        """Publish until cancelled: at once, then no sooner than the interval."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            self.flush()
            await self._sleep(INTERVAL_S)

    def flush(self) -> None:
        """Publish what changed, if anything did."""
        now = self._clock.now()
        self._before(now)
        if self._store.dirty:
            self._publish(self._store.publish(now))
            for listener in tuple(self.listeners):
                listener()

    def sink(self, spec: WatchSpec, note: str = "") -> FeedSink:
        """Return the sink of one list-and-watch; ``note`` is said while it is live."""
        return FeedSink(self, spec, note)

    def forget(self, spec: WatchSpec) -> None:
        """Drop the freshness of a watch that has been ended on purpose."""
        parts = self._syncs.get(spec.resource, {})
        parts.pop(spec.namespace, None)
        if parts:
            self._store.synced(spec.resource, _worst(parts))
        else:
            self._syncs.pop(spec.resource, None)
            self._store.forget(spec.resource)
        self.changed()

    def _cached(self, spec: WatchSpec) -> ControllerCache | None:
        """Return the controller's cache if it wants what a watch brings.

        It takes a list for complete, so it gets those of the namespace it serves only.
        """
        whole = not spec.namespace and spec.resource in (PODS, NODES)
        if spec.resource in CONTROLLED and (whole or spec.namespace == self.cache_namespace):
            return self.cache
        return None

    def _show_pods(self, spec: WatchSpec, items: Sequence[Any]) -> None:
        """Show pods to whom wants to see them before the store takes them."""
        if self.on_pod is not None and spec.resource == PODS:
            for pod in items:
                self.on_pod(pod)

    def page(self, spec: WatchSpec, items: Sequence[Any]) -> None:
        """Take a part of a list: the first is shown at once, the others when anything else is.

        A screen made anew for every page costs more than reading them.
        """
        self._show_pods(spec, items)
        self._store.page(spec.resource, items)
        if (cache := self._cached(spec)) is not None:
            cache.page(spec.resource, items)
        if spec not in self._listing:
            self._listing.add(spec)
            self.changed()

    def replace(self, spec: WatchSpec, items: Sequence[Any]) -> None:
        """Take a complete list of a kind in the namespace of its watch."""
        self._listing.discard(spec)
        self._show_pods(spec, items)
        if self.tap is not None:
            self.tap.replace(spec, items)
        self._store.replace(spec.resource, items, namespace=spec.namespace)
        if (cache := self._cached(spec)) is not None:
            cache.replace(spec.resource, items)
        self.changed()

    def apply(self, spec: WatchSpec, type_: str, item: Any) -> None:
        """Take one watch event."""
        self._show_pods(spec, (item,))
        if self.tap is not None:
            self.tap.apply(spec, type_, item)
        self._store.apply(spec.resource, type_, item)
        if (cache := self._cached(spec)) is not None:
            cache.apply(spec.resource, type_, item)
        self.changed()

    def synced(self, spec: WatchSpec, sync: KindSync) -> None:
        """Take the freshness of one watch; a kind is as fresh as the worst of its watches."""
        parts = self._syncs.setdefault(spec.resource, {})
        parts[spec.namespace] = sync
        self._store.synced(spec.resource, _worst(parts))
        if self.on_sync is not None:
            self.on_sync(spec, sync)
        self.changed()


def _worst(parts: Mapping[str, KindSync]) -> KindSync:
    return min(parts.values(), key=lambda part: _WORST_FIRST.index(part.state))


class FeedSink:
    """The sink of one list-and-watch."""

    def __init__(self, feed: Feed, spec: WatchSpec, note: str) -> None:
        self._feed = feed
        self._spec = spec
        self._note = note

    def page(self, items: Sequence[Any]) -> None:
        """Take a part of a list."""
        self._feed.page(self._spec, items)

    def replace(self, items: Sequence[Any]) -> None:
        """Take a complete list."""
        self._feed.replace(self._spec, items)

    def apply(self, type_: str, item: Any) -> None:
        """Take one watch event."""
        self._feed.apply(self._spec, type_, item)

    def synced(self, sync: KindSync) -> None:
        """Take the freshness, with the note while there is nothing else to say."""
        if self._note and sync.state == "live" and not sync.message:
            sync = KindSync(sync.state, sync.since, sync.last_event_at, message=self._note)
        self._feed.synced(self._spec, sync)
