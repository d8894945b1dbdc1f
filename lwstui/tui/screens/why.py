"""Why something is as it is, and what may help; everything that is wrong, in one list."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from math import inf
from typing import ClassVar, Final

from textual import on
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widget import Widget

from controller.api.names import SERVICES
from lwstui.state.around import Around
from lwstui.state.insights import Subject
from lwstui.state.model import Snapshot
from lwstui.tui.actions import ACTIONS, Scope
from lwstui.tui.commands.registry import COMMANDS
from lwstui.tui.guard import guarded
from lwstui.tui.keys import display
from lwstui.tui.routes import Route, RouteState
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.blocks import Heading, LineBlock
from lwstui.tui.screens.table import TableScreen
from lwstui.tui.screens.tabs import tabs_line
from lwstui.tui.screens.verbs.taking import object_name
from lwstui.tui.widgets.keyed_table import KeyedTable
from lwstui.tui.widgets.textblock import TextBlock
from lwstui.tui.widgets.textpane import TextPane
from lwstui.view.autoscaling import autoscaling
from lwstui.view.bundle import bundle
from lwstui.view.connectivity import connectivity
from lwstui.view.crashes import all_ends, last_lines, loops
from lwstui.view.fit import fit_page
from lwstui.view.saving import Shown
from lwstui.view.servedby import served_by
from lwstui.view.types import Line, Query, Ref, Span, TableView
from lwstui.view.why import Option, concerning, insights, named, ref_of, why

TABS: Final = dict(
    enumerate(("why", "crashes", "fit", "connectivity", "autoscaling", "controller"), 1)
)
TABLED: Final = {
    "why": ("WHAT MAY HELP", "enter opens its dialog"),
    "crashes": ("ALL ENDS", "newest first; enter opens the pod"),
}
"""Tabs with a table, and how it is headed."""
AROUND: Final = frozenset({"connectivity", "autoscaling"})
"""Tabs for which something is read that is not watched."""
_SECTIONS: Final = (
    ("verdict", "VERDICT", ""),
    ("chain", "CHAIN", "what follows, and what else is wrong"),
    ("evidence", "EVIDENCE", "what was seen, and when"),
    ("ruled-out", "RULED OUT", "rules that looked and found nothing"),
)


class WhyScreen(TableScreen):
    """The diagnosis of a set, a group, a pod or a node, in tabs that digits choose.

    ``enter`` does what a line of the first tab suggests.
    """

    SHOWS_METRICS: ClassVar[bool] = True
    SCOPES: ClassVar[tuple[Scope, ...]] = ("group", "set")
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("group", "set")]
    AUTO_FOCUS = None

    def __init__(self, route: Route, state: RouteState) -> None:
        super().__init__(route, state)
        self._whole = state
        self._tab = state.tab or "why"
        self.state = state.of_tab(self._tab)
        self._about = route.ref or Ref("set", "", "")
        self._options: dict[str, Option] = {}
        self._acting_on: Ref | None = None
        self._around: Around | None = None
        self._asking = False

    def body(self) -> Iterable[Widget]:
        """Return the tabs: reasons, ends of containers, and text for the others."""
        yield LineBlock(id="tabs")
        with Vertical(id="why-pane"):
            with VerticalScroll(id="reasons"):
                for name, title, note in _SECTIONS:
                    yield Heading(title, hint=note, id=f"{name}-head")
                    yield TextBlock(id=name, classes="data")
            yield Heading("CRASHES", hint="2 all of them, loops", id="crashes-head")
            yield KeyedTable(id="crashes", classes="data")
        with Vertical(id="crash-pane"):
            yield Heading("RECREATED", hint="generations and rate", id="loops-head")
            yield TextBlock(id="loops", classes="data")
            yield Heading("LAST LINES", hint="of the one under the cursor", id="last-head")
            yield TextBlock(id="last", classes="data")
        yield Heading("", id="main-head")
        yield KeyedTable(id="main", classes="data")
        yield TextPane(id="page", classes="data")

    def on_mount(self) -> None:
        """Open the tab that was open before."""
        self._open_tab(self._tab)

    def _open_tab(self, tab: str) -> None:
        self._tab = tab
        self.state = self._whole.of_tab(tab)
        self.set_class(tab == "why", "-why")
        self.set_class(tab == "crashes", "-crashes")
        self.set_class(tab not in TABLED, "-text")
        title, hint = TABLED.get(tab, ("", ""))
        self.query_one("#main-head", Heading).show(title, hint)
        self.main.set_rows(())
        if tab in AROUND:
            self._look_around()
        self.refresh_view()
        self.focus_body()

    # What is shown.

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show the open tab."""
        self.query_one("#tabs", LineBlock).show((tabs_line(TABS, self._tab),))
        match self._tab:
            case "why":
                self._show_reasons(snapshot, now)
            case "crashes":
                self.query_one("#loops", TextBlock).show(loops(snapshot, self._about, now))
                self.fill(all_ends(snapshot, self._about, now))
                self._show_last()
            case tab:
                self.query_one("#page", TextPane).set_lines(self._page(tab, snapshot, now))
        self.headline = (Span("why", "title"), Span(f" {named(self._about)}"))
        self.show_headline()

    def _show_reasons(self, snapshot: Snapshot, now: float) -> None:
        view = why(snapshot, self._about, now, self._keys())
        self._options = view.options
        for name, lines in (
            ("verdict", view.verdict),
            ("chain", view.chain or ((Span("nothing", "dim"),),)),
            ("evidence", view.evidence or ((Span("none", "dim"),),)),
            ("ruled-out", (view.ruled_out,)),
        ):
            self.query_one(f"#{name}", TextBlock).show(lines)
        table = self.query_one("#crashes", KeyedTable)
        table.set_class(not view.crashes.rows, "-empty")
        self.query_one("#crashes-head").set_class(not view.crashes.rows, "-empty")
        table.set_columns(view.crashes.columns)
        table.set_rows(view.crashes.rows)
        self.fill(view.actions)

    def _page(self, tab: str, snapshot: Snapshot, now: float) -> tuple[Line, ...]:
        """Return the text of a tab that has no table."""
        match tab:
            case "fit":
                return fit_page(snapshot, self._about, self.host.counting.lines)
            case "connectivity":
                return self._connectivity(snapshot, now)
            case "autoscaling":
                return autoscaling(snapshot, self._set, self._around, now)
            case _:
                return served_by(snapshot, self._about, now, self.host.memo)

    def _connectivity(self, snapshot: Snapshot, now: float) -> tuple[Line, ...]:
        """Return that tab; it looks at every pod of the set, so it is kept while they stay."""
        ref, key = self._about, self._set.key

        def build() -> tuple[tuple[Line, ...], float]:
            found = concerning(snapshot, ref)
            return connectivity(snapshot, ref, self._around, found), inf

        rests_on = (
            snapshot.sets.get(key),
            snapshot.by_set.get(key),
            snapshot.services,
            snapshot.insights,
            self._around,
        )
        sync = snapshot.sync.get(SERVICES.plural)
        seen = sync.state if sync is not None else ""
        return self.host.memo.get(("connectivity", ref), rests_on, now, build, facts=seen)

    def _show_last(self) -> None:
        """Show what was kept of the end under the cursor."""
        row = self.main.cursor_row
        lines = last_lines(self.host.snapshot, self._about, row.key if row is not None else "")
        self.query_one("#last", TextBlock).show(lines or ((Span("nothing", "dim"),),))

    def show_headline(self) -> None:
        """Show the title, and on the second tab the lines of the end under the cursor."""
        super().show_headline()
        if self.alive and self._tab == "crashes":
            self._show_last()

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return what the table of the open tab shows."""
        del query
        if self._tab == "crashes":
            return all_ends(snapshot, self._about, now)
        return why(snapshot, self._about, now, self._keys()).actions

    def _keys(self) -> dict[str, str]:
        """Return how each action is to be had, by id."""
        moved = self.host.keymap.of
        return {spec.id: f"{display(moved(spec)[0])} {spec.title}" for spec in ACTIONS}

    @property
    def view_name(self) -> str:
        """Kind of the table of the open tab."""
        return "why" if self._tab == "why" else "crashes"

    def shown_now(self) -> Shown | None:
        """Return all tabs as one text, to be saved and handed on."""
        host, ref, fit = self.host, self._about, self.host.counting.lines
        snapshot, now = host.snapshot, host.now()
        text = bundle(snapshot, ref, self._around, now, memo=host.memo, fit=fit)
        return Shown(f"why-{object_name(ref)}", text=text)

    # What is read because it is asked for.

    @property
    def _set(self) -> Ref:
        """The set that this is about, or the set of what this is about."""
        pod = self.host.snapshot.pods.get(self._about.key) if self._about.kind == "pod" else None
        return Ref("set", *(pod.set_key if pod is not None else self._about.key))

    def _look_around(self) -> None:
        """Read autoscalers and endpoints; one request at most is under way."""
        if not self._asking and self._set.key in self.host.snapshot.sets:
            self._asking = True
            self.host.run_task(self._read_around())

    async def _read_around(self) -> None:
        try:
            asked = self.host.backend.around(self._set.key)
            self._around = await asyncio.wrap_future(asked)
        except Exception as error:  # noqa: BLE001 - whatever failed, the operator must read it
            said = str(error)
            self._around = Around(self.host.now(), (), said, (), said)
        finally:
            self._asking = False
        self.refresh_view()

    # What keys do.

    @property
    def wants_events(self) -> bool:
        """Whether events are shown: some rules look at them."""
        return True

    def selected(self) -> Ref | None:
        """Return what the screen is about; while a suggestion is carried out, what it is for."""
        return self._acting_on or self._about

    def headline_right(self) -> Line:
        """Return how old the diagnosis may be."""
        if self._tab in AROUND:
            return (Span("its digit reads it again", "dim"),)
        return (Span("rules are asked every 2 s", "dim"),)

    def key_hints(self) -> list[tuple[str, str]]:
        """Return (key, label) pairs for the key line: the digits, too, but not the way here."""
        enter = {"why": [("enter", "Do")], "crashes": [("enter", "Pod")]}.get(self._tab, [])
        rest = [pair for pair in super().key_hints() if pair[1] not in ("Why", "Open", "Group")]
        return [*enter, ("1-6", "View"), *rest]

    def focus_body(self) -> None:
        """Give the focus to the table of the open tab, or to its text."""
        self.set_focus(self.query_one("#main" if self._tab in TABLED else "#page"))

    def choose(self, number: int) -> None:
        """Open a tab."""
        tab = TABS.get(number)
        if tab is None:
            self.say(f"there is no tab {number}", "dim")
        else:
            self._open_tab(tab)

    def open_ref(self, ref: Ref) -> None:
        """Open the pod of an end, if it is there still."""
        if ref.kind == "pod" and ref.key not in self.host.snapshot.pods:
            self.say("that pod is gone; what was kept of it is shown above", "dim")
        else:
            super().open_ref(ref)

    @on(KeyedTable.Opened, "#main")
    @guarded("the suggestion")
    def option_opened(self, event: KeyedTable.Opened) -> None:
        """Do what the line suggests, which opens the dialog that it always opens."""
        if self._tab != "why":
            return
        event.stop()
        event.prevent_default()
        option = self._options.get(event.row.key)
        if option is None:
            return
        advice = option.advice
        if advice.command:
            self.host.run_command(_line(advice.command, option.subject))
        elif advice.action:
            self.run_worker(self._carry_out(option), exit_on_error=False)
        else:
            self.say("this is done outside the console", "dim")

    async def _carry_out(self, option: Option) -> None:
        self._acting_on = ref_of(option.subject)
        try:
            name = option.advice.action.rpartition(".")[2].replace("-", "_")
            await self.run_action(name)
        finally:
            self._acting_on = None


def _line(command: str, subject: Subject) -> str:
    """Return a command with what it is about, if its next word may name that."""
    verb, *words = command.split()
    spec = next((one for one in COMMANDS if one.verb == verb), None)
    takes = spec is not None and spec.args[len(words) : len(words) + 1]
    named = takes and takes[0] in ("set", "group", "target")
    return f"{command} {_target(subject)}".strip() if named else command


def _target(subject: Subject) -> str:
    """Return a subject as commands name it."""
    match subject.scope:
        case "group":
            return f"{subject.namespace}/{subject.name}/{subject.group}"
        case "set":
            return f"{subject.namespace}/{subject.name}"
        case _:
            return subject.name


class InsightsScreen(TableScreen):
    """Everything that the rules find, one line per cause."""

    SHOWS_METRICS: ClassVar[bool] = True
    SCOPES: ClassVar[tuple[Scope, ...]] = ("group", "set")
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("group", "set")]

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return the list."""
        return insights(snapshot, query, now)

    @property
    def wants_events(self) -> bool:
        """Whether events are shown: some rules look at them."""
        return True

    def open_ref(self, ref: Ref) -> None:
        """Show why."""
        self.host.goto(Route("why", ref), tab="why")
