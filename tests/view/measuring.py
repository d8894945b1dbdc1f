"""Small measurements for tests of what is shown of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec

from controller.api.meta import Key
from lwstui.state.telemetry import DeviceView, EngineView, Source, Telemetry, grouped
from lwstui.telemetry.devices import DeviceId, Reading
from lwstui.telemetry.engines import EngineReading, Fact, Rates
from lwstui.telemetry.join import Owner
from lwstui.telemetry.quantities import Quantity
from tests.view.build import NOW

GIB = 2.0**30
PERIOD_S = 15.0
FRESH, OLD, STALE = 0.0, 4 * PERIOD_S, 20 * PERIOD_S
"""Ages of readings."""


def device(
    index: int = 0,
    util: float | None = 0.9,
    *,
    node: str = "node-0",
    holder: str = "llama-0",
    age_s: float = FRESH,
    **changes: Any,
) -> DeviceView:
    """Return a device that works, held by the leader of group 0 unless told otherwise.

    Args:
        index: Its number on the node.
        util: Share of the time it works, None if it does not tell.
        node: Where it is.
        holder: Pod of ``prod`` that holds it, empty for none.
        age_s: How long ago it was read.
        changes: ``memory`` (share), ``watts``, ``celsius``, ``idle_since``.
    """
    values = {
        Quantity.UTIL: util,
        Quantity.MEMORY_USED: changes.get("memory", 0.5) * 80 * GIB,
        Quantity.MEMORY_TOTAL: 80 * GIB,
        Quantity.POWER: changes.get("watts", 500.0),
        Quantity.TEMPERATURE: changes.get("celsius", 60.0),
    }
    known = {quantity: value for quantity, value in values.items() if value is not None}
    reading = Reading(
        DeviceId(node, f"GPU-{node}-{index}"), NOW - age_s, index=str(index), values=known
    )
    owner = Owner((Key("prod", holder),), "device") if holder else Owner()
    return DeviceView(reading, owner, idle_since=changes.get("idle_since"))


def engine(
    age_s: float = FRESH, ttft: tuple[float, float] | None = None, **facts: Any
) -> EngineView:
    """Return an engine with a trend; ``ttft`` are the median and the 95th percentile."""
    base = EngineReading("vLLM", NOW - age_s, "llama", running=12.0, waiting=3.0, kv=0.45)
    reading = msgspec.structs.replace(base, **facts)
    rates = Rates(15.0, {Fact.GENERATED: 1234.0}, {Fact.TTFT: ttft} if ttft else {})
    running = (0.0, 4.0, 8.0, float("nan"), 12.0)
    return EngineView(reading, rates, running=running, kv=(0.1, 0.2, 0.3, float("nan"), 0.45))


def measured(
    devices: Iterable[DeviceView] = (),
    engines: dict[str, EngineView] | None = None,
    **changes: Any,
) -> Telemetry:
    """Return what is known of devices and of engines by the names of their leaders."""
    found = {view.reading.device: view for view in devices}
    by_node, by_pod = grouped(found.values())
    base = Telemetry(
        NOW,
        PERIOD_S,
        found,
        by_node,
        by_pod,
        {Key("prod", name): view for name, view in (engines or {}).items()},
        sources=(Source("exporters of devices", 2, 2), Source("engines", 1, 1)),
    )
    return replace(base, **changes)
