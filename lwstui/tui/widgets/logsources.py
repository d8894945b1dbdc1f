"""The strip of sources under a merged log: who speaks, how much, who fails; mute and solo."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.segment import Segment
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from lwstui.tui.actions import bindings
from lwstui.tui.theming import SOURCES
from lwstui.tui.widgets.cells import cut, width
from lwstui.tui.widgets.logpaint import LOG_CLASSES
from lwstui.tui.widgets.painting import PaintedLines
from lwstui.view.loglines import SourceInfo

MOST_LINES: Final = 2
_WIDEST: Final = 30


class SourceStrip(PaintedLines, can_focus=True):
    """Sources side by side; the strip scrolls with its cursor.

    Attributes:
        hidden: Labels of the sources that are muted.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = set(LOG_CLASSES)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("sources")]
    DEFAULT_CSS = "SourceStrip { height: auto; }" + "".join(
        f"SourceStrip .source--{number} {{ color: $source-{number}; }}\n"
        for number in range(1, SOURCES + 1)
    )

    @dataclass
    class Muted(Message):
        """Other sources are muted than before."""

        hidden: frozenset[str]

    @dataclass
    class Wanted(Message):
        """A source that is only listed shall be read."""

        label: str

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self.hidden: frozenset[str] = frozenset()
        self.cursor = 0
        self._sources: tuple[SourceInfo, ...] = ()
        self._items: tuple[tuple[str, str, str], ...] = ()
        self._lines: tuple[int, list[list[int]]] = (0, [])

    def show(self, sources: Sequence[SourceInfo], rates: Mapping[str, float]) -> None:
        """Show sources and lines per second by label; equal ones change nothing."""
        items = tuple(_item(one, rates.get(one.label, 0.0), self.hidden) for one in sources)
        self._sources = tuple(sources)
        if items != self._items:
            more = len(items) != len(self._items)
            self._items = items
            self._lines = (0, [])
            self.refresh(layout=more)

    @property
    def selected(self) -> SourceInfo | None:
        """The source under the cursor."""
        at = min(self.cursor, len(self._sources) - 1)
        return self._sources[at] if at >= 0 else None

    # Keys.

    def action_source_left(self) -> None:
        """Go to the source before."""
        self._move(-1)

    def action_source_right(self) -> None:
        """Go to the next source."""
        self._move(1)

    def action_mute(self) -> None:
        """Leave the source under the cursor out, or show it again."""
        source = self.selected
        if source is not None:
            self._mute(self.hidden ^ {source.label})

    def action_solo(self) -> None:
        """Show only the source under the cursor, or all again; read it if it is only listed."""
        source = self.selected
        if source is None:
            return
        if source.state == "listed":
            self.post_message(self.Wanted(source.label))
            return
        others = frozenset(s.label for s in self._sources if s.label != source.label)
        self._mute(frozenset() if self.hidden == others else others)

    def _mute(self, hidden: frozenset[str]) -> None:
        self.hidden = hidden
        self.post_message(self.Muted(hidden))

    def _move(self, by: int) -> None:
        if self._sources:
            self.cursor = (min(self.cursor, len(self._sources) - 1) + by) % len(self._sources)
            self.refresh()

    # Painting.

    def _layout(self, cells: int) -> list[list[int]]:
        """Return which items stand in which line."""
        if self._lines[0] != cells:
            lines: list[list[int]] = [[]]
            left = cells - 1
            for at, (mark, label, rate) in enumerate(self._items):
                taken = width(mark) + width(label) + width(rate) + 4
                if taken > left and lines[-1]:
                    lines.append([])
                    left = cells - 1
                lines[-1].append(at)
                left -= taken
            self._lines = (cells, lines)
        return self._lines[1]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines are shown."""
        del container, viewport
        return min(MOST_LINES, len(self._layout(width))) if self._items else 0

    def on_focus(self) -> None:
        """Show the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Render one line."""
        cells = self.size.width
        lines = self._layout(cells)
        at = next((i for i, line in enumerate(lines) if self.cursor in line), 0)
        first = max(0, min(at, len(lines) - MOST_LINES)) if self.has_focus else 0
        if first + y >= len(lines):
            return Strip.blank(cells, self.brushes())
        segments = [Segment(" ", self.brushes())]
        for number in lines[first + y]:
            segments += self._segments(number)
        if y == MOST_LINES - 1 and first + y < len(lines) - 1:
            below = sum(map(len, lines[first + y + 1 :]))
            more = f"{below} more"
            segments.append(Segment(more, self.brushes("tone--dim")))
        return Strip(segments).adjust_cell_length(cells, self.brushes())

    def _segments(self, number: int) -> Iterator[Segment]:
        mark, label, rate = self._items[number]
        source = self._sources[number]
        focused = self.has_focus and number == min(self.cursor, len(self._items) - 1)
        base = "paint--cursor" if focused else ""
        muted = source.label in self.hidden or source.state == "listed"
        colour = "tone--dim" if muted else f"source--{source.colour % SOURCES + 1}"
        yield Segment(f"{mark} {label}", self.brushes(base, colour))
        tone = "tone--bad" if source.problem or source.errors else "tone--dim"
        yield Segment(f" {rate}", self.brushes(base, tone))
        yield Segment("  ", self.brushes())


def _item(source: SourceInfo, rate: float, hidden: frozenset[str]) -> tuple[str, str, str]:
    """Return mark, label and what is said of a source."""
    label = cut(source.label, _WIDEST)
    if source.state == "listed":
        return "+", label, "not read"
    if source.label in hidden:
        return "·", label, "muted"
    said = f"{rate:.0f}/s" if rate >= 10 or rate == 0 else f"{rate:.1f}/s"
    if source.problem:
        said = "fails"
    elif source.state == "ended" and not rate:
        said = "ended"
    return "■", label, f"! {said}" if source.problem or source.errors else said
