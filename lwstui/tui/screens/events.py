"""Events, newest first; watched only while they are shown."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.binding import BindingType

from lwstui.state.model import Snapshot
from lwstui.tui.actions import Scope
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.table import TableScreen
from lwstui.view.event_folds import FOLDS, Fold
from lwstui.view.events import events
from lwstui.view.types import Query, TableView

_WORDS: Final[dict[Fold, str]] = {
    "object": "object and reason",
    "group": "group and reason",
    "none": "event",
}


class FoldsEvents(TableScreen):
    """What shows events in a table and lets ``x`` say which of them are one row."""

    @property
    def fold(self) -> Fold:
        """What makes events one row; the route remembers it."""
        return next((how for how in FOLDS if how == self.state.tab), "object")

    def action_fold(self) -> None:
        """Put events together by object, by group, or not at all."""
        here, host = self.selected(), self.host
        self.state.tab = FOLDS[(FOLDS.index(self.fold) + 1) % len(FOLDS)]
        rows = self.table(host.snapshot, self.state.query, host.now()).rows
        # Other rows have other keys: the cursor goes to the one about the same object.
        self.state.cursor = next((row.key for row in rows if row.ref == here), "")
        self.main.set_rows(())
        self.refresh_view()
        self.say(f"one row for each {_WORDS[self.fold]}", "dim")


class EventsScreen(FoldsEvents):
    """A table of events."""

    SCOPES: ClassVar[tuple[Scope, ...]] = ("event",)
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("event")]

    @property
    def wants_events(self) -> bool:
        """Whether events are shown."""
        return True

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return the table of events."""
        scope, memo = self.route.ref, self.host.memo
        return events(snapshot, query, now, memo, scope=scope, how=self.fold)
