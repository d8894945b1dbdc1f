"""A door in front of a server on loopback that tests open and shut."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import yaml


class Gate:
    """Forwards connections to a server while it is open; a shut one refuses and breaks them."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="gate")
        self._thread.start()
        self.port = 0
        self.open()

    def open(self) -> None:
        """Let connections through."""
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(30)

    def shut(self) -> None:
        """Break what is open and refuse what comes."""
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result(30)

    def end(self) -> None:
        """Shut it for good."""
        self.shut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _shut(self) -> None:
        if self._server is not None:
            self._server.close()
        while left := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
        for _ in range(3):  # what was aborted is closed in the turns that follow
            await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            theirs, to_them = await asyncio.open_connection(*self._to)
            self._writers.add(to_them)
            await asyncio.gather(_copy(reader, to_them), _copy(theirs, writer))
        except (asyncio.CancelledError, OSError):
            writer.close()  # the gate was shut, or nobody is behind it


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@contextmanager
def gated(kubeconfig: Path, copy: Path) -> Iterator[Gate]:
    """Yield a gate before the server of a kubeconfig, and write one that goes through it.

    Args:
        kubeconfig: Names the server.
        copy: Where to write the other one.
    """
    document = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
    cluster = document["clusters"][0]["cluster"]
    url = urlsplit(cluster["server"])
    gate = Gate(url.hostname or "127.0.0.1", url.port or 443)
    cluster["server"] = f"{url.scheme}://127.0.0.1:{gate.port}"
    copy.write_text(yaml.safe_dump(document), encoding="utf-8")
    try:
        yield gate
    finally:
        gate.end()
