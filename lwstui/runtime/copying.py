"""Files to and from containers: one tar archive each way, as kubectl copies.

A copy shows under its name when it is whole: until then it is in a hidden folder beside it, which
goes if the copy is interrupted. What a container sends is not trusted: nothing leaves that folder,
and links are left out.
"""

from __future__ import annotations

import asyncio
import posixpath
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from controller.api.meta import Key
from controller.errors import ControllerError
from lwstui.kube.channels import Piped
from lwstui.runtime.packing import CopyError, Packing, Unpacking
from lwstui.runtime.ports import OperatorCluster
from lwstui.view.ages import bytes_, count

_SAY_BYTES: Final = 1 << 20
_NOT_THERE: Final = (126, 127)
_CHANGED: Final = 1
"""Exit code of GNU tar where a file changed while it was read, as logs do."""

Say = Callable[[str], object]
"""Takes how far a copy is, in a few words."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A path in a container."""

    pod: Key
    container: str
    path: str

    def __str__(self) -> str:
        return f"{self.pod.name}:{self.path}"


async def fetch(cluster: OperatorCluster, remote: Remote, local: Path, say: Say) -> str:
    """Copy a file or folder of a container to this machine.

    Args:
        cluster: Where the pod is.
        remote: What to copy.
        local: Where to; in a folder it keeps its name.
        say: Takes how far it is.

    Returns:
        What was copied where, in words.

    Raises:
        CopyError: If that cannot be done; nothing is left.
        ControllerError: If the server refuses it or does not answer.
    """
    folder, name = posixpath.split(posixpath.normpath(remote.path))
    if name in ("", ".", ".."):
        raise CopyError(f"{remote} is no file or folder below another: name one")
    final = free_place(local, name)
    with _stage(final) as stage:
        sink = Unpacking(stage, name)
        unpacking = asyncio.create_task(asyncio.to_thread(sink.run))
        counted = _Counted(sink.take, say)
        command = ("tar", "cf", "-", "-C", folder or ".", f"./{name}")
        try:
            end = await cluster.run(remote.pod, remote.container, command, write=counted.pass_on)
        except CopyError:
            await unpacking  # it tells why nothing more is wanted
            raise
        finally:
            sink.end()
            await asyncio.gather(unpacking, return_exceptions=True)
        _check(end, remote, also=_CHANGED)
        unpacking.result()
        _settle(stage / name, final, remote)
    changed = ", parts of which changed meanwhile" if end.code == _CHANGED else ""
    left = f"; {count(sink.links, 'link')} left out" if sink.links else ""
    return f"{bytes_(sink.bytes)} of {remote} are in {final}{changed}{left}"


def _settle(copy: Path, final: Path, remote: Remote) -> None:
    """Give a whole copy its name.

    Raises:
        CopyError: If there is none: links are left out.
    """
    if not copy.exists():
        raise CopyError(f"{remote} is a link or a device: name what it leads to")
    copy.replace(final)


async def put(cluster: OperatorCluster, local: Path, remote: Remote, say: Say) -> str:
    """Copy a file or folder of this machine into a container.

    Args:
        cluster: Where the pod is.
        local: What to copy.
        remote: Where to; in a folder it keeps its name.
        say: Takes how far it is.

    Returns:
        What was copied where, in words.

    Raises:
        CopyError: If that cannot be done; nothing is left.
        ControllerError: If the server refuses it or does not answer.
    """
    size_bytes, _ = measured(local)
    final = await landing(cluster, local, remote)
    parent, name = posixpath.split(final)
    stage = posixpath.join(parent, f".{name[:40]}.{uuid4().hex[:8]}")

    async def run(*command: str, feed: Callable[[], Awaitable[bytes]] | None = None) -> None:
        _check(await cluster.run(remote.pod, remote.container, command, feed=feed), remote)

    await run("mkdir", stage)
    source = Packing(local, name)
    packing = asyncio.create_task(asyncio.to_thread(source.run))
    counted = _Counted(source.give, say, of=size_bytes)
    try:
        await run("tar", "-xmf", "-", "-C", stage, feed=counted.pull)
        source.end()
        await packing  # what could not be read makes no whole copy
        await run("mv", "-f", posixpath.join(stage, name), final)
    finally:
        source.end()
        await asyncio.gather(packing, return_exceptions=True)
        with suppress(CopyError, ControllerError):
            await run("rm", "-rf", stage)
    return f"{bytes_(size_bytes)} of {local} are in {remote.pod.name}:{final}"


async def landing(cluster: OperatorCluster, local: Path, remote: Remote) -> str:
    """Return the path that a copy into a container gets.

    Raises:
        CopyError: If there is a folder in its place, or the container cannot tell.
        ControllerError: If the server refuses to ask or does not answer.
    """

    async def is_folder(path: str) -> bool:
        end = await cluster.run(remote.pod, remote.container, ("test", "-d", path))
        if end.code not in (0, 1):
            _check(end, remote)
        return end.code == 0

    path = posixpath.normpath(remote.path)
    if not await is_folder(path):
        return path
    final = posixpath.join(path, _name(local))
    if await is_folder(final):
        raise CopyError(f"{remote.pod.name}:{final} is a folder already: name another place")
    return final


def _name(local: Path) -> str:
    return local.resolve().name


def free_place(local: Path, name: str) -> Path:
    """Return the path that a copy to this machine gets.

    Raises:
        CopyError: If there is a folder in its place, or none to put it into.
    """
    final = local / name if local.is_dir() else local
    if final.is_dir():
        raise CopyError(f"{final} is a folder already: name another place")
    if not final.parent.is_dir():
        raise CopyError(f"there is no folder {final.parent}")
    return final


def measured(local: Path) -> tuple[int, int]:
    """Return how many bytes a file or folder holds, in how many files.

    Raises:
        CopyError: If it cannot be read.
    """
    try:
        if not local.is_dir():
            return local.stat().st_size, 1
        files = [path for path in local.rglob("*") if path.is_file() and not path.is_symlink()]
        return sum(path.stat().st_size for path in files), len(files)
    except OSError as error:
        raise CopyError(f"{local} cannot be read: {error.strerror}") from error


def _check(end: Piped, remote: Remote, *, also: int = 0) -> None:
    """Complain unless a command ended well.

    Raises:
        CopyError: It says why it did not.
    """
    if end.code is not None and end.code in (0, also):
        return
    said = f"{end.message} {end.said}"
    if end.code in _NOT_THERE or "executable file not found" in said:
        where = f"container {remote.container} of {remote.pod}"
        raise CopyError(
            f"{where} has no tar, which copying needs, or lacks test, mkdir, mv or rm: "
            "copy by another container of the pod, or through a volume"
        )
    why = end.said or end.message or f"it ended with code {end.code}"
    raise CopyError(f"{remote}: {why}")


@contextmanager
def _stage(final: Path) -> Iterator[Path]:
    """Make a hidden folder beside a path and remove it with all that is left in it."""
    try:
        stage = Path(tempfile.mkdtemp(dir=final.parent, prefix=f".{final.name[:40]}."))
    except OSError as error:
        raise CopyError(f"{final.parent} cannot be written to: {error.strerror}") from error
    try:
        yield stage
    except OSError as error:
        raise CopyError(f"{final} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


class _Counted:
    """Counts what passes, and says so now and then."""

    def __init__(
        self, inner: Callable[..., Awaitable[bytes | None]], say: Say, *, of: int = 0
    ) -> None:
        self._inner = inner
        self._say = say
        self._of = of
        self._said = 0
        self.bytes = 0

    async def pass_on(self, data: bytes) -> None:
        """Hand data on."""
        await self._inner(data)
        self._count(len(data))

    async def pull(self) -> bytes:
        """Return the next data."""
        data = await self._inner() or b""
        self._count(len(data))
        return data

    def _count(self, amount: int) -> None:
        self.bytes += amount
        if self.bytes - self._said >= _SAY_BYTES:
            self._said = self.bytes
            of = f" of {bytes_(self._of)}" if self._of else ""
            self._say(f"{bytes_(min(self.bytes, self._of or self.bytes))}{of} copied")
