"""What scrolling widgets with a cursor share: a heading that stays, lines below it, a cursor."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

from textual.geometry import Region

from lwstui.tui.widgets.painting import PaintedScroll

_SETTLE_S: Final = 0.5


class CursorScroll(PaintedScroll):
    """A heading and below it lines, on one of which the cursor is.

    Args:
        clock: Seconds on a clock that never goes back.

    Attributes:
        lines_rendered: How many lines were rendered so far.
        cursor_lost_at: When what was under the cursor vanished last.
    """

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.lines_rendered = 0
        self.cursor_lost_at = -math.inf
        self._clock = clock

    @property
    def settled(self) -> bool:
        """Whether what is under the cursor has been there long enough to act on."""
        return self._clock() - self.cursor_lost_at >= _SETTLE_S

    @property
    def _page(self) -> int:
        return max(1, self.scrollable_content_region.height - 1)

    def _show_line(self, line: int) -> None:
        """Scroll as little as brings a line into sight; 0 is the one below the heading."""
        top, page = self.scroll_offset.y, self._page
        if line < top:
            self._scroll_line(line)
        elif line >= top + page:
            self._scroll_line(line - page + 1)

    def _scroll_line(self, top: int) -> None:
        self.scroll_to(y=max(0, top), animate=False, immediate=True, force=True)

    def _repaint_heading(self) -> None:
        self.refresh(Region(0, 0, self.cells, 1))

    def _repaint_line(self, line: int) -> None:
        """Repaint a line if it is in sight."""
        y = 1 + line - self.scroll_offset.y
        if 0 < y < self.size.height:
            self.refresh(Region(0, y, self.cells, 1))
