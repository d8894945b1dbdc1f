"""Remembering what was derived from which objects, so that only what changed is redone."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from operator import is_
from typing import TypeVar, cast

T = TypeVar("T")

Sources = tuple[object, ...]

_Entry = tuple[Sources, Hashable, float, object]


class Memo:
    """A bounded cache of derived values, valid while their sources are the same objects.

    A value belongs to a slot (what it is about), was built from sources (compared by
    identity, so an unchanged record costs nothing) and facts (compared by value), and may run
    out at a moment it names itself: the second in which an age would read differently.

    Entries live in two generations; when the young one is full the old one is dropped, so
    what is still in use survives and memory stays bounded.

    Args:
        limit: Entries of one generation.

    Attributes:
        built: How many values were built, for tests and for the debug line.
    """

    def __init__(self, limit: int = 65_536) -> None:
        self._limit = limit
        self._young: dict[Hashable, _Entry] = {}
        self._old: dict[Hashable, _Entry] = {}
        self.built = 0

    def get(
        self,
        slot: Hashable,
        sources: Sources,
        now: float,
        build: Callable[[], tuple[T, float]],
        facts: Hashable = None,
    ) -> T:
        """Return the slot's value, building it only if something it shows may have changed.

        Args:
            slot: What the value is about; always use one slot with one type of value.
            sources: Records the value is made from, compared by identity.
            now: Epoch seconds.
            build: Returns the value and the epoch second from which it is out of date.
            facts: Plain values the value is made from, compared by equality.
        """
        entry = self._young.get(slot)
        if entry is None and (entry := self._old.get(slot)) is not None:
            self._store(slot, entry)
        if entry is not None and now < entry[2] and entry[1] == facts:
            before = entry[0]
            if len(before) == len(sources) and all(map(is_, before, sources)):
                return cast("T", entry[3])
        value, until = build()
        self.built += 1
        self._store(slot, (sources, facts, until, value))
        return value

    def until(self, slot: Hashable) -> float:
        """Return the epoch second from which a slot's value is out of date, 0 if it has none."""
        entry = self._young.get(slot) or self._old.get(slot)
        return entry[2] if entry is not None else 0.0

    def last(self, slot: Hashable) -> object:
        """Return the slot's value whatever became of its sources, None if it has none."""
        entry = self._young.get(slot) or self._old.get(slot)
        return entry[3] if entry is not None else None

    def keep(self, slot: Hashable, value: T) -> T:
        """Return the slot's previous value if it equals this one, else this one.

        It gives derived values a stable identity, so that they can be sources themselves.
        """
        entry = self._young.get(slot) or self._old.get(slot)
        if entry is not None and entry[3] == value:
            value = entry[3]
        self._store(slot, ((), None, 0.0, value))
        return value

    def since(self, slot: Hashable, now: float, *, holds: bool) -> float | None:
        """Return since when a condition has held without a break, None while it does not."""
        if not holds:
            self._young.pop(slot, None)
            self._old.pop(slot, None)
            return None
        entry = self._young.get(slot) or self._old.get(slot)
        start = cast("float", entry[3]) if entry is not None else now
        self._store(slot, ((), None, 0.0, start))
        return start

    def _store(self, slot: Hashable, entry: _Entry) -> None:
        if len(self._young) >= self._limit and slot not in self._young:
            self._old, self._young = self._young, {}
        self._young[slot] = entry
