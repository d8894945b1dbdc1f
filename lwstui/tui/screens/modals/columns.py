"""Choosing which columns a table shows, and in which order."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from lwstui.tui.looks import arranged, is_shown, moved, toggled
from lwstui.tui.widgets.columns import WIDEST, Layout
from lwstui.tui.widgets.keyed_table import KeyedTable
from lwstui.tui.widgets.textblock import TextBlock
from lwstui.view.custom import WIDE_ONLY
from lwstui.view.types import Cell, Column, Row, Span

_MOST_LINES: Final = 20
_FEWEST_LINES: Final = 4
_OTHER_LINES: Final = 10
"""Lines of the dialog around the list, and of the screen around the dialog."""
_COLUMNS: Final = (
    Column("shown", "", 6),
    Column("name", "COLUMN", 20),
    Column("note", "", 24, flex=True),
)
_HINT: Final = "space shows or hides   J K move it   r resets   enter keeps"


class ColumnsDialog(ModalScreen[Layout]):
    """Answers the layout that was chosen, None if it shall stay as it is.

    The table behind it shows each choice at once.

    Args:
        columns: All columns of the table.
        layout: What it shows at present.
        usual: What ``r`` goes back to.
        screen: Cells of the screen.
        preview: Called with each layout, with the first one when it is left without a choice.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False, priority=True),
        Binding("enter", "accept", "Accept", show=False, priority=True),
        Binding("space", "toggle_column", "Show or hide", show=False, priority=True),
        Binding("shift+up,K", "shift(-1)", "To the left", show=False, priority=True),
        Binding("shift+down,J", "shift(1)", "To the right", show=False, priority=True),
        Binding("r", "reset", "Reset", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    ColumnsDialog {
        align: right middle;
        background: transparent;
        #columns {
            width: 60;
            max-width: 95%;
            height: auto;
            max-height: 95%;
            padding: 1 2;
            background: $dialog-background;
            border: round $dialog-border;
            border-title-color: $tone-title;
            border-title-style: bold;
        }
        #columns-list { height: auto; background: $dialog-background; }
        #columns-hint { margin-top: 1; }
    }
    """

    def __init__(
        self,
        columns: tuple[Column, ...],
        layout: Layout,
        *,
        usual: Layout,
        screen: int,
        preview: Callable[[Layout], None],
    ) -> None:
        super().__init__()
        self._columns = {c.id: c for c in columns if c.min_screen <= WIDEST}
        self._first = self._layout = layout
        self._usual = usual
        self._cells = screen
        self._preview = preview

    def compose(self) -> ComposeResult:
        """The columns, and the keys that change them."""
        with Vertical(id="columns"):
            yield KeyedTable(id="columns-list")
            yield TextBlock(id="columns-hint")

    def on_mount(self) -> None:
        """Show the columns as they are."""
        self.query_one("#columns").border_title = "COLUMNS"
        table = self._table
        table.set_columns(_COLUMNS)
        self.on_resize()
        self.query_one("#columns-hint", TextBlock).show(((Span(_HINT, "dim"),),))
        self._fill()
        table.focus()

    def on_resize(self) -> None:
        """Leave room for the keys below the list."""
        room = max(_FEWEST_LINES, self.app.size.height - _OTHER_LINES)
        self._table.styles.height = min(_MOST_LINES, room, len(self._columns) + 1)

    @property
    def _table(self) -> KeyedTable:
        return self.query_one("#columns-list", KeyedTable)

    @property
    def _all(self) -> tuple[Column, ...]:
        return tuple(self._columns.values())

    def _fill(self) -> None:
        order = arranged(self._layout, self._all)
        self._table.set_rows([self._row(self._columns[column_id]) for column_id in order])

    def _row(self, column: Column) -> Row:
        shown = is_shown(self._layout, column, self._cells)
        narrow = not shown and column.id not in self._layout.hidden
        note = _from(column) if narrow else ""
        cells = (
            Cell("shown" if shown else "—", "ok" if shown else "dim"),
            Cell(column.title or column.id),
            Cell(note, "dim"),
        )
        return Row(column.id, cells)

    def _change(self, layout: Layout) -> None:
        self._layout = layout
        self._fill()
        self._preview(layout)

    def action_toggle_column(self) -> None:
        """Show or hide the column under the cursor; the last one stays."""
        column = self._columns.get(self._table.cursor_key)
        if column is None:
            return
        layout = toggled(self._layout, column, self._cells)
        if any(is_shown(layout, other, self._cells) for other in self._all):
            self._change(layout)

    def action_shift(self, by: int) -> None:
        """Move the column under the cursor."""
        if self._table.cursor_key in self._columns:
            self._change(moved(self._layout, self._all, self._table.cursor_key, by))

    def action_reset(self) -> None:
        """Go back to the usual columns."""
        self._change(self._usual)

    def action_accept(self) -> None:
        """Keep the choice."""
        self.dismiss(self._layout)

    def action_cancel(self) -> None:
        """Leave the columns as they were."""
        self._preview(self._first)
        self.dismiss(None)

    @on(KeyedTable.Highlighted)
    def _moved(self, event: KeyedTable.Highlighted) -> None:
        event.stop()


def _from(column: Column) -> str:
    """Return where a column is shown that this screen is too narrow for."""
    if column.min_screen >= WIDE_ONLY:
        return "in the wide form"
    return f"from {column.min_screen} cells on"
