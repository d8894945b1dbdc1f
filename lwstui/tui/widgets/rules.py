"""Headings: a rule with a title at the left and a hint at the right."""

from __future__ import annotations

from rich.segment import Segment
from textual.strip import Strip

from lwstui.tui.widgets.cells import cut, width
from lwstui.tui.widgets.painting import Brushes
from lwstui.view.types import Span


def heading(brushes: Brushes, title: Span, note: str, hint: str, cells: int) -> Strip:
    """Return a rule of ``cells`` cells; the hint, then the note give way when it is narrow.

    Args:
        brushes: Styles of the widget.
        title: What follows, in capitals.
        note: What to know about it.
        hint: What can be done with it, at the right end.
        cells: Cells of the line.
    """
    rule, dim = brushes("paint--rule"), brushes("tone--dim")
    left = f" {cut(title.text, max(0, cells - 4))} "
    room = cells - 2 - width(left)
    note = f" {note} " if note else ""
    hint = f" {hint} " if hint else ""
    if width(note) + width(hint) > room:
        hint = ""
    if width(note) > room:
        note = ""
    segments = [
        Segment("─", rule),
        Segment(left, brushes.tone(title.tone)),
        Segment(note, dim),
        Segment("─" * max(0, room - width(note) - width(hint)), rule),
        Segment(hint, dim),
        Segment("─", rule),
    ]
    return Strip(segment for segment in segments if segment.text).adjust_cell_length(cells, rule)
