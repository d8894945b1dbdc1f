"""XDG folders of the program; made when something is written, never before."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def config_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of settings, keymap and user themes."""
    if override := environ.get("LWSTUI_CONFIG_DIR"):
        return Path(override)
    base = environ.get("XDG_CONFIG_HOME") or str(Path(environ.get("HOME", "~")) / ".config")
    return Path(base).expanduser() / "lwstui"


def state_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of logs, saved screens and command history."""
    if override := environ.get("LWSTUI_STATE_DIR"):
        return Path(override)
    base = environ.get("XDG_STATE_HOME") or str(Path(environ.get("HOME", "~")) / ".local/state")
    return Path(base).expanduser() / "lwstui"
