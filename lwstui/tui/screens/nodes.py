"""Nodes: accelerators allocated and free by topology domain, and what a drain would cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget

from lwstui.state.model import Snapshot
from lwstui.tui.actions import Scope
from lwstui.tui.routes import Route
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.blocks import Heading, LineBlock
from lwstui.tui.screens.table import TableScreen
from lwstui.view.drain import drain_impact
from lwstui.view.fit import asked_about
from lwstui.view.heat import after
from lwstui.view.impact_nodes import loss_lines
from lwstui.view.nodes import NodesView, nodes_view
from lwstui.view.types import Query, Ref, TableView


class NodesScreen(TableScreen):
    """Nodes below their domains."""

    SHOWS_METRICS: ClassVar[bool] = True
    SCOPES: ClassVar[tuple[Scope, ...]] = ("node",)
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("node")]

    def body(self) -> Iterable[Widget]:
        """Return heading, table, and what draining the node under the cursor would cost."""
        yield LineBlock(id="legend")
        yield Heading("NODES", hint="m other metric  t other key", id="nodes-head")
        yield from super().body()
        with Vertical(id="fit-pane"):
            yield Heading("WHAT FITS", id="fit-head")
            yield LineBlock(id="fit", classes="data")
        with Vertical(id="drain-pane"):
            yield Heading("IF DRAINED", id="drain-head")
            yield LineBlock(id="drain", classes="data")

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show the nodes."""
        view = self._view(snapshot, self.state.query, now)
        self.headline = view.title
        self.query_one("#legend", LineBlock).show((view.legend,))
        key = asked_about(snapshot, self._fitting())
        fit = self.host.counting.lines(snapshot, key) if key is not None else ()
        self.query_one("#fit-pane").set_class(not fit, "-empty")
        self.query_one("#fit", LineBlock).show(fit)
        note = f"by {view.key}" if view.key else ""
        self.query_one("#nodes-head", Heading).show("NODES", note)
        # The cursor starts on a node, not on the domain above it.
        first = next((row.key for row in view.table.rows if row.ref is not None), "")
        self.state.cursor = self.state.cursor or first
        self.fill(view.table)
        self.show_headline()

    def _fitting(self) -> Ref | None:
        """Return the set, or the group of it, that is asked to fit."""
        namespace, slash, name = self.route.detail.partition("/")
        return Ref("set", namespace, name) if slash else self.route.ref

    def _view(self, snapshot: Snapshot, query: Query, now: float) -> NodesView:
        memo, state = self.host.memo, self.state
        scope, key, metric = self.route.ref, state.tab, state.metric
        return nodes_view(snapshot, query, now, memo, scope=scope, key=key, metric=metric)

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return the table of nodes."""
        return self._view(snapshot, query, now).table

    def show_headline(self) -> None:
        """Show the title, and what a drain of the node under the cursor would cost."""
        super().show_headline()
        if self.alive:
            self._show_drain()

    def _show_drain(self) -> None:
        ref, host = self.selected(), self.host
        pane = self.query_one("#drain-pane")
        pane.set_class(ref is None, "-empty")
        if ref is None:
            return
        found = drain_impact(host.snapshot, ref.name, host.now(), host.memo)
        self.query_one("#drain-head", Heading).show(f"IF {ref.name} WERE DRAINED")
        self.query_one("#drain", LineBlock).show(loss_lines(found))

    def action_topology(self) -> None:
        """Group by the next topology key."""
        host = self.host
        keys = self._view(host.snapshot, self.state.query, host.now()).keys
        if len(keys) < 2:
            self.say("nodes have no other topology key", "dim")
            return
        at = keys.index(self.state.tab) if self.state.tab in keys else 0
        self.state.tab = keys[(at + 1) % len(keys)]
        self.refresh_view()

    def action_metric(self) -> None:
        """Shade the cells of the map by the next metric."""
        host = self.host
        shown = self._view(host.snapshot, self.state.query, host.now()).metric
        self.state.metric = after(shown)
        self.refresh_view()

    def action_idle(self) -> None:
        """List the devices that are held and do nothing."""
        self.host.goto(Route("idle", self.route.ref))
