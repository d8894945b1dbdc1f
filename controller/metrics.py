"""Counters and histograms, and their text in Prometheus' exposition format 0.0.4.

Pure: those who count own their instruments; whoever serves them asks for families and renders.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
# Upper bounds in seconds: those of client-go's work queues, and of controller-runtime's passes.
QUEUE_BUCKETS_S: Final = (1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)
PASS_BUCKETS_S: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)

Labels = tuple[tuple[str, str], ...]


class Histogram:
    """How often a value fell into each of some ranges.

    Args:
        bounds: Upper bounds, ascending; a value equal to a bound falls below it.

    Attributes:
        sum: Of all values.
    """

    def __init__(self, bounds: Sequence[float]) -> None:
        self.sum = 0.0
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(bounds) + 1)

    def observe(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self.sum += value

    @property
    def count(self) -> int:
        """How many values were observed."""
        return sum(self._counts)

    def quantile(self, share: float) -> float | None:
        """Return the bound that a share of the values is at or below, None without values.

        Values beyond the last bound count as the last bound.
        """
        total = self.count
        if not total:
            return None
        wanted = share * total
        return next(
            (le for le, seen in self.cumulated() if seen >= wanted and le < float("inf")),
            self._bounds[-1],
        )

    def cumulated(self) -> Iterator[tuple[float, int]]:
        """Yield (upper bound, values at or below it), ending with infinity."""
        return zip((*self._bounds, float("inf")), accumulate(self._counts), strict=True)


@dataclass(frozen=True, slots=True)
class Sample:
    """One line: ``suffix`` is appended to the family's name."""

    value: float
    labels: Labels = ()
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """All series of one name.

    Attributes:
        name: Metric name, ending in ``_total`` for counters.
        kind: ``counter``, ``gauge`` or ``histogram``.
        help: One line.
        samples: The series; a family without any is left out of the text.
    """

    name: str
    kind: str
    help: str
    samples: tuple[Sample, ...]


def gauge(name: str, help_: str, value: float, /, **labels: str) -> Family:
    """Return a gauge with one series."""
    return Family(name, "gauge", help_, (Sample(value, tuple(labels.items())),))


def gauges(
    name: str, help_: str, label_names: Sequence[str], values: Mapping[tuple[str, ...], float]
) -> Family:
    """Return a gauge with a series for each combination of label values."""
    return Family(name, "gauge", help_, _samples(label_names, values))


def counter(name: str, help_: str, value: float, /, **labels: str) -> Family:
    """Return a counter with one series."""
    return Family(name, "counter", help_, (Sample(value, tuple(labels.items())),))


def counters(
    name: str, help_: str, label_names: Sequence[str], values: Mapping[tuple[str, ...], float]
) -> Family:
    """Return a counter with a series for each combination of label values."""
    return Family(name, "counter", help_, _samples(label_names, values))


def histogram(name: str, help_: str, values: Histogram, /, **labels: str) -> Family:
    """Return a histogram with one set of labels."""
    base = tuple(labels.items())
    buckets = [
        Sample(count, (*base, ("le", _number(bound))), "_bucket")
        for bound, count in values.cumulated()
    ]
    totals = (Sample(values.sum, base, "_sum"), Sample(values.count, base, "_count"))
    return Family(name, "histogram", help_, (*buckets, *totals))


def render(families: Iterable[Family]) -> str:
    """Return families as text, each preceded by its help and type."""
    return "".join(line + "\n" for family in families for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    if not family.samples:
        return
    yield f"# HELP {family.name} {_escaped(family.help)}"
    yield f"# TYPE {family.name} {family.kind}"
    for sample in family.samples:
        pairs = ",".join(f'{name}="{_quoted(value)}"' for name, value in sample.labels)
        braces = f"{{{pairs}}}" if pairs else ""
        yield f"{family.name}{sample.suffix}{braces} {_number(sample.value)}"


def _samples(
    label_names: Sequence[str], values: Mapping[tuple[str, ...], float]
) -> tuple[Sample, ...]:
    return tuple(
        Sample(value, tuple(zip(label_names, labels, strict=True)))
        for labels, value in sorted(values.items())
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', '\\"')


def _number(value: float) -> str:
    if value == float("inf"):
        return "+Inf"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))
