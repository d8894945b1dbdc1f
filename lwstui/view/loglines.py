"""Lines and sources of a merged log. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from lwstui.kube.sgr import Colours
from lwstui.view.loglevels import LEVEL_TONES
from lwstui.view.types import Tone

_TONES: Final[dict[str, Tone]] = {"mark": "info", "gap": "warn", "error": "bad"}
_NUMBER: Final = re.compile(r"\d+")


class Entry(Protocol):
    """One log line as the engine hands it over."""

    @property
    def source(self) -> str:
        """Stable label such as ``leader``, ``w3`` or ``5/w3``; empty for several."""
        ...

    @property
    def at(self) -> float:
        """Epoch seconds, 0.0 without a timestamp."""
        ...

    @property
    def text(self) -> str:
        """The cleaned line."""
        ...

    @property
    def kind(self) -> str:
        """``line``, ``gap``, ``mark``, ``error`` or ``state``."""
        ...

    @property
    def colours(self) -> Colours:
        """Which characters were coloured, and how."""
        ...


@dataclass(frozen=True, slots=True)
class LogLimits:
    """How much of a log is kept, and what of it counts as an error.

    Attributes:
        single: Lines of a log of one source.
        merged: Lines of a log of several sources.
        size: Characters of all lines together.
        errors: What makes a line an error beside what is known; None for nothing else.
    """

    single: int = 5_000
    merged: int = 20_000
    size: int = 32 * 1024 * 1024
    errors: re.Pattern[str] | None = None


class LogLine(msgspec.Struct, frozen=True, gc=False):
    """One line of the buffer.

    Attributes:
        number: Grows from line to line; lines that are dropped leave gaps.
        at: Epoch seconds; of lines without a timestamp, when they arrived.
        source: Label of the source.
        text: The line as it came.
        shown: The line as it is read: with its level as a word, without the JSON around it.
        kind: ``line``, ``gap``, ``mark`` or ``error``.
        level: ``error``, ``warn``, ``info``, ``debug`` or empty.
        late: Whether it arrived after later lines had been shown.
        colours: Which characters of what is shown were coloured, and how.
    """

    number: int
    at: float
    source: str
    text: str
    shown: str
    kind: str = "line"
    level: str = ""
    late: bool = False
    colours: Colours = ()

    @property
    def tone(self) -> Tone:
        """Tone of the text."""
        return LEVEL_TONES.get(self.level, "") if self.kind == "line" else _TONES[self.kind]

    @property
    def size(self) -> int:
        """Characters held."""
        return len(self.text) + (len(self.shown) if self.shown is not self.text else 0)


class SourceInfo(msgspec.Struct):
    """One source of a merged log.

    Attributes:
        label: Its label.
        lines: Lines received from it.
        errors: Those that are errors.
        state: ``open``, ``ended``, ``listed`` (there are too many to read it) or empty.
        problem: Why it cannot be read, empty if it can.
    """

    label: str
    lines: int = 0
    errors: int = 0
    state: str = ""
    problem: str = ""

    @property
    def colour(self) -> int:
        """Number its colour is chosen by: the same for a rank in every log."""
        return colour_of(self.label)


def colour_of(label: str) -> int:
    """Return the number that a source's colour is chosen by: from group and worker index."""
    return sum(map(int, _NUMBER.findall(label)))


class Rates:
    """How many lines a second each source says, over the last few seconds."""

    def __init__(self, span_s: float = 5.0) -> None:
        self._span_s = span_s
        self._seen: list[tuple[float, dict[str, int]]] = []

    def look(self, now: float, sources: Iterable[SourceInfo]) -> dict[str, float]:
        """Take the counts of now and return lines per second by label."""
        counts = {source.label: source.lines for source in sources}
        if not counts:
            return {}
        self._seen.append((now, counts))
        while len(self._seen) > 2 and self._seen[1][0] <= now - self._span_s:
            self._seen.pop(0)
        began, before = self._seen[0]
        passed = now - began
        if passed <= 0:
            return dict.fromkeys(counts, 0.0)
        return {name: (count - before.get(name, count)) / passed for name, count in counts.items()}
