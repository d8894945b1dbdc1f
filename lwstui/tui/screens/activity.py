"""Everything this console did or refused, and what the controller did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar, Final

from textual.binding import BindingType
from textual.widget import Widget

from lwstui.state.model import Activity, Snapshot
from lwstui.tui.actions import Scope
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.blocks import Heading
from lwstui.tui.screens.table import TableScreen
from lwstui.tui.verbs.reversing import reverse
from lwstui.tui.widgets.keyed_table import KeyedTable
from lwstui.tui.widgets.textblock import TextBlock
from lwstui.view.activity import activity, details, find
from lwstui.view.types import Line, Query, Ref, Span, TableView

CHOICES: Final = {1: "you", 2: "controller"}


class ActivityScreen(TableScreen):
    """A table of what was done, with the details of the line under the cursor."""

    SCOPES: ClassVar[tuple[Scope, ...]] = ("activity",)
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("activity")]

    def body(self) -> Iterable[Widget]:
        """Return the table and the details."""
        yield KeyedTable(id="main", classes="data")
        yield Heading("DETAILS", hint="enter hides, o opens the object", id="details-head")
        yield TextBlock(id="details", classes="data")

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return the table of activity."""
        return activity(snapshot, query, now, self.host.memo)

    @property
    def line(self) -> Activity | None:
        """What the cursor is on."""
        row = self.main.cursor_row
        return find(self.host.snapshot.activity, row.key) if row is not None else None

    def show_headline(self) -> None:
        """Show the title, and the details of what the cursor is on by now."""
        super().show_headline()
        if self.alive:
            self.query_one("#details", TextBlock).show(
                details(self.line, self.host.snapshot.manner.times)
            )

    def headline_right(self) -> Line:
        """Return whose lines digits choose."""
        spans = [Span("0", "title"), Span(" all", "dim")]
        for number, who in CHOICES.items():
            spans += [Span(f"  {number}", "title"), Span(f" {who}", "dim")]
        return tuple(spans)

    def choose(self, number: int) -> None:
        """Show what one of them did, or everything."""
        if number and number not in CHOICES:
            self.say(f"there is no choice {number}", "dim")
            return
        text = f"who:{CHOICES[number]}" if number else ""
        self.state.query = replace(self.state.query, filter=text)
        self.refresh_view()

    def open_ref(self, ref: Ref) -> None:
        """Show or hide the details."""
        del ref
        self.action_open_details()

    def action_open_details(self) -> None:
        """Show or hide the details."""
        self.toggle_class("-plain")

    def action_open_object(self) -> None:
        """Open what the line is about."""
        line, host = self.line, self.host
        ref = self.selected()
        known = ref is not None and (ref.key in host.snapshot.sets or ref.kind == "node")
        if line is None or ref is None or not known:
            self.say("there is no screen for this object", "dim")
            return
        super().open_ref(ref)

    def action_reverse(self) -> None:
        """Take back what was done, after asking."""
        line = self.line
        if line is None or line.reversal is None:
            self.say("nothing takes this back", "dim")
            return
        self.start(reverse(self.host, line))
