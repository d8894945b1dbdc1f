"""One set: its groups as a map and as a list, its pods, its events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar, Final

from textual import on
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget

from controller.api.meta import Key
from lwstui.state.model import Snapshot
from lwstui.tui.actions import Scope
from lwstui.tui.guard import guarded
from lwstui.tui.marks import Marks
from lwstui.tui.routes import Route, RouteState
from lwstui.tui.scopes import tab_bindings
from lwstui.tui.screens.blocks import Heading, LineBlock
from lwstui.tui.screens.events import FoldsEvents
from lwstui.tui.screens.tabs import SET_TABS, open_set_tab, tabs_line
from lwstui.tui.screens.titles import about
from lwstui.tui.whynot import alternatives
from lwstui.tui.widgets.groupmap import GroupMap
from lwstui.tui.widgets.keyed_table import KeyedTable
from lwstui.view.digest import digest
from lwstui.view.events import events
from lwstui.view.lws import cell_line, set_view
from lwstui.view.pods import pods
from lwstui.view.trends import Trend, trend_line, trends_of
from lwstui.view.types import Column, Line, Query, Ref, SetView, Span, TableView

SCOPES_OF_TAB: Final[dict[str, tuple[Scope, ...]]] = {
    "map": ("group", "set"),
    "groups": ("group", "set"),
    "pods": ("pod", "set"),
    "events": ("event", "set"),
}

GROUP_TABS: Final = frozenset({"map", "groups"})
MOST_WAITS: Final = 3
COARSE_LEVEL: Final = 3
"""Zoom level from which a cell does not tell its pods."""
IMPLIED: Final = frozenset({"namespace", "group"})
"""Columns of pods that say nothing within one group."""
NEVER: Final = 10_000
"""Width of a screen that no terminal has: a column that wants it is not shown."""


class LwsScreen(FoldsEvents):
    """A set's screen; digits choose its tabs."""

    SHOWS_METRICS: ClassVar[bool] = True
    SCOPES: ClassVar[tuple[Scope, ...]] = ("group", "pod", "event", "set")
    BINDINGS: ClassVar[list[BindingType]] = [*tab_bindings("group", "pod", "event", "set")]
    AUTO_FOCUS = None

    def __init__(self, route: Route, state: RouteState) -> None:
        super().__init__(route, state)
        self._whole = state
        ref = route.ref or Ref("set", "", "")
        self._key: Key = ref.key
        self._tab = state.tab or "map"
        self.state = state.of_tab(self._tab)

    @property
    def is_pictured(self) -> bool:
        """Whether the map is shown, which is no table."""
        return self._tab == "map"

    def body(self) -> Iterable[Widget]:
        """Return facts, tabs, the map with what explains it, and the table of the other tabs."""
        yield LineBlock(id="facts", classes="data")
        yield LineBlock(id="trends", classes="data")
        yield LineBlock(id="tabs")
        with Vertical(id="map-pane"):
            yield GroupMap(id="map", classes="data")
            yield LineBlock(id="cell", classes="data")
            yield LineBlock(id="strip", classes="data")
            yield LineBlock(id="waits", classes="data")
            yield Heading("EXCEPTIONS", id="exceptions-head")
            yield KeyedTable(id="exceptions", classes="data")
            yield Heading("GROUP", hint="enter group", id="detail-head")
            yield KeyedTable(id="detail", classes="data")
        yield from super().body()

    def on_mount(self) -> None:
        """Open the tab that was open before."""
        self._open_tab(self._tab)

    def on_screen_resume(self) -> None:
        """Catch up, on the tab that was asked for meanwhile."""
        if self.alive and self._whole.tab != self._tab:
            self._open_tab(self._whole.tab)
        super().on_screen_resume()

    def _open_tab(self, tab: str) -> None:
        self._tab = tab
        self.state = self._whole.of_tab(tab)
        self.set_class(tab == "map", "-map")
        self.host.want_events(wanted=self.wants_events)
        self.main.set_rows(())
        self.refresh_view()
        self.focus_body()

    # What is shown.

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show header and the open tab."""
        view = set_view(snapshot, self._key, self.state.query, now, self.host.memo)
        table = self._table(view, snapshot, self.state.query, now)
        if self._tab != "map":
            table = self.fill(table)
        self.query_one("#facts", LineBlock).show(view.header[1:])
        self._show_trends(snapshot, now)
        note = filter_note(self.state.query, table)
        self.query_one("#tabs", LineBlock).show((tabs_line(SET_TABS, self._tab, note),))
        if self._tab == "map":
            self._show_map(view, snapshot, now)
            self._everything = view.table.everything
            self.show_marks()
        self.headline = view.header[0]
        self.show_headline()

    def _show_trends(self, snapshot: Snapshot, now: float) -> None:
        lws, found = snapshot.sets.get(self._key), tuple[Trend, ...]()
        if lws is not None:
            one = digest(snapshot, lws, self.host.memo, now)
            found = trends_of(snapshot, self._key, one.replicas, now, ready=one.ready)
        line = trend_line(found, now, max(60, self.size.width - 2))
        self.query_one("#trends", LineBlock).show((line,) if line else ())

    def _show_map(self, view: SetView, snapshot: Snapshot, now: float) -> None:
        size = max((len(group.cells) for group in view.groups), default=1)
        group_map = self.query_one("#map", GroupMap)
        zoom = self.host.looks.zooms.get(str(self._key), 0)
        if group_map.zoom != zoom:
            group_map.zoom = zoom
        before = group_map.cursor_ref
        group_map.set_groups(view.groups, size)
        if before is not None and all(group.index != before.group for group in view.groups):
            self.say(f"{about(before)} is gone", "warn")
        group_map.dim_except(_matching(view) if self.state.query.filter else None)
        self.query_one("#strip", LineBlock).show(
            tuple(line for line in (view.strip, view.legend) if line)
        )
        self.query_one("#waits", LineBlock).show(_waits(view))
        self._show_cell()
        self._show_exceptions(view)
        self._show_group(snapshot, now)

    def _show_cell(self) -> None:
        """Say what is under the cursor where cells are too small to tell."""
        group_map, host = self.query_one("#map", GroupMap), self.host
        groups = group_map.cursor_groups if group_map.level >= COARSE_LEVEL else ()
        indexes = tuple(group.index for group in groups)
        line = cell_line(host.snapshot, self._key, indexes, host.now(), host.memo)
        self.query_one("#cell", LineBlock).show((line,) if line else ())

    def _show_exceptions(self, view: SetView) -> None:
        found = view.exceptions
        note = "worst first" if found.rows else found.note or "none: every group is ready"
        self.query_one("#exceptions-head", Heading).show("EXCEPTIONS", note)
        _show_table(self.query_one("#exceptions", KeyedTable), found)

    def _show_group(self, snapshot: Snapshot, now: float) -> None:
        """Show the pods of the group under the cursor of the map."""
        cursor = self.query_one("#map", GroupMap).cursor_ref
        if cursor is None:
            return
        scope = Ref("group", self._key.namespace, self._key.name, cursor.group)
        table = pods(snapshot, Query(sort="role"), now, self.host.memo, scope=scope)
        longest = max((len(row.ref.name) for row in table.rows if row.ref is not None), default=0)
        columns = tuple(_within_group(column, longest) for column in table.columns)
        self.query_one("#detail-head", Heading).show(f"GROUP {cursor.group}")
        _show_table(self.query_one("#detail", KeyedTable), replace(table, columns=columns))

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return what the table of the open tab shows."""
        view = set_view(snapshot, self._key, query, now, self.host.memo)
        return self._table(view, snapshot, query, now)

    def _table(self, view: SetView, snapshot: Snapshot, query: Query, now: float) -> TableView:
        memo, scope = self.host.memo, self.route.ref
        match self._tab:
            case "pods":
                return pods(snapshot, query, now, memo, scope=scope)
            case "events":
                return events(snapshot, query, now, memo, scope=scope, how=self.fold)
            case _:
                return view.table

    # What keys act on.

    @property
    def marks(self) -> Marks:
        """What is marked: the map and the list of groups share their marks."""
        return self._whole.marks if self._tab in GROUP_TABS else self.state.marks

    def show_marks(self) -> None:
        """Show the marks in the table and in the map."""
        super().show_marks()
        marked = {ref.group for ref in self.marks.refs.values()}
        self.query_one("#map", GroupMap).set_marks(marked if self._tab in GROUP_TABS else ())

    @property
    def calm(self) -> bool:
        """Whether pods are listed, which turn ready all the time while something starts."""
        return self._tab == "pods"

    @property
    def view_name(self) -> str:
        """Kind of the table of the open tab."""
        return "groups" if self._tab in GROUP_TABS else self._tab

    @on(GroupMap.Zoomed)
    @guarded("zooming")
    def zoomed(self, event: GroupMap.Zoomed) -> None:
        """Remember the zoom level."""
        event.stop()
        self.host.looks.zooms[str(self._key)] = event.map.zoom
        self._show_cell()

    @on(GroupMap.FaultsAsked)
    @guarded("going to the exceptions")
    def faults_asked(self, event: GroupMap.FaultsAsked) -> None:
        """Go to the list of what is not fine."""
        event.stop()
        exceptions = self.query_one("#exceptions", KeyedTable)
        if exceptions.rows:
            exceptions.focus()
        else:
            self.say("every group is ready", "ok")

    @property
    def hidden_marks(self) -> int:
        """How many marked objects the filter hides; the map hides none."""
        return 0 if self._tab == "map" else super().hidden_marks

    def selected(self) -> Ref | None:
        """Return the group or pod under the cursor of the focused widget."""
        focused = self.focused
        if self._tab != "map":
            return super().selected() or self.route.ref
        if isinstance(focused, KeyedTable) and focused.cursor_row is not None:
            return focused.cursor_row.ref
        return self.query_one("#map", GroupMap).cursor_ref or self.route.ref

    @property
    def settled(self) -> bool:
        """Whether what is under the cursor has been there long enough to act on."""
        focused = self.focused
        if isinstance(focused, KeyedTable | GroupMap):
            return focused.settled
        return super().settled

    @property
    def wants_events(self) -> bool:
        """Whether events are shown."""
        return self._tab == "events"

    def key_scopes(self) -> tuple[Scope, ...]:
        """Return the scopes of the open tab."""
        return SCOPES_OF_TAB.get(self._tab, ("set",))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave a key to what it does on the open tab: among events ``s`` scales the set."""
        del parameters
        lent: tuple[Scope, ...] = ("event",) if self._tab == "events" else ("group", "pod")
        known = alternatives(action, *self.SCOPES)
        return not known or bool(alternatives(action, *lent, "set", "everywhere"))

    def refusal_of(self, action: str) -> str:
        """Return why an action of the open tab cannot be had, empty if it can."""
        here = self.check_action(action.partition("(")[0], ())
        return super().refusal_of(action) if here else ""

    def next_problem(self) -> bool:
        """Move to the next group or row that is not fine."""
        if self._tab == "map":
            return self.query_one("#map", GroupMap).next_problem()
        return super().next_problem()

    def choose(self, number: int) -> None:
        """Open a tab, or the screen that stands for it."""
        tab = SET_TABS.get(number, "")
        if tab in SCOPES_OF_TAB:
            self._open_tab(tab)
        else:
            open_set_tab(self.host, Ref("set", self._key.namespace, self._key.name), number)

    def focus_body(self) -> None:
        """Give the focus to the map, or to the table of the open tab."""
        self.set_focus(self.query_one("#map" if self._tab == "map" else "#main"))

    @on(GroupMap.Highlighted)
    @guarded("moving")
    def cell_highlighted(self, event: GroupMap.Highlighted) -> None:
        """Show the group under the cursor."""
        event.stop()
        if self.alive:
            self._show_cell()
            self._show_group(self.host.snapshot, self.host.now())
            self.show_headline()

    @on(GroupMap.MarkAsked)
    @guarded("marking")
    def cell_mark_asked(self, event: GroupMap.MarkAsked) -> None:
        """Change the marks of groups."""
        event.stop()
        cursor = event.map.cursor_ref
        group = cursor.group if cursor is not None else -1
        rows = sorted(self._everything, key=lambda row: row.ref.group if row.ref else -1)
        here = next((row.key for row in rows if row.ref and row.ref.group == group), "")
        self.marks.apply(event.what, rows, here)
        self.show_marks()
        self.show_headline()

    @on(GroupMap.Opened)
    @guarded("opening")
    def cell_opened(self, event: GroupMap.Opened) -> None:
        """Open the group or pod under the cursor."""
        event.stop()
        self.open_ref(event.ref)

    def on_descendant_focus(self) -> None:
        """Say what keys act on now."""
        self.show_headline()


def filter_note(query: Query, table: TableView) -> str:
    """Return the filter and how much it leaves, empty without a filter. Pure."""
    if not query.filter:
        return ""
    note = table.note if table.rows else ""
    return f"/ {query.filter}   {note or f'{len(table.rows):,} of {table.total:,}'}"


def _matching(view: SetView) -> frozenset[int]:
    return frozenset(row.ref.group for row in view.table.rows if row.ref is not None)


def _waits(view: SetView) -> tuple[Line, ...]:
    """Return why nothing more happens, at most three reasons."""
    more = len(view.waits) - MOST_WAITS
    lines = tuple((Span("waiting  ", "dim"), *line) for line in view.waits[:MOST_WAITS])
    return (*lines, (Span(f"and {more} more", "dim"),)) if more > 0 else lines


def _within_group(column: Column, longest: int) -> Column:
    """Return a column of pods as it is below a map: the reason gets what names do not need."""
    if column.id in IMPLIED:
        return replace(column, min_screen=NEVER)
    if column.id == "name":
        return replace(column, flex=False, want=longest)
    return column


def _show_table(table: KeyedTable, view: TableView) -> None:
    """Show a table that is as high as it has rows, if there is room; none without rows."""
    table.set_class(not view.rows, "-empty")
    table.set_columns(view.columns)
    table.set_rows(view.rows)
    table.styles.max_height = len(view.rows) + 1
