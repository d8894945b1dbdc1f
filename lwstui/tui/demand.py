"""What the engine fetches only because a screen shows it: events, and what is measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lwstui.runtime.backend import Backend

AWAY_S: Final = 300.0
"""After so long without a key, a click or the focus nobody seems to look."""


class Demand:
    """Tells the engine what is wanted, once it runs and whenever that changes.

    Args:
        backend: The engine.
        clock: Epoch seconds.
    """

    def __init__(self, backend: Backend, clock: Callable[[], float]) -> None:
        self._backend = backend
        self._clock = clock
        self.started = False
        self._events = False
        self._shown = self._metrics = True
        self._touched_at = clock()

    def start(self) -> None:
        """Note that the engine runs."""
        self.started = True
        if self._events:
            self._backend.want_events(wanted=True)

    def events(self, *, wanted: bool) -> None:
        """Note whether events are shown."""
        if wanted != self._events:
            self._events = wanted
            if self.started:
                self._backend.want_events(wanted)

    def metrics(self, *, shown: bool) -> None:
        """Note whether the screen in front shows what is measured."""
        self._shown = shown
        self._look()

    def touched(self) -> None:
        """Note that somebody is there."""
        self._touched_at = self._clock()
        self._look()

    def _look(self) -> None:
        wanted = self._shown and self._clock() - self._touched_at < AWAY_S
        if self.started and wanted != self._metrics:
            self._metrics = wanted
            self._backend.want_metrics(wanted)
