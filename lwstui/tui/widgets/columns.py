"""Which columns of a table fit, how wide they are and where they start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lwstui.view.types import Column

MARGIN: Final = 2
"""Cells left of the first column, where the cursor is marked."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One shown column.

    Attributes:
        index: Index of the column among all columns, and of its cell in a row.
        start: First cell, counted from the left edge of the table.
        width: Cells, without the gap behind it.
    """

    index: int
    column: Column
    start: int
    width: int


def lay_out(columns: Sequence[Column], available: int, screen: int = 0) -> tuple[Slot, ...]:
    """Place the columns that a table of ``available`` cells shows.

    Columns that want a wider screen are dropped; flexible ones share what is left over; the
    gap is two cells where there is room, else one. What then still does not fit scrolls.

    Args:
        columns: All columns.
        available: Cells of the table.
        screen: Cells of the screen the table stands in, if wider: a scrollbar takes some.
    """
    wide = max(available, screen)
    shown = [(i, column) for i, column in enumerate(columns) if column.min_screen <= wide]
    needed = MARGIN + sum(column.width for _, column in shown)
    gaps = max(0, len(shown) - 1)
    gap = 2 if needed + 2 * gaps <= available else 1
    extra = _shares(
        max(0, available - needed - gap * gaps), sum(column.flex for _, column in shown)
    )
    slots: list[Slot] = []
    start = MARGIN
    for i, column in shown:
        width = column.width + (extra.pop(0) if column.flex else 0)
        slots.append(Slot(i, column, start, width))
        start += width + gap
    return tuple(slots)


def _shares(total: int, parts: int) -> list[int]:
    """Split cells into equal shares; the first ones take the remainder."""
    if not parts:
        return []
    each, rest = divmod(total, parts)
    return [each + (number < rest) for number in range(parts)]
