"""Telling whether a file changed since it was last looked at: one ``stat``, nothing is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Final

Stamp = tuple[int, int]
"""When a file was last written, in nanoseconds, and its size in bytes."""

ABSENT: Final[Stamp] = (-1, -1)
"""Stamp of a file that is not there."""

KEPT: Final = "what it said before stays"
"""Ends the sentence about a file that was good once."""


def stamp(path: Path) -> Stamp:
    """Return the stamp of a file."""
    try:
        found = path.stat()
    except OSError:
        return ABSENT
    return (found.st_mtime_ns, found.st_size)
