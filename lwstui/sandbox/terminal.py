"""A terminal in cooked mode: keys in, echo and whole lines out. Pure."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

_INTERRUPT, _END, _KILL, _ERASE_WORD = "\x03", "\x04", "\x15", "\x17"
_ERASE = "\x7f\b"
_ESCAPE = "\x1b"
_RUBOUT = "\b \b"


class Key(Enum):
    """A key that is no text."""

    INTERRUPT = "interrupt"
    END = "end of input"


@dataclass(frozen=True, slots=True)
class Typed:
    """What a key has done: what to show, and the line or the key that is for the program."""

    echo: str
    line: str | Key | None = None


class Terminal:
    """The line that is being typed."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._line = ""
        self._escape = ""

    def feed(self, data: bytes) -> Iterator[Typed]:
        """Take bytes from the keyboard and yield what comes of each key."""
        for key in self._decoder.decode(data):
            if self._escape or key == _ESCAPE:
                self._skip(key)
            else:
                yield self._press(key)

    def _skip(self, key: str) -> None:
        """Pass over an escape sequence, such as an arrow key's."""
        self._escape += key
        if len(self._escape) > 1 and (key.isalpha() or key == "~") and key not in "[O":
            self._escape = ""

    def _press(self, key: str) -> Typed:
        if key in "\r\n":
            line, self._line = self._line, ""
            return Typed("\r\n", f"{line}\n")
        if key == _INTERRUPT:
            self._line = ""
            return Typed("^C", Key.INTERRUPT)
        if key == _END:
            return Typed("", None if self._line else Key.END)
        if key in _ERASE or key in (_KILL, _ERASE_WORD):
            return self._erase(key)
        if key < " " and key != "\t":
            return Typed("")
        self._line += key
        return Typed(key)

    def _erase(self, key: str) -> Typed:
        kept = self._line[:-1]
        if key == _KILL:
            kept = ""
        elif key == _ERASE_WORD:
            kept = self._line.rstrip()
            kept = kept[: kept.rfind(" ") + 1]
        erased = len(self._line) - len(kept)
        self._line = kept
        return Typed(_RUBOUT * erased)


def shown(text: str) -> str:
    """Return printed text as a terminal in raw mode needs it."""
    return text.replace("\r\n", "\n").replace("\n", "\r\n")
