"""Pods: of all sets, of a set, of a group or on a node."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import ClassVar

from textual.binding import BindingType

from lwstui.state.model import Snapshot
from lwstui.tui.actions import Scope
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.table import TableScreen
from lwstui.view.pods import by_set, make, pods
from lwstui.view.types import Query, TableView


class PodsScreen(TableScreen):
    """A table of pods."""

    SHOWS_METRICS: ClassVar[bool] = True
    SCOPES: ClassVar[tuple[Scope, ...]] = ("pod",)
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("pod")]

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return the table of pods."""
        return pods(snapshot, query, now, self.host.memo, scope=self.route.ref)

    @property
    def calm(self) -> bool:
        """Yes: pods turn ready all the time while something starts."""
        return True

    def prepare(self, snapshot: Snapshot, now: float) -> Iterator[None]:
        """Work out the rows of all pods set by set, too, and what their order and filter ask."""
        yield from super().prepare(snapshot, now)
        query = self.state.query
        needed = {"sort": query.sort, "haystack": query.filter}
        yield from self._made(snapshot, now, *(name for name, asked in needed.items() if asked))

    def _made(self, snapshot: Snapshot, now: float, *names: str) -> Iterator[None]:
        """Make some attributes of all rows, set by set."""
        if self.route.ref is None:
            for rows in by_set(snapshot, now, self.host.memo):
                make(rows, *names)
                yield

    def action_filter(self) -> None:
        """Open the filter prompt, and make what is searched while the operator types."""
        super().action_filter()
        self.host.run_task(self._searchable())

    async def _searchable(self) -> None:
        for _ in self._made(self.host.snapshot, self.host.now(), "haystack"):
            await asyncio.sleep(0)
