"""Counting what fits: beside the screen, not too often, and honest about its age."""

from __future__ import annotations

import asyncio

import pytest

from controller.api.names import LEADERWORKERSETS, NODES, PODS
from lwstui.state.store import Store
from lwstui.tui import counting
from lwstui.tui.counting import FRESH_S, OLD_S, Counting
from tests.view.build import LLAMA, NOW, lws, node, pod

OTHER = LLAMA._replace(name="other")


class Bench:
    """Counting whose work waits until it is told to go on."""

    def __init__(self):
        self.now = NOW
        self.work = []
        self.news = 0
        self.counting = Counting(self.work.append, lambda: self.now, self._done)
        self.store = Store()
        self.store.apply(*named(lws()))
        self.store.apply(*named(lws(key=OTHER)))
        self.store.apply(*named(node("n0")))

    def _done(self):
        self.news += 1

    def said(self, key=LLAMA):
        lines = self.counting.lines(self.store.publish(self.now), key)
        return [("".join(span.text for span in line)) for line in lines]

    def change(self):
        self.store.apply(PODS, "MODIFIED", pod(ip=f"10.0.0.{int(self.now) % 200}", node="n0"))

    async def finish(self):
        work, self.work[:] = self.work[:], []
        await asyncio.gather(*work)


def named(record):
    resource = LEADERWORKERSETS if hasattr(record, "spec") else NODES
    return resource, "ADDED", record


@pytest.fixture
def bench():
    made = Bench()
    yield made
    for work in made.work:
        work.close()


async def test_the_first_answer_is_awaited_and_then_shown(bench):
    assert bench.said() == ["counting what fits"]
    assert bench.said() == ["counting what fits"]
    assert len(bench.work) == 1
    await bench.finish()
    assert bench.news == 1
    assert "pods counted" in bench.said()[-1]


async def test_nothing_is_counted_again_while_nothing_changes(bench):
    bench.said()
    await bench.finish()
    bench.now += 10 * OLD_S
    assert "counted" not in bench.said()[-1].split()[:1]
    assert bench.work == []


async def test_what_changes_is_counted_again_but_not_too_often(bench):
    bench.said()
    await bench.finish()
    bench.change()
    bench.now += FRESH_S - 1
    bench.said()
    assert bench.work == []
    bench.now += 1
    bench.said()
    assert len(bench.work) == 1
    await bench.finish()
    assert bench.counting.counts == 2


async def test_an_old_answer_says_how_old_it_is_until_the_new_one_is_there(bench):
    bench.said()
    await bench.finish()
    bench.change()
    bench.now += OLD_S
    assert bench.said()[-1] == f"counted {OLD_S:.0f}s ago"
    await bench.finish()
    assert "pods counted" in bench.said()[-1]


async def test_an_answer_about_one_set_is_not_shown_for_another(bench):
    bench.said()
    await bench.finish()
    assert bench.said(OTHER) == ["counting what fits"]
    assert bench.said(LLAMA._replace(name="gone")) == []


async def test_a_count_that_fails_is_tried_again_later(bench, monkeypatch):
    def fails(snapshot, key):
        raise ValueError(key)

    monkeypatch.setattr(counting, "fit_of", fails)
    bench.said()
    with pytest.raises(ValueError, match="llama"):
        await bench.finish()
    assert bench.said() == ["counting what fits"]
    assert bench.work == []
    monkeypatch.undo()
    bench.now += FRESH_S
    bench.said()
    await bench.finish()
    assert "pods counted" in bench.said()[-1]
