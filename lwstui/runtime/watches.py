"""The watches of a command that runs once: when all is listed, what is new, what is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from controller.api.names import Resource
from controller.errors import (
    ApiError,
    ControllerError,
    Forbidden,
    NotFound,
    Unauthorized,
    Unavailable,
)
from lwstui.kube.sync import KindSync
from lwstui.runtime.ports import Link, Sink, WatchSpec

_WAITING: Final = ("connecting", "listing")
_REFUSALS: Final[dict[str, tuple[type[ApiError], int]]] = {
    "forbidden": (Forbidden, 403),
    "unauthorized": (Unauthorized, 401),
    "missing": (NotFound, 404),
}


def _error(sync: KindSync) -> ControllerError:
    kind, status = _REFUSALS.get(sync.state, (None, 0))
    return Unavailable(sync.message) if kind is None else kind(status, sync.state, sync.message)


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


class Watches:
    """Some watches, from ``start`` to ``stop``.

    Args:
        needed: Kinds that the command cannot do without.
    """

    def __init__(self, needed: Collection[Resource]) -> None:
        self._needed = needed
        self._news = asyncio.Event()
        self._taps: dict[WatchSpec, _Tap] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, link: Link, sinks: Mapping[WatchSpec, Sink]) -> None:
        """Begin to watch."""
        self._taps = {spec: _Tap(sink, self.wake) for spec, sink in sinks.items()}
        self._tasks = [
            asyncio.create_task(link.watch(spec, tap).run()) for spec, tap in self._taps.items()
        ]

    async def stop(self) -> None:
        """End all watches."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def wake(self) -> None:
        """Say that there is news."""
        self._news.set()

    async def listed(self) -> None:
        """Wait until everything has been listed, or is known not to be readable.

        Raises:
            ControllerError: If something that is needed cannot be read.
        """
        while True:
            for spec, tap in self._taps.items():
                fault = tap.sync.state not in (*_WAITING, "live")
                if fault and spec.resource in self._needed:
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
            if spec.resource in self._needed and tap.sync.state != "live":
                return tap.sync.message
        return ""
