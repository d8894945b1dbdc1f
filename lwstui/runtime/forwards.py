"""Port-forwards: a local port each, led to a pod, or to whoever leads a group at the moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, Protocol

from controller.api.names import PODS
from controller.api.pods import Pod
from controller.errors import ControllerError, Unavailable
from lwstui.runtime.backend import Forward, ForwardRequest
from lwstui.runtime.writes import explain
from lwstui.state.store import Store

HOST: Final = "127.0.0.1"


class Carrier(Protocol):
    """Carries one connection to a pod."""

    async def carry(
        self,
        namespace: str,
        pod: str,
        port: int,
        read: Callable[[int], Awaitable[bytes]],
        write: Callable[[bytes], Awaitable[None]],
    ) -> None:
        """Carry bytes both ways until one side ends.

        Raises:
            ControllerError: If the pod cannot be reached, or refuses the port.
        """
        ...


class Forwards:
    """The open port-forwards. Used on one loop; ``shown`` may be read from anywhere.

    Args:
        store: To find the leader of a group.
        carrier: Returns who carries connections at the moment, None while not connected.

    Attributes:
        shown: All of them, oldest first.
    """

    def __init__(self, store: Store, carrier: Callable[[], Carrier | None]) -> None:
        self._store = store
        self._carrier = carrier
        self._servers: dict[int, asyncio.Server] = {}
        self._tasks: dict[int, set[asyncio.Task[None]]] = {}
        self._known: dict[int, Forward] = {}
        self.shown: tuple[Forward, ...] = ()

    async def open(self, request: ForwardRequest) -> Forward:
        """Listen on a local port.

        Raises:
            Unavailable: If the port cannot be had.
        """
        number = max(self._known, default=0) + 1

        async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            if task is not None:
                self._tasks[number].add(task)
                task.add_done_callback(self._tasks[number].discard)
            await self._serve(number, reader, writer)

        try:
            server = await asyncio.start_server(accepted, HOST, request.local)
        except OSError as error:
            which = f"port {request.local}" if request.local else "a free port"
            raise Unavailable(f"{which} of this machine cannot be had: {error.strerror}") from error
        local = int(server.sockets[0].getsockname()[1])
        self._servers[number], self._tasks[number] = server, set()
        self._known[number] = Forward(number, replace(request, local=local))
        self._show()
        return self._known[number]

    def stop(self, number: int) -> None:
        """Close one and its connections."""
        server = self._servers.pop(number, None)
        if server is not None:
            server.close()
        for task in self._tasks.pop(number, set()):
            task.cancel()
        self._known.pop(number, None)
        self._show()

    def end(self) -> None:
        """Close all."""
        for number in tuple(self._known):
            self.stop(number)

    def _show(self) -> None:
        self.shown = tuple(self._known.values())

    def _note(self, number: int, **changes: object) -> None:
        known = self._known.get(number)
        if known is not None:
            self._known[number] = replace(known, **changes)  # type: ignore[arg-type]
            self._show()

    def _pod(self, request: ForwardRequest) -> Pod | None:
        """Return the pod that a connection goes to now."""
        if request.group < 0:
            found: Pod | None = self._store.get(PODS, request.pod_key)
            return found
        members = self._store.members(request.target)
        return next((p for p in members if p.group == request.group and p.worker == 0), None)

    async def _serve(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Carry one connection, and remember what came in its way."""
        known = self._known[number]
        self._note(number, open=known.open + 1, connections=known.connections + 1)
        problem = ""
        try:
            await self._carry(number, reader, writer)
        except ControllerError as error:
            problem = explain(error) if not isinstance(error, Unavailable) else str(error)
        except OSError as error:
            problem = f"the local side ended: {error.strerror or error}"
        finally:
            writer.close()
            now = self._known.get(number)
            if now is not None:
                self._note(number, open=now.open - 1, problem=problem)

    async def _carry(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        request, carrier = self._known[number].request, self._carrier()
        pod = self._pod(request)
        if carrier is None:
            raise Unavailable("not connected to a cluster")
        if pod is None or pod.terminating:
            raise Unavailable(f"{request.to} is not there at the moment")
        self._note(number, pod=pod.name)

        async def read(limit: int) -> bytes:
            data = await reader.read(limit)
            self._count(number, sent=len(data))
            return data

        async def write(data: bytes) -> None:
            writer.write(data)
            await writer.drain()
            self._count(number, received=len(data))

        await carrier.carry(pod.namespace, pod.name, request.port, read, write)

    def _count(self, number: int, *, sent: int = 0, received: int = 0) -> None:
        known = self._known.get(number)
        if known is not None:
            self._note(number, sent=known.sent + sent, received=known.received + received)
