"""Lines of logs on standard output: as text with their source, or as JSON."""

from __future__ import annotations

import argparse
import json
import re
import sys
from typing import TYPE_CHECKING, Final

from lwstui.cli import paint
from lwstui.cli.common import FAILED

if TYPE_CHECKING:
    from lwstui.view.loglines import LogLine
    from lwstui.view.logs import LogBuffer

_COLOURS: Final = ("36", "33", "32", "35", "34", "96", "93", "92", "95", "94")


class Printer:
    """Prints lines of logs, and what is said about them: beside them, or among them as JSON.

    Args:
        arguments: The flags of the command.
        one_pod: Whether there is only one source.
    """

    def __init__(self, arguments: argparse.Namespace, *, one_pod: bool) -> None:
        self._timestamps: bool = arguments.timestamps
        self._prefix = not one_pod if arguments.prefix is None else arguments.prefix
        self._include: list[re.Pattern[str]] = arguments.include or []
        self._exclude: list[re.Pattern[str]] = arguments.exclude or []
        self._json = arguments.output == "json"
        self._colour = paint.colours(arguments)

    def print(self, buffer: LogBuffer) -> int:
        """Print what a buffer holds and empty it; 1 if a log could not be read."""
        code = 0
        for line in buffer.lines:
            if line.kind == "error":
                code = FAILED
            if line.kind == "line" and not self._wanted(line.text):
                continue
            if self._json:
                print(self._document(line))
            elif line.kind == "line":
                print(self._text(line))
            else:
                source = f"{line.source}: " if line.source else ""
                print(f"lwstui: {source}{line.text}", file=sys.stderr)
        sys.stdout.flush()
        buffer.clear()
        return code

    def _wanted(self, text: str) -> bool:
        return all(pattern.search(text) for pattern in self._include) and not any(
            pattern.search(text) for pattern in self._exclude
        )

    def _document(self, line: LogLine) -> str:
        from controller.api.meta import format_micro_time

        document = {
            "time": format_micro_time(line.at) if line.at else None,
            "source": line.source,
            "kind": line.kind,
            "level": line.level or None,
            "text": line.text,
        }
        return json.dumps(document, ensure_ascii=False)

    def _text(self, line: LogLine) -> str:
        from controller.api.meta import format_micro_time
        from lwstui.view.loglines import colour_of

        words = [line.text]
        if self._prefix:
            source = f"[{line.source}]"
            code = _COLOURS[colour_of(line.source) % len(_COLOURS)]
            words.insert(0, f"\x1b[{code}m{source}\x1b[0m" if self._colour else source)
        if self._timestamps:
            words.insert(0, format_micro_time(line.at))
        return " ".join(words)
