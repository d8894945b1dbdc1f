"""The queue: deduplication, exclusivity, delays and back-off, on a driven clock."""

from __future__ import annotations

import asyncio

import pytest

from controller.api.meta import Key
from controller.workqueue import WorkQueue
from tests.controller.runtime.clock import FakeClock, spin

A, B = Key("ns", "a"), Key("ns", "b")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def queue(clock):
    queue = WorkQueue(clock, sleep=clock.sleep, jitter=lambda: 1.0)
    yield queue
    queue.clear()
    await spin()


async def test_hands_out_each_key_once_in_order(queue):
    for key in (A, B, A):
        queue.add(key)
    assert queue.depth == 2
    assert [await queue.get(), await queue.get()] == [A, B]
    assert queue.depth == 0


async def test_a_key_is_never_in_two_hands(queue):
    queue.add(A)
    await queue.get()
    queue.add(A)
    other = asyncio.create_task(queue.get())
    await spin()
    assert not other.done()
    queue.done(A)
    assert await other == A


async def test_a_waiting_worker_is_woken(queue):
    workers = [asyncio.create_task(queue.get()) for _ in range(2)]
    await spin()
    queue.add(A)
    queue.add(B)
    assert sorted(await asyncio.gather(*workers)) == [A, B]


async def test_measures_how_long_keys_wait(queue, clock):
    queue.add(A)
    await clock.advance(1.5)
    await queue.get()
    assert queue.latency_s == 1.5


async def test_delayed_keys_come_when_due_earliest_first(queue, clock):
    queue.add(A, 10)
    queue.add(B, 5)
    queue.add(A, 7)  # earlier than before: counts
    queue.add(A, 20)  # later: does not
    assert (queue.depth, queue.delayed) == (0, 2)
    await clock.advance(5)
    assert await queue.get() == B
    await clock.advance(1.5)
    assert queue.depth == 0
    await clock.advance(0.5)
    assert await queue.get() == A
    await clock.advance(60)
    assert (queue.depth, queue.delayed) == (0, 0)


async def test_work_now_takes_the_place_of_work_later(queue, clock):
    queue.add(A, 10)
    queue.add(A)
    await queue.get()
    queue.done(A)
    await clock.advance(20)
    assert queue.depth == 0


async def test_back_off_doubles_to_a_minute_and_is_reset(queue):
    delays = [queue.retry(A) for _ in range(16)]
    assert delays[:4] == [0.005, 0.01, 0.02, 0.04]
    assert delays[-1] == 60.0
    assert queue.retry(B) == 0.005
    queue.succeeded(A)
    assert queue.retry(A) == 0.005


async def test_back_off_has_full_jitter(clock):
    queue = WorkQueue(clock, sleep=clock.sleep, jitter=lambda: 0.25)
    assert [queue.retry(A), queue.retry(A)] == [0.00125, 0.0025]
    queue.clear()


async def test_a_hold_also_holds_back_other_reasons(queue, clock):
    queue.add(A)
    await queue.get()
    queue.add(A)  # an event during the pass
    assert queue.retry(A, hold_s=3) == 3
    queue.done(A)
    queue.add(A)
    await clock.advance(2.5)
    assert queue.depth == 0
    await clock.advance(0.5)
    assert await queue.get() == A


async def test_an_event_shortens_plain_back_off(queue):
    queue.retry(A)
    queue.add(A)
    assert await queue.get() == A


async def test_forgotten_keys_do_not_come_back(queue, clock):
    queue.add(A, 5)
    queue.forget(A)
    await clock.advance(10)
    assert queue.depth == 0


async def test_clear_empties_everything(queue, clock):
    queue.add(A)
    queue.add(B, 5)
    queue.clear()
    await clock.advance(10)
    assert (queue.depth, queue.delayed) == (0, 0)
    queue.add(B, 1)
    await clock.advance(1)
    assert await queue.get() == B


async def test_a_resting_key_gathers_what_happens_meanwhile(queue, clock):
    queue.add(A)
    await queue.get()
    queue.add(A)  # during the pass
    queue.done(A, rest_s=2)
    queue.add(A)
    queue.add(B)
    assert await queue.get() == B
    await clock.advance(1)
    assert (queue.depth, queue.delayed) == (0, 1)
    await clock.advance(1)
    assert await queue.get() == A
    queue.done(A)
    await clock.advance(10)
    assert queue.depth == 0
