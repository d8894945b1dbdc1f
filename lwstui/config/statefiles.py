"""What the program keeps between runs: one folder per context, readable by its owner only.

Nothing here may stop a start or lose what was there: files are replaced as a whole, and one that
cannot be read or written costs a sentence.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

SHARED: Final = frozenset({"logs", "activity", "screens", "copies", "kept"})
"""Folders beside those of the contexts, which no context may take."""

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST: Final = 80
_DIGITS: Final = 8


def safe_name(text: str) -> str:
    """Return a text as the name of a file: letters, digits, dot, dash and underscore.

    Different texts have different names: one that had to be changed ends in digits of its hash.
    """
    plain = _UNSAFE.sub("_", text).lstrip(".-")[:_LONGEST]
    if plain == text and plain and plain not in SHARED:
        return plain
    digits = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return f"{plain}-{digits}" if plain else digits


def write_private(path: Path, text: str) -> None:
    """Replace a file as a whole; only its owner can read it.

    Raises:
        OSError: If it cannot be written; what was there before is still there.
    """
    missing = [one for one in path.parents if not one.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        Path(draft).replace(path)
    except OSError:
        with suppress(OSError):
            Path(draft).unlink()
        raise


class StateFiles:
    """The state of one context.

    Args:
        root: State folder of the program; None keeps nothing, and everything reads as missing.
        context: Name of the context, as the kubeconfig has it.
    """

    def __init__(self, root: Path | None, context: str = "") -> None:
        self._root = root
        self._context = context

    def of(self, context: str) -> StateFiles:
        """Return the state of another context."""
        return StateFiles(self._root, context)

    @property
    def context(self) -> str:
        """Name of the context."""
        return self._context

    @property
    def root(self) -> Path | None:
        """State folder of the program, None if nothing is kept."""
        return self._root

    @property
    def folder(self) -> Path | None:
        """Folder of the context, None if nothing is kept."""
        return None if self._root is None else self._root / safe_name(self._context)

    def read(self, name: str) -> tuple[Any, str]:
        """Return (document, problem) of a JSON file; both empty if it is not there.

        Args:
            name: Name without its ending, such as ``console``.
        """
        path = self._path(f"{name}.json")
        if path is None:
            return None, ""
        try:
            return json.loads(path.read_text(encoding="utf-8")), ""
        except FileNotFoundError:
            return None, ""
        except (OSError, ValueError, RecursionError) as error:
            return None, f"{name}.json cannot be read and is ignored: {_why(error)}: {path.parent}"

    def write(self, name: str, document: Any) -> str:
        """Replace a JSON file; return the problem, empty if there is none."""
        return self._write(f"{name}.json", json.dumps(document, indent=1) + "\n")

    def lines(self, name: str) -> tuple[str, ...]:
        """Return the lines of a text file, none if it cannot be read."""
        path = self._path(f"{name}.txt")
        if path is None:
            return ()
        try:
            return tuple(path.read_text(encoding="utf-8", errors="replace").splitlines())
        except OSError:
            return ()

    def write_lines(self, name: str, lines: Iterable[str], *, most: int = 200) -> str:
        """Replace a text file by the last ``most`` lines; return the problem, if any."""
        kept = [" ".join(line.splitlines()) for line in lines][-most:]
        return self._write(f"{name}.txt", "".join(f"{line}\n" for line in kept))

    def _path(self, name: str) -> Path | None:
        folder = self.folder
        return None if folder is None else folder / name

    def _write(self, name: str, text: str) -> str:
        path = self._path(name)
        if path is None:
            return ""
        try:
            write_private(path, text)
        except OSError as error:
            return f"{name} cannot be written: {_why(error)}: {path.parent}"
        return ""


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return " ".join(str(error).split())[:120]
