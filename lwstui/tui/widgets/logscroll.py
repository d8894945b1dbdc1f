"""The rows of a merged log on the screen: following, standing still, arranging anew."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import ClassVar

from textual.cache import LRUCache
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from lwstui.tui.widgets.cells import width
from lwstui.tui.widgets.logpaint import LOG_CLASSES, LOG_CSS, WIDE_CELLS, Look, label_width, log_row
from lwstui.tui.widgets.logrows import LogRows
from lwstui.tui.widgets.pager import Pager
from lwstui.view.logfold import LogRow, Mode, Rows, Wish
from lwstui.view.logs import LogBuffer
from lwstui.view.logsearch import Search
from lwstui.view.types import Span

_STRIPS = 2048
_TICK_S = 1.0


class LogScroll(Pager):
    """Shows a log buffer: visible rows are rendered, everything else is only counted.

    It follows new lines until the operator scrolls up; then nothing on screen moves, and the
    last line counts what has arrived since.

    Args:
        now: Wall clock in epoch seconds, for relative times.
        fold: Whether lines that say the same share a row at first.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = set(LOG_CLASSES)
    DEFAULT_CSS = f"LogScroll {{ {LOG_CSS} }}"

    @dataclass
    class StateChanged(Message):
        """Following, wrapping, times, sources, folding or the search changed."""

        pane: LogScroll

        @property
        def control(self) -> LogScroll:
            """The pane."""
            return self.pane

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
        now: Callable[[], float] = time.time,
        fold: bool = True,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.follow = True
        self.show_sources = True
        self._now = now
        self._buffer = LogBuffer()
        self._epoch = 0
        self._look = Look(times="off")
        self._rows = Rows(Wish(fold=fold))
        self._heights = LogRows()
        self._next = 0
        self._unseen = 0
        self._match = -1
        self._own_scroll = False
        self._strips: LRUCache[tuple[int, int, int], Strip] = LRUCache(_STRIPS)

    def on_mount(self) -> None:
        """Keep relative times going."""
        self.set_interval(_TICK_S, self._tick)

    # What it shows.

    def feed(self, buffer: LogBuffer) -> None:
        """Show what a buffer holds now; call it once per batch, not per line.

        Args:
            buffer: The same one each time; another one starts over.
        """
        if buffer is not self._buffer or buffer.epoch != self._epoch:
            self._buffer, self._epoch = buffer, buffer.epoch
            buffer.hold(not self.follow)
            self._start_over()
            return
        dropped = self._drop_old()
        came = self._take()
        if self.follow:
            self._show_end(repaint=bool(came or dropped))
        elif dropped:
            self._sync(self.scroll_offset.y - dropped)
            self.refresh()
        elif came:
            self._repaint_pause_line()

    @property
    def unseen(self) -> int:
        """Lines that arrived since the pane paused."""
        return self._unseen

    @property
    def matches(self) -> int:
        """Lines that the search means."""
        return self._rows.hits

    @property
    def shown(self) -> int:
        """Rows there are."""
        return len(self._rows)

    @property
    def times(self) -> str:
        """Which timestamps are shown: off, absolute or relative."""
        return self._look.times

    @property
    def wish(self) -> Wish:
        """What is shown of the log."""
        return self._rows.wish

    @property
    def rows(self) -> list[LogRow]:
        """All rows, oldest first."""
        return self._rows.rows

    @property
    def visible_rows(self) -> list[LogRow]:
        """The rows on the screen."""
        first, last = self._visible()
        return self._rows.rows[first:last]

    def set_search(self, search: Search, *, mode: Mode | None = None) -> None:
        """Mark what a search means, or show nothing else.

        Args:
            search: As ``lwstui.view.logsearch.search`` makes it; empty marks nothing.
            mode: What is shown of what is found; None keeps it.
        """
        self._look = replace(self._look, search=search)
        self._match = -1
        self._wish(search=search, mode=mode or self.wish.mode)

    def use_utc(self, *, utc: bool) -> None:
        """Show absolute timestamps as those of UTC, or as local ones."""
        if utc != self._look.utc:
            self._look = replace(self._look, utc=utc)
            self.reflow()

    def set_hidden(self, hidden: Set[str]) -> None:
        """Leave out the lines of some sources."""
        self._wish(hidden=frozenset(hidden))

    def set_follow(self, follow: bool) -> None:
        """Follow new lines, or stand still."""
        if follow == self.follow:
            return
        self.follow = follow
        self._unseen = 0
        self._buffer.hold(not follow)
        if follow:
            self._drop_old()
            self._widen()
            self._show_end(repaint=True)
        else:
            self._rows.close()
        self._changed()

    # Lines and rows.

    def _wish(self, **changes: object) -> None:
        wish = replace(self.wish, **changes)  # type: ignore[arg-type]
        if wish != self.wish:
            self._start_over(wish)
        self._changed()

    def _start_over(self, wish: Wish | None = None) -> None:
        """Arrange all lines again; the first visible one stays in sight as far as it can."""
        first, _ = self._visible()
        seen = self.rows[first].line if first < len(self.rows) else None
        self._rows = Rows(wish or self.wish)
        self._heights.clear()
        self._relook()
        self._next = 0
        self._take()
        self._unseen = 0
        if self.follow or seen is None:
            self._sync(len(self._heights))
        else:
            self._rows.close()
            at = next((i for i, row in enumerate(self.rows) if row.line.number >= seen.number), 0)
            self._sync(self._heights.start(at) if self.rows else 0)
        self.refresh()

    def _take(self) -> int:
        """Add the lines that came; return how many are shown."""
        lines = self._buffer.since(self._next)
        self._next = self._buffer.end
        if self.follow:
            self._widen()
        changed, came = self._rows.take(lines)
        self._heights.cut(changed)
        self._heights.extend(self._look.height(row) for row in self.rows[changed:])
        if not self.follow:
            self._unseen += came
        return came

    def _widen(self) -> None:
        """Make room for longer labels."""
        if self._label_cells() > self._look.label:
            self._relook()
            self._measure()

    def _drop_old(self) -> int:
        """Forget lines that the buffer dropped; return how many rows of the screen went."""
        hole = self._buffer.hole
        before = len(self._rows)
        gone = self._rows.drop(self._buffer.first, hole)
        cells = self._heights.drop(gone)
        if len(self._rows) + gone != before:
            self._measure()
        return cells

    def _label_cells(self) -> int:
        if not self.show_sources:
            return 0
        labels = (source.label for source in self._buffer.sources if source.lines)
        return label_width(labels, fold=self.wish.fold, wide=self.cells >= WIDE_CELLS)

    def _relook(self) -> None:
        cells = self.cells
        self._look = replace(
            self._look, cells=cells, wrap=self.wrap, left=self.left, label=self._label_cells()
        )
        self._strips.clear()

    def _measure(self) -> None:
        self._heights.clear()
        self._heights.extend(self._look.height(row) for row in self.rows)

    def reflow(self) -> None:
        """Break the lines again and keep the first visible one in place."""
        first, _ = self._visible()
        self._relook()
        self._measure()
        if self.follow:
            self._show_end(repaint=True)
        else:
            self._sync(self._heights.start(first) if self.rows else 0)
            self.refresh()

    def _visible(self) -> tuple[int, int]:
        """Return index of the first and of the row after the last on the screen."""
        top, bottom = self.scroll_offset.y, self.scroll_offset.y + self.page
        count = len(self._heights)
        first = self._heights.locate(top)[0] if top < count else 0
        return first, self._heights.locate(bottom - 1)[0] + 1 if bottom <= count else len(self.rows)

    # Scrolling.

    @contextmanager
    def _scrolling(self) -> Iterator[None]:
        """Mark scrolling as the pane's own, which does not end following."""
        self._own_scroll = True
        try:
            yield
        finally:
            self._own_scroll = False

    def _sync(self, row: int) -> None:
        """Take in how many rows there are and show one of them in the first line."""
        with self._scrolling():
            self.set_row_count(len(self._heights))
            self.go_to_row(row)

    def _show_end(self, *, repaint: bool) -> None:
        if repaint:
            self._sync(len(self._heights))
            self.refresh()

    def move(self, rows: int) -> None:
        """Scroll by rows; scrolling up ends following."""
        if rows < 0:
            self.set_follow(False)
        self._sync(self.scroll_offset.y + rows)

    def action_first_line(self) -> None:
        """Go to the first line and stand still."""
        self.set_follow(False)
        self._sync(0)

    def action_last_line(self) -> None:
        """Go to the last line and follow."""
        self.set_follow(True)

    def on_mouse_scroll_down(self) -> None:
        """Take in rows that came while the pane stood still, so that they can be reached."""
        self._sync(self.scroll_offset.y)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """End following when the operator scrolled up, by wheel or scroll bar too."""
        super().watch_scroll_y(old_value, new_value)
        up = new_value < old_value and new_value < self.max_scroll_y
        if up and not self._own_scroll:
            self.set_follow(False)

    def _changed(self) -> None:
        if self.is_mounted:
            self.post_message(self.StateChanged(self))

    # Painting.

    def _tick(self) -> None:
        """Repaint relative times; while paused nothing moves."""
        if self._look.times == "relative" and self.follow:
            self._strips.clear()
            self.refresh()

    def forget_strips(self) -> None:
        """Drop cached rows."""
        self._strips.clear()

    def _repaint_pause_line(self) -> None:
        self.refresh(Region(0, self.size.height - 1, self.cells, 1))

    def render_line(self, y: int) -> Strip:
        """Render one visible row."""
        self.lines_rendered += 1
        cells = self.cells
        if self._unseen and y == self.size.height - 1:
            return self._pause_line(cells)
        at = y + self.scroll_offset.y
        # Rows that came while it stands still are shown only when they are gone to.
        if at >= min(len(self._heights), self.virtual_size.height):
            return Strip.blank(cells, self.brushes())
        index, part = self._heights.locate(at)
        row = self.rows[index]
        key = (row.serial, row.version, part)
        strip = self._strips.get(key)
        if strip is None:
            current = row.serial == self._match
            strip = log_row(self.brushes, self._look, row, part, self._now(), current=current)
            self._strips[key] = strip
        return strip

    def _pause_line(self, cells: int) -> Strip:
        plural = "" if self._unseen == 1 else "s"
        said = f" paused, {self._unseen:,} new line{plural} below, s or G to follow "
        blank = max(0, cells - width(said) - 4)
        spans = (Span("─" * (blank + 2), "dim"), Span(said, "warn"), Span("──", "dim"))
        return self.brushes.line(spans, cells)
