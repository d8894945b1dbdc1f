"""Painting of log rows: time, source, text, colours, matches."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Final, Literal

from rich.cells import chop_cells
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from lwstui.tui.theming import SOURCES
from lwstui.tui.widgets.cells import cut, fit, visible, width
from lwstui.tui.widgets.painting import Brushes
from lwstui.tui.widgets.wrapping import mark
from lwstui.view.ages import clock
from lwstui.view.logfold import LogRow, together
from lwstui.view.loglines import LogLine, colour_of
from lwstui.view.logsearch import Search

Times = Literal["off", "absolute", "relative"]
TIMES: Final[tuple[Times, ...]] = ("off", "absolute", "relative")

SOURCE_CLASSES: Final = frozenset(f"source--{number}" for number in range(1, SOURCES + 1))
LOG_CLASSES: Final = frozenset({*SOURCE_CLASSES, "log--warn", "log--bad"})
LOG_CSS: Final = """
    .log--warn { color: $tone-warn; text-style: $log-warn-style; }
    .log--bad { color: $tone-bad; text-style: $log-bad-style; }
""" + "".join(
    f".source--{number} {{ color: $source-{number}; }}\n" for number in range(1, SOURCES + 1)
)

WIDEST_SOURCE: Final = 20
FOLDED_SOURCE: Final = 12
"""Cells that several sources of one row get at most: ``leader,w1 ×2``."""
WIDE_FOLDED: Final = 15
"""The same where there is room: ``leader,w1-w7 ×8``."""
WIDE_CELLS: Final = 110
_BAR: Final = " │ "


@dataclass(frozen=True, slots=True)
class Look:
    """How log rows are shown; a change of it drops every cached strip.

    Attributes:
        cells: Cells of a row.
        wrap: Whether long lines take several rows.
        left: Characters hidden at the left while lines do not wrap.
        times: Which timestamps.
        utc: Whether absolute ones are those of UTC.
        label: Cells of the source column, 0 hides it.
        search: What is marked.
    """

    cells: int = 80
    wrap: bool = False
    left: int = 0
    times: Times = "off"
    utc: bool = False
    label: int = 0
    search: Search = field(default_factory=Search)

    @property
    def prefix(self) -> int:
        """Cells left of the text."""
        stamp = {"off": 0, "absolute": 13, "relative": 10}[self.times]
        return 1 + stamp + (self.label + len(_BAR) if self.label else 0)

    @property
    def room(self) -> int:
        """Cells for the text of one row."""
        return max(10, self.cells - self.prefix)

    def height(self, row: LogRow) -> int:
        """Return how many rows of the screen a row takes."""
        if not self.wrap or row.line.kind in {"mark", "gap"}:
            return 1
        text = row.text
        if width(text) <= self.room:
            return 1
        text = visible(text)
        if text.isascii():
            return math.ceil(len(text) / self.room)
        return len(chop_cells(text, self.room))


def label_width(labels: Iterable[str], *, fold: bool, wide: bool = False) -> int:
    """Return the cells of the source column for these labels.

    Args:
        labels: Of all sources.
        fold: Whether rows may stand for several of them.
        wide: Whether there is room for the names of several.
    """
    shown = list(labels)
    groups = max((width(label.rpartition("/")[0]) for label in shown), default=0)
    least = 0
    if fold and len(shown) > 1:
        least = (WIDE_FOLDED if wide else FOLDED_SOURCE) + groups
    if least and not groups:
        least = min(least, width(f"{together(shown)} ×{len(shown)}"))
    return min(WIDEST_SOURCE, max((least, *map(width, shown))))


def stamp(at: float, look: Look, now: float) -> str:
    """Return a line's time as text.

    Returns:
        Clock time ``10:41:55.250``, or the distance to now such as ``-3m12.0`` or ``-2h05m``.
    """
    if look.times != "relative":
        return f"{clock(at, 'utc' if look.utc else 'absolute')}.{int(at * 1000) % 1000:03}"
    ago = max(0.0, now - at)
    if ago < 3600:
        return f"-{int(ago // 60)}m{ago % 60:04.1f}"
    return f"-{int(ago // 3600)}h{int(ago % 3600 // 60):02}m"


def log_row(
    brushes: Brushes, look: Look, row: LogRow, part: int, now: float, *, current: bool = False
) -> Strip:
    """Return one row of the screen.

    Args:
        brushes: Styles of the widget.
        look: How rows are shown.
        row: The row.
        part: Which row of the screen of it, from 0.
        now: Epoch seconds, for relative times.
        current: Whether this is the match that the search stands on.
    """
    line = row.line
    if line.kind in {"mark", "gap"}:
        return _separator(brushes, look, row)
    base = "paint--cursor-blurred" if current else ""
    texts = _text(brushes, look, row, part, base)
    blank = Segment(" " * look.prefix, brushes(base))
    prefix = [blank] if part else _prefix(brushes, look, row, now, base)
    return Strip([*prefix, *texts]).adjust_cell_length(look.cells, brushes(base))


def _text(brushes: Brushes, look: Look, row: LogRow, part: int, base: str) -> list[Segment]:
    """Return the visible part of a row's text, in its colours, with matches marked."""
    line = row.line
    text = visible(row.text)
    start, stop = _bounds(text, look, part)
    plain = brushes(base, f"log--{line.tone}" if line.tone in {"warn", "bad"} else "")
    segments = list(_coloured(line, text, start, stop, plain))
    if row.repeats and stop >= len(line.shown):
        segments.append(
            Segment(text[max(start, len(line.shown)) : stop], brushes(base, "tone--dim"))
        )
    ranges = look.search.spans(text[start:stop]) if look.search.includes else ()
    return mark(segments, ranges, brushes("paint--match")) if ranges else segments


def _coloured(line: LogLine, text: str, start: int, stop: int, plain: Style) -> Iterator[Segment]:
    end = min(stop, len(line.shown)) if stop > start else stop
    if not line.colours or len(text) < len(line.shown):
        yield Segment(text[start:end], plain)
        return
    edges = {start, end, *(edge for a, b, _ in line.colours for edge in (a, b))}
    for first, last in pairwise(sorted(edge for edge in edges if start <= edge <= end)):
        how = next((style for a, b, style in line.colours if a <= first < b), "")
        yield Segment(text[first:last], plain + _style(how) if how else plain)


@lru_cache(1024)
def _style(how: str) -> Style:
    """Return the style that a container's log asked for."""
    return Style.parse(how)


def _bounds(text: str, look: Look, part: int) -> tuple[int, int]:
    """Return first and last-plus-one character of what a row of the screen shows."""
    if not look.wrap:
        return min(look.left, len(text)), min(len(text), look.left + look.cells)
    if text.isascii():
        return part * look.room, min(len(text), (part + 1) * look.room)
    pieces = chop_cells(text, look.room)
    start = sum(map(len, pieces[:part]))
    return start, start + len(pieces[part]) if part < len(pieces) else start


def _prefix(brushes: Brushes, look: Look, row: LogRow, now: float, base: str) -> Iterator[Segment]:
    line = row.line
    yield Segment(">" if line.late else " ", brushes(base, "tone--warn"))
    if look.times != "off":
        cells = 12 if look.times == "absolute" else 9
        text = stamp(line.at, look, now)
        yield Segment(fit(text, cells, "right") + " ", brushes(base, "tone--dim"))
    if look.label:
        several = len(row.sources) > 1
        source = "tone--bold" if several else source_class(line.source)
        yield Segment(_fit_label(row, look.label), brushes(base, source))
        yield Segment(_BAR, brushes(base, "paint--rule"))


def source_class(label: str) -> str:
    """Return the component class of a source's colour."""
    return f"source--{colour_of(label) % SOURCES + 1}" if label else ""


def _fit_label(row: LogRow, cells: int) -> str:
    """Return the label of a row; how many sources there are stays readable."""
    label = row.label
    if len(row.sources) == 1 or width(label) <= cells:
        return fit(label, cells)
    names, _, count = label.rpartition(" ")
    return fit(f"{cut(names, max(1, cells - len(count) - 1))} {count}", cells)


def _separator(brushes: Brushes, look: Look, row: LogRow) -> Strip:
    """Return a rule that says what happened to a source: a restart, a gap, its end."""
    line = row.line
    at = f"{clock(line.at, 'utc' if look.utc else 'absolute')} " if line.at else ""
    said = f"{row.label}: {row.text}" if line.source else row.text
    text = fit(at + said, look.cells - 5).rstrip()
    rule = brushes("paint--rule")
    tone = "tone--warn" if line.kind == "gap" else "tone--info"
    segments = [
        Segment("── ", rule),
        Segment(text, brushes(tone)),
        Segment(" " + "─" * max(0, look.cells - 4 - width(text)), rule),
    ]
    return Strip(segments).adjust_cell_length(look.cells, rule)
