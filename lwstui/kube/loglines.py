"""Lines of container logs: cutting bytes into lines, timestamps, where a reader stands."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from controller.api.meta import parse_time
from lwstui.kube.sgr import Colours, coloured

LONGEST_LINE: Final = 8192
_DATE: Final = len("2026-01-02T03:04:05")


class LogLine(NamedTuple):
    """One line: epoch seconds (0.0 without a timestamp), cleaned text, the colours it had."""

    at: float
    text: str
    colours: Colours = ()


def parse_line(raw: str, longest: int = LONGEST_LINE, lost: int = 0) -> LogLine:
    """Return a line of a log that was asked for with timestamps.

    Of a line that overwrites itself by carriage returns, such as a progress bar, the last state
    is kept.

    Args:
        raw: The line as it came.
        longest: Characters kept; a line that is cut says by how much.
        lost: Bytes of the line that were not even read.
    """
    stamp, blank, text = raw.partition(" ")
    at = stamp_of(stamp) if blank else None
    if at is None:
        text = raw
    if "\r" in text:
        text = text.rstrip("\r").rpartition("\r")[2]
    if "\t" in text:
        text = text.replace("\t", "    ")
    body, colours = coloured(text)
    if lost or len(body) > longest:
        body, colours = _cut(body, colours, longest, lost)
    return LogLine(at or 0.0, body, colours)


def _cut(body: str, colours: Colours, longest: int, lost: int) -> tuple[str, Colours]:
    surplus = max(0, len(body) - longest) + lost
    kept = tuple((start, min(end, longest), how) for start, end, how in colours if start < longest)
    return f"{body[:longest]} … (cut, {surplus:,} more)", kept


def stamp_of(text: str) -> float | None:
    """Return the kubelet's timestamp as epoch seconds, None if it is none."""
    if not text.endswith("Z"):
        return parse_time(text)
    second = _second(text[:_DATE])
    if second is None:
        return None
    try:
        return second + float(text[_DATE:-1] or 0)
    except ValueError:
        return None


@lru_cache(256)
def _second(text: str) -> float | None:
    """Return the epoch second of a date; lines of one second share it."""
    return parse_time(f"{text}Z")


class LineCutter:
    """Cuts bytes into lines; of a line that does not end, not more is kept than is shown."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        # A character takes four bytes at most.
        self._room = 4 * longest
        self._begun = b""
        self._lost = 0

    def take(self, data: bytes) -> list[LogLine]:
        """Return the lines that end in these bytes."""
        head, newline, tail = data.rpartition(b"\n")
        if not newline:
            self._keep(data)
            return []
        first, *others = head.split(b"\n")
        self._keep(first)
        lines = self.end()
        if others:
            text = b"\n".join(others).decode("utf-8", "replace")
            lines += [parse_line(line, self._longest) for line in text.split("\n")]
        self._keep(tail)
        return lines

    def end(self) -> list[LogLine]:
        """Return the line that has begun, empty ones included only when something came."""
        begun, lost, self._begun, self._lost = self._begun, self._lost, b"", 0
        return [parse_line(begun.decode("utf-8", "replace"), self._longest, lost)] if begun else []

    def _keep(self, data: bytes) -> None:
        room = self._room - len(self._begun)
        self._begun += data[:room]
        self._lost += max(0, len(data) - room)


class Position:
    """Where a reader of one log stands, so that a reopened stream repeats nothing.

    The server counts in whole seconds: what was seen in the last one comes again.

    Attributes:
        at: Time of the newest line, 0.0 before the first.
    """

    def __init__(self) -> None:
        self.at = 0.0
        self._at_last: list[str] = []
        self._repeated: list[str] | None = None

    def reopened(self) -> None:
        """Say that the next lines may have been seen before."""
        self._repeated = list(self._at_last) if self.at else None

    def unseen(self, batch: Sequence[LogLine]) -> Sequence[LogLine]:
        """Return the lines that have not been seen, and remember them."""
        fresh = batch if self._repeated is None else self._fresh(batch, self._repeated)
        if fresh:
            self._remember(fresh)
        return fresh

    def _fresh(self, batch: Sequence[LogLine], repeated: list[str]) -> list[LogLine]:
        fresh: list[LogLine] = []
        for line in batch:
            if line.at == self.at and line.text in repeated:
                repeated.remove(line.text)
            elif not line.at or line.at >= self.at:
                fresh.append(line)
        if fresh and fresh[-1].at > self.at:
            self._repeated = None
        return fresh

    def _remember(self, fresh: Sequence[LogLine]) -> None:
        newest = fresh[-1].at
        if newest < self.at:
            return
        same: list[str] = []
        for line in reversed(fresh):
            if line.at != newest:
                break
            same.append(line.text)
        self._at_last = self._at_last + same if newest == self.at else same
        self.at = newest
