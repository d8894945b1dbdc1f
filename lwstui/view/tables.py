"""What all tables share: filtering, sorting, the note about both, and building rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Final

from lwstui.view.filters import Filter, FilterError, parse
from lwstui.view.health import FINE, Health
from lwstui.view.types import Cell, Column, Query, Ref, Row, TableView, Tone

DASH: Final = Cell("—", "dim")
_SEVERITY: Final = attrgetter("severity")


class LateRow(Row):
    """A row of a long table: what nobody looks at is not made.

    What derives from it sets the attributes that order all rows, and has a method
    ``made_<attribute>`` for each of the others, which is called when it is first asked for: a
    table of ten thousand rows shows fifty of them.
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> object:
        # Python asks this only for what is not there, which a slot that was never set is.
        make = getattr(type(self), f"made_{name}", None)
        if make is None:
            raise AttributeError(name)
        found: object = make(self)
        object.__setattr__(self, name, found)
        return found


def row(
    key: str,
    cells: Sequence[Cell],
    sort: Sequence[object],
    ref: Ref,
    health: Health,
    *,
    extra: str = "",
    labels: Mapping[str, str] | None = None,
    whole: Mapping[str, str] | None = None,
) -> Row:
    """Return a row whose state comes from a health and whose haystack is all it shows.

    Args:
        key: Identity of the row.
        cells: One per column.
        sort: One per column.
        ref: What the row is about.
        health: Judgment the row's state and severity come from.
        extra: Text that plain filter words search too.
        labels: Labels for ``-l``.
        whole: By column what filters search where the cell shows only a part of it.
    """
    return Row(
        key,
        tuple(cells),
        tone_of(health),
        haystack(cells, health.word, health.reason, extra),
        tuple(sort),
        ref,
        health.word,
        health.severity,
        labels or {},
        whole or {},
    )


def tone_of(health: Health) -> Tone:
    """Return the tone of a whole row."""
    return "dim" if health.glyph == " " else ""


def haystack(cells: Iterable[Cell], *more: str) -> str:
    """Return the text that plain filter words search: all that is shown, and more."""
    return " ".join(filter(None, (*(cell.text for cell in cells), *more))).lower()


@lru_cache(8192)
def shared(text: str, tone: Tone = "") -> Cell:
    """Return the cell of a text that many rows show: one object for all of them."""
    return Cell(text, tone)


def glyph(health: Health) -> Cell:
    """Return the state cell: glyph and tone."""
    return Cell(health.glyph, health.tone)


def arrange(
    columns: tuple[Column, ...],
    rows: Iterable[Row],
    query: Query,
    now: float,
    *,
    empty: str = "",
    default: str = "",
) -> TableView:
    """Return the table a query asks for.

    A filter that cannot be understood hides nothing and is explained in the note.

    Args:
        columns: Column specifications.
        rows: All rows.
        query: Filter, sort column and order; unknown sort columns mean the default.
        now: Epoch seconds.
        empty: Note when there is nothing at all.
        default: Column to sort by when the query names none; empty for worst first.
    """
    everything = tuple(rows)
    note = ""
    wanted = Filter()
    try:
        wanted = parse(query.filter, columns)
    except FilterError as error:
        note = str(error)
    shown = [r for r in everything if wanted.matches(r, now)] if wanted.tests else [*everything]
    if query.faults_only:
        shown = [r for r in shown if r.severity < FINE]
    _sort(shown, columns, query.sort or default, descending=query.descending)
    if not note and not shown:
        note = _nothing(everything, query, empty)
    return TableView(columns, tuple(shown), len(everything), note, everything)


def _sort(rows: list[Row], columns: tuple[Column, ...], column: str, *, descending: bool) -> None:
    ids = [c.id for c in columns]
    if column in ids and column != "state":
        index = ids.index(column)
        rows.sort(key=lambda r: r.sort[index], reverse=descending)  # type: ignore[arg-type, return-value]
        return
    rows.sort(key=_SEVERITY, reverse=descending)


def _nothing(everything: tuple[Row, ...], query: Query, empty: str) -> str:
    if not everything:
        return empty
    if query.faults_only and not query.filter:
        return "nothing is wrong here"
    return f"none of {len(everything):,} match"
