"""Data files of the program: definition, manifests of the controller, examples, themes."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml


def crd_text() -> str:
    """Return the LeaderWorkerSet CustomResourceDefinition as YAML text."""
    return files(__name__).joinpath("leaderworkersets.yaml").read_text(encoding="utf-8")


def crd() -> dict[str, Any]:
    """Return the LeaderWorkerSet CustomResourceDefinition as an object."""
    loaded: dict[str, Any] = yaml.safe_load(crd_text())
    return loaded


def controller_manifests() -> list[dict[str, Any]]:
    """Return the objects that run the controller in a cluster, with ``$name`` where one chooses."""
    text = files(__name__).joinpath("controller.yaml").read_text(encoding="utf-8")
    return list(yaml.safe_load_all(text))


def folder(name: str) -> Path:
    """Return the folder of packaged ``examples`` or ``themes``.

    A wheel carries them inside the package; a checkout has them beside it.
    """
    package = Path(str(files("lwstui")))
    packaged = package / f"_{name}"
    return packaged if packaged.is_dir() else package.parent / name
