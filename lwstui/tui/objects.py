"""Whole objects for screens that show more of one than the watches keep."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from controller.api.names import Resource
from lwstui.state.model import Snapshot
from lwstui.tui import targets
from lwstui.tui.host import Host
from lwstui.view.types import Ref


class ObjectFollower:
    """Reads one object, and reads it again when the watch says that it has changed.

    One request at most is under way; a failed one is tried again with the next change.

    Args:
        host: Returns the application.
        arrived: Called when an answer has come.

    Attributes:
        body: The object as last read, None before.
        problem: Why it could not be read, empty if it could.
    """

    def __init__(self, host: Callable[[], Host], arrived: Callable[[], None]) -> None:
        self._host = host
        self._arrived = arrived
        self._seen: object = None
        self._reading = False
        self.body: Mapping[str, Any] | None = None
        self.problem = ""

    def follow(self, ref: Ref) -> None:
        """Read the object if it is not what was read last."""
        host = self._host()
        record = record_of(host.snapshot, ref)
        found = targets.api_object(host.snapshot, ref)
        if record is None or found is None or record is self._seen or self._reading:
            return
        self._seen, self._reading = record, True
        host.run_task(self._read(found))

    async def _read(self, found: tuple[Resource, str, str]) -> None:
        try:
            self.body = await asyncio.wrap_future(self._host().backend.read(*found))
            self.problem = ""
        except Exception as error:  # noqa: BLE001 - whatever failed, the operator must read it
            self.problem = str(error)
        finally:
            self._reading = False
        self._arrived()


def record_of(snapshot: Snapshot, ref: Ref) -> object:
    """Return what a snapshot holds of a set, pod or node; None if it is not there."""
    match ref.kind:
        case "set":
            return snapshot.sets.get(ref.key)
        case "pod":
            return snapshot.pods.get(ref.key)
        case "node":
            return snapshot.nodes.get(ref.name)
        case _:
            return None
