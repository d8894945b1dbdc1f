"""From the rounds of measuring that were recorded to what was known after each. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from lwstui.runtime.recording.entries import Engine, Measured
from lwstui.runtime.sampler import HIDDEN_S
from lwstui.state.model import Snapshot
from lwstui.state.seen import with_trends
from lwstui.state.telemetry import (
    OLD_PERIODS,
    EngineView,
    Telemetry,
    grouped,
    next_devices,
    next_engine,
    next_usage,
)
from lwstui.telemetry.join import owners

_LONGEST_S: Final = OLD_PERIODS * HIDDEN_S
_FORGET_S: Final = 4 * _LONGEST_S


def after_round(snapshot: Snapshot, before: Telemetry, entry: Measured) -> Telemetry:
    """Return what is known of devices and engines after a round.

    Args:
        snapshot: What was watched when it came.
        before: What was known before it.
        entry: What it brought.
    """
    joined = owners(entry.readings, snapshot.node_pods)
    devices = next_devices(before.devices, entry.readings, joined, entry.at - _FORGET_S)
    by_node, by_pod = grouped(devices.values())
    kept = {key: view for key, view in before.engines.items() if key in snapshot.pods}
    fresh = {one.pod: _engine(before.engines.get(one.pod), one) for one in entry.engines}
    measured = replace(
        before,
        at=entry.at,
        period_s=entry.period_s,
        devices=devices,
        by_node=by_node,
        by_pod=by_pod,
        engines={**kept, **fresh},
        pod_usage=next_usage(before.pod_usage, dict(entry.pods), snapshot.pods),
        node_usage=next_usage(before.node_usage, dict(entry.nodes), snapshot.nodes),
        sources=entry.sources,
    )
    return with_trends(measured, before, snapshot)


def _engine(before: EngineView | None, one: Engine) -> EngineView:
    """Return an engine after a round; its rates were told, as latencies are not kept."""
    return replace(next_engine(before, one.reading, _LONGEST_S), rates=one.rates)
