"""Colours of log lines: SGR sequences become styles by name, every other sequence goes."""

from __future__ import annotations

import re
from typing import Final

from lwstui.kube.clean import clean

Colours = tuple[tuple[int, int, str], ...]
"""First and last-plus-one character of coloured pieces, and their style: words such as ``bold``,
``color(1)``, ``#ff0000``, and ``on`` before a background."""

_SGR: Final = re.compile(r"(?:\x1b\[|\x9b)([0-9;:]*)m")
_ON: Final = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse", 9: "strike"}
_OFF: Final = {
    22: ("bold", "dim"),
    23: ("italic",),
    24: ("underline",),
    27: ("reverse",),
    29: ("strike",),
}
_MOST_PARAMETERS: Final = 32
_MOST_PIECES: Final = 256


def coloured(raw: str) -> tuple[str, Colours]:
    """Return cleaned text and the colours it had.

    Blinking and hidden text are shown plainly, and so is text in the colour of its background.
    """
    if raw.isascii() and raw.isprintable():
        return raw, ()
    if "\x1b[" not in raw and "\x9b" not in raw:
        return clean(raw), ()
    return _parse(raw)


def _parse(raw: str) -> tuple[str, Colours]:
    pen = _Pen()
    texts: list[str] = []
    colours: list[tuple[int, int, str]] = []
    at = end = 0
    for match in (*_SGR.finditer(raw), None):
        text = clean(raw[at : match.start() if match else len(raw)])
        if text:
            texts.append(text)
            style = pen.style
            if style and len(colours) < _MOST_PIECES:
                colours.append((end, end + len(text), style))
            end += len(text)
        if match:
            at = match.end()
            pen.take(match[1])
    return "".join(texts), tuple(colours)


class _Pen:
    """What SGR sequences have switched on so far."""

    def __init__(self) -> None:
        self._on: dict[str, None] = {}
        self._colours = {"": "", "on ": ""}

    @property
    def style(self) -> str:
        """The style in words, empty if nothing is on."""
        front, back = self._colours[""], self._colours["on "]
        if front == back:
            front = back = ""
        return " ".join((*self._on, *(filter(None, (front, back and f"on {back}")))))

    def take(self, parameters: str) -> None:
        """Take the parameters of one sequence."""
        codes = [int(code[:3] or 0) for code in re.split("[;:]", parameters)[:_MOST_PARAMETERS]]
        while codes:
            code = codes.pop(0)
            if code in (38, 48):
                self._colours["" if code == 38 else "on "] = _extended(codes)
            else:
                self._switch(code)

    def _switch(self, code: int) -> None:
        if code == 0:
            self._on.clear()
            self._colours = {"": "", "on ": ""}
        elif code in _ON:
            self._on[_ON[code]] = None
        elif code in _OFF:
            for word in _OFF[code]:
                self._on.pop(word, None)
        else:
            self._colour(code)

    def _colour(self, code: int) -> None:
        for layer, base, bright, default in (("", 30, 90, 39), ("on ", 40, 100, 49)):
            if base <= code < base + 8:
                self._colours[layer] = f"color({code - base})"
            elif bright <= code < bright + 8:
                self._colours[layer] = f"color({code - bright + 8})"
            elif code == default:
                self._colours[layer] = ""


def _extended(codes: list[int]) -> str:
    """Take a palette or RGB colour off the front of the parameters."""
    kind = codes.pop(0) if codes else 0
    if kind == 5 and codes:
        return f"color({min(codes.pop(0), 255)})"
    if kind == 2 and len(codes) >= 3:
        red, green, blue = (min(codes.pop(0), 255) for _ in range(3))
        return f"#{red:02x}{green:02x}{blue:02x}"
    codes.clear()
    return ""
