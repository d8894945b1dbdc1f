"""What is measured: devices that are held and do nothing, and where the numbers come from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from lwstui.state.model import Snapshot
from lwstui.tui.actions import Scope
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.blocks import Heading, LineBlock
from lwstui.tui.screens.table import TableScreen
from lwstui.view.idle import cost_lines, idle_devices, sources
from lwstui.view.types import Query, TableView


class IdleScreen(TableScreen):
    """Devices that are held and have done nothing for long."""

    SHOWS_METRICS: ClassVar[bool] = True
    SCOPES: ClassVar[tuple[Scope, ...]] = ("pod",)
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("pod")]

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return the devices."""
        return idle_devices(snapshot, query, now, self.route.ref)


class TelemetryScreen(TableScreen):
    """Who was asked, who answered, why not, and what that cost."""

    SHOWS_METRICS: ClassVar[bool] = True
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings()]

    def body(self) -> Iterable[Widget]:
        """Return the cost of the last round above the sources."""
        yield LineBlock(id="cost", classes="data")
        yield Heading("SOURCES", hint="nothing is guessed where one is silent", id="sources-head")
        yield from super().body()

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show everything."""
        self.query_one("#cost", LineBlock).show(cost_lines(snapshot, now))
        super().show(snapshot, now)

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return the sources."""
        return sources(snapshot, query, now)
