"""What is measured as data for programs: a field that is not known is not there, and never 0."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from controller.api.meta import format_time
from controller.api.pods import Pod
from lwstui.state.telemetry import DeviceView, EngineView, Telemetry
from lwstui.state.trends import generated
from lwstui.telemetry.engines import Fact
from lwstui.telemetry.quantities import Quantity
from lwstui.telemetry.usage import Usage

Figures = dict[str, Any]


def pod_figures(pod: Pod, telemetry: Telemetry) -> Figures:
    """Return what is measured of a pod: usage, devices, and its engine if it leads."""
    devices = telemetry.by_pod.get(pod.key, ())
    engine = telemetry.engines.get(pod.key)
    return _there(
        usage=_usage(telemetry.pod_usage.get(pod.key)),
        devices=[_device(view) for view in devices],
        engine=_engine(engine) if engine is not None else None,
    )


def node_figures(name: str, telemetry: Telemetry) -> Figures:
    """Return what is measured of a node and of its devices."""
    return _there(
        usage=_usage(telemetry.node_usage.get(name)),
        devices=[_device(view) for view in telemetry.by_node.get(name, ())],
    )


def group_figures(pods: Sequence[Pod], telemetry: Telemetry) -> Figures:
    """Return what is measured of a group: sums over the pods and devices that tell."""
    leader = next((pod for pod in pods if pod.worker == 0), None)
    engine = telemetry.engines.get(leader.key) if leader is not None else None
    return {
        **_sums(pods, telemetry),
        **_there(engine=_engine(engine) if engine is not None else None),
    }


def set_figures(pods: Sequence[Pod], telemetry: Telemetry) -> Figures:
    """Return what is measured of a set: sums over the pods, devices and engines that tell."""
    views = [view for pod in pods if (view := telemetry.engines.get(pod.key)) is not None]
    readings = [view.reading for view in views]
    engines = _there(
        reporting=len(views) or None,
        running=_sum(one.running for one in readings),
        waiting=_sum(one.waiting for one in readings),
        kvCacheHighest=_short(
            max((kv for one in readings if (kv := one.kv) is not None), default=None)
        ),
        tokensPerSecond=_sum(generated(view.reading, view.rates) for view in views),
    )
    return {**_sums(pods, telemetry), **_there(engines=engines)}


def _sums(pods: Iterable[Pod], telemetry: Telemetry) -> Figures:
    keys = [pod.key for pod in pods]
    used = [usage for key in keys if (usage := telemetry.pod_usage.get(key)) is not None]
    devices = [view for key in keys for view in telemetry.by_pod.get(key, ())]
    busy = [share for view in devices if (share := view.reading.busy) is not None]
    sums = _there(
        reporting=len(used) or None,
        cpuCores=_sum(one.cpu for one in used),
        memoryBytes=_sum(one.memory for one in used),
    )
    measured = _there(
        reporting=len(devices) or None,
        busy=_short(sum(busy) / len(busy)) if busy else None,
        memoryUsedBytes=_sum(view.reading.value(Quantity.MEMORY_USED) for view in devices),
        powerWatts=_sum(view.reading.power for view in devices),
    )
    return _there(usage=sums, devices=measured)


def _usage(usage: Usage | None) -> Figures | None:
    if usage is None:
        return None
    found = _there(cpuCores=_short(usage.cpu), memoryBytes=_short(usage.memory))
    return {**found, "at": format_time(usage.at)} if found else None


def _device(view: DeviceView) -> Figures:
    reading = view.reading
    return _there(
        uuid=reading.device.uuid,
        slice=reading.device.slice,
        index=reading.index,
        model=reading.model,
        heldBy=[str(key) for key in view.owner.pods],
        busy=_short(reading.busy),
        memoryUsedBytes=_short(reading.value(Quantity.MEMORY_USED)),
        memoryTotalBytes=_short(reading.memory_total),
        powerWatts=_short(reading.power),
        celsius=_short(reading.value(Quantity.TEMPERATURE)),
        at=format_time(reading.at),
    )


def _engine(view: EngineView) -> Figures:
    reading = view.reading
    latency = view.rates.quantiles.get(Fact.TTFT) if view.rates is not None else None
    return _there(
        name=reading.engine,
        model=reading.model,
        running=_short(reading.running),
        waiting=_short(reading.waiting),
        deferred=_short(reading.deferred),
        kvCache=_short(reading.kv),
        tokensPerSecond=_short(generated(reading, view.rates)),
        firstTokenP50Seconds=_short(latency[0]) if latency else None,
        healthy=reading.healthy,
        at=format_time(reading.at),
    )


def _there(**fields: Any) -> Figures:
    """Return the fields of which something is known."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}


def _sum(values: Iterable[float | None]) -> float | int | None:
    """Return the sum of what is known, None if nothing is."""
    known = [value for value in values if value is not None]
    return _short(sum(known)) if known else None


def _short(value: float | None) -> float | int | None:
    """Return a number as people would write it: whole if it is, else with four decimals."""
    if value is None:
        return None
    return int(value) if value == int(value) else round(value, 4)
