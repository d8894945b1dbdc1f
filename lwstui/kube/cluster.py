"""``controller.ports.Cluster`` on an API server: every write carries our field manager."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, Final

import msgspec

from controller.api.meta import Key
from controller.api.names import FIELD_MANAGER, LEASES, PODS, Resource
from controller.errors import LeaseLost
from controller.ports import Patch, Propagation
from lwstui.kube.channels import Feed, Piped, Write
from lwstui.kube.clean import clean_line
from lwstui.kube.exec import Exec, ExecTarget
from lwstui.kube.lists import list_objects
from lwstui.kube.rest import JSON, Rest, path_of

# More writes in flight against a saturated server only lengthen its queue.
WRITES_IN_FLIGHT: Final = 16
_MOST_SAID: Final = 4096


async def _fed(running: Exec, feed: Feed) -> None:
    while data := await feed():
        await running.feed(data)
    await running.end_feed()


class KubeCluster:
    """Reads and writes of single objects.

    Args:
        rest: The client.
        may_write: Asked right before a write leaves, after all waiting for its turn and for a
            connection; a write that may not leave raises LeaseLost.
    """

    def __init__(self, rest: Rest, *, may_write: Callable[[], bool] | None = None) -> None:
        self._rest = rest
        self._may_write = may_write
        self._slots = asyncio.Semaphore(WRITES_IN_FLIGHT)

    def fenced(self, may_write: Callable[[], bool]) -> KubeCluster:
        """Return this cluster as one that is written to under a condition; see the port."""
        return KubeCluster(self._rest, may_write=may_write)

    async def get(self, resource: Resource, namespace: str, name: str) -> bytes:
        """Return one object, read from the server."""
        return await self._rest.request(
            "GET", path_of(resource, namespace, name), what=str(resource)
        )

    async def create(
        self,
        resource: Resource,
        namespace: str,
        body: Mapping[str, Any],
        *,
        dry_run: bool = False,
    ) -> bytes:
        """Create an object; see the port."""
        return await self._write(
            "POST", resource, path_of(resource, namespace), _query(dry_run), body
        )

    async def replace(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        body: Mapping[str, Any],
        *,
        subresource: str = "",
    ) -> bytes:
        """Replace an object; see the port."""
        path = path_of(resource, namespace, name, subresource)
        return await self._write("PUT", resource, path, _query(dry_run=False), body)

    async def patch(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        body: Any,
        *,
        kind: Patch = Patch.MERGE,
        subresource: str = "",
        force: bool = False,
        dry_run: bool = False,
    ) -> bytes:
        """Patch an object; see the port."""
        query = _query(dry_run)
        if force:
            query["force"] = "true"
        path = path_of(resource, namespace, name, subresource)
        return await self._write("PATCH", resource, path, query, body, content_type=kind.value)

    async def delete(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        *,
        uid: str,
        resource_version: str = "",
        propagation: Propagation = Propagation.BACKGROUND,
        grace_s: int | None = None,
        dry_run: bool = False,
    ) -> None:
        """Delete the incarnation with this UID; see the port."""
        preconditions = {"uid": uid}
        if resource_version:
            preconditions["resourceVersion"] = resource_version
        body: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": preconditions,
            "propagationPolicy": propagation.value,
        }
        if grace_s is not None:
            body["gracePeriodSeconds"] = grace_s
        if dry_run:
            body["dryRun"] = ["All"]
        await self._write("DELETE", resource, path_of(resource, namespace, name), {}, body)

    async def list(
        self, resource: Resource, namespace: str = "", *, field_selector: str = ""
    ) -> list[dict[str, Any]]:
        """Return all objects of a kind, decoded; an empty namespace means all."""
        return await list_objects(self._rest, resource, namespace, field_selector=field_selector)

    async def evict(self, namespace: str, name: str, *, uid: str, dry_run: bool = False) -> None:
        """Ask that the incarnation of a pod with this UID be evicted.

        Raises:
            TooManyRequests: If a disruption budget does not allow it now.
        """
        options: dict[str, Any] = {"preconditions": {"uid": uid}}
        if dry_run:
            options["dryRun"] = ["All"]
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": name, "namespace": namespace},
            "deleteOptions": options,
        }
        path = path_of(PODS, namespace, name, "eviction")
        await self._write("POST", PODS, path, _query(dry_run), body)

    async def run(
        self,
        pod: Key,
        container: str,
        command: Sequence[str],
        *,
        feed: Feed | None = None,
        write: Write | None = None,
    ) -> Piped:
        """Run a command in a container; see ``runtime.ports.OperatorCluster``."""
        fed = feed is not None
        target = ExecTarget(*pod, container, tuple(command), tty=False, stdin=fed, ends=fed)
        running, said = Exec(self._rest, target), bytearray()

        async def keep(data: bytes) -> None:
            said.extend(data[: _MOST_SAID - len(said)])

        async def ignore(_: bytes) -> None:
            return

        feeding = asyncio.ensure_future(_fed(running, feed)) if feed is not None else None
        try:
            end = await running.run(write or ignore, keep)
        finally:
            if feeding is not None:
                feeding.cancel()
                await asyncio.gather(feeding, return_exceptions=True)
        return Piped(end.code, end.message, clean_line(said.decode("utf-8", "replace")).strip())

    async def _write(
        self,
        verb: str,
        resource: Resource,
        path: str,
        query: Mapping[str, str | int],
        body: Any,
        *,
        content_type: str = JSON,
    ) -> bytes:
        # A lease is renewed even when all slots wait for a slow server.
        async with nullcontext() if resource == LEASES else self._slots:
            return await self._rest.request(
                verb,
                path,
                query=query,
                body=msgspec.json.encode(body),
                content_type=content_type,
                what=str(resource),
                permit=self._permit,
            )

    def _permit(self) -> None:
        if self._may_write is not None and not self._may_write():
            raise LeaseLost("the lease is not held any more")


def _query(dry_run: bool) -> dict[str, str | int]:
    query: dict[str, str | int] = {"fieldManager": FIELD_MANAGER}
    if dry_run:
        query["dryRun"] = "All"
    return query
