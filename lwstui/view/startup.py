"""The start-up table: how far each pod of a group got, and how long each stage took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from controller.api.pods import Pod
from lwstui.state.model import Snapshot
from lwstui.view.ages import age
from lwstui.view.digest import GroupDigest, SetDigest, pod_ref
from lwstui.view.health import FAULTS, Health, judge
from lwstui.view.pods import role
from lwstui.view.spec import spec_text
from lwstui.view.stages import NO_PULLS, STAGES, Pulls, Stage, pod_stages
from lwstui.view.tables import glyph, row
from lwstui.view.types import Cell, Column, Ref, Row, Tone

SLOWEST, APART_S = 1.25, 5.0
"""A time stands out when it is the longest of its stage, so many times the median and so many
seconds above it."""

_DOING: Final = {
    "scheduled": "without a node",
    "image": "getting the image",
    "init": "in init containers",
    "started": "making containers",
    "ready": "waiting for readiness",
}
COLUMNS: Final = (
    Column("state", "S", 1),
    Column("role", "ROLE", 6),
    Column("name", "POD", 13, flex=True),
    Column("node", "NODE", 9),
    Column("scheduled", "SCHEDULED", 9),
    Column("image", "IMAGE", 8),
    Column("init", "INIT", 7),
    Column("started", "STARTED", 7),
    Column("ready", "READY", 8),
    Column("gpu", "GPU", 3, "right", min_screen=90),
    Column("restarts", "RST", 3, "right", min_screen=90),
    Column("reason", "STATE", 16, flex=True, min_screen=120),
)


@dataclass(frozen=True, slots=True)
class StartFrame:
    """One group with what its pods' stages are told from.

    Attributes:
        pulls: What events tell of images, by UID of the pod.
        now: Epoch seconds.
    """

    snapshot: Snapshot
    one: SetDigest
    group: GroupDigest
    pulls: Mapping[str, Pulls]
    now: float

    def stages(self, pod: Pod, health: Health) -> tuple[Stage, ...]:
        """Return the stages of one of its pods."""
        return pod_stages(pod, health, self.pulls.get(pod.uid, NO_PULLS), self.now)


def fault_tone(health: Health) -> Tone:
    """Return the tone of a sentence about a state: that of a fault, else none."""
    return health.tone if health.glyph in FAULTS else ""


def leader_first(one: SetDigest) -> bool:
    """Tell whether a set's workers are made when their leader is ready."""
    return spec_text(one.lws.spec, "", "startupPolicy") == "LeaderReady"


def startup_rows(frame: StartFrame) -> list[Row]:
    """Return a row for each pod a group has or should have, leader first."""
    group = frame.group
    there = {
        pod.worker: (pod, health, frame.stages(pod, health))
        for pod, health in zip(group.pods, group.healths, strict=True)
    }
    slowest = _slowest([stages for _, _, stages in there.values()])
    rows = []
    for worker in range(max(group.size, max(there, default=-1) + 1)):
        if worker in there:
            rows.append(_row(*there[worker], slowest))
        else:
            rows.append(_missing(frame.one, group, worker))
    return rows


def holdup(rows: Sequence[Row]) -> str:
    """Return the key of the pod that holds a group up: in the worst state, furthest behind."""
    behind = [found for found in rows if found.state not in ("ready", "empty")]
    if not behind:
        return ""
    stages = [column.id for column in COLUMNS]
    first, last = stages.index(STAGES[0]), stages.index(STAGES[-1])

    def reached(found: Row) -> int:
        return sum(bool(cell.text) for cell in found.cells[first : last + 1])

    return min(behind, key=lambda found: (found.severity, reached(found))).key


def underway(frame: StartFrame) -> str:
    """Return what the pods of a starting group do, the slowest first."""
    times: dict[str, list[float]] = {}
    for pod, health in zip(frame.group.pods, frame.group.healths, strict=True):
        for name, stage in zip(STAGES, frame.stages(pod, health), strict=True):
            if stage.state in ("now", "fault"):
                times.setdefault(name, []).append(stage.seconds or 0.0)
    slowest = sorted(times.items(), key=lambda item: -max(item[1]))
    parts = [f"{len(found)} {_DOING[name]} for {age(max(found))}" for name, found in slowest]
    missing = frame.group.size - len(frame.group.pods)
    if missing > 0:
        waits = "wait for the leader" if leader_first(frame.one) else "not created yet"
        parts.append(f"{missing} {waits}")
    return ", ".join(parts)


def _slowest(found: Sequence[tuple[Stage, ...]]) -> tuple[float | None, ...]:
    """Return for each stage the time that stands out, None if none does."""
    outstanding: list[float | None] = []
    for stage in zip(*found, strict=True):
        times = sorted((s.seconds for s in stage if s.seconds is not None), reverse=True)
        usual = times[len(times) // 2] if times else 0.0
        apart = len(times) > 1 and times[0] >= max(SLOWEST * usual, usual + APART_S)
        outstanding.append(times[0] if apart else None)
    return tuple(outstanding) or (None,) * len(STAGES)


def _row(
    pod: Pod, health: Health, stages: tuple[Stage, ...], slowest: tuple[float | None, ...]
) -> Row:
    devices = sum(amount for _, amount in pod.accelerators)
    cells = (
        glyph(health),
        Cell(role(pod), "bold" if pod.worker == 0 else ""),
        Cell(pod.name),
        Cell(pod.node or "—", "" if pod.node else "dim"),
        *(
            _stage_cell(stage, health, slow=most is not None and stage.seconds == most)
            for stage, most in zip(stages, slowest, strict=True)
        ),
        Cell(str(devices) if devices else "—", "" if devices else "dim"),
        Cell(str(pod.restarts), "warn" if pod.restarts else "dim"),
        Cell(": ".join(filter(None, (health.word, health.reason))), fault_tone(health) or "dim"),
    )
    sort = (
        health.severity,
        pod.worker,
        (pod.worker, pod.name),
        (pod.node, pod.worker),
        *(-(stage.seconds or 0.0) for stage in stages),
        -devices,
        -pod.restarts,
        cells[-1].text,
    )
    return row(pod.uid, cells, sort, pod_ref(pod), health)


def _stage_cell(stage: Stage, health: Health, *, slow: bool) -> Cell:
    text = age(stage.seconds) if stage.seconds is not None else ""
    match stage.state:
        case "done":
            return Cell(text or "—", "bold" if slow else "" if text else "dim")
        case "now":
            return Cell(f"o {text}", "warn" if slow else "busy")
        case "fault":
            return Cell(f"{health.glyph} {text}", health.tone)
        case _:
            return Cell("")


def _missing(one: SetDigest, group: GroupDigest, worker: int) -> Row:
    leader = group.leader
    waits = worker > 0 and leader_first(one) and not (leader is not None and leader.ready)
    health = judge("_", "waits for leader" if waits else "not created yet")
    name = f"{one.key.name}-{group.index}" + (f"-{worker}" if worker else "")
    cells = (
        glyph(health),
        Cell(f"w{worker}" if worker else "leader", "dim"),
        Cell(name, "dim"),
        Cell("—", "dim"),
        Cell("_ waits" if waits else "_", "dim"),
        *[Cell("")] * 6,
        Cell(health.reason, "dim"),
    )
    last = float("inf")
    sort = (health.severity, worker, (worker, name), ("", worker), *[last] * 5, 0, 0, health.reason)
    ref = Ref("pod", one.key.namespace, name, group.index, worker)
    return row(f"missing/{worker}", cells, sort, ref, health)
