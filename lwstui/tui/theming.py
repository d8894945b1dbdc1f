"""Themes from ``themes/*.yaml``, our style tokens, and the base class of the application.

A theme file has the fields of Textual's ``Theme``; its ``variables`` set our tokens. Widgets
name tokens only, so a theme file owns every colour and text style of the console.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import fields
from importlib import resources
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from textual.app import App
from textual.color import Color, ColorParseError
from textual.filter import LineFilter
from textual.theme import Theme

from lwstui.tui.glyphs import AsciiFilter, MonochromeFilter

ReturnT = TypeVar("ReturnT")

DEFAULT_THEME: Final = "midnight"
MONOCHROME_THEME: Final = "mono"
SOURCES: Final = 10
"""How many colours the log view has for its sources."""

COLOUR_TOKENS: Final[Mapping[str, str]] = {
    "tone-ok": "$success",
    "tone-busy": "$primary",
    "tone-info": "$secondary",
    "tone-warn": "$warning",
    "tone-bad": "$error",
    "tone-dim": "$foreground 70%",
    "tone-bold": "$foreground",
    "tone-title": "$accent",
    "header": "$foreground 70%",
    "rule": "$foreground 30%",
    "key": "$accent",
    "status-background": "$panel",
    "status-foreground": "$foreground",
    "sandbox-background": "$warning",
    "sandbox-foreground": "$background",
    "cursor-background": "$primary 30%",
    "cursor-foreground": "$foreground",
    "cursor-blurred-background": "$primary 15%",
    "cursor-blurred-foreground": "$foreground",
    "point-background": "$accent",
    "point-foreground": "$background",
    "match-background": "$warning",
    "match-foreground": "$background",
    "dialog-background": "$surface",
    "dialog-border": "$accent",
    **{f"source-{number}": "$foreground" for number in range(1, SOURCES + 1)},
}
"""Our colours, and what a theme that does not know them (any stock theme) shows instead."""

STYLE_TOKENS: Final[Mapping[str, str]] = {
    "tone-ok-style": "none",
    "tone-busy-style": "none",
    "tone-info-style": "none",
    "tone-warn-style": "bold",
    "tone-bad-style": "bold",
    "tone-dim-style": "none",
    "tone-bold-style": "bold",
    "tone-title-style": "bold",
    "mark-bad-style": "bold reverse",
    "header-style": "none",
    "rule-style": "none",
    "key-style": "none",
    "status-style": "none",
    "sandbox-style": "bold",
    "cursor-style": "none",
    "cursor-blurred-style": "none",
    "point-style": "bold",
    "match-style": "none",
    "log-warn-style": "none",
    "log-bad-style": "none",
}
"""Our text styles with their defaults."""

TOKENS: Final[Mapping[str, str]] = {**COLOUR_TOKENS, **STYLE_TOKENS}


def theme_folder() -> Path:
    """Return the folder of the shipped themes: in the package, else that of a checkout."""
    packaged = Path(str(resources.files("lwstui"))) / "_themes"
    return packaged if packaged.is_dir() else packaged.parent.parent / "themes"


def load_themes() -> list[Theme]:
    """Load the shipped themes."""
    return [read_theme(path) for path in sorted(theme_folder().glob("*.yaml"))]


def read_theme(path: Path) -> Theme:
    """Read one theme file; its name is the file's.

    Raises:
        ValueError: It is not a theme; the message says which entry is wrong.
        yaml.YAMLError: It is not YAML.
        OSError: It cannot be read.
    """
    data = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    if not isinstance(data, dict):
        raise ValueError("a theme is a mapping")  # noqa: TRY004 - one kind of fault for callers
    return parse_theme(path.stem, data)


def parse_theme(name: str, data: Mapping[str, Any]) -> Theme:
    """Make a theme of a mapping with ``Theme``'s field names.

    Raises:
        ValueError: A field is unknown or missing, or a value is no colour or text style.
    """
    known = {field.name for field in fields(Theme)} - {"name"}
    unknown = sorted(set(data) - known)
    if unknown:
        raise ValueError(f"unknown field {unknown[0]!r}")
    if "primary" not in data:
        raise ValueError("field 'primary' is missing")
    variables = data.get("variables") or {}
    if not isinstance(variables, dict):
        raise ValueError("'variables' is a mapping")  # noqa: TRY004 - as in read_theme
    for field, value in data.items():
        if field not in _PLAIN_FIELDS:
            _check_colour(field, value)
    for token, value in variables.items():
        if token in COLOUR_TOKENS:
            _check_colour(token, value)
        elif token in STYLE_TOKENS:
            _check_style(token, value)
    return Theme(name=name, **{**data, "variables": {k: str(v) for k, v in variables.items()}})


_PLAIN_FIELDS: Final = {"variables", "dark", "ansi", "luminosity_spread", "text_alpha"}
_TEXT_STYLES: Final = {"none", "bold", "dim", "italic", "underline", "reverse", "strike"}


def _check_colour(field: str, value: object) -> None:
    if not isinstance(value, str):
        raise ValueError(f"{field!r} is not a colour: {value!r} (quote it)")  # noqa: TRY004 - as in read_theme
    try:
        Color.parse(value.split()[0] if value.split() else value)
    except ColorParseError:
        raise ValueError(f"{field!r} is not a colour: {value!r}") from None


def _check_style(token: str, value: object) -> None:
    words = str(value).split()
    if not words or not set(words) <= _TEXT_STYLES:
        raise ValueError(f"{token!r} is not a text style: {value!r}")


def normalise_environment(environ: MutableMapping[str, str]) -> bool:
    """Make ``NO_COLOR`` mean what https://no-color.org says; call before importing Textual.

    Textual takes an empty value for a wish for no colour and answers with greys.

    Returns:
        Whether the environment wants no colour.
    """
    if environ.get("NO_COLOR"):
        return True
    environ.pop("NO_COLOR", None)
    return False


class ThemedApp(App[ReturnT]):
    """An application with our themes, tokens and output filters.

    Args:
        theme: Name of the theme to start with; an unknown one is the default.
        no_color: Bold, dim, reverse and underline only; also when ``NO_COLOR`` is set.
        ascii_only: Draw with printable ASCII only.
        themes: The themes; the shipped ones if left out.
    """

    def __init__(
        self,
        *,
        theme: str = DEFAULT_THEME,
        no_color: bool = False,
        ascii_only: bool = False,
        themes: Sequence[Theme] | None = None,
    ) -> None:
        super().__init__()
        self.no_color = self.no_color or no_color
        self.ascii_only = ascii_only
        self._last_filters: list[LineFilter] = []
        if self.no_color:
            self._last_filters.append(MonochromeFilter())
        if ascii_only:
            self._last_filters.append(AsciiFilter())
        ours = load_themes() if themes is None else themes
        for loaded in ours:
            self.register_theme(loaded)
        self._ours = frozenset(theme.name for theme in ours)
        wanted = MONOCHROME_THEME if self.no_color else theme
        self.theme = wanted if wanted in self.available_themes else DEFAULT_THEME

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return Textual's filters and then ours, which see what would be written."""
        return [*super().get_line_filters(), *self._last_filters]

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return our tokens, and what Textual's style sheets want of a terminal-colour theme."""
        known = self.current_theme.to_color_system().generate()
        defaults = {token: _resolve(value, known) for token, value in TOKENS.items()}
        return {"ansi-background": "ansi_default", "ansi-foreground": "ansi_default", **defaults}


def _resolve(value: str, known: Mapping[str, str]) -> str:
    """Return a token's value with the colour it refers to; style sheets do not look twice."""
    if not value.startswith("$"):
        return value
    name, _, opacity = value[1:].partition(" ")
    return f"{known[name]} {opacity}".strip()
