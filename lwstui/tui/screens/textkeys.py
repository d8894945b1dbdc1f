"""Keys that text views and logs share: full screen, copy, save."""

from __future__ import annotations

from abc import abstractmethod

from lwstui.tui import saving
from lwstui.tui.screens.base import ConsoleScreen
from lwstui.view.ages import count
from lwstui.view.saving import Shown


class ReadingScreen(ConsoleScreen):
    """A screen whose text can be copied and saved."""

    @abstractmethod
    def plain_text(self) -> str:
        """Return the text that is copied and saved."""

    @abstractmethod
    def text_name(self) -> str:
        """Return what the text is of, for names of files."""

    def action_full_screen(self) -> None:
        """Show nothing but the text, or everything again."""
        self.toggle_class("-full")
        self.refresh_view()

    def action_copy(self) -> None:
        """Copy what is selected, else everything."""
        text = self.get_selected_text() or self.plain_text()
        what = count(len(text.splitlines()), "line") if text else ""
        if what:
            self.host.run_task(saving.copy(self.host, text, what))
        else:
            self.say("nothing to copy", "dim")

    def copy_names(self) -> None:
        """Copy what is selected, else everything."""
        self.action_copy()

    def shown_now(self) -> Shown:
        """Return the text, to be saved."""
        return Shown(self.text_name(), text=self.plain_text())
