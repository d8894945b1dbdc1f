"""Reading manifests: YAML files, folders, kustomizations, standard input. No cluster needed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from lwstui.kube.clean import yaml_problem
from lwstui.kube.kustomize import FILES, KustomizeError, build, is_kustomization

_SUFFIXES: Final = (".yaml", ".yml", ".json")


class ManifestError(Exception):
    """A manifest cannot be read; the text names the file, the line and what to do."""


def load_manifests(names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the objects of YAML files, folders (their files by name) or ``-``.

    Raises:
        ManifestError: If something is missing, not YAML, or not a Kubernetes object.
    """
    return [one for source, text in read_texts(names) for one in parse(text, source)]


def read_texts(names: Sequence[str]) -> list[tuple[str, str]]:
    """Return (name, text) of YAML files, of the files in folders, or of ``-``.

    A folder that is a kustomization is built; what comes of it is one text.

    Raises:
        ManifestError: If something is missing or cannot be read.
    """
    found: list[tuple[str, str]] = []
    for name in names:
        if name == "-":
            found.append(("standard input", sys.stdin.read()))
            continue
        path = Path(name)
        if is_kustomization(path):
            found.append((f"kustomize {name}", _built(path)))
            continue
        files = manifest_files(path) if path.is_dir() else [path]
        found += [(str(file), _text(file)) for file in files]
    return found


def kustomization(name: str) -> str:
    """Return the name of a folder that must be a kustomization.

    Raises:
        ManifestError: If it is none.
    """
    if not is_kustomization(Path(name)):
        raise ManifestError(f"{name} is no kustomization: it holds no {FILES[0]}")
    return name


def _built(folder: Path) -> str:
    try:
        return build(folder)
    except KustomizeError as error:
        raise ManifestError(str(error)) from error


def manifest_files(folder: Path) -> list[Path]:
    """Return the manifests in a folder, by name; folders within are left out."""
    return sorted(p for p in folder.iterdir() if p.suffix in _SUFFIXES and p.is_file())


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ManifestError(f"no such file: {file}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"cannot read {file}: {error}") from error


def parse(text: str, source: str) -> list[dict[str, Any]]:
    """Return the objects in a YAML text; lists are taken apart.

    Raises:
        ManifestError: If it is not YAML, or something in it is not a Kubernetes object.
    """
    try:
        documents = [_whole(d) for d in yaml.safe_load_all(text) if d is not None]
    except yaml.YAMLError as error:
        raise ManifestError(f"{source}{yaml_problem(error)}") from error
    except UnicodeDecodeError:
        raise ManifestError(f"{source}: a \\u escape in it is half a character") from None
    flat: list[dict[str, Any]] = []
    for number, document in enumerate(documents, 1):
        items = (
            document.get("items") or []
            if isinstance(document, dict) and str(document.get("kind", "")).endswith("List")
            else [document]
        )
        for item in items:
            _check(item, f"{source} (document {number})")
            flat.append(item)
    return flat


def _whole(value: Any) -> Any:
    """Return a document with characters whole that JSON writes as two escapes, which YAML keeps.

    Raises:
        UnicodeDecodeError: If half of one stands alone.
    """
    match value:
        case str():
            if value.isascii():
                return value
            return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        case dict():
            return {_whole(key): _whole(one) for key, one in value.items()}
        case list():
            return [_whole(one) for one in value]
        case _:
            return value


def _check(item: Any, where: str) -> None:
    """Raise unless the item has what every Kubernetes object has."""
    if not isinstance(item, dict):
        raise ManifestError(f"{where} is not a Kubernetes object but {type(item).__name__}")
    for name in ("apiVersion", "kind"):
        if not isinstance(item.get(name), str) or not item[name]:
            raise ManifestError(f"{where} has no {name}")
    metadata = item.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        raise ManifestError(f"{where}: the {item['kind']} has no metadata.name")
