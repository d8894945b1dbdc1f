"""Merged logs as data: ordering by time, a bounded buffer, levels, searching."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from lwstui.view.types import Tone

WINDOW_S: Final = 0.3
"""Lines wait this long for earlier ones of other sources."""
LINE_LIMIT: Final = 20_000
BYTE_LIMIT: Final = 32 * 1024 * 1024
LINE_CHARACTERS: Final = 8 * 1024
HEAD_CHARACTERS: Final = 200
_SLACK: Final = 1.1

_LEVELS: Final = (
    (
        "error",
        re.compile(
            r"\b(?:ERROR|FATAL|CRITICAL|Traceback|PANIC|panic:|CUDA error|NCCL WARN"
            r"|OutOfMemoryError|E\d{4} )"
        ),
    ),
    ("warn", re.compile(r"\b(?:WARN|WARNING|W\d{4} )")),
)
_TONES: Final[dict[str, Tone]] = {"error": "bad", "warn": "warn", "mark": "info", "gap": "warn"}
_REGEX_MARKS: Final = re.compile(r"[|(\[^$]|\.\*")


class Entry(Protocol):
    """One log line as the engine hands it over."""

    @property
    def source(self) -> str:
        """Stable label such as ``leader``, ``w3`` or ``5/w3``."""
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
        """``line``, ``gap``, ``mark`` or ``error``."""
        ...


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the buffer.

    Attributes:
        number: Grows by one per line and is never used again: what follow and cursor hold.
        at: Epoch seconds; of lines without a timestamp, when they arrived.
        source: Label of the source.
        colour: Index of the source, in order of appearance; widgets choose colours by it.
        text: The line, cut at 8 KiB characters with a mark.
        kind: ``line``, ``gap``, ``mark`` or ``error``.
        level: ``error``, ``warn`` or empty, guessed from the head of the line.
        late: Whether it arrived after later lines had been shown.
    """

    number: int
    at: float
    source: str
    colour: int
    text: str
    kind: str = "line"
    level: str = ""
    late: bool = False

    @property
    def tone(self) -> Tone:
        """Tone of the text."""
        if self.kind == "error":
            return "bad"
        return _TONES.get(self.kind if self.kind != "line" else self.level, "")


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """One source of a merged log.

    Attributes:
        label: Its label.
        colour: Its index.
        lines: Lines received from it.
        problem: Why it cannot be read, empty if it can.
    """

    label: str
    colour: int
    lines: int = 0
    problem: str = ""


def level_of(text: str) -> str:
    """Return ``error``, ``warn`` or empty, guessed from the first 200 characters."""
    head = text[:HEAD_CHARACTERS]
    return next((name for name, pattern in _LEVELS if pattern.search(head)), "")


class LogBuffer:
    """A bounded buffer of merged log lines; one writer, and readers on the same thread.

    Lines wait for a short window in which sources may catch up, then are ordered by time.
    Beyond the limits the oldest lines are dropped and counted.

    Args:
        limit: Lines kept.
        byte_limit: Characters kept.
        window_s: Seconds lines wait for others.

    Attributes:
        dropped: Lines dropped so far.
        untimed: Whether any line came without a timestamp: order of arrival is shown then.
    """

    def __init__(
        self,
        limit: int = LINE_LIMIT,
        byte_limit: int = BYTE_LIMIT,
        window_s: float = WINDOW_S,
    ) -> None:
        self._limit = limit
        self._byte_limit = byte_limit
        self._window_s = window_s
        self._lines: list[LogLine] = []
        self._characters = 0
        self._waiting: list[tuple[float, int, float, Entry]] = []
        self._arrived = 0
        self._next = 0
        self._newest = 0.0
        self._sources: dict[str, SourceInfo] = {}
        self.dropped = 0
        self.untimed = False

    @property
    def lines(self) -> Sequence[LogLine]:
        """The lines kept, oldest first; not to be changed, replaced by nothing else."""
        return self._lines

    @property
    def end(self) -> int:
        """Number that the next line will get."""
        return self._next

    @property
    def first(self) -> int:
        """Number of the oldest line kept, or ``end`` if there is none."""
        return self._lines[0].number if self._lines else self._next

    @property
    def sources(self) -> tuple[SourceInfo, ...]:
        """All sources in order of appearance."""
        return tuple(self._sources.values())

    @property
    def waiting(self) -> int:
        """Lines that wait for their window to end."""
        return len(self._waiting)

    def add(self, entries: Iterable[Entry], now: float) -> None:
        """Take entries; they are shown by a later ``settle``."""
        for entry in entries:
            self._arrived += 1
            self._note(entry)
            self._waiting.append((entry.at or now, self._arrived, now, entry))

    def settle(self, now: float) -> int:
        """Show what has waited long enough, ordered by time; return how many lines came."""
        due = now - self._window_s
        ready = [item for item in self._waiting if item[2] <= due]
        if not ready:
            return 0
        self._waiting = [item for item in self._waiting if item[2] > due]
        for at, _, _, entry in sorted(ready, key=lambda item: item[:2]):
            self._show(entry, at)
        self._trim()
        return len(ready)

    def since(self, number: int) -> Sequence[LogLine]:
        """Return the lines kept with this number or a later one."""
        return self._lines[max(0, number - self.first) :]

    def clear(self) -> None:
        """Forget all lines; numbers and sources go on."""
        self._lines, self._characters = [], 0

    def _note(self, entry: Entry) -> None:
        known = self._sources.get(entry.source)
        colour = known.colour if known is not None else len(self._sources)
        lines = (known.lines if known is not None else 0) + (entry.kind == "line")
        problem = entry.text if entry.kind == "error" else ""
        self._sources[entry.source] = SourceInfo(entry.source, colour, lines, problem)
        if entry.kind == "line" and not entry.at:
            self.untimed = True

    def _show(self, entry: Entry, at: float) -> None:
        text = entry.text
        if len(text) > LINE_CHARACTERS:
            text = f"{text[:LINE_CHARACTERS]} … {len(text) - LINE_CHARACTERS:,} more characters cut"
        self._lines.append(
            LogLine(
                number=self._next,
                at=at,
                source=entry.source,
                colour=self._sources[entry.source].colour,
                text=text,
                kind=entry.kind,
                level=level_of(text) if entry.kind == "line" else "",
                late=at < self._newest,
            )
        )
        self._next += 1
        self._newest = max(self._newest, at)
        self._characters += len(text)

    def _trim(self) -> None:
        # In steps, so that a full buffer does not move all lines for each new one.
        if len(self._lines) > self._limit * _SLACK or self._characters > self._byte_limit:
            surplus = max(0, len(self._lines) - self._limit)
            freed = sum(len(line.text) for line in self._lines[:surplus])
            while self._characters - freed > self._byte_limit and surplus < len(self._lines):
                freed += len(self._lines[surplus].text)
                surplus += 1
            del self._lines[:surplus]
            self._characters -= freed
            self.dropped += surplus


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for in a log.

    Attributes:
        text: As typed.
        pattern: None matches everything.
        negate: Whether lines that do not match are meant.
        problem: Why the text is no valid expression; it is then looked for literally.
    """

    text: str = ""
    pattern: re.Pattern[str] | None = None
    negate: bool = False
    problem: str = ""

    def matches(self, line: LogLine) -> bool:
        """Tell whether a line is meant; marks and gaps always are."""
        if self.pattern is None or line.kind != "line":
            return True
        return (self.pattern.search(line.text) is not None) != self.negate

    def spans(self, text: str) -> tuple[tuple[int, int], ...]:
        """Return (start, end) of all matches in a text, for highlighting."""
        if self.pattern is None or self.negate:
            return ()
        return tuple(m.span() for m in self.pattern.finditer(text) if m.end() > m.start())


def search(text: str) -> Search:
    """Return the search a text means: words literally, ``~`` or regex characters as regex.

    A leading ``!`` looks for lines without it. Case is ignored unless the text has capitals.
    """
    negate = text.startswith("!")
    wanted = text[1:] if negate else text
    forced = wanted.startswith("~")
    wanted = wanted.removeprefix("~")
    if not wanted:
        return Search(text)
    flags = re.NOFLAG if any(c.isupper() for c in wanted) else re.IGNORECASE
    if forced or _REGEX_MARKS.search(wanted):
        try:
            return Search(text, re.compile(wanted, flags), negate)
        except re.error as error:
            problem = f"not a regular expression, looked for as it stands: {error}"
            return Search(text, re.compile(re.escape(wanted), flags), negate, problem)
    return Search(text, re.compile(re.escape(wanted), flags), negate)
