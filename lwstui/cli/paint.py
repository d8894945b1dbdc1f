"""Lines on standard output: coloured on a terminal, plain in a pipe."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from lwstui.view.types import Line

_CODES: Final = {
    "ok": "32",
    "busy": "36",
    "info": "34",
    "warn": "33",
    "bad": "31",
    "dim": "2",
    "bold": "1",
    "title": "1",
}


def colours(arguments: argparse.Namespace) -> bool:
    """Tell whether to colour: on a terminal, unless flags, settings or ``NO_COLOR`` forbid it."""
    from lwstui.config.settings import load

    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return False
    settings, _ = load(os.environ, no_color=getattr(arguments, "no_color", False))
    return not settings.no_color


def text(line: Line, *, colour: bool) -> str:
    """Return a line as it is printed, without blanks at its end."""
    if not colour:
        return "".join(span.text for span in line).rstrip()
    return "".join(_painted(span.text, _CODES.get(span.tone, "")) for span in line)


def _painted(part: str, code: str) -> str:
    return f"\x1b[{code}m{part}\x1b[0m" if code and part else part


def dump(value: object, output: str) -> str:
    """Return data as ``json`` or ``yaml``."""
    import json

    if output == "json":
        return json.dumps(value, indent=2)
    import yaml

    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100).rstrip()


def forgiving() -> None:
    """Let letters that the terminal's encoding lacks be replaced, not end the program."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")


@contextmanager
def progress(stream: TextIO | None = None) -> Iterator[Callable[[str], None]]:
    """Yield what tells how far something is: a line each time, on a terminal one that changes.

    Args:
        stream: Where to; standard output if left out.
    """
    out = stream or sys.stdout
    if not out.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda said: print(said, file=out, flush=True)
        return
    told = False

    def tell(said: str) -> None:
        nonlocal told
        told, room = True, shutil.get_terminal_size().columns - 1
        fitting = said if len(said) <= room else f"{said[: room - 1]}…"
        print(f"\r\x1b[2K{fitting}", end="", file=out, flush=True)

    try:
        yield tell
    finally:
        if told:
            print(file=out, flush=True)
