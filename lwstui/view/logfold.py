"""Rows of a merged log: which lines are shown, and which of them as one. Pure.

The same line of several sources within two seconds is one row, ``w1-w7 ×7``; what one source
says again and again is one row, ``(×4 in 90 s)``. Numbers may differ between sources, but not
in errors, and not in what one source repeats, where only the time of day may.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from lwstui.view.loglines import LogLine
from lwstui.view.logsearch import Search

TOGETHER_S: Final = 2.0
"""Several sources that say the same within this time say it together."""
AGAIN_S: Final = 120.0
"""A source that says the same within this time repeats itself."""
CONTEXT_LINES: Final = 3
"""Lines around a match that are shown with it."""
REACH: Final = 200
"""Rows back to which a line may still be added."""
INSERTED: Final = 500
"""Rows back before which a late line is not inserted."""

_DIGITS: Final = b"0123456789"
_HEX: Final = re.compile(r"0x[0-9a-fA-F]+")
_TIME: Final = re.compile(
    r"\W?(?:\d{4}[-/]\d\d[-/]\d\d(?:T\d\d:\d\d:\d\d[^\s\]]*)?|\d\d-\d\d|\d\d?:\d\d:\d\d(?:[.,]\d+)?)\W?$"
)
_KNOWN: Final = 4096

Mode = str
"""``mark`` shows all lines, ``only`` matches, ``context`` matches and the lines around them."""
MODES: Final[tuple[Mode, ...]] = ("mark", "only", "context")


class LogRow:
    """One row of a log: a line, or several that say the same.

    Attributes:
        line: The first line.
        serial: Known by this number, whatever happens around it.
        order: Number of the line it goes with when old lines are dropped.
        last_at: Time of its last line.
        hits: How many of its lines the search means.
        version: Grows when it changes.
        alone: Whether nothing is added to it any more.
    """

    __slots__ = (
        "_numbers", "_other", "_sources", "alone", "hits", "last_at", "line", "order", "serial",
        "version",
    )  # fmt: skip

    def __init__(self, line: LogLine, serial: int, order: int, hits: int) -> None:
        self.line = line
        self.serial = serial
        self.order = order
        # Most rows are one line: lists for more of them are made when they are needed.
        self._numbers: list[int] | None = None
        self._sources: list[str] | None = None
        self.last_at = line.at
        self.hits = hits
        self.version = 0
        self._other = ""
        self.alone = False

    @property
    def numbers(self) -> Sequence[int]:
        """Numbers of all its lines."""
        return self._numbers or (self.line.number,)

    @property
    def sources(self) -> Sequence[str]:
        """Labels, in order of appearance."""
        return self._sources or (self.line.source,)

    @property
    def differs(self) -> bool:
        """Whether the numbers in its lines differ."""
        return bool(self._other) and not _same_but_for_times(self._other, self.line.shown)

    @property
    def count(self) -> int:
        """Lines it stands for."""
        return len(self._numbers) if self._numbers else 1

    def add(self, line: LogLine, hits: int) -> None:
        """Let it stand for one more line."""
        if line.source not in self.sources:
            self._sources = [*self.sources, line.source]
        if self._numbers is None:
            self._numbers = [self.line.number]
        self._numbers.append(line.number)
        if line.shown != self.line.shown:
            self._other = line.shown
        self.last_at = max(self.last_at, line.at)
        self.hits += hits
        self.version += 1

    @property
    def label(self) -> str:
        """Its source, or its sources and how many they are."""
        if len(self.sources) == 1:
            return self.line.source
        return f"{together(self.sources)} ×{len(self.sources)}"

    @property
    def repeats(self) -> str:
        """How often it was said, if not once by each source, and whether numbers differ."""
        said = []
        if self.count > len(self.sources):
            said.append(f"×{self.count} in {_span(self.last_at - self.line.at)}")
        if self.differs:
            said.append("numbers differ")
        return f"  ({', '.join(said)})" if said else ""

    @property
    def text(self) -> str:
        """The text of the row."""
        return self.line.shown + self.repeats


@dataclass(frozen=True, slots=True)
class Wish:
    """What the operator wants to see of a log.

    Attributes:
        search: What is looked for.
        mode: What is shown of what is found.
        fold: Whether lines that say the same share a row.
        hidden: Sources that are muted.
    """

    search: Search = field(default_factory=Search)
    mode: Mode = "mark"
    fold: bool = True
    hidden: frozenset[str] = frozenset()


class Rows:
    """The rows of a log, oldest first; grows with the lines it is given.

    Args:
        wish: What is to be seen.

    Attributes:
        hits: Lines among them that the search means.
    """

    def __init__(self, wish: Wish | None = None) -> None:
        self.wish = wish or Wish()
        self.rows: list[LogRow] = []
        self.hits = 0
        self._serial = 0
        self._closed = 0
        self._same: dict[tuple[str, object], LogRow] = {}
        self._latest: dict[str, tuple[LogRow, str]] = {}
        self._before: deque[LogLine] = deque(maxlen=CONTEXT_LINES)
        self._after = 0

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.rows)

    def take(self, lines: Iterable[LogLine]) -> tuple[int, int]:
        """Add lines.

        Returns:
            Index of the first row that changed, and how many lines are shown of those given.
        """
        changed, before = len(self.rows), self._serial
        folded = 0
        for line in lines:
            at, joined = self._take(line)
            folded += joined
            changed = min(changed, at)
        return changed, self._serial - before + folded

    def close(self) -> None:
        """Leave the present rows as they are, whatever comes."""
        self._closed = self._serial

    def drop(self, first: int, hole: tuple[int, int] = (0, 0)) -> int:
        """Remove the rows of lines before a number, and of those in a hole further down.

        Returns:
            How many rows went at the start.
        """
        start, stop = hole
        if stop > start:
            a, b = self._place(start), self._place(stop)
            self._forget(self.rows[a:b])
            del self.rows[a:b]
        gone = self._place(first)
        if gone:
            self._forget(self.rows[:gone])
            del self.rows[:gone]
        return gone

    def unfold(self, index: int, lines: Sequence[LogLine]) -> int:
        """Put rows of one line each in the place of a row; return how many they are."""
        row = self.rows[index]
        row.alone = True
        singles = [self._new(line, line.number) for line in lines]
        for single in singles:
            single.alone = True
            single.order = row.order
        self.hits += sum(single.hits for single in singles) - row.hits
        self.rows[index : index + 1] = singles
        return len(singles)

    def index(self, serial: int) -> int:
        """Return where a row is, -1 if it is gone."""
        return next((i for i, row in enumerate(self.rows) if row.serial == serial), -1)

    def _place(self, number: int) -> int:
        low, high = 0, len(self.rows)
        while low < high:
            middle = (low + high) // 2
            if self.rows[middle].order < number:
                low = middle + 1
            else:
                high = middle
        return low

    def _forget(self, rows: Iterable[LogRow]) -> None:
        for row in rows:
            row.alone = True
            self.hits -= row.hits

    # One line.

    def _take(self, line: LogLine) -> tuple[int, int]:
        """Take a line; return where rows changed, and whether it joined a row."""
        wish = self.wish
        if line.source in wish.hidden:
            return len(self.rows), 0
        if line.kind != "line" or not (wish.search.text or wish.mode != "mark"):
            return self._add(line, 0)
        if wish.search.hides(line.shown):
            return len(self.rows), 0
        found = wish.search.finds(line.shown)
        if found or wish.mode == "mark" or not wish.search.includes:
            at = self._flush() if found else len(self.rows)
            self._after = CONTEXT_LINES if found and wish.mode == "context" else 0
            place, joined = self._add(line, int(found))
            return min(at, place), joined
        if wish.mode == "context":
            return self._around(line)
        return len(self.rows), 0

    def _around(self, line: LogLine) -> tuple[int, int]:
        if self._after:
            self._after -= 1
            return self._add(line, 0)
        self._before.append(line)
        return len(self.rows), 0

    def _flush(self) -> int:
        """Show the lines before a match; return where."""
        at = len(self.rows)
        for line in self._before:
            at = min(at, self._add(line, 0)[0])
        self._before.clear()
        return at

    def _add(self, line: LogLine, hits: int) -> tuple[int, int]:
        self.hits += hits
        if line.late:
            return self._insert(line, hits), 0
        if self.wish.fold and line.kind in ("line", "mark"):
            key = _key(line)
            row = self._same.get(key)
            if row is not None and self._joins(row, line):
                return self._join(row, line, hits), 1
            row = self._append(line, hits)
            if len(self._same) >= _KNOWN:
                self._same.clear()
            self._same[key] = row
            self._latest[line.source] = (row, line.shown)
        else:
            self._append(line, hits)
        return len(self.rows) - 1, 0

    def _new(self, line: LogLine, order: int, hits: int | None = None) -> LogRow:
        if hits is None:
            hits = int(line.kind == "line" and self.wish.search.finds(line.shown))
        self._serial += 1
        return LogRow(line, self._serial, order, hits)

    def _append(self, line: LogLine, hits: int) -> LogRow:
        row = self._new(line, line.number, hits)
        self.rows.append(row)
        return row

    def _joins(self, row: LogRow, line: LogLine) -> bool:
        if row.alone or row.serial <= max(self._closed, self._serial - REACH):
            return False
        if line.source not in row.sources:
            return abs(line.at - row.line.at) <= TOGETHER_S
        latest, said = self._latest.get(line.source, (None, ""))
        if latest is not row or line.at - row.last_at > AGAIN_S:
            return False
        return _same_but_for_times(said, line.shown)

    def _join(self, row: LogRow, line: LogLine, hits: int) -> int:
        row.add(line, hits)
        self._latest[line.source] = (row, line.shown)
        rows = self.rows
        return next(at for at in range(len(rows) - 1, -1, -1) if rows[at] is row)

    def _insert(self, line: LogLine, hits: int) -> int:
        """Put a late line where it belongs, as far as rows may still move."""
        rows = self.rows
        at, least = len(rows), max(0, len(rows) - INSERTED)
        while at > least and rows[at - 1].line.at > line.at and rows[at - 1].serial > self._closed:
            at -= 1
        order = rows[at].order if at < len(rows) else line.number
        rows.insert(at, self._new(line, order, hits))
        return at


def _key(line: LogLine) -> tuple[str, object]:
    """Return what lines have in common that may share a row."""
    if line.level == "error" or line.kind == "mark":
        return line.kind, line.shown
    text = line.shown
    if "0x" in text:
        text = _HEX.sub("0x", text)
    return line.level, text.encode().translate(None, _DIGITS)


def _same_but_for_times(one: str, other: str) -> bool:
    """Tell whether two lines of the same words differ in dates and times of day only."""
    if one == other:
        return True
    words, others = one.split(), other.split()
    if len(words) != len(others):
        return False
    for word, instead in zip(words, others, strict=True):
        if word != instead and not (_TIME.match(word) and _TIME.match(instead)):
            return False
    return True


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{max(0, round(seconds))} s"
    return f"{seconds / 60:.0f} min"


def together(labels: Iterable[str]) -> str:
    """Return labels as one: ``w1-w7``, ``w1,2,5``, ``leader,w1-w3``, ``5/w1-w7``, ``0-2/*``."""
    parts = [label.rpartition("/") for label in labels]
    groups = sorted({group for group, _, _ in parts})
    if len(groups) > 1:
        if all(group.isdigit() for group in groups):
            return f"{_runs(sorted(map(int, groups)))}/*"
        return f"{len(groups)} groups"
    names = [name for _, _, name in parts]
    numbers = sorted(int(name[1:]) for name in names if name[:1] == "w" and name[1:].isdigit())
    others = [name for name in names if not (name[:1] == "w" and name[1:].isdigit())]
    ranks = [f"w{_runs(numbers, '-w')}"] if numbers else []
    return (f"{groups[0]}/" if groups[0] else "") + ",".join([*others, *ranks])


def _runs(numbers: Sequence[int], to: str = "-") -> str:
    """Return numbers with runs of them as one: ``1-3,5``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join(f"{run[0]}{to}{run[-1]}" if run[1:] else f"{run[0]}" for run in runs)
