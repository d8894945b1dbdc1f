"""The open port-forwards: where each leads, what went through, and stopping it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from lwstui.runtime.backend import Forward
from lwstui.tui.widgets.keyed_table import KeyedTable
from lwstui.tui.widgets.textblock import TextBlock
from lwstui.view.types import Cell, Column, Ref, Row, Span

_COLUMNS: Final = (
    Column("url", "URL", 24),
    Column("to", "LEADS TO", 20, flex=True),
    Column("port", "PORT", 6, "right"),
    Column("open", "OPEN", 5, "right"),
    Column("total", "CONNS", 6, "right"),
    Column("sent", "SENT", 8, "right"),
    Column("received", "RECEIVED", 9, "right"),
)
_KEYS: Final = "ctrl-d stops it   c copies its URL   esc leaves"
_REFRESH_S: Final = 0.5
_MOST_LINES: Final = 12
_OTHER_LINES: Final = 12
"""Lines of the dialog around the list, and of the screen around the dialog."""


class ForwardsDialog(ModalScreen[None]):
    """Lists the port-forwards, live.

    Args:
        forwards: Returns them as they are.
        stop: Closes one, by its number.
        copy: Copies a text.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "Leave", show=False),
        Binding("ctrl+d", "stop", "Stop", show=False),
        Binding("c,enter", "copy", "Copy", show=False),
    ]
    DEFAULT_CSS = """
    ForwardsDialog {
        align: center middle;
        #forwards {
            width: 110; max-width: 95%; height: auto; max-height: 95%; padding: 1 2;
            background: $dialog-background; border: round $dialog-border;
            border-title-color: $tone-title; border-title-style: bold;
        }
        #forwards-list { background: $dialog-background; }
        #forwards-note { height: auto; margin-top: 1; }
    }
    """

    def __init__(
        self,
        forwards: Callable[[], tuple[Forward, ...]],
        stop: Callable[[int], None],
        copy: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._forwards = forwards
        self._stop = stop
        self._copy = copy

    def compose(self) -> ComposeResult:
        """The list, and a line about the one under the cursor."""
        with Vertical(id="forwards"):
            yield KeyedTable(id="forwards-list")
            yield TextBlock(id="forwards-note")

    def on_mount(self) -> None:
        """Show them, again and again."""
        self.query_one("#forwards").border_title = "PORT-FORWARDS"
        self._table.set_columns(_COLUMNS)
        self._show()
        self._table.focus()
        self.set_interval(_REFRESH_S, self._show)

    @property
    def _table(self) -> KeyedTable:
        return self.query_one("#forwards-list", KeyedTable)

    @property
    def _current(self) -> Forward | None:
        key = self._table.cursor_key
        return next((one for one in self._forwards() if str(one.number) == key), None)

    def _show(self) -> None:
        found = self._forwards()
        room = max(1, self.app.size.height - _OTHER_LINES)
        self._table.styles.height = min(_MOST_LINES, room, len(found)) + 1
        self._table.set_rows(tuple(_row(one) for one in found))
        current = self._current
        said = Span(_KEYS, "dim")
        if current is None:
            said = Span("none is open: shift-f on a group or a pod opens one", "dim")
        problem = current.problem if current is not None else ""
        lines = ((Span(f"last connection: {problem}", "warn"),),) if problem else ()
        self.query_one("#forwards-note", TextBlock).show((*lines, (said,)))

    def action_stop(self) -> None:
        """Close the one under the cursor."""
        current = self._current
        if current is not None:
            self._stop(current.number)

    def action_copy(self) -> None:
        """Copy the URL of the one under the cursor."""
        current = self._current
        if current is not None:
            self._copy(current.url)

    def action_leave(self) -> None:
        """Leave; they stay open."""
        self.dismiss(None)


def _row(one: Forward) -> Row:
    request = one.request
    cells = (
        Cell(one.url, "warn" if one.problem else "ok"),
        Cell(request.to.removeprefix("leader of ")),
        Cell(str(request.port)),
        Cell(str(one.open)),
        Cell(str(one.connections)),
        Cell(_bytes(one.sent)),
        Cell(_bytes(one.received)),
    )
    ref = Ref("pod", request.target.namespace, one.pod or request.pod)
    return Row(str(one.number), cells, "", "", tuple(c.text for c in cells), ref, "", 0, {})


def _bytes(number: int) -> str:
    value, units = float(number), ("B", "KiB", "MiB", "GiB")
    for unit in units:
        if value < 1024 or unit == units[-1]:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return ""
