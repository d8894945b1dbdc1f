"""Intents under way: marked until the watch shows their effect or time runs out."""

from __future__ import annotations

from typing import Final

from controller.api.meta import Key
from lwstui.runtime.intents import Intent, Outcome
from lwstui.runtime.writes import confirmed, phrase
from lwstui.state.model import Activity, Pending
from lwstui.state.store import Store

CONFIRM_WITHIN_S: Final = 30.0
OPERATOR: Final = "you"


class Ledger:
    """Keeps the marks in the store true.

    Args:
        store: Where marks and the activity log are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: dict[Key, tuple[Intent, float]] = {}

    def enter(self, intent: Intent, outcome: Outcome, now: float) -> None:
        """Log what became of an intent, and mark its set if the server accepted it."""
        self._log(intent, outcome.message, now, ok=outcome.ok)
        if outcome.ok:
            self._open[intent.target] = (intent, now)
            self._store.mark(intent.target, Pending(now, phrase(intent)))

    def settle(self, now: float) -> None:
        """Clear the marks of intents that the watch confirms or that took too long."""
        for key, (intent, since) in tuple(self._open.items()):
            if confirmed(intent, self._store.get):
                self._close(key)
            elif now >= since + CONFIRM_WITHIN_S:
                self._close(key)
                late = f"accepted, but not seen within {CONFIRM_WITHIN_S:.0f} s"
                self._log(intent, late, now, ok=False)

    def _close(self, key: Key) -> None:
        del self._open[key]
        self._store.mark(key, None)

    def _log(self, intent: Intent, outcome: str, now: float, *, ok: bool) -> None:
        self._store.log(Activity(now, OPERATOR, phrase(intent), str(intent.target), outcome, ok))
