"""``tar`` as copying needs it: an archive of some paths out, an archive in."""

import io
import posixpath
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lwstui.sandbox.shell.disk import absolute, is_folder
from lwstui.sandbox.shell.programs import Command, Out, Program, Session, failed, read_all

_PIECE_BYTES = 1 << 16
_FAILED = 2
_EXITING = "tar: Exiting with failure status due to previous errors\n"


@dataclass(frozen=True, slots=True)
class _Asked:
    """The arguments of one call: letters, names, and the folder to work in."""

    letters: str
    names: tuple[str, ...]
    folder: str


def _arguments(args: Sequence[str]) -> _Asked | None:
    letters, names, folder, rest = "", [], "/", list(args)
    while rest:
        arg = rest.pop(0)
        if arg in ("-C", "--directory"):
            if not rest:
                return None
            folder = rest.pop(0)
        elif arg.startswith("--"):
            if not arg.startswith("--no-same-"):
                return None
        elif (arg.startswith("-") and arg != "-") or not letters:
            letters += arg.removeprefix("-")
            if arg.endswith("f") and (not rest or rest.pop(0) != "-"):
                return None
        else:
            names.append(arg)
    return _Asked(letters, tuple(names), absolute(folder))


def tar(session: Session, args: Sequence[str]) -> Program:
    """Write an archive to standard output, or unpack the one on standard input."""
    asked = _arguments(args)
    if asked is None or set(asked.letters) - set("cxmfpovh") or "f" not in asked.letters:
        return failed("tar: the simulated command knows cf - PATH, and xf - with -C and -m", 64)
    if "c" in asked.letters and asked.names:
        return _create(session, asked)
    if "x" in asked.letters:
        return _extract(session, asked)
    return failed("tar: You must specify one of the '-c' and '-x' options", 64)


def _create(session: Session, asked: _Asked) -> Program:
    buffer, code = io.BytesIO(), 0
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in asked.names:
            path = absolute(posixpath.join(asked.folder, name))
            if path not in session.files and not is_folder(session, path):
                yield Out(f"tar: {name}: Cannot stat: No such file or directory\n", error=True)
                code = _FAILED
                continue
            if name.startswith("/"):
                yield Out("tar: Removing leading `/' from member names\n", error=True)
            for member, text in _members(session, path, name.lstrip("/")):
                data = (text or "").encode(errors="surrogateescape")
                member.size = len(data)
                member.mtime = int(session.look().now)
                archive.addfile(member, io.BytesIO(data))
    data = buffer.getvalue()
    for at in range(0, len(data), _PIECE_BYTES):
        yield Out(data[at : at + _PIECE_BYTES].decode(errors="surrogateescape"))
    if code:
        yield Out(_EXITING, error=True)
    return code


def _members(
    session: Session, path: str, name: str
) -> Iterator[tuple[tarfile.TarInfo, str | None]]:
    """Yield what a path stands for: a file with its text, or a folder and all in it."""
    if path in session.files:
        yield _member(name, 0o644), session.files[path]
        return
    inside = "/" if path == "/" else f"{path}/"
    every = (*session.disk.folders, *session.files)
    below = sorted(one for one in every if one.startswith(inside))
    if name:
        yield _folder(name), None
    for one in below:
        into = posixpath.join(name, one[len(inside) :])
        if one in session.files:
            yield _member(into, 0o644), session.files[one]
        else:
            yield _folder(into), None


def _member(name: str, mode: int) -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.mode, found.uname, found.gname = mode, "root", "root"
    return found


def _folder(name: str) -> tarfile.TarInfo:
    found = _member(name, 0o755)
    found.type = tarfile.DIRTYPE
    return found


def _extract(session: Session, asked: _Asked) -> Program:
    if not is_folder(session, asked.folder):
        yield Out(f"tar: {asked.folder}: Cannot open: No such file or directory\n", error=True)
        yield Out("tar: Error is not recoverable: exiting now\n", error=True)
        return _FAILED
    data = (yield from read_all()).encode(errors="surrogateescape")
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            complaints = list(_unpack(session, archive, asked.folder))
    except tarfile.TarError:
        return (yield from failed("tar: This does not look like a tar archive", _FAILED))
    for complaint in complaints:
        yield Out(f"tar: {complaint}\n", error=True)
    if complaints:
        yield Out(_EXITING, error=True)
    return _FAILED if complaints else 0


def _unpack(session: Session, archive: tarfile.TarFile, folder: str) -> Iterator[str]:
    """Write what an archive holds, and yield what cannot be written and why."""
    disk = session.disk
    for member in archive:
        path = absolute(posixpath.join(folder, member.name.lstrip("/")))
        if ".." in member.name.split("/"):
            yield f"{member.name}: Member name contains '..'"
        elif member.isdir():
            disk.make(path)
        elif member.isfile() and (content := archive.extractfile(member)) is not None:
            text = content.read().decode(errors="surrogateescape")
            if not disk.write(path, text):
                yield f"{member.name}: Cannot write: No space left on device"
        else:
            yield f"{member.name}: links are not simulated"


COMMANDS: dict[str, Command] = {"tar": tar}
