"""What the operator marked: objects, not lines. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from lwstui.view.types import Ref, Row

Marking = Literal["one", "range", "none"]
"""Mark or unmark one row, mark from the last mark to it, or clear all marks."""


@dataclass(slots=True)
class Marks:
    """Marked objects by row key, in the order in which they were marked.

    Marks survive filters, orders and refreshes; one goes only when its object is gone.

    Attributes:
        refs: What is marked.
        last: Key of the last mark, from which a range reaches.
    """

    refs: dict[str, Ref] = field(default_factory=dict)
    last: str = ""

    def __bool__(self) -> bool:
        return bool(self.refs)

    def __len__(self) -> int:
        return len(self.refs)

    def apply(self, what: Marking, rows: Sequence[Row], key: str) -> None:
        """Change the marks.

        Args:
            what: What to do.
            rows: The rows that are shown, in order; a range takes those between.
            key: The row under the cursor.
        """
        if what == "none":
            self.clear()
        elif what == "range":
            self._range(rows, key)
        elif key in self.refs:
            del self.refs[key]
        else:
            self._mark(row for row in rows if row.key == key)

    def _range(self, rows: Sequence[Row], key: str) -> None:
        places = {row.key: at for at, row in enumerate(rows)}
        if key not in places:
            return
        here = places[key]
        start = places.get(self.last, here) if self.last in self.refs else here
        first, last = sorted((start, here))
        between = rows[first : last + 1]
        self._mark(reversed(between) if here < start else between)

    def _mark(self, rows: Iterable[Row]) -> None:
        for row in rows:
            if row.ref is not None:
                self.refs[row.key] = row.ref
                self.last = row.key

    def clear(self) -> bool:
        """Forget all marks; return whether there were any."""
        had = bool(self.refs)
        self.refs.clear()
        self.last = ""
        return had

    def keep(self, present: Iterable[Row]) -> None:
        """Forget what is gone and learn the newest reference of what is there."""
        if not self.refs:
            return
        found: Mapping[str, Ref] = {
            row.key: row.ref for row in present if row.key in self.refs and row.ref is not None
        }
        self.refs = {key: found[key] for key in self.refs if key in found}

    def hidden(self, shown: Collection[str]) -> int:
        """Return how many marked objects are not among the keys that are shown."""
        return sum(key not in shown for key in self.refs)
