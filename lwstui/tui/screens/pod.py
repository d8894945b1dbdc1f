"""One pod: its containers in a table, and below what its object tells of the one at hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

from textual.binding import BindingType
from textual.widget import Widget

from lwstui.state.model import Snapshot
from lwstui.tui.actions import Scope
from lwstui.tui.objects import ObjectFollower
from lwstui.tui.routes import Route, RouteState
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.blocks import Heading, LineBlock
from lwstui.tui.screens.table import TableScreen
from lwstui.tui.screens.tabs import tabs_line
from lwstui.tui.widgets.textpane import TextPane
from lwstui.view.figures import figures
from lwstui.view.pod import PodView, about_pod, pod_detail, pod_view
from lwstui.view.types import Line, Query, Ref, Span, TableView

TABS: Final = {1: "pod", 6: "events", 7: "yaml"}


class PodScreen(TableScreen):
    """A pod's screen."""

    SHOWS_METRICS: ClassVar[bool] = True
    SCOPES: ClassVar[tuple[Scope, ...]] = ("pod", "set")
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("pod", "set")]

    def __init__(self, route: Route, state: RouteState) -> None:
        super().__init__(route, state)
        self._pod = route.ref or Ref("pod", "", "")
        self._object = ObjectFollower(lambda: self.host, self.refresh_view)

    @property
    def is_pictured(self) -> bool:
        """Always: there is more than containers."""
        return True

    def body(self) -> Iterable[Widget]:
        """Return facts, tabs, containers, and the detail of the one under the cursor."""
        yield LineBlock(id="facts", classes="data")
        yield LineBlock(id="tabs")
        yield from super().body()
        yield Heading("DETAIL", hint="tab to scroll  d describe  y yaml", id="detail-head")
        yield TextPane(id="detail", classes="data")

    @property
    def wants_events(self) -> bool:
        """Whether events are shown."""
        return True

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show facts, containers and detail."""
        self._object.follow(self._pod)
        view = self._view(snapshot, self.state.query, now)
        self.headline = view.title
        self.query_one("#facts", LineBlock).show(view.facts)
        self.query_one("#tabs", LineBlock).show((tabs_line(TABS, "pod"),))
        self.fill(view.table)
        self.show_headline()

    def show_headline(self) -> None:
        """Show the title, and the detail of the container under the cursor."""
        super().show_headline()
        if self.alive:
            self.query_one("#detail", TextPane).set_lines(self._detail())

    def _detail(self) -> tuple[Line, ...]:
        body, row = self._object.body, self.main.cursor_row
        if body is None:
            problem = self._object.problem
            return ((Span(problem, "bad") if problem else Span("reading the pod…", "dim"),),)
        name = row.cells[1].text if row is not None else ""
        snapshot, now = self.host.snapshot, self.host.now()
        pod = snapshot.pods.get(self._pod.key)
        told = figures(pod, snapshot.telemetry, now) if pod is not None else ()
        return pod_detail(body, name, about_pod(snapshot, self._pod), now, told)

    def _view(self, snapshot: Snapshot, query: Query, now: float) -> PodView:
        memo, body = self.host.memo, self._object.body
        return pod_view(snapshot, self._pod, query, now, memo, body=body)

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return the containers."""
        return self._view(snapshot, query, now).table

    def selected(self) -> Ref | None:
        """Return the pod, whichever container the cursor is on."""
        pod = self.host.snapshot.pods.get(self._pod.key)
        if pod is None:
            return self._pod
        return Ref("pod", pod.namespace, pod.name, pod.group, pod.worker, pod.uid)

    def open_ref(self, ref: Ref) -> None:
        """Give the keys to the detail of the container, which scrolls."""
        del ref
        self.query_one("#detail").focus()

    def choose(self, number: int) -> None:
        """Open what a digit stands for."""
        match TABS.get(number):
            case "pod":
                return
            case "events":
                self.host.goto(Route("events", self._pod))
            case "yaml":
                self.host.goto(Route("text", self._pod, "yaml"))
            case _:
                self.say(f"there is no tab {number}", "dim")
