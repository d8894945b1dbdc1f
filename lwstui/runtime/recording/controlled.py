"""Recording the controller that runs without a screen: what it sees, decides and waits for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from controller.activity import ControllerState
from controller.api.names import Resource
from controller.ports import Clock
from lwstui.kube.sync import KindSync
from lwstui.runtime.control import LeaseWatch, embedded_view, news, told
from lwstui.runtime.feed import Feed
from lwstui.runtime.ports import Sink, WatchSpec, Where
from lwstui.runtime.recording.recorder import Recorder, RecordingOrder
from lwstui.state.model import ClusterState
from lwstui.state.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.activity import Decision

_log = logging.getLogger("lwstui.controller")


class ControllerTape:
    """What the console has around its controller, as far as a recording needs it.

    Args:
        order: What to record, and where.
        where: What the cluster is called.
        namespace: The one namespace that is served; empty for all.
        state: How the controller is doing.
        clock: The time.
    """

    def __init__(
        self,
        order: RecordingOrder,
        where: Where,
        namespace: str,
        state: Callable[[], ControllerState],
        clock: Clock,
    ) -> None:
        self._order = order
        self._state = state
        self._namespace = namespace
        self._store = Store(
            ClusterState(
                context=where.context,
                cluster=where.cluster,
                sandbox=where.sandbox,
                namespaces=(namespace,) if namespace else (),
                connected=True,
            )
        )
        self._feed = Feed(self._store, clock, lambda _: None, before=self._derive)
        self._recorder = Recorder(self._store, self._feed, clock)
        self._lease = LeaseWatch(lambda: None)
        self._last: Decision | None = None

    async def start(self) -> None:
        """Begin to record.

        Raises:
            RecordingError: If the file cannot be written.
        """
        await self._recorder.start(self._order)

    async def run(self) -> None:
        """Record until cancelled; the file is whole then."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._feed.run())
                tasks.create_task(self._recorder.run())
        finally:
            self._feed.flush()
            taping = await self._recorder.stop("the controller ended")
            if taping is not None:
                fields = {"file": taping.path, "bytes": taping.size_bytes}
                _log.info("recorded", extra={"fields": fields})

    def changed(self) -> None:
        """Say that the controller may be doing otherwise."""
        self._feed.changed()

    def beside(self, resource: Resource, sink: Sink, label_selector: str) -> Sink:
        """Return a sink that records what another takes."""
        namespace = self._namespace if resource.namespaced else ""
        spec = WatchSpec(resource, namespace, label_selector=label_selector)
        return _Both(sink, self._feed.sink(spec))

    def _derive(self, now: float) -> None:
        del now
        state = self._state()
        self._store.set_controller(embedded_view(state, self._lease))
        for decision in news(state.decisions, self._last):
            self._store.log(told(decision))
            self._last = decision


class _Both:
    """Hands what a watch brings to two sinks."""

    def __init__(self, first: Sink, second: Sink) -> None:
        self._sinks = (first, second)

    def page(self, items: Sequence[Any]) -> None:
        """Take a part of a list."""
        for sink in self._sinks:
            sink.page(items)

    def replace(self, items: Sequence[Any]) -> None:
        """Take a complete list."""
        for sink in self._sinks:
            sink.replace(items)

    def apply(self, type_: str, item: Any) -> None:
        """Take one watch event."""
        for sink in self._sinks:
            sink.apply(type_, item)

    def synced(self, sync: KindSync) -> None:
        """Take the freshness."""
        for sink in self._sinks:
            sink.synced(sync)
