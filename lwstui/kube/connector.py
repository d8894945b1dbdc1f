"""Connections to an API server, closed to the last one."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress
from typing import Any, Final
from weakref import WeakSet

import aiohttp

# Idle connections outlive the pauses of a watch-driven client; a new TLS one costs 2 ms of CPU.
_KEEP_ALIVE_S: Final = 75
_LOOKS: Final = 100
_LOOK_S: Final = 0.01


class Connector(aiohttp.TCPConnector):
    """Makes connections, and waits at the end until none is left.

    A request that is given up while it is answered closes its connection by itself, and TLS takes
    a moment for that; a loop that ends before leaves the socket to the garbage collector.

    Args:
        tls: How servers are trusted.
    """

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._sockets: WeakSet[socket.socket] = WeakSet()
        super().__init__(
            limit=0, ssl=tls, keepalive_timeout=_KEEP_ALIVE_S, socket_factory=self._made
        )

    async def close(self, *, abort_ssl: bool = False) -> None:
        """Close all connections; one whose peer is silent is cut after a second."""
        await super().close(abort_ssl=abort_ssl)
        if await self._ended(_LOOKS):
            return
        for one in tuple(self._sockets):
            with suppress(OSError):  # it may have ended by itself meanwhile
                one.shutdown(socket.SHUT_RDWR)
        await self._ended(_LOOKS)

    async def _ended(self, looks: int) -> bool:
        """Look so many times whether no connection is left."""
        for _ in range(looks):
            if all(one.fileno() == -1 for one in self._sockets):
                return True
            await asyncio.sleep(_LOOK_S)
        return False

    def _made(self, address: tuple[Any, ...]) -> socket.socket:
        """Return a socket that notices a peer that is gone, which a silent watch would not."""
        family, kind, protocol, _, _ = address
        made = socket.socket(family, kind, protocol)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
            if hasattr(socket, option):
                made.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
        self._sockets.add(made)
        return made
