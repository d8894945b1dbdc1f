"""A set as a tree of groups, pods and containers."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from lwstui.state.model import Snapshot
from lwstui.tui.actions import Scope
from lwstui.tui.routes import Route, RouteState
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.table import TableScreen
from lwstui.view.types import Query, Ref, TableView
from lwstui.view.xray import xray


class XrayScreen(TableScreen):
    """The tree; what is fine is folded."""

    SCOPES: ClassVar[tuple[Scope, ...]] = ("tree", "pod", "group", "set")
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("tree", "pod", "group", "set")]

    def __init__(self, route: Route, state: RouteState) -> None:
        super().__init__(route, state)
        self._key = (route.ref or Ref("set", "", "")).key
        self._toggled: frozenset[str] = frozenset()

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return the rows that are not folded away."""
        return xray(snapshot, self._key, query, now, self.host.memo, toggled=self._toggled)

    def action_fold(self) -> None:
        """Open what is under the cursor, or fold it."""
        row = self.main.cursor_row
        if row is not None:
            self._toggled = self._toggled ^ {row.key}
            self.refresh_view()
