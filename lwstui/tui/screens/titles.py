"""The title line of lists: what is listed, how it is filtered and ordered, how much. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Final

from lwstui.tui.widgets.cells import cut_middle
from lwstui.view.health import FINE
from lwstui.view.types import Line, Query, Ref, Row, Span, TableView

_KEY: Final[Callable[[Row], str]] = attrgetter("key")
LONGEST: Final = 40
"""Cells of a name at the right end of the title line."""


def table_title(name: str, scope: Ref | None, query: Query, table: TableView) -> Line:
    """Return the title of a list."""
    spans = [Span(name, "title")]
    if scope is not None:
        spans.append(Span(f" of {cut_middle(about(scope), LONGEST)}"))
    if query.filter:
        spans += [Span("   / ", "dim"), Span(query.filter, "bold")]
    if query.faults_only:
        spans.append(Span("   faults only", "info"))
    if query.sort:
        spans.append(Span(f"   sort {query.sort.upper()}{'↓' if query.descending else '↑'}", "dim"))
    spans.append(Span(f"   {len(table.rows):,} of {table.total:,}"))
    return tuple(spans)


def held(title: Line) -> Line:
    """Return a title that says that rows keep their places for the moment."""
    *before, count = title
    return (*before, Span(" (held)", "info"), count)


def counted(title: Line, table: TableView) -> Line:
    """Return a title whose last words are how much of a table is shown."""
    *before, _ = title
    shown = sum(row.ref is not None for row in table.rows)
    return (*before, Span(f"   {shown:,} of {table.total:,}"))


def keep_places(before: Sequence[Row], rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return rows in the order they had; new ones stand where their order puts them."""
    now = {row.key: row for row in rows}
    stayed = [row for row in map(now.get, map(_KEY, before)) if row is not None]
    if len(stayed) == len(rows):
        return tuple(stayed)
    known = iter(stayed)
    old = {row.key for row in before}
    return tuple(next(known) if row.key in old else row for row in rows)


def got_worse(before: Sequence[Row], rows: Sequence[Row]) -> bool:
    """Tell whether some row is in a worse state than it was."""
    severities = {row.key: row.severity for row in before}
    return any(row.severity < severities.get(row.key, -1) for row in rows)


def about(ref: Ref | None) -> str:
    """Return what a reference means in a few words, for "acting on" and titles."""
    if ref is None:
        return "nothing"
    if ref.kind == "group":
        return f"{ref.name} group {ref.group}"
    if ref.kind == "node":
        return f"node {ref.name}"
    return ref.name


def acting_on(ref: Ref | None, marks: int = 0, hidden: int = 0) -> Line:
    """Return the right end of the title line.

    Args:
        ref: What is under the cursor; marks go before it.
        marks: How many objects are marked.
        hidden: How many of them the filter hides.
    """
    if marks:
        more = (Span(f"  ({hidden:,} hidden by the filter)", "warn"),) if hidden else ()
        return (Span("acting on: ", "dim"), Span(f"{marks:,} marked", "title"), *more)
    return (
        (Span("acting on: ", "dim"), Span(cut_middle(about(ref), LONGEST)))
        if ref is not None
        else ()
    )


def next_fault(rows: Sequence[Row], cursor: str) -> str:
    """Return the key of the next row that is not fine, after the cursor and wrapping; or empty."""
    at = next((i for i, row in enumerate(rows) if row.key == cursor), -1)
    following = (*rows[at + 1 :], *rows[: at + 1])
    return next((row.key for row in following if row.severity < FINE), "")


def sorted_by(query: Query, column: str) -> Query:
    """Return the query after asking for an order: by a column, and again the other way round."""
    again = query.sort == column
    return replace(query, sort=column, descending=again and not query.descending)
