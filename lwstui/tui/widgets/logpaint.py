"""Painting of log lines: time, source, text, matches."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from rich.cells import chop_cells
from rich.segment import Segment
from textual.strip import Strip

from lwstui.tui.theming import SOURCES
from lwstui.tui.widgets.cells import fit, visible, width
from lwstui.tui.widgets.painting import Brushes
from lwstui.tui.widgets.wrapping import mark
from lwstui.view.logs import LogLine, Search

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

_WIDEST_SOURCE: Final = 20
_BAR: Final = " │ "


@dataclass(frozen=True, slots=True)
class Look:
    """How log lines are shown; a change of it drops every cached strip.

    Attributes:
        cells: Cells of a row.
        wrap: Whether long lines take several rows.
        left: Characters hidden at the left while lines do not wrap.
        times: Which timestamps.
        label: Cells of the source column, 0 hides it.
        search: What is marked.
    """

    cells: int = 80
    wrap: bool = False
    left: int = 0
    times: Times = "off"
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

    def height(self, line: LogLine) -> int:
        """Return how many rows a line takes."""
        if not self.wrap or line.kind in {"mark", "gap"} or width(line.text) <= self.room:
            return 1
        text = visible(line.text)
        if text.isascii():
            return math.ceil(len(text) / self.room)
        return len(chop_cells(text, self.room))


def label_width(labels: Iterator[str]) -> int:
    """Return the cells of the source column for these labels."""
    return min(_WIDEST_SOURCE, max((width(label) for label in labels), default=0))


def stamp(at: float, times: Times, now: float) -> str:
    """Return a line's time as text.

    Returns:
        Local time ``10:41:55.250``, or the distance to now such as ``-3m12.0`` or ``-2h05m``.
    """
    if times == "absolute":
        return f"{time.strftime('%H:%M:%S', time.localtime(at))}.{int(at * 1000) % 1000:03}"
    ago = max(0.0, now - at)
    if ago < 3600:
        return f"-{int(ago // 60)}m{ago % 60:04.1f}"
    return f"-{int(ago // 3600)}h{int(ago % 3600 // 60):02}m"


def log_row(
    brushes: Brushes, look: Look, line: LogLine, part: int, now: float, *, current: bool = False
) -> Strip:
    """Return one row of a log line.

    Args:
        brushes: Styles of the widget.
        look: How lines are shown.
        line: The line.
        part: Which row of the line, from 0.
        now: Epoch seconds, for relative times.
        current: Whether this is the match that the search stands on.
    """
    if line.kind in {"mark", "gap"}:
        return _separator(brushes, look, line)
    base = "paint--cursor-blurred" if current else ""
    text = Segment(_piece(line, look, part), brushes(base, _text_class(line)))
    ranges = look.search.spans(text.text)
    texts = mark([text], ranges, brushes("paint--match")) if ranges else [text]
    blank = Segment(" " * look.prefix, brushes(base))
    prefix = [blank] if part else _prefix(brushes, look, line, now, base)
    segments = [*prefix, *texts]
    return Strip(segments).adjust_cell_length(look.cells, brushes(base))


def _text_class(line: LogLine) -> str:
    return f"log--{line.tone}" if line.tone in {"warn", "bad"} else ""


def _piece(line: LogLine, look: Look, part: int) -> str:
    text = visible(line.text)
    if not look.wrap:
        return text[look.left : look.left + look.cells]
    if text.isascii():
        return text[part * look.room : (part + 1) * look.room]
    pieces = chop_cells(text, look.room)
    return pieces[part] if part < len(pieces) else ""


def _prefix(
    brushes: Brushes, look: Look, line: LogLine, now: float, base: str
) -> Iterator[Segment]:
    yield Segment(">" if line.late else " ", brushes(base, "tone--warn"))
    if look.times != "off":
        cells = 12 if look.times == "absolute" else 9
        text = stamp(line.at, look.times, now)
        yield Segment(fit(text, cells, "right") + " ", brushes(base, "tone--dim"))
    if look.label:
        source = f"source--{line.colour % SOURCES + 1}"
        yield Segment(fit(line.source, look.label), brushes(base, source))
        yield Segment(_BAR, brushes(base, "paint--rule"))


def _separator(brushes: Brushes, look: Look, line: LogLine) -> Strip:
    """Return a rule that says what happened to a source: a restart, a gap, its end."""
    text = fit(f"{line.source}: {line.text}" if line.source else line.text, look.cells - 5).rstrip()
    rule = brushes("paint--rule")
    tone = "tone--warn" if line.kind == "gap" else "tone--info"
    segments = [
        Segment("── ", rule),
        Segment(text, brushes(tone)),
        Segment(" " + "─" * max(0, look.cells - 4 - width(text)), rule),
    ]
    return Strip(segments).adjust_cell_length(look.cells, rule)
