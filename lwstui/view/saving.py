"""What is shown as a file: text, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from lwstui.kube.clean import clean_line
from lwstui.view.ages import stamp
from lwstui.view.sheet import Sheet, cells_of
from lwstui.view.types import Cell, Column, Line, Row

Format = Literal["text", "csv", "json"]
FORMATS: Final[Mapping[str, str]] = {"text": "txt", "csv": "csv", "json": "json"}
"""Formats and the endings of their files."""

_FORMULA: Final = re.compile(r"^[=+\-@\t]")
_NUMBER: Final = re.compile(r"^[+-]?[\d.,/%]+$")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a screen shows, to be saved.

    Attributes:
        name: What it is, for the file's name, such as ``pods of llama70b``.
        title: Title line: what is listed, filter, order, how much.
        columns: (index in the row, column), from left to right; empty for a text.
        rows: Rows from top to bottom.
        text: What the screen says in the text form where it is more than rows; without a title,
            a text that is saved as it is.
        above: What the screen says above its rows, for the text form.
    """

    name: str
    title: Line = ()
    columns: tuple[tuple[int, Column], ...] = ()
    rows: Sequence[Row] = ()
    text: str = ""
    above: tuple[Line, ...] = ()


def saved(shown: Shown, form: Format, context: str, now: float) -> str:
    """Return the content of a file.

    Args:
        shown: What is saved.
        form: How; a text is saved as it is.
        context: Where it was seen.
        now: Epoch seconds.
    """
    if not shown.columns and not shown.title:
        return shown.text
    if form == "csv":
        return _csv(shown)
    if form == "json":
        return _json(shown, context, now)
    head = f"{plain(shown.title).strip()}   {context}   {stamp(now)}"
    lines = shown.text.splitlines() if shown.text else [line.rstrip() for line in _table(shown)]
    above = (*map(plain, shown.above), "") if shown.above else ()
    return "\n".join((clean_line(head), "", *above, *lines, ""))


def plain(line: Line) -> str:
    """Return a line as text."""
    return clean_line("".join(span.text for span in line))


def _table(shown: Shown) -> list[str]:
    widths = [
        max(cells_of(text) for text in (_title(column), *(_text(r, i, column) for r in shown.rows)))
        for i, column in shown.columns
    ]
    sheet = Sheet(shown.columns, tuple(widths))
    return [plain(line) for line in (sheet.header, *(sheet.line(row) for row in shown.rows))]


def _csv(shown: Shown) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_title(column) for _, column in shown.columns])
    writer.writerows(
        [_harmless(_text(row, i, column)) for i, column in shown.columns] for row in shown.rows
    )
    return out.getvalue()


def _harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.match(text) else text


def _json(shown: Shown, context: str, now: float) -> str:
    document: dict[str, Any] = {
        "title": plain(shown.title).strip(),
        "context": clean_line(context),
        "at": stamp(now),
        "items": [
            {column.id: _text(row, i, column) for i, column in shown.columns} for row in shown.rows
        ],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _is_glyph(column: Column) -> bool:
    return column.id == "state" and column.width == 1


def _title(column: Column) -> str:
    return "STATE" if _is_glyph(column) else column.title or column.id


def _text(row: Row, index: int, column: Column) -> str:
    cell = row.cells[index] if index < len(row.cells) else Cell("")
    return row.state if _is_glyph(column) else clean_line(cell.text).strip()
