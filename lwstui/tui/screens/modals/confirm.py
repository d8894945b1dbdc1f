"""A yes-or-no question about one change."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future

from lwstui.runtime.intents import Outcome
from lwstui.tui.screens.modals.dialog import Dialog
from lwstui.view.types import Impact


class ConfirmDialog(Dialog[bool]):
    """Shows what a change does and returns True when it is confirmed.

    Args:
        impact: What would happen.
        dry_run: The server's opinion; None when it offers none.
        confirm: Label of the confirm button.
        clock: Seconds on a clock that never goes back.
    """

    def __init__(
        self,
        impact: Impact,
        dry_run: Future[Outcome] | None = None,
        *,
        confirm: str = "Confirm",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(confirm=confirm, clock=clock)
        self._first_impact = impact
        self._future = dry_run

    def on_mount(self) -> None:
        """Show the change and wait for the server's opinion."""
        self.show_impact(self._first_impact)
        self.await_dry_run(self._future)

    def answer(self) -> bool:
        """Return True."""
        return True
