"""A TCP connection into a pod without TCP: bytes in and out, answered by what listens there."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from lwstui.sandbox.enginehttp import Query, answer
from lwstui.sandbox.network import Network, Reached, Refused
from lwstui.sandbox.objects import Json

_BODY_LIMIT_BYTES = 16 << 20
_DRAIN_S = 2.0
_log = logging.getLogger(__name__)


def _is_ours(record: logging.LogRecord) -> bool:
    """Tell a fault of the sandbox from a client's bytes that are no HTTP, which get their 400."""
    return record.exc_info is None or not isinstance(record.exc_info[1], HttpProcessingError)


_log.addFilter(_is_ours)


class PodConnection(asyncio.Transport):
    """One connection to a port of a pod.

    Args:
        network: Where the pod is.
        pod: The pod object.
        port: The port that something listens on.
        write: Takes what the pod sends.
        closed: Called once, when the pod sends no more.
    """

    def __init__(
        self,
        network: Network,
        pod: Json,
        port: int,
        *,
        write: Callable[[bytes], None],
        closed: Callable[[], None],
    ) -> None:
        super().__init__()
        self._network, self._pod, self._port = network, pod, port
        self._write, self._closed = write, closed
        self._open = True
        self._server = web.Server(self._answer, access_log=None, logger=_log)
        self._protocol = self._server()
        self._protocol.connection_made(self)
        self._ending: asyncio.Task[None] | None = None

    def receive(self, data: bytes) -> None:
        """Take what the client sends."""
        if self._open and data:
            self._protocol.data_received(data)

    def finish(self) -> None:
        """Take note that the client sends no more: what it asked for is still answered."""
        if self._open and self._ending is None:
            self._ending = asyncio.ensure_future(self._finish())

    async def _finish(self) -> None:
        await self._protocol.shutdown(_DRAIN_S)
        self.close()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        reached = self._network.listener(self._pod, self._port)
        body = await request.content.read(_BODY_LIMIT_BYTES)
        query = Query(request.method, request.path, body)
        reply = None
        if isinstance(reached, Reached):
            reply = answer(reached.process, reached.port, query)
        if reply is None:
            self.close()
            return web.Response()
        headers = {"Content-Type": reply.content_type, **reply.headers}
        return web.Response(status=reply.code, body=reply.body, headers=headers)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send what the pod answers."""
        if self._open:
            self._write(bytes(data))

    def is_closing(self) -> bool:
        """Tell whether the connection has ended."""
        return not self._open

    def close(self) -> None:
        """End the connection."""
        if self._open:
            self._open = False
            self._protocol.connection_lost(None)
            self._closed()

    def abort(self) -> None:
        """End the connection; nobody wants to know."""
        self.close()

    def pause_writing(self) -> None:
        """Ask the pod to send nothing for a while."""
        if self._open:
            self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """Let the pod send again."""
        if self._open:
            self._protocol.resume_writing()

    def pause_reading(self) -> None:
        """Do nothing: what has come is kept by the reader."""

    def resume_reading(self) -> None:
        """Do nothing, see ``pause_reading``."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what is known of the connection: where it comes from, nothing else."""
        return ("127.0.0.1", 0) if name == "peername" else default


def refusal(network: Network, pod: Json, port: int) -> str:
    """Return why a port of a pod cannot be forwarded, empty when something listens there.

    Source: k8s.io/kubelet and containerd's port forwarding, which dials inside the pod's network.
    """
    reached = network.listener(pod, port)
    if not isinstance(reached, Refused):
        return ""
    uid = pod["metadata"]["uid"]
    return (
        f"error forwarding port {port} to pod {uid}, uid : failed to execute portforward in "
        f'network namespace "/var/run/netns/cni-{uid}": failed to connect to localhost:{port} '
        f"inside namespace: dial tcp4 127.0.0.1:{port}: connect: connection refused"
    )
