"""The history of a set: what each revision changed, who runs it, and the way back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from lwstui.state.model import Snapshot
from lwstui.tui.actions import Scope
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.blocks import Heading
from lwstui.tui.screens.history import HistoryScreen
from lwstui.tui.screens.titles import table_title
from lwstui.tui.widgets.keyed_table import KeyedTable
from lwstui.tui.widgets.textpane import TextPane
from lwstui.view.diffs import field_diff
from lwstui.view.revision_table import revision_table
from lwstui.view.types import Line, Query, Ref, Span, TableView


class RevisionsScreen(HistoryScreen):
    """All revisions of one set, the newest first."""

    SCOPES: ClassVar[tuple[Scope, ...]] = ("revision", "set")
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("revision", "set")]

    def body(self) -> Iterable[Widget]:
        """Return the table, and what the revision under the cursor changed."""
        yield KeyedTable(id="main", classes="data")
        yield Heading("CHANGE", hint="enter side by side", id="change-head")
        yield TextPane(id="change", classes="data")

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show the table and the change under the cursor."""
        view = self.table(snapshot, self.state.query, now)
        self.main.styles.max_height = max(len(view.rows), 1) + 1
        self.fill(view)
        self.headline = table_title("revisions", self.route.ref, self.state.query, view)
        self.show_headline()

    def show_headline(self) -> None:
        """Show the title, and the change of the revision that the cursor is on by now."""
        super().show_headline()
        if not self.alive:
            return
        entry = self.entry
        number = "" if entry is None else f" of revision {entry.revision.number}"
        self.query_one("#change-head", Heading).show(f"CHANGE{number}")
        self.query_one("#change", TextPane).set_lines(self._change())

    def _change(self) -> tuple[Line, ...]:
        entry = self.entry
        if entry is None:
            return ()
        if entry.changes is None:
            return ((Span("the oldest that is kept: there is none to compare it with", "dim"),),)
        same = ((Span("no difference to the one before", "dim"),),)
        return field_diff(entry.changes) or same

    def headline_right(self) -> Line:
        """Return what verbs act on."""
        entry = self.entry
        what = "the set" if entry is None else f"revision {entry.revision.number}"
        return (Span("acting on: ", "dim"), Span(what))

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return the table of revisions."""
        return revision_table(snapshot, self.key, query, now, self.host.memo)

    def logs_of(self) -> Ref:
        """Return the set."""
        return Ref("set", self.key.namespace, self.key.name)
