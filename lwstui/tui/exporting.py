"""Writing what was done to a file."""

from __future__ import annotations

import asyncio
from pathlib import Path

from lwstui.config.statefiles import write_private
from lwstui.runtime.journal import lines
from lwstui.tui.host import Host


async def export(host: Host, path: str) -> None:
    """Write all activity that is known to a file, as JSON lines.

    Args:
        host: The application.
        path: The file; one that is there is left alone.
    """
    found = host.snapshot.activity
    problem = await asyncio.to_thread(_write, path, lines(found))
    if problem:
        host.say(problem, "bad")
    else:
        host.say(f"wrote {len(found)} lines to {path}", "ok")


def _write(name: str, text: str) -> str:
    """Write a new file; return the problem, empty if there is none."""
    path = Path(name).expanduser()
    if path.exists():
        return f"{path} is there already; name another file"
    try:
        write_private(path, text)
    except OSError as error:
        return f"{path} cannot be written: {error.strerror}"
    return ""
