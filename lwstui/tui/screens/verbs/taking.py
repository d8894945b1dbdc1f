"""Keys that take something out of the console: copy and save."""

from __future__ import annotations

from collections.abc import Iterable

from lwstui.tui import saving
from lwstui.tui.screens.verbs.selecting import Selecting
from lwstui.view.ages import count
from lwstui.view.saving import Shown
from lwstui.view.types import Ref


class TakingKeys(Selecting):
    """Copy names and namespaces, save what is shown."""

    def shown_now(self) -> Shown | None:
        """Return what this screen shows, to be saved; None if it has nothing to save."""
        return None

    @property
    def is_pictured(self) -> bool:
        """Whether the screen says more than the rows of its table."""
        return False

    def action_copy_name(self) -> None:
        """Copy the name of the selection, or one name a line of all that is marked."""
        self.copy_names()

    def action_copy_namespace(self) -> None:
        """Copy the namespace of the selection."""
        self._copy((ref.namespace for ref in self.selected_refs()), "namespace")

    def copy_names(self) -> None:
        """Copy the name of the selection, or one name a line of all that is marked."""
        self._copy((object_name(ref) for ref in self.selected_refs()), "name")

    def _copy(self, texts: Iterable[str], kind: str) -> None:
        found = list(dict.fromkeys(filter(None, texts)))
        if not found:
            self.host.say(f"no {kind} to copy here", "dim")
            return
        what = found[0] if len(found) == 1 else count(len(found), kind)
        self.host.run_task(saving.copy(self.host, "\n".join(found), what))

    def action_save(self) -> None:
        """Save what is shown."""
        self.save_shown()

    def save_shown(self, form: str = "") -> None:
        """Save what is shown.

        Args:
            form: ``text``, ``csv`` or ``json``; empty asks.
        """
        self.host.run_task(saving.save(self.host, self.shown_now(), form))

    def choose_columns(self) -> None:
        """Ask which columns to show."""
        self.host.say("there is no table here", "dim")


def object_name(ref: Ref) -> str:
    """Return an object's name as commands take it; a group's is its leader's."""
    return f"{ref.name}-{ref.group}" if ref.kind == "group" else ref.name
