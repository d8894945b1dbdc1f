"""Where each figure of a pod comes from: who told it, in which metric, and how long ago."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from controller.api.pods import Pod
from lwstui.kube.clean import clean_line
from lwstui.state.telemetry import DeviceView, EngineView, Telemetry, freshness
from lwstui.telemetry.engines import EngineReading, Fact
from lwstui.telemetry.quantities import Quantity
from lwstui.telemetry.usage import GROUP
from lwstui.view.ages import age, bytes_
from lwstui.view.telemetry import NO_DATA, percent_of
from lwstui.view.types import Line, Span
from lwstui.view.usage import cores

_NAME, _VALUE = 28, 30
_SHARES: Final = frozenset({Quantity.UTIL, Quantity.ENGINE, Quantity.TENSOR, Quantity.DRAM})
_NOT_KEPT: Final = "metric not kept"
Row = tuple[str, str, str]
"""What, how much, and the metric that tells it."""


def figures(pod: Pod, telemetry: Telemetry, now: float) -> tuple[Line, ...]:
    """Return every figure that is known of a pod, its devices and its engine; none without any.

    Args:
        pod: The pod.
        telemetry: What is measured.
        now: Epoch seconds.
    """
    lines: list[Line] = []
    for view in telemetry.by_pod.get(pod.key, ()):
        lines += _device(view, telemetry, now)
    engine = telemetry.engines.get(pod.key)
    if engine is not None:
        lines += _engine(engine, str(pod.key), telemetry, now)
    used = telemetry.pod_usage.get(pod.key)
    if used is not None:
        rows = [
            ("cpu", NO_DATA if used.cpu is None else f"{cores(used.cpu)} cores", "usage.cpu"),
            (
                "memory",
                NO_DATA if used.memory is None else bytes_(int(used.memory)),
                "usage.memory",
            ),
        ]
        period_s = max(used.window_s, telemetry.period_s)
        lines += _block("pod", rows, GROUP, _since(used.at, now, period_s))
    return tuple(lines)


def _since(at: float, now: float, period_s: float) -> str:
    stale = ", stale" if freshness(at, now, period_s) == "stale" else ""
    return f"{age(now - at)} ago{stale}"


def _block(title: str, rows: list[Row], teller: str, since: str) -> Iterator[Line]:
    yield (Span(f"  {title}"), Span(f"   told by {teller}, {since}", "dim"))
    for name, value, metric in rows:
        yield (
            Span(f"    {name:<{_NAME}} ", "dim"),
            Span(f"{value:<{_VALUE}} "),
            Span(clean_line(metric), "dim"),
        )


def _device(view: DeviceView, telemetry: Telemetry, now: float) -> Iterator[Line]:
    reading = view.reading
    device = reading.device
    origins = telemetry.origins.get(device.node, ())
    tellers: dict[str, list[Row]] = {}
    for quantity, value in reading.values.items():
        origin = next((o for o in reversed(origins) if quantity in o.names), None)
        teller = str(origin.pod) if origin is not None else "an exporter"
        metric = origin.names[quantity] if origin is not None else _NOT_KEPT
        row = (quantity.name.lower().replace("_", " "), amount(quantity, value), metric)
        tellers.setdefault(teller, []).append(row)
    part = f" slice {device.slice}" if device.slice else ""
    title = f"device {reading.index or device.uuid} of {device.node}{part}"
    since = _since(reading.at, now, telemetry.period_s)
    for teller, rows in tellers.items():
        yield from _block(title, rows, teller, since)


def amount(quantity: Quantity, value: float) -> str:
    """Return an amount of a quantity with its unit."""
    unit = quantity.value
    if quantity in _SHARES:
        return f"{percent_of(value)} {unit}"
    if unit.startswith("bytes"):
        return f"{bytes_(int(value))}{unit.removeprefix('bytes')}"
    return f"{value:,.0f} {unit}"


def _engine(view: EngineView, teller: str, telemetry: Telemetry, now: float) -> Iterator[Line]:
    reading = view.reading
    found = {**_gauges(reading), **_grown(view)}
    rows = [
        (fact.value, value, reading.names.get(fact, _NOT_KEPT)) for fact, value in found.items()
    ]
    title = f"engine {reading.engine}"
    yield from _block(title, rows, teller, _since(reading.at, now, telemetry.period_s))


def _gauges(reading: EngineReading) -> dict[Fact, str]:
    numbers = {
        Fact.RUNNING: reading.running,
        Fact.WAITING: reading.waiting,
        Fact.TOKENS_PER_S: reading.tokens_per_s,
    }
    found = {fact: f"{value:,.0f}" for fact, value in numbers.items() if value is not None}
    if reading.kv is not None:
        found[Fact.KV] = percent_of(reading.kv)
    if reading.healthy is not None:
        found[Fact.HEALTHY] = "yes" if reading.healthy else "no"
    return found


def _grown(view: EngineView) -> dict[Fact, str]:
    """Return totals with their growth, and latencies of the time since the look before."""
    rates = view.rates
    found = {}
    for fact, value in view.reading.totals.items():
        per_s = rates.per_s.get(fact) if rates is not None else None
        growth = "" if per_s is None else f", {per_s:,.1f}/s"
        found[fact] = f"{value:,.0f}{growth}"
    for fact in view.reading.histograms:
        both = rates.quantiles.get(fact) if rates is not None else None
        found[fact] = NO_DATA if both is None else f"p50 {both[0]:.3g}s p95 {both[1]:.3g}s"
    return found
