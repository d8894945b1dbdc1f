"""What all dialogs share: layout, dry run, the lock after opening, typed confirmation."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import ClassVar, Final, Generic, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Button, Input

from lwstui.runtime.intents import Outcome
from lwstui.tui.screens.modals.longbox import LongBox
from lwstui.tui.screens.modals.words import literal, words_of
from lwstui.tui.widgets.textblock import TextBlock
from lwstui.view.safety import STANDARD
from lwstui.view.types import Impact, Span, Tone

T = TypeVar("T")

_ASK_AFTER_S: Final = 0.3
_FRESH_S: Final = 10.0
_ASTRAY_S: Final = 1.0
"""Silence after which keys are for the dialog again once some were meant for something else."""
_PARTS: Final = (
    "#dialog, #dialog-head, #dialog-text, #dialog-verdict, #dialog-ask, #dialog-name, #confirm"
)

ASKING: Final = Span("asking the server…", "busy")


class Field(Input):
    """A one-line input that hears no key while its dialog is locked."""

    DEFAULT_CSS = """
    Field { background: $cursor-blurred-background; background-tint: $background 0%; }
    Field:focus { background: $cursor-background; background-tint: $background 0%; }
    """

    def on_key(self, event: events.Key) -> None:
        """Drop keys that were typed before the dialog could be read."""
        if isinstance(self.screen, Dialog) and self.screen.locked:
            event.stop()
            event.prevent_default()


class Dialog(LongBox[T], Generic[T]):
    """A question with Cancel focused first.

    Keys are ignored for a moment after it opened, so a fast typist cannot answer a
    question unseen. The confirm button works only while nothing speaks against it: the change is
    possible, the server accepted its dry run, and what must be typed has been typed. A dry run
    that is old by the time of the answer is repeated before the answer counts. What wants a
    second yes, such as old data, gets one from the same button under another label.

    Args:
        confirm: Label of the confirm button.
        clock: Seconds on a clock that never goes back.

    Attributes:
        lock_s: Seconds for which keys are ignored.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False),
        Binding("y", "confirm", "Yes", show=False),
        Binding("n", "cancel", "No", show=False),
        Binding("right", "app.focus_next", "Next", show=False),
        Binding("left", "app.focus_previous", "Previous", show=False),
    ]
    DEFAULT_CSS = """
    Dialog {
        align: center middle;
        #dialog {
            width: 90;
            max-width: 95%;
            height: auto;
            max-height: 95%;
            padding: 1 2;
            background: $dialog-background;
            border: round $dialog-border;
            border-title-color: $tone-title;
            border-title-style: bold;
            overflow-y: auto;
        }
        #dialog-foot { dock: bottom; height: auto; background: $dialog-background; }
        &.-normal #dialog, &.-short #dialog { max-height: 100%; padding: 0 2; }
        &.-normal #dialog-typed, &.-short #dialog-typed { margin-top: 0; }
        #dialog.-danger { border: round $tone-warn; border-title-color: $tone-warn; }
        #dialog-typed { height: auto; margin-top: 1; display: none; }
        #dialog-typed.-wanted { display: block; }
        #dialog-typed TextBlock { width: auto; max-width: 60%; margin-right: 1; }
        #dialog-typed Field { width: 1fr; max-width: 40; }
        #dialog-buttons { height: 1; margin-top: 1; align-horizontal: center; }
        #dialog-buttons Button {
            width: auto; min-width: 12; height: 1; border: none; margin: 0 2; padding: 0 2;
            background: $cursor-blurred-background; color: $cursor-blurred-foreground;
            text-style: $cursor-blurred-style; tint: transparent;
            &:focus {
                background: $point-background; color: $point-foreground; text-style: $point-style;
            }
            &:disabled {
                background: $dialog-background; color: $tone-dim; text-style: $tone-dim-style;
                text-opacity: 100%; opacity: 100%; border: none !important;
            }
        }
    }
    """

    def __init__(self, *, confirm: str, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._confirm_label = confirm
        self._clock = clock
        self._opened_at: float | None = None
        self._astray_at = float("-inf")
        self.lock_s = STANDARD.grace_s
        self._impact = Impact("", "", ())
        self._dry_run: Span | None = None
        self._accepted = True
        self._timer: Timer | None = None
        self._repeat: Callable[[], Future[Outcome]] | None = None
        self._answered_at = 0.0
        self._answering = False
        self._said_yes_to: set[str] = set()
        self._asked_anew = False

    # What a dialog is made of.

    def compose(self) -> ComposeResult:
        """Text, fields, typed confirmation, buttons."""
        with Vertical(id="dialog"):
            yield TextBlock(id="dialog-head")
            yield from self.compose_fields()
            yield TextBlock(id="dialog-text")
            yield from self.compose_below()
            with Vertical(id="dialog-foot"):
                yield TextBlock(id="dialog-verdict")
                with Horizontal(id="dialog-typed"):
                    yield TextBlock(id="dialog-ask")
                    yield Field(id="dialog-name", compact=True, placeholder="its name")
                with Horizontal(id="dialog-buttons"):
                    yield Button("Cancel", id="cancel", compact=True)
                    yield Button(self._confirm_label, id="confirm", compact=True)

    def compose_fields(self) -> Iterator[Widget]:
        """Yield what can be edited."""
        yield from ()

    def compose_below(self) -> Iterator[Widget]:
        """Yield what stands below the text."""
        yield from ()

    def answer(self) -> T | None:
        """Return the result of the dialog when it is confirmed."""
        raise NotImplementedError

    def can_confirm(self) -> bool:
        """Return whether there is anything to confirm."""
        return True

    def further(self) -> Iterator[tuple[str, str]]:
        """Yield what wants a yes of its own, and the label of the button that gives it."""
        if self._impact.outdated:
            yield "outdated", f"Yes, {self._impact.outdated}"

    def on_mount(self) -> None:
        """Start the lock and put the focus on Cancel."""
        self._opened_at = self._clock()
        self.query_one("#cancel").focus(scroll_visible=False)  # the text is read first
        self.show_impact(self._impact)

    @property
    def locked(self) -> bool:
        """Whether keys are still ignored."""
        return self._opened_at is None or self._clock() - self._opened_at < self.lock_s

    @property
    def mistaken(self) -> bool:
        """Whether letters come that are meant for something else than the dialog."""
        return self._clock() - self._astray_at < _ASTRAY_S

    def ask_anew(self, label: str) -> None:
        """Ask a question that is not the one that was read: Cancel first, keys ignored again.

        Args:
            label: Of the confirm button.
        """
        self._opened_at = self._clock()
        self._asked_anew = True
        self.query_one("#dialog-name", Field).value = ""
        self.query_one("#cancel").focus(scroll_visible=False)
        self.relabel("#confirm", label)

    def relabel(self, button_id: str, label: str) -> Button:
        """Give a button another label and return it."""
        button = self.query_one(button_id, Button)
        button.label = label
        button.refresh(layout=True)
        return button

    # What it says.

    def show_impact(self, impact: Impact) -> None:
        """Say what would happen, as it is known now."""
        self._impact = impact
        if self._opened_at is None:
            return
        box = self.query_one("#dialog", Vertical)
        box.border_title = literal(impact.title)
        box.set_class(bool(impact.confirm_text), "-danger")
        self.query_one("#dialog-typed").set_class(bool(impact.confirm_text), "-wanted")
        self._say()

    def _say(self) -> None:
        impact = self._impact
        cells = max(20, self.query_one("#dialog").scrollable_content_region.width or 84)
        self.query_one("#dialog-head", TextBlock).show(((Span(impact.target, "bold"),),))
        words = words_of(impact, self._dry_run, cells, dense=self.cramped)
        self.query_one("#dialog-text", TextBlock).show(words.details)
        self.query_one("#dialog-verdict", TextBlock).show(words.verdict)
        ask = (Span("Type "), Span(impact.confirm_text, "warn"), Span(" to go on:"))
        self.query_one("#dialog-ask", TextBlock).show((ask,))
        self.query_one("#confirm", Button).disabled = not self._may_confirm()
        self.say_more()

    def on_resize(self) -> None:
        """Lay the facts out for the new width."""
        if self._opened_at is not None:
            self._say()

    def _may_confirm(self) -> bool:
        typed = self.query_one("#dialog-name", Field).value
        wanted = self._impact.confirm_text
        return (
            self._accepted
            and not self._impact.refused
            and (not wanted or typed.strip() == wanted)
            and self.can_confirm()
        )

    # The dry run.

    def await_dry_run(
        self,
        future: Future[Outcome] | None,
        again: Callable[[], Future[Outcome]] | None = None,
    ) -> None:
        """Show the outcome of a dry run when it is there; until then nothing can be confirmed.

        Args:
            future: The dry run; None when the server offers none. A later call replaces it.
            again: Repeats it.
        """
        self._repeat = again
        self._answering = False
        self._accepted = future is None
        self._dry_run = None if future is None else ASKING
        self._refresh_text()
        if future is not None:
            self.run_worker(
                self._watch(future), group="dry-run", exclusive=True, exit_on_error=False
            )

    def ask_later(self, ask: Callable[[], Future[Outcome]]) -> None:
        """Ask the server when what is wanted has rested for a moment; nothing if it is no change.

        Args:
            ask: Starts the dry run.
        """
        if self._timer is not None:
            self._timer.stop()
        if not self.can_confirm():
            self.no_dry_run()
            return
        self.expect_dry_run()
        self._timer = self.set_timer(_ASK_AFTER_S, lambda: self.await_dry_run(ask(), ask))

    def expect_dry_run(self) -> None:
        """Say that a dry run is about to be asked for; an earlier one no longer counts."""
        self.workers.cancel_group(self, "dry-run")
        self._accepted = False
        self._dry_run = ASKING
        self._refresh_text()

    def no_dry_run(self) -> None:
        """Say nothing about a dry run, because there is nothing to ask the server."""
        self.workers.cancel_group(self, "dry-run")
        self._accepted = False
        self._dry_run = None
        self._refresh_text()

    async def _watch(self, future: Future[Outcome]) -> None:
        try:
            outcome = await asyncio.wrap_future(future)
        except Exception as fault:  # noqa: BLE001 - whatever failed, the operator must read it
            outcome = Outcome(ok=False, message=f"could not ask the server: {fault}")
        self._accepted, self._answered_at = outcome.ok, self._clock()
        tone: Tone = "ok" if outcome.ok else "bad"
        if outcome.caution:
            tone = "warn"
        word = "accepted" if outcome.ok else "refused"
        said = outcome.note if outcome.ok else outcome.message
        self._dry_run = Span(f"{word}: {said}" if said else word, tone)
        self._refresh_text()
        if self._answering and self._may_confirm():
            self.confirmed()

    def _finish(self) -> None:
        """Leave with the answer, once the server still accepts what it stands for.

        What wants a yes of its own is asked for first.
        """
        for kind, label in self.further():
            if kind not in self._said_yes_to:
                self._said_yes_to.add(kind)
                self._opened_at = self._clock()
                self._asked_anew = True
                self.relabel("#confirm", label)
                return
        if self._repeat is None or self._clock() - self._answered_at <= _FRESH_S:
            self.confirmed()
            return
        self.await_dry_run(self._repeat(), self._repeat)
        self._answering = True

    def _refresh_text(self) -> None:
        # An answer may come while the dialog is leaving and its parts are gone already.
        if self._opened_at is not None and len(self.query(_PARTS)) == _PARTS.count("#"):
            self._say()

    # Answers.

    def on_key(self, event: events.Key) -> None:
        """Drop keys that were pressed before the dialog could be read, or that are not for it.

        Whoever types a command that the dialog does not know has not seen that it is there: the
        letters that follow answer nothing.
        """
        if event.is_printable and (self.mistaken or event.key not in self.active_bindings):
            self._astray_at = self._clock()
        if self.locked or (self.mistaken and event.is_printable):
            event.stop()
            event.prevent_default()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave letters alone where something is typed."""
        del parameters
        typing = isinstance(self.focused, Field)
        return not (typing and action in {"confirm", "focus_next", "focus_previous"})

    def action_cancel(self) -> None:
        """Leave; nothing changes."""
        self.dismiss(None)

    def action_confirm(self) -> None:
        """Answer yes, where a key is enough."""
        self.look_again()
        if not self._impact.confirm_text and self._may_confirm():
            self._finish()

    def look_again(self) -> None:
        """Bring what would happen up to date before an answer counts: by default it is."""

    def confirmed(self) -> None:
        """Go on after a confirmation: by default close with the answer."""
        self.dismiss(self.answer())

    @on(Button.Pressed, "#cancel")
    def _on_cancel(self) -> None:
        self.action_cancel()

    @on(Button.Pressed, "#confirm")
    def _on_confirm(self) -> None:
        if self._asked_anew and self.locked:
            return  # the second half of a double click
        self.look_again()
        if self._may_confirm():
            self._finish()

    @on(Input.Changed, "#dialog-name")
    def _on_typed(self, event: Input.Changed) -> None:
        event.stop()
        self._refresh_text()

    @on(Input.Submitted)
    def _on_entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.focus_next()
