"""A plan as it is told to people: what it does, for which revision, and what it waits for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from controller.api.meta import Key
from controller.plan.actions import Wait

_PASSING: Final = re.compile(r"\d+(?:\.\d+)? s\b")
"""Seconds in reasons: they pass by themselves, which makes no other plan."""


@dataclass(frozen=True, slots=True)
class PlanNote:
    """What was decided about a set at one moment, before it was carried out.

    Attributes:
        at: Epoch seconds.
        set: The set.
        does: What it does, one phrase per kind of action, such as ``delete pod llama-3 (update)``.
        because: Why groups are recreated.
        waits: Why the rest has to wait.
        target: Key of the revision that is rolled out, empty if that is not recorded.
        partition: Index from which groups may be replaced; -1 if it is not recorded.
        groups: How many groups should exist meanwhile; -1 if it is not recorded.
    """

    at: float
    set: Key
    does: tuple[str, ...] = ()
    because: tuple[str, ...] = ()
    waits: tuple[Wait, ...] = ()
    target: str = ""
    partition: int = -1
    groups: int = -1

    @property
    def idle(self) -> bool:
        """Whether it neither does anything nor waits for anything."""
        return not self.does and not self.waits

    def same_as(self, other: PlanNote) -> bool:
        """Tell whether another plan of the set says the same at another moment."""
        return self._essence == other._essence

    @property
    def _essence(self) -> tuple[object, ...]:
        waits = tuple((w.code, _PASSING.sub("", w.reason), w.group) for w in self.waits)
        return self.does, waits, self.target, self.partition, self.groups
