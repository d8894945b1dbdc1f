"""Keys that text views and logs share: full screen, copy, save."""

from __future__ import annotations

from abc import abstractmethod
from typing import cast

from textual.app import App

from lwstui.tui import keeping
from lwstui.tui.screens.base import ConsoleScreen


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
        self.host.run_task(self._copy(self.get_selected_text() or self.plain_text()))

    def action_save(self) -> None:
        """Save the text."""
        self.host.run_task(self._save())

    async def _copy(self, text: str) -> None:
        app = cast("App[int]", self.app)
        try:
            said = await keeping.copy(app, text, self.text_name(), self.host.now())
        except OSError as error:
            self.say(f"the text cannot be saved: {error.strerror or error}", "bad")
        else:
            self.say(said, "dim")

    async def _save(self) -> None:
        try:
            path = await keeping.save(self.plain_text(), self.text_name(), self.host.now())
        except OSError as error:
            self.say(f"the text cannot be saved: {error.strerror or error}", "bad")
        else:
            self.say(f"saved as {path}", "ok")
