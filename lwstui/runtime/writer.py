"""Carrying out what the operator asked for, and telling what came of it."""

from __future__ import annotations

from collections.abc import Callable

from controller.ports import Clock
from lwstui.runtime.facts import Facts, Trials, change_of, command_of
from lwstui.runtime.intents import Intent, Outcome
from lwstui.runtime.ledger import Ledger
from lwstui.runtime.ports import OperatorCluster
from lwstui.runtime.works import Works
from lwstui.runtime.writes import perform, phrase
from lwstui.state.store import Store


class Writer:
    """Sends intents.

    Args:
        store: What the watches show.
        ledger: Takes what becomes of each.
        works: Goes on with those that take a while.
        clock: The time.
        changed: Called when there is something new to show.
    """

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        works: Works,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._works = works
        self._clock = clock
        self._changed = changed
        self._trials = Trials()

    def refuse(self, intent: Intent, why: str) -> Outcome:
        """Return, and tell, that nothing was sent."""
        outcome = Outcome(False, f"{phrase(intent)}: {why}, nothing was sent")
        self._ledger.refuse(intent, outcome, self._clock.now())
        self._changed()
        return outcome

    async def send(self, intent: Intent, cluster: OperatorCluster, *, dry_run: bool) -> Outcome:
        """Carry an intent out, or ask whether the server would accept it."""
        began, seen = self._clock.now(), self._store.snapshot
        change = change_of(intent, self._store)
        outcome = await perform(cluster, intent, look=self._store.get, dry_run=dry_run)
        if dry_run:
            self._trials.note(intent, outcome)
            return outcome
        now = self._clock.now()
        command = command_of(intent, seen, began)
        facts = Facts(change, self._trials.said(intent), command, now - began)
        self._ledger.enter(intent, outcome, now, facts)
        if outcome.ok:
            self._works.start(intent, cluster)
        self._changed()
        return outcome
