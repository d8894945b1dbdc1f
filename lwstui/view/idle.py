"""Accelerators that are held and do nothing, and where what is measured comes from."""

from __future__ import annotations

from typing import Final

from controller.api.pods import Pod
from lwstui.state.model import Snapshot
from lwstui.state.telemetry import DeviceView, Source
from lwstui.view.ages import age, bytes_, count
from lwstui.view.engines import seconds
from lwstui.view.health import judge
from lwstui.view.phrases import natural
from lwstui.view.pods import role
from lwstui.view.tables import DASH, arrange, row
from lwstui.view.telemetry import IDLE_S, idle_for, memory, percent_of, power, watts
from lwstui.view.types import Cell, Column, Line, Query, Ref, Row, Span, TableView

COLUMNS: Final = (
    Column("idle", "IDLE", 6, "right"),
    Column("node", "NODE", 11, flex=True),
    Column("device", "DEVICE", 6),
    Column("set", "SET", 14, flex=True),
    Column("group", "GROUP", 5, "right"),
    Column("rank", "RANK", 7),
    Column("mem", "MEM", 5, "right"),
    Column("watts", "W", 5, "right"),
    Column("weights", "MEMORY", 16),
)
LOADED: Final = 0.25
"""Share of its memory from which a device has something loaded."""


def idle_devices(
    snapshot: Snapshot, query: Query, now: float, scope: Ref | None = None
) -> TableView:
    """Return the devices that have done nothing for long while their pods were ready.

    Args:
        snapshot: What is known.
        query: Filter and order.
        now: Epoch seconds.
        scope: Only devices that a set's, group's or pod's pods hold; None for all.
    """
    rows = [
        _row(view, pod, idle_s)
        for view in snapshot.telemetry.devices.values()
        for pod in _holders(snapshot, view, scope)
        if (idle_s := idle_for(view, pod, now, snapshot.telemetry)) is not None and idle_s >= IDLE_S
    ]
    return arrange(COLUMNS, rows, query, now, empty=_empty(snapshot), default="idle")


def _holders(snapshot: Snapshot, view: DeviceView, scope: Ref | None) -> list[Pod]:
    pods = (snapshot.pods.get(key) for key in view.owner.pods)
    return [pod for pod in pods if pod is not None and _of(pod, scope)]


def _of(pod: Pod, scope: Ref | None) -> bool:
    if scope is None or scope.kind not in ("set", "group", "pod"):
        return True
    if scope.kind == "pod":
        return pod.key == scope.key
    return pod.set_key == scope.key and scope.group in (-1, pod.group)


def _empty(snapshot: Snapshot) -> str:
    if not snapshot.telemetry.devices:
        return "no device is measured: :telemetry says why"
    return f"no device was seen to do nothing for {age(IDLE_S)} while its pod was ready"


def _row(view: DeviceView, pod: Pod, idle_s: float) -> Row:
    device, share, draw = view.reading.device, memory(view), power(view)
    index = view.reading.index or device.uuid
    loaded = share is not None and share >= LOADED
    said = "" if share is None else "something loaded" if loaded else "next to empty"
    cells = (
        Cell(age(idle_s, coarse=True), "warn"),
        Cell(device.node),
        Cell(index),
        Cell(pod.set_name or pod.name),
        Cell(str(pod.group)) if pod.set_name else DASH,
        Cell(role(pod)) if pod.set_name else DASH,
        DASH if share is None else Cell(percent_of(share)),
        DASH if draw is None else Cell(watts(draw)),
        Cell(said, "dim"),
    )
    sort = (
        -idle_s,
        natural(device.node),
        natural(index),
        pod.set_name or pod.name,
        pod.group,
        pod.worker,
        -1.0 if share is None else share,
        -1.0 if draw is None else draw,
        said,
    )
    ref = Ref("pod", pod.namespace, pod.name, pod.group, pod.worker, pod.uid)
    health = judge("!", "held, and does nothing")
    return row(f"{device.node}/{device.uuid}/{device.slice}/{pod.uid}", cells, sort, ref, health)


# Where numbers come from.

SOURCES: Final = (
    Column("source", "SOURCE", 22),
    Column("asked", "ASKED", 6, "right"),
    Column("answered", "ANSWERED", 8, "right"),
    Column("why", "WHY NOT", 30, flex=True),
)


def sources(snapshot: Snapshot, query: Query, now: float) -> TableView:
    """Return where numbers come from: what was asked, what answered, and why not."""
    telemetry = snapshot.telemetry
    rows = [_source(source) for source in telemetry.sources]
    empty = "nothing has been asked yet" if not telemetry.at else "there is nothing to ask"
    return arrange(SOURCES, rows, query, now, empty=empty, default="source")


def _source(source: Source) -> Row:
    short = source.answered < source.asked or bool(source.why)
    cells = (
        Cell(source.name),
        Cell(f"{source.asked:,}"),
        Cell(f"{source.answered:,}", "warn" if source.answered < source.asked else "ok"),
        Cell(source.why, "warn" if short else "dim"),
    )
    sort = (source.name, source.asked, source.answered, source.why)
    words = " ".join(cell.text for cell in cells).lower()
    return Row(source.name, cells, "", words, sort, severity=0 if short else 99)


def cost_lines(snapshot: Snapshot, now: float) -> tuple[Line, ...]:
    """Return when was measured last, how often that is done and what it cost."""
    telemetry = snapshot.telemetry
    if not telemetry.at:
        return ((Span("nothing was measured yet", "dim"),),)
    cost = telemetry.cost
    owners = sum(bool(view.owner.pods) for view in telemetry.devices.values())
    return (
        (
            Span("last round   ", "dim"),
            Span(f"{age(now - telemetry.at)} ago"),
            Span(f"   every {age(telemetry.period_s)} while a screen shows it", "dim"),
        ),
        (
            Span("its cost     ", "dim"),
            Span(
                f"{count(cost.requests, 'request')}, {bytes_(cost.received_bytes)}, "
                f"{seconds(cost.seconds)} from start to end"
            ),
        ),
        (
            Span("known        ", "dim"),
            Span(
                f"{count(len(telemetry.devices), 'device')} on "
                f"{count(len(telemetry.by_node), 'node')}, {owners} of them held by known pods; "
                f"{count(len(telemetry.engines), 'engine')}"
            ),
        ),
    )
