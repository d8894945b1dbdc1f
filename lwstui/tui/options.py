"""What the command line decides about the console."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from textual.theme import Theme

from lwstui.config.schema import Settings
from lwstui.config.settings import Config
from lwstui.tui.themefiles import ThemeFiles
from lwstui.tui.theming import DEFAULT_THEME
from lwstui.view.safety import STANDARD, Safety


@dataclass(frozen=True, slots=True)
class ConsoleOptions:
    """What the command line decided.

    Attributes:
        theme: Theme to start with.
        ascii: Draw with printable ASCII only.
        no_color: No colours at all.
        read_only: Nothing may be changed.
        first_command: Command run at the start, such as ``logs llama70b``; empty for none.
        keymap: Keys by action id, comma separated, replacing the default ones.
        problems: Sentences about the settings, shown on the first screen.
        safety: How much is asked before a change.
        themes: Themes to choose from; the shipped ones if left out.
        theme_files: Where those come from, to follow them; None if they never change.
        favourites: Namespaces that digits choose, in order; others follow.
        views: File that says what tables show; None for none.
        state: Folder of what is kept between runs; None keeps nothing.
        settings: What is in force at the start; the fields above say the same where they overlap.
        config: Where settings come from, to follow them; None for settings that never change.
    """

    theme: str = DEFAULT_THEME
    ascii: bool = False
    no_color: bool = False
    read_only: bool = False
    first_command: str = ""
    keymap: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    themes: tuple[Theme, ...] | None = None
    theme_files: ThemeFiles | None = None
    favourites: tuple[str, ...] = ()
    views: Path | None = None
    state: Path | None = None
    safety: Safety = STANDARD
    settings: Settings | None = None
    config: Config | None = None
