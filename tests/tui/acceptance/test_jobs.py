"""The 25 jobs of an operator, each from the first screen with the problem set under the cursor.

What is pressed may not be longer than what the design promises; the keys of dialogs do not count.
Ten of them are typed into the real program in a pseudo-terminal as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec
import pytest

from lwstui.insight.judging import folded
from lwstui.insight.rules import findings
from lwstui.insight.world import World as Watched
from lwstui.state.insights import Standing
from lwstui.state.model import GroupHistory, Snapshot
from lwstui.state.partition import PAUSED_PARTITION
from lwstui.view.safety import Safety
from tests.insight.support import death
from tests.tui.measurements import serving
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import NOW, World, busy, rolling
from tests.view.rollouts import annotate, midway, partition, running
from tests.view.rollouts import settled as at_rest
from tests.view.rollouts import snapshot as rollout_snapshot


def judged(snapshot: Snapshot) -> Snapshot:
    """Return a snapshot with what the rules say about it."""
    found = [Standing(one, NOW) for one in findings(Watched(snapshot, NOW))]
    return replace(snapshot, insights=folded(found))


def stuck() -> Snapshot:
    """Return a set with a group that fails."""
    return judged(rolling()[0].snapshot())


def blocked() -> Snapshot:
    """Return a set whose rollout a group blocks that does not become ready."""
    return judged(rollout_snapshot(midway()))


def held() -> Snapshot:
    """Return a set whose rollout somebody has paused."""
    cluster = running(3)
    cluster.set_image("b")
    at_rest(cluster, broken=2)
    partition(cluster, 3)
    annotate(cluster, PAUSED_PARTITION, "0")
    return judged(rollout_snapshot(cluster))


def looping() -> Snapshot:
    """Return a set with a group that is made anew again and again."""
    world = World()
    world.add_nodes(4)
    key = world.add_set("looping", "·o", size=2, gpus=1)
    world.history[key, 1] = GroupHistory(tuple(NOW - ago for ago in (2000, 800, 500, 300, 150)))
    ended = tuple(
        death(namespace=key.namespace, set_name=key.name, group=1, pod="looping-1-1", generation=at)
        for at in (2, 3, 4)
    )
    return judged(replace(world.snapshot(), deaths=ended))


def holding() -> Snapshot:
    """Return a set that holds accelerators and serves nobody."""
    world = World()
    world.add_nodes(4)
    world.add_set("holding", "X", size=2, gpus=8)
    for key, pod in world.pods.items():
        ended = msgspec.structs.replace(pod.containers[0], last_finished_at=NOW - 2000)
        world.pods[key] = msgspec.structs.replace(
            pod, containers=(ended,), ready_changed_at=NOW - 2000
        )
    return judged(world.snapshot())


def zombie(size: int = 1) -> Snapshot:
    """Return a group that cannot end, because its node does not answer any more."""
    world = World()
    world.add_nodes(4)
    world.add_set("zombie", "·-", size=size, gpus=8)
    for name, pod in world.pods.items():
        if pod.group == 1:
            world.pods[name] = msgspec.structs.replace(pod, deleted_at=NOW - 600)
            world.break_node(pod.node)
    return judged(world.snapshot())


def untrue() -> Snapshot:
    """Return a set whose status says something else than its pods."""
    world = World()
    world.add_nodes(4)
    key = world.add_set("untrue", "·X", size=2, gpus=1)
    found = world.snapshot()
    lws = found.sets[key]
    said = msgspec.structs.replace(lws.status, ready_replicas=2)
    return judged(replace(found, sets={key: msgspec.structs.replace(lws, status=said)}))


def fleet() -> Snapshot:
    """Return one of everything."""
    return judged(busy().snapshot())


def waiting() -> Snapshot:
    """Return a set for whose groups there is no room."""
    world = World()
    world.add_nodes(1)
    world.add_set("waiting", "PP", size=2, gpus=8)
    return judged(world.snapshot())


@dataclass(frozen=True)
class Job:
    """What an operator wants to know or to do.

    Attributes:
        number: Of the job.
        world: Returns what is watched.
        pressed: Keys, from the first screen.
        most: Keys that the design allows.
        sees: Texts that are on the screen then.
    """

    number: int
    world: Callable[[], Snapshot]
    pressed: tuple[str, ...]
    most: int
    sees: tuple[str, ...]


JOBS = (
    Job(1, stuck, ("w",), 1, ("VERDICT", "llama70b-29-2")),
    Job(2, looping, ("w", "2"), 2, ("ALL ENDS", "looping-1-1", "exit 1")),
    Job(3, looping, (), 0, ("recreate loop ×",)),
    Job(3, looping, ("w", "enter"), 2, ("FREEZE", "Group 1 is left as it is")),
    Job(4, fleet, (), 0, ("NEEDS ATTENTION", "OOMKilled", "readiness probe fails")),
    Job(5, blocked, (), 0, ("blocked",)),
    Job(5, blocked, ("z",), 1, ("BLOCKED", "WHY IS IT WAITING", "group 5 is not ready")),
    Job(6, stuck, ("m",), 1, ("free", "WHAT FITS")),
    Job(6, stuck, ("w", "3"), 2, ("[3 Fit]",)),
    Job(7, holding, (), 0, ("holds 16 GPU, serves 0",)),
    Job(7, serving, ("m", "i"), 2, ("idle",)),
    Job(8, stuck, ("l",), 1, ("[leader]",)),
    Job(8, stuck, ("L",), 1, ("[all]",)),
    Job(9, untrue, (), 0, ("1/2≠",)),
    Job(9, untrue, ("w",), 1, ("[1 Why]",)),
    Job(10, stuck, ("enter", "r"), 2, ("RECREATE GROUP", "group 29")),
    Job(11, stuck, ("s",), 1, ("SCALE SET", "groups  48")),
    Job(12, blocked, ("ctrl+l",), 1, ("UNDO",)),
    Job(12, held, ("z",), 1, ("REVISIONS", "img:v1")),
    Job(13, stuck, ("t",), 1, ("PLACEMENT", "by topology.kubernetes.io/rack")),
    Job(14, stuck, ("enter", "enter"), 2, ("STARTUP", "llama70b-29-2")),
    Job(15, stuck, ("w", "4"), 2, ("[4 Connectivity]",)),
    Job(16, waiting, ("w",), 1, ("VERDICT", "nvidia.com/gpu")),
    Job(17, stuck, ("m", "r"), 2, ("DRAIN NODE", "whole")),
    Job(18, zombie, (), 0, ("zombie", "group 1")),
    Job(18, zombie, ("enter", "ctrl+k"), 2, ("FORCE-RELEASE", "zombie-1")),
    Job(18, lambda: zombie(2), ("enter", "ctrl+k"), 2, ("KILL PODS", "zombie-1-1")),
    Job(19, serving, ("enter", "enter"), 2, ("STARTUP", "GPU")),
    Job(20, held, (".",), 1, ("1 of 3 recreated",)),
    Job(20, blocked, ("<",), 1, ("HOLD ROLLOUT",)),
    Job(20, held, ("z", ">"), 2, ("back from 3 to 0",)),
    Job(21, stuck, ("r",), 1, ("ROLLING RESTART",)),
    Job(22, blocked, ("D",), 1, ("img:v1", "img:v2")),
    Job(23, stuck, ("w", "5"), 2, ("[5 Autoscaling]",)),
    Job(25, stuck, (), 0, ("CTL ◆ leader",)),
    Job(25, stuck, ("w", "6"), 2, ("[6 Controller]",)),
)


@pytest.mark.parametrize("job", JOBS, ids=[f"{one.number} {' '.join(one.pressed)}" for one in JOBS])
async def test_a_job_takes_no_more_keys_than_the_design_gives(job):
    assert len(job.pressed) <= job.most
    backend = FakeBackend(first=job.world())
    clock = [backend.first.taken_at]
    app = console(backend, lambda: clock[0], safety=Safety(grace_s=0.0))
    name = next(iter(backend.first.sets)).name

    def seen() -> bool:
        clock[0] += 1.0  # a cause must last before it is announced
        app.tick()
        return all(one in shown(app) for one in job.sees)

    async with app.run_test(size=(140, 52)) as pilot:
        await until(pilot, lambda: name[:6] in shown(app))
        await keys(pilot, *job.pressed)
        try:
            await until(pilot, seen, 10)
        except AssertionError:
            pytest.fail(f"not all of {job.sees} is on\n{shown(app)}")
        assert backend.submitted == []
