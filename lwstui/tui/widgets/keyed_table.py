"""A table of rows whose cursor follows an object, not a line."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from textual import events
from textual.binding import BindingType
from textual.message import Message

from lwstui.tui.actions import bindings
from lwstui.tui.marks import Marking
from lwstui.tui.widgets.columns import MARGIN
from lwstui.tui.widgets.picking import ColumnPicking
from lwstui.tui.widgets.seeing import Seen
from lwstui.tui.widgets.table_body import same_order
from lwstui.view.types import Row

_HOLD_S: Final = 3.0
Look = Literal["wide", "columns", "faults"]
"""All columns or those that fit, choosing columns, only what is not fine or all."""


class KeyedTable(ColumnPicking):
    """A table with a cursor, marks and an order to choose.

    The cursor belongs to a row's key. When that row vanishes the cursor goes to the nearest
    row that is still there, ``Lost`` is posted, and ``settled`` is false for half a second so
    that a verb cannot hit what slid under the cursor.

    Args:
        clock: Seconds on a clock that never goes back.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("list"), *bindings("table")]
    DEFAULT_CSS = "KeyedTable { height: 1fr; }"

    @dataclass
    class Highlighted(Message):
        """The cursor is on another row; None when there are no rows."""

        table: KeyedTable
        row: Row | None

        @property
        def control(self) -> KeyedTable:
            """The table."""
            return self.table

    @dataclass
    class Opened(Message):
        """A row was opened by key or double click."""

        table: KeyedTable
        row: Row

        @property
        def control(self) -> KeyedTable:
            """The table."""
            return self.table

    @dataclass
    class MarkAsked(Message):
        """The operator wants to change marks."""

        table: KeyedTable
        what: Marking

        @property
        def control(self) -> KeyedTable:
            """The table."""
            return self.table

    @dataclass
    class LookAsked(Message):
        """The operator wants to see the table in another way."""

        table: KeyedTable
        what: Look

        @property
        def control(self) -> KeyedTable:
            """The table."""
            return self.table

    @dataclass
    class HeaderClicked(Message):
        """The operator wants to sort by a column."""

        table: KeyedTable
        column_id: str

        @property
        def control(self) -> KeyedTable:
            """The table."""
            return self.table

    @dataclass
    class Lost(Message):
        """The row under the cursor vanished."""

        table: KeyedTable
        row: Row

        @property
        def control(self) -> KeyedTable:
            """The table."""
            return self.table

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(id=id, classes=classes, clock=clock)
        self._moved_at = -math.inf
        self._seen = Seen()
        self._stays = False

    def set_rows(self, rows: Sequence[Row], *, asked_anew: bool = False) -> None:
        """Show rows in this order; keys must be unique.

        Rows that are the same objects as before, or have equal cells, are not repainted.

        Args:
            rows: The rows.
            asked_anew: Whether the operator asked for other rows, so that none is lost.
        """
        before, self._rows = self._rows, tuple(rows)
        was_at = self._index.get(self._cursor_key, -1)
        if not same_order(before, self._rows):
            self._index = {row.key: number for number, row in enumerate(self._rows)}
        moved = self._keep_cursor(before, was_at, lost=not asked_anew)
        if len(before) == len(self._rows):
            self._repaint_changes(before)
        else:
            self._resize_content()
        self._keep_screen_line(was_at)
        if moved:
            self.post_message(self.Highlighted(self, self.cursor_row))

    # The cursor.

    def lead(self, key: str) -> None:
        """Put the cursor on a row until a key is pressed; verbs settle anew then."""
        moved = self._moved_at > -math.inf
        if moved or self._stays or key not in self._index or key == self._cursor_key:
            return
        if self._cursor_key in self._index:
            self.cursor_lost_at = self._clock()
        self._go_to(self._index[key])

    def on_key(self, event: events.Key) -> None:
        """Have a key be about the row that was to be seen under the cursor when it was pressed.

        The order may have changed between a look and a key. From the first key on the cursor
        stays with its row.
        """
        meant = self._seen.meant(event.time)
        if self._stays or not meant:
            return
        self._stays = True
        if self._moved_at == -math.inf and meant != self._cursor_key and meant in self._index:
            self.cursor_lost_at = -math.inf
            self._go_to(self._index[meant])

    @property
    def cursor_key(self) -> str:
        """Key of the row under the cursor; kept while there are no rows, empty at first."""
        return self._cursor_key

    @cursor_key.setter
    def cursor_key(self, key: str) -> None:
        if not self._rows:
            self._cursor_key = key
            if not key:
                self._moved_at, self._stays = -math.inf, False
                self._seen.clear()
        elif key in self._index:
            self._move_to(self._index[key])

    @property
    def cursor_row(self) -> Row | None:
        """Row under the cursor, None if there are no rows."""
        at = self._index.get(self._cursor_key)
        return None if at is None else self._rows[at]

    @property
    def held(self) -> bool:
        """Whether the cursor was moved so lately that rows must not change places under it."""
        return self._clock() - self._moved_at < _HOLD_S

    def _keep_cursor(self, before: tuple[Row, ...], was_at: int, *, lost: bool) -> bool:
        """Put the cursor on a row that exists; return whether it is another one than before."""
        if not self._rows:
            return was_at >= 0
        if self._cursor_key in self._index:
            return was_at < 0
        if was_at >= 0 and lost:
            self.cursor_lost_at = self._clock()
            self.post_message(self.Lost(self, before[was_at]))
        self._cursor_key = self._nearest(before, was_at)
        return True

    def _nearest(self, before: tuple[Row, ...], was_at: int) -> str:
        """Return the key of the row nearest to where the cursor was, of its kind if there is one.

        Headings between the rows are of no kind: who was on a node is not put on a rack.
        """
        if was_at < 0:
            return self._rows[0].key
        kind, other = _kind(before[was_at]), ""
        for distance in range(1, len(before)):
            for at in (was_at + distance, was_at - distance):
                if 0 <= at < len(before) and before[at].key in self._index:
                    if _kind(before[at]) == kind:
                        return before[at].key
                    other = other or before[at].key
        alike = (row.key for row in self._rows if _kind(row) == kind)
        return other or next(alike, self._rows[0].key)

    def _move_to(self, at: int) -> None:
        self._moved_at = self._clock()
        at = max(0, min(at, len(self._rows) - 1))
        was_at = self._index.get(self._cursor_key, -1)
        if not self._rows or at == was_at:
            self._show_line(at)
            return
        self._go_to(at)

    def _go_to(self, at: int) -> None:
        was_at = self._index.get(self._cursor_key, -1)
        self._cursor_key = self._rows[at].key
        for line in (was_at, at):
            self._repaint_line(line)
        self._show_line(at)
        self.post_message(self.Highlighted(self, self.cursor_row))

    def _keep_screen_line(self, was_at: int) -> None:
        """Keep the cursor on its screen line when rows came or went above it.

        A table that shows its first row keeps showing it: what is new at the top is news.
        """
        at = self._index.get(self._cursor_key, -1)
        top = self.scroll_offset.y
        last_top = max(0, len(self._rows) - self._page)
        if top > last_top:
            self._scroll_line(last_top)
        if at < 0 or was_at < 0 or not was_at - self._page < top <= was_at:
            return
        if top:
            self._scroll_line(at - (was_at - top))
        self._show_line(at)

    # Keys and mouse.

    def move(self, lines: int) -> None:
        """Move the cursor by some lines."""
        self._move_to(self._index.get(self._cursor_key, 0) + lines)

    def action_cursor_down(self) -> None:
        """Go to the next row."""
        self.move(1)

    def action_cursor_up(self) -> None:
        """Go to the previous row."""
        self.move(-1)

    def action_page_down(self) -> None:
        """Go one page down."""
        self.move(self._page)

    def action_page_up(self) -> None:
        """Go one page up."""
        self.move(-self._page)

    def action_cursor_first(self) -> None:
        """Go to the first row."""
        self._move_to(0)

    def action_cursor_last(self) -> None:
        """Go to the last row."""
        self._move_to(len(self._rows) - 1)

    def action_cursor_left(self) -> None:
        """Scroll one column to the left."""
        starts = [slot.start - MARGIN for slot in self._slots]
        left = [start for start in starts if start < self.scroll_offset.x]
        self.scroll_to(x=left[-1] if left else 0, animate=False)

    def action_cursor_right(self) -> None:
        """Scroll one column to the right."""
        starts = [slot.start - MARGIN for slot in self._slots]
        right = [start for start in starts if start > self.scroll_offset.x]
        if right:
            self.scroll_to(x=right[0], animate=False)

    def action_open_cursor(self) -> None:
        """Open the row under the cursor."""
        if row := self.cursor_row:
            self.post_message(self.Opened(self, row))

    def action_mark(self) -> None:
        """Ask to mark the row under the cursor, or to take its mark away; the cursor stays."""
        self.post_message(self.MarkAsked(self, "one"))

    def action_mark_range(self) -> None:
        """Ask to mark from the last mark to the cursor."""
        self.post_message(self.MarkAsked(self, "range"))

    def action_clear_marks(self) -> None:
        """Ask to take all marks away."""
        self.post_message(self.MarkAsked(self, "none"))

    def action_wide(self) -> None:
        """Ask for all columns, or for those that fit."""
        self.post_message(self.LookAsked(self, "wide"))

    def action_columns(self) -> None:
        """Ask to choose columns."""
        self.post_message(self.LookAsked(self, "columns"))

    def action_faults(self) -> None:
        """Ask for only what is not fine, or for all."""
        self.post_message(self.LookAsked(self, "faults"))

    def ask_sort(self, column_id: str) -> None:
        """Ask to sort by a column."""
        self.post_message(self.HeaderClicked(self, column_id))

    def on_click(self, event: events.Click) -> None:
        """Select the row, open it on the second click; a header asks to sort by its column."""
        event.stop()
        at = event.y - 1 + self.scroll_offset.y
        if event.y == 0:
            self._header_click(event.x + self.scroll_offset.x)
        elif 0 <= at < len(self._rows):
            self._move_to(at)
            if event.chain == 2:
                self.action_open_cursor()

    def _header_click(self, x: int) -> None:
        for slot in reversed(self._slots):
            if x >= slot.start:
                self.post_message(self.HeaderClicked(self, slot.column.id))
                return

    # Painting.

    def _base(self, row: Row) -> str:
        if row.key == self._cursor_key:
            self._seen.painted(row.key, time.monotonic())
        return super()._base(row)

    def on_resize(self) -> None:
        """Choose columns and widths for the new width."""
        self._lay_out()
        at = self._index.get(self._cursor_key, -1)
        if at >= 0:
            self._show_line(at)

    def watch_has_focus(self, has_focus: bool) -> None:
        """Repaint the cursor line: it looks different without the focus."""
        super().watch_has_focus(has_focus)
        self._repaint_line(self._index.get(self._cursor_key, -1))


def _kind(row: Row) -> str:
    """Return what kind of object a row is about, empty for a heading."""
    return row.ref.kind if row.ref is not None else ""
