"""Merged logs: follows, pauses, wraps, filters, searches."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import ClassVar

from textual.binding import BindingType
from textual.cache import LRUCache
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from lwstui.tui.actions import bindings
from lwstui.tui.widgets.cells import width
from lwstui.tui.widgets.logpaint import LOG_CLASSES, LOG_CSS, TIMES, Look, label_width, log_row
from lwstui.tui.widgets.logrows import LogRows
from lwstui.tui.widgets.pager import Pager
from lwstui.view.logs import LogBuffer, LogLine, Search
from lwstui.view.types import Line, Span

_STRIPS = 2048
_TICK_S = 1.0


class LogPane(Pager):
    """Shows a log buffer: visible rows are rendered, everything else is only counted.

    It follows new lines until the operator scrolls up; then nothing on screen moves, and the
    last line counts what has arrived since.

    Args:
        now: Wall clock in epoch seconds, for relative times.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = set(LOG_CLASSES)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("logs")]
    DEFAULT_CSS = f"LogPane {{ {LOG_CSS} }}"

    @dataclass
    class StateChanged(Message):
        """Following, wrapping, times, sources or the search mode changed."""

        pane: LogPane

        @property
        def control(self) -> LogPane:
            """The pane."""
            return self.pane

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.follow = True
        self.show_sources = True
        self.only_matches = False
        self._now = now
        self._buffer = LogBuffer()
        self._look = Look(times="off")
        self._lines: list[LogLine] = []
        self._rows = LogRows()
        self._next = 0
        self._unseen = 0
        self._match = -1
        self._own_scroll = False
        self._strips: LRUCache[tuple[int, int], Strip] = LRUCache(_STRIPS)

    def on_mount(self) -> None:
        """Keep relative times going."""
        self.set_interval(_TICK_S, self._tick)

    # What it shows.

    def feed(self, buffer: LogBuffer) -> None:
        """Show what a buffer holds now; call it once per batch, not per line.

        Args:
            buffer: The same one each time; another one starts over.
        """
        if buffer is not self._buffer:
            self._buffer = buffer
            self._start_over()
            return
        dropped = self._drop_old()
        came = self._take(buffer.since(max(self._next, buffer.first)))
        self._next = buffer.end
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
        return sum(self._is_match(line) for line in self._lines)

    @property
    def times(self) -> str:
        """Which timestamps are shown: off, absolute or relative."""
        return self._look.times

    def state(self) -> Line:
        """Return the pane's modes as one line of text."""
        modes = [
            Span("following", "ok") if self.follow else Span("PAUSED", "warn"),
            Span(f"wrap {'on' if self.wrap else 'off'}", "dim"),
            Span(f"time {self._look.times}", "dim"),
        ]
        if self._look.search.text:
            mode = "only matches" if self.only_matches else "matches marked"
            modes.append(Span(f"/{self._look.search.text} {mode}", "info"))
        if self._buffer.dropped:
            modes.append(Span(f"dropped {self._buffer.dropped}", "warn"))
        spaced = [span for mode in modes for span in (Span("  "), mode)]
        return tuple(spaced[1:])

    def set_search(self, search: Search, *, only: bool | None = None) -> None:
        """Mark what a search means, or show nothing else.

        Args:
            search: As ``lwstui.view.logs.search`` makes it; empty marks nothing.
            only: Show only matches; None keeps the mode.
        """
        self._look = replace(self._look, search=search)
        self.only_matches = self.only_matches if only is None else only
        self._match = -1
        self._start_over()
        self._changed()

    def set_follow(self, follow: bool) -> None:
        """Follow new lines, or stand still."""
        if follow == self.follow:
            return
        self.follow = follow
        self._unseen = 0
        if follow:
            self._show_end(repaint=True)
        self._changed()

    # Lines and rows.

    def _start_over(self) -> None:
        self._lines.clear()
        self._rows.clear()
        self._relook()
        self._take(self._buffer.lines)
        self._next = self._buffer.end
        self._unseen = 0
        self._sync(len(self._rows) if self.follow else self.scroll_offset.y)
        self.refresh()

    def _take(self, lines: Sequence[LogLine]) -> int:
        """Add lines that are meant; return how many."""
        if self._label_cells() > self._look.label:
            self._relook()
            self._measure()
        meant = [line for line in lines if self._is_meant(line)]
        self._lines.extend(meant)
        self._rows.extend(self._look.height(line) for line in meant)
        if not self.follow:
            self._unseen += len(meant)
        return len(meant)

    def _drop_old(self) -> int:
        """Forget lines that the buffer dropped; return how many rows went."""
        first = self._buffer.first
        gone = bisect_left(self._lines, first, key=lambda line: line.number)
        del self._lines[:gone]
        return self._rows.drop(gone)

    def _is_meant(self, line: LogLine) -> bool:
        return not self.only_matches or self._look.search.matches(line)

    def _is_match(self, line: LogLine) -> bool:
        search = self._look.search
        return search.pattern is not None and line.kind == "line" and search.matches(line)

    def _label_cells(self) -> int:
        if not self.show_sources:
            return 0
        return label_width(source.label for source in self._buffer.sources)

    def _relook(self) -> None:
        cells = self.cells
        self._look = replace(
            self._look, cells=cells, wrap=self.wrap, left=self.left, label=self._label_cells()
        )
        self._strips.clear()

    def _measure(self) -> None:
        self._rows.clear()
        self._rows.extend(self._look.height(line) for line in self._lines)

    def reflow(self) -> None:
        """Break the lines again and keep the first visible one in place."""
        top = self.scroll_offset.y
        line = self._rows.locate(top)[0] if top < len(self._rows) else 0
        self._relook()
        self._measure()
        if self.follow:
            self._show_end(repaint=True)
        else:
            self._sync(self._rows.start(line) if self._lines else 0)
            self.refresh()

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
            self.set_row_count(len(self._rows))
            self.go_to_row(row)

    def _show_end(self, *, repaint: bool) -> None:
        if repaint:
            self._sync(len(self._rows))
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

    # Keys.

    def action_follow(self) -> None:
        """Follow or stand still."""
        self.set_follow(not self.follow)

    def action_wrap(self) -> None:
        """Wrap or do not wrap."""
        super().action_wrap()
        self._changed()

    def action_timestamps(self) -> None:
        """Show the next kind of timestamps."""
        times = TIMES[(TIMES.index(self._look.times) + 1) % len(TIMES)]
        self._look = replace(self._look, times=times)
        self.reflow()
        self._changed()

    def action_sources(self) -> None:
        """Show or hide the source column."""
        self.show_sources = not self.show_sources
        self.reflow()
        self._changed()

    def action_only_matches(self) -> None:
        """Show only matches, or all lines with matches marked."""
        self.set_search(self._look.search, only=not self.only_matches)

    def action_clear(self) -> None:
        """Forget all lines."""
        self._buffer.clear()
        self._start_over()

    def action_next_match(self) -> None:
        """Go to the next line that the search means, wrapping."""
        self._go_to_match(1)

    def action_previous_match(self) -> None:
        """Go to the previous line that the search means, wrapping."""
        self._go_to_match(-1)

    def _go_to_match(self, step: int) -> None:
        count = len(self._lines)
        start = self._match_at()
        if start < 0:
            start = self._rows.locate(self.scroll_offset.y)[0] - (step > 0)
        for distance in range(1, count + 1):
            at = (start + step * distance) % count
            if self._is_match(self._lines[at]):
                self.set_follow(False)
                self._match = self._lines[at].number
                self._strips.clear()
                self._sync(self._rows.start(at) - self.page // 3)
                self.refresh()
                return

    def _match_at(self) -> int:
        """Return where the current match is among the lines, -1 if it is nowhere."""
        at = bisect_left(self._lines, self._match, key=lambda line: line.number)
        found = at < len(self._lines) and self._lines[at].number == self._match
        return at if found else -1

    def shift(self, cells: int) -> None:
        """Move the text sideways."""
        super().shift(cells)
        self._relook()

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
        row = y + self.scroll_offset.y
        if row >= len(self._rows):
            return Strip.blank(cells, self.brushes())
        at, part = self._rows.locate(row)
        line = self._lines[at]
        strip = self._strips.get((line.number, part))
        if strip is None:
            current = line.number == self._match
            strip = log_row(self.brushes, self._look, line, part, self._now(), current=current)
            self._strips[line.number, part] = strip
        return strip

    def _pause_line(self, cells: int) -> Strip:
        plural = "" if self._unseen == 1 else "s"
        said = f" paused, {self._unseen} new line{plural} below, s or G to follow "
        blank = max(0, cells - width(said) - 4)
        spans = (Span("─" * (blank + 2), "dim"), Span(said, "warn"), Span("──", "dim"))
        return self.brushes.line(spans, cells)
