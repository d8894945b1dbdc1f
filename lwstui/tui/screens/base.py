"""The frame of every screen: status, title, body, prompt, flash, crumbs and keys."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import ClassVar, Final, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from lwstui.state.model import Snapshot
from lwstui.tui.actions import Scope
from lwstui.tui.completion import CommandSuggester
from lwstui.tui.entered import Mode
from lwstui.tui.guard import guarded
from lwstui.tui.host import Host
from lwstui.tui.marks import Marks
from lwstui.tui.picturing import text_of
from lwstui.tui.refusing import note_refusal
from lwstui.tui.routes import Route, RouteState
from lwstui.tui.scopes import key_pairs, screen_bindings
from lwstui.tui.screens.blocks import LineBlock
from lwstui.tui.screens.verbs import VerbKeys
from lwstui.tui.whynot import Situation, alternatives, offered, refusal_of
from lwstui.tui.widgets.keyline import Crumbs, Flash, KeyLine
from lwstui.tui.widgets.prompt import Prompt
from lwstui.tui.widgets.statusline import StatusLine, TitleLine
from lwstui.view.banner import banner, stale
from lwstui.view.status import status
from lwstui.view.types import Line, Ref, Span, Tone
from lwstui.view.underway import summary
from lwstui.view.warming import warm

MOST_PROBLEMS: Final = 3
"""Lines about mistakes in the operator's files."""
_FRAME: Final = (StatusLine, TitleLine, Flash, Crumbs, KeyLine, Prompt, Static)
TOO_SMALL: Final = "lwstui needs a terminal of at least 60 by 15 cells"


class ConsoleScreen(VerbKeys, Screen[None]):
    """One screen of the console.

    It derives what it shows when a snapshot arrives, each second, and when the operator
    changes the question; it does so only while nothing opaque covers it.

    Args:
        route: Where this screen is.
        state: What the route remembers; the screen keeps it up to date.
    """

    SCOPES: ClassVar[tuple[Scope, ...]] = ()
    SHOWS_METRICS: ClassVar[bool] = False
    HAS_PROBLEMS: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings()]

    def __init__(self, route: Route, state: RouteState) -> None:
        super().__init__()
        self.route = route
        self.state = state
        self._filter_before = ""
        self._to_say = Span("")
        self._to_find = ""
        self._composed = False

    # What screens define.

    @abstractmethod
    def body(self) -> Iterable[Widget]:
        """Return the widgets between title and flash line."""

    @abstractmethod
    def show(self, snapshot: Snapshot, now: float) -> None:
        """Derive what is shown from a snapshot and hand it to the widgets."""

    def prepare(self, snapshot: Snapshot, now: float) -> Iterator[None]:
        """Work out ahead, in short steps, what ``show`` then finds in the memo."""
        return warm(snapshot, self.host.memo, now)

    def selected(self) -> Ref | None:
        """Return what verbs act on: by default what the screen is about."""
        return self.route.ref

    def begin(self) -> None:
        """Get ready before something is shown; by default nothing is to be done."""

    def selected_refs(self) -> tuple[Ref, ...]:
        """Return all that verbs act on: what is marked, else what is selected."""
        ref = self.selected()
        return tuple(self.marks.refs.values()) or ((ref,) if ref is not None else ())

    @property
    def marks(self) -> Marks:
        """What is marked on this screen."""
        return self.state.marks

    @property
    def hidden_marks(self) -> int:
        """How many marked objects the filter hides."""
        return 0

    def find(self, text: str) -> None:
        """React to the text of the filter prompt: by default filter the table."""
        self.state.query = replace(self.state.query, filter=text)
        self.refresh_view()

    @property
    def wants_events(self) -> bool:
        """Whether events are shown."""
        return False

    def next_problem(self) -> bool:
        """Move to the next problem; return whether there is one."""
        return False

    def choose(self, number: int) -> None:
        """Take one of the numbered choices of the screen."""
        del number
        self.say("there is nothing to choose by number here", "dim")

    def picture(self) -> str:
        """Return what stands between the title and the flash line, as text."""
        inside = (child for child in self.children if not isinstance(child, _FRAME))
        return text_of(child for child in inside if not child.has_class("-textual-system"))

    # The frame.

    @property
    def host(self) -> Host:
        """The application."""
        return cast("Host", self.app)

    def compose(self) -> ComposeResult:
        """Lay the frame around the body."""
        yield StatusLine()
        yield TitleLine()
        yield LineBlock(id="banner")
        yield from self.body()
        yield Flash()
        yield Crumbs()
        yield KeyLine()
        yield Static(TOO_SMALL, id="too-small", markup=False)
        yield Prompt(
            entered=self.host.entered,
            suggesters={"command": CommandSuggester(self.host.completions)},
            check=self.host.command_problem,
        )

    def on_mount(self) -> None:
        """Show what is known already, and what was said before there was a line for it."""
        self._composed = True
        self.refresh_view()
        if self._to_say.text:
            self.say(*self._to_say)
        if self._to_find:
            self.call_after_refresh(self.find, self._to_find)

    def begin_filter(self, text: str) -> None:
        """Filter by a text, as soon as there is something to filter."""
        if self.alive:
            self.find(text)
        else:
            self._to_find = text

    def on_screen_resume(self) -> None:
        """Catch up with what happened while something covered this screen."""
        self.host.want_events(wanted=self.wants_events)
        self.refresh_view()

    @guarded("drawing the screen")
    def refresh_view(self) -> None:
        """Show the newest snapshot."""
        if not self.alive:
            return
        host = self.host
        snapshot, now = host.snapshot, host.now()
        facts = status(snapshot, now, host.memo, behind_s=host.behind_s)
        protected = host.safety.protects(snapshot.cluster)
        facts = replace(facts, accent=host.accent, protected=protected)
        self.query_one(StatusLine).show(replace(facts, mode="RO") if host.read_only else facts)
        self.set_class(stale(snapshot), "-stale")
        self.set_class(not host.crumbs_shown, "-crumbless")
        self.set_class(not host.header_shown, "-bare")
        self.begin()
        self.show(snapshot, now)
        # These say something about what is shown, so they come after it.
        self.query_one("#banner", LineBlock).show((*banner(snapshot, now), *self._unsettled()))
        self.query_one(Crumbs).show(host.crumbs, self.aside(snapshot))
        self.query_one(KeyLine).show(self.key_hints())

    def key_hints(self) -> list[tuple[str, str]]:
        """Return (key, label) pairs for the key line."""
        scopes = self.key_scopes()
        found = offered(self.situation(), *scopes)
        if not self.HAS_PROBLEMS:
            found = tuple(one for one in found if one[0].id != "app.next-problem")
        return key_pairs(found)

    def _unsettled(self) -> tuple[Line, ...]:
        """Return what is wrong with the settings, until it is put right."""
        said = self.host.preferences.problems
        if len(said) > MOST_PROBLEMS:
            more = len(said) - MOST_PROBLEMS + 1
            said = (*said[: MOST_PROBLEMS - 1], f"and {more} more in these files: :config")
        return tuple((Span(one, "warn"),) for one in said)

    def situation(self) -> Situation:
        """Return what decides which actions are to be had at present."""
        host = self.host
        return Situation(host.snapshot, self.selected(), host.read_only, host.keymap)

    def refusal_of(self, action: str) -> str:
        """Return why an action of this screen cannot be had at present, empty if it can."""
        name = action.partition("(")[0]
        why = refusal_of(name, self.situation(), *self.SCOPES) if self.alive else ""
        if why and any(spec.danger for spec in alternatives(name, *self.SCOPES)):
            note_refusal(self.host, name, self.selected(), why)
        return why

    def key_scopes(self) -> tuple[Scope, ...]:
        """Return the scopes whose keys help most at present, for the key line."""
        return self.SCOPES

    def aside(self, snapshot: Snapshot) -> str:
        """Return what stands at the right of the crumbs: intents that are under way."""
        return summary(snapshot)

    @property
    def alive(self) -> bool:
        """Whether the widgets are there: not yet before mounting, no more while leaving."""
        return self._composed and self.app.is_running and self in self.app.screen_stack

    def say(self, text: str, tone: Tone = "") -> None:
        """Show one sentence on the flash line, as soon as there is one."""
        if self.alive:
            self.query_one(Flash).say(text, tone)
        else:
            self._to_say = Span(text, tone)

    def trouble(self, sentence: str) -> None:
        """Show what failed."""
        self.say(sentence, "bad")

    # Prompt.

    def action_command(self) -> None:
        """Open the command bar."""
        self._open_prompt("command")

    def action_filter(self) -> None:
        """Open the filter prompt with the present filter."""
        self._filter_before = self.state.query.filter
        self._open_prompt("filter", self._filter_before)

    def _open_prompt(self, mode: Mode, text: str = "") -> None:
        self.add_class("-prompting")
        self.query_one(Prompt).open(mode, text)

    def _prompt_closed(self) -> None:
        self.remove_class("-prompting")
        self.focus_body()

    @on(Prompt.Changed)
    @guarded("filtering")
    def prompt_changed(self, event: Prompt.Changed) -> None:
        """Filter while typing."""
        event.stop()
        if event.mode == "filter":
            self.find(event.text)

    @on(Prompt.Submitted)
    @guarded("the command")
    def prompt_submitted(self, event: Prompt.Submitted) -> None:
        """Keep the filter, or run the command."""
        event.stop()
        self._prompt_closed()
        if event.mode == "filter":
            self.find(event.text)
        else:
            self.host.run_command(event.text)

    @on(Prompt.Cancelled)
    @guarded("leaving the prompt")
    def prompt_cancelled(self, event: Prompt.Cancelled) -> None:
        """Go back to the filter from before the prompt."""
        event.stop()
        self._prompt_closed()
        if event.mode == "filter":
            self.find(self._filter_before)

    def meant_for_prompt(self, event: events.Key) -> bool:
        """Tell whether a key was typed for the prompt but sent elsewhere."""
        return self.alive and self.query_one(Prompt).missed(event)

    def cancel_prompt(self) -> bool:
        """Leave the prompt as escape does; return whether it was open."""
        prompt = self.query_one(Prompt)
        if not prompt.is_open:
            return False
        prompt.action_cancel()
        return True

    def begin_anew(self, state: RouteState) -> None:
        """Forget what was shown, for another cluster."""
        self.state = state
        self.cancel_prompt()

    def focus_body(self) -> None:
        """Give the focus to the main widget."""
        if self.AUTO_FOCUS:
            self.query_one(self.AUTO_FOCUS).focus()

    # Keys that work on every screen.

    def action_step_out(self) -> None:
        """Take back the flash, then the marks, then the filter, then leave the screen."""
        query = self.state.query
        if self.query_one(Flash).clear():
            return
        if self.marks.clear():
            self.refresh_view()
            return
        if query.filter or query.faults_only:
            self.state.query = replace(query, filter="", faults_only=False)
            self.find("")
            return
        self.host.leave()

    def action_clear_text(self) -> None:
        """Empty the open prompt, else take the filter back."""
        if not self.query_one(Prompt).empty():
            self.find("")

    def action_leave(self) -> None:
        """Leave the screen."""
        self.host.leave()

    def action_help(self) -> None:
        """Show the keys of this screen."""
        self.host.goto(Route("help", self.selected(), ",".join(self.SCOPES)))

    def action_history_back(self) -> None:
        """Go to where the operator was before."""
        self.host.travel(-1)

    def action_history_forward(self) -> None:
        """Undo a step back."""
        self.host.travel(1)

    def action_reload(self) -> None:
        """List everything again."""
        self.host.backend.reconnect()
        self.say("listing everything again", "busy")

    def action_next_problem(self) -> None:
        """Go to the next problem of this screen."""
        if not self.next_problem():
            self.say("no problem here", "ok")

    def action_toggle_header(self) -> None:
        """Show or hide the first lines."""
        self.host.show_header(shown=self.has_class("-bare"))

    def action_toggle_crumbs(self) -> None:
        """Show or hide the breadcrumbs."""
        self.host.show_crumbs(shown=self.has_class("-crumbless"))

    def on_key(self, event: events.Key) -> None:
        """Look for a key among the operator's own when nothing else wants it."""
        if self.alive and self.host.own_key(event.key, self.selected()):
            event.stop()

    def action_aliases(self) -> None:
        """Show the operator's own commands."""
        self.host.goto(Route("aliases"))

    def action_repeat(self) -> None:
        """Run the last command again."""
        last = self.host.entered.last_command
        if last:
            self.host.run_command(last)
        else:
            self.say("no command was entered yet", "dim")

    def action_choice(self, digit: str) -> None:
        """Take a numbered choice."""
        self.choose(int(digit))
