"""Two versions of a set side by side: of its template, or of its spec and what was applied."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

from textual.binding import BindingType
from textual.widget import Widget

from lwstui.state.model import Snapshot
from lwstui.tui.actions import Scope
from lwstui.tui.routes import Route, RouteState
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.base import ConsoleScreen
from lwstui.tui.screens.blocks import LineBlock
from lwstui.tui.screens.tabs import tabs_line
from lwstui.tui.widgets.painting import spans_width
from lwstui.tui.widgets.statusline import TitleLine
from lwstui.tui.widgets.textpane import TextPane
from lwstui.tui.widgets.wrapping import wrap_spans
from lwstui.view.diffs import text_diff
from lwstui.view.sidebyside import Pair, side_by_side
from lwstui.view.template_diff import APPLIED, Comparison, comparison, summary
from lwstui.view.types import Line, Ref, Span

TABS: Final = {1: "revision", 2: "applied", 3: "whole text"}
COLUMNS_FROM: Final = 120
"""Cells from which two columns are shown."""
_BETWEEN: Final = Span(" │ ", "dim")


class DiffScreen(ConsoleScreen):
    """A comparison; it follows the cluster."""

    SCOPES: ClassVar[tuple[Scope, ...]] = ("text",)
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings()]
    AUTO_FOCUS = "#text"

    def __init__(self, route: Route, state: RouteState) -> None:
        super().__init__(route, state)
        self._whole = False
        self._what = state.tab or route.detail
        self._shown: tuple[object, ...] = ()

    def body(self) -> Iterable[Widget]:
        """Return what is compared, and the text."""
        yield LineBlock(id="sides")
        yield TextPane(id="text", classes="data")

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show the comparison."""
        ref = self.route.ref or Ref("set", "", "")
        what = APPLIED if self._what == APPLIED else ""
        found = comparison(snapshot, ref, what, now, self.host.memo)
        self._show_title(ref, found)
        self._show_sides(found)
        cells = max(20, self.size.width - 3)
        shown = (found, cells, self._whole)
        if shown != self._shown:
            self._shown = shown
            self.query_one("#text", TextPane).set_lines(_lines(found, cells, whole=self._whole))

    def _show_title(self, ref: Ref, found: Comparison) -> None:
        title = [Span("diff", "title"), Span(f" of {ref.name}   {summary(found)}")]
        if self.state.query.filter:
            title += [Span("   / ", "dim"), Span(self.state.query.filter, "bold")]
        self.query_one(TitleLine).show(tuple(title))

    def _show_sides(self, found: Comparison) -> None:
        chosen = "whole text" if self._whole else "applied" if self._what == APPLIED else "revision"
        lines = [tabs_line(TABS, chosen)]
        if found.left:
            sides = (Span("- ", "bad"), Span(found.left), Span("   + ", "ok"), Span(found.right))
            lines.append(sides)
        if found.note:
            lines.append((Span(found.note, "dim"),))
        self.query_one("#sides", LineBlock).show(tuple(lines))

    def choose(self, number: int) -> None:
        """Compare with the revision before, with what was applied, or show all lines."""
        if number not in TABS:
            self.say(f"there is no choice {number}", "dim")
            return
        if number == 3:
            self._whole = not self._whole
        else:
            self._what = self.state.tab = TABS[number]
        self.refresh_view()

    def find(self, text: str) -> None:
        """Search the text."""
        super().find(text)
        self.query_one("#text", TextPane).search(text)


def _lines(found: Comparison, cells: int, *, whole: bool) -> tuple[Line, ...]:
    """Return the lines of a comparison: in two columns if there is room."""
    if not found.left:
        return tuple((Span(f"  {line}", "dim"),) for line in found.new)
    if found.old == found.new and not whole:
        return ((Span("no difference", "ok"),),)
    around = {"context": None} if whole else {}
    if cells + 3 < COLUMNS_FROM:
        return text_diff(found.old, found.new, **around)
    rows = side_by_side(found.old, found.new, **around)
    return tuple(line for pair in rows for line in columns(pair, cells))


def columns(pair: Pair, cells: int) -> Iterable[Line]:
    """Yield the lines of one row in two columns; long texts go on below."""
    wide = (cells - len(_BETWEEN.text)) // 2
    left, right = (wrap_spans(side, wide) if side else [] for side in pair)
    for number in range(max(len(left), len(right))):
        one = left[number] if number < len(left) else ()
        other = right[number] if number < len(right) else ()
        yield (*one, Span(" " * (wide - spans_width(one))), _BETWEEN, *other)
