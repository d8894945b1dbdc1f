"""A list-and-watch of a kind that clusters serve in different versions, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final, Protocol

import msgspec

from controller.api.names import Resource
from controller.errors import ControllerError, NotFound
from lwstui.kube.reflector import Timing
from lwstui.kube.rest import Rest
from lwstui.kube.sync import KindSync

VERSIONS: Final = ("v1", "v1beta2", "v1beta1")
"""Versions of dynamic resource allocation that are understood, the best first."""
AGAIN_S: Final = 600.0
"""How long a cluster that does not serve a kind is left in peace."""
_SOON_S: Final = 10.0


class _Version(msgspec.Struct, frozen=True):
    version: str = ""


class _Group(msgspec.Struct, frozen=True):
    versions: list[_Version] | None = None


class _Watch(Protocol):
    async def run(self) -> None: ...

    def refresh(self) -> None: ...

    def reopen(self) -> None: ...

    def hurry(self) -> None: ...


class Versioned:
    """Watches a kind in the best version that is served.

    A cluster that does not serve it is asked again seldom: it tells so once, and nothing is
    retried in between.

    Args:
        rest: The client.
        resource: What to watch; its version is replaced.
        make: Makes the watch of a resource.
        synced: Takes the state while there is no watch.
        timing: Clock and chance.
    """

    def __init__(
        self,
        rest: Rest,
        resource: Resource,
        make: Callable[[Resource], _Watch],
        synced: Callable[[KindSync], None],
        timing: Timing | None = None,
    ) -> None:
        self._rest = rest
        self._resource = resource
        self._make = make
        self._synced = synced
        self._timing = timing or Timing()
        self._watch: _Watch | None = None
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Find the version, then list and watch until cancelled."""
        while self._watch is None:
            try:
                found = served(await self._versions())
            except NotFound:
                found = None
            except ControllerError as error:
                await self._pause(KindSync("reconnecting", message=str(error)), _SOON_S)
                continue
            if found is None:
                words = f"this cluster does not serve {self._resource}"
                await self._pause(KindSync("missing", message=words), AGAIN_S)
            else:
                self._watch = self._make(replace(self._resource, version=found))
        await self._watch.run()

    async def _versions(self) -> list[str]:
        raw = await self._rest.request("GET", f"/apis/{self._resource.group}", what="discovery")
        group: Any = msgspec.json.decode(raw, type=_Group)
        return [one.version for one in group.versions or ()]

    async def _pause(self, sync: KindSync, delay_s: float) -> None:
        now = self._timing.wall()
        self._synced(replace(sync, since=now, attempt=1, retry_at=now + delay_s))
        self._wake.clear()
        waits = [
            asyncio.ensure_future(self._timing.sleep(delay_s)),
            asyncio.ensure_future(self._wake.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()

    def refresh(self) -> None:
        """List again now; look again whether the kind is served."""
        if self._watch is not None:
            self._watch.refresh()
        self._wake.set()

    def reopen(self) -> None:
        """Give up a watch that may hang."""
        if self._watch is not None:
            self._watch.reopen()

    def hurry(self) -> None:
        """Cut short the waiting of a watch after a fault."""
        if self._watch is not None:
            self._watch.hurry()


def served(versions: Iterable[str]) -> str | None:
    """Return the best of some versions, None if none is understood."""
    known = set(versions)
    return next((version for version in VERSIONS if version in known), None)
