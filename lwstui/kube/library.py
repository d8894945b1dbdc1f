"""kubernetes-asyncio without its generated parts, which are most of it.

Its packages import every API and all models from their ``__init__``: 800 modules, 36 MiB and a
third of a second for two classes and a loader. Here those packages are entered by their folders,
so that only what is named below is executed.
"""

from __future__ import annotations

import importlib
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, Final

_ROOT: Final = "kubernetes_asyncio"
_CLIENT: Final = f"{_ROOT}.client"
_MODELS: Final = f"{_CLIENT}.models"
_CONFIG: Final = f"{_ROOT}.config"


def load() -> tuple[type[Any], ModuleType]:
    """Return the library's ``Configuration`` and its ``config`` package.

    Where the library is laid out differently, or loaded already, all of it is used.

    Raises:
        ImportError: If it is not installed.
    """
    if _ROOT not in sys.modules:
        try:
            return _load_parts()
        except (ImportError, AttributeError):
            for name in [name for name in sys.modules if name.partition(".")[0] == _ROOT]:
                del sys.modules[name]
    client, config = importlib.import_module(_CLIENT), importlib.import_module(_CONFIG)
    configuration: type[Any] = client.Configuration
    return configuration, config


def _load_parts() -> tuple[type[Any], ModuleType]:
    spec = find_spec(_ROOT)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(f"{_ROOT} is not installed")
    root = Path(spec.submodule_search_locations[0])
    _enter(_ROOT, root)
    client = _enter(_CLIENT, root / "client")
    # The client names it but needs it only for answers, which are decoded elsewhere.
    _enter(_MODELS, root / "client" / "models")
    configuration: type[Any] = importlib.import_module(f"{_CLIENT}.configuration").Configuration
    client.Configuration = configuration  # type: ignore[attr-defined]  # as the package has it
    client.ApiClient = importlib.import_module(f"{_CLIENT}.api_client").ApiClient  # type: ignore[attr-defined]
    return configuration, importlib.import_module(_CONFIG)


def _enter(name: str, folder: Path) -> ModuleType:
    """Register a package whose modules can be imported although its ``__init__`` has not run."""
    package = ModuleType(name)
    package.__path__ = [str(folder)]
    sys.modules[name] = package
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, package)
    return package
