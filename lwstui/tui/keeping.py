"""Texts that leave the screen: to a private file, or to the terminal's clipboard."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Final

from textual.app import App

from lwstui.config.paths import state_folder
from lwstui.config.statefiles import safe_name, write_private

CLIPBOARD_BYTES: Final = 64 * 1024
"""What terminals take; a longer text goes to a file."""
SCREENS: Final = "screens"
COPIES: Final = "copies"


async def save(text: str, stem: str, now: float, folder: str = SCREENS) -> Path:
    """Save a text in the state folder; only its owner can read it.

    Args:
        text: The text.
        stem: What it is of; the name of the file begins with it.
        now: Epoch seconds, for the rest of the name.
        folder: Folder inside the state folder.

    Returns:
        Where it is.

    Raises:
        OSError: If it cannot be written.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
    root = state_folder(os.environ) / folder
    path = _free(root, f"{safe_name(stem)}-{stamp}")
    await asyncio.to_thread(write_private, path, text)
    return path


def _free(root: Path, name: str) -> Path:
    """Return a path nobody has taken."""
    path, number = root / f"{name}.txt", 1
    while path.exists():
        path, number = root / f"{name}.{number}.txt", number + 1
    return path


async def copy(app: App[int], text: str, stem: str, now: float) -> str:
    """Copy a text to the clipboard, or save it if it is too long; return what was done.

    Raises:
        OSError: If it cannot be saved.
    """
    if not text:
        return "nothing to copy"
    if len(text.encode()) <= CLIPBOARD_BYTES:
        app.copy_to_clipboard(text)
        return f"copied {len(text.splitlines()):,} lines"
    path = await save(text, stem, now, COPIES)
    return f"too long for the clipboard, saved as {path}"
