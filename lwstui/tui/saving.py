"""Out of the console: to the clipboard, and into files that only their owner can read."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from pathlib import Path
from typing import Final

from lwstui.config.statefiles import safe_name, write_private
from lwstui.tui.host import Host
from lwstui.tui.screens.modals.picker import Choice, Picker
from lwstui.view.ages import bytes_, count, stamp
from lwstui.view.saving import FORMATS, Format, Shown, saved

CLIPBOARD_BYTES: Final = 64 * 1024
"""What a terminal is asked to put into the clipboard at most, encoded."""
SCREENS: Final = "screens"
COPIES: Final = "copies"
_FORM: Final[dict[str, Format]] = {"text": "text", "csv": "csv", "json": "json"}


async def copy(host: Host, text: str, what: str) -> None:
    """Put a text into the clipboard, or into a file if it is too long for that.

    Args:
        host: The application.
        text: What is copied, as it is.
        what: What it is, in a few words.
    """
    encoded = base64.b64encode(text.encode("utf-8", "replace"))
    if len(encoded) <= CLIPBOARD_BYTES:
        host.copy_to_clipboard(text)
        host.say(f"copied {what}", "dim")
        return
    await _write(host, COPIES, "copy.txt", lambda: text, f"{what}: too long for the clipboard, ")


async def save(host: Host, shown: Shown | None, form: str = "") -> None:
    """Save what is shown; ask for the format if none is named.

    Args:
        host: The application.
        shown: What is shown; None if nothing that can be saved.
        form: ``text``, ``csv`` or ``json``; empty asks where there is a choice.
    """
    if shown is None:
        host.say("there is nothing to save on this screen", "dim")
        return
    if not shown.columns:
        form = "text"
    if not form:
        notes = {"text": "as it is shown", "csv": "for spreadsheets", "json": "for programs"}
        choices = [Choice(name, notes[name]) for name in FORMATS]
        form = await host.ask(Picker("SAVE AS", choices, start="text")) or ""
    if form not in _FORM:
        return
    context, now = host.snapshot.cluster.context, host.now()
    when = "".join(filter(str.isdigit, stamp(now)))
    name = f"{safe_name(shown.name)}-{when}.{FORMATS[form]}"
    await _write(host, SCREENS, name, lambda: saved(shown, _FORM[form], context, now), "")


async def _write(host: Host, folder: str, name: str, make: Callable[[], str], before: str) -> None:
    root = host.state_files.root
    if root is None:
        host.say(f"{before}there is no state folder to save in", "warn")
        return
    where = root / folder

    def write() -> tuple[Path, int]:
        text = make()
        path = free_path(where, name)
        write_private(path, text)
        return path, len(text.encode("utf-8", "replace"))

    try:
        path, size = await asyncio.to_thread(write)
    except OSError as error:
        host.say(f"cannot save in {where}: {error.strerror or error}", "bad")
        return
    host.say(f"{before}saved as {path} ({bytes_(size)})", "ok")


def free_path(folder: Path, name: str) -> Path:
    """Return a path that does not exist: the name, with a number if it is taken."""
    stem, _, ending = name.rpartition(".")
    path, number = folder / name, 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.{ending}"
    return path


async def pick_saved(host: Host) -> None:
    """List the saved screens, newest first; the path of the one that is picked is copied."""
    root = host.state_files.root
    files = await asyncio.to_thread(saved_files, root / SCREENS) if root is not None else []
    if not files:
        host.say("no saved screens: ctrl-s saves one", "dim")
        return
    choices = [Choice(name, bytes_(size)) for name, size in files]
    picked = await host.ask(Picker(f"SAVED: {count(len(files), 'SCREEN')}", choices))
    if picked is not None and root is not None:
        await copy(host, str(root / SCREENS / picked), f"the path {root / SCREENS / picked}")


def saved_files(folder: Path) -> list[tuple[str, int]]:
    """Return (name, bytes) of the files of a folder, newest first; none if it is not there."""
    found: list[tuple[float, str, int]] = []
    try:
        for path in folder.iterdir():
            if path.is_file() and not path.name.startswith("."):
                facts = path.stat()
                found.append((-facts.st_mtime, path.name, facts.st_size))
    except OSError:
        return []
    return [(name, size) for _, name, size in sorted(found)]
