"""Verb keys that go into pods."""

from __future__ import annotations

from lwstui.tui import verbs
from lwstui.tui.screens.verbs.selecting import Selecting


class PodKeys(Selecting):
    """Shell, attach and port-forwards."""

    def action_shell(self) -> None:
        """Open a shell in the pod, or in the group's leader."""
        if not self.change_marked(None):
            self.host.run_task(verbs.shell(self.host, self.selected()))

    def action_attach(self) -> None:
        """Attach to the main process of the pod, or of the group's leader."""
        if not self.change_marked(None):
            self.host.run_task(verbs.attach(self.host, self.selected()))

    def action_forward(self) -> None:
        """Lead a port of this machine to the pod, or to the group's leader."""
        if not self.change_marked(None):
            self.host.run_task(verbs.forward(self.host, self.selected()))

    def action_forwards(self) -> None:
        """Show the open port-forwards."""
        self.host.run_task(verbs.show_forwards(self.host))
