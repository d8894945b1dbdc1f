"""What reaches the terminal at last: ASCII instead of glyphs, no colour when none is wanted.

Both are line filters, the last step before bytes, so nothing that Textual or a widget draws
escapes them. Neither changes how many cells a text takes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

_SAME: Final = {
    "·•∙●◆■▶►▸▪◉‖": ".*.*@#>>>*@|",
    "○◇◌◐⊘✕×✓≠≥≤±": "o<oO/XxY#><~",
    "─━│┃┆┊╌▔▁▂▃▄▅▆▇█": "-=|||:--_..-=+#@",
    "┌┐└┘├┤┬┴┼╭╮╰╯╴╶╵╷": "+++++++++++++--||",
    "░▒▓▌▐▎▏▕▊▋▍▉▀": ":+#||||||||#'",
    "←→↑↓↵▽△▲▼▾▴": "<>^v<v^^vv^",
    "…–—‘’“”«»‹›": "~--''\"\"<><>",
}

ASCII: Final[dict[str, str]] = {
    glyph: plain
    for glyphs, plains in _SAME.items()
    for glyph, plain in zip(glyphs, plains, strict=True)
}
"""One printable ASCII character for each glyph that the console draws itself."""


def to_ascii(text: str) -> str:
    """Return a text of printable ASCII that takes as many cells; ``?`` where no glyph fits."""
    if text.isascii():
        return text
    cells = cell_len(text)  # joined emoji take fewer cells than their parts
    return "".join(_ascii_character(character) for character in text)[:cells].ljust(cells, "?")


@lru_cache(4096)
def _ascii_character(character: str) -> str:
    if character.isascii():
        return character
    return ASCII.get(character) or "?" * cell_len(character)


class AsciiFilter(LineFilter):
    """Replaces everything that is not ASCII."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return segments of ASCII text."""
        del background
        return [
            segment if segment.control else Segment(to_ascii(segment.text), segment.style)
            for segment in segments
        ]


class MonochromeFilter(LineFilter):
    """Removes every colour; bold, dim, underline and reverse stay."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return segments whose styles have no colour."""
        del background
        return [
            Segment(text, _colourless(style) if style else None, control)
            for text, style, control in segments
        ]


@lru_cache(4096)
def _colourless(style: Style) -> Style:
    return style.without_color
