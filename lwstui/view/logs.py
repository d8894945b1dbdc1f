"""Merged logs as data: ordering by time, a bounded buffer, who says how much. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Final

import msgspec

from lwstui.view.loglevels import shown
from lwstui.view.loglines import Entry, LogLimits, LogLine, SourceInfo

WINDOW_S: Final = 0.3
"""Lines wait this long for earlier ones of other sources."""
LONGEST_WINDOW_S: Final = 2.0
"""Lines wait this long at most when a source is known to be late."""
RESORTED_LINES: Final = 50
"""So many late lines at once are history that a source brings along: all is sorted anew."""
BUCKET_S: Final = 30.0
BUCKETS: Final = 30
_PATIENCE_S: Final = 30.0
_LEFT: Final = 0.95
_at: Final[Callable[[Entry], float]] = attrgetter("at")


class LogBuffer:
    """A bounded buffer of merged log lines; one writer, and readers on the same thread.

    Lines wait for a short window in which sources may catch up, then are ordered by time.
    Beyond the limits the oldest lines are dropped and counted. While a reader holds the buffer,
    lines that are there stay, and the oldest of those that came since are dropped instead.

    Args:
        limits: What is kept.
        window_s: Seconds lines wait for others.

    Attributes:
        dropped: Lines dropped so far.
        untimed: Whether any line came without a timestamp: order of arrival is shown then.
        epoch: Grows when all lines were sorted anew.
    """

    def __init__(self, limits: LogLimits | None = None, window_s: float = WINDOW_S) -> None:
        self.limits = limits or LogLimits()
        self._least_window_s = self._window_s = window_s
        self._lines: list[LogLine] = []
        self._size = 0
        self._waiting: list[tuple[float, list[Entry]]] = []
        self._due: list[Entry] = []
        self._next = 0
        self._newest = 0.0
        self._late_at = self._sorted_at = float("-inf")
        self._held: int | None = None
        self._sources: dict[str, SourceInfo] = {}
        self._buckets: dict[int, list[int]] = {}
        self.dropped = 0
        self.untimed = False
        self.epoch = 0

    @property
    def lines(self) -> Sequence[LogLine]:
        """The lines kept, oldest first; not to be changed."""
        return self._lines

    @property
    def limit(self) -> int:
        """Lines kept."""
        return self.limits.single if len(self._sources) < 2 else self.limits.merged

    @property
    def end(self) -> int:
        """Number that the next line will get."""
        return self._next

    @property
    def first(self) -> int:
        """Number of the oldest line kept, or ``end`` if there is none."""
        return self._lines[0].number if self._lines else self._next

    @property
    def hole(self) -> tuple[int, int]:
        """First and last-plus-one number of what was dropped while the buffer was held."""
        if self._held is None:
            return (0, 0)
        after = self._index(self._held)
        stop = self._lines[after].number if after < len(self._lines) else self._next
        return (self._held, stop)

    @property
    def sources(self) -> tuple[SourceInfo, ...]:
        """All sources in order of appearance."""
        return tuple(self._sources.values())

    @property
    def waiting(self) -> int:
        """Lines that are not shown yet."""
        return len(self._due) + sum(len(batch) for _, batch in self._waiting)

    @property
    def window_s(self) -> float:
        """Seconds lines wait for others at present."""
        return self._window_s

    def buckets(self, now: float) -> tuple[tuple[int, int], ...]:
        """Return lines and errors of the last quarter of an hour, per half minute."""
        last = int(now // BUCKET_S)
        return tuple(
            (one[0], one[1])
            for number in range(last - BUCKETS + 1, last + 1)
            for one in (self._buckets.get(number, (0, 0)),)
        )

    def add(self, entries: Iterable[Entry], now: float) -> None:
        """Take entries; they are shown by a later ``settle``."""
        batch = self._since_anew(list(entries))
        if any(entry.kind in {"state", "error"} for entry in batch):
            for entry in batch:
                self._note(entry)
            batch = [entry for entry in batch if entry.kind != "state"]
        if batch:
            self._waiting.append((now, batch))

    def _since_anew(self, batch: list[Entry]) -> list[Entry]:
        """Forget everything where a log begins anew; return what came since."""
        begins = [at for at, entry in enumerate(batch) if entry.kind == "anew"]
        if not begins:
            return batch
        self.clear()
        self._waiting, self._due, self._newest, self._held = [], [], 0.0, None
        self.epoch += 1
        return batch[begins[-1] + 1 :]

    def missed(self, count: int) -> None:
        """Count lines that were dropped before they got here."""
        self.dropped += count

    def settle(self, now: float, most: int | None = None) -> int:
        """Show what has waited long enough, ordered by time.

        Args:
            now: Epoch seconds.
            most: Lines shown at once; the others are ``due`` next time, as far as the buffer
                could hold them all.

        Returns:
            How many lines came.
        """
        self._collect(now)
        if not self._due:
            return 0
        entries = self._due if most is None else self._due[:most]
        late = self._lateness(entries, now)
        if late >= RESORTED_LINES and self._held is None and now - self._sorted_at > 1.0:
            entries = self._due
            self._sort_in(entries, now)
        else:
            for entry in entries:
                self._show(entry)
        self._due = self._due[len(entries) :]
        self._trim()
        return len(entries)

    @property
    def due(self) -> int:
        """Lines that have waited long enough and are not shown yet."""
        return len(self._due)

    def _collect(self, now: float) -> None:
        """Put what has waited long enough in order; of more than can be kept, drop the oldest."""
        due = now - self._window_s
        ready = [(at, batch) for at, batch in self._waiting if at <= due]
        if not ready:
            return
        self._waiting = self._waiting[len(ready) :]
        self._due += [entry for arrived, batch in ready for entry in self._timed(batch, arrived)]
        self._due.sort(key=_at)
        surplus = len(self._due) - self.limits.merged
        if surplus > 0:
            for entry in self._due[:surplus]:
                if entry.kind == "line":
                    self._source(entry.source).lines += 1
            del self._due[:surplus]
            self.dropped += surplus

    def since(self, number: int) -> Sequence[LogLine]:
        """Return the lines kept with this number or a later one."""
        return self._lines[self._index(number) :]

    def find(self, numbers: Iterable[int]) -> list[LogLine]:
        """Return the lines of these numbers that are still kept."""
        found = []
        for number in numbers:
            index = self._index(number)
            if index < len(self._lines) and self._lines[index].number == number:
                found.append(self._lines[index])
        return found

    def mark(self, text: str, now: float) -> None:
        """Add a line of the operator's own."""
        self._append(LogLine(self._next, now, "", text, text, "mark"))

    def hold(self, held: bool) -> None:
        """Keep the lines that are there whatever comes, or go on as usual."""
        if held:
            self._held = self._next if self._held is None else self._held
        elif self._held is not None:
            self._held = None
            self._trim()

    def clear(self) -> None:
        """Forget all lines; numbers and sources go on."""
        self._lines, self._size = [], 0

    # Lines.

    def _index(self, number: int) -> int:
        return bisect_left(self._lines, number, key=lambda line: line.number)

    def _note(self, entry: Entry) -> None:
        source = self._source(entry.source)
        if entry.kind == "state":
            source.state = entry.text
            source.problem = "" if entry.text == "open" else source.problem
        elif entry.kind == "error":
            source.problem = entry.text

    def _source(self, label: str) -> SourceInfo:
        source = self._sources.get(label)
        if source is None:
            source = SourceInfo(label)
            if label:
                self._sources[label] = source
        return source

    def _timed(self, batch: list[Entry], arrived: float) -> list[Entry]:
        """Return entries that all have a time: those without get that of their arrival."""
        if all(entry.at for entry in batch):
            return batch
        self.untimed = self.untimed or any(not e.at and e.kind == "line" for e in batch)
        return [entry if entry.at else _Timed(entry, arrived) for entry in batch]

    def _lateness(self, entries: list[Entry], now: float) -> int:
        """Count the late entries, and wait longer for a while if there are any."""
        late = bisect_left(entries, self._newest, key=_at)
        if late:
            behind = self._newest - entries[0].at
            wanted = min(LONGEST_WINDOW_S, self._window_s + behind * 1.2)
            self._window_s = max(self._window_s, wanted if self._least_window_s else 0.0)
            self._late_at = now
        elif now - self._late_at > _PATIENCE_S:
            self._window_s = self._least_window_s
        return late

    def _show(self, entry: Entry) -> None:
        self._append(self._line(entry, self._next, late=entry.at < self._newest))
        self._newest = max(self._newest, entry.at)

    def _append(self, line: LogLine) -> None:
        self._lines.append(line)
        self._next += 1
        self._size += line.size

    def _line(self, entry: Entry, number: int, *, late: bool) -> LogLine:
        text, at, label = entry.text, entry.at, entry.source
        if entry.kind != "line":
            if label:
                self._source(label)
            return LogLine(number, at, label, text, text, entry.kind, "", late)
        level, read, moved = shown(text, self.limits.errors)
        source = self._source(label)
        source.lines += 1
        bucket = self._bucket(at)
        bucket[0] += 1
        if level == "error":
            source.errors += 1
            bucket[1] += 1
        colours = entry.colours
        if colours and moved:
            colours = () if moved < 0 else tuple((a + moved, b + moved, c) for a, b, c in colours)
        return LogLine(number, at, label, text, read, "line", level, late, colours)

    def _bucket(self, at: float) -> list[int]:
        number = int(at // BUCKET_S)
        bucket = self._buckets.get(number)
        if bucket is None:
            bucket = self._buckets[number] = [0, 0]
            for old in sorted(self._buckets)[: -4 * BUCKETS]:
                del self._buckets[old]
        return bucket

    def _sort_in(self, entries: list[Entry], now: float) -> None:
        """Sort new and old lines together: a source has brought its history along."""
        self._sorted_at = now
        start = self.first
        fresh = [self._line(entry, 0, late=False) for entry in entries]
        both = sorted([*self._lines, *fresh], key=_at)
        self._lines = [
            msgspec.structs.replace(line, number=start + index) for index, line in enumerate(both)
        ]
        self._size += sum(line.size for line in fresh)
        self._next = start + len(both)
        self._newest = max(self._newest, both[-1].at)
        self.epoch += 1

    def _trim(self) -> None:
        # In steps, so that a full buffer does not move all lines for each new one.
        start = 0 if self._held is None else self._index(self._held)
        count = len(self._lines) - start
        if count <= self.limit and self._size <= self.limits.size:
            return
        surplus = count - int(self.limit * _LEFT) if count > self.limit else 0
        freed = sum(line.size for line in self._lines[start : start + surplus])
        while self._size - freed > self.limits.size and surplus < count:
            freed += self._lines[start + surplus].size
            surplus += 1
        del self._lines[start : start + surplus]
        self._size -= freed
        self.dropped += surplus


class _Timed:
    """An entry that came without a timestamp."""

    def __init__(self, entry: Entry, at: float) -> None:
        self.source, self.at, self.text = entry.source, at, entry.text
        self.kind, self.colours = entry.kind, entry.colours
