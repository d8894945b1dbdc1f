"""The console application: snapshots in, screens in front, commands and quitting."""

from __future__ import annotations

import asyncio
import logging
import time
import weakref
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath
from typing import Any, ClassVar, Final, TypeVar

from textual import events
from textual.actions import ActionParseResult
from textual.app import AutopilotCallbackType, ComposeResult, SuspendNotSupported
from textual.binding import BindingType
from textual.dom import DOMNode
from textual.message import Message
from textual.screen import ModalScreen, Screen
from textual.worker import Worker

from lwstui.config.schema import Settings
from lwstui.config.statefiles import StateFiles
from lwstui.config.views import ViewsFile
from lwstui.runtime.backend import Backend, TerminalEnd, TerminalRequest
from lwstui.runtime.tuning import tuning_of
from lwstui.tui import extending, handoff, verbs
from lwstui.tui.arriving import Arrivals
from lwstui.tui.commands.language import Language
from lwstui.tui.commands.registry import COMMANDS
from lwstui.tui.commands.running import Commander
from lwstui.tui.commands.values import values
from lwstui.tui.demand import Demand
from lwstui.tui.entered import Entered
from lwstui.tui.following import FollowingApp
from lwstui.tui.guard import report, run_guarded, while_open
from lwstui.tui.leaving import at_stake
from lwstui.tui.looks import VIEWS, Looks
from lwstui.tui.options import ConsoleOptions
from lwstui.tui.pace import Pace
from lwstui.tui.palette import Palette
from lwstui.tui.preferences import Preferences
from lwstui.tui.routes import FLEET
from lwstui.tui.scopes import app_bindings
from lwstui.tui.screens.base import ConsoleScreen
from lwstui.tui.screens.modals.dialog import Dialog
from lwstui.view.types import Impact, Ref

__all__ = ["Console", "ConsoleOptions"]

T = TypeVar("T")

TICK_S: Final = 1.0
log = logging.getLogger("lwstui.tui")


class Console(FollowingApp[int], inherit_bindings=False):
    """The console.

    Args:
        backend: The engine; started after the first frame, stopped when the console has left
            the terminal.
        options: What the command line decided.
        clock: Epoch seconds.
    """

    TITLE = "lwstui"
    BINDINGS: ClassVar[list[BindingType]] = [*app_bindings()]
    # All at once: a style sheet that comes with a screen makes Textual parse every sheet again.
    CSS_PATH: ClassVar[list[str | PurePath]] = [
        "screens/base.tcss",
        "screens/fleet.tcss",
        "screens/lws.tcss",
        "screens/group.tcss",
        "screens/apply.tcss",
        "screens/create.tcss",
        "screens/takeover.tcss",
        "screens/rollout.tcss",
        "screens/pod.tcss",
        "screens/nodes.tcss",
        "screens/why.tcss",
    ]
    ENABLE_COMMAND_PALETTE = False
    PAUSE_GC_ON_SCROLL = True
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares them on instances
        (0, "-tiny"),
        (60, "-narrow"),
        (90, "-medium"),
        (140, "-wide"),
        (180, "-widest"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012 - as above
        (0, "-flat"),
        (15, "-short"),
        (24, "-normal"),
        (28, "-tall"),
        (45, "-tallest"),
    ]

    @dataclass
    class SnapshotReady(Message):
        """A snapshot waits in the slot."""

    def __init__(
        self,
        backend: Backend,
        options: ConsoleOptions | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        options = options or ConsoleOptions()
        super().__init__(
            backend,
            favourites=options.favourites,
            read_only=options.read_only or bool(options.settings and options.settings.read_only),
            theme=options.theme,
            no_color=options.no_color,
            ascii_only=options.ascii,
            themes=options.themes,
        )
        self.safety = options.safety
        self.pace = Pace()
        self.entered = Entered(StateFiles(options.state))
        self.looks = Looks(StateFiles(options.state), ViewsFile(options.views, VIEWS))
        self._demand = Demand(backend, clock)
        applied = options.settings or Settings(
            theme=options.theme, read_only=options.read_only, keymap=options.keymap
        )
        self._commander = Commander(self, Language(COMMANDS))
        followed = self.follow(options)
        self.preferences = Preferences(self, options.config, applied, followed)
        self.header_shown, self.crumbs_shown = applied.header, applied.crumbs
        self.accent = applied.accent
        self.use_motion(wanted=applied.motion)
        tuning = tuning_of(applied)
        self.manner = tuning.manner
        backend.tune(tuning)
        self._options = options
        self._clock = clock
        self._arrivals = Arrivals(
            self._wake, prepare=self.preparing, show=self.heard, run=self.run_worker
        )

    # Snapshots.

    def get_default_screen(self) -> Screen[None]:
        """Return the first screen."""
        return self._make(FLEET)

    def compose(self) -> ComposeResult:
        """Compose nothing: screens bring their widgets."""
        yield from ()

    def on_mount(self) -> None:
        """Start the clock, and the engine once the first frame is on the screen."""
        self.use_keys(self.preferences.keymap)
        if self._options.problems:
            self.say("; ".join(self._options.problems), "bad")
        self.set_interval(TICK_S, self.tick)
        self.app_resume_signal.subscribe(self, self.taken_back)
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        self.backend.start(lambda snapshot: self._arrivals.slot.put(self.in_manner(snapshot)))
        self._demand.start()
        if self._options.first_command:
            self.run_command(self._options.first_command)

    def _wake(self) -> None:
        self.post_message(self.SnapshotReady())

    def on_console_snapshot_ready(self, message: SnapshotReady) -> None:
        """Take the newest snapshot."""
        message.stop()
        self._arrivals.take()

    def watch_snapshot(self) -> None:
        """Hand the snapshot to the screen in front; covered ones catch up on resume."""
        self.entered.enter(self.snapshot.cluster.context)
        if self.is_running and self.screen_stack:
            self.preferences.enter(self.snapshot.cluster.context)
            self.recall(self.snapshot, go_back=not self._options.first_command)
            self.front.refresh_view()
            self._commander.heard(self.snapshot)

    @while_open
    def tick(self) -> None:
        """Let the ages on the screen in front grow, and keep what changed."""
        self.remember()
        self.preferences.look()
        self.ring()
        self._demand.metrics(shown=self.front.SHOWS_METRICS)
        if not self._arrivals.busy:
            self.front.refresh_view()

    # What screens ask for.

    @property
    def state_files(self) -> StateFiles:
        """What is kept between runs about the present context."""
        return StateFiles(self._options.state, self.snapshot.cluster.context)

    def now(self) -> float:
        """Epoch seconds."""
        return self._clock()

    def completions(self, text: str) -> tuple[str, ...]:
        """Return whole command lines that continue a text."""
        return self._commander.language.complete(text, values(self, text))

    def own_key(self, key: str, ref: Ref | None) -> bool:
        """Run what the operator put on a key; return whether there is anything."""
        return extending.press(self, self.extensions, key, ref)

    def run_program(self, argv: tuple[str, ...]) -> int:
        """Hand the terminal to a program until it ends; return its exit code."""
        return handoff.run(self, argv)

    def suspend_program(self) -> None:
        """Stop the program as a shell does; it goes on where it was."""
        try:
            self.action_suspend_process()
        except SuspendNotSupported:
            self.say("this needs a terminal, and the console does not run in one", "warn")

    def command_problem(self, text: str) -> str:
        """Return what is wrong with a line of the command bar, empty if nothing is."""
        return self._commander.problem(text)

    def trouble(self, sentence: str) -> None:
        """Show what failed."""
        self.say(sentence, "bad")

    def run_task(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine; its failure is logged and becomes one sentence."""

        async def run() -> None:
            await run_guarded(self, work, "the action")

        worker: Worker[None] = self.run_worker(run, exit_on_error=False)
        weakref.finalize(worker, work.close)  # it may have been too late for it to begin

    async def ask(self, dialog: ModalScreen[T]) -> T | None:
        """Open a dialog and wait for its answer; None if it was dismissed without one."""
        if isinstance(dialog, Dialog):
            dialog.lock_s = self.safety.grace_s
        return await self.push_screen_wait(dialog)

    def run_command(self, text: str) -> None:
        """Run a line of the command bar."""
        self._commander.run(text)

    def want_events(self, *, wanted: bool) -> None:
        """Tell the engine whether events are shown, once it runs."""
        self._demand.events(wanted=wanted)

    def show_help(self) -> None:
        """Show the keys of the screen in front."""
        self.front.action_help()

    def set_theme(self, name: str) -> None:
        """Change the theme."""
        self.theme = name

    # The terminal for somebody else.

    def converse(self, request: TerminalRequest, heading: str) -> TerminalEnd:
        """Hand the terminal to something in a container; returns when it has ended."""
        try:
            return handoff.converse(self, partial(self.backend.terminal, request), heading)
        finally:
            self._catch_up()

    def edit_text(self, text: str, command: Sequence[str], *, name: str) -> str:
        """Hand the terminal to an editor and return the text it left."""
        try:
            return handoff.edit(self, text, command, name=name)
        finally:
            self._catch_up()

    def _catch_up(self) -> None:
        """Show what happened while the terminal was away."""
        snapshot = self._arrivals.slot.take()
        if snapshot is not None:
            self.snapshot = snapshot
        self.refresh(layout=True)

    def on_app_focus(self) -> None:
        """Try again at once: the operator is looking."""
        self._demand.touched()
        if self._demand.started:
            self.backend.hurry()

    # Everything at once, and leaving.

    def action_palette(self) -> None:
        """Search objects, actions and themes."""
        if not isinstance(self.screen, ModalScreen):
            self.push_screen(Palette())

    def action_quit_guard(self) -> None:
        """Close what is open, copy what is selected, else leave; ask if something is at stake."""
        if isinstance(self.screen, ModalScreen):
            if self.screen.has_class(verbs.LEAVING):
                self.exit(0)
            else:
                self.screen.dismiss(None)
            return
        if self.front.cancel_prompt():
            return
        selected = self.screen.get_selected_text()
        if selected:
            self.copy_to_clipboard(selected)
            self.screen.clear_selection()
            self.say("copied", "dim")
            return
        self.quit_guarded()

    def quit_guarded(self) -> None:
        """Leave; ask first if something depends on this program."""
        impact = at_stake(self.snapshot, forwards=self.backend.forwards())
        if impact is None:
            self.exit(0)
        else:
            self.run_task(self._confirm_leaving(impact))

    async def _confirm_leaving(self, impact: Impact) -> None:
        if await verbs.leave_guard(self, impact):
            self.exit(0)

    async def on_event(self, event: events.Event) -> None:
        """Send keys again that were typed behind the one that opened a prompt."""
        if isinstance(event, events.InputEvent):
            self._arrivals.pressed()
            self._demand.touched()
        if isinstance(event, events.Key) and self._went_astray(event):
            self.post_message(events.Key(event.key, event.character))
        else:
            await super().on_event(event)

    def _went_astray(self, event: events.Key) -> bool:
        screen = self.screen_stack[-1] if self.screen_stack else None
        return (
            event.is_forwarded
            and isinstance(screen, ConsoleScreen)
            and screen.meant_for_prompt(event)
        )

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run the action of a key, or say why it is not to be had; a failure costs a sentence."""
        try:
            if isinstance(default_namespace, ConsoleScreen) and isinstance(action, str):
                why = default_namespace.refusal_of(action)
                if why:
                    self.say(why, "warn")
                    return True
            return await super().run_action(action, default_namespace, namespaces)
        except Exception as error:  # noqa: BLE001 - the program must survive any defect
            report(self, error, "the key")
            return True

    async def run_async(
        self,
        *,
        headless: bool = False,
        inline: bool = False,
        inline_no_clear: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
        auto_pilot: AutopilotCallbackType | None = None,
    ) -> int | None:
        """Run the console; the engine is stopped when it has left the terminal."""
        try:
            return await super().run_async(
                headless=headless,
                inline=inline,
                inline_no_clear=inline_no_clear,
                mouse=mouse,
                size=size,
                auto_pilot=auto_pilot,
            )
        finally:
            self.keep()
            if self._demand.started:
                await asyncio.to_thread(self.backend.stop)

    def _handle_exception(self, error: Exception) -> None:
        """Leave with one sentence instead of a traceback; tests still see the exception."""
        if self.is_headless:
            super()._handle_exception(error)
            return
        log.critical("the console failed", exc_info=error)
        self.exit(1, 1, f"lwstui failed: {type(error).__name__}; details are in the log file")
