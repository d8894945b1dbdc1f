"""A yes-or-no question about one change."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Final

from lwstui.runtime.intents import Outcome
from lwstui.tui.screens.modals.dialog import Dialog
from lwstui.view.types import Impact, Span

_REFRESH_S: Final = 1.0
MOVED: Final = Span("what this does is not what the dialog said at first; read it again", "warn")


class ConfirmDialog(Dialog[bool]):
    """Shows what a change does and returns True when it is confirmed.

    Args:
        impact: What would happen.
        dry_run: The server's opinion; None when it offers none.
        again: Asks the server once more.
        live: What would happen as it is known at the moment, looked at once a second.
        renew: Takes the question up again if what it is about has changed, and returns what
            did; nothing if it has not. ``live`` and ``again`` are about the new question then.
        said: Why the change was not made when it was confirmed before, empty if it was not.
        confirm: Label of the confirm button.
        clock: Seconds on a clock that never goes back.
    """

    def __init__(
        self,
        impact: Impact,
        dry_run: Future[Outcome] | None = None,
        *,
        again: Callable[[], Future[Outcome]] | None = None,
        live: Callable[[], Impact] | None = None,
        renew: Callable[[], tuple[str, ...]] | None = None,
        said: str = "",
        confirm: str = "Confirm",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(confirm=confirm, clock=clock)
        self._first_impact = impact
        self._future = dry_run
        self._again = again
        self._live = live
        self._renew = renew
        self._said = said
        self._moved: tuple[str, ...] = ()

    def on_mount(self) -> None:
        """Show the change and wait for the server's opinion."""
        self.show_impact(self._noted(self._first_impact))
        self.await_dry_run(self._future, self._again)
        if self._live is not None:
            self.set_interval(_REFRESH_S, self.look_again)

    def look_again(self) -> None:
        """Show what would happen now; say so if it is not what was read before."""
        if self._live is None:
            return
        if self._renew is not None and (moved := self._renew()):
            self._moved = (*self._moved, *moved)
            self._take_up(self._live())
            return
        impact = self._live()
        if self._future is None and self._again is not None and not impact.refused:
            self._take_up(impact)  # it has become possible since the dialog was opened
            return
        if impact.what != self._first_impact.what and not impact.refused:
            impact = replace(impact, facts=(*impact.facts, ("Changed", MOVED)))
        self.show_impact(self._noted(impact))

    def _take_up(self, impact: Impact) -> None:
        """Ask about a change that is not the one that was read."""
        self._first_impact = impact
        self.ask_anew(f"{self._confirm_label} anyway" if self._moved else self._confirm_label)
        self.show_impact(self._noted(impact))
        if self._again is not None and not impact.refused:
            self._future = self._again()
            self.await_dry_run(self._future, self._again)

    def _noted(self, impact: Impact) -> Impact:
        """Return what would happen with what happened meanwhile."""
        notes = [("Not done", Span(self._said, "warn"))] if self._said else []
        notes += [
            ("" if number else "Meanwhile", Span(text, "warn"))
            for number, text in enumerate(self._moved)
        ]
        return replace(impact, facts=(*notes, *impact.facts)) if notes else impact

    def answer(self) -> bool:
        """Return True."""
        return True
