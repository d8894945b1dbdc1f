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


NARROW: Final = 80
"""Columns that screens of so many cells have never give way."""
WIDEST: Final = 9_999
"""Cells of the screen that the wide form lays a table out for."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What an operator wants to see of a table, by column id.

    Attributes:
        wide: All columns, also those that want a wider screen; what does not fit scrolls.
        order: Columns that come first, in this order; the others follow as they are.
        hidden: Columns that are not shown.
        shown: Columns that are shown however narrow the screen is.
    """

    wide: bool = False
    order: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()
    shown: frozenset[str] = frozenset()

    def chosen(self, columns: Sequence[Column], screen: int) -> list[tuple[int, Column]]:
        """Return (index, column) of what a screen of so many cells shows, in order."""
        room = WIDEST if self.wide else screen
        places = {column_id: place for place, column_id in enumerate(self.order)}
        found = [
            (i, column)
            for i, column in enumerate(columns)
            if column.id not in self.hidden
            and (column.min_screen <= room or (column.id in self.shown and _possible(column)))
        ]
        found.sort(key=lambda pair: places.get(pair[1].id, len(places)))
        return found


def _possible(column: Column) -> bool:
    return column.min_screen <= WIDEST


def lay_out(
    columns: Sequence[Column], available: int, screen: int = 0, wish: Layout | None = None
) -> tuple[Slot, ...]:
    """Place the columns that a table of ``available`` cells shows.

    Columns that want a wider screen are dropped; those that want more than they need get it
    before flexible ones share what is left over; the gap is two cells where there is room, else
    one. What then still does not fit scrolls.

    Args:
        columns: All columns.
        available: Cells of the table.
        screen: Cells of the screen the table stands in, if wider: a scrollbar takes some.
        wish: What the operator wants to see of it.
    """
    wish = wish or Layout()
    shown = _with_room(wish.chosen(columns, max(available, screen)), available, wish)
    # What is laid out in the wide form scrolls, so nothing in it has to be cut.
    widths = [max(c.width, c.want) if wish.wide else c.width for _, c in shown]
    needed = MARGIN + sum(widths)
    gaps = max(0, len(shown) - 1)
    gap = 2 if _wanted(shown) + 2 * gaps <= available else 1
    left = max(0, available - needed - gap * gaps)
    for place, (_, column) in enumerate(shown):
        more = 0 if column.flex else min(left, max(0, column.want - widths[place]))
        widths[place] += more
        left -= more
    extra = _shares(left, sum(column.flex for _, column in shown))
    slots: list[Slot] = []
    start = MARGIN
    for (i, column), least in zip(shown, widths, strict=True):
        width = least + (extra.pop(0) if column.flex else 0)
        slots.append(Slot(i, column, start, width))
        start += width + gap
    return tuple(slots)


def _wanted(shown: Sequence[tuple[int, Column]]) -> int:
    """Return the cells, without gaps, at which no column has to cut what it wants to show."""
    return MARGIN + sum(max(column.width, column.want) for _, column in shown)


def _with_room(
    shown: list[tuple[int, Column]], available: int, wish: Layout
) -> list[tuple[int, Column]]:
    """Return columns without those of wide screens that would have others cut what they show."""
    while not wish.wide and _wanted(shown) + len(shown) - 1 > available:
        spare = [
            pair
            for pair in shown
            if pair[1].min_screen > NARROW and not pair[1].flex and pair[1].id not in wish.shown
        ]
        if not spare or not any(column.want > column.width for _, column in shown):
            break
        shown = [pair for pair in shown if pair != max(spare, key=lambda one: one[1].min_screen)]
    return shown


def _shares(total: int, parts: int) -> list[int]:
    """Split cells into equal shares; the first ones take the remainder."""
    if not parts:
        return []
    each, rest = divmod(total, parts)
    return [each + (number < rest) for number in range(parts)]
