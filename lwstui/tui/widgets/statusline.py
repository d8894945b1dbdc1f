"""The first two lines of every screen: where the console is attached, and what is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from rich.color import ColorParseError
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from lwstui.tui.widgets.cells import cut_middle, visible, width
from lwstui.tui.widgets.painting import PaintedLines, fit_spans, spans_width
from lwstui.view.types import Line, Span, StatusView

_BAR: Final = " │ "
_GAP: Final = "  "
_LONGEST_NAME: Final = 32
_TAPE_RANKS: Final = (0, 0, 3, 8)
"""What is said of a recording gives way in this order: that it is one, and when, never."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of the status line.

    Attributes:
        rank: Facts of a high rank give way first when the line is too narrow; 0 never does.
        span: What is shown.
        right: Whether it belongs to the right end.
        badge: Whether it is the sandbox badge.
        accent: Colour of its own, empty for that of its tone.
    """

    rank: int
    span: Span
    right: bool = False
    badge: bool = False
    accent: str = ""


def facts(view: StatusView) -> tuple[Fact, ...]:
    """Return the facts of a status in the order in which they are shown."""
    cleaned = (
        replace(fact, span=Span(visible(fact.span.text), fact.span.tone)) for fact in _facts(view)
    )
    return tuple(fact for fact in cleaned if fact.span.text)


def _facts(view: StatusView) -> Iterator[Fact]:
    if view.sandbox:
        yield Fact(0, Span(" SANDBOX "), badge=True)
    for number, span in enumerate(view.tape):
        yield Fact(_TAPE_RANKS[number], span)
    yield Fact(0, Span(_context(view), "title"), accent=view.accent)
    if view.user not in ("", view.context):
        yield Fact(30, Span(cut_middle(view.user, _LONGEST_NAME)))
    yield Fact(5, Span(cut_middle(view.scope, _LONGEST_NAME)))
    yield Fact(0, Span(view.mode, "warn" if view.mode == "RO" else "bold"))
    yield Fact(0, view.connection)
    yield Fact(2, view.controller)
    for number, total in enumerate(view.totals):
        yield Fact(10 + number, total, right=True)
    yield Fact(4, Span(view.clock, "dim"), right=True)


def _context(view: StatusView) -> str:
    """Return the context's name; one with a colour of its own has a border if it is protected."""
    name = cut_middle(view.context, _LONGEST_NAME)
    return f"[{name}]" if view.accent and view.protected else name


def accented(style: Style, accent: str) -> Style:
    """Return a style in another colour; one that is no colour changes nothing."""
    try:
        return style + Style(color=accent, bold=True)
    except ColorParseError:
        return style


def choose(shown: tuple[Fact, ...], cells: int) -> tuple[Fact, ...]:
    """Drop facts, highest rank first, until the rest fits into ``cells`` cells."""
    while _cells(shown) > cells and any(fact.rank for fact in shown):
        worst = max(shown, key=lambda fact: fact.rank)
        shown = tuple(fact for fact in shown if fact is not worst)
    return shown


def _cells(shown: tuple[Fact, ...]) -> int:
    left = [fact for fact in shown if not fact.right]
    right = [fact for fact in shown if fact.right]
    text = sum(width(fact.span.text) for fact in shown)
    return 2 + text + len(_BAR) * max(0, len(left) - 1) + len(_GAP) * len(right)


class StatusLine(PaintedLines):
    """Context, namespaces, access, connection, controller, totals and clock in one line.

    The sandbox badge, the context, the access mode and the connection are always shown.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"status--sandbox"}
    DEFAULT_CSS = """
    StatusLine {
        height: 1;
        background: $status-background;
        color: $status-foreground;
        text-style: $status-style;
        .status--sandbox {
            background: $sandbox-background;
            color: $sandbox-foreground;
            text-style: $sandbox-style;
        }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._view: StatusView | None = None

    def show(self, view: StatusView) -> None:
        """Show a status."""
        if view != self._view:
            self._view = view
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Render the line."""
        cells = self.size.width
        if y or self._view is None:
            return Strip.blank(cells, self.brushes())
        shown = choose(facts(self._view), cells)
        left = self._segments([fact for fact in shown if not fact.right], _BAR)
        right = self._segments([fact for fact in shown if fact.right], _GAP)
        used = 2 + sum(segment.cell_length for segment in (*left, *right))
        blank = Segment(" " * max(0, cells - used), self.brushes())
        edge = Segment(" ", self.brushes())
        return Strip([edge, *left, blank, *right, edge]).adjust_cell_length(cells, self.brushes())

    def _segments(self, shown: list[Fact], between: str) -> list[Segment]:
        segments: list[Segment] = []
        for fact in shown:
            text, tone = fact.span
            if segments:
                segments.append(Segment(between, self.brushes("tone--dim")))
            style = self.brushes("status--sandbox") if fact.badge else self.brushes.tone(tone)
            segments.append(Segment(text, accented(style, fact.accent) if fact.accent else style))
        return segments


def _told_whole(line: Line, cells: int) -> Line:
    """Return a title without the facts at its end that matter little and would be cut."""
    while (
        line and spans_width(line) > cells and line[-1].tone == "dim" and line[-1].text[:1] == " "
    ):
        line = line[:-1]
    return line


class TitleLine(PaintedLines):
    """What the screen shows at the left, what keys act on at the right."""

    DEFAULT_CSS = "TitleLine { height: 1; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._shown: tuple[Line, Line] = ((), ())

    def show(self, line: Line, right: Line = ()) -> None:
        """Show a title; the right part stays whole when there is little room."""
        if (line, right) != self._shown:
            self._shown = (line, right)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Render the line."""
        cells = self.size.width
        if y:
            return Strip.blank(cells, self.brushes())
        left, right = self._shown
        right = fit_spans(right, max(0, cells - 2))
        room = max(0, cells - 2 - spans_width(right) - (2 if right else 0))
        left = fit_spans(_told_whole(left, room), room)
        blank = cells - 2 - spans_width(left) - spans_width(right)
        return self.brushes.line((Span(" "), *left, Span(" " * blank), *right), cells)
