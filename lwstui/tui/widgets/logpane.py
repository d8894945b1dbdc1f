"""Merged logs: what keys do with them."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.binding import BindingType

from lwstui.tui.actions import bindings
from lwstui.tui.widgets.logpaint import TIMES
from lwstui.tui.widgets.logscroll import LogScroll
from lwstui.view.logfold import MODES


class LogPane(LogScroll):
    """A merged log with its keys: follows, pauses, wraps, filters, searches, folds."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("logs")]

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
        """Mark matches, show nothing else, or show them and the lines around them."""
        mode = MODES[(MODES.index(self.wish.mode) + 1) % len(MODES)]
        self._wish(mode=mode)

    def action_fold(self) -> None:
        """Give lines that say the same one row, or each its own."""
        self._wish(fold=not self.wish.fold)

    def action_unfold(self) -> None:
        """Unfold the rows on the screen; fold all again when none of them is folded."""
        first, last = self._visible()
        folded = [at for at in range(first, last) if self.rows[at].count > 1]
        self.set_follow(False)
        if not folded:
            self._start_over()
        for at in reversed(folded):
            self._rows.unfold(at, self._buffer.find(self.rows[at].numbers))
        self._measure()
        self._sync(self._heights.start(first) if folded else self.scroll_offset.y)
        self.refresh()

    def action_clear(self) -> None:
        """Forget all lines."""
        self._buffer.clear()
        self._start_over()

    def action_mark(self) -> None:
        """Draw a line at the end that says when."""
        now = self._now()
        self._buffer.mark("mark", now)
        self.feed(self._buffer)

    def action_next_match(self) -> None:
        """Go to the next line that the search means, wrapping."""
        self._go_to_match(1)

    def action_previous_match(self) -> None:
        """Go to the previous line that the search means, wrapping."""
        self._go_to_match(-1)

    def _go_to_match(self, step: int) -> None:
        rows = self.rows
        start = self._rows.index(self._match)
        if start < 0:
            start = self._visible()[0] - (step > 0)
        for distance in range(1, len(rows) + 1):
            at = (start + step * distance) % len(rows)
            if rows[at].hits:
                self.set_follow(False)
                self._match = rows[at].serial
                self._strips.clear()
                self._sync(self._heights.start(at) - self.page // 3)
                self.refresh()
                return

    def shift(self, cells: int) -> None:
        """Move the text sideways."""
        super().shift(cells)
        self._relook()

    def on_click(self, event: events.Click) -> None:
        """Unfold the row under the mouse on a double click."""
        row = event.y + self.scroll_offset.y
        if event.chain != 2 or row >= len(self._heights):
            return
        at = self._heights.locate(row)[0]
        if self.rows[at].count > 1:
            self.set_follow(False)
            self._rows.unfold(at, self._buffer.find(self.rows[at].numbers))
            self._measure()
            self._sync(self.scroll_offset.y)
            self.refresh()
