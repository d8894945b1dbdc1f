"""What the activity log tells of an intent beside its outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lwstui.runtime.intents import Intent, Outcome
from lwstui.state.alterations import NOTHING, Alteration, alteration
from lwstui.state.model import Snapshot
from lwstui.state.store import Store
from lwstui.view.impact import impact

_TRIED: Final = 50


@dataclass(frozen=True, slots=True)
class Facts:
    """What was known of an intent when it was sent.

    Attributes:
        change: What it changes.
        dry_run: What the server said to it before.
        command: The same as one kubectl command.
        took_s: Seconds until the answer.
    """

    change: Alteration = NOTHING
    dry_run: str = ""
    command: str = ""
    took_s: float | None = None


NO_FACTS: Final = Facts()


class Trials:
    """The answers to the last dry runs."""

    def __init__(self) -> None:
        self._said: list[tuple[Intent, str]] = []

    def note(self, intent: Intent, outcome: Outcome) -> None:
        """Take what the server said."""
        self._said = [*self._said, (intent, "accepted" if outcome.ok else "refused")][-_TRIED:]

    def said(self, intent: Intent) -> str:
        """Return what the server said to an intent last, empty if it was not asked."""
        return next((text for tried, text in reversed(self._said) if tried == intent), "")


def change_of(intent: Intent, store: Store) -> Alteration:
    """Return what an intent changes, of what the store holds now."""
    return alteration(intent, store.get)


def command_of(intent: Intent, snapshot: Snapshot, now: float) -> str:
    """Return an intent as one kubectl command, empty if there is none."""
    return impact(snapshot, intent, now).kubectl
