"""The one-line prompt at the bottom: command bar and filter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static
from textual.widgets.input import Selection

from lwstui.config.statefiles import StateFiles
from lwstui.tui.entered import Entered, Mode

_PREFIX: Final[dict[Mode, str]] = {"command": ":", "filter": "/"}


class PromptInput(Input):
    """The text of the prompt; it knows which keys were meant for it."""

    last_key: events.Key | None = None

    def on_key(self, event: events.Key) -> None:
        """Note a key that reached this input."""
        self.last_key = event


class Prompt(Horizontal):
    """Asks for a command or a filter; hidden until it is opened.

    ``tab`` or ``right`` take the suggestion, ``up`` and ``down`` walk through what was entered
    before, ``escape`` leaves and changes nothing. A command that cannot be understood stays.

    Args:
        entered: What was entered before.
        suggesters: What is suggested while typing.
        check: Returns what is wrong with a command, empty if nothing is.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Leave", show=False),
        Binding("tab", "take", "Take the suggestion", show=False, priority=True),
        Binding("up", "recall(-1)", "Earlier", show=False),
        Binding("down", "recall(1)", "Later", show=False),
    ]
    DEFAULT_CSS = """
    Prompt {
        height: 1;
        dock: bottom;
        display: none;
        background: $panel;
        &.-open { display: block; }
        #prompt-prefix { width: 3; color: $key; text-style: bold; padding: 0 1; }
        #prompt-input { width: 1fr; background: $panel; background-tint: $panel 0%; }
        #prompt-input:focus { background-tint: $panel 0%; }
        #prompt-complaint { width: auto; max-width: 60%; height: 1; padding: 0 1; }
        #prompt-complaint { color: $tone-warn; }
    }
    """

    @dataclass
    class Changed(Message):
        """The text changed while typing."""

        text: str
        mode: Mode

    @dataclass
    class Submitted(Message):
        """The text was entered; the prompt is closed."""

        text: str
        mode: Mode

    @dataclass
    class Cancelled(Message):
        """The prompt was left; nothing changes."""

        mode: Mode

    def __init__(
        self,
        *,
        entered: Entered | None = None,
        suggesters: dict[Mode, Suggester] | None = None,
        check: Callable[[str], str] = lambda _: "",
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.mode: Mode = "filter"
        self._suggesters = suggesters or {}
        self._entered = entered or Entered(StateFiles(None))
        self._check = check
        self._recalled = 0

    def compose(self) -> ComposeResult:
        """Prefix, input, complaint."""
        yield Static(id="prompt-prefix", markup=False)
        yield PromptInput(id="prompt-input", compact=True, select_on_focus=False)
        yield Static(id="prompt-complaint", markup=False)

    @property
    def is_open(self) -> bool:
        """Whether the prompt is shown."""
        return self.has_class("-open")

    @property
    def text(self) -> str:
        """What is typed."""
        return self._input.value

    @property
    def _input(self) -> PromptInput:
        return self.query_one("#prompt-input", PromptInput)

    def missed(self, event: events.Key) -> bool:
        """Tell whether a key went elsewhere although the prompt is open.

        Keys that are typed right behind the one that opens the prompt are on their way to
        whatever had the focus then, where each letter is a verb.
        """
        return self.is_open and event is not self._input.last_key

    def open(self, mode: Mode, text: str = "") -> None:
        """Show the prompt with a text to start from and give it the focus."""
        self.mode = mode
        self._recalled = len(self._entered.lines(mode))
        self.query_one("#prompt-prefix", Static).update(Content(_PREFIX[mode]))
        self.complain("")
        field = self._input
        field.suggester = self._suggesters.get(mode)
        with self.prevent(Input.Changed):
            field.value = text
        # Selected, so that what is typed takes the place of what was there.
        field.selection = Selection(0, len(text))
        self.add_class("-open")
        field.focus()

    def close(self) -> None:
        """Hide the prompt without a message."""
        self.remove_class("-open")

    def empty(self) -> bool:
        """Take back what is typed; return whether the prompt is open."""
        if self.is_open:
            self._input.value = ""
        return self.is_open

    def complain(self, text: str) -> None:
        """Say in a few words what is wrong with the text; empty takes it back."""
        self.query_one("#prompt-complaint", Static).update(Content(text))

    def action_cancel(self) -> None:
        """Leave; nothing changes."""
        self.close()
        self.post_message(self.Cancelled(self.mode))

    def action_take(self) -> None:
        """Take the suggestion."""
        field = self._input
        field.action_end()
        field.action_cursor_right()

    def action_recall(self, by: int) -> None:
        """Show an earlier or later text."""
        entered = self._entered.lines(self.mode)
        at = self._recalled + by
        if not 0 <= at <= len(entered):
            return
        self._recalled = at
        text = entered[at] if at < len(entered) else ""
        self._input.value = text
        self._input.cursor_position = len(text)

    @on(Input.Changed)
    def _on_typed(self, event: Input.Changed) -> None:
        event.stop()
        if self.is_open:
            self.post_message(self.Changed(event.value, self.mode))

    @on(Input.Submitted)
    def _on_entered(self, event: Input.Submitted) -> None:
        event.stop()
        problem = self._check(event.value) if self.mode == "command" else ""
        if problem:
            self.complain(problem)
            return
        self._entered.add(self.mode, event.value)
        self.close()
        self.post_message(self.Submitted(event.value, self.mode))
