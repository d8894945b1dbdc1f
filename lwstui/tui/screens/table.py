"""Screens that are mainly one table: cursor, order and problems in one place."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from operator import is_
from typing import ClassVar, Final

from textual import on
from textual.timer import Timer
from textual.widget import Widget

from lwstui.state.model import Snapshot
from lwstui.tui.guard import guarded
from lwstui.tui.looks import Usual
from lwstui.tui.routes import Route, RouteState, group_route, pod_route, set_route
from lwstui.tui.screens.base import ConsoleScreen
from lwstui.tui.screens.modals.columns import ColumnsDialog
from lwstui.tui.screens.titles import (
    about,
    acting_on,
    got_worse,
    held,
    keep_places,
    next_fault,
    sorted_by,
    table_title,
)
from lwstui.tui.screens.verbs.taking import object_name
from lwstui.tui.widgets.columns import Layout
from lwstui.tui.widgets.keyed_table import KeyedTable
from lwstui.tui.widgets.prompt import Prompt
from lwstui.tui.widgets.statusline import TitleLine
from lwstui.tui.widgets.table_body import same_order
from lwstui.view.custom import with_columns
from lwstui.view.filters import problem
from lwstui.view.saving import Shown
from lwstui.view.types import Column, Line, Query, Ref, Row, TableView

CALM_S: Final = 10.0
"""How long rows that got better may keep their places."""
FILTER_S: Final = 0.1
"""Shortest time between two evaluations of a filter that is being typed."""


class TableScreen(ConsoleScreen):
    """A screen whose main widget is a table of objects."""

    AUTO_FOCUS: ClassVar[str | None] = "#main"
    HAS_PROBLEMS: ClassVar[bool] = True

    @abstractmethod
    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return what the table shows for a query."""

    def __init__(self, route: Route, state: RouteState) -> None:
        super().__init__(route, state)
        self.headline: Line = ()
        self._everything: tuple[Row, ...] = ()
        self._columns: tuple[Column, ...] = ()
        self._asked: tuple[str, Query] = ("", Query())
        self._is_held = False
        self._ordered_at = 0.0
        self._filtering: Timer | None = None
        self._applied = ""
        self._trial: Layout | None = None
        self._usual = Usual()

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
        view = self.fill(view)
        title = table_title(self.route.screen, self.route.ref, self.state.query, view)
        self.headline = self.titled(title)
        self.show_headline()

    def find(self, text: str) -> None:
        """Filter the table, and say at the prompt what cannot be understood.

        While text is typed this happens at most ten times a second.
        """
        prompt = self.query_one(Prompt)
        self.state.query = replace(self.state.query, filter=text)
        said = problem(text, self._columns)
        if prompt.is_open:
            prompt.complain(said)
        elif said:
            self.say(f"not filtered: {said}", "bad")
        if self._filtering is None or not prompt.is_open:
            self._applied = text
            self.refresh_view()
            self._filtering = self.set_timer(FILTER_S, self._filter_again)

    def _filter_again(self) -> None:
        """Filter by what was typed meanwhile."""
        self._filtering = None
        if self.state.query.filter != self._applied:
            self.find(self.state.query.filter)

    def begin(self) -> None:
        """Take over the order that is kept for this kind of table."""
        if not self.state.opened:
            self.state.opened = True
            looks, view = self.host.looks, self.view_name
            table = self.table(self.host.snapshot, Query(), self.host.now())
            self.state.query = looks.query(view, self.state.query, looks.usual(view, table.columns))

    def fill(self, view: TableView) -> TableView:
        """Hand a view to the table and put the cursor where it was.

        Returns:
            The view with the columns that the operator defined.
        """
        view = self._with_custom(view)
        main, query = self.main, self.state.query
        if not main.rows:
            main.cursor_key = self.state.cursor
        self._columns = view.columns
        self.show_columns()
        main.set_note(view.note)
        main.set_sort(query.sort, descending=query.descending)
        asked, self._asked = self._asked, (self.view_name, query)
        same = asked == self._asked
        self._is_held = False
        if not same:
            self._ordered_at = self.host.now()
        main.set_rows(self._held_rows(view.rows) if same else view.rows, asked_anew=not same)
        self._everything = view.everything
        self.show_marks()
        return view

    def _with_custom(self, view: TableView) -> TableView:
        """Return a view with the columns that the operator defined."""
        host, query = self.host, self.state.query
        self._usual = host.looks.usual(self.view_name, view.columns)
        if not self._usual.custom:
            return view
        if query.filter:
            view = self.table(host.snapshot, replace(query, filter=""), host.now())
        custom = self._usual.custom
        return with_columns(view, custom, host.snapshot, query, host.now(), memo=host.memo)

    @property
    def calm(self) -> bool:
        """Whether rows that got better keep their places for a while."""
        return False

    def _held_rows(self, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        """Return rows as they are ordered, or as they were while that is better to read.

        That is while the cursor is being moved, and where many rows change, until the next time
        that the order is brought up to date. What got worse moves at once.
        """
        before, now = self.main.rows, self.host.now()
        if before and not same_order(before, rows) and (self.main.held or self._waits(rows, now)):
            kept = keep_places(before, rows)
            self._is_held = not all(map(is_, kept, rows))
            return kept
        self._ordered_at = now
        return rows

    def _waits(self, rows: tuple[Row, ...], now: float) -> bool:
        """Tell whether the order may wait: nothing got worse, and it was right lately."""
        query = self.state.query
        worst_first = query.sort in ("", "state") and not query.descending
        lately = 0 <= now - self._ordered_at < CALM_S
        return self.calm and worst_first and lately and not got_worse(self.main.rows, rows)

    def titled(self, title: Line) -> Line:
        """Return a title that says so when rows keep their places."""
        return held(title) if self._is_held else title

    def shown_now(self) -> Shown | None:
        """Return the table as it is shown, to be saved."""
        ref = self.route.ref
        name = "-".join(filter(None, (self.view_name, object_name(ref) if ref else "")))
        columns = tuple((slot.index, slot.column) for slot in self.main.slots)
        picture = self.picture() if self.is_pictured else ""
        return Shown(name, self.headline, columns, self.main.rows, picture)

    # Columns.

    @property
    def view_name(self) -> str:
        """Kind of the table, by which its columns and its order are remembered."""
        return "sets" if self.route.screen == "fleet" else self.route.screen

    def show_columns(self) -> None:
        """Show the columns that were chosen, or those that are being tried."""
        looks, view = self.host.looks, self.view_name
        layout = looks.layout(view, self._usual.layout)
        if self._trial is not None:
            layout = replace(self._trial, wide=layout.wide)
        self.main.set_columns(self._columns, layout)

    def try_columns(self, layout: Layout | None) -> None:
        """Show other columns while they are being chosen; None ends that."""
        self._trial = layout
        self.show_columns()

    @on(KeyedTable.LookAsked, "#main")
    @guarded("changing the table")
    def look_asked(self, event: KeyedTable.LookAsked) -> None:
        """Show all columns, choose columns, or show only what is not fine."""
        event.stop()
        match event.what:
            case "wide":
                look = self.host.looks.of(self.view_name)
                look.wide = not look.wide
                self.show_columns()
            case "columns":
                self.choose_columns()
            case "faults":
                query = self.state.query
                self.state.query = replace(query, faults_only=not query.faults_only)
                self.refresh_view()

    def choose_columns(self) -> None:
        """Ask which columns to show."""
        self.host.run_task(self._choose_columns())

    async def _choose_columns(self) -> None:
        looks, view = self.host.looks, self.view_name
        dialog = ColumnsDialog(
            self._columns,
            replace(looks.layout(view, self._usual.layout), wide=False),
            usual=self._usual.layout,
            screen=self.main.outer_size.width,
            preview=self.try_columns,
        )
        chosen = await self.host.ask(dialog)
        if chosen is not None:
            looks.of(view).layout = None if chosen == self._usual.layout else chosen
        self.try_columns(None)

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

    def key_opened(self, key: str) -> None:
        """Open a row that is about no object."""
        del key
        self.say("there is nothing to open here", "dim")

    @on(KeyedTable.Opened)
    @guarded("opening")
    def row_opened(self, event: KeyedTable.Opened) -> None:
        """Open what the row is about."""
        event.stop()
        if event.row.ref is not None:
            self.open_ref(event.row.ref)
        else:
            self.key_opened(event.row.key)

    @on(KeyedTable.HeaderClicked, "#main")
    @guarded("sorting")
    def header_clicked(self, event: KeyedTable.HeaderClicked) -> None:
        """Change the order."""
        event.stop()
        query = self.state.query = sorted_by(self.state.query, event.column_id)
        look = self.host.looks.of(self.view_name)
        look.sort, look.descending = query.sort, query.descending
        self.refresh_view()

    @on(KeyedTable.Lost, "#main")
    @guarded("following the cursor")
    def row_lost(self, event: KeyedTable.Lost) -> None:
        """Say that the object under the cursor is gone, unless it is only out of view."""
        event.stop()
        ref, seen = event.row.ref, self.host.snapshot.cluster.namespaces
        if ref is None or (seen and ref.namespace and ref.namespace not in seen):
            return
        if all(row.key != event.row.key for row in self._everything):
            self.say(f"{about(ref)} is gone", "warn")
