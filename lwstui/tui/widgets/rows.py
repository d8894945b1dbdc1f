"""Painting of table rows and headers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.segment import Segment
from textual.strip import Strip

from lwstui.tui.widgets.cells import fit, shorten, width
from lwstui.tui.widgets.columns import MARGIN, Slot
from lwstui.tui.widgets.painting import Brushes, fit_spans, spans_width
from lwstui.view.types import Cell, Line, Row, Span

_CURSOR: Final = "▶"
_MARK: Final = "●"


def row_strip(
    brushes: Brushes, slots: Sequence[Slot], row: Row, base: str = "", *, marked: bool = False
) -> Strip:
    """Return a whole row, also what is scrolled out at the sides.

    Args:
        brushes: Styles of the table.
        slots: The shown columns.
        row: The row.
        base: Component class of the cursor if it is on this row, else empty.
        marked: Whether the operator marked it.
    """
    bases = (base, "paint--marked" if marked else "")
    plain = brushes(*bases)
    margin = (_CURSOR if base else " ") + (_MARK if marked else " ")
    segments = [Segment(margin.ljust(MARGIN), plain)]
    at = MARGIN
    for slot in slots:
        cell = row.cells[slot.index] if slot.index < len(row.cells) else Cell("")
        if slot.start > at:
            segments.append(Segment(" " * (slot.start - at), plain))
        spans = _cell_spans(cell, row, slot.width)
        painted = brushes.segments(spans, *bases)
        blank = Segment(" " * (slot.width - spans_width(spans)), plain)
        segments += [blank, *painted] if slot.column.align == "right" else [*painted, blank]
        at = slot.start + slot.width
    return Strip(segment for segment in segments if segment.text).simplify()


def _cell_spans(cell: Cell, row: Row, cells: int) -> Line:
    if cell.spans:
        return fit_spans((Span(span.text, span.tone or row.tone) for span in cell.spans), cells)
    return (Span(shorten(cell.text, cells), cell.tone or row.tone),)


def header_strip(
    brushes: Brushes,
    slots: Sequence[Slot],
    sort: str = "",
    descending: bool = False,
    *,
    picked: str = "",
) -> Strip:
    """Return the header line.

    Args:
        brushes: Styles of the table.
        slots: The shown columns.
        sort: Id of the column that rows are sorted by; it has an arrow.
        descending: Whether the order is reversed.
        picked: Id of the column that the next sort key takes; it is set apart.
    """
    plain = brushes("paint--header")
    segments: list[Segment] = []
    at = 0
    for slot in slots:
        arrow = ("↓" if descending else "↑") if slot.column.id == sort else ""
        title = slot.column.title[: max(0, slot.width - width(arrow))] + arrow
        segments.append(Segment(" " * (slot.start - at), plain))
        style = brushes("paint--header", "paint--cursor") if slot.column.id == picked else plain
        segments.append(Segment(fit(title, slot.width, slot.column.align), style))
        at = slot.start + slot.width
    return Strip(segments).simplify()
