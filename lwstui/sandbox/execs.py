"""Plays a program for one client: its steps become frames, sleeps and reads of a WebSocket."""

import asyncio
import codecs
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from aiohttp import WSMsgType, web

from lwstui.sandbox import channels
from lwstui.sandbox.channels import Channel
from lwstui.sandbox.clock import SimClock
from lwstui.sandbox.race import race
from lwstui.sandbox.shell.programs import INTERRUPTED, Interrupted, Out, Pause, Program, Read, Step
from lwstui.sandbox.terminal import Key, Terminal, shown

T = TypeVar("T")
_KILLED = 137
_WAITING_PIECES = 256


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams a client has asked for."""

    stdin: bool
    stdout: bool
    stderr: bool
    tty: bool


async def frames(socket: web.WebSocketResponse) -> AsyncIterator[bytes]:
    """Yield what a client sends until it closes the socket."""
    async for message in socket:
        if message.type is WSMsgType.BINARY:
            yield message.data
        elif message.type is WSMsgType.TEXT:
            yield message.data.encode()


@dataclass(slots=True)
class _Keyboard:
    """Standard input: text for the program, and the interrupt key."""

    tty: bool
    pieces: asyncio.Queue[str | None] = field(
        default_factory=lambda: asyncio.Queue(_WAITING_PIECES)
    )
    interrupt: asyncio.Event = field(default_factory=asyncio.Event)
    terminal: Terminal = field(default_factory=Terminal)
    decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("surrogateescape")
    )

    async def type(self, data: bytes) -> str:
        """Take what a client sends and return what its terminal shows."""
        if not self.tty:
            text = self.decoder.decode(data)
            if text:
                await self.pieces.put(text)
            return ""
        echo = ""
        for typed in self.terminal.feed(data):
            echo += typed.echo
            if typed.line is Key.INTERRUPT:
                self.interrupt.set()
            elif typed.line is Key.END:
                await self.pieces.put(None)
            elif typed.line is not None:
                await self.pieces.put(str(typed.line))
        return echo

    async def end(self) -> None:
        """Take note that the client sends no more."""
        rest = self.decoder.decode(b"", final=True)
        if rest:
            await self.pieces.put(rest)
        await self.pieces.put(None)

    async def unless_interrupted(self, waiting: Awaitable[T]) -> T:
        """Wait for something.

        Raises:
            Interrupted: The interrupt key was pressed first.
        """
        task, key = asyncio.ensure_future(waiting), asyncio.ensure_future(self.interrupt.wait())
        try:
            await asyncio.wait({task, key}, return_when=asyncio.FIRST_COMPLETED)
            if key.done():
                self.interrupt.clear()
                raise Interrupted
            return task.result()
        finally:
            task.cancel()
            key.cancel()


class ExecSession:
    """One program and the client that talks with it.

    Args:
        socket: Prepared for one of the channel protocols.
        streams: What the client wants to see and send.
        clock: Whose simulated seconds the program waits.
    """

    def __init__(self, socket: web.WebSocketResponse, streams: Streams, clock: SimClock) -> None:
        self._socket = socket
        self._streams = streams
        self._clock = clock
        self._keyboard = _Keyboard(streams.tty)

    async def play(self, program: Program, ended: Awaitable[None]) -> int | None:
        """Run a program until it ends, its container ends, or the client leaves.

        Args:
            program: What to run.
            ended: Returns when the container's process has ended.

        Returns:
            The program's exit code, None if it did not get to its end.
        """
        if not self._streams.stdin:
            self._keyboard.pieces.put_nowait(None)
        running = asyncio.ensure_future(self._run(program))
        try:
            async with race(running, ended, self._listen()) as (done, killed, _):
                if done or killed:
                    code = running.result() if done else _KILLED
                    await self._end(code)
        except ConnectionResetError:
            pass
        finally:
            program.close()
        ran = running.done() and not running.cancelled() and running.exception() is None
        return running.result() if ran else None

    async def show(self, pieces: AsyncIterator[bytes]) -> None:
        """Send pieces of output as they come, until they end or the client leaves."""
        try:
            async with race(self._show(pieces), self._drain()) as (shown_all, _):
                if shown_all:
                    await self._end(0)
        except ConnectionResetError:
            pass

    async def _end(self, code: int) -> None:
        await self._socket.send_bytes(channels.last(channels.ending(code)))

    async def _show(self, pieces: AsyncIterator[bytes]) -> None:
        async for piece in pieces:
            if piece:
                await self._print(Out(piece.decode(errors="surrogateescape")))

    async def _drain(self) -> None:
        """Read to the end what nobody wants to know."""
        async for _ in frames(self._socket):
            pass

    async def _listen(self) -> None:
        async for frame in frames(self._socket):
            message = channels.decode(frame)
            if message is None or message.channel != Channel.STDIN or not self._streams.stdin:
                continue
            if message.closes:
                await self._keyboard.end()
                continue
            echo = await self._keyboard.type(message.data)
            if echo:
                await self._send(Channel.STDOUT, echo)

    async def _run(self, program: Program) -> int:
        try:
            step = next(program)
            while True:
                try:
                    answer = await self._perform(step)
                except Interrupted as key:
                    step = program.throw(key)
                else:
                    step = program.send(answer)
        except StopIteration as end:
            code: int = end.value
        except Interrupted:
            code = INTERRUPTED
        return code

    async def _perform(self, step: Step) -> str | None:
        match step:
            case Out():
                await self._print(step)
            case Pause():
                await self._keyboard.unless_interrupted(self._clock.sleep(step.seconds))
            case Read():
                return await self._read()
        return None

    async def _read(self) -> str | None:
        pieces = self._keyboard.pieces
        piece = await self._keyboard.unless_interrupted(pieces.get())
        if piece is None and not self._streams.tty:
            with suppress(asyncio.QueueFull):
                pieces.put_nowait(None)
        return piece

    async def _print(self, out: Out) -> None:
        error = out.error and not self._streams.tty
        if self._streams.stderr if error else self._streams.stdout:
            text = shown(out.text) if self._streams.tty else out.text
            await self._send(Channel.STDERR if error else Channel.STDOUT, text)

    async def _send(self, channel: Channel, text: str) -> None:
        data = text.encode(errors="surrogateescape")
        await self._socket.send_bytes(channels.encode(channel, data))
