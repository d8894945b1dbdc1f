"""Text measured in terminal cells: fitting, cutting and padding without parsing anything."""

from __future__ import annotations

import re
from typing import Final, Literal

from rich.cells import cell_len, set_cell_size

ELLIPSIS: Final = "…"
_TAB: Final = 4
_LEAST_NAME: Final = 8
"""Cells below which both ends of a name say nothing."""

_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def width(text: str) -> int:
    """Return how many cells a text takes."""
    return len(text) if text.isascii() else cell_len(text)


def visible(text: str) -> str:
    """Return one line of text without anything that could steer a terminal.

    Foreign text is cleaned when it enters the process; this is the second line of defence,
    because what passes here is written to a terminal as it is.
    """
    if text.isprintable():
        return text
    text = text.expandtabs(_TAB).replace("\n", " ")
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def cut(text: str, cells: int) -> str:
    """Shorten a text to at most ``cells`` cells; a cut text ends in an ellipsis."""
    text = visible(text)
    if width(text) <= cells:
        return text
    if cells <= 1:
        return ELLIPSIS[:cells]
    return set_cell_size(text, cells - 1).rstrip() + ELLIPSIS


def cut_middle(text: str, cells: int) -> str:
    """Shorten a name to at most ``cells`` cells, keeping both ends.

    The end carries a name's index, the start its family: ``llama-405b…prod-7``.
    """
    text = visible(text)
    if width(text) <= cells:
        return text
    if cells < 4:
        return cut(text, cells)
    tail = (cells - 1) // 2
    head = cells - 1 - tail
    return set_cell_size(text, head).rstrip() + ELLIPSIS + _last(text, tail)


def _last(text: str, cells: int) -> str:
    """Return the end of a text that takes at most ``cells`` cells."""
    kept = ""
    used = 0
    for character in reversed(text):
        used += width(character)
        if used > cells:
            break
        kept = character + kept
    return kept


def shorten(text: str, cells: int) -> str:
    """Shorten a name in its middle and a sentence (anything with a blank) at its end.

    Of a name with more behind it that does not fit either, the name is kept in the same way.
    """
    name, blank, _ = text.partition(" ")
    if blank and _LEAST_NAME <= cells <= width(name):
        return cut_middle(name, cells - 1) + ELLIPSIS
    return cut(text, cells) if blank else cut_middle(text, cells)


def fit(text: str, cells: int, align: Literal["left", "right"] = "left") -> str:
    """Return a text that takes exactly ``cells`` cells."""
    text = shorten(text, cells)
    blank = " " * (cells - width(text))
    return blank + text if align == "right" else text + blank
