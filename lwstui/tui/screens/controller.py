"""Who controls which set, and how the controller in this process does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from controller.plan.paused import paused
from lwstui.state.model import Snapshot
from lwstui.tui.actions import Scope
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.blocks import Heading, LineBlock
from lwstui.tui.screens.table import TableScreen
from lwstui.tui.verbs.controlling import (
    PAUSE_FOR_SETS,
    RESUME_FOR_SETS,
    pause_controller,
    pause_for_set,
)
from lwstui.tui.widgets.keyed_table import KeyedTable
from lwstui.tui.widgets.textblock import TextBlock
from lwstui.view.controller import controller_table, decisions, facts, plans
from lwstui.view.types import Query, TableView


class ControllerScreen(TableScreen):
    """The controller: lease, queue, passes, sets, decisions, plans."""

    SCOPES: ClassVar[tuple[Scope, ...]] = ("controller", "set")
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("controller", "set")]

    def body(self) -> Iterable[Widget]:
        """Return facts, sets, decisions and plans."""
        yield TextBlock(id="facts", classes="data")
        yield Heading("SETS", hint="enter opens", id="sets-head")
        yield KeyedTable(id="main", classes="data")
        yield Heading("DECISIONS", hint=":activity all", id="decisions-head")
        yield LineBlock(id="decisions", classes="data")
        yield Heading("PLANS", hint="where they say something new", id="plans-head")
        yield LineBlock(id="plans", classes="data")

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show everything."""
        super().show(snapshot, now)
        self.query_one("#facts", TextBlock).show(facts(snapshot, now))
        self.query_one("#decisions", LineBlock).show(decisions(snapshot))
        planned = plans(snapshot)
        self.query_one("#plans-head").display = bool(planned)
        self.query_one("#plans", LineBlock).show(planned)

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return the table of sets."""
        return controller_table(snapshot, query, now, self.host.memo)

    def action_pause_controller(self) -> None:
        """Pause the controller in this process, or let it act again."""
        self.start(pause_controller(self.host))

    def action_pause_set(self) -> None:
        """Pause the controller for the set under the cursor or all marked, or serve them again."""
        sets = (self.host.snapshot.sets.get(ref.key) for ref in self.selected_refs())
        served = any(lws is not None and paused(lws.annotations) is None for lws in sets)
        self.change_set(pause_for_set, PAUSE_FOR_SETS if served else RESUME_FOR_SETS)
