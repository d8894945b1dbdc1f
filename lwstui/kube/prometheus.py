"""Asking a Prometheus at an address of its own; one in the cluster is asked like any service."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Final

import aiohttp
import msgspec

from controller.api.names import SERVICES
from controller.errors import Unavailable, from_status
from lwstui.kube.clean import clean_line
from lwstui.kube.rest import JSON, Query, Rest, path_of
from lwstui.kube.scrape import read_whole

TOTAL_S: Final = 10.0
_CHUNK: Final = 1 << 16


class _Failure(msgspec.Struct, frozen=True):
    error: str = ""


def service_path(namespace: str, name: str, path: str) -> str:
    """Return the way to a service through the API server."""
    return path_of(SERVICES, namespace, name, "proxy") + path


async def ask_service(rest: Rest, path: str, query: Query, most_bytes: int) -> bytes:
    """Return what a service answers, if it does so within a few seconds.

    Raises:
        ControllerError: If it does not, or answers more than some bytes.
    """
    try:
        async with asyncio.timeout(TOTAL_S):
            return await read_whole(rest, path, most_bytes, query=query, what="prometheus get")
    except TimeoutError as error:
        raise Unavailable(f"no answer within {TOTAL_S:.0f} s") from error


async def ask_address(
    url: str, query: Query, most_bytes: int, *, token_file: str = "", ca_file: str = ""
) -> bytes:
    """Return what an address answers; credentials of the cluster are never sent there.

    Raises:
        ControllerError: If it does not answer within a few seconds, refuses, or answers more than
            some bytes.
    """
    try:
        headers, trusted = await asyncio.to_thread(_credentials, token_file, ca_file)
        timeout = aiohttp.ClientTimeout(total=TOTAL_S)
        connector = aiohttp.TCPConnector(ssl=trusted)
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=True) as session,
            session.get(url, params=query, headers=headers, allow_redirects=False) as answer,
        ):
            received = bytearray()
            async for chunk in answer.content.iter_chunked(_CHUNK):
                received += chunk
                if len(received) > most_bytes:
                    raise Unavailable(f"the answer is longer than {most_bytes // 2**20} MiB")
            if answer.status >= 300:
                raise from_status(answer.status, "", _said(answer, bytes(received)))
            return bytes(received)
    except TimeoutError as error:
        raise Unavailable(f"no answer within {TOTAL_S:.0f} s") from error
    except (aiohttp.ClientError, ssl.SSLError, OSError, ValueError) as error:
        raise Unavailable(clean_line(str(error)) or type(error).__name__) from error


def _credentials(token_file: str, ca_file: str) -> tuple[dict[str, str], ssl.SSLContext | bool]:
    """Read both files anew: tokens are short-lived."""
    headers = {"Accept": JSON}
    if token_file:
        token = Path(token_file).expanduser().read_text(encoding="ascii").strip()
        headers["Authorization"] = f"Bearer {token}"
    if not ca_file:
        return headers, True
    return headers, ssl.create_default_context(cafile=str(Path(ca_file).expanduser()))


def _said(answer: aiohttp.ClientResponse, body: bytes) -> str:
    try:
        said = msgspec.json.decode(body, type=_Failure).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = ""
    return clean_line(said)[:300] or f"{answer.status} {clean_line(answer.reason or '')}"
