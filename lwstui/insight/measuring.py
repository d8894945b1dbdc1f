"""Rules about measuring itself: what is not seen, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from lwstui.insight.world import World
from lwstui.state.insights import Advice, Evidence, Finding, Severity, Subject
from lwstui.state.telemetry import GRANT_PROXY, Source, freshness

HOLD_S: Final = 60.0
_LATE: Final = 0.2
"""Share of a period by which a round may come late."""
_CLUSTER: Final = Subject("cluster")


def findings(world: World) -> Iterator[Finding]:
    """Yield what keeps measurements away."""
    telemetry = world.snapshot.telemetry
    if not telemetry.at:
        return
    for source in telemetry.sources:
        yield from _of_source(world, source)
    yield from gaps(world)
    yield from attribution(world)


def _finding(rule: str, severity: Severity, text: str, seen: Evidence, help_: str) -> Finding:
    return Finding(rule, severity, _CLUSTER, text, (seen,), (Advice(help_),), hold_s=HOLD_S)


def _of_source(world: World, source: Source) -> Iterator[Finding]:
    """T2 and T3: nothing may be asked, or nothing answers."""
    at = world.snapshot.telemetry.at
    if source.why.startswith("not allowed"):
        yield _finding(
            "T2",
            Severity.INFO,
            f"{source.name} cannot be asked: a permission is missing",
            Evidence(source.why, at),
            source.grant,
        )
    elif source.grant == GRANT_PROXY and source.asked > 1 and not source.answered and source.why:
        found = _finding(
            "T3",
            Severity.WARNING,
            f"none of {source.asked} {source.name} answers: the API server may not reach pods",
            Evidence(source.why, at),
            "check the way from the control plane to the nodes",
        )
        # One round may have met a fault that is over: where rounds are rare, wait for another.
        period_s = world.snapshot.telemetry.period_s
        yield replace(found, hold_s=max(HOLD_S, (1 + _LATE) * period_s))


def gaps(world: World) -> Iterator[Finding]:
    """T1 and T5: nodes with devices that nobody measures, or not any more.

    What is too old is judged by the time of the last round: a console that nobody looks at, or
    that slept, asks seldom, and that is no fault of an exporter.
    """
    telemetry = world.snapshot.telemetry
    with_devices = {node.name for node in world.snapshot.nodes.values() if node.capacity}
    if not telemetry.by_node or not with_devices:
        return
    dark = sorted(with_devices - telemetry.by_node.keys())
    if dark:
        few = ", ".join(dark[:3]) + (f" and {len(dark) - 3} more" if len(dark) > 3 else "")
        yield _finding(
            "T1",
            Severity.INFO,
            f"{len(dark)} of {len(with_devices)} nodes with accelerators are not measured",
            Evidence(few, telemetry.at),
            "run the exporter on all of them",
        )
    stale = sorted(
        node
        for node, views in telemetry.by_node.items()
        if all(
            freshness(view.reading.at, telemetry.at, telemetry.period_s) == "stale"
            for view in views
        )
    )
    if stale:
        newest = max(v.reading.at for node in stale for v in telemetry.by_node[node])
        yield _finding(
            "T5",
            Severity.INFO,
            f"nothing new was measured on {len(stale)} node{'s' if len(stale) > 1 else ''}",
            Evidence(", ".join(stale[:3]), newest),
            "see whether the exporter runs there",
        )


def attribution(world: World) -> Iterator[Finding]:
    """T4 and T6: exporters name no pods, or name those that are gone."""
    telemetry = world.snapshot.telemetry
    views = telemetry.devices.values()
    held = [view for view in views if view.owner.how == "device"]
    if held and not any(view.reading.pods for view in views):
        yield _finding(
            "T4",
            Severity.INFO,
            "exporters name no pods: whose a device is comes from the pods alone",
            Evidence(f"{len(held)} devices", telemetry.at),
            "let the exporter see the kubelet's pod resources",
        )
    late = [view for view in views if view.owner.lags]
    if late:
        yield _finding(
            "T6",
            Severity.INFO,
            f"exporters still name the pods of before for {len(late)} "
            f"device{'s' if len(late) > 1 else ''}",
            Evidence(", ".join(view.reading.device.uuid for view in late[:3]), telemetry.at),
            "nothing: what the pods say is shown",
        )
