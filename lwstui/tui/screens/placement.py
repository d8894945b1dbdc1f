"""Where a set's groups run: groups against the domains of one topology key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

from textual.binding import BindingType
from textual.widget import Widget

from lwstui.state.model import Snapshot
from lwstui.tui.actions import Scope
from lwstui.tui.routes import Route, RouteState
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.blocks import Heading, LineBlock
from lwstui.tui.screens.table import TableScreen
from lwstui.view.placement import PlacementView, placement
from lwstui.view.types import Query, Ref, TableView

FRAME_LINES: Final = 10
"""Lines of the screen that are not rows of the table."""


class PlacementScreen(TableScreen):
    """Groups against topology domains."""

    SCOPES: ClassVar[tuple[Scope, ...]] = ("group", "set")
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("group", "set")]

    def __init__(self, route: Route, state: RouteState) -> None:
        super().__init__(route, state)
        self._scope = route.ref or Ref("set", "", "")
        self._keys: tuple[str, ...] = ()

    def body(self) -> Iterable[Widget]:
        """Return heading, what stands out, and the table."""
        yield Heading("PLACEMENT", hint="t other key", id="placement-head")
        yield LineBlock(id="note", classes="data")
        yield from super().body()

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show the groups."""
        view = self._view(snapshot, self.state.query, now)
        self._keys, self.state.tab = view.keys, view.key
        self.headline = view.title
        self.query_one("#note", LineBlock).show((view.note,) if view.note else ())
        name = f"by {view.key}" if view.key else ""
        self.query_one("#placement-head", Heading).show("PLACEMENT", name)
        self.state.cursor = self.state.cursor or self._start(view)
        self.fill(view.table)
        self.show_headline()

    def _start(self, view: PlacementView) -> str:
        """Return the row the cursor starts on: the group that was asked for, else the worst."""
        rows = view.table.rows
        asked = [r for r in rows if r.ref is not None and 0 <= self._scope.group == r.ref.group]
        found = asked[0] if asked else min(rows, key=lambda r: r.severity, default=None)
        return found.key if found is not None else ""

    def _view(self, snapshot: Snapshot, query: Query, now: float) -> PlacementView:
        room = (self.size.width, max(1, self.size.height - FRAME_LINES))
        memo, key = self.host.memo, self.state.tab
        return placement(snapshot, self._scope, query, now, memo, key=key, room=room)

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return the groups."""
        return self._view(snapshot, query, now).table

    def selected(self) -> Ref | None:
        """Return the group under the cursor, the set if there is none."""
        return super().selected() or self._scope

    def action_placement(self) -> None:
        """Show the next topology key."""
        if len(self._keys) < 2:
            self.say("nodes have no other topology key", "dim")
            return
        at = self._keys.index(self.state.tab) if self.state.tab in self._keys else -1
        self.state.tab = self._keys[(at + 1) % len(self._keys)]
        self.refresh_view()
