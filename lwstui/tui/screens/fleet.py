"""The first screen: what needs attention now, all sets worst first, the newest events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import ClassVar, Final

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from lwstui.state.model import Snapshot
from lwstui.tui.actions import Scope
from lwstui.tui.guard import guarded
from lwstui.tui.routes import Route, RouteState
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.blocks import Heading, LineBlock
from lwstui.tui.screens.table import TableScreen
from lwstui.tui.screens.titles import counted
from lwstui.tui.widgets.attention import AttentionStrip
from lwstui.tui.widgets.cells import cut_middle
from lwstui.tui.widgets.painting import spans_width
from lwstui.tui.widgets.statusline import TitleLine
from lwstui.tui.widgets.textblock import TextBlock
from lwstui.view.aside import events_aside, set_aside
from lwstui.view.fleet import fleet, rows_of_sets
from lwstui.view.namespaces import PREFIX
from lwstui.view.saving import Shown
from lwstui.view.types import FleetView, Line, Query, Span, TableView

LONGEST: Final = 16
"""Cells of a namespace among the numbered ones."""
WIDE, WIDEST = 140, 180
"""Cells from which the set under the cursor, and events as well, stand beside the table."""
TALL: Final = 28
"""Lines from which the event tail is shown; the style sheet hides it below."""


class FleetScreen(TableScreen):
    """All sets."""

    SHOWS_METRICS: ClassVar[bool] = True
    SCOPES: ClassVar[tuple[Scope, ...]] = ("set",)
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("set")]

    def __init__(self, route: Route, state: RouteState) -> None:
        super().__init__(route, state)
        # On the first visit the cursor stays on the worst set until it is moved.
        self._leads = not state.cursor

    def body(self) -> Iterable[Widget]:
        """Return strip, table and event tail."""
        yield AttentionStrip(id="attention", classes="data")
        with Horizontal(id="columns"):
            yield from super().body()
            with Vertical(id="side"):
                yield Heading("SET", hint="enter open", id="side-head")
                yield TextBlock(id="side-text", classes="data")
            with Vertical(id="side-events"):
                yield Heading("EVENTS", hint="shift-e all")
                yield TextBlock(id="side-events-text", classes="data")
        with Vertical(id="tail"):
            yield Heading("EVENTS", hint="shift-e all")
            yield LineBlock(id="events", classes="data")

    @property
    def wants_events(self) -> bool:
        """Whether events are shown."""
        return self.size.height >= TALL or self.size.width >= WIDEST

    def prepare(self, snapshot: Snapshot, now: float) -> Iterator[None]:
        """Work out the rows of all sets, too."""
        yield from super().prepare(snapshot, now)
        yield from (None for _ in rows_of_sets(snapshot, now, self.host.memo))

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show strip, table and event tail."""
        view = self._view(snapshot, self.state.query, now)
        table = self.fill(view.table)
        if self._leads and not self.marks and not self.state.query.sort:
            # The worst set, not the namespace above it.
            self.main.lead(next((row.key for row in view.table.rows if row.ref is not None), ""))
        self.headline = self.titled(counted(view.title, table))
        self.show_headline()
        strip = self.query_one(AttentionStrip)
        strip.set_class(not (view.attention or view.calm), "-empty")
        strip.show(view.attention, view.more_attention, view.calm, view.quiet)
        self.query_one("#events", LineBlock).show(view.events)
        self.query_one("#tail").set_class(not view.events, "-empty")
        self._show_side(snapshot, now)

    def shown_now(self) -> Shown | None:
        """Return the table with what needs attention above it, to be saved."""
        shown = super().shown_now()
        strip = self.query_one(AttentionStrip)
        return replace(shown, above=strip.told) if shown is not None else None

    def begin_anew(self, state: RouteState) -> None:
        """Let the cursor begin on the worst set again, too."""
        super().begin_anew(state)
        self._leads = True

    def _show_side(self, snapshot: Snapshot, now: float) -> None:
        """Show the set under the cursor, and events, where the screen is wide enough."""
        if self.size.width < WIDE:
            return
        row = self.main.cursor_row
        ref = row.ref if row is not None else None
        lines = set_aside(snapshot, ref.key, now, self.host.memo) if ref is not None else ()
        self.query_one("#side-head", Heading).show(ref.name if ref is not None else "SET")
        self.query_one("#side-text", TextBlock).show(lines)
        if self.size.width >= WIDEST:
            events = events_aside(snapshot, self.size.height // 2)
            self.query_one("#side-events-text", TextBlock).show(events)

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return the table of sets."""
        return self._view(snapshot, query, now).table

    def _view(self, snapshot: Snapshot, query: Query, now: float) -> FleetView:
        width = max(20, self.size.width - 1)
        return fleet(snapshot, query, now, self.host.memo, width=width)

    def show_headline(self) -> None:
        """Show the namespaces that digits choose, then how the table is filtered and ordered.

        With one namespace there is nothing to choose, so it says what keys act on instead; so it
        does while objects are marked.
        """
        choices = () if self.marks else self._choices()
        if choices and self.alive:
            self.query_one(TitleLine).show(choices, self.headline[1:])
        else:
            super().show_headline()
        if self.alive:
            self._show_side(self.host.snapshot, self.host.now())

    def _choices(self) -> Line:
        """Return the numbered namespaces that fit; the digits of the others work all the same."""
        names, seen = self.host.favourites, self.host.snapshot.cluster.namespaces
        if len(names) < 2 and not seen:
            return ()
        room = self.size.width - 4 - spans_width(self.headline[1:])
        spans = _choice(0, "all", chosen=not seen)
        for number, name in enumerate(names, 1):
            more = [*spans, Span(" "), *_choice(number, name, chosen=name in seen)]
            if spans_width(more) > room:
                break
            spans = more
        return tuple(spans)

    def choose(self, number: int) -> None:
        """Show one namespace, or all of them."""
        names = self.host.favourites
        if number > len(names):
            self.say(f"there is no namespace {number}", "dim")
        else:
            self.host.look_at((names[number - 1],) if number else ())

    def aside(self, snapshot: Snapshot) -> str:
        """Return problems and requests, for the right end of the crumbs."""
        faults = self.query_one(AttentionStrip).count
        words = [f"{faults} problem{'s' if faults != 1 else ''}"] if faults else []
        asked = super().aside(snapshot)
        return "   ".join([*words, asked] if asked else words)

    def key_opened(self, key: str) -> None:
        """Look into a namespace of a fleet that is shown by namespace."""
        if key.startswith(PREFIX):
            self.find(f"ns:{key.removeprefix(PREFIX)}")

    @on(AttentionStrip.Opened)
    @guarded("opening")
    def cause_opened(self, event: AttentionStrip.Opened) -> None:
        """Open what needs attention."""
        event.stop()
        self.open_ref(event.ref)


def _choice(number: int, name: str, *, chosen: bool) -> list[Span]:
    """Return one of the numbered namespaces."""
    return [
        Span(f"<{number}>", "title"),
        Span(cut_middle(name, LONGEST), "bold" if chosen else "dim"),
    ]
