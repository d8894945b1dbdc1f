"""The order of sets that are equally severe, and the columns of the event tail."""

from __future__ import annotations

from lwstui.view.fleet import fleet
from lwstui.view.memo import Memo
from lwstui.view.types import Query
from tests.tui.building import NOW, World


def test_the_event_tail_stands_in_columns_and_says_where_it_is_cut():
    world = World()
    world.add_nodes(2)
    world.add_set("a-set-with-quite-a-long-name", "·", size=1, gpus=0)
    world.add_set("b", "·", size=1, gpus=0)
    for name in ("a-set-with-quite-a-long-name-0", "b-0"):
        world.add_event(name, "Unhealthy", "x" * 200, warning=True)
    view = fleet(world.snapshot(), Query(), NOW, Memo(), width=100)
    lines = ["".join(span.text for span in line) for line in view.events]
    assert {line.index("xxx") for line in lines} == {lines[0].index("xxx")}
    assert {len(line) for line in lines} == {101}


def test_among_equally_severe_sets_the_one_that_the_strip_tells_first_comes_first():
    world = World()
    world.add_nodes(8)
    world.add_set("a", "P···", size=1, gpus=1)
    world.add_set("b", "PPP·", size=1, gpus=1)
    world.add_set("c", "·", size=1, gpus=1)
    view = fleet(world.snapshot(), Query(), NOW, Memo())
    assert [line.ref.name for line in view.attention] == ["b", "a"]
    assert [row.ref.name for row in view.table.rows] == ["b", "a", "c"]
    by_size = fleet(world.snapshot(), Query(sort="size"), NOW, Memo())
    assert [row.ref.name for row in by_size.table.rows] == ["a", "b", "c"]
