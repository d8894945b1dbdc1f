"""What is seen of sets at one moment, for their trends. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from controller.api.meta import Key
from controller.api.pods import Pod
from lwstui.state.model import Snapshot
from lwstui.state.telemetry import DeviceView, EngineView, Telemetry, freshness
from lwstui.state.trends import Seen, after, generated, mean_busy, next_trends, serving, whole


def with_trends(measured: Telemetry, before: Telemetry, snapshot: Snapshot) -> Telemetry:
    """Return what was measured, with the trends of sets brought on.

    Args:
        measured: What a round brought.
        before: The same after the round before.
        snapshot: What was known when it began.
    """
    pods = snapshot.sync.get("pods")
    seen = seen_of(
        snapshot.by_set,
        tuple(snapshot.sets),
        measured,
        pods_known=pods is not None and pods.state == "live",
    )
    return replace(
        measured,
        trends=next_trends(
            before.trends, {key: one for key, (one, _) in seen.items()}, measured.at
        ),
        whole=after(before.whole, whole(seen.values()), measured.at) if seen else before.whole,
    )


def seen_of(
    by_set: Mapping[Key, Sequence[Pod]],
    sets: Sequence[Key],
    telemetry: Telemetry,
    *,
    pods_known: bool,
) -> dict[Key, tuple[Seen, int]]:
    """Return what the last round saw of each set, and how many of its devices report.

    Args:
        by_set: Pods of sets.
        sets: The sets.
        telemetry: After the round; what is not fresh counts as not known.
        pods_known: Whether all pods have been listed.
    """
    return {key: _seen(by_set.get(key, ()), telemetry, pods_known=pods_known) for key in sets}


def _seen(pods: Sequence[Pod], telemetry: Telemetry, *, pods_known: bool) -> tuple[Seen, int]:
    views = [
        view
        for pod in pods
        for view in telemetry.by_pod.get(pod.key, ())
        if _fresh(view, telemetry)
    ]
    util, devices = mean_busy(view.reading for view in views)
    leaders = (telemetry.engines.get(pod.key) for pod in pods if pod.worker == 0)
    engines = [view for view in leaders if view is not None]
    told = [
        tokens
        for view in engines
        if _fresh(view, telemetry) and (tokens := generated(view.reading, view.rates)) is not None
    ]
    ready = float(serving(pods)) if pods_known else None
    whole_sum = bool(told) and len(told) == len(engines)
    return (
        Seen(ready, util, sum(told) if whole_sum else None, blind=bool(engines) and not whole_sum),
        devices,
    )


def _fresh(view: DeviceView | EngineView, telemetry: Telemetry) -> bool:
    return freshness(view.reading.at, telemetry.at, telemetry.period_s) == "fresh"
