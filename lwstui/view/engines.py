"""What engines do, as text: one in words, and those of a set together.

What is missing is not zero, and what follows from several figures is shown only where all of them
are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from controller.api.meta import Key
from controller.api.pods import Pod
from lwstui.state.telemetry import DeviceView, EngineView, Telemetry, freshness
from lwstui.state.trends import generated
from lwstui.telemetry.engines import Fact
from lwstui.view.ages import age
from lwstui.view.telemetry import NO_DATA, Measured, percent_of, power, spark, total
from lwstui.view.types import Line, Span


def engine_lines(
    view: EngineView,
    now: float,
    telemetry: Telemetry,
    devices: Sequence[DeviceView] = (),
    of: int = 0,
) -> tuple[Line, ...]:
    """Return what an engine does, what follows from it, and how that has been.

    Args:
        view: The engine.
        now: Epoch seconds.
        telemetry: Tells how old is too old.
        devices: Devices it works on, as far as they are measured.
        of: How many it works on.
    """
    reading = view.reading
    name = f"{reading.engine} {reading.model}".rstrip()
    how = freshness(reading.at, now, telemetry.period_s)
    since = age(now - reading.at)
    if how == "stale":
        return ((Span(f"{name}   "), Span(f"stale {since}: it does not answer", "warn")),)
    old = "~" if how == "old" else ""
    parts = [
        f"running {old}{_number(reading.running)}",
        f"waiting {old}{_number(reading.waiting)}",
        f"KV {old}{NO_DATA if reading.kv is None else percent_of(reading.kv)}",
        f"{old}{_number(_tokens(view))} tok/s",
        f"TTFT {_latency(view)}",
    ]
    line = (
        Span(f"{name}   "),
        Span("   ".join(parts), "dim" if old else ""),
        Span(f"   {since} ago", "dim"),
    )
    trends = (
        Span("running ", "dim"),
        Span(spark(view.running), "busy"),
        Span("   KV ", "dim"),
        Span(spark(view.kv, 1.0), "busy"),
    )
    unhealthy = reading.healthy is False
    bad: tuple[Line, ...] = ((Span("it says that a part of it is not healthy", "bad"),),)
    watts_drawn = total(devices, power, of, now, telemetry)
    derived = "   ".join(_derived(view, watts_drawn))
    more: tuple[Line, ...] = ((Span(derived, "dim"),),) if derived else ()
    return (line, *more, trends, *(bad if unhealthy else ()))


def _derived(view: EngineView, draw: Measured) -> Iterator[str]:
    """Yield what follows from several figures; nothing where one of them is missing."""
    tokens, rates = _tokens(view), view.rates
    if tokens is not None and draw.of:
        yield f"{_number(tokens / draw.of)} tok/s per GPU"
    if tokens is not None and draw.value and draw.reporting == draw.of and not draw.old:
        yield f"{tokens / draw.value:.2f} tok/J"
    if rates is None:
        return
    queue = rates.quantiles.get(Fact.QUEUE)
    if queue is not None:
        yield f"queue p50 {seconds(queue[0])} p95 {seconds(queue[1])}"
    asked, hit = rates.per_s.get(Fact.CACHE_ASKED), rates.per_s.get(Fact.CACHE_HIT)
    if asked and hit is not None:
        yield f"prefix cache hit {percent_of(min(1.0, hit / asked))}"
    preempted = rates.per_s.get(Fact.PREEMPTED)
    if preempted is not None:
        yield f"{_number(60 * preempted)} preempted/min"


def _tokens(view: EngineView) -> float | None:
    return generated(view.reading, view.rates)


def _number(value: float | None) -> str:
    return NO_DATA if value is None else f"{value:,.0f}"


def _latency(view: EngineView) -> str:
    found = view.rates.quantiles.get(Fact.TTFT) if view.rates is not None else None
    if found is None:
        return f"p50 {NO_DATA} p95 {NO_DATA}"
    return f"p50 {seconds(found[0])} p95 {seconds(found[1])}"


def seconds(amount: float) -> str:
    """Return a latency: ``840ms``, ``2.5s``, ``60s``."""
    if amount < 1:
        return f"{1000 * amount:.0f}ms"
    return f"{amount:.1f}s" if amount < 10 else f"{amount:.0f}s"


@dataclass(frozen=True, slots=True)
class Load:
    """What the engines of a set do together.

    Attributes:
        running: Requests in work, None if no engine tells.
        waiting: Requests that wait, None if no engine tells.
        tokens: Tokens generated per second, None if no engine tells.
        reporting: Engines that report.
        told: Groups whose tokens per second are known.
        old: Some of what it is made of is not quite new.
        worst: Group that waits most, then has the fullest cache; None if none reports.
    """

    running: float | None
    waiting: float | None
    tokens: float | None
    reporting: int
    told: frozenset[int]
    old: bool
    worst: tuple[int, EngineView] | None


def load(leaders: Iterable[Pod], now: float, telemetry: Telemetry) -> Load:
    """Return what the engines of leaders do together; stale ones count nowhere."""
    found: list[tuple[int, EngineView]] = []
    old = False
    for pod in leaders:
        view = telemetry.engines.get(Key(pod.namespace, pod.name))
        how = freshness(view.reading.at, now, telemetry.period_s) if view is not None else "stale"
        if view is not None and how != "stale":
            found.append((pod.group, view))
            old = old or how == "old"
    worst = max(
        found,
        key=lambda item: (item[1].reading.waiting or 0.0, item[1].reading.kv or 0.0),
        default=None,
    )
    return Load(
        _sum(view.reading.running for _, view in found),
        _sum(view.reading.waiting for _, view in found),
        _sum(_tokens(view) for _, view in found),
        len(found),
        frozenset(group for group, view in found if _tokens(view) is not None),
        old,
        worst,
    )


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def load_line(one: Load, groups: int, devices: int = 0) -> Line:
    """Return the engines of a set in one line, with the group that is worst off.

    Args:
        one: What they do together.
        groups: How many engines there should be.
        devices: How many devices those work on whose tokens are told.
    """
    if one.worst is None:
        return ()
    old = "~" if one.old else ""
    group, view = one.worst
    kv = view.reading.kv
    text = (
        f"engines {one.reporting}/{groups}   running {old}{_number(one.running)}   "
        f"waiting {old}{_number(one.waiting)}   {old}{_number(one.tokens)} tok/s"
    )
    worst = (
        f"   worst group {group}: waiting {_number(view.reading.waiting)}, "
        f"KV {NO_DATA if kv is None else percent_of(kv)}, TTFT {_latency(view)}"
    )
    full = kv is not None and kv >= 0.95
    line = (Span(text, "dim" if one.old else ""), Span(worst, "warn" if full else "dim"))
    if one.tokens is None or not devices:
        return line
    return (*line, Span(f"   {old}{_number(one.tokens / devices)} tok/s per GPU", "dim"))
