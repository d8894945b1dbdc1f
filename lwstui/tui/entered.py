"""What was typed before: commands, kept across runs, and filters."""

from __future__ import annotations

from typing import Final, Literal

from lwstui.config.statefiles import StateFiles

Mode = Literal["command", "filter"]

MOST: Final = 200
FILE: Final = "commands"


class Entered:
    """Lines entered in the prompt, oldest first; commands of a context are kept in a file.

    Args:
        files: Where commands are kept.
    """

    def __init__(self, files: StateFiles) -> None:
        self._files = files
        self._lines: dict[Mode, list[str]] = {"command": [], "filter": []}
        self._typed: list[str] = []
        self._context = ""

    def enter(self, context: str) -> None:
        """Bring in what was typed in a context; what was typed in this run stays the newest."""
        if not context or context == self._context:
            return
        self._context = context
        self._files = self._files.of(context)
        own = self._typed
        kept = [line for line in self._files.lines(FILE) if line.strip() and line not in own]
        self._lines["command"] = [*kept, *own][-MOST:]

    def lines(self, mode: Mode) -> list[str]:
        """Return what was entered, oldest first."""
        return self._lines[mode]

    @property
    def last_command(self) -> str:
        """The last command, empty if there is none."""
        return self._lines["command"][-1] if self._lines["command"] else ""

    def add(self, mode: Mode, text: str) -> None:
        """Take a line; one that was entered before moves to the end."""
        text = text.strip()
        if not text:
            return
        lines = self._lines[mode]
        for known in (lines, self._typed) if mode == "command" else (lines,):
            if text in known:
                known.remove(text)
            known.append(text)
            del known[:-MOST]
        if mode == "command" and self._context:
            self._files.write_lines(FILE, lines, most=MOST)
