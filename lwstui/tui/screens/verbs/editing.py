"""Verb keys that edit."""

from __future__ import annotations

from lwstui.tui import verbs
from lwstui.tui.screens.verbs.selecting import Selecting


class EditingKeys(Selecting):
    """Edit in an editor, or by form."""

    def action_edit(self) -> None:
        """Open the set or the node in an editor."""
        if not self.change_marked(None):
            self.start(verbs.edit(self.host, self.selected()))

    def action_edit_fields(self) -> None:
        """Ask for the common fields of the set."""
        self.change_set(verbs.edit_fields)
