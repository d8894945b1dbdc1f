"""What may be done here, by namespace."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.binding import BindingType

from lwstui.state.model import Snapshot
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.table import TableScreen
from lwstui.view.needs import NEEDS, Need, answer
from lwstui.view.tables import arrange
from lwstui.view.types import Cell, Column, Query, Row, TableView, Tone

COLUMNS: Final = (
    Column("may", "MAY", 7),
    Column("what", "WHAT", 24, flex=True),
    Column("verb", "VERB", 7),
    Column("resource", "RESOURCE", 24),
    Column("namespace", "NS", 14),
)
_ORDER: Final = ("no", "unknown", "yes")
_TONES: Final[dict[str, Tone]] = {"no": "bad", "unknown": "warn", "yes": "ok"}


class CanScreen(TableScreen):
    """A table of rights, what is missing first."""

    HAS_PROBLEMS: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings()]

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return the table of rights."""
        places = tuple(snapshot.cluster.rights.rules) or ("",)
        seen = snapshot.cluster.namespaces
        shown = [name for name in places if not seen or name in seen] or [""]
        rows = [
            _row(snapshot, need, namespace)
            for need in NEEDS
            for namespace in (shown if need.namespaced else ("",))
        ]
        return arrange(COLUMNS, rows, query, now)


def _row(snapshot: Snapshot, need: Need, namespace: str) -> Row:
    may = answer(snapshot, need, namespace)
    cells = (
        Cell(may, _TONES[may]),
        Cell(need.what, "bold"),
        Cell(need.verb),
        Cell(need.resource),
        Cell(namespace or ("all" if not need.namespaced else "?"), "dim"),
    )
    texts = tuple(cell.text for cell in cells)
    key = f"{need.verb} {need.resource} {namespace}"
    return Row(key, cells, haystack=" ".join(texts).lower(), sort=texts, severity=_ORDER.index(may))
