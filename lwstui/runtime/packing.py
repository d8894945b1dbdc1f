"""Archives that are packed and unpacked on a thread while their bytes pass through a loop."""

from __future__ import annotations

import asyncio
import posixpath
import queue
import tarfile
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Final, cast

from lwstui.state.patches import Unpatchable

PIECE_BYTES: Final = 1 << 16
_WAITING_BYTES: Final = 1 << 22
_WAITING_PIECES: Final = 32


class CopyError(Unpatchable):
    """A copy cannot be made; the text is a sentence."""


class _Meeting:
    """Where a thread and the loop that made it meet."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    def _soon(self, call: Callable[..., object], *args: object) -> None:
        with suppress(RuntimeError):  # the loop is gone, so nobody waits
            self._loop.call_soon_threadsafe(call, *args)


class Unpacking(_Meeting):
    """Unpacks what comes into a folder.

    Args:
        folder: Where to; nothing is written elsewhere.
        name: What all members must be, or be in.

    Attributes:
        links: Links that were left out.
        bytes: What the files hold that were unpacked.

    Raises:
        CopyError: If this Python cannot unpack safely.
    """

    def __init__(self, folder: Path, name: str) -> None:
        if not hasattr(tarfile, "data_filter"):
            raise CopyError("copying from a container needs Python 3.11.4 or newer")
        super().__init__()
        self._folder = folder
        self._name = name
        self._pieces: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._waiting = 0
        self._room = asyncio.Event()
        self._over = False
        self._failed = False
        self.links = 0
        self.bytes = 0

    # On the loop.

    async def take(self, data: bytes) -> None:
        """Take a part of the archive; returns when there is room for more.

        Raises:
            CopyError: If nothing more is wanted, as unpacking has failed.
        """
        if self._failed:
            raise CopyError("unpacking has failed")
        if self._over:
            return
        self._waiting += len(data)
        self._pieces.put(data)
        while self._waiting > _WAITING_BYTES and not self._over:
            self._room.clear()
            await self._room.wait()

    def end(self) -> None:
        """Take the end of the archive."""
        self._pieces.put(b"")

    def _taken(self, amount: int) -> None:
        self._waiting -= amount
        self._room.set()

    def _finish(self, *, failed: bool) -> None:
        self._over, self._failed = True, failed
        self._room.set()

    # On the thread.

    def read(self, _: int = -1) -> bytes:
        """Return the next part, nothing at the end."""
        data = self._pieces.get()
        if data:
            self._soon(self._taken, len(data))
        else:
            self._pieces.put(b"")
        return data

    def run(self) -> None:
        """Unpack until the end.

        Raises:
            CopyError: If the archive is none, or not what was asked for.
            OSError: If something cannot be written.
        """
        whole = False
        try:
            self._unpack()
            whole = True
        except tarfile.FilterError as error:
            said = f"nothing is kept, as the container sent what it may not: {error}"
            raise CopyError(said) from error
        except tarfile.TarError as error:
            raise CopyError(f"what the container sent is no whole archive: {error}") from error
        finally:
            self._soon(partial(self._finish, failed=not whole))

    def _unpack(self) -> None:
        with tarfile.open(fileobj=cast("IO[bytes]", self), mode="r|") as archive:
            for member in archive:
                name = posixpath.normpath(member.name)
                if name != self._name and not name.startswith(f"{self._name}/"):
                    raise CopyError(
                        f"nothing is kept, as the container sent {member.name!r}, "
                        "which was not asked for"
                    )
                if member.issym() or member.islnk():
                    self.links += 1
                else:
                    archive.extract(member, self._folder, filter="data")
                    self.bytes += member.size


class Packing(_Meeting):
    """Packs a file or folder.

    Args:
        source: What to pack.
        name: What it is called in the archive.
    """

    def __init__(self, source: Path, name: str) -> None:
        super().__init__()
        self._source = source
        self._name = name
        self._pieces: asyncio.Queue[bytes] = asyncio.Queue()
        self._slots = threading.Semaphore(_WAITING_PIECES)
        self._over = False

    # On the loop.

    async def give(self) -> bytes:
        """Return the next part of the archive, nothing at its end."""
        data = await self._pieces.get()
        self._slots.release()
        return data

    def end(self) -> None:
        """Stop packing."""
        self._over = True
        self._slots.release()

    # On the thread.

    def write(self, data: bytes) -> int:
        """Hand a part on, when there is room for it."""
        if not self._over:
            self._slots.acquire()
        if self._over:
            raise BrokenPipeError
        self._soon(self._pieces.put_nowait, bytes(data))
        return len(data)

    def run(self) -> None:
        """Pack until the end, or until nobody takes any more.

        Raises:
            CopyError: If something cannot be read.
        """
        try:
            sink = cast("IO[bytes]", self)
            with tarfile.open(fileobj=sink, mode="w|", bufsize=PIECE_BYTES) as archive:
                archive.add(self._source.resolve(), self._name, filter=_nobodys)
        except BrokenPipeError:
            return
        except OSError as error:
            raise CopyError(f"{error.filename} cannot be read: {error.strerror}") from error
        finally:
            self._soon(self._pieces.put_nowait, b"")


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Return a member without the owner it has here, who means nobody there."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member
