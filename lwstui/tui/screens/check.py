"""Would these manifests be accepted, served, and fit? Nothing is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from lwstui.state.model import Snapshot
from lwstui.tui.actions import Scope
from lwstui.tui.applying import Applying
from lwstui.tui.guard import guarded
from lwstui.tui.rested import Rested
from lwstui.tui.routes import Route, RouteState
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.blocks import Heading
from lwstui.tui.screens.table import TableScreen
from lwstui.tui.widgets.keyed_table import KeyedTable
from lwstui.tui.widgets.textblock import TextBlock
from lwstui.view.findings import examine, summary, table
from lwstui.view.preflight import Finding
from lwstui.view.types import Line, Query, Ref, Span, TableView


class CheckScreen(TableScreen):
    """The findings about a file or folder; ``a`` goes on to the plan."""

    SCOPES: ClassVar[tuple[Scope, ...]] = ("check",)
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("check")]

    def __init__(self, route: Route, state: RouteState) -> None:
        super().__init__(route, state)
        self._work: Applying | None = None
        self._rested: Rested[tuple[Finding, ...]] = Rested(())
        self._found: tuple[Finding, ...] = ()

    @property
    def work(self) -> Applying:
        """The objects that are checked."""
        if self._work is None:
            self._work = Applying(self.host, self.route.detail)
        return self._work

    def body(self) -> Iterable[Widget]:
        """Return the counts, the findings, and one of them in full."""
        yield TextBlock(id="verdict", classes="data")
        yield from super().body()
        yield Heading("FINDING", id="finding-head")
        yield TextBlock(id="finding", classes="data")

    def on_mount(self) -> None:
        """Read the files and ask the server."""
        self.host.run_task(self._begin())

    async def _begin(self) -> None:
        await self.work.read()
        if self.work.texts is not None:
            self.work.planning = True
            self.refresh_view()
            await self.work.plan({})
        self.refresh_view()

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return the findings."""
        work = self.work
        shown = (snapshot.nodes, snapshot.node_pods, snapshot.by_set)
        self._found = self._rested.get(
            (work.trials,), shown, now, lambda: examine(work.trials, snapshot, work.namespace)
        )
        empty = "asking the server…" if work.planning else "nothing to say about these manifests"
        return table(self._found, query, now, work.problem or empty)

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show the findings."""
        super().show(snapshot, now)
        self.headline = (Span("check", "title"), Span(f"  {self.route.detail}"))
        self.show_headline()
        work = self.work
        verdict: Line = summary(self._found, len(work.trials))
        if work.problem:
            verdict = (Span(work.problem, "bad"),)
        elif work.planning:
            verdict = (Span("asking the server…", "busy"),)
        self.query_one("#verdict", TextBlock).show(((Span(" "), *verdict),))
        self._show_finding()

    def _show_finding(self) -> None:
        row = self.main.cursor_row
        text = row.key.partition(" ")[2] if row is not None else ""
        self.query_one("#finding-head", Heading).display = bool(text)
        self.query_one("#finding", TextBlock).show(((Span(f" {text}"),),) if text else ())

    def headline_right(self) -> Line:
        """Return nothing: no key acts on a finding."""
        return ()

    def selected(self) -> Ref | None:
        """Return nothing: no key acts on a finding."""
        return None

    @on(KeyedTable.Highlighted, "#main")
    @guarded("moving")
    def row_highlighted(self, event: KeyedTable.Highlighted) -> None:
        """Show the finding under the cursor in full."""
        super().row_highlighted(event)
        self._show_finding()

    def action_plan(self) -> None:
        """Go on to the plan."""
        self.host.goto(Route("apply", detail=self.route.detail))

    def action_check_again(self) -> None:
        """Read the files again and ask the server again."""
        self.host.run_task(self._begin())
