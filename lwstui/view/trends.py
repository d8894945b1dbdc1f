"""The last hour of a set, or of all of them, as sparklines with what is true now before them.

What another source than this console remembers stands in front, dimmed, and is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import isnan, nan
from typing import Final

from controller.api.meta import Key
from lwstui.state.deaths import Death
from lwstui.state.model import Snapshot
from lwstui.state.trends import MINUTES, NO_TRACK, NO_TRENDS, STEP_S, Track, Trends, until_now
from lwstui.view.ages import clock
from lwstui.view.telemetry import NO_DATA, percent_of, spark
from lwstui.view.types import Line, Span

LEAST_POINTS: Final = 2
"""Minutes that make a trend."""
LABEL: Final = 9
Fold = Callable[[Sequence[float]], float]


@dataclass(frozen=True, slots=True)
class Trend:
    """One sparkline.

    Attributes:
        label: What it is of.
        now: The newest value, in words.
        told: Minutes from elsewhere, oldest first.
        own: Minutes that this console saw, after those.
        most: Value of a full bar; the largest if None.
        fold: Makes one of the values of several minutes.
    """

    label: str
    now: str
    told: tuple[float, ...]
    own: tuple[float, ...]
    most: float | None
    fold: Fold

    def spans(self, cells: int) -> Line:
        """Return the sparkline in at most so many cells."""
        minutes = -(-MINUTES // cells)
        values = squeezed((*self.told, *self.own), minutes, self.fold)
        most = self.most
        if most is None:
            most = max((value for value in values if not isnan(value)), default=0.0)
        text = spark(values, most, cells)
        elsewhere = len(text) + len(self.own) // -minutes
        parts = (Span(text[:elsewhere], "dim"), Span(text[elsewhere:], "busy"))
        return tuple(span for span in parts if span.text)


def squeezed(values: Sequence[float], size: int, fold: Fold) -> tuple[float, ...]:
    """Return one value for each so many, counted from the end; gaps do not count as anything."""
    ends = range(len(values), 0, -size)
    parts = ([v for v in values[max(0, end - size) : end] if not isnan(v)] for end in ends)
    return tuple(fold(part) if part else nan for part in parts)[::-1]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def trends_of(
    snapshot: Snapshot, key: Key, groups: int, now: float, *, ready: int | None = None
) -> tuple[Trend, ...]:
    """Return the trends of a set, as far as there is anything to show.

    Args:
        snapshot: What is known.
        key: The set.
        groups: Groups that it should have.
        now: Epoch seconds.
        ready: Groups that are ready at present; the fewest of the last minute if not given.
    """
    telemetry = snapshot.telemetry
    own, past = telemetry.trends.get(key, NO_TRENDS), telemetry.past.get(key, NO_TRENDS)
    mine = (one for one in snapshot.deaths if one.set_key == key)
    return (*_measured(own, past, now, groups, ready), *_ends(mine, now))


def trends_of_all(snapshot: Snapshot, now: float, *, ready: int | None = None) -> tuple[Trend, ...]:
    """Return the trends of all sets together; see ``trends_of``."""
    whole = snapshot.telemetry.whole
    return (*_measured(whole, NO_TRENDS, now, 0, ready), *_ends(snapshot.deaths, now))


def _measured(
    own: Trends, past: Trends, now: float, groups: int, ready: int | None
) -> Iterator[Trend]:
    shape = (_whole, float(groups) or None, min)
    for one in _trend("ready", own.ready, past.ready, now, shape):
        yield one if ready is None else replace(one, now=_whole(ready))
    yield from _trend("util", own.util, past.util, now, (percent_of, 1.0, _mean))
    yield from _trend("tok/s", own.tokens, NO_TRACK, now, (_whole, None, _mean))


def _trend(
    label: str,
    own: Track,
    past: Track,
    now: float,
    shape: tuple[Callable[[float], str], float | None, Fold],
) -> Iterator[Trend]:
    values, told = until_now(own, now, past)
    if len(values) < LEAST_POINTS:
        return
    form, most, fold = shape
    newest = next((value for value in reversed(values[-LEAST_POINTS:]) if not isnan(value)), nan)
    text = NO_DATA if isnan(newest) else form(newest)
    yield Trend(label, text, values[:told], values[told:], most, fold)


def _ends(deaths: Iterable[Death], now: float) -> Iterator[Trend]:
    """Yield how many containers ended in each minute; none without any in the hour."""
    start = int(now // STEP_S) - MINUTES + 1
    counts = [0.0] * MINUTES
    for death in deaths:
        at = int(death.at // STEP_S) - start
        if 0 <= at < MINUTES:
            counts[at] += 1.0
    if any(counts):
        yield Trend("exits", _whole(sum(counts)), (), tuple(counts), None, sum)


def _whole(value: float) -> str:
    return f"{value:,.0f}"


def trend_line(trends: Sequence[Trend], now: float, cells: int) -> Line:
    """Return trends in one line, empty without any.

    Args:
        trends: What to show.
        now: Epoch seconds.
        cells: Cells of the line.
    """
    if not trends:
        return ()
    source = _source(trends, now)
    words = sum(len(one.label) + len(one.now) + 5 for one in trends) + len("last hour")
    room = max(6, (cells - words - len(source)) // len(trends))
    spans = [Span("last hour", "dim")]
    for one in trends:
        spans += [
            Span(f"   {one.label} ", "dim"),
            Span(f"{one.now} "),
            *one.spans(min(room, MINUTES)),
        ]
    return (*spans, Span(source, "dim")) if source else tuple(spans)


def trend_lines(trends: Sequence[Trend], now: float, cells: int) -> Iterator[Line]:
    """Yield one line for each trend, and one that names another source."""
    for one in trends:
        room = max(6, cells - LABEL - 1 - len(one.now) - 1)
        spans = one.spans(min(room, MINUTES))
        yield (Span(f"{one.label:<{LABEL}} ", "dim"), *spans, Span(f" {one.now}"))
    source = _source(trends, now)
    if source:
        yield (Span(source.strip(), "dim"),)


def _source(trends: Iterable[Trend], now: float) -> str:
    own = [len(one.own) for one in trends if one.told]
    if not own:
        return ""
    since = (int(now // STEP_S) - max(own) + 1) * STEP_S
    return f"   before {clock(since)[:5]} from Prometheus"
