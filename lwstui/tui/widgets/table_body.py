"""What a table shows and how it is painted: columns, rows, order, marks; no keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from itertools import compress
from operator import is_not
from typing import Final

from textual.cache import LRUCache
from textual.geometry import Size
from textual.strip import Strip

from lwstui.tui.widgets.cells import width
from lwstui.tui.widgets.columns import Layout, Slot, lay_out
from lwstui.tui.widgets.cursorscroll import CursorScroll
from lwstui.tui.widgets.rows import header_strip, row_strip
from lwstui.view.types import Column, Row, Span

_STRIPS: Final = 512


class TableBody(CursorScroll):
    """A virtual table: renders visible lines only and repaints only lines that changed."""

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(id=id, classes=classes, clock=clock)
        self._columns: tuple[Column, ...] = ()
        self._layout_wish = Layout()
        self._slots: tuple[Slot, ...] = ()
        self._rows: tuple[Row, ...] = ()
        self._index: dict[str, int] = {}
        self._cursor_key = ""
        self._marks: Collection[str] = frozenset()
        self._note = ""
        self._sort: tuple[str, bool] = ("", False)
        self._picked = ""
        self._strips: LRUCache[tuple[Row, str, bool], Strip] = LRUCache(_STRIPS)

    # What the table shows.

    def set_columns(self, columns: Sequence[Column], wish: Layout | None = None) -> None:
        """Set the columns; equal ones change nothing.

        Args:
            columns: All columns.
            wish: Which of them to show, and in which order; those that fit if left out.
        """
        columns, wish = tuple(columns), wish or Layout()
        if (columns, wish) != (self._columns, self._layout_wish):
            self._columns, self._layout_wish = columns, wish
            self._lay_out()

    def set_note(self, note: str) -> None:
        """Set the sentence that is shown while there are no rows."""
        if note != self._note:
            self._note = note
            if not self._rows:
                self.refresh()

    def set_sort(self, column_id: str, *, descending: bool = False) -> None:
        """Show the sort arrow at a column; empty shows none."""
        if (column_id, descending) != self._sort:
            self._sort = (column_id, descending)
            self._repaint_heading()

    def set_marks(self, marks: Collection[str]) -> None:
        """Show which rows are marked; only those that changed are repainted."""
        marks = frozenset(marks)
        for key in marks.symmetric_difference(self._marks):
            self._repaint_line(self._index.get(key, -1))
        self._marks = marks

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows in their order."""
        return self._rows

    @property
    def keys(self) -> Collection[str]:
        """Keys of the rows."""
        return self._index.keys()

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The columns that are shown, from left to right."""
        return self._slots

    # Painting.

    def forget_strips(self) -> None:
        """Drop cached lines."""
        self._strips.clear()

    def _lay_out(self) -> None:
        self._slots = lay_out(self._columns, self.cells, self.outer_size.width, self._layout_wish)
        self._strips.clear()
        self._resize_content()

    def _resize_content(self) -> None:
        last = self._slots[-1] if self._slots else None
        used = last.start + last.width if last else 0
        self.virtual_size = Size(used, len(self._rows) + 1)
        self.refresh()

    def _repaint_changes(self, before: tuple[Row, ...]) -> None:
        top = self.scroll_offset.y
        for at in range(top, min(len(self._rows), top + self._page)):
            old, new = before[at], self._rows[at]
            if old is not new and not _looks_equal(old, new):
                self._repaint_line(at)

    def render_line(self, y: int) -> Strip:
        """Render one visible line."""
        self.lines_rendered += 1
        left, cells = self.scroll_offset.x, self.cells
        if y == 0:
            header = header_strip(self.brushes, self._slots, *self._sort, picked=self._picked)
            return header.crop_extend(left, left + cells, self.brushes("paint--header"))
        at = y - 1 + self.scroll_offset.y
        if at >= len(self._rows):
            return self._empty_line(y, cells)
        row = self._rows[at]
        base = self._base(row)
        return self._row_strip(row, base).crop_extend(left, left + cells, self.brushes(base))

    def _empty_line(self, y: int, cells: int) -> Strip:
        if self._rows or y != max(1, self.size.height // 2):
            return Strip.blank(cells, self.brushes())
        blank = " " * max(0, (cells - width(self._note)) // 2)
        return self.brushes.line((Span(blank), Span(self._note, "dim")), cells)

    def _base(self, row: Row) -> str:
        if row.key != self._cursor_key:
            return ""
        return "paint--cursor" if self.has_focus else "paint--cursor-blurred"

    def _row_strip(self, row: Row, base: str) -> Strip:
        marked = row.key in self._marks
        strip = self._strips.get((row, base, marked))
        if strip is None:
            strip = row_strip(self.brushes, self._slots, row, base, marked=marked)
            self._strips[row, base, marked] = strip
        return strip


def same_order(some: Sequence[Row], others: Sequence[Row]) -> bool:
    """Tell whether rows are about the same objects at the same places, as is usual."""
    if len(some) != len(others):
        return False
    renewed = compress(zip(some, others, strict=True), map(is_not, some, others))
    return all(one.key == other.key for one, other in renewed)


def _looks_equal(old: Row, new: Row) -> bool:
    return old.key == new.key and old.tone == new.tone and old.cells == new.cells
