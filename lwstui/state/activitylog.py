"""The last things that were done, oldest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from lwstui.state.model import Activity

ACTIVITY_LIMIT: Final = 500


class ActivityLog:
    """A bounded list of activity.

    Attributes:
        listener: Takes each line that is added, None if nobody does.
    """

    def __init__(self) -> None:
        self.listener: Callable[[Activity], None] | None = None
        self._lines: list[Activity] = []

    @property
    def lines(self) -> tuple[Activity, ...]:
        """What was done, oldest first."""
        return tuple(self._lines)

    def add(self, activity: Activity, context: str) -> None:
        """Take a line of a context; the oldest are dropped."""
        if not activity.context:
            activity = replace(activity, context=context)
        self._lines.append(activity)
        del self._lines[:-ACTIVITY_LIMIT]
        if self.listener is not None:
            self.listener(activity)

    def remember(self, earlier: Iterable[Activity]) -> None:
        """Take lines from before; nobody is told."""
        self._lines = [*earlier, *self._lines][-ACTIVITY_LIMIT:]
