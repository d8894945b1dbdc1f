"""Verb keys that go into pods."""

from __future__ import annotations

from lwstui.tui import verbs
from lwstui.tui.screens.verbs.selecting import Selecting


class PodKeys(Selecting):
    """Shell and attach."""

    def action_shell(self) -> None:
        """Open a shell in the pod, or in the group's leader."""
        self.host.run_task(verbs.shell(self.host, self.selected()))

    def action_attach(self) -> None:
        """Attach to the main process of the pod, or of the group's leader."""
        self.host.run_task(verbs.attach(self.host, self.selected()))
