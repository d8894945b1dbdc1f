"""What was written into a container, and the commands that write: they copy, move and remove."""

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, field

from lwstui.sandbox.shell.programs import Command, Out, Program, Session, failed, printed
from lwstui.sandbox.shell.text import bad_option, options

ROOT = (
    "bin", "dev", "etc", "home", "lib", "opt", "proc", "root", "run", "sbin", "sys", "tmp", "usr",
    "var",
)  # fmt: skip
MOST_BYTES = 1 << 26


@dataclass(slots=True)
class Disk:
    """Files by path, and folders; a container that is started again has a new one.

    Contents are text with whatever is no UTF-8 in surrogates, as everything the shell handles.
    """

    files: dict[str, str] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)

    def write(self, path: str, text: str) -> bool:
        """Write a file and the folders above it; return whether there was room."""
        if sum(map(len, self.files.values())) + len(text) > MOST_BYTES:
            return False
        self.files[path] = text
        self.make(posixpath.dirname(path))
        return True

    def make(self, folder: str) -> None:
        """Make a folder and those above it."""
        while folder not in ("/", ""):
            self.folders.add(folder)
            folder = posixpath.dirname(folder)

    def below(self, path: str) -> tuple[list[str], list[str]]:
        """Return the files and folders that a path stands for, itself included."""
        inside = f"{path.rstrip('/')}/"
        files = [name for name in self.files if name == path or name.startswith(inside)]
        return files, [name for name in self.folders if name == path or name.startswith(inside)]


def absolute(path: str) -> str:
    """Return a path from the root, where every command runs."""
    return posixpath.normpath(posixpath.join("/", path))


def is_folder(session: Session, path: str) -> bool:
    """Tell whether a path is a folder."""
    mounts = [str(each["mountPath"]) for each in session.process.spec.get("volumeMounts") or ()]
    inside = "/" if path == "/" else f"{path}/"
    return (
        path == "/"
        or path in session.disk.folders
        or path in mounts
        or path.removeprefix("/") in ROOT
        or any(name.startswith(inside) for name in (*session.files, *mounts))
    )


def test(session: Session, args: Sequence[str]) -> Program:
    """Tell by the exit code what a path is."""
    words = list(args)
    negated = words[:1] == ["!"]
    if negated:
        words.pop(0)
    if len(words) != 2 or words[0] not in ("-d", "-e", "-f"):
        return failed("test: the simulated command knows -d, -e and -f", 2)
    path = absolute(words[1])
    folder, file = is_folder(session, path), path in session.files
    holds = {"-d": folder, "-f": file, "-e": folder or file}[words[0]]
    return printed("", int(holds == negated))


def mkdir(session: Session, args: Sequence[str]) -> Program:
    """Make folders."""
    found = options(args, "p")
    if found is None or not found[1]:
        return (yield from bad_option("mkdir", args))
    flags, paths = found
    code = 0
    for path in map(absolute, paths):
        there = is_folder(session, path) or path in session.files
        orphan = not is_folder(session, posixpath.dirname(path))
        if "p" not in flags and (there or orphan):
            why = "File exists" if there else "No such file or directory"
            yield Out(f"mkdir: cannot create directory '{path}': {why}\n", error=True)
            code = 1
        else:
            session.disk.make(path)
    return code


def remove(session: Session, args: Sequence[str]) -> Program:
    """Remove files, and folders with all they hold."""
    found = options(args, "rRf")
    if found is None or not found[1]:
        return (yield from bad_option("rm", args))
    flags, paths = found
    code = 0
    for path in map(absolute, paths):
        files, folders = session.disk.below(path)
        if not files and not folders:
            busy = path in session.files or is_folder(session, path)
            if busy or "f" not in flags:
                why = "Device or resource busy" if busy else "No such file or directory"
                yield Out(f"rm: cannot remove '{path}': {why}\n", error=True)
                code = 1
        elif folders and not {"r", "R"} & set(flags):
            yield Out(f"rm: cannot remove '{path}': Is a directory\n", error=True)
            code = 1
        else:
            _forget(session.disk, files, folders)
    return code


def move(session: Session, args: Sequence[str]) -> Program:
    """Give a file or a folder another name."""
    found = options(args, "f")
    if found is None or len(found[1]) != 2:
        return (yield from bad_option("mv", args))
    source, target = map(absolute, found[1])
    files, folders = session.disk.below(source)
    if not files and not folders:
        return (yield from failed(f"mv: cannot stat '{source}': No such file or directory"))
    if is_folder(session, target):
        target = posixpath.join(target, posixpath.basename(source))
    if not is_folder(session, posixpath.dirname(target)):
        return (yield from failed(f"mv: cannot move '{source}' to '{target}': No such directory"))
    moved = {target + name[len(source) :]: session.disk.files[name] for name in files}
    made = {target + name[len(source) :] for name in folders}
    _forget(session.disk, files, folders)
    session.disk.files.update(moved)
    session.disk.folders.update(made)
    return 0


def _forget(disk: Disk, files: Sequence[str], folders: Sequence[str]) -> None:
    for name in files:
        del disk.files[name]
    disk.folders.difference_update(folders)


COMMANDS: dict[str, Command] = {"test": test, "mkdir": mkdir, "rm": remove, "mv": move}
