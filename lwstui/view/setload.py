"""What the accelerators and engines of a set, and of the whole cluster, do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lwstui.capacity.free import Devices
from lwstui.state.telemetry import IDLE_BELOW, Telemetry, freshness
from lwstui.view.digest import SetDigest
from lwstui.view.engines import load
from lwstui.view.memo import Memo
from lwstui.view.telemetry import busy, changes_at, mean, percent_of
from lwstui.view.types import Cell, Span


@dataclass(frozen=True, slots=True)
class Work:
    """What a set's row says of its work.

    Attributes:
        util: Mean utilisation of its devices.
        requests: Requests that run or wait at its engines.
        sort: Sort keys of both.
        until: When they read differently by growing older, epoch seconds.
    """

    util: Cell
    requests: Cell
    sort: tuple[float, float]
    until: float


def work(one: SetDigest, telemetry: Telemetry, now: float) -> Work:
    """Return what a set's devices and engines do."""
    pods = [pod for group in one.groups for pod in group.pods]
    views = [view for pod in pods for view in telemetry.by_pod.get(pod.key, ())]
    held = sum(amount for pod in pods for _, amount in pod.accelerators)
    util = mean(views, busy, held, now, telemetry)
    leaders = [group.leader for group in one.groups if group.leader is not None]
    found = load(leaders, now, telemetry)
    parts = [part for part in (found.running, found.waiting) if part is not None]
    requests = Cell("–", "dim")
    if parts:
        short = "" if found.reporting == len(leaders) else f" {found.reporting}/{len(leaders)}"
        requests = Cell(f"{'~' if found.old else ''}{sum(parts):,.0f}{short}")
    return Work(
        util.cell(percent_of, now),
        requests,
        (-1.0 if util.value is None else util.value, sum(parts) if parts else -1.0),
        changes_at(views, now, telemetry.period_s),
    )


def cluster_work(
    accelerators: Sequence[Devices], telemetry: Telemetry, now: float, memo: Memo | None
) -> tuple[Span, ...]:
    """Return how many held devices work, are idle, or are not measured; unhealthy ones last."""
    found: list[Span] = []
    if telemetry.by_node:
        working, idle = _working(telemetry, now, memo or Memo())
        dark = sum(devices.allocated for devices in accelerators) - working - idle
        if working or idle:
            found.append(Span(f"{working} working {idle} idle"))
        if dark > 0:
            found.append(Span(f"{dark} without data", "dim"))
    unhealthy = sum(devices.unhealthy for devices in accelerators)
    if unhealthy:
        found.append(Span(f"{unhealthy} unhealthy", "warn"))
    return tuple(found)


def _working(telemetry: Telemetry, now: float, memo: Memo) -> tuple[int, int]:
    """Return how many of the held devices work, and how many do nothing."""

    def build() -> tuple[tuple[int, int], float]:
        held = [view for view in telemetry.devices.values() if view.owner.pods]
        shares = [
            share
            for view in held
            if (share := view.reading.busy) is not None
            and freshness(view.reading.at, now, telemetry.period_s) != "stale"
        ]
        working = sum(share >= IDLE_BELOW for share in shares)
        until = changes_at(held, now, telemetry.period_s)
        return (working, len(shares) - working), until

    return memo.get("working-devices", (telemetry,), now, build)
