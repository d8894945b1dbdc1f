"""Asking pods for their metrics through the API server, which needs no route to them."""

from __future__ import annotations

from typing import Any, Final

import aiohttp

from controller.api.names import PODS
from controller.errors import Unavailable
from lwstui.kube.lists import list_objects
from lwstui.kube.rest import Rest, path_of

TEXT: Final = "text/plain;version=0.0.4, application/openmetrics-text;q=0.8, */*;q=0.5"
SILENCE_S: Final = 5.0
_CHUNK: Final = 1 << 16


async def scrape(rest: Rest, path: str, most_bytes: int) -> str:
    """Return what a pod answers through the proxy, at most some bytes of it.

    Raises:
        ControllerError: If the server or the pod does not answer.
    """
    received = bytearray()
    async with rest.open("GET", path, accept=TEXT, read_s=SILENCE_S, what="scrape") as answer:
        try:
            async for chunk in answer.content.iter_chunked(_CHUNK):
                received += chunk
                if len(received) > most_bytes:
                    break
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"the answer broke off: {type(error).__name__}") from error
    return received[:most_bytes].decode("utf-8", "replace")


def metrics_path(namespace: str, pod: str, port: int, path: str) -> str:
    """Return the way to a pod's metrics; the port is a number, names are not resolved."""
    return path_of(PODS, namespace, f"{pod}:{port}", "proxy") + path


async def labelled_pods(rest: Rest, selector: str) -> list[dict[str, Any]]:
    """Return the pods of all namespaces that a label selector finds.

    Raises:
        ControllerError: If they cannot be listed.
    """
    return await list_objects(rest, PODS, label_selector=selector)
