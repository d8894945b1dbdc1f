"""Everything that can be typed, and the operator's own names, keys and programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

from textual.binding import BindingType

from lwstui.config.extensions import Extensions
from lwstui.state.model import Snapshot
from lwstui.tui.commands.registry import COMMANDS
from lwstui.tui.keys import display
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.table import TableScreen
from lwstui.view.tables import arrange
from lwstui.view.types import Cell, Column, Query, Row, TableView

COLUMNS: Final = (
    Column("kind", "KIND", 8),
    Column("name", "NAME", 22),
    Column("means", "MEANS", 24, flex=True),
    Column("help", "WHAT IT DOES", 24, flex=True, min_screen=90),
)


class AliasesScreen(TableScreen):
    """A table of commands and aliases."""

    HAS_PROBLEMS: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings()]

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return the table: the operator's own first."""
        del snapshot
        rows = [_row(*entry) for entry in (*_own(self.host.extensions), *_commands())]
        return arrange(COLUMNS, rows, query, now)


def _own(extensions: Extensions) -> Iterator[tuple[str, str, str, str]]:
    for name, text in extensions.aliases.items():
        yield "alias", name, text, ""
    for hotkey in extensions.hotkeys:
        yield "hotkey", display(hotkey.key), hotkey.command, hotkey.description
    for plugin in extensions.plugins:
        where = "" if plugin.scopes == ("all",) else f" (on a {' or '.join(plugin.scopes)})"
        yield "plugin", display(plugin.key), " ".join(plugin.argv), plugin.description + where


def _commands() -> Iterator[tuple[str, str, str, str]]:
    for spec in COMMANDS:
        yield "command", spec.usage, ", ".join(spec.aliases) or "—", spec.help


def _row(kind: str, name: str, means: str, text: str) -> Row:
    cells = (
        Cell(kind, "dim" if kind == "command" else "info"),
        Cell(name, "bold"),
        Cell(means),
        Cell(text, "dim"),
    )
    texts = (kind, name, means, text)
    return Row(f"{kind} {name}", cells, haystack=" ".join(texts).lower(), sort=texts)
