"""The operator's commands, keys, themes and tables, followed as their files change."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from lwstui.config.extensions import Extensions
from lwstui.config.ownfiles import OwnFiles
from lwstui.tui import extending
from lwstui.tui.commands.language import Language
from lwstui.tui.commands.registry import COMMANDS
from lwstui.tui.commands.running import Commander
from lwstui.tui.keymaps import Keymap
from lwstui.tui.options import ConsoleOptions
from lwstui.tui.preferences import Followed
from lwstui.tui.remembering import RememberingApp

ReturnT = TypeVar("ReturnT")


class FollowingApp(RememberingApp[ReturnT]):
    """An application whose commands, keys, themes and tables are what the operator wrote down."""

    _own: OwnFiles
    _commander: Commander

    def follow(self, options: ConsoleOptions) -> list[tuple[Followed, Callable[[], None]]]:
        """Read the files for the first time; return them, each with what a change of it does."""
        folder = options.config.folder if options.config else Path(os.devnull)
        self._own = OwnFiles(folder, extending.taken_keys(Keymap()))
        self._speak()
        views = self.looks.views
        views.look()
        found: list[tuple[Followed, Callable[[], None]]] = [
            (self._own, self.use_own),
            (views, self.forget_orders),
        ]
        if options.theme_files is not None:
            files = options.theme_files
            found.append((files, lambda: self.use_themes(files.themes)))
        return found

    @property
    def extensions(self) -> Extensions:
        """The operator's own commands."""
        return self._own.extensions

    def use_own(self) -> None:
        """Take the operator's own commands as they are."""
        self._speak()
        self.redraw()

    def _speak(self) -> None:
        self._commander.language = Language(COMMANDS, self.extensions.aliases)

    def use_keys(self, keymap: Keymap) -> None:
        """Put actions on other keys; those they left are free for the operator's own."""
        if self._own.take(extending.taken_keys(keymap)):
            self.use_own()
        super().use_keys(keymap)
