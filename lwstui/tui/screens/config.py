"""Every setting, its value, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Final

from textual.binding import BindingType
from textual.widget import Widget

from lwstui.config.schema import SCHEMA
from lwstui.config.settings import DEFAULT
from lwstui.state.model import Snapshot
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.table import TableScreen
from lwstui.tui.widgets.textblock import TextBlock
from lwstui.view.tables import arrange
from lwstui.view.types import Cell, Column, Line, Query, Row, Span, TableView

COLUMNS: Final = (
    Column("setting", "SETTING", 25),
    Column("value", "VALUE", 20, flex=True),
    Column("from", "FROM", 26),
    Column("help", "WHAT IT DOES", 20, flex=True, min_screen=110),
)


class ConfigScreen(TableScreen):
    """A table of settings."""

    HAS_PROBLEMS: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings()]

    def body(self) -> Iterable[Widget]:
        """Return what is wrong with the files, and the table."""
        yield TextBlock(id="mistakes")
        yield from super().body()

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show every mistake in full, and the settings."""
        said = self.host.preferences.problems
        self.query_one("#mistakes", TextBlock).show(tuple((Span(one, "warn"),) for one in said))
        super().show(snapshot, now)

    def _unsettled(self) -> tuple[Line, ...]:
        return ()  # they are in full below

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return the table of settings."""
        del snapshot
        loaded = self.host.preferences.loaded
        rows = []
        for one in SCHEMA:
            value = told(getattr(loaded.settings, one.field))
            source = loaded.sources.get(one.path, DEFAULT)
            changed = source != DEFAULT
            words = one.help if one.live else f"{one.help} Counts at the start."
            cells = (
                Cell(one.path, "bold" if changed else ""),
                Cell(value),
                Cell(source, "info" if changed else "dim"),
                Cell(words, "dim"),
            )
            texts = tuple(cell.text for cell in cells)
            rows.append(Row(one.path, cells, haystack=" ".join(texts).lower(), sort=texts))
        return arrange(COLUMNS, rows, query, now, default="setting")


def told(value: Any) -> str:
    """Return a value as files have it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(value) or "—"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {keys}" for name, keys in value.items()) or "—"
    return str(value) or "—"
