"""Which row shows which log line, when lines may take several rows and old ones go."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable


class LogRows:
    """Heights of consecutive lines; lines come at the end and go at the start."""

    def __init__(self) -> None:
        self._ends: list[int] = []
        self._gone = 0

    def __len__(self) -> int:
        """Return how many rows there are."""
        return self._ends[-1] - self._gone if self._ends else 0

    def extend(self, heights: Iterable[int]) -> None:
        """Add lines with these heights."""
        end = self._ends[-1] if self._ends else self._gone
        for height in heights:
            end += height
            self._ends.append(end)

    def drop(self, lines: int) -> int:
        """Remove the first lines; return how many rows went with them."""
        if not lines:
            return 0
        before = self._gone
        self._gone = self._ends[lines - 1]
        del self._ends[:lines]
        return self._gone - before

    def cut(self, line: int) -> None:
        """Remove a line and all after it."""
        del self._ends[line:]

    def clear(self) -> None:
        """Remove all lines."""
        self._ends.clear()
        self._gone = 0

    def locate(self, row: int) -> tuple[int, int]:
        """Return the line shown in a row and which part of it, both from 0."""
        line = bisect_right(self._ends, row + self._gone)
        return line, row - self.start(line)

    def start(self, line: int) -> int:
        """Return the first row of a line."""
        return (self._ends[line - 1] if line else self._gone) - self._gone
