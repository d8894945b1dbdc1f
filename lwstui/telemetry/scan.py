"""Reading the text that exporters and engines answer: names, labels, values, nothing more.

A line scanner and not a parser: one that builds every family with its help and type costs six to
twenty-five times as much, and nothing here depends on a type. Of what is not asked for only the
name is looked at. The format is that of Prometheus' text exposition, OpenMetrics' exemplars and
end mark included.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec

MOST_BYTES: Final = 8 * 2**20
MOST_LINES: Final = 200_000
_LABEL: Final = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*,?')
_NAME_END: Final = re.compile(r"[{\s]")
_EXEMPLAR: Final = " # {"
_ESCAPES: Final = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}
_ESCAPE: Final = re.compile(r'\\[\\"n]')


Labels = tuple[tuple[str, str], ...]
"""(name, value) pairs in the order they came."""


class Sample(msgspec.Struct, frozen=True, gc=False):
    """One series and its value.

    Attributes:
        name: Metric name as it was written.
        labels: Its labels; within one scan equal ones are the same object.
        value: May be infinite, never a NaN.
        at: The sample's own time in epoch seconds, or None, which is usual.
    """

    name: str
    labels: Labels
    value: float
    at: float | None = None

    def label(self, *names: str) -> str:
        """Return the value of the first of some labels that is there, empty if none is."""
        return next((value for name in names for key, value in self.labels if key == name), "")


class Scan(msgspec.Struct, frozen=True):
    """What a text holds.

    Attributes:
        samples: One per series, the last where one came twice.
        malformed: Lines that could not be read.
        cut: Whether the text was longer than what is read.
    """

    samples: tuple[Sample, ...] = ()
    malformed: int = 0
    cut: bool = False


def scan(text: str, wanted: Callable[[str], bool]) -> Scan:
    """Read a text of metrics.

    Args:
        text: At most ``MOST_BYTES`` characters and ``MOST_LINES`` lines of it are read.
        wanted: Tells which metric names to keep; asked once per name.
    """
    cut = len(text) > MOST_BYTES
    lines = text[:MOST_BYTES].split("\n")
    if cut:
        lines.pop()  # half a line is a wrong value
    cut = cut or len(lines) > MOST_LINES
    found: dict[tuple[str, int], Sample] = {}
    known: dict[str, bool] = {}
    labels = _LabelCache()
    malformed = 0
    for line in lines[:MOST_LINES]:
        if line[:1].isspace():
            line = line.lstrip()  # noqa: PLW2901 - indented lines are rare, others are not copied
        if not line or line[0] == "#":
            continue
        end = _NAME_END.search(line)
        name = line[: end.start()] if end else line.strip()
        keep = known.get(name)
        if keep is None:
            keep = known[name] = wanted(name)
        if not keep:
            continue
        sample = _sample(name, line[end.start() :], labels) if end and name else None
        if sample is None:
            malformed += 1
        elif not math.isnan(sample.value):
            found[name, id(sample.labels)] = sample
    return Scan(tuple(found.values()), malformed, cut)


class _LabelCache:
    """Label sets by their text: a device writes the same one behind each of its metrics.

    Equal sets are one object, so that they can be told apart by identity.
    """

    def __init__(self) -> None:
        self._by_text: dict[str, Labels | None] = {}
        self._equal: dict[Labels, Labels] = {(): ()}

    def get(self, text: str) -> Labels | None:
        """Return the labels in a text from brace to brace, None if it is not one."""
        if text not in self._by_text:
            parsed = _labels(text)
            self._by_text[text] = self._equal.setdefault(parsed, parsed) if parsed else parsed
        return self._by_text[text]


def _sample(name: str, rest: str, cache: _LabelCache) -> Sample | None:
    """Return the series behind a name, None if it cannot be read."""
    labels: Labels = ()
    rest = rest.lstrip()
    if rest.startswith("{"):
        close = rest.rfind("}", 0, _exemplar(rest)) + 1
        parsed = cache.get(rest[:close])
        if parsed is None:
            return None
        labels, rest = parsed, rest[close:]
    words = rest.partition(_EXEMPLAR)[0].split()
    if not 1 <= len(words) <= 2:
        return None
    try:
        return Sample(name, labels, float(words[0]), _time(words[1:]))
    except ValueError:
        return None


def _exemplar(text: str) -> int:
    """Return where an exemplar begins, else the end; a label's value may look like one."""
    at = text.find("} ") if _EXEMPLAR in text else -1
    while at >= 0 and _labels(text[: at + 1]) is None:
        at = text.find("} ", at + 1)
    found = text.find(_EXEMPLAR, at) if at >= 0 else -1
    return found if found >= 0 else len(text)


def _labels(text: str) -> Labels | None:
    """Return the labels in a text from brace to brace; their values may hold braces."""
    pairs: list[tuple[str, str]] = []
    at = 1
    while (found := _LABEL.match(text, at)) is not None:
        name, value = found.groups()
        pairs.append((name, _ESCAPE.sub(_unescape, value) if "\\" in value else value))
        at = found.end()
    return tuple(pairs) if text[at:].strip() == "}" else None


def _unescape(found: re.Match[str]) -> str:
    return _ESCAPES[found[0]]


def _time(words: Iterable[str]) -> float | None:
    """Return a sample's time: milliseconds, or seconds with a fraction as OpenMetrics has them."""
    for word in words:
        value = float(word)
        return value / 1000 if value > 1e11 else value
    return None


def by_name(samples: Iterable[Sample]) -> Mapping[str, tuple[Sample, ...]]:
    """Return samples by their metric name."""
    found: dict[str, list[Sample]] = {}
    for sample in samples:
        found.setdefault(sample.name, []).append(sample)
    return {name: tuple(group) for name, group in found.items()}
