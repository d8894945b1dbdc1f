"""Events of the controller, as ``events.k8s.io/v1``: best effort, repeats become a series."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from controller.api.meta import ObjectMeta, format_micro_time
from controller.api.names import EVENTS
from controller.errors import ControllerError, NotFound
from lwstui.kube.cluster import KubeCluster

REPORTER: Final = "leaderworkerset"
_WAITING: Final = 1000
_REMEMBERED: Final = 500
_NOTE_BYTES: Final = 1024
# A problem that stands is reported by every pass; its count is written so often and no more.
_AT_ONCE: Final = 2
_TELL_EVERY_S: Final = 60.0


class _Named(msgspec.Struct, frozen=True):
    metadata: ObjectMeta = ObjectMeta()


@dataclass(slots=True)
class _Series:
    """An event that was posted: its name, when it was last written, how often it happened."""

    name: str
    told_at: float
    count: int = 1


class KubeEvents:
    """``controller.ports.EventSink`` on an API server.

    Args:
        cluster: Where events are written.
        instance: Who reports, such as a host name.
        wall: Epoch seconds.

    Attributes:
        dropped: Events that did not fit into the queue or were refused.
    """

    def __init__(
        self, cluster: KubeCluster, instance: str, wall: Callable[[], float] = time.time
    ) -> None:
        self._cluster = cluster
        self._instance = f"{REPORTER}-{instance}"[:128]
        self._wall = wall
        self._queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(_WAITING)
        self._seen: OrderedDict[tuple[str, ...], _Series] = OrderedDict()
        self.dropped = 0

    def emit(
        self,
        *,
        regarding: Mapping[str, str],
        type_: str,
        reason: str,
        action: str,
        note: str,
        related: Mapping[str, str] | None = None,
    ) -> None:
        """Queue an event; dropped and counted when the queue is full."""
        now = format_micro_time(self._wall())
        body: dict[str, Any] = {
            "apiVersion": EVENTS.api_version,
            "kind": EVENTS.kind,
            "metadata": {
                "namespace": regarding.get("namespace") or "default",
                "name": f"{regarding.get('name', '')}.{time.monotonic_ns():x}",
            },
            "eventTime": now,
            "type": type_,
            "reason": reason,
            "action": action,
            "note": note.encode()[:_NOTE_BYTES].decode(errors="ignore"),
            "regarding": dict(regarding),
            "reportingController": REPORTER,
            "reportingInstance": self._instance,
        }
        if related:
            body["related"] = dict(related)
        try:
            self._queue.put_nowait(body)
        except asyncio.QueueFull:
            self.dropped += 1

    async def run(self) -> None:
        """Post what is queued until cancelled."""
        while True:
            body = await self._queue.get()
            try:
                await self._post(body)
            except ControllerError:
                self.dropped += 1
            finally:
                self._queue.task_done()

    async def flush(self) -> None:
        """Wait until everything queued was tried; ``run`` must be running."""
        await self._queue.join()

    async def _post(self, body: dict[str, Any]) -> None:
        """Create the event, or count up the series of an identical one."""
        same = (
            body["regarding"].get("uid", ""),
            body["type"],
            body["reason"],
            body["action"],
            body["note"],
            (body.get("related") or {}).get("name", ""),
        )
        namespace = body["metadata"]["namespace"]
        known = self._seen.get(same)
        if known is not None:
            known.count += 1
            if known.count > _AT_ONCE and self._wall() - known.told_at < _TELL_EVERY_S:
                return
            series = {"count": known.count, "lastObservedTime": body["eventTime"]}
            try:
                await self._cluster.patch(EVENTS, namespace, known.name, {"series": series})
            except NotFound:
                del self._seen[same]
            else:
                known.told_at = self._wall()
                return
        raw = await self._cluster.create(EVENTS, namespace, body)
        name = msgspec.json.decode(raw, type=_Named).metadata.name
        self._seen[same] = _Series(name, self._wall())
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
