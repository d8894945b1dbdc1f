"""Intents under way: marked until the watch shows their effect, then followed to their end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from controller.api.meta import Key
from lwstui.runtime.facts import NO_FACTS, Facts
from lwstui.runtime.intents import Intent, Outcome
from lwstui.runtime.writes import confirmed, missing, phrase, works
from lwstui.state.model import Activity, Pending, Underway
from lwstui.state.store import Store
from lwstui.view.ages import age

CONFIRM_WITHIN_S: Final = 30.0
FOLLOW_S: Final = 3600.0
"""Seconds after which nobody waits for the end of an intent any more."""
LOOK_EVERY_S: Final = 1.0
OPERATOR: Final = "you"


@dataclass(slots=True)
class _Entry:
    """One intent that was accepted.

    Attributes:
        before: UIDs of the pods its set had then.
        seen: Whether the watch has shown its effect.
        looked_at: When its end was last looked for.
        followed: Whether its way there has been on the screen.
    """

    intent: Intent
    since: float
    before: frozenset[str]
    seen: bool = False
    looked_at: float = 0.0
    followed: bool = False


class Ledger:
    """Keeps the marks in the store true.

    Args:
        store: Where marks and the activity log are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: dict[Key, _Entry] = {}

    def refuse(self, intent: Intent, outcome: Outcome, now: float) -> None:
        """Log that an intent was not sent."""
        line = self._line(intent, outcome.message, now, ok=False)
        self._store.log(replace(line, kind="refused"))

    def enter(self, intent: Intent, outcome: Outcome, now: float, facts: Facts = NO_FACTS) -> None:
        """Log what became of an intent, and mark its target if the server accepted it."""
        line = self._line(intent, outcome.message, now, ok=outcome.ok)
        line = replace(
            line,
            kind="asked",
            before=facts.change.before,
            after=facts.change.after,
            dry_run=facts.dry_run,
            took_s=facts.took_s,
            command=facts.command,
            reversal=facts.change.reversal if outcome.ok else None,
        )
        self._store.log(line)
        if not outcome.ok:
            return
        before = frozenset(pod.uid for pod in self._store.members(intent.target))
        self._open[intent.target] = _Entry(intent, now, before)
        self._store.follow(intent.target, None)
        self._store.mark(intent.target, Pending(now, phrase(intent)))

    def settle(self, now: float) -> None:
        """Clear the marks of what the watch confirms, and look how far its consequences are."""
        for key, entry in tuple(self._open.items()):
            if entry.seen:
                self._follow(key, entry, now)
            elif confirmed(entry.intent, self._store.get):
                entry.seen = True
                self._store.mark(key, None)
                self._follow(key, entry, now)
            elif now >= entry.since + CONFIRM_WITHIN_S:
                self._close(key)
                late = f"accepted, but not seen within {CONFIRM_WITHIN_S:.0f} s"
                self._log(entry.intent, late, now, ok=False)

    def tell(self, intent: Intent, text: str) -> None:
        """Take how far the work that this program does for an intent is."""
        entry = self._open.get(intent.target)
        if entry is not None and entry.intent is intent:
            underway = Underway(entry.since, phrase(intent), text, stoppable=True)
            self._store.follow(intent.target, underway)

    def end(self, intent: Intent, outcome: Outcome, now: float) -> None:
        """Take what came of the work that this program did for an intent."""
        entry = self._open.get(intent.target)
        if entry is not None and entry.intent is intent:
            self._close(intent.target)
        self._log(intent, outcome.message, now, ok=outcome.ok)

    def _follow(self, key: Key, entry: _Entry, now: float) -> None:
        if works(entry.intent) or now < entry.looked_at + LOOK_EVERY_S:
            return
        entry.looked_at = now
        text = missing(entry.intent, self._store, entry.before)
        if text and now < entry.since + FOLLOW_S:
            self._store.follow(key, Underway(entry.since, phrase(entry.intent), text))
            entry.followed = True
            return
        self._close(key)
        if entry.followed:
            took = age(now - entry.since)
            said = f"not at its end after {took}: {text}" if text else f"done after {took}"
            self._log(entry.intent, said, now, ok=not text)

    def _close(self, key: Key) -> None:
        del self._open[key]
        self._store.mark(key, None)
        self._store.follow(key, None)

    def _log(self, intent: Intent, outcome: str, now: float, *, ok: bool) -> None:
        line = self._line(intent, outcome, now, ok=ok)
        self._store.log(replace(line, kind="followed"))

    def _line(self, intent: Intent, outcome: str, now: float, *, ok: bool) -> Activity:
        return Activity(now, OPERATOR, phrase(intent), str(intent.target), outcome, ok)
