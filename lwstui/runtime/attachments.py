"""One attachment to a cluster at a time: changing the context without a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from controller.errors import Unavailable
from controller.ports import Clock
from lwstui.runtime.core import Core
from lwstui.runtime.destination import Destination
from lwstui.runtime.ports import Factory
from lwstui.state.model import Activity, Snapshot

if TYPE_CHECKING:
    from lwstui.kube.connect import Target
    from lwstui.runtime.engine import EngineOptions


class Attachments:
    """Works on one cluster, and on another one as soon as it is told to.

    What belonged to the cluster left behind (watches, logs, requests, the controller, which gives
    its Lease back) is cancelled at once and ends on its own: nobody waits for it and nothing it
    still says is heard.

    The embedded controller runs only in the context the program was started for.

    Args:
        options: What to do at first.
        factory: Makes connections.
        clock: The time.
        publish: Takes the snapshots of the present attachment.
        sleep: Waits, in seconds.

    Attributes:
        core: The work on the present cluster.
    """

    def __init__(
        self,
        options: EngineOptions,
        factory: Factory,
        clock: Clock,
        publish: Callable[[Snapshot], None],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._first = options
        self._home = options.target.context or _context(factory, options.target)
        self._factory = factory
        self._clock = clock
        self._publish = publish
        self._sleep = sleep
        self._running: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._failed: asyncio.Future[None] | None = None
        self._number = 0
        self.core = self._core(options, 0)

    async def run(self) -> None:
        """Work until cancelled.

        Raises:
            Exception: What the work on a cluster ended with, which is a defect.
        """
        self._failed = asyncio.get_running_loop().create_future()
        self._start()
        try:
            await self._failed
        finally:
            tasks = tuple(self._running)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def switch(self, destination: Destination, number: int) -> None:
        """Leave the present cluster and work on another.

        Args:
            destination: Where to go.
            number: Of the new attachment; snapshots carry it.
        """
        if number == self._number:
            return
        options = self._options(destination)
        wants_events, wants_metrics = self.core.wants_events, self.core.wants_metrics
        activity = self.core.activity
        if self._task is not None:
            self._task.cancel()
        self._number = number
        self.core = self._core(options, number, activity)
        self.core.want_events(wanted=wants_events)
        self.core.want_metrics(wanted=wants_metrics)
        self.core.tune(destination.tuning)
        self._start()

    def _start(self) -> None:
        task = asyncio.create_task(self.core.run(), name=f"attachment {self._number}")
        self._task = task
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and self._failed is not None and not self._failed.done():
            self._failed.set_exception(error)

    def _core(
        self, options: EngineOptions, number: int, activity: tuple[Activity, ...] = ()
    ) -> Core:
        def publish(snapshot: Snapshot) -> None:
            if number == self._number:
                self._publish(snapshot)

        return Core(
            options,
            self._factory,
            self._clock,
            publish,
            sleep=self._sleep,
            attachment=number,
            activity=activity,
        )

    def _options(self, destination: Destination) -> EngineOptions:
        first = self._first
        target = replace(first.target, context=destination.context, namespace=None)
        namespaces = destination.namespaces
        if namespaces is None:
            namespaces = _namespaces(self._factory, target)
        return replace(
            first,
            target=target,
            namespaces=namespaces,
            read_only=destination.read_only,
            embedded_controller=first.embedded_controller and destination.context == self._home,
            apply_first=(),
            recording=None,
        )


def _context(factory: Factory, target: Target) -> str:
    try:
        return factory.describe(target).context
    except Unavailable:
        return ""  # the work on it says what is wrong


def _namespaces(factory: Factory, target: Target) -> tuple[str, ...]:
    """Return the namespace a context names, all of them if it names none."""
    try:
        where = factory.describe(target)
    except Unavailable:
        return ()
    return (where.namespace,) if where.namespace_chosen else ()
