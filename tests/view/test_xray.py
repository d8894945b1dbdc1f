"""A set as a tree: what is open, what is folded, what a filter leaves."""

from __future__ import annotations

from dataclasses import replace

from controller.api.meta import Key
from lwstui.view.memo import Memo
from lwstui.view.types import Query
from lwstui.view.xray import xray
from tests.tui.worlds import NOW, large, rolling


def tree(query=None, toggled=frozenset(), *, world=None):
    made, key = world or rolling()
    return xray(made.snapshot(), key, query or Query(), NOW, Memo(), toggled=toggled)


def names(view):
    return [row.cells[1].text.strip() for row in view.rows]


def test_what_is_not_fine_is_open_down_to_its_containers():
    view = tree()
    found = names(view)
    assert found[0].startswith("▾ llama70b   48 groups × 4 pods")
    assert "▸ group 47" in found
    at = found.index("▾ group 29*")
    assert found[at + 1].startswith("▸ llama70b-29   leader")
    assert any(name.startswith("▾ llama70b-29-2") for name in found[at : at + 6])
    containers = [row for row in view.rows if row.cells[1].text.startswith("        ")]
    assert [row.cells[1].text.split()[0] for row in containers] == ["vllm-worker"]
    assert containers[0].state == "failed"


def test_folding_is_the_other_way_round():
    open_group = tree(toggled={"g0"})
    assert len(open_group.rows) == len(tree().rows) + 4
    assert len(tree(toggled={"g29"}).rows) < len(tree().rows)
    assert len(tree(toggled={"set"}).rows) == 1


def test_a_filter_opens_what_it_finds_and_keeps_the_way_there():
    found = names(tree(Query("llama70b-3-1")))
    assert [name.split()[1] for name in found[:2]] == ["llama70b", "group"]
    assert found[1].startswith("▾ group 3")
    assert len(found) == 3
    assert tree(Query("nosuchthing")).note == "nothing matches"
    assert "(" in tree(Query("~(")).note or tree(Query("~(")).note


def test_faults_only_leaves_the_branches_that_lead_to_one():
    found = names(tree(Query(faults_only=True)))
    assert any("group 29" in name for name in found)
    assert not any("group 47" in name for name in found)


def test_a_set_that_is_gone():
    made, _ = rolling()
    view = xray(made.snapshot(), Key("a", "b"), Query(), NOW, Memo(), toggled=frozenset())
    assert view.note == "a/b is gone"


def test_rows_stay_while_nothing_they_show_changes():
    made, key = large(200, 2)
    memo, seen = Memo(), made.snapshot()
    first = xray(seen, key, Query(), NOW, memo, toggled=frozenset()).rows
    built = memo.built
    again = xray(replace(seen, version=2), key, Query(), NOW, memo, toggled=frozenset()).rows
    assert memo.built == built
    assert all(a is b for a, b in zip(first[1:], again[1:], strict=True))
