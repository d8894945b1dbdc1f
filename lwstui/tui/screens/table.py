"""Screens that are mainly one table: cursor, order and problems in one place."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.widget import Widget

from lwstui.state.model import Snapshot
from lwstui.tui.guard import guarded
from lwstui.tui.routes import Route, RouteState, group_route, pod_route, set_route
from lwstui.tui.screens.base import ConsoleScreen
from lwstui.tui.screens.titles import acting_on, next_fault, sorted_by, table_title
from lwstui.tui.widgets.keyed_table import KeyedTable
from lwstui.tui.widgets.statusline import TitleLine
from lwstui.view.types import Line, Query, Ref, Row, TableView


class TableScreen(ConsoleScreen):
    """A screen whose main widget is a table of objects."""

    AUTO_FOCUS: ClassVar[str | None] = "#main"

    @abstractmethod
    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return what the table shows for a query."""

    def __init__(self, route: Route, state: RouteState) -> None:
        super().__init__(route, state)
        self.headline: Line = ()
        self._everything: tuple[Row, ...] = ()

    @property
    def main(self) -> KeyedTable:
        """The table."""
        return self.query_one("#main", KeyedTable)

    def body(self) -> Iterable[Widget]:
        """Return the table."""
        yield KeyedTable(id="main", classes="data")

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show the table."""
        view = self.table(snapshot, self.state.query, now)
        self.fill(view)
        self.headline = table_title(self.route.screen, self.route.ref, self.state.query, view)
        self.show_headline()

    def fill(self, view: TableView) -> None:
        """Hand a view to the table and put the cursor where it was."""
        main, query = self.main, self.state.query
        if not main.rows:
            main.cursor_key = self.state.cursor
        main.set_columns(view.columns)
        main.set_note(view.note)
        main.set_sort(query.sort, descending=query.descending)
        main.set_rows(view.rows)
        self._everything = view.everything
        self.show_marks()

    def show_marks(self) -> None:
        """Drop the marks of what is gone and show the others."""
        self.marks.keep(self._everything)
        self.main.set_marks(self.marks.refs)

    def begin_anew(self, state: RouteState) -> None:
        """Forget rows and cursor, too."""
        super().begin_anew(state)
        self.main.set_rows(())
        self.main.cursor_key = ""

    def show_headline(self) -> None:
        """Show the title line with what keys act on."""
        if self.alive:
            self.query_one(TitleLine).show(self.headline, self.headline_right())

    def headline_right(self) -> Line:
        """Return the right end of the title line."""
        return acting_on(self.selected(), len(self.marks), self.hidden_marks)

    @property
    def hidden_marks(self) -> int:
        """How many marked objects the filter hides."""
        return self.marks.hidden(self.main.keys) if self.marks else 0

    def selected(self) -> Ref | None:
        """Return the object under the cursor."""
        row = self.main.cursor_row
        return row.ref if row is not None else None

    @property
    def settled(self) -> bool:
        """Whether the row under the cursor has been there long enough to act on."""
        return self.main.settled

    def next_problem(self) -> bool:
        """Move to the next row that is not fine."""
        key = next_fault(self.main.rows, self.main.cursor_key)
        if key:
            self.main.cursor_key = key
        return bool(key)

    def open_ref(self, ref: Ref) -> None:
        """Open an object: each kind has its screen."""
        match ref.kind:
            case "set":
                self.host.goto(set_route(ref.key))
            case "group":
                self.host.goto(group_route(ref.key, ref.group))
            case "node":
                self.host.goto(Route("pods", ref))
            case "pod":
                self.host.goto(pod_route(ref.namespace, ref.name))
            case _:
                self.say("there is no screen for this object", "dim")

    @on(KeyedTable.Highlighted, "#main")
    @guarded("moving")
    def row_highlighted(self, event: KeyedTable.Highlighted) -> None:
        """Remember the cursor and say what keys act on."""
        event.stop()
        if event.row is not None:
            self.state.cursor = event.row.key
        self.show_headline()

    @on(KeyedTable.MarkAsked, "#main")
    @guarded("marking")
    def mark_asked(self, event: KeyedTable.MarkAsked) -> None:
        """Change the marks."""
        event.stop()
        self.marks.apply(event.what, self.main.rows, self.main.cursor_key)
        self.show_marks()
        self.show_headline()

    @on(KeyedTable.Opened)
    @guarded("opening")
    def row_opened(self, event: KeyedTable.Opened) -> None:
        """Open what the row is about."""
        event.stop()
        if event.row.ref is not None:
            self.open_ref(event.row.ref)

    @on(KeyedTable.HeaderClicked, "#main")
    @guarded("sorting")
    def header_clicked(self, event: KeyedTable.HeaderClicked) -> None:
        """Change the order."""
        event.stop()
        self.state.query = sorted_by(self.state.query, event.column_id)
        self.refresh_view()

    @on(KeyedTable.Lost, "#main")
    @guarded("following the cursor")
    def row_lost(self, event: KeyedTable.Lost) -> None:
        """Say that the object under the cursor is gone, unless it is only filtered out."""
        event.stop()
        whole = self.table(self.host.snapshot, Query(), self.host.now())
        if all(row.key != event.key for row in whole.rows):
            self.say("what was under the cursor is gone", "warn")
