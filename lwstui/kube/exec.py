"""exec and attach: a command in a container, its keyboard and its output."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import aiohttp
import msgspec

from controller.api.names import PODS
from lwstui.kube.channels import CLOSE, V4, V5, Channel, Ended, ending
from lwstui.kube.rest import Rest, path_of

# Frames that wait to be sent: what is typed, and what is pasted.
_WAITING: Final = 1024


@dataclass(frozen=True, slots=True)
class ExecTarget:
    """What to run, and where.

    Attributes:
        container: Name of the container.
        command: The argument vector; empty attaches to the container's own process.
        tty: Whether it gets a terminal.
        stdin: Whether it is given anything to read.
        ends: Whether it must be told where that ends, which only version 5 of the protocol can.
    """

    namespace: str
    pod: str
    container: str
    command: tuple[str, ...] = ()
    tty: bool = True
    stdin: bool = True
    ends: bool = False


class Exec:
    """One command and who talks with it. Made, used and ended on one loop.

    Args:
        rest: The client.
        target: What to run.
    """

    def __init__(self, rest: Rest, target: ExecTarget) -> None:
        self._rest = rest
        self._target = target
        self._frames: asyncio.Queue[bytes] = asyncio.Queue(_WAITING)
        self._size = (0, 0)

    def send(self, data: bytes) -> None:
        """Type something; what does not fit any more is dropped, as a terminal does."""
        self._put(bytes((Channel.STDIN,)) + data)

    def resize(self, columns: int, rows: int) -> None:
        """Say how large the terminal is."""
        if (columns, rows) != self._size:
            self._size = (columns, rows)
            size = msgspec.json.encode({"Width": columns, "Height": rows})
            self._put(bytes((Channel.RESIZE,)) + size)

    async def feed(self, data: bytes) -> None:
        """Hand data to it as fast as it takes it: nothing is dropped."""
        await self._frames.put(bytes((Channel.STDIN,)) + data)

    async def end_feed(self) -> None:
        """Say that nothing more is fed."""
        await self._frames.put(bytes((CLOSE, Channel.STDIN)))

    def end_input(self) -> None:
        """Say that nothing more is typed; only version 5 of the protocol can."""
        self._put(bytes((CLOSE, Channel.STDIN)))

    def _put(self, frame: bytes) -> None:
        if not self._frames.full():
            self._frames.put_nowait(frame)

    async def run(
        self,
        write: Callable[[bytes], Awaitable[None]],
        complain: Callable[[bytes], Awaitable[None]] | None = None,
    ) -> Ended:
        """Run the command and hand its output on, until it ends.

        Args:
            write: Takes output; nothing more is read until it returns.
            complain: Takes what it says on standard error; None hands it to ``write``, too.

        Raises:
            ControllerError: If the server refuses it or does not answer.
        """
        target = self._target
        path = path_of(PODS, target.namespace, target.pod, "exec" if target.command else "attach")
        query = [("container", target.container), ("stdout", "true")]
        query += [("stdin", "true")] if target.stdin else []
        query += [("tty", "true")] if target.tty else [("stderr", "true")]
        query += [("command", word) for word in target.command]
        async with self._rest.websocket(path, query=query, protocols=(V5, V4)) as socket:
            if target.ends and socket.protocol != V5:
                return Ended(None, "the API server is too old to be told where a file ends")
            sending = asyncio.create_task(self._send(socket))
            try:
                return await self._receive(socket, write, complain or write)
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)

    async def _send(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            frame = await self._frames.get()
            if frame[0] != CLOSE or socket.protocol == V5:
                await socket.send_bytes(frame)

    async def _receive(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        write: Callable[[bytes], Awaitable[None]],
        complain: Callable[[bytes], Awaitable[None]],
    ) -> Ended:
        async for message in socket:
            data: bytes = message.data if message.type is aiohttp.WSMsgType.BINARY else b""
            if len(data) < 2:
                continue
            channel, text = data[0], data[1:]
            if channel in (Channel.STDOUT, Channel.STDERR):
                await (write if channel == Channel.STDOUT else complain)(text)
            elif channel == Channel.ERROR:
                return ending(text)
        if not self._target.command and socket.close_code in (None, 1000):
            return Ended(0)
        return Ended(None, "the connection to the container was lost")
