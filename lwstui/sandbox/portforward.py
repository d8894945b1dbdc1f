"""``kubectl port-forward``: SPDY/3.1 in a WebSocket, or one pair of channels for each port.

Source: KEP-4006 (tunnelling), k8s.io/kubelet pkg/cri/streaming/portforward.
"""

import asyncio
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from lwstui.sandbox import channels, spdy
from lwstui.sandbox.execs import frames
from lwstui.sandbox.podconnection import PodConnection
from lwstui.sandbox.race import race

TUNNEL = "SPDY/3.1+portforward.k8s.io"
PROTOCOLS = (TUNNEL, channels.V4)
_STREAMS = 2000
_HIGH_BYTES = 1 << 18
_MALFORMED = 1002


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of one pod: ``refusal`` says why one cannot be reached, ``dial`` reaches it.

    ``dial`` takes the port, a taker of what the pod sends, and what to call at its end.
    """

    refusal: Callable[[int], str]
    dial: Callable[[int, Callable[[bytes], None], Callable[[], None]], PodConnection]


class _Outbox:
    """What is to be sent, in order; asks its sources to wait while too much is waiting."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._waiting_bytes = 0
        self.connections: set[PodConnection] = set()

    def put(self, data: bytes) -> None:
        """Send bytes soon."""
        self._queue.put_nowait(data)
        self._waiting_bytes += len(data)
        if self._waiting_bytes > _HIGH_BYTES:
            for connection in self.connections:
                connection.pause_writing()

    async def run(self) -> None:
        """Send until the socket is gone."""
        while True:
            data = await self._queue.get()
            await self._socket.send_bytes(data)
            was_high = self._waiting_bytes > _HIGH_BYTES
            self._waiting_bytes -= len(data)
            if was_high and self._waiting_bytes <= _HIGH_BYTES:
                for connection in self.connections:
                    connection.resume_writing()
            self._queue.task_done()

    async def flushed(self) -> None:
        """Return when everything has been sent."""
        await self._queue.join()

    def close(self) -> None:
        """End every connection."""
        for connection in tuple(self.connections):
            connection.close()


@dataclass(slots=True)
class _Pair:
    """The two streams of one forwarded connection."""

    port: int
    error: int = 0
    data: int = 0
    connection: PodConnection | None = None


class _Tunnel:
    """The SPDY side of a port-forward session."""

    def __init__(self, ports: Ports, outbox: _Outbox) -> None:
        self._ports = ports
        self._outbox = outbox
        self._reader = spdy.FrameReader()
        self._writer = spdy.FrameWriter()
        self._pairs: dict[str, _Pair] = {}
        self._of_stream: dict[int, str] = {}

    def receive(self, data: bytes) -> None:
        """Take bytes of the tunnel.

        Raises:
            SpdyError: They are no SPDY.
        """
        for frame in self._reader.feed(data):
            match frame:
                case spdy.Opened():
                    self._open(frame)
                case spdy.Data():
                    self._data(frame)
                case spdy.Reset():
                    self._forget(frame.stream)
                case spdy.Ping():
                    self._outbox.put(spdy.ping(frame.number))

    def _open(self, frame: spdy.Opened) -> None:
        kind, port = frame.headers.get("streamtype", ""), frame.headers.get("port", "")
        if kind not in ("error", "data") or not _is_port(port):
            self._outbox.put(spdy.reset(frame.stream, spdy.PROTOCOL_ERROR))
            return
        if len(self._of_stream) >= _STREAMS:
            self._outbox.put(spdy.reset(frame.stream, spdy.REFUSED_STREAM))
            return
        request = frame.headers.get("requestid", "")
        pair = self._pairs.setdefault(request, _Pair(int(port)))
        if (pair.error if kind == "error" else pair.data) or pair.port != int(port):
            self._outbox.put(spdy.reset(frame.stream, spdy.PROTOCOL_ERROR))
            return
        setattr(pair, kind, frame.stream)
        self._of_stream[frame.stream] = request
        self._outbox.put(self._writer.reply(frame.stream))
        if pair.error and pair.data:
            self._connect(pair)

    def _connect(self, pair: _Pair) -> None:
        why = self._ports.refusal(pair.port)
        if why:
            self._outbox.put(spdy.data(pair.error, why.encode(), fin=True))
            self._outbox.put(spdy.data(pair.data, b"", fin=True))
            self._drop(pair)
            return

        def closed() -> None:
            self._outbox.put(spdy.data(pair.data, b"", fin=True))
            self._outbox.put(spdy.data(pair.error, b"", fin=True))
            self._drop(pair)

        pair.connection = self._ports.dial(
            pair.port, lambda data: self._outbox.put(spdy.data(pair.data, data)), closed
        )
        self._outbox.connections.add(pair.connection)

    def _data(self, frame: spdy.Data) -> None:
        pair = self._pairs.get(self._of_stream.get(frame.stream, ""))
        if pair is None or frame.stream != pair.data or pair.connection is None:
            return
        pair.connection.receive(frame.data)
        if frame.fin:
            pair.connection.finish()

    def _forget(self, stream: int) -> None:
        pair = self._pairs.get(self._of_stream.get(stream, ""))
        if pair is not None and pair.connection is not None:
            pair.connection.close()
        elif pair is not None:
            self._drop(pair)

    def _drop(self, pair: _Pair) -> None:
        """Forget a connection that has ended; what still comes for it is passed over."""
        if pair.connection is not None:
            self._outbox.connections.discard(pair.connection)
        for stream in (pair.error, pair.data):
            request = self._of_stream.pop(stream, None)
            if request is not None:
                self._pairs.pop(request, None)


class _Channels:
    """The channel side: two channels for each port, data and errors, each begun by its port."""

    def __init__(self, numbers: tuple[int, ...], ports: Ports, outbox: _Outbox) -> None:
        self._connections: list[PodConnection | None] = []
        for index, port in enumerate(numbers):
            data, error = bytes((2 * index,)), bytes((2 * index + 1,))
            for channel in (data, error):
                outbox.put(channel + struct.pack("<H", port))
            why = ports.refusal(port)
            connection = None
            if why:
                outbox.put(error + why.encode())
            else:
                connection = ports.dial(port, _sender(outbox, data), lambda: None)
                outbox.connections.add(connection)
            self._connections.append(connection)

    def receive(self, frame: bytes) -> None:
        """Take a frame; one for a channel that does not exist is passed over."""
        message = channels.decode(frame)
        if message is None or message.channel % 2 or message.channel // 2 >= len(self._connections):
            return
        connection = self._connections[message.channel // 2]
        if connection is not None:
            connection.receive(message.data)


def _sender(outbox: _Outbox, channel: bytes) -> Callable[[bytes], None]:
    return lambda data: outbox.put(channel + data)


def _is_port(text: str) -> bool:
    return text.isdigit() and 0 < int(text) < 65536


def port_numbers(texts: list[str]) -> tuple[int, ...] | None:
    """Return the ports a client asks for, one or several with commas; None if one is no port."""
    parts = [part for text in texts for part in text.split(",")]
    return tuple(int(part) for part in parts) if all(map(_is_port, parts)) else None


async def forward(
    socket: web.WebSocketResponse, ports: Ports, numbers: tuple[int, ...], ended: Awaitable[None]
) -> None:
    """Forward connections until the client leaves or the pod has ended.

    Args:
        socket: Prepared for one of ``PROTOCOLS``.
        ports: The pod's ports.
        numbers: For the channel protocol, the ports to forward.
        ended: Returns when the pod runs no more.
    """
    outbox = _Outbox(socket)
    tunnelled = socket.ws_protocol == TUNNEL
    receiver = _Tunnel(ports, outbox) if tunnelled else _Channels(numbers, ports, outbox)
    try:
        async with race(_receive(socket, receiver, outbox), outbox.run(), ended):
            pass
    except ConnectionResetError:
        pass
    finally:
        outbox.close()


async def _receive(
    socket: web.WebSocketResponse, receiver: _Tunnel | _Channels, outbox: _Outbox
) -> None:
    try:
        async for frame in frames(socket):
            receiver.receive(frame)
    except spdy.SpdyError as error:
        outbox.put(spdy.go_away(0, 1))
        await outbox.flushed()
        await socket.close(code=_MALFORMED, message=str(error).encode()[:120])
