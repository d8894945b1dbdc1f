"""Nodes: accelerators allocated and free, by topology domain."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from lwstui.state.model import Snapshot
from lwstui.tui.actions import Scope
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.table import TableScreen
from lwstui.view.nodes import nodes
from lwstui.view.types import Query, TableView


class NodesScreen(TableScreen):
    """A table of nodes."""

    SCOPES: ClassVar[tuple[Scope, ...]] = ("node",)
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("node")]

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return the table of nodes."""
        return nodes(snapshot, query, now, self.host.memo, scope=self.route.ref)
