"""What the devices of a group's pods do, rank by rank, and which rank stands out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from controller.api.pods import Pod
from lwstui.state.telemetry import DeviceView, Telemetry
from lwstui.telemetry.parallel import Stage, stages
from lwstui.view.startup import COLUMNS, StartFrame
from lwstui.view.telemetry import (
    Measured,
    RankMark,
    busy,
    celsius,
    mean,
    memory,
    percent_of,
    power,
    rank_marks,
    watts,
)
from lwstui.view.types import Cell, Column, Row, Tone

MEASURED: Final = (
    Column("util", "UTIL", 8, "right"),
    Column("load", "LOAD", 6),
    Column("mem", "MEM", 8, "right", min_screen=100),
    Column("watts", "W", 7, "right", min_screen=110),
    Column("celsius", "°C", 6, "right", min_screen=110),
)
_PAST: Final = frozenset({"scheduled", "init", "started"})
"""Stages that say little of a group that serves."""
_WIDE: Final = 165
_MARKS: Final[dict[RankMark, tuple[str, Tone]]] = {
    "": ("", ""),
    "idle": ("! idle", "warn"),
    "lags": ("! lags", "warn"),
    "apart": ("? less", "dim"),
}


def with_load(frame: StartFrame, rows: Sequence[Row]) -> tuple[tuple[Column, ...], tuple[Row, ...]]:
    """Return columns and rows with what devices do, where any device of the group is known."""
    telemetry = frame.snapshot.telemetry
    pods = {pod.uid: pod for pod in frame.group.pods}
    if not any(telemetry.by_pod.get(pod.key) for pod in pods.values()):
        return COLUMNS, tuple(rows)
    found = [_of(pods.get(row.key), telemetry, frame.now) for row in rows]
    marks = rank_marks(
        [numbers[0].value if numbers else None for numbers in found], _stages(frame, rows)
    )
    wide = tuple(
        _insert(row, numbers, mark, frame.now)
        for row, numbers, mark in zip(rows, found, marks, strict=True)
    )
    return _columns(serves=frame.group.serves), wide


def _stages(frame: StartFrame, rows: Sequence[Row]) -> list[Stage]:
    members = frame.group.pods
    known = dict(zip((p.uid for p in members), stages(frame.one.lws.spec, members), strict=True))
    return [known.get(row.key) for row in rows]


def _columns(*, serves: bool) -> tuple[Column, ...]:
    stages = (replace(c, min_screen=_WIDE) if serves and c.id in _PAST else c for c in COLUMNS[:-1])
    return (*stages, *MEASURED, replace(COLUMNS[-1], min_screen=_WIDE if serves else 141))


def _of(pod: Pod | None, telemetry: Telemetry, now: float) -> tuple[Measured, ...]:
    """Return utilisation, memory, watts and degrees of a pod's devices, empty if it has none."""
    of = sum(amount for _, amount in pod.accelerators) if pod is not None else 0
    if pod is None or not of:
        return ()
    views: tuple[DeviceView, ...] = telemetry.by_pod.get(pod.key, ())
    return tuple(mean(views, pick, of, now, telemetry) for pick in (busy, memory, power, celsius))


def _insert(row: Row, numbers: Sequence[Measured], mark: RankMark, now: float) -> Row:
    if numbers:
        util, mem, draw, heat = numbers
        cells: Iterable[Cell] = (
            util.cell(percent_of, now),
            Cell(*_MARKS[mark]),
            mem.cell(percent_of, now),
            draw.cell(watts, now),
            heat.cell(watts, now),
        )
        values = (util.value, mark, mem.value, draw.value, heat.value)
        sort = tuple(-1.0 if value is None else value for value in values)
    else:
        cells, sort = (Cell(""),) * len(MEASURED), (-1.0, "", -1.0, -1.0, -1.0)
    return replace(
        row,
        cells=(*row.cells[:-1], *cells, row.cells[-1]),
        sort=(*row.sort[:-1], *sort, row.sort[-1]),
        haystack=f"{row.haystack} {_MARKS[mark][0]}".rstrip(),
    )
