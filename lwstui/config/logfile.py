"""Where the console's own log is, and what it may hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from lwstui.config.paths import state_folder

LEVELS: Final = ("debug", "info", "warning", "error")
"""Levels of the log, the least severe first."""


def log_path(chosen: str, environ: Mapping[str, str]) -> Path:
    """Return the file of the log.

    Args:
        chosen: What the settings or a flag say; empty for the state folder.
        environ: The environment, which names that folder.
    """
    return Path(chosen).expanduser() if chosen else state_folder(environ) / "lwstui.log"
