"""One rollout: how far, when done, why it waits, and what else could be rolled out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget

from controller.api.meta import Key
from lwstui.state.model import Snapshot
from lwstui.tui.actions import Scope
from lwstui.tui.routes import Route, RouteState
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.blocks import Heading, LineBlock
from lwstui.tui.screens.history import HistoryScreen
from lwstui.tui.widgets.keyed_table import KeyedTable
from lwstui.tui.widgets.textblock import TextBlock
from lwstui.view.revision_table import revision_table
from lwstui.view.rollout_view import RolloutView, rollout_view
from lwstui.view.types import Line, Query, Ref, Span, TableView


class RolloutScreen(HistoryScreen):
    """The rollout of one set."""

    SCOPES: ClassVar[tuple[Scope, ...]] = ("revision", "set")
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("revision", "set")]

    def __init__(self, route: Route, state: RouteState) -> None:
        super().__init__(route, state)
        self._blocker: Ref | None = None

    @property
    def is_pictured(self) -> bool:
        """Always: the rollout is more than its revisions."""
        return True

    def body(self) -> Iterable[Widget]:
        """Return progress, strip, reasons, timeline and revisions."""
        yield LineBlock(id="progress", classes="data")
        yield Heading("PARTITION", id="strip-head")
        yield LineBlock(id="strip", classes="data")
        yield Heading("WHY IS IT WAITING", hint="l logs", id="why-head")
        yield TextBlock(id="why", classes="data")
        yield Heading("TIMELINE", id="timeline-head")
        with Vertical(id="timeline-pane"):
            yield LineBlock(id="timeline", classes="data")
        yield Heading("REVISIONS", hint="enter diff  ctrl-l undo  5 all", id="revisions-head")
        yield KeyedTable(id="main", classes="data")

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show everything."""
        cells = max(20, self.size.width - 1)
        view = rollout_view(snapshot, self.key, self.state.query, now, self.host.memo, cells=cells)
        self._blocker = view.blocker
        self._show_parts(view)
        self.fill(view.revisions)
        self.headline = view.headline
        self.show_headline()

    def _show_parts(self, view: RolloutView) -> None:
        self.query_one("#progress", LineBlock).show(view.header)
        self.query_one("#strip-head", Heading).show("PARTITION", "the update moves right to left")
        self.query_one("#strip", LineBlock).show(view.strip)
        self.query_one("#why", TextBlock).show(tuple((Span(" "), *line) for line in view.why))
        self.query_one("#timeline-head", Heading).show(view.timeline_title)
        self.query_one("#timeline", LineBlock).show(view.timeline)
        self.main.styles.max_height = max(len(view.revisions.rows), 1) + 1

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return the table of revisions."""
        return revision_table(snapshot, self.key, query, now, self.host.memo)

    def headline_right(self) -> Line:
        """Return what verbs act on."""
        return (Span("acting on: ", "dim"), Span("rollout"))

    def logs_of(self) -> Ref:
        """Return the group that holds the rollout, else the set."""
        return self._blocker or set_ref(self.key)


def set_ref(key: Key) -> Ref:
    """Return a reference to a set."""
    return Ref("set", key.namespace, key.name)
