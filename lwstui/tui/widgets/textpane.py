"""A text to read: YAML, descriptions."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import ClassVar, Final

from textual.binding import BindingType
from textual.cache import LRUCache
from textual.strip import Strip

from lwstui.tui.actions import bindings
from lwstui.tui.widgets.pager import Pager
from lwstui.tui.widgets.wrapping import find, mark, slice_spans, wrap_spans
from lwstui.view.types import Line, Span

FLASH_S: Final = 1.5
_STRIPS: Final = 2048
_AGE: Final = re.compile(r"\b\d+[smhd](?:\d+[smh])?\b")


class TextPane(Pager):
    """Shows lines, wrapped or scrolled sideways; searches them."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("text")]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self.wrap = True
        self._lines: tuple[Line, ...] = ()
        self._rows: list[tuple[int, Line]] = []
        self._wanted = ""
        self._matches: list[int] = []
        self._match = -1
        self._flashed: frozenset[int] = frozenset()
        self._strips: LRUCache[int, Strip] = LRUCache(_STRIPS)

    def set_lines(self, lines: tuple[Line, ...], *, flash: bool = False) -> None:
        """Show lines; the place in the text stays.

        Args:
            lines: The text.
            flash: Mark for a moment what is not as it was.
        """
        if lines == self._lines:
            return
        changed = changed_lines(self._lines, lines) if flash and self._lines else frozenset()
        self._lines = lines
        self._find()
        if changed:
            self._flashed = changed
            self.set_timer(FLASH_S, self._calm)
        self.reflow()

    @property
    def flashed(self) -> frozenset[int]:
        """Numbers of the lines that are marked as changed."""
        return self._flashed

    def _calm(self) -> None:
        self._flashed = frozenset()
        self.forget_strips()
        self.refresh()

    @property
    def plain(self) -> str:
        """The whole text, for the clipboard."""
        return "\n".join("".join(span.text for span in line) for line in self._lines)

    def search(self, wanted: str) -> int:
        """Mark a text wherever it occurs, whatever the case, and go to the first match below.

        Returns:
            How many lines contain it.
        """
        self._wanted = wanted
        self._find()
        self.forget_strips()
        self.refresh()
        self._match = -1
        if self._matches and self._rows:
            top = self._rows[min(self.scroll_offset.y, len(self._rows) - 1)][0]
            below = [at for at, line in enumerate(self._matches) if line >= top]
            self._go_to_match(below[0] if below else 0)
        return len(self._matches)

    def action_next_match(self) -> None:
        """Go to the next match, wrapping."""
        self._go_to_match(self._match + 1)

    def action_previous_match(self) -> None:
        """Go to the previous match, wrapping."""
        self._go_to_match(self._match - 1)

    def _go_to_match(self, at: int) -> None:
        if not self._matches:
            return
        self._match = at % len(self._matches)
        wanted = self._matches[self._match]
        row = next(row for row, (line, _) in enumerate(self._rows) if line == wanted)
        self.go_to_row(row - self.page // 3)
        self.forget_strips()
        self.refresh()

    def _find(self) -> None:
        texts = ("".join(span.text for span in line) for line in self._lines)
        self._matches = [at for at, text in enumerate(texts) if find(text, self._wanted)]

    def reflow(self) -> None:
        """Break the lines for the present width."""
        cells = self.cells
        if self.wrap and cells:
            self._rows = [
                (number, part)
                for number, line in enumerate(self._lines)
                for part in wrap_spans(line, cells)
            ]
        else:
            self._rows = list(enumerate(self._lines))
        self.forget_strips()
        self.set_row_count(len(self._rows))
        self.refresh()

    def forget_strips(self) -> None:
        """Drop cached rows."""
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        """Render one visible row."""
        self.lines_rendered += 1
        cells = self.cells
        row = y + self.scroll_offset.y
        if row >= len(self._rows):
            return Strip.blank(cells, self.brushes())
        strip = self._strips.get(row)
        if strip is None:
            strip = self._strips[row] = self._row(row, cells)
        return strip

    def _row(self, row: int, cells: int) -> Strip:
        number, line = self._rows[row]
        current = self._match >= 0 and self._matches[self._match] == number
        base = "paint--cursor-blurred" if current or number in self._flashed else ""
        spans = tuple(slice_spans(line, self.left, 1 << 30)) if self.left else line
        strip = self.brushes.line(spans or (Span(" "),), cells, base)
        ranges = find(strip.text, self._wanted)
        return Strip(mark(list(strip), ranges, self.brushes("paint--match"))) if ranges else strip


def changed_lines(before: tuple[Line, ...], after: tuple[Line, ...]) -> frozenset[int]:
    """Return the numbers of the lines that are new or not as they were; ages may grow."""
    old, new = ([_ageless(line) for line in lines] for lines in (before, after))
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return frozenset(
        number
        for tag, _, _, start, stop in matcher.get_opcodes()
        if tag in ("replace", "insert")
        for number in range(start, stop)
    )


def _ageless(line: Line) -> str:
    return _AGE.sub("", "".join(span.text for span in line))
