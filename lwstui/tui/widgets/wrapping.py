"""Breaking lines of spans at a width, and marking matches in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from rich.cells import chop_cells
from rich.segment import Segment
from rich.style import Style

from lwstui.tui.widgets.cells import visible, width
from lwstui.view.types import Line, Span

Range = tuple[int, int]
"""First and last-plus-one character of a match."""


def wrap_text(text: str, cells: int) -> list[str]:
    """Break a text into pieces of at most ``cells`` cells, at blanks where there are any.

    A blank where the text breaks stays at the end of its piece if it fits, else it goes.
    """
    text = visible(text)
    if width(text) <= cells:
        return [text]
    pieces: list[str] = []
    while width(text) > cells:
        piece = chop_cells(text, max(2, cells))[0]
        blank = piece.rfind(" ")
        if text[len(piece)] != " " and blank > len(piece) // 3:
            piece = piece[: blank + 1]
        pieces.append(piece)
        text = text[len(piece) :].removeprefix(" ")
    return [*pieces, text] if text else pieces


def wrap_spans(line: Line, cells: int) -> list[Line]:
    """Break a line of spans into lines of at most ``cells`` cells."""
    line = tuple(Span(visible(span.text), span.tone) for span in line)
    text = "".join(span.text for span in line)
    if width(text) <= cells:
        return [line]
    wrapped: list[Line] = []
    start = 0
    for piece in wrap_text(text, cells):
        start = text.index(piece, start)
        wrapped.append(tuple(slice_spans(line, start, start + len(piece))))
        start += len(piece)
    return wrapped


def slice_spans(line: Iterable[Span], start: int, stop: int) -> Iterator[Span]:
    """Yield the spans of the characters from ``start`` to before ``stop``."""
    at = 0
    for text, tone in line:
        piece = text[max(0, start - at) : max(0, stop - at)]
        if piece:
            yield Span(piece, tone)
        at += len(text)


def find(text: str, wanted: str) -> list[Range]:
    """Return where a text contains another one, whatever the case."""
    if not wanted:
        return []
    text, wanted = text.lower(), wanted.lower()
    ranges: list[Range] = []
    at = text.find(wanted)
    while at >= 0:
        ranges.append((at, at + len(wanted)))
        at = text.find(wanted, at + len(wanted))
    return ranges


def mark(segments: Sequence[Segment], ranges: Sequence[Range], style: Style) -> list[Segment]:
    """Lay a style over ranges of characters of a line of segments."""
    if not ranges:
        return list(segments)
    cuts = sorted({edge for pair in ranges for edge in pair})
    marked: list[Segment] = []
    at = 0
    for text, own, _ in segments:
        end = at + len(text)
        edges = [at, *(edge for edge in cuts if at < edge < end), end]
        for first, last in pairwise(edges):
            inside = any(start <= first < stop for start, stop in ranges)
            base = own or Style.null()
            marked.append(Segment(text[first - at : last - at], base + style if inside else base))
        at = end
    return marked
