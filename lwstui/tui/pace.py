"""How fast the same dangerous thing is done to one object after the other. Pure."""

from __future__ import annotations

from collections import deque
from typing import Final

from lwstui.runtime.intents import DeletePod, Intent, RecreateGroup

WITHIN_S: Final = 60.0
MOST: Final = 2
"""Objects that one kind of intent may be about within that time before more is asked."""


class Pace:
    """Remembers what was asked for in the last minute."""

    def __init__(self) -> None:
        self._done: deque[tuple[float, type, str]] = deque()

    def note(self, intent: Intent, now: float) -> None:
        """Take an intent that is carried out."""
        self._done.append((now, type(intent), object_of(intent)))
        while self._done and self._done[0][0] < now - WITHIN_S:
            self._done.popleft()

    def hurried(self, intent: Intent, now: float) -> bool:
        """Tell whether an intent is about yet another object, after several within a minute."""
        others = {
            which for at, kind, which in self._done if kind is type(intent) and at >= now - WITHIN_S
        } - {object_of(intent)}
        return len(others) >= MOST


def object_of(intent: Intent) -> str:
    """Return which object an intent is about."""
    match intent:
        case RecreateGroup(target=key, group=group):
            return f"{key} {group}"
        case DeletePod(target=key, pod=pod):
            return f"{key.namespace}/{pod}"
        case _:
            return str(intent.target)
