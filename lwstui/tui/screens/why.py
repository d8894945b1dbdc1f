"""Why something is as it is, and what may help; everything that is wrong, in one list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

from textual import on
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from lwstui.state.insights import Subject
from lwstui.state.model import Snapshot
from lwstui.tui.actions import ACTIONS, Scope
from lwstui.tui.guard import guarded
from lwstui.tui.keys import display
from lwstui.tui.routes import Route, RouteState
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.blocks import Heading
from lwstui.tui.screens.table import TableScreen
from lwstui.tui.widgets.keyed_table import KeyedTable
from lwstui.tui.widgets.textblock import TextBlock
from lwstui.view.fit import fit_of
from lwstui.view.types import Line, Query, Ref, Span, TableView
from lwstui.view.why import Option, insights, ref_of, why

_SECTIONS: Final = (
    ("verdict", "VERDICT", ""),
    ("chain", "CHAIN", "what follows, and what else is wrong"),
    ("evidence", "EVIDENCE", "what was seen, and when"),
    ("ruled-out", "RULED OUT", "rules that looked and found nothing"),
)


class WhyScreen(TableScreen):
    """The diagnosis of a set, a group, a pod or a node; ``enter`` does what a line suggests."""

    SHOWS_METRICS: ClassVar[bool] = True
    SCOPES: ClassVar[tuple[Scope, ...]] = ("group", "set")
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("group", "set")]

    def __init__(self, route: Route, state: RouteState) -> None:
        super().__init__(route, state)
        self._about = route.ref or Ref("set", "", "")
        self._options: dict[str, Option] = {}
        self._acting_on: Ref | None = None

    def body(self) -> Iterable[Widget]:
        """Return the sections, the crashes and what may help."""
        with VerticalScroll(id="reasons", can_focus=False):
            for name, title, note in _SECTIONS:
                yield Heading(title, hint=note, id=f"{name}-head")
                yield TextBlock(id=name, classes="data")
            yield Heading("FIT", hint="more groups, into what is free", id="fit-head")
            yield TextBlock(id="fit", classes="data")
        yield Heading("CRASHES", hint="first to fail in each generation", id="crashes-head")
        yield KeyedTable(id="crashes", classes="data")
        yield Heading("WHAT MAY HELP", hint="enter opens its dialog", id="main-head")
        yield KeyedTable(id="main", classes="data")

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show everything."""
        view = why(snapshot, self._about, now, self._keys())
        self._options = view.options
        for name, lines in (
            ("verdict", view.verdict),
            ("chain", view.chain or ((Span("nothing", "dim"),),)),
            ("evidence", view.evidence or ((Span("none", "dim"),),)),
            ("ruled-out", (view.ruled_out,)),
        ):
            self.query_one(f"#{name}", TextBlock).show(lines)
        fit = fit_of(snapshot, self._about, now, self.host.memo)
        self.query_one("#fit-head").display = bool(fit)
        self.query_one("#fit", TextBlock).show(fit)
        table = self.query_one("#crashes", KeyedTable)
        table.set_columns(view.crashes.columns)
        table.set_note(view.crashes.note)
        table.set_rows(view.crashes.rows)
        self.fill(view.actions)
        self.headline = view.title
        self.show_headline()

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return what may help."""
        del query
        return why(snapshot, self._about, now, self._keys()).actions

    def _keys(self) -> dict[str, str]:
        """Return how each action is to be had, by id."""
        moved = self.host.keymap.of
        return {spec.id: f"{display(moved(spec)[0])} {spec.title}" for spec in ACTIONS}

    @property
    def wants_events(self) -> bool:
        """Whether events are shown: some rules look at them."""
        return True

    def selected(self) -> Ref | None:
        """Return what the screen is about; while a suggestion is carried out, what it is for."""
        return self._acting_on or self._about

    def headline_right(self) -> Line:
        """Return how old the diagnosis may be."""
        return (Span("rules are asked every 2 s", "dim"),)

    @on(KeyedTable.Opened, "#main")
    @guarded("the suggestion")
    def option_opened(self, event: KeyedTable.Opened) -> None:
        """Do what the line suggests, which opens the dialog that it always opens."""
        event.stop()
        event.prevent_default()
        option = self._options.get(event.row.key)
        if option is None:
            return
        advice = option.advice
        if advice.command:
            self.host.run_command(f"{advice.command} {_target(option.subject)}".strip())
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
        self.host.goto(Route("why", ref))
