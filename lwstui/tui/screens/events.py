"""Events, newest first; watched only while they are shown."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from lwstui.state.model import Snapshot
from lwstui.tui.actions import Scope
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.table import TableScreen
from lwstui.view.events import events
from lwstui.view.types import Query, TableView


class EventsScreen(TableScreen):
    """A table of events."""

    SCOPES: ClassVar[tuple[Scope, ...]] = ("event",)
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("event")]

    @property
    def wants_events(self) -> bool:
        """Whether events are shown."""
        return True

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return the table of events."""
        return events(snapshot, query, now, self.host.memo, scope=self.route.ref)
