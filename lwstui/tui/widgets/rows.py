"""Painting of table rows and headers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich.segment import Segment
from textual.strip import Strip

from lwstui.tui.widgets.cells import fit, shorten, width
from lwstui.tui.widgets.columns import MARGIN, Slot
from lwstui.tui.widgets.painting import Brushes, fit_spans, spans_width
from lwstui.view.types import Cell, Line, Row, Span

_CURSOR_MARK: Final = "▶ "


def row_strip(brushes: Brushes, slots: Sequence[Slot], row: Row, base: str = "") -> Strip:
    """Return a whole row, also what is scrolled out at the sides.

    Args:
        brushes: Styles of the table.
        slots: The shown columns.
        row: The row.
        base: Component class of the cursor if it is on this row, else empty.
    """
    plain = brushes(base)
    segments = [Segment(_CURSOR_MARK if base else " " * MARGIN, plain)]
    at = MARGIN
    for slot in slots:
        cell = row.cells[slot.index] if slot.index < len(row.cells) else Cell("")
        if slot.start > at:
            segments.append(Segment(" " * (slot.start - at), plain))
        spans = _cell_spans(cell, row, slot.width)
        painted = brushes.segments(spans, base)
        blank = Segment(" " * (slot.width - spans_width(spans)), plain)
        segments += [blank, *painted] if slot.column.align == "right" else [*painted, blank]
        at = slot.start + slot.width
    return Strip(segment for segment in segments if segment.text).simplify()


def _cell_spans(cell: Cell, row: Row, cells: int) -> Line:
    if cell.spans:
        return fit_spans((Span(span.text, span.tone or row.tone) for span in cell.spans), cells)
    return (Span(shorten(cell.text, cells), cell.tone or row.tone),)


def header_strip(
    brushes: Brushes, slots: Sequence[Slot], sort: str = "", descending: bool = False
) -> Strip:
    """Return the header line; the column that rows are sorted by has an arrow."""
    return Strip([Segment("".join(_titles(slots, sort, descending)), brushes("paint--header"))])


def _titles(slots: Sequence[Slot], sort: str, descending: bool) -> Iterator[str]:
    at = 0
    for slot in slots:
        arrow = ("↓" if descending else "↑") if slot.column.id == sort else ""
        title = slot.column.title
        yield " " * (slot.start - at)
        yield fit(title[: max(0, slot.width - width(arrow))] + arrow, slot.width, slot.column.align)
        at = slot.start + slot.width
