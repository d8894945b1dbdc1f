"""Merged logs of a set, a group or a pod."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar, Final

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from controller.api.meta import Key
from lwstui.runtime.backend import LogEntry, LogHandle, LogRequest
from lwstui.state.model import Snapshot
from lwstui.tui.actions import Scope
from lwstui.tui.guard import guarded
from lwstui.tui.inbox import Inbox
from lwstui.tui.routes import Route, RouteState
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.base import ConsoleScreen
from lwstui.tui.screens.blocks import LineBlock
from lwstui.tui.widgets.logpane import LogPane
from lwstui.tui.widgets.statusline import TitleLine
from lwstui.view.ages import count
from lwstui.view.logs import LogBuffer, SourceInfo, search
from lwstui.view.types import Line, Span

FLUSH_S: Final = 0.05
WAITING_LINES: Final = 50_000
SINCE: Final[dict[int, tuple[str, int | None]]] = {
    0: ("tail", None),
    2: ("1m", 60),
    3: ("5m", 300),
    4: ("15m", 900),
    5: ("30m", 1800),
    6: ("1h", 3600),
}
"""Digits that choose how far back the log reaches, as in k9s."""
ROLES: Final = {7: "all", 8: "leader", 9: "worker"}
"""Digits that choose whose logs are merged."""
MOST_PROBLEMS: Final = 2


class LogsScreen(ConsoleScreen):
    """A merged log with its sources."""

    SCOPES: ClassVar[tuple[Scope, ...]] = ("logs",)
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("logs")]
    AUTO_FOCUS = "#log"

    def __init__(self, route: Route, state: RouteState) -> None:
        super().__init__(route, state)
        self._request = route.logs or LogRequest(Key("", ""))
        self._inbox: Inbox[LogEntry] = Inbox(WAITING_LINES)
        self._buffer = LogBuffer()
        self._handle: LogHandle | None = None

    def body(self) -> Iterable[Widget]:
        """Return choices, log and sources."""
        yield LineBlock(id="choices")
        yield LogPane(id="log", now=self.host.now)
        yield LineBlock(id="sources")

    def on_mount(self) -> None:
        """Open the streams."""
        self.set_interval(FLUSH_S, self._flush)
        self._open(self._request)

    def on_unmount(self) -> None:
        """Close the streams."""
        self._close()

    @guarded("opening the log")
    def _open(self, request: LogRequest) -> None:
        """Close what is open and start over with another request."""
        self._close()
        self._request = request
        inbox: Inbox[LogEntry] = Inbox(WAITING_LINES)
        self._inbox, self._buffer = inbox, LogBuffer()
        self._pane.feed(self._buffer)
        self._handle = self.host.backend.logs(request, inbox.put)
        self.refresh_view()

    def _close(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None

    @guarded("reading the log")
    def _flush(self) -> None:
        """Take what came; show it unless something covers this screen."""
        if not self.alive:
            return
        now = self.host.now()
        came = self._inbox.take()
        if came:
            self._buffer.add(came, now)
        if self._buffer.settle(now) and self.is_active:
            self._pane.feed(self._buffer)
            self._show_facts()

    # What is shown.

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show title, choices, modes and sources."""
        del snapshot, now
        self._pane.feed(self._buffer)
        self._show_facts()

    def _show_facts(self) -> None:
        request, buffer = self._request, self._buffer
        right = (Span(count(len(buffer.lines), "line"), "dim"),)
        self.query_one(TitleLine).show(log_title(request), right)
        self.query_one("#choices", LineBlock).show(
            (choice_line(request), (*self._pane.state(), *_waiting(buffer)))
        )
        self.query_one("#sources", LineBlock).show(source_lines(buffer.sources))

    @property
    def _pane(self) -> LogPane:
        return self.query_one("#log", LogPane)

    # Keys.

    def find(self, text: str) -> None:
        """Mark what matches."""
        self.state.query = replace(self.state.query, filter=text)
        wanted = search(text)
        self._pane.set_search(wanted)
        if wanted.problem:
            self.say(wanted.problem, "warn")
        self._show_facts()

    def choose(self, number: int) -> None:
        """Choose a range or a role."""
        if number in SINCE:
            self._open(replace(self._request, since_s=SINCE[number][1]))
        elif number in ROLES and not self._request.pod:
            self._open(replace(self._request, role=ROLES[number]))
        else:
            self.say("there is nothing to choose by this number here", "dim")

    def action_previous_run(self) -> None:
        """Show the previous container runs, or the current ones again."""
        previous = not self._request.previous
        self._open(replace(self._request, previous=previous, follow=not previous))

    def action_reload(self) -> None:
        """Open the streams again."""
        self._open(self._request)

    @on(LogPane.StateChanged)
    @guarded("showing the log")
    def pane_changed(self, event: LogPane.StateChanged) -> None:
        """Show the modes of the pane."""
        event.stop()
        if self.alive:
            self._show_facts()


def log_title(request: LogRequest) -> Line:
    """Return what is merged. Pure."""
    spans = [
        Span(f"{request.target.namespace} / ", "dim"),
        Span(request.target.name, "title"),
    ]
    if request.pod:
        spans.append(Span(f" / {request.pod}"))
    elif request.group is not None:
        spans.append(Span(f" / group {request.group}"))
    if request.previous:
        spans.append(Span("   previous runs", "warn"))
    return tuple(spans)


def choice_line(request: LogRequest) -> Line:
    """Return the numbered choices with the chosen ones in brackets. Pure."""
    spans: list[Span] = []
    for number, (title, since) in SINCE.items():
        spans += _choice(number, title, chosen=since == request.since_s)
    if not request.pod:
        spans.append(Span("  ", "dim"))
        for number, role in ROLES.items():
            spans += _choice(number, role, chosen=role == request.role)
    return tuple(spans)


def _choice(number: int, title: str, *, chosen: bool) -> Line:
    """Return one choice; it takes as many cells whether it is chosen or not."""
    left, right = "[]" if chosen else "  "
    return (Span(f"{left}{number} ", "dim"), Span(f"{title}{right}", "bold" if chosen else "dim"))


def source_lines(sources: tuple[SourceInfo, ...]) -> tuple[Line, ...]:
    """Return the strip of sources, and why some cannot be read. Pure."""
    if not sources:
        return ()
    spans = [Span(f"{count(len(sources), 'source')}  ", "dim")]
    for one in sources:
        spans.append(Span(one.label, "warn" if one.problem else "bold"))
        spans.append(Span(f" {one.lines:,}{'!' if one.problem else ''}   ", "dim"))
    problems = [one for one in sources if one.problem][:MOST_PROBLEMS]
    return (
        tuple(spans),
        *((Span(f"{one.label}: ", "warn"), Span(one.problem)) for one in problems),
    )


def _waiting(buffer: LogBuffer) -> Line:
    if buffer.untimed:
        return (Span("   no timestamps: in order of arrival", "dim"),)
    return () if buffer.lines or buffer.waiting else (Span("   no lines yet", "dim"),)
