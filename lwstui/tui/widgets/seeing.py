"""What was to be seen under a cursor, and when."""

from __future__ import annotations

from collections import deque
from typing import Final

REACTION_S: Final = 0.2
"""Nobody presses a key because of what has been on the screen for less than this."""
_KEPT: Final = 8


class Seen:
    """The last objects that were painted under a cursor."""

    def __init__(self) -> None:
        self._painted: deque[tuple[float, str]] = deque(maxlen=_KEPT)

    def painted(self, key: str, at: float) -> None:
        """Note that an object is painted under the cursor.

        Args:
            key: Of the object.
            at: Seconds on the clock that events are stamped by.
        """
        if not self._painted or self._painted[-1][1] != key:
            self._painted.append((at, key))

    def meant(self, pressed_at: float) -> str:
        """Return the object that a key is about; empty if none was to be seen.

        Args:
            pressed_at: When the key was pressed, on the same clock.
        """
        known = [key for at, key in self._painted if at <= pressed_at - REACTION_S]
        return known[-1] if known else next((key for _, key in self._painted), "")

    def clear(self) -> None:
        """Forget what was painted."""
        self._painted.clear()
