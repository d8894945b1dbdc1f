"""One connection to a port of a pod, carried over a WebSocket of its own.

Source: k8s.io/kubelet pkg/cri/streaming/portforward: channel 0 is data, channel 1 errors; the
first frame of each is the port, in two bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import aiohttp

from controller.api.names import PODS
from controller.errors import Unavailable
from lwstui.kube.channels import V4
from lwstui.kube.clean import clean_line
from lwstui.kube.rest import Rest, path_of

_CHUNK_BYTES: Final = 1 << 16
_DATA: Final = 0
_ERROR: Final = 1


async def carry(
    rest: Rest,
    namespace: str,
    pod: str,
    port: int,
    *,
    read: Callable[[int], Awaitable[bytes]],
    write: Callable[[bytes], Awaitable[None]],
) -> None:
    """Carry bytes both ways until one side ends.

    Args:
        rest: The client.
        namespace: Of the pod.
        pod: Its name.
        port: A port that something in it listens on.
        read: Returns what the local side sends next, at most so many bytes; nothing at its end.
        write: Takes what the pod sends, and waits until the local side has room.

    Raises:
        ControllerError: If the pod cannot be reached, or refuses the port.
    """
    path = path_of(PODS, namespace, pod, "portforward")
    async with rest.websocket(path, query=[("ports", str(port))], protocols=(V4,)) as socket:
        sending = asyncio.create_task(_send(socket, read))
        receiving = asyncio.create_task(_receive(socket, write, port))
        try:
            done, _ = await asyncio.wait({sending, receiving}, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                one.result()
        finally:
            for one in (sending, receiving):
                one.cancel()
            await asyncio.gather(sending, receiving, return_exceptions=True)


async def _send(
    socket: aiohttp.ClientWebSocketResponse, read: Callable[[int], Awaitable[bytes]]
) -> None:
    while data := await read(_CHUNK_BYTES):
        await socket.send_bytes(bytes((_DATA,)) + data)


async def _receive(
    socket: aiohttp.ClientWebSocketResponse, write: Callable[[bytes], Awaitable[None]], port: int
) -> None:
    begun: set[int] = set()
    async for message in socket:
        frame: bytes = message.data if message.type is aiohttp.WSMsgType.BINARY else b""
        if len(frame) < 2:
            continue
        channel, data = frame[0], frame[1:]
        if channel not in begun:
            begun.add(channel)
            data = data[2:]
        if channel == _DATA and data:
            await write(data)
        elif channel == _ERROR and data:
            raise Unavailable(f"port {port}: {clean_line(data.decode('utf-8', 'replace'))}")
