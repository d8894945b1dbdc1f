"""Choosing a column of a table, to sort by it."""

from __future__ import annotations

from abc import abstractmethod
from typing import Final

from lwstui.tui.widgets.columns import MARGIN
from lwstui.tui.widgets.table_body import TableBody

_SORT_KEYS: Final = {"N": "name", "A": "age", "S": "state", "P": "namespace", "R": "ready"}


class ColumnPicking(TableBody):
    """A table one of whose columns can be picked by key, and sorted by."""

    @abstractmethod
    def ask_sort(self, column_id: str) -> None:
        """Ask to sort by a column."""

    def action_pick_left(self) -> None:
        """Pick the column to the left."""
        self._pick(-1)

    def action_pick_right(self) -> None:
        """Pick the column to the right."""
        self._pick(1)

    def _pick(self, by: int) -> None:
        ids = [slot.column.id for slot in self._slots]
        if not ids:
            return
        start = self._picked if self._picked in ids else self._sort[0]
        at = ids.index(start) + by if start in ids else 0
        slot = self._slots[max(0, min(len(ids) - 1, at))]
        self._picked = slot.column.id
        if slot.start < self.scroll_offset.x or slot.start + slot.width > self._right_edge:
            self.scroll_to(x=max(0, slot.start - MARGIN), animate=False)
        self._repaint_heading()

    @property
    def _right_edge(self) -> int:
        return self.scroll_offset.x + self.cells

    def action_sort_picked(self) -> None:
        """Ask to sort by the picked column."""
        if any(slot.column.id == self._picked for slot in self._slots):
            self.ask_sort(self._picked)

    def action_sort_by(self, key: str) -> None:
        """Ask to sort by the column that a sort key stands for, if this table has it."""
        column_id = _SORT_KEYS[key]
        if any(column.id == column_id for column in self._columns):
            self.ask_sort(column_id)
