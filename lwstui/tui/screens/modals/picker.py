"""Picking one of several things by typing, moving and enter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from lwstui.tui.widgets.cells import visible
from lwstui.tui.widgets.keyed_table import KeyedTable
from lwstui.view.types import Cell, Column, Row, Tone

_NAME_CELLS: Final = 24
_MOST_LINES: Final = 16
_FEWEST_LINES: Final = 3
_OTHER_LINES: Final = 8
"""Lines of the dialog around the list, and of the screen around the dialog."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to pick.

    Attributes:
        value: What the picker answers.
        note: What it is, in a few words.
        tone: Tone of its line.
    """

    value: str
    note: str = ""
    tone: Tone = ""


def matching(choices: Sequence[Choice], text: str) -> tuple[Choice, ...]:
    """Return the choices that contain every word of a text, ignoring case; order is kept."""
    words = text.lower().split()
    return tuple(c for c in choices if all(w in f"{c.value} {c.note}".lower() for w in words))


class Picker(ModalScreen[str]):
    """Answers the value that was picked, None if none was.

    Letters narrow the list, ``up`` and ``down`` move through it, ``enter`` picks, ``esc`` leaves.

    Args:
        title: What is picked, such as ``THEME``.
        choices: What there is, in order.
        start: Value under the cursor at first.
        preview: Called with each value the cursor comes to, and with ``start`` when the picker
            is left without a choice, so that what it showed is undone.
        empty: Sentence shown when nothing matches.
    """

    AUTO_FOCUS = "#pick-text"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False),
        Binding("up", "move(-1)", "Up", show=False, priority=True),
        Binding("down", "move(1)", "Down", show=False, priority=True),
        Binding("pageup", "move(-10)", "Page up", show=False, priority=True),
        Binding("pagedown", "move(10)", "Page down", show=False, priority=True),
        Binding("enter", "pick", "Pick", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    Picker {
        align: center middle;
        #pick {
            width: 72;
            max-width: 95%;
            height: auto;
            max-height: 95%;
            padding: 1 2;
            background: $dialog-background;
            border: round $dialog-border;
            border-title-color: $tone-title;
            border-title-style: bold;
        }
        #pick-text {
            background: $cursor-blurred-background; background-tint: $background 0%;
            height: 1; margin-bottom: 1;
        }
        #pick-list { height: auto; background: $dialog-background; }
    }
    """

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice],
        *,
        start: str = "",
        preview: Callable[[str], None] | None = None,
        empty: str = "nothing matches",
    ) -> None:
        super().__init__()
        self._title = title
        self._choices = tuple(choices)
        self._start = start
        self._preview = preview
        self._empty = empty

    def compose(self) -> ComposeResult:
        """A line to type in, and the list."""
        with Vertical(id="pick"):
            yield Input(id="pick-text", compact=True, placeholder="type to narrow")
            yield KeyedTable(id="pick-list")

    def on_mount(self) -> None:
        """Show everything, the cursor on what is in force."""
        self.query_one("#pick").border_title = self._title
        widest = max((len(visible(choice.value)) for choice in self._choices), default=0)
        table = self._table
        self.on_resize()
        table.can_focus = False
        table.set_columns(
            (
                Column("name", "NAME", max(_NAME_CELLS, widest)),
                Column("note", "", 10, flex=True),
            )
        )
        table.set_note(self._empty)
        table.cursor_key = self._start
        self._fill("")

    def on_resize(self) -> None:
        """Keep the whole list in view."""
        room = max(_FEWEST_LINES, self.app.size.height - _OTHER_LINES)
        self._table.styles.height = min(_MOST_LINES, room, len(self._choices) + 1)

    @property
    def _table(self) -> KeyedTable:
        return self.query_one("#pick-list", KeyedTable)

    def _fill(self, text: str) -> None:
        self._table.set_rows([_row(choice) for choice in matching(self._choices, text)])

    @on(Input.Changed, "#pick-text")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._fill(event.value)

    @on(KeyedTable.Highlighted)
    def _moved(self, event: KeyedTable.Highlighted) -> None:
        event.stop()
        if event.row is not None and self._preview is not None:
            self._preview(event.row.key)

    @on(KeyedTable.Opened)
    def _opened(self, event: KeyedTable.Opened) -> None:
        event.stop()
        self.dismiss(event.row.key)

    def action_move(self, lines: int) -> None:
        """Move the cursor by some lines."""
        table = self._table
        keys = [row.key for row in table.rows]
        if keys:
            at = keys.index(table.cursor_key) + lines
            table.cursor_key = keys[max(0, min(len(keys) - 1, at))]

    def action_pick(self) -> None:
        """Answer what is under the cursor."""
        row = self._table.cursor_row
        if row is not None:
            self.dismiss(row.key)

    def action_cancel(self) -> None:
        """Leave without a choice."""
        if self._preview is not None and self._start:
            self._preview(self._start)
        self.dismiss(None)


def _row(choice: Choice) -> Row:
    cells = (Cell(visible(choice.value), choice.tone), Cell(visible(choice.note), "dim"))
    return Row(choice.value, cells)
