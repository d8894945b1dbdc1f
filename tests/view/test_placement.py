"""Placement: what is split, what shares, what is left out, and how it stays readable."""

from __future__ import annotations

import pytest

from lwstui.view.memo import Memo
from lwstui.view.placement import HOST, placement
from lwstui.view.types import Query, Ref
from tests.tui.building import NOW
from tests.tui.places import RACK, many, racks, subgroups


def _view(found, **options):
    snapshot, key = found
    ref = options.pop("ref", Ref("set", *key))
    return placement(snapshot, ref, Query(), NOW, options.pop("memo", Memo()), **options)


def _rows(view):
    return {row.cells[1].text: row for row in view.table.rows}


def test_the_sets_own_key_comes_first_and_node_names_last():
    view = _view(racks())
    assert view.key == RACK
    assert view.keys[-1] == HOST


@pytest.mark.parametrize(
    ("group", "state", "said"),
    [
        ("0", "ok", "ok"),
        ("2", "split", "split over 2 racks"),
        ("3", "shared", "shared with phi4"),
        ("4", "unplaced", "not placed yet"),
    ],
)
def test_verdicts_of_an_exclusive_set(group, state, said):
    row = _rows(_view(racks(), room=(200, 60)))[group]
    assert (row.state, row.cells[-1].text) == (state, said)


def test_cells_count_pods_and_mark_what_is_wrong():
    view = _view(racks(), room=(200, 60))
    titles = [column.title for column in view.table.columns[2:-2]]
    assert titles == ["rack-1", "rack-2", "rack-3", "rack-4", "rack-5"]
    rows = _rows(view)
    assert [cell.text for cell in rows["2"].cells[2:-2]] == ["·", "·", "3", "1!", "·"]
    assert [cell.text for cell in rows["3"].cells[2:-2]] == ["·", "·", "·", "·", "4+"]


def test_domains_that_do_not_fit_as_columns_are_named():
    rows = _rows(_view(racks(), room=(80, 24)))
    assert rows["2"].cells[2].text == "rack-3:3 rack-4:1!"


def test_another_key_is_no_violation_to_share():
    rows = _rows(_view(racks(), key="topology.kubernetes.io/zone"))
    assert rows["3"].cells[-1].text == "ok, beside phi4"
    assert rows["3"].state == "ok"


def test_node_names_are_not_judged():
    rows = _rows(_view(racks(), key=HOST, room=(100, 60)))
    assert (rows["2"].state, rows["2"].cells[-1].text) == ("ok", "4 nodes")


def test_subgroups_have_a_row_each_and_are_judged_by_their_own_key():
    rows = _rows(_view(subgroups(), room=(200, 60)))
    assert rows["0.1"].cells[-1].text == "split over 2 racks"
    assert rows["0.0"].cells[-1].text == "shared with subgroup 1"


def test_of_two_thousand_groups_those_that_stand_out_are_shown():
    found = many()
    memo = Memo()
    view = _view(found, memo=memo)
    # Those whose pods went astray, and the one they went to.
    assert set(_rows(view)) == {"7", "413", "1201"}
    assert view.hidden == 1997
    built = memo.built
    again = _view(found, memo=memo)
    assert memo.built == built
    assert [a is b for a, b in zip(again.table.rows, view.table.rows, strict=True)] == [True] * 3


def test_the_group_that_was_asked_for_is_always_shown():
    snapshot, key = many(100)
    view = _view((snapshot, key), ref=Ref("group", *key, 42))
    assert "42" in _rows(view)


def test_a_set_that_is_gone():
    snapshot, _ = racks()
    view = placement(snapshot, Ref("set", "no", "set"), Query(), NOW, Memo())
    assert not view.found
