"""A table as lines of plain text: words for glyphs, columns as wide as what is in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from unicodedata import combining, east_asian_width

from lwstui.kube.clean import clean_line
from lwstui.view.types import Cell, Column, Line, Row, Span, TableView

NARROW: Final = 100
"""Columns that the console shows on wider screens only are left to the wide form."""
_GAP: Final = "   "


@dataclass(frozen=True, slots=True)
class Sheet:
    """How the rows of a table are printed; it holds for rows that come later, too.

    Attributes:
        columns: (index in the row, column) of what is printed.
        widths: Terminal cells of each but the last.
    """

    columns: tuple[tuple[int, Column], ...]
    widths: tuple[int, ...]

    @property
    def header(self) -> Line:
        """The titles."""
        return self._line([Cell(_title(column), "bold") for _, column in self.columns])

    def line(self, row: Row) -> Line:
        """Return a row as one line."""
        return self._line([_cell(row, index, column) for index, column in self.columns])

    def news(self, row: Row) -> tuple[str, ...]:
        """Return what is worth a new line when it changes: all but ages, which always do."""
        return tuple(
            _cell(row, index, column).text for index, column in self.columns if not column.age
        )

    def _line(self, cells: Sequence[Cell]) -> Line:
        *head, last = cells
        spans = [
            Span(cell.text + " " * (width - cells_of(cell.text)) + _GAP, cell.tone)
            for cell, width in zip(head, self.widths, strict=False)
        ]
        return (*spans, Span(last.text, last.tone))


def sheet(table: TableView, *, wide: bool, namespaces: bool) -> Sheet:
    """Return how a table is printed.

    Args:
        table: Its rows decide how wide columns are.
        wide: With the columns that the console leaves to wide screens.
        namespaces: Whether rows may be of several namespaces.
    """
    worded = any(column.id == "status" for column in table.columns)
    kept = tuple(
        (index, column)
        for index, column in enumerate(table.columns)
        if _printed(column, wide=wide, namespaces=namespaces, worded=worded)
    )
    widths = (_width(table.rows, index, column) for index, column in kept)
    return Sheet(kept, tuple(widths))


def _printed(column: Column, *, wide: bool, namespaces: bool, worded: bool) -> bool:
    if column.id == "namespace":
        return namespaces
    if _is_glyph(column):
        return not worded
    return wide or column.min_screen <= NARROW


def _is_glyph(column: Column) -> bool:
    return column.id == "state" and column.width == 1


def _title(column: Column) -> str:
    return "STATE" if _is_glyph(column) else column.title


def _cell(row: Row, index: int, column: Column) -> Cell:
    cell = row.cells[index]
    text = row.state if _is_glyph(column) else clean_line(cell.text)
    return Cell(text.strip() or "—", cell.tone)


def _width(rows: Iterable[Row], index: int, column: Column) -> int:
    texts = (_cell(row, index, column).text for row in rows)
    return max(map(cells_of, (_title(column), *texts)))


def cells_of(text: str) -> int:
    """Return how many cells of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text
    )
