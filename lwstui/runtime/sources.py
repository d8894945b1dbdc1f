"""Manifests on this machine: which there are, what their heads say, what they hold."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lwstui.data import folder
from lwstui.kube.clean import clean_line
from lwstui.kube.kustomize import is_kustomization
from lwstui.kube.manifests import ManifestError, manifest_files, parse, read_texts
from lwstui.state.manifests import Manifest, filled_in, in_order, placeholders

__all__ = ["ManifestError", "Offer", "Texts", "manifests_in", "manifests_of", "offers", "read"]

EXPECT: Final = "Expect:"
STDIN: Final = "-"
_MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Texts:
    """The files of a path as they were read.

    Attributes:
        path: What was asked for.
        files: (name below the path, text) of each.
        asks: Names of ``${NAME}`` placeholders in them.
    """

    path: str
    files: tuple[tuple[str, str], ...]
    asks: tuple[str, ...]

    @property
    def hash(self) -> str:
        """What tells these texts from all others, short."""
        whole = "\0".join(f"{name}\0{text}" for name, text in self.files)
        return hashlib.sha256(whole.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Offer:
    """A file or folder that may hold manifests.

    Attributes:
        path: Where it is.
        name: What it is called.
        note: First line of its head, or what it is.
        head: The comment it begins with.
        example: Whether it ships with the program.
        folder: Whether it is a folder.
    """

    path: str
    name: str
    note: str
    head: tuple[str, ...] = ()
    example: bool = False
    folder: bool = False


def read(path: str) -> Texts:
    """Read a file, or the manifests of a folder.

    Raises:
        ManifestError: If it cannot be read; the text says what to do.
    """
    where = located(path)
    found = read_texts([str(where)])
    if not found:
        raise ManifestError(f"no .yaml, .yml or .json file in {path}")
    base = where if where.is_dir() else where.parent
    files = tuple((_below(name, base), text) for name, text in found)
    asks = dict.fromkeys(name for _, text in files for name in placeholders(text))
    return Texts(path, files, tuple(asks))


def located(path: str) -> Path:
    """Return where a path leads; the bare name of a shipped example leads there."""
    where = Path(path).expanduser()
    example = folder("examples") / path
    return example if not where.exists() and example.is_file() else where


def own_file(path: str, name: str) -> tuple[Path, str]:
    """Return a file below a path, and its text, to be edited.

    Raises:
        ManifestError: If it cannot be read, or ships with the program.
    """
    where = located(path)
    if is_kustomization(where):
        raise ManifestError(f"{path} is built by kustomize: edit its files yourself")
    file = where / name if where.is_dir() else where
    if file.resolve().is_relative_to(folder("examples").resolve()):
        raise ManifestError(f"{file.name} ships with the program; :create makes one of your own")
    ((_, text),) = read_texts([str(file)])
    return file, text


def names_here() -> tuple[str, ...]:
    """Return the names of manifests in this folder and of shipped examples."""
    root = folder("examples")
    shipped = (str(path.relative_to(root)) for path in sorted(root.rglob("*.yaml")))
    return (*(path.name for path in _files(Path())), *shipped)


def _read(name: str) -> Texts:
    """Read what a name stands for; ``-`` is standard input."""
    return read(name) if name != STDIN else Texts(name, tuple(read_texts([name])), ())


def _below(name: str, base: Path) -> str:
    try:
        return str(Path(name).relative_to(base))
    except ValueError:
        return name


def manifests_in(texts: Texts, values: Mapping[str, str]) -> tuple[Manifest, ...]:
    """Return the objects of texts in the order in which they are sent.

    Args:
        texts: The files.
        values: What to put in the place of placeholders.

    Raises:
        ManifestError: If something is not YAML or not a Kubernetes object.
    """
    found = _objects(texts, values)
    if not found:
        raise ManifestError(f"no objects in {texts.path}")
    return in_order(found)


def _objects(texts: Texts, values: Mapping[str, str]) -> list[Manifest]:
    return [
        Manifest(name, body)
        for name, text in texts.files
        for body in parse(filled_in(text, values), name)
    ]


def manifests_of(names: Sequence[str], values: Mapping[str, str]) -> tuple[Manifest, ...]:
    """Return the objects of files, folders or standard input, in the order they are sent.

    Args:
        names: Files, folders, names of shipped examples, or ``-``.
        values: What to put in the place of placeholders.

    Raises:
        ManifestError: If something cannot be read or is no Kubernetes object.
    """
    return given(names, values).manifests


@dataclass(frozen=True, slots=True)
class Given:
    """What some names stand for.

    Attributes:
        source: Where it is, as releases tell it.
        digest: What tells the texts from all others.
        manifests: The objects, in the order they are sent.
    """

    source: str
    digest: str
    manifests: tuple[Manifest, ...]


def given(names: Sequence[str], values: Mapping[str, str]) -> Given:
    """Return what files, folders or standard input hold, and what tells them from others.

    Args:
        names: As for ``manifests_of``.
        values: As for ``manifests_of``.

    Raises:
        ManifestError: As ``manifests_of``.
    """
    texts = [_read(name) for name in names]
    manifests = in_order(one for each in texts for one in _objects(each, values))
    files = tuple(file for each in texts for file in each.files)
    return Given(source_of(*names), Texts("", files, ()).hash, manifests)


def source_of(*names: str) -> str:
    """Return where files or folders are, the same from wherever they are named."""
    return ", ".join(name if name == STDIN else str(located(name).resolve()) for name in names)


def offers(here: str = ".") -> tuple[Offer, ...]:
    """Return what may be applied: manifests and folders here, then the shipped examples."""
    where = Path(here).expanduser()
    try:
        names = sorted(where.iterdir())[:_MOST]
    except OSError:
        names = []
    folders = [
        Offer(str(path), f"{path.name}/", _kind(path), folder=True)
        for path in names
        if path.is_dir() and not path.name.startswith(".") and _files(path)
    ]
    return (*folders, *(_offer(path, path.name) for path in _files(where)), *examples())


def _kind(path: Path) -> str:
    return "kustomization, built by kubectl" if is_kustomization(path) else "folder"


def examples() -> tuple[Offer, ...]:
    """Return the examples that ship with the program."""
    root = folder("examples")
    return tuple(
        _offer(path, str(path.relative_to(root)), example=True)
        for path in sorted(root.rglob("*.yaml"))
    )


def _files(path: Path) -> list[Path]:
    try:
        return manifest_files(path)[:_MOST]
    except OSError:
        return []


def _offer(path: Path, name: str, *, example: bool = False) -> Offer:
    head = head_of(path)
    note = "example: " if example else ""
    return Offer(str(path), clean_line(name), note + (head[0] if head else ""), head, example)


def head_of(path: Path) -> tuple[str, ...]:
    """Return the comment a file begins with, line by line; nothing if it cannot be read."""
    try:
        with path.open(encoding="utf-8") as file:
            lines = [line for _, line in zip(range(40), file, strict=False)]
    except (OSError, UnicodeDecodeError):
        return ()
    head: list[str] = []
    for line in lines:
        if not line.startswith("#"):
            break
        head.append(clean_line(line.rstrip("\n").removeprefix("#").removeprefix(" ")))
    return tuple(head)
