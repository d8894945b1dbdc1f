"""One group: how far its pods got, what the one under the cursor waits for, what was said."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import ClassVar, Final

from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget

from lwstui.runtime.backend import LogEntry, LogHandle, LogRequest
from lwstui.state.model import Snapshot
from lwstui.tui.actions import Scope
from lwstui.tui.guard import guarded
from lwstui.tui.inbox import Inbox
from lwstui.tui.routes import Route, RouteState, rollout_route
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.blocks import Heading, LineBlock
from lwstui.tui.screens.table import TableScreen
from lwstui.tui.screens.tabs import tabs_line
from lwstui.view.group import GroupView, group_view, pod_facts
from lwstui.view.lastlines import last_lines
from lwstui.view.types import Query, Ref, Span, TableView

TABS: Final = {1: "group", 3: "pods", 4: "rollout", 6: "events", 7: "yaml"}
LOG_LINES: Final = 3
LOG_TAIL: Final = 40
LOOK_S: Final = 0.5


class GroupScreen(TableScreen):
    """A group's screen."""

    SHOWS_METRICS: ClassVar[bool] = True
    SCOPES: ClassVar[tuple[Scope, ...]] = ("group", "pod", "set")
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("group", "pod", "set")]

    def __init__(self, route: Route, state: RouteState) -> None:
        super().__init__(route, state)
        self._group = route.ref or Ref("group", "", "", 0)
        self._inbox: Inbox[LogEntry] = Inbox(LOG_TAIL)
        self._lines: deque[LogEntry] = deque(maxlen=LOG_TAIL)
        self._log: LogHandle | None = None

    @property
    def is_pictured(self) -> bool:
        """Always: there is more than start-up stages."""
        return True

    def body(self) -> Iterable[Widget]:
        """Return facts, tabs, the stages of all pods, and what explains the one at hand."""
        yield LineBlock(id="facts", classes="data")
        yield LineBlock(id="tabs")
        with Vertical(id="panes"):
            yield Heading("STARTUP", hint="how long each stage took", id="startup-head")
            yield from super().body()
            with Vertical(id="about-engine"):
                yield Heading("ENGINE", hint="what the leader says of itself", id="engine-head")
                yield LineBlock(id="engine", classes="data")
            with Vertical(id="about-pod"):
                yield Heading("POD", hint="enter containers  d describe  y yaml", id="pod-head")
                yield LineBlock(id="pod", classes="data")
            with Vertical(id="about-events"):
                yield Heading("EVENTS", hint="6 all", id="events-head")
                yield LineBlock(id="events", classes="data")
            with Vertical(id="about-log"):
                yield Heading("LAST LINES OF THE LEADER", hint="l logs", id="log-head")
                yield LineBlock(id="log", classes="data")

    @property
    def wants_events(self) -> bool:
        """Whether events are shown; they also tell a pull from the making of a container."""
        return True

    # The leader's last lines, read while this screen is in front.

    def on_mount(self) -> None:
        """Look for new lines now and then."""
        self.set_interval(LOOK_S, self._look)

    @guarded("reading the log")
    def on_screen_resume(self) -> None:
        """Read the leader's log."""
        if self._log is None:
            inbox: Inbox[LogEntry] = Inbox(LOG_TAIL)
            self._inbox = inbox
            self._lines.clear()
            request = LogRequest(self._group.key, self._group.group, "leader", tail=LOG_TAIL)
            self._log = self.host.backend.logs(request, inbox.put)

    def on_screen_suspend(self) -> None:
        """Stop reading."""
        self._close()

    def on_unmount(self) -> None:
        """Stop reading."""
        self._close()

    def _close(self) -> None:
        if self._log is not None:
            self._log.close()
            self._log = None

    @guarded("reading the log")
    def _look(self) -> None:
        came = self._inbox.take()
        if any(entry.kind == "anew" for entry in came):
            self._lines.clear()
        self._lines.extend(entry for entry in came if entry.kind not in ("state", "anew"))
        if came and self.alive:
            self._show_log()

    def _show_log(self) -> None:
        lines = last_lines(self._lines, LOG_LINES)
        self.query_one("#log", LineBlock).show(lines or ((Span("nothing yet", "dim"),),))

    # What is shown.

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show facts, stages, and what is about the pod under the cursor."""
        view = self._view(snapshot, self.state.query, now)
        self.headline = view.title
        self.query_one("#facts", LineBlock).show(view.facts)
        self.query_one("#tabs", LineBlock).show((tabs_line(TABS, "group", view.created),))
        # The cursor starts on the pod that holds the group up.
        self.state.cursor = self.state.cursor or view.worst
        self.fill(view.table)
        self.main.styles.max_height = len(view.table.rows) + 1
        self.query_one("#engine", LineBlock).show(view.engine)
        self.query_one("#about-engine").set_class(not view.engine, "-empty")
        self.query_one("#events", LineBlock).show(view.events)
        self.query_one("#about-events").set_class(not view.events, "-empty")
        self._show_pod()
        self._show_log()
        self.show_headline()

    def _view(self, snapshot: Snapshot, query: Query, now: float) -> GroupView:
        return group_view(snapshot, self._group, query, now, self.host.memo)

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return the stages of the group's pods."""
        return self._view(snapshot, query, now).table

    def show_headline(self) -> None:
        """Show the title, and what is about the pod under the cursor."""
        super().show_headline()
        if self.alive:
            self._show_pod()

    def _show_pod(self) -> None:
        row = self.main.cursor_row
        ref = row.ref if row is not None else None
        self.query_one("#about-pod").set_class(ref is None, "-empty")
        if ref is None:
            return
        host = self.host
        facts = pod_facts(host.snapshot, self._group, ref.worker, host.now(), host.memo)
        self.query_one("#pod-head", Heading).show(f"POD {ref.name}")
        self.query_one("#pod", LineBlock).show(facts)

    # What keys do.

    def key_scopes(self) -> tuple[Scope, ...]:
        """Return the scopes whose keys help most: those of the pod under the cursor."""
        return ("pod", "group", "set")

    def selected(self) -> Ref | None:
        """Return the pod under the cursor, the group if it does not exist yet."""
        found = super().selected()
        return found if found is not None and found.uid else self._group

    def open_ref(self, ref: Ref) -> None:
        """Open a pod."""
        if ref.kind == "pod" and not ref.uid:
            self.say("this pod does not exist yet", "dim")
        else:
            super().open_ref(ref)

    def choose(self, number: int) -> None:
        """Open what a digit stands for."""
        match TABS.get(number):
            case "group":
                return
            case "pods":
                self.host.goto(Route("pods", self._group))
            case "rollout":
                self.host.goto(rollout_route(self._group.key))
            case "events":
                self.host.goto(Route("events", self._group))
            case "yaml":
                self.host.goto(Route("text", self.selected(), "yaml"))
            case _:
                self.say(f"there is no tab {number}", "dim")
