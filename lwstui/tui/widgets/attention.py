"""The strip that says what needs attention, or that nothing does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip

from lwstui.tui.actions import bindings
from lwstui.tui.widgets.cells import fit, width
from lwstui.tui.widgets.painting import PaintedScroll
from lwstui.tui.widgets.rules import heading
from lwstui.view.types import Attention, Line, Ref, Span

NOTHING: Final = Span("NOTHING NEEDS ATTENTION", "dim")
_MOST: Final = 5
_WIDEST_WHERE: Final = 34
_WIDEST_WHAT: Final = 16


class AttentionStrip(PaintedScroll):
    """At most five causes under a heading; one calm line when there are none."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("list")]
    DEFAULT_CSS = """
    AttentionStrip { height: 2; overflow: hidden; }
    """

    @dataclass
    class Opened(Message):
        """A cause was opened by key or click."""

        strip: AttentionStrip
        ref: Ref

        @property
        def control(self) -> AttentionStrip:
            """The strip."""
            return self.strip

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._items: tuple[Attention, ...] = ()
        self._more = 0
        self._calm: Line = ()
        self._quiet = Span("")
        self._cursor = 0

    def show(
        self,
        items: tuple[Attention, ...],
        more: int = 0,
        calm: Line = (),
        quiet: Span = NOTHING,
    ) -> None:
        """Show causes, worst first.

        Args:
            items: The causes; five of them are shown.
            more: Causes that are not among ``items``.
            calm: What is said when there are none.
            quiet: Title for when there are none.
        """
        more += max(0, len(items) - _MOST)
        items = items[:_MOST]
        if (items, more, calm, quiet) == (self._items, self._more, self._calm, self._quiet):
            return
        if len(items) != len(self._items):
            self.styles.height = max(2, 1 + len(items))
        self._items, self._more, self._calm, self._quiet = items, more, calm, quiet
        self._cursor = max(0, min(self._cursor, len(items) - 1))
        self.refresh()

    @property
    def count(self) -> int:
        """How many causes there are, those included that do not fit."""
        return len(self._items) + self._more

    @property
    def told(self) -> tuple[Line, ...]:
        """The causes in full, or the calm sentence, as lines of a text."""
        if not self._items:
            return (self._calm,) if self._calm else ()
        where = max(width(item.where) for item in self._items)
        what = max(width(item.what) for item in self._items)
        more = (Span(f" ({self._more} more not shown)"),) if self._more else ()
        heading = (Span(f"NEEDS ATTENTION {self.count}"), *more)
        return (
            heading,
            *(
                (
                    Span(f"{item.glyph} {fit(item.where, where)}  {fit(item.what, what)}  "),
                    Span(f"{item.reason}   {item.since}".rstrip()),
                )
                for item in self._items
            ),
        )

    def action_cursor_down(self) -> None:
        """Go to the next cause."""
        self._move(1)

    def action_cursor_up(self) -> None:
        """Go to the previous cause."""
        self._move(-1)

    def action_open_cursor(self) -> None:
        """Open the cause under the cursor."""
        if self._items:
            self.post_message(self.Opened(self, self._items[self._cursor].ref))

    def on_click(self, event: events.Click) -> None:
        """Open the cause that was clicked."""
        event.stop()
        if 0 < event.y <= len(self._items):
            self._cursor = event.y - 1
            self.refresh()
            self.action_open_cursor()

    def _move(self, by: int) -> None:
        self._cursor = max(0, min(self._cursor + by, len(self._items) - 1))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Render the heading, a cause, or the calm sentence."""
        cells = self.size.width
        if y == 0:
            return self._heading(cells)
        if self._items and y <= len(self._items):
            base = "paint--cursor" if self.has_focus and y - 1 == self._cursor else ""
            return self.brushes.line(self._cause(self._items[y - 1], cells), cells, base)
        if y == 1:
            return self.brushes.line((Span("  "), *self._calm), cells)
        return Strip.blank(cells, self.brushes())

    def _heading(self, cells: int) -> Strip:
        if not self.count:
            return heading(self.brushes, self._quiet, "", "", cells)
        hint = f"+{self._more} more   ! next" if self._more else "! next"
        return heading(self.brushes, Span(f"NEEDS ATTENTION {self.count}", "warn"), "", hint, cells)

    def _cause(self, item: Attention, cells: int) -> Line:
        where = min(_WIDEST_WHERE, max(width(other.where) for other in self._items))
        what = min(_WIDEST_WHAT, max(width(other.what) for other in self._items))
        since = max(width(other.since) for other in self._items)
        reason = max(0, cells - 2 - 2 - where - 2 - what - 2 - 2 - since - 1)
        return (
            Span("  "),
            Span(item.glyph, item.tone),
            Span(f" {fit(item.where, where)}  ", "bold"),
            Span(f"{fit(item.what, what)}  "),
            Span(f"{fit(item.reason, reason)}  "),
            Span(fit(item.since, since, "right"), "dim"),
        )
