"""Merged logs of sets, groups and pods."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, ClassVar, Final

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from controller.api.meta import Key
from lwstui.config.schema import Settings
from lwstui.runtime.backend import (
    ALL_CONTAINERS,
    TAIL_LINES,
    LogEntry,
    LogHandle,
    LogRequest,
)
from lwstui.state.model import Snapshot
from lwstui.tui import targets
from lwstui.tui.actions import Scope, actions
from lwstui.tui.guard import guarded
from lwstui.tui.inbox import Inbox
from lwstui.tui.routes import Route, RouteState
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens import logwords
from lwstui.tui.screens.blocks import Heading, LineBlock
from lwstui.tui.screens.modals.picker import Choice, Picker
from lwstui.tui.screens.textkeys import ReadingScreen
from lwstui.tui.widgets.logpane import LogPane
from lwstui.tui.widgets.logsources import SourceStrip
from lwstui.tui.widgets.prompt import Prompt
from lwstui.tui.widgets.statusline import TitleLine
from lwstui.view.ages import count
from lwstui.view.loglevels import any_of
from lwstui.view.loglines import LogLimits, Rates
from lwstui.view.logs import LONGEST_WINDOW_S, LogBuffer
from lwstui.view.logsearch import search
from lwstui.view.types import Span

FLUSH_S: Final = 0.05
SHARE_S: Final = 0.015
"""Seconds of each flush that go into taking lines; arranging them takes about as long."""
SLICE_LINES: Final = 500
WAITING_LINES: Final = 50_000
PANE_ACTIONS: Final = frozenset(f"action_{spec.action}" for spec in actions("logs"))
ROLE_DIGITS: Final = {7: "all", 8: "leader", 9: "worker"}


class LogsScreen(ReadingScreen):
    """A merged log with its sources."""

    SCOPES: ClassVar[tuple[Scope, ...]] = ("logs",)
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("logs")]
    AUTO_FOCUS = "#log"

    def __init__(self, route: Route, state: RouteState) -> None:
        super().__init__(route, state)
        self._request = route.logs or LogRequest(Key("", ""))
        self._inbox: Inbox[LogEntry] = Inbox(WAITING_LINES)
        self._buffer = LogBuffer()
        self._rates = Rates()
        self._per_s: dict[str, float] = {}
        self._looked_at = 0.0
        self._handle: LogHandle | None = None

    def body(self) -> Iterable[Widget]:
        """Return choices, log and sources."""
        yield LineBlock(id="choices")
        yield Heading("log", id="log-heading")
        yield LogPane(id="log", now=self.host.now, fold=self._settings.log_fold)
        yield Heading("SOURCES", hint="<tab> focus <space> mute <enter> solo", id="source-heading")
        yield SourceStrip(id="sources")
        yield LineBlock(id="sparks")
        yield LineBlock(id="problems")

    def on_mount(self) -> None:
        """Open the streams."""
        self.set_interval(FLUSH_S, self._flush)
        self._open(logwords.since(self._request, self._settings.log_since))
        if self.state.query.filter:
            self.find(self.state.query.filter)

    def on_unmount(self) -> None:
        """Close the streams."""
        self._close()

    @guarded("opening the log")
    def _open(self, request: LogRequest) -> None:
        """Close what is open and start over with another request."""
        self._close()
        self._request = request
        inbox: Inbox[LogEntry] = Inbox(WAITING_LINES)
        settings = self._settings
        limits = LogLimits(
            settings.log_lines,
            settings.log_lines_merged,
            settings.log_mib * 1024 * 1024,
            any_of(settings.log_patterns),
        )
        request = replace(
            request, streams=settings.log_streams, longest=settings.log_line_kib * 1024
        )
        self._inbox, self._buffer, self._rates = inbox, LogBuffer(limits), Rates()
        self._pane.set_follow(request.head is None)
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
        came, missed = self._inbox.take_counted()
        if came:
            self._buffer.add(came, now)
            self._buffer.missed(missed)
        # Recorded time may stand still: nothing is waited for.
        waited_s = 0.0 if self.host.backend.tape is None else LONGEST_WINDOW_S
        if (self._settle(now + waited_s) or came) and self.is_active:
            self._pane.feed(self._buffer)
            self._show_facts()

    def _settle(self, now: float) -> int:
        """Show lines for as long as a frame may take; the rest has its turn after keys."""
        end = time.perf_counter() + SHARE_S
        shown = self._buffer.settle(now, SLICE_LINES)
        while self._buffer.due and time.perf_counter() < end:
            shown += self._buffer.settle(now, SLICE_LINES)
        return shown

    @property
    def _settings(self) -> Settings:
        return self.host.preferences.loaded.settings

    @property
    def buffer(self) -> LogBuffer:
        """What is kept of the log."""
        return self._buffer

    @property
    def behind(self) -> int:
        """Lines that have come and are not shown yet."""
        return len(self._inbox) + self._buffer.waiting

    # What is shown.

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show title, choices, modes and sources."""
        del snapshot
        if now - self._looked_at >= 1.0 or not self._per_s:
            self._looked_at = now
            self._per_s = self._rates.look(now, self._buffer.sources)
        self._pane.feed(self._buffer)
        self._show_facts()
        self.query_one("#sparks", LineBlock).show(
            (logwords.spark_line(self._buffer.buckets(now)),) if self._buffer.lines else ()
        )

    def _show_facts(self) -> None:
        request, buffer, pane = self._request, self._buffer, self._pane
        times = self.host.snapshot.manner.times
        pane.use_utc(utc=times == "utc")
        offered = logwords.roles(request, self.host.snapshot)
        totals = logwords.totals(buffer, self._per_s)
        self.query_one(TitleLine).show(logwords.log_title(request), totals)
        roles = logwords.role_line(request, offered)
        containers = logwords.container_line(request)
        self.query_one("#choices", LineBlock).show(
            (
                (*logwords.range_line(request), Span("   "), *roles, *containers),
                logwords.mode_line(request, pane),
            )
        )
        many = count(len(buffer.sources), "source")
        self.query_one("#log-heading", Heading).show(
            f"{many} merged by time", logwords.buffer_note(buffer, times)
        )
        self.query_one(SourceStrip).show(buffer.sources, self._per_s)
        self.query_one("#problems", LineBlock).show(logwords.problem_lines(buffer.sources))

    @property
    def _pane(self) -> LogPane:
        return self.query_one("#log", LogPane)

    def key_scopes(self) -> tuple[Scope, ...]:
        """Return the scopes whose keys help most: those of what has the focus."""
        strip = self.query_one(SourceStrip)
        return ("sources", "logs") if strip.has_focus else ("logs",)

    # Keys.

    def __getattr__(self, name: str) -> Any:
        """Hand keys that the pane answers to the pane, also while the strip has the focus."""
        if name in PANE_ACTIONS:
            return getattr(self._pane, name)
        raise AttributeError(name)

    def find(self, text: str) -> None:
        """Mark what matches, and say at the prompt what is no expression."""
        self.state.query = replace(self.state.query, filter=text)
        wanted = search(text)
        self._pane.set_search(wanted)
        prompt = self.query_one(Prompt)
        if prompt.is_open:
            prompt.complain(wanted.problem)
        elif wanted.problem:
            self.say(wanted.problem, "warn")
        self._show_facts()

    def choose(self, number: int) -> None:
        """Choose a range or a role."""
        if number in ROLE_DIGITS:
            self._choose_role(ROLE_DIGITS[number])
            return
        _, since_s, head = logwords.RANGES[number]
        # A range of time is read whole.
        tail = TAIL_LINES if since_s is None else None
        self._open(replace(self._request, since_s=since_s, head=head, tail=tail))

    def _choose_role(self, role: str) -> None:
        if role in logwords.roles(self._request, self.host.snapshot):
            self._open(replace(self._request, role=role))
        else:
            self.say("there is no such role here", "dim")

    def action_next_role(self) -> None:
        """Read the next role."""
        offered = logwords.roles(self._request, self.host.snapshot)
        if not offered:
            self.say("this is the log of one pod", "dim")
            return
        at = offered.index(self._request.role) if self._request.role in offered else -1
        self._choose_role(offered[(at + 1) % len(offered)])

    def action_containers(self) -> None:
        """Read all containers, or the main one of each pod."""
        all_ = "" if self._request.container == ALL_CONTAINERS else ALL_CONTAINERS
        self._open(replace(self._request, container=all_))

    def action_pick_container(self) -> None:
        """Pick one container by name."""
        self.host.run_task(self._pick_container())

    async def _pick_container(self) -> None:
        found = targets.log_containers(self.host.snapshot, self._request)
        choices = [Choice("all", "every container"), Choice("main", "the first of each pod")]
        choices += [Choice(name, what) for name, what in found]
        names = {"all": ALL_CONTAINERS, "main": ""}
        present = {"": "main", ALL_CONTAINERS: "all"}
        start = present.get(self._request.container, self._request.container)
        picked = await self.host.ask(Picker("CONTAINER", choices, start=start))
        if picked is not None:
            self._open(replace(self._request, container=names.get(picked, picked)))

    def action_previous_run(self) -> None:
        """Show the previous container runs, or the current ones again."""
        self._open(replace(self._request, previous=not self._request.previous))

    def action_reload(self) -> None:
        """Open the streams again."""
        self._open(self._request)

    def plain_text(self) -> str:
        """Return what is shown, with times and sources."""
        return logwords.as_text(self._pane.rows, self._buffer)

    def text_name(self) -> str:
        """Return set and group, for names of files."""
        return logwords.file_stem(self._request)

    @on(LogPane.StateChanged)
    @guarded("showing the log")
    def pane_changed(self, event: LogPane.StateChanged) -> None:
        """Show the modes of the pane."""
        event.stop()
        if self.alive:
            self._show_facts()

    @on(SourceStrip.Muted)
    @guarded("muting a source")
    def sources_muted(self, event: SourceStrip.Muted) -> None:
        """Leave the lines of muted sources out."""
        event.stop()
        self._pane.set_hidden(event.hidden)
        self._show_facts()

    @on(SourceStrip.Wanted)
    @guarded("opening a source")
    def source_wanted(self, event: SourceStrip.Wanted) -> None:
        """Read a source that was only listed."""
        event.stop()
        if self._handle is not None:
            self._handle.open(event.label)
            self.say(f"opening {event.label}", "busy")
