"""Pods: of all sets, of a set, of a group or on a node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import BindingType

from lwstui.state.model import Snapshot
from lwstui.tui.actions import Scope
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.table import TableScreen
from lwstui.view.pods import by_set, pods
from lwstui.view.types import Query, TableView


class PodsScreen(TableScreen):
    """A table of pods."""

    SHOWS_METRICS: ClassVar[bool] = True
    SCOPES: ClassVar[tuple[Scope, ...]] = ("pod",)
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("pod")]

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return the table of pods."""
        return pods(snapshot, query, now, self.host.memo, scope=self.route.ref)

    def prepare(self, snapshot: Snapshot, now: float) -> Iterator[None]:
        """Work out the rows of all pods set by set, too."""
        yield from super().prepare(snapshot, now)
        if self.route.ref is None:
            for _ in by_set(snapshot, now, self.host.memo):
                yield
