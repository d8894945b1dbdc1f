"""What screens and verbs may ask of the application that holds them."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from textual.screen import ModalScreen
from textual.theme import Theme

from lwstui.config.extensions import Extensions
from lwstui.config.statefiles import StateFiles
from lwstui.runtime.backend import Backend, TerminalEnd, TerminalRequest
from lwstui.runtime.destination import Destination
from lwstui.state.model import Snapshot
from lwstui.tui.counting import Counting
from lwstui.tui.entered import Entered
from lwstui.tui.keymaps import Keymap
from lwstui.tui.looks import Looks
from lwstui.tui.pace import Pace
from lwstui.tui.preferences import Preferences
from lwstui.tui.routes import Route
from lwstui.view.memo import Memo
from lwstui.view.safety import Safety
from lwstui.view.types import Ref, Tone

T = TypeVar("T")


class Front(Protocol):
    """The screen in front as commands see it."""

    def choose_columns(self) -> None:
        """Ask which columns to show."""
        ...

    def copy_names(self) -> None:
        """Copy the name of what is selected."""
        ...

    def save_shown(self, form: str = "") -> None:
        """Save what is shown, as ``text``, ``csv`` or ``json``."""
        ...


class Host(Protocol):
    """The application as its screens see it."""

    snapshot: Snapshot
    memo: Memo
    counting: Counting
    safety: Safety
    pace: Pace
    looks: Looks

    @property
    def backend(self) -> Backend:
        """The only door to a cluster."""
        ...

    @property
    def read_only(self) -> bool:
        """Whether nothing may be changed."""
        ...

    @property
    def state_files(self) -> StateFiles:
        """What is kept between runs about the present context."""
        ...

    @property
    def front(self) -> Front:
        """The screen in front."""
        ...

    def copy_to_clipboard(self, text: str) -> None:
        """Ask the terminal to put a text into the clipboard."""
        ...

    def use_mouse(self, *, wanted: bool) -> None:
        """Take mouse events, or leave them to the terminal."""
        ...

    @property
    def crumbs(self) -> tuple[str, ...]:
        """Texts of the open routes."""
        ...

    @property
    def available_themes(self) -> Mapping[str, Theme]:
        """Themes by name."""
        ...

    @property
    def theme(self) -> str:
        """Name of the theme in force."""
        ...

    @property
    def favourites(self) -> tuple[str, ...]:
        """Namespaces that digits choose, the first one by 1."""
        ...

    def destination(self, context: str, namespaces: tuple[str, ...] | None) -> Destination:
        """Return where going to a context leads, with its settings."""
        ...

    def attach(self, destination: Destination) -> None:
        """Leave the cluster for another."""
        ...

    def look_at(self, namespaces: tuple[str, ...]) -> None:
        """Show these namespaces; none means all."""
        ...

    @property
    def entered(self) -> Entered:
        """What was typed before."""
        ...

    @property
    def extensions(self) -> Extensions:
        """The operator's own commands."""
        ...

    def own_key(self, key: str, ref: Ref | None) -> bool:
        """Run what the operator put on a key; return whether there is anything."""
        ...

    def suspend_program(self) -> None:
        """Stop the program as a shell does; it goes on where it was."""
        ...

    def command_problem(self, text: str) -> str:
        """Return what is wrong with a line of the command bar, empty if nothing is."""
        ...

    def filter_front(self, text: str) -> None:
        """Filter what the screen in front shows."""
        ...

    @property
    def behind_s(self) -> float:
        """How long the last snapshot took to the screen, in seconds."""
        ...

    @property
    def preferences(self) -> Preferences:
        """The settings at work."""
        ...

    @property
    def accent(self) -> str:
        """Colour of the context's name, empty for none of its own."""
        ...

    @property
    def keymap(self) -> Keymap:
        """What the operator put on keys."""
        ...

    @property
    def header_shown(self) -> bool:
        """Whether the first two lines are shown."""
        ...

    def show_header(self, *, shown: bool) -> None:
        """Show or hide the first two lines of every screen."""
        ...

    @property
    def crumbs_shown(self) -> bool:
        """Whether breadcrumbs are shown."""
        ...

    def show_crumbs(self, *, shown: bool) -> None:
        """Show or hide the breadcrumbs of every screen."""
        ...

    @property
    def recent(self) -> tuple[tuple[Route, Ref], ...]:
        """Objects that were looked at before, the last one first, each with its route."""
        ...

    def completions(self, text: str) -> tuple[str, ...]:
        """Return whole command lines that continue a text."""
        ...

    def now(self) -> float:
        """Epoch seconds."""
        ...

    def goto(self, route: Route, *, top: bool = False, tab: str = "") -> None:
        """Open a route, on a tab of its screen."""
        ...

    def travel(self, by: int) -> None:
        """Go through history, -1 back or 1 forward."""
        ...

    def leave(self) -> None:
        """Close the screen in front."""
        ...

    def say(self, text: str, tone: Tone = "") -> None:
        """Show one sentence on the flash line."""
        ...

    def run_task(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine; its failure is logged and becomes one sentence."""
        ...

    async def ask(self, dialog: ModalScreen[T]) -> T | None:
        """Open a dialog and wait for its answer; None if it was dismissed without one."""
        ...

    def set_theme(self, name: str) -> None:
        """Change the theme."""
        ...

    def show_help(self) -> None:
        """Show the keys of the screen in front."""
        ...

    def want_events(self, *, wanted: bool) -> None:
        """Note whether the screen in front shows events."""
        ...

    def quit_guarded(self) -> None:
        """Leave; ask first if something depends on this program."""
        ...

    def converse(self, request: TerminalRequest, heading: str) -> TerminalEnd:
        """Hand the terminal to something in a container; returns when it has ended or was left.

        Raises:
            NoTerminal: If there is none to hand over.
            ControllerError: If it cannot be run.
        """
        ...

    def run_program(self, argv: tuple[str, ...]) -> int:
        """Hand the terminal to a program until it ends; return its exit code."""
        ...

    def edit_text(self, text: str, command: Sequence[str], *, name: str) -> str:
        """Hand the terminal to an editor and return the text it left.

        Raises:
            NoTerminal: If there is none to hand over.
            EditorFailed: If the editor cannot be started or fails.
        """
        ...

    def run_command(self, text: str) -> None:
        """Run a line of the command bar."""
        ...
