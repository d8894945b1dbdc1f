"""Events of the controller, as ``events.k8s.io/v1``: best effort, repeats become a series."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
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


class _Named(msgspec.Struct, frozen=True):
    metadata: ObjectMeta = ObjectMeta()


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
        self._seen: OrderedDict[tuple[str, ...], tuple[str, int]] = OrderedDict()
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
        if same in self._seen:
            name, count = self._seen[same]
            series = {"count": count + 1, "lastObservedTime": body["eventTime"]}
            try:
                await self._cluster.patch(EVENTS, namespace, name, {"series": series})
            except NotFound:
                del self._seen[same]
            else:
                self._seen[same] = (name, count + 1)
                return
        raw = await self._cluster.create(EVENTS, namespace, body)
        self._seen[same] = (msgspec.json.decode(raw, type=_Named).metadata.name, 1)
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
