"""A list of pods while they turn ready: rows that got better keep their places for a while."""

from __future__ import annotations

import msgspec
import pytest

from controller.api.meta import Key
from lwstui.tui.screens.table import CALM_S
from lwstui.tui.screens.titles import got_worse, keep_places
from lwstui.view.types import Row
from tests.tui.support import FakeBackend, console, keys, settled, shown, until
from tests.tui.worlds import NOW, World
from tests.view.build import container

READY = {"ready": True, "phase": "Running"}
FAILED = {
    "ready": False,
    "containers": (container(ready=False, state="waiting", reason="CrashLoopBackOff"),),
}


class Bench:
    """A set of which two groups start, in a console whose clock is ours."""

    def __init__(self):
        self.now, self.version = NOW, 1
        self.world = World()
        self.world.add_nodes(8)
        self.world.add_set("llama", "··o··o", size=1)
        self.backend = FakeBackend(first=self.world.snapshot())
        self.app = console(self.backend, lambda: self.now)

    def names(self):
        return [row.ref.name for row in self.app.front.main.rows]

    async def change(self, pilot, group, **changes):
        key = Key("llm-prod", f"llama-{group}")
        self.world.pods[key] = msgspec.structs.replace(self.world.pods[key], **changes)
        self.version += 1
        self.backend.publish(self.world.snapshot(version=self.version))
        await until(pilot, lambda: self.app.snapshot.version == self.version)
        await settled(pilot, self.app)


@pytest.fixture
def bench():
    return Bench()


async def test_a_pod_that_turns_ready_keeps_its_place_until_the_order_is_taken_again(bench):
    async with bench.app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "llama" in shown(bench.app))
        await keys(pilot, "colon", *"pods", "enter")
        await until(pilot, lambda: "6 of 6" in shown(bench.app))
        first = ["llama-2", "llama-5", "llama-0", "llama-1", "llama-3", "llama-4"]
        assert bench.names() == first
        await bench.change(pilot, 2, **READY)
        assert bench.names() == first
        assert "(held)" in shown(bench.app)
        bench.now += CALM_S
        bench.app.front.refresh_view()
        assert bench.names() == ["llama-5", "llama-0", "llama-1", "llama-2", "llama-3", "llama-4"]
        await until(pilot, lambda: "(held)" not in shown(bench.app))


async def test_a_pod_that_fails_goes_to_the_top_at_once(bench):
    async with bench.app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "llama" in shown(bench.app))
        await keys(pilot, "colon", *"pods", "enter")
        await until(pilot, lambda: "6 of 6" in shown(bench.app))
        await bench.change(pilot, 2, **READY)
        await bench.change(pilot, 4, **FAILED)
        assert bench.names()[:2] == ["llama-4", "llama-5"]
        assert "(held)" not in shown(bench.app)


async def test_an_order_that_was_asked_for_is_kept_to(bench):
    async with bench.app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "llama" in shown(bench.app))
        await keys(pilot, "colon", *"pods", "enter")
        await until(pilot, lambda: "6 of 6" in shown(bench.app))
        await keys(pilot, "R")
        await until(pilot, lambda: "sort READY" in shown(bench.app))
        before = bench.names()
        await bench.change(pilot, 2, **READY, containers=(container(),))
        assert bench.names() != before
        assert "(held)" not in shown(bench.app)


def rows(*pairs):
    return tuple(Row(key, (), severity=severity) for key, severity in pairs)


@pytest.mark.parametrize(
    ("after", "worse"),
    [
        (rows(("a", 1), ("b", 2)), False),
        (rows(("a", 3), ("b", 2)), False),
        (rows(("a", 1), ("b", 1)), True),
        (rows(("c", 0), ("a", 1)), False),
    ],
    ids=["the same", "better", "worse", "new"],
)
def test_worse_is_a_row_whose_state_is_worse_than_it_was(after, worse):
    assert got_worse(rows(("a", 1), ("b", 2)), after) is worse


@pytest.mark.parametrize(
    ("after", "kept"),
    [("ba", "ab"), ("bca", "acb"), ("b", "b"), ("cd", "cd"), ("", "")],
    ids=["swapped", "one came", "one went", "all others", "none left"],
)
def test_rows_keep_their_places_and_new_ones_stand_where_their_order_puts_them(after, kept):
    before = rows(*((key, 0) for key in "ab"))
    found = keep_places(before, rows(*((key, 0) for key in after)))
    assert "".join(row.key for row in found) == kept
