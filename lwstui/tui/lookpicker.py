"""Choosing how the console looks, seen while choosing."""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import Theme

from lwstui.tui.host import Host
from lwstui.tui.screens.modals.picker import Choice, Picker

_OURS = {
    "midnight": "dark and calm",
    "graphite": "dark, without a tint",
    "daylight": "light and quiet",
    "contrast": "high contrast on black",
    "contrast-light": "high contrast on white",
    "deuteranopia": "red-green colour blindness",
    "tritanopia": "blue-yellow colour blindness",
    "ansi": "the terminal's own sixteen colours",
    "mono": "no colour: bold, dim, reverse, underline",
}


def theme_choices(themes: Mapping[str, Theme]) -> tuple[Choice, ...]:
    """Return the themes to choose from: ours in their order, then all others by name."""
    others = sorted(set(themes) - set(_OURS))
    known = [Choice(name, note) for name, note in _OURS.items() if name in themes]
    return (*known, *(Choice(name, _kind(themes[name])) for name in others))


def _kind(theme: Theme) -> str:
    return "dark" if theme.dark else "light"


async def pick_theme(host: Host) -> None:
    """Let the operator move through the themes, each in force while the cursor is on it."""
    picker = Picker(
        "THEME", theme_choices(host.available_themes), start=host.theme, preview=host.set_theme
    )
    chosen = await host.ask(picker)
    if chosen is not None:
        host.set_theme(chosen)
        host.say(f"theme {chosen}; to keep it, set theme: {chosen} in config.yaml", "dim")
