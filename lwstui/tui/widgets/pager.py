"""Moving through lines of text: what text views and logs have in common."""

from __future__ import annotations

from textual.geometry import Size

from lwstui.tui.widgets.painting import PaintedScroll

_STEP = 8


class Pager(PaintedScroll):
    """Lines without a cursor; the text moves sideways in steps while it does not wrap."""

    DEFAULT_CSS = "Pager { height: 1fr; overflow-x: hidden; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self.lines_rendered = 0
        self.wrap = False
        self.left = 0

    def reflow(self) -> None:
        """Break the lines again, because the width or the wish to wrap changed."""
        raise NotImplementedError

    def set_wrap(self, wrap: bool) -> None:
        """Wrap long lines, or let them be scrolled sideways."""
        self.wrap, self.left = wrap, 0
        self.reflow()

    @property
    def page(self) -> int:
        """Visible lines."""
        return max(1, self.scrollable_content_region.height)

    def set_row_count(self, rows: int) -> None:
        """Say how many rows there are in all."""
        self.virtual_size = Size(self.cells, rows)

    def go_to_row(self, row: int) -> None:
        """Show a row in the first line, as far as there are rows below it."""
        last = max(0, self.virtual_size.height - self.page)
        self.scroll_to(y=max(0, min(row, last)), animate=False, immediate=True, force=True)

    def move(self, rows: int) -> None:
        """Scroll by rows."""
        self.go_to_row(self.scroll_offset.y + rows)

    def shift(self, cells: int) -> None:
        """Move the text sideways."""
        left = 0 if self.wrap else max(0, self.left + cells)
        if left != self.left:
            self.left = left
            self.forget_strips()
            self.refresh()

    def on_resize(self) -> None:
        """Break the lines for the new width."""
        self.reflow()

    def action_line_down(self) -> None:
        """Go one line down."""
        self.move(1)

    def action_line_up(self) -> None:
        """Go one line up."""
        self.move(-1)

    def action_text_page_down(self) -> None:
        """Go one page down."""
        self.move(self.page)

    def action_text_page_up(self) -> None:
        """Go one page up."""
        self.move(-self.page)

    def action_half_page_down(self) -> None:
        """Go half a page down."""
        self.move(self.page // 2)

    def action_half_page_up(self) -> None:
        """Go half a page up."""
        self.move(-(self.page // 2))

    def action_first_line(self) -> None:
        """Go to the first line."""
        self.go_to_row(0)

    def action_last_line(self) -> None:
        """Go to the last line."""
        self.go_to_row(self.virtual_size.height)

    def action_text_left(self) -> None:
        """Show what is further left."""
        self.shift(-_STEP)

    def action_text_right(self) -> None:
        """Show what is further right."""
        self.shift(_STEP)

    def action_wrap(self) -> None:
        """Wrap or do not wrap."""
        self.set_wrap(not self.wrap)
