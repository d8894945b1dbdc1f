"""What the watches bring, and how many snapshots are made of it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

from controller.api.names import LEADERWORKERSETS, PODS
from lwstui.runtime.feed import INTERVAL_S, Feed
from lwstui.runtime.ports import WatchSpec
from lwstui.state.store import Store
from tests.runtime.fakes import FakeTime, settle
from tests.view.build import lws, pod

SPEC = WatchSpec(PODS)


@asynccontextmanager
async def running():
    """Run a feed on virtual time; yield it, the time and what is published."""
    clock, published = FakeTime(), []
    feed = Feed(Store(), clock, published.append, before=lambda _: None, sleep=clock.sleep)
    task = asyncio.create_task(feed.run())
    await settle()
    try:
        yield feed, clock, published
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_long_list_is_shown_with_its_first_page_and_when_it_is_complete():
    pages = [[pod(group, worker) for worker in (0, 1)] for group in range(20)]
    async with running() as (feed, clock, published):
        for page in pages[:-1]:
            feed.page(SPEC, page)
            await clock.advance(2 * INTERVAL_S)
        assert [len(one.pods) for one in published] == [2], "only the first page is worth a screen"
        feed.replace(SPEC, [one for page in pages for one in page])
        await clock.advance(2 * INTERVAL_S)
        assert [len(one.pods) for one in published] == [2, 40]


async def test_what_came_of_a_list_is_shown_with_anything_else_that_comes():
    async with running() as (feed, clock, published):
        feed.page(SPEC, [pod(0, 0)])
        await clock.advance(2 * INTERVAL_S)
        feed.page(SPEC, [pod(1, 0)])
        feed.apply(WatchSpec(LEADERWORKERSETS), "ADDED", lws())
        await clock.advance(2 * INTERVAL_S)
        assert [len(one.pods) for one in published] == [1, 2]


async def test_the_first_page_of_the_next_list_is_shown_at_once_again():
    async with running() as (feed, clock, published):
        for phase in ("Pending", "Running"):
            feed.page(SPEC, [pod(0, 0, phase=phase)])
            await clock.advance(2 * INTERVAL_S)
            feed.replace(SPEC, [pod(0, 0, phase=phase), pod(1, 0, phase=phase)])
            await clock.advance(2 * INTERVAL_S)
        assert [len(one.pods) for one in published] == [1, 2, 2, 2]
