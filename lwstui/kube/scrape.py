"""Measurements through the API server: of pods, which need no route, and of its metrics API."""

from __future__ import annotations

from typing import Any, Final

import aiohttp

from controller.api.names import PODS, Resource
from controller.errors import Unavailable
from lwstui.kube.lists import list_objects
from lwstui.kube.rest import JSON, Query, Rest, path_of

TEXT: Final = "text/plain;version=0.0.4, application/openmetrics-text;q=0.8, */*;q=0.5"
SILENCE_S: Final = 5.0
_CHUNK: Final = 1 << 16


async def scrape(rest: Rest, path: str, most_bytes: int) -> str:
    """Return what a pod answers through the proxy, at most some bytes of it.

    Raises:
        ControllerError: If the server or the pod does not answer.
    """
    received = await _read(rest, path, most_bytes, accept=TEXT, what="scrape")
    return received[:most_bytes].decode("utf-8", "replace")


async def read_whole(
    rest: Rest, path: str, most_bytes: int, *, query: Query | None = None, what: str
) -> bytes:
    """Return a JSON answer, which is of no use in part.

    Raises:
        ControllerError: If there is none, or if it is longer than some bytes.
    """
    received = await _read(rest, path, most_bytes, query=query, what=what)
    if len(received) > most_bytes:
        raise Unavailable(f"the answer is longer than {most_bytes // 2**20} MiB")
    return bytes(received)


async def _read(
    rest: Rest,
    path: str,
    most_bytes: int,
    *,
    query: Query | None = None,
    accept: str = JSON,
    what: str,
) -> bytearray:
    """Return an answer; reading ends with the piece that makes it longer than some bytes."""
    received = bytearray()
    async with rest.open(
        "GET", path, query=query, accept=accept, read_s=SILENCE_S, what=what
    ) as answer:
        try:
            async for chunk in answer.content.iter_chunked(_CHUNK):
                received += chunk
                if len(received) > most_bytes:
                    break
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"the answer broke off: {type(error).__name__}") from error
    return received


async def resource_usage(
    rest: Rest, resource: Resource, namespace: str, selector: str, most_bytes: int
) -> bytes:
    """Return the list of what pods or nodes use; an empty namespace means all.

    Raises:
        ControllerError: If it cannot be read, or is longer than some bytes.
    """
    query = {"labelSelector": selector} if selector else None
    path = path_of(resource, namespace)
    return await read_whole(rest, path, most_bytes, query=query, what=f"{resource} list")


def metrics_path(namespace: str, pod: str, port: int, path: str) -> str:
    """Return the way to a pod's metrics; the port is a number, names are not resolved."""
    return path_of(PODS, namespace, f"{pod}:{port}", "proxy") + path


async def labelled_pods(rest: Rest, selector: str) -> list[dict[str, Any]]:
    """Return the pods of all namespaces that a label selector finds.

    Raises:
        ControllerError: If they cannot be listed.
    """
    return await list_objects(rest, PODS, label_selector=selector)
