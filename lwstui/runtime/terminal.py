"""A container's terminal as another thread sees it: typing in, output out, never too much."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from lwstui.runtime.backend import TerminalEnd

HIGH_BYTES: Final = 1 << 18
"""Output that waits to be shown; beyond it the container has to wait."""


class Conversation(Protocol):
    """A command that runs in a container."""

    def send(self, data: bytes) -> None:
        """Type something."""
        ...

    def resize(self, columns: int, rows: int) -> None:
        """Say how large the terminal is."""
        ...

    async def run(self, write: Callable[[bytes], Awaitable[None]]) -> TerminalEnd:
        """Run until it ends; ``write`` takes output and may make it wait."""
        ...


class RemoteTerminal:
    """A conversation on the engine's loop that another thread holds.

    Args:
        soon: Calls something on the engine's loop.
        sink: Takes output, on the engine's thread.
    """

    def __init__(
        self, soon: Callable[[Callable[[], object]], None], sink: Callable[[bytes], None]
    ) -> None:
        self._soon = soon
        self._sink = sink
        self._conversation: Conversation | None = None
        self._task: asyncio.Task[TerminalEnd] | None = None
        self._size = (0, 0)
        self._waiting = 0
        self._room: asyncio.Event | None = None

    # From other threads.

    def send(self, data: bytes) -> None:
        """Type something."""
        self._soon(lambda: self._send(data))

    def resize(self, columns: int, rows: int) -> None:
        """Say how large the terminal is."""
        self._soon(lambda: self._resize(columns, rows))

    def taken(self, amount: int) -> None:
        """Say that so many bytes of output have been shown."""
        self._soon(lambda: self._free(amount))

    def close(self) -> None:
        """End the conversation."""
        self._soon(lambda: self._task and self._task.cancel())

    # On the engine's loop.

    async def run(self, conversation: Conversation) -> TerminalEnd:
        """Hold a conversation until it ends or is closed."""
        self._conversation, self._room = conversation, asyncio.Event()
        if all(self._size):
            conversation.resize(*self._size)
        self._task = asyncio.create_task(conversation.run(self._write))
        try:
            return await self._task
        except asyncio.CancelledError:
            return TerminalEnd(None, "closed")

    def _send(self, data: bytes) -> None:
        if self._conversation is not None:
            self._conversation.send(data)

    def _resize(self, columns: int, rows: int) -> None:
        self._size = (columns, rows)
        if self._conversation is not None:
            self._conversation.resize(columns, rows)

    async def _write(self, data: bytes) -> None:
        self._sink(data)
        self._waiting += len(data)
        while self._waiting > HIGH_BYTES and self._room is not None:
            self._room.clear()
            await self._room.wait()

    def _free(self, amount: int) -> None:
        self._waiting -= amount
        if self._room is not None:
            self._room.set()
