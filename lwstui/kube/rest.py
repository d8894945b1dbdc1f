"""Requests to one API server: bytes in, bytes out, failures as ``controller.errors``.

The one place where HTTP status becomes an exception.
"""

from __future__ import annotations

import os
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import Any, Final, Protocol
from urllib.parse import quote, urlencode

import aiohttp
import msgspec

from controller.api.names import Resource
from controller.errors import Cause, ControllerError, Unauthorized, Unavailable, from_status
from lwstui.kube.clean import clean_line
from lwstui.kube.renewal import Renewal

JSON: Final = "application/json"
CONNECT_S: Final = 5.0
REQUEST_S: Final = 30.0
PING_S: Final = 4.0
HEARTBEAT_S: Final = 30.0
NO_ANSWER: Final = "<error>"

Query = Mapping[str, str | int]


class CredentialSource(Protocol):
    """What the client needs of credentials."""

    @property
    def proxy(self) -> str | None:
        """The proxy to go through."""
        ...

    @property
    def server_name(self) -> str | None:
        """The TLS server name to expect."""
        ...

    async def headers(self) -> list[tuple[str, str]]:
        """Return the headers that authenticate a request."""
        ...

    async def load(self) -> None:
        """Load the credentials again."""
        ...


class _Cause(msgspec.Struct, frozen=True):
    field: str = ""
    message: str = ""


class _Details(msgspec.Struct, frozen=True):
    causes: list[_Cause] | None = None


class _Status(msgspec.Struct, frozen=True):
    reason: str = ""
    message: str = ""
    details: _Details | None = None


def path_of(resource: Resource, namespace: str = "", name: str = "", subresource: str = "") -> str:
    """Return the path of a collection, an object or a subresource."""
    parts = [resource.base_path]
    if resource.namespaced and namespace:
        parts.append(f"namespaces/{quote(namespace, safe='')}")
    parts.append(resource.plural)
    if name:
        parts.append(quote(name, safe=""))
    if subresource:
        parts.append(subresource)
    return "/".join(parts)


class Rest:
    """A REST client on one session.

    Args:
        session: Closed by ``close``.
        server: URL of the API server.
        credentials: Who we are.

    Attributes:
        requests: Requests sent so far, by ``VERB resource``.
        renewal: Renews the credentials.
        request_s: Longest time for a request that is answered whole, in seconds.
        answers: Answers so far, by (verb, resource, status code); ``<error>`` if none came.
    """

    def __init__(
        self, session: aiohttp.ClientSession, server: str, credentials: CredentialSource
    ) -> None:
        self._session = session
        self._server = server
        self._credentials = credentials
        self.renewal = Renewal(credentials.load)
        self.request_s = REQUEST_S
        self.requests: Counter[str] = Counter()
        self.answers: Counter[tuple[str, str, str]] = Counter()
        tracing = aiohttp.TraceConfig()
        tracing.on_request_headers_sent.append(_ask_permit)
        tracing.freeze()
        session.trace_configs.append(tracing)

    async def close(self) -> None:
        """Close the session."""
        await self._session.close()

    async def request(
        self,
        verb: str,
        path: str,
        *,
        query: Query | None = None,
        body: bytes | None = None,
        content_type: str = JSON,
        accept: str = JSON,
        what: str = "",
        permit: Callable[[], None] | None = None,
    ) -> bytes:
        """Send a request and return the body of the answer.

        Args:
            verb: HTTP method.
            path: Path below the server.
            query: Query parameters.
            body: Request body.
            content_type: Of the body.
            accept: Wanted format.
            what: Label for the request counter.
            permit: Called when all is ready to send; what it raises is raised, nothing is sent.

        Raises:
            ControllerError: For every failure, as one sentence.
        """
        async with self.open(
            verb,
            path,
            query=query,
            body=body,
            content_type=content_type,
            accept=accept,
            what=what,
            permit=permit,
        ) as response:
            try:
                return await response.read()
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                raise self._unavailable(error) from error

    async def server_time(self) -> float | None:
        """Return the server's clock in epoch seconds, None if the answer does not tell it.

        Raises:
            ControllerError: If it does not answer within a few seconds.
        """
        timeout = aiohttp.ClientTimeout(total=PING_S)
        send = _Send("GET", "/version", None, None, {"Accept": JSON}, timeout, "version", None)
        response = await self._sent(send)
        response.release()
        stamp = response.headers.get("Date", "")
        try:
            return parsedate_to_datetime(stamp).timestamp()
        except ValueError:
            return None

    @asynccontextmanager
    async def open(
        self,
        verb: str,
        path: str,
        *,
        query: Query | None = None,
        body: bytes | None = None,
        content_type: str = JSON,
        accept: str = JSON,
        read_s: float | None = None,
        what: str = "",
        permit: Callable[[], None] | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request and yield the open answer, for watches and logs.

        Args:
            verb: HTTP method.
            path: Path below the server.
            query: Query parameters.
            body: Request body.
            content_type: Of the body.
            accept: Wanted format.
            read_s: Longest silence on the open answer, in seconds; without it the whole request
                is bounded.
            what: Label for the request counter.
            permit: Called when all is ready to send.
        """
        timeout = (
            aiohttp.ClientTimeout(total=self.request_s, sock_connect=CONNECT_S)
            if read_s is None
            else aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=read_s)
        )
        headers = {"Accept": accept}
        if body is not None:
            headers["Content-Type"] = content_type
        send = _Send(verb, path, query, body, headers, timeout, what, permit)
        response = await self._sent(send)
        try:
            yield response
        finally:
            response.close() if read_s is not None else response.release()

    @asynccontextmanager
    async def websocket(
        self, path: str, *, query: Sequence[tuple[str, str]], protocols: Sequence[str]
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Open a WebSocket and yield it.

        Args:
            path: Path below the server.
            query: Query parameters.
            protocols: What we can speak, best first.

        Raises:
            ControllerError: If the server refuses it or does not answer.
        """
        try:
            socket = await self._session.ws_connect(
                self._server + path,
                params=query,
                protocols=protocols,
                headers=await self._credentials.headers(),
                proxy=self._credentials.proxy,
                server_hostname=self._credentials.server_name,
                heartbeat=HEARTBEAT_S,
                max_msg_size=0,
            )
        except aiohttp.WSServerHandshakeError as error:
            # The answer to a refused handshake is lost; the same question without one says why.
            await self.request("GET", f"{path}?{urlencode(query)}", what="handshake")
            raise from_status(error.status, "", clean_line(error.message)) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._unavailable(error) from error
        try:
            yield socket
        except (aiohttp.ClientError, OSError) as error:
            raise self._unavailable(error) from error
        finally:
            await socket.close()

    async def _send(self, send: _Send) -> aiohttp.ClientResponse:
        """Send once and return a good answer, or raise."""
        what = send.what or send.path
        self.requests[f"{send.verb} {what}"] += 1
        code = NO_ANSWER
        try:
            response = await self._session.request(
                send.verb,
                self._server + send.path,
                params=send.query,
                data=send.body,
                headers=[*send.headers.items(), *await self._credentials.headers()],
                timeout=send.timeout,
                proxy=self._credentials.proxy,
                server_hostname=self._credentials.server_name,
                allow_redirects=False,
                trace_request_ctx=send.permit,
            )
            code = str(response.status)
            if response.status < 300:
                return response
            async with response:
                raise _failure(response, await response.read())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._unavailable(error) from error
        finally:
            self.answers[send.verb, what, code] += 1

    async def _sent(self, send: _Send) -> aiohttp.ClientResponse:
        """Send, and once more with fresh credentials if these are refused."""
        used = self.renewal.generation
        try:
            response = await self._send(send)
        except Unauthorized:
            if not await self.renewal.renew(used):
                raise
            response = await self._send(send)
        self.renewal.accepted()
        return response

    def _unavailable(self, error: BaseException) -> Unavailable:
        """Return one sentence about a request that got no answer."""
        server = self._server
        if isinstance(error, aiohttp.ClientConnectorCertificateError | ssl.SSLError):
            text = f"the certificate of {server} is not trusted: {clean_line(str(error))}"
        elif isinstance(error, aiohttp.ClientConnectorDNSError):
            text = f"the name of {server} cannot be resolved; check the network or VPN"
        elif isinstance(error, TimeoutError):
            text = f"{server} did not answer in time"
        elif isinstance(error, aiohttp.ClientConnectorError | ConnectionError):
            cause = getattr(error, "os_error", None) or error
            number = getattr(cause, "errno", None)
            reason = os.strerror(number).lower() if number else clean_line(str(cause))
            text = f"{server} cannot be reached: {reason}; is it running, and the network up?"
        else:
            text = (
                f"the connection to {server} broke: {clean_line(str(error)) or 'no reason given'}"
            )
        return Unavailable(text)


class _Send(msgspec.Struct, frozen=True):
    """One request as it is sent, once or twice."""

    verb: str
    path: str
    query: Query | None
    body: bytes | None
    headers: dict[str, str]
    timeout: Any
    what: str
    permit: Callable[[], None] | None


async def _ask_permit(
    _: aiohttp.ClientSession, context: Any, __: aiohttp.TraceRequestHeadersSentParams
) -> None:
    """Ask once more, now that there is a connection, before the first byte is written."""
    if context.trace_request_ctx is not None:
        context.trace_request_ctx()


def _failure(response: aiohttp.ClientResponse, body: bytes) -> ControllerError:
    """Return the error in an answer: its Status, or what its text says."""
    try:
        status = msgspec.json.decode(body, type=_Status)
    except msgspec.DecodeError:
        first = body.decode("utf-8", "replace").strip().partition("\n")[0][:300]
        status = _Status(message=first)
    message = clean_line(status.message) or f"{response.status} {clean_line(response.reason or '')}"
    return from_status(
        response.status,
        clean_line(status.reason),
        message,
        retry_after_s=_retry_after(response.headers.get("Retry-After", "")),
        causes=tuple(
            Cause(clean_line(cause.field), clean_line(cause.message))
            for cause in (status.details.causes if status.details else None) or ()
        ),
    )


def _retry_after(text: str) -> float | None:
    return float(text) if text.isdigit() else None
