"""The first screen: what needs attention now, all sets worst first, the newest events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar, Final

from textual import on
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget

from lwstui.state.model import Snapshot
from lwstui.tui.actions import Scope
from lwstui.tui.guard import guarded
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.blocks import Heading, LineBlock
from lwstui.tui.screens.table import TableScreen
from lwstui.tui.widgets.attention import AttentionStrip
from lwstui.tui.widgets.painting import spans_width
from lwstui.view.fleet import fleet
from lwstui.view.health import FAULTS, ORDER
from lwstui.view.types import FleetView, Line, Query, Span, TableView

CHOICES: Final = 9
_FAULTY: Final = frozenset(map(ORDER.index, FAULTS))
TALL: Final = 28
"""Lines from which the event tail is shown; the style sheet hides it below."""


class FleetScreen(TableScreen):
    """All sets."""

    SCOPES: ClassVar[tuple[Scope, ...]] = ("set",)
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("set")]

    def body(self) -> Iterable[Widget]:
        """Return strip, table and event tail."""
        yield AttentionStrip(id="attention", classes="data")
        yield from super().body()
        with Vertical(id="tail"):
            yield Heading("EVENTS", hint="shift-e all")
            yield LineBlock(id="events", classes="data")

    @property
    def wants_events(self) -> bool:
        """Whether events are shown."""
        return self.size.height >= TALL

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show strip, table and event tail."""
        view = self._view(snapshot, self.state.query, now)
        self.fill(view.table)
        self.headline = view.title
        self.show_headline()
        strip = self.query_one(AttentionStrip)
        strip.display = bool(view.attention or view.calm)
        strip.show(view.attention, view.more_attention, view.calm)
        self.query_one("#events", LineBlock).show(view.events)
        self.query_one("#tail").set_class(not view.events, "-empty")

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return the table of sets."""
        return self._view(snapshot, query, now).table

    def _view(self, snapshot: Snapshot, query: Query, now: float) -> FleetView:
        width = max(20, self.size.width - 1)
        return fleet(snapshot, query, now, self.host.memo, width=width)

    def headline_right(self) -> Line:
        """Return the namespaces that digits choose, or what keys act on if that says more."""
        if self.marks:
            return super().headline_right()
        names = namespaces(self.host.snapshot)
        spans = [Span("0", "title"), Span(" all", "dim")]
        for number, name in enumerate(names, 1):
            spans += [Span(f"  {number}", "title"), Span(f" {name}", "dim")]
        room = self.size.width - 4 - spans_width(self.headline)
        fits = len(names) > 1 and spans_width(spans) <= room
        return tuple(spans) if fits else super().headline_right()

    def choose(self, number: int) -> None:
        """Show one namespace, or all of them."""
        names = namespaces(self.host.snapshot)
        if number > len(names):
            self.say(f"there is no namespace {number}", "dim")
            return
        text = f"ns:{names[number - 1]}" if number else ""
        self.state.query = replace(self.state.query, filter=text)
        self.refresh_view()

    def aside(self, snapshot: Snapshot) -> str:
        """Return problems and requests, for the right end of the crumbs."""
        faults = sum(1 for row in self.main.rows if row.severity in _FAULTY)
        words = [f"{faults} problem{'s' if faults != 1 else ''}"] if faults else []
        asked = super().aside(snapshot)
        return "   ".join([*words, asked] if asked else words)

    @on(AttentionStrip.Opened)
    @guarded("opening")
    def cause_opened(self, event: AttentionStrip.Opened) -> None:
        """Open what needs attention."""
        event.stop()
        self.open_ref(event.ref)


def namespaces(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the namespaces with the most sets first, as many as there are digits."""
    counts = Counter(key.namespace for key in snapshot.sets)
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    return tuple(ranked[:CHOICES])
