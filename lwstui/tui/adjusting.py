"""What settings change about the application while it runs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Final, TypeVar

from textual.theme import Theme

from lwstui.tui.keymaps import Keymap
from lwstui.tui.theming import DEFAULT_THEME, ThemedApp

ReturnT = TypeVar("ReturnT")

MOUSE_MODES: Final = (1000, 1003, 1015, 1006)
"""Modes of a terminal that report buttons, movement, and both in a form without limits."""


class AdjustableApp(ThemedApp[ReturnT]):
    """An application whose looks follow the settings.

    Attributes:
        header_shown: Whether the first two lines are shown.
        crumbs_shown: Whether breadcrumbs are shown.
        accent: Colour of the context's name, empty for none of its own.
        keymap: What the operator put on keys.
    """

    header_shown = True
    crumbs_shown = True
    accent = ""
    keymap = Keymap()
    _mouse_released = False

    def taken_back(self, _: object) -> None:
        """Leave a released mouse alone, after an editor or a shell had the terminal."""
        if self._mouse_released:
            self.use_mouse(wanted=False)

    @abstractmethod
    def redraw(self) -> None:
        """Draw the screen in front anew, if there is one."""

    def show_header(self, *, shown: bool) -> None:
        """Show or hide the first two lines of every screen."""
        self.header_shown = shown
        self.redraw()

    def show_crumbs(self, *, shown: bool) -> None:
        """Show or hide the breadcrumbs of every screen."""
        self.crumbs_shown = shown
        self.redraw()

    def use_motion(self, *, wanted: bool) -> None:
        """Animate scrolling, or not."""
        self.animation_level = "full" if wanted else "none"

    def use_keys(self, keymap: Keymap) -> None:
        """Put actions on other keys."""
        self.keymap = keymap
        self.set_keymap(keymap.texts())
        self.redraw()

    def use_themes(self, themes: Mapping[str, Theme]) -> None:
        """Have these themes of ours, and draw anew if the one in force is another now."""
        before = {name: self.available_themes.get(name) for name in (*self._ours, *themes)}
        for name in self._ours - themes.keys():
            self.unregister_theme(name)
        for theme in themes.values():
            self.register_theme(theme)
        self._ours = frozenset(themes)
        if self.theme not in self.available_themes:
            self.theme = DEFAULT_THEME
        elif self.available_themes[self.theme] is not before.get(self.theme, self.current_theme):
            self.mutate_reactive(ThemedApp.theme)

    def use_mouse(self, *, wanted: bool) -> None:
        """Take mouse events, or leave them to the terminal."""
        self._mouse_released = not wanted
        driver = self._driver
        if driver is not None:
            letter = "h" if wanted else "l"
            driver.write("".join(f"\x1b[?{mode}{letter}" for mode in MOUSE_MODES))
            driver.flush()
