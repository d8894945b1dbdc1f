"""Snapshots that come: at once while that is cheap, in slices and with rests when it is not."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from lwstui.state.model import Snapshot
from lwstui.tui.arriving import (
    FIRST_SLICE_S,
    GAP_S,
    LONGEST_REST_S,
    PRESSED_S,
    SLICE_S,
    TYPING_REST_S,
    Arrivals,
)


@dataclass
class Work:
    """A clock that only work moves on, and what was done until when."""

    steps: int = 0
    step_s: float = 0.0
    now: float = 0.0
    prepared: list[int] = field(default_factory=list)
    shown: list[int] = field(default_factory=list)
    fails: bool = False
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def arrivals(self) -> Arrivals:
        return Arrivals(
            lambda: None,
            prepare=self.prepare,
            show=lambda snapshot: self.shown.append(snapshot.version),
            run=lambda work: self.tasks.append(asyncio.ensure_future(work)),
            clock=lambda: self.now,
        )

    def prepare(self, snapshot: Snapshot) -> Iterator[None]:
        for _ in range(self.steps):
            self.prepared.append(snapshot.version)
            self.now += self.step_s
            if self.fails:
                raise ValueError
            yield


async def test_what_costs_little_is_shown_at_once():
    work = Work(steps=3, step_s=FIRST_SLICE_S / 10)
    arrivals = work.arrivals()
    for version in (1, 2):
        arrivals.slot.put(Snapshot(version=version))
        arrivals.take()
        assert work.shown[-1] == version
    assert not work.tasks


async def test_keys_come_between_the_slices_of_what_costs_much():
    work = Work(steps=40, step_s=SLICE_S / 2)
    arrivals = work.arrivals()
    arrivals.slot.put(Snapshot(version=1))
    arrivals.take()
    assert arrivals.busy
    assert not work.shown
    turns = 0
    while not work.shown:
        arrivals.pressed()
        before = len(work.prepared)
        await asyncio.sleep(0)
        assert len(work.prepared) - before <= 2
        turns += 1
    assert turns >= 10


async def test_the_newest_of_what_came_meanwhile_is_shown_and_nothing_is_lost():
    work = Work(steps=40, step_s=SLICE_S)
    arrivals = work.arrivals()
    arrivals.slot.put(Snapshot(version=1))
    arrivals.take()
    for version in (2, 3):
        arrivals.slot.put(Snapshot(version=version))
        arrivals.take()
    await asyncio.gather(*work.tasks)
    assert work.shown == [1, 3]
    assert not arrivals.busy
    arrivals.slot.put(Snapshot(version=4))
    arrivals.take()
    await asyncio.gather(*work.tasks)
    assert work.shown == [1, 3, 4]


async def test_a_defect_in_the_steps_does_not_keep_a_snapshot_from_the_screen(expected_defects):
    work = Work(steps=3, fails=True)
    arrivals = work.arrivals()
    arrivals.slot.put(Snapshot(version=1))
    arrivals.take()
    assert work.shown == [1]


@pytest.mark.parametrize(
    ("keys_s", "at_least_s", "at_most_s"),
    [
        (0.0, LONGEST_REST_S, LONGEST_REST_S),
        (0.7, 0.7, 0.7 + 2 * PRESSED_S),
        (60.0, TYPING_REST_S, TYPING_REST_S + PRESSED_S),
    ],
)
async def test_the_rest_is_longer_while_keys_come_and_ends_though_they_go_on(
    keys_s, at_least_s, at_most_s
):
    """Whoever scrolls sees what comes a little later, and still sees it."""
    passed, shown_at = [0.0], list[float]()

    async def sleep(seconds: float) -> None:
        passed[0] += seconds
        if passed[0] <= keys_s:
            arrivals.pressed()
        await asyncio.sleep(0)

    def show(snapshot: Snapshot) -> None:
        shown_at.append(passed[0])
        if snapshot.version == 1:
            work.steps = 0
            arrivals.slot.put(Snapshot(version=2))

    work = Work(steps=1, step_s=LONGEST_REST_S)
    arrivals = Arrivals(
        lambda: None,
        prepare=work.prepare,
        show=show,
        run=lambda made: work.tasks.append(asyncio.ensure_future(made)),
        clock=lambda: work.now,
        wall=lambda: passed[0],
        sleep=sleep,
    )
    if keys_s:
        arrivals.pressed()
    arrivals.slot.put(Snapshot(version=1))
    arrivals.take()
    await asyncio.gather(*work.tasks)
    first, second = shown_at
    assert first < 2 * GAP_S
    assert at_least_s - first <= second - first <= at_most_s
