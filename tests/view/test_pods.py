"""Pods: state in a glyph and a word, roles, scope, order and filters."""

import pytest

from lwstui.view.memo import Memo
from lwstui.view.pods import PodRow, pods
from lwstui.view.types import Query, Ref
from tests.view.build import LLAMA, NOW, container, lws, pod, snapshot, starting


def table(*made, query=None, scope=None):
    snap = snapshot(sets=(lws(12),), pods=made)
    return pods(snap, query or Query(), NOW, Memo(), scope=scope)


def cells(found, name):
    row = next(row for row in found.rows if row.ref.name == name)
    return {column.id: cell for column, cell in zip(found.columns, row.cells, strict=True)}


@pytest.mark.parametrize(
    ("made", "glyph", "word"),
    [
        pytest.param(pod(), "·", "ready", id="ready"),
        pytest.param(starting(), "o", "pulling", id="pulling"),
        pytest.param(
            pod(ready=False, ready_changed_at=NOW - 5, created_at=NOW - 5,
                containers=(container(ready=False, started_at=NOW - 3),)),
            "o", "loading", id="loading",
        ),
        pytest.param(
            pod(phase="Pending", ready=False, scheduled=False, node="", containers=(),
                unscheduled_reason="Unschedulable",
                unscheduled_message="0/3 nodes are available: 3 Insufficient nvidia.com/gpu."),
            "P", "pending", id="unschedulable",
        ),
        pytest.param(
            pod(ready=False, containers=(container(ready=False, state="waiting", restarts=4,
                                                   reason="CrashLoopBackOff"),)),
            "X", "failed", id="crash-loop",
        ),
        pytest.param(pod(deleted_at=NOW + 10), "-", "leaving", id="leaving"),
    ],
)  # fmt: skip
def test_the_state_is_a_glyph_and_a_word(made, glyph, word):
    found = cells(table(made), made.name)
    assert (found["state"].text, found["status"].text) == (glyph, word)


def test_roles_and_groups():
    found = table(pod(3, 0), pod(3, 1))
    assert cells(found, "llama-3")["role"].text == "leader"
    assert cells(found, "llama-3-1")["role"].text == "w1"
    assert cells(found, "llama-3-1")["group"].text == "3"


def test_the_reason_of_an_unschedulable_pod_begins_with_what_is_short():
    message = "0/3 nodes are available: 3 Insufficient nvidia.com/gpu."
    made = pod(phase="Pending", ready=False, scheduled=False, node="", containers=(),
               unscheduled_reason="Unschedulable", unscheduled_message=message)  # fmt: skip
    assert cells(table(made), made.name)["reason"].text == "too few nvidia.com/gpu on 3 of 3 nodes"


def test_worst_first_then_by_group_number():
    found = table(pod(10), pod(2), starting(11))
    assert [row.ref.name for row in found.rows] == ["llama-11", "llama-2", "llama-10"]


def test_scope_and_filter():
    made = [pod(g, w) for g in range(3) for w in (0, 1)]
    group = Ref("group", LLAMA.namespace, LLAMA.name, group=1)
    assert [r.ref.name for r in table(*made, scope=group).rows] == ["llama-1", "llama-1-1"]
    found = table(*made, query=Query(filter="role:leader !llama-0"))
    assert [r.ref.name for r in found.rows] == ["llama-1", "llama-2"]


def crowd(count):
    made = [pod(group, worker) for group in range(count) for worker in (0, 1)]
    return snapshot(sets=(lws(count),), pods=made)


@pytest.fixture
def made(monkeypatch):
    """Names of pods whose cells, sort keys and texts for filters were made."""
    found = {"cells": [], "sort": [], "haystack": []}
    for what, names in found.items():
        make = getattr(PodRow, f"made_{what}")

        def noted(row, make=make, names=names):
            names.append(row.ref.name)
            return make(row)

        monkeypatch.setattr(PodRow, f"made_{what}", noted)
    return found


def test_cells_are_made_of_the_rows_that_are_looked_at_and_once(made):
    found = pods(crowd(30), Query(), NOW, Memo())
    assert len(found.rows) == 60
    assert made == {"cells": [], "sort": [], "haystack": []}
    row = found.rows[3]
    assert row.cells is row.cells
    assert made == {"cells": [row.ref.name], "sort": [], "haystack": []}


def test_an_order_asks_for_sort_keys_and_a_filter_for_texts(made):
    snap, memo = crowd(3), Memo()
    pods(snap, Query(sort="age"), NOW, memo)
    assert (len(made["cells"]), len(made["sort"]), len(made["haystack"])) == (0, 6, 0)
    shown = pods(snap, Query(filter="llama-2"), NOW, memo)
    assert [row.ref.name for row in shown.rows] == ["llama-2", "llama-2-1"]
    assert (len(made["sort"]), len(made["haystack"])) == (6, 6)


def test_a_row_knows_what_it_is_and_nothing_else():
    row = pods(crowd(1), Query(), NOW, Memo()).rows[0]
    with pytest.raises(AttributeError):
        _ = row.colour


def test_rows_judge_pods_as_the_digest_of_their_set_does():
    bad = pod(0, 1, ready=False, containers=(container(ready=False, state="waiting",
                                                       reason="CrashLoopBackOff"),))  # fmt: skip
    stray = pod(5, 0, key=LLAMA._replace(name="nobody"))
    snap, memo = snapshot(sets=(lws(1),), pods=(pod(), bad, stray)), Memo()
    found = pods(snap, Query(), NOW, memo)
    assert [(row.ref.name, row.state) for row in found.rows] == [
        (bad.name, "failed"),
        (pod().name, "ready"),
        (stray.name, "ready"),
    ]


def test_a_pod_that_comes_or_goes_leaves_the_rows_of_the_others_as_they_are():
    memo, some = Memo(), [pod(group, 0) for group in (0, 1, 2)]
    first = pods(snapshot(sets=(lws(3),), pods=some), Query(sort="name"), NOW, memo).rows
    fewer = pods(snapshot(sets=(lws(3),), pods=some[1:]), Query(sort="name"), NOW, memo).rows
    assert [one is other for one, other in zip(first[1:], fewer, strict=True)] == [True, True]
    again = pods(snapshot(sets=(lws(3),), pods=some), Query(sort="name"), NOW, memo).rows
    assert [row.ref.name for row in again] == ["llama-0", "llama-1", "llama-2"]
    assert again[1:] == fewer


def test_pods_without_a_group_are_judged_too():
    odd = pod(-1, -1, name="odd", uid="odd", phase="Failed", reason="Evicted", ready=False)
    found = pods(snapshot(sets=(lws(1),), pods=(odd, pod())), Query(), NOW, Memo())
    assert [(row.ref.name, row.state) for row in found.rows] == [
        ("odd", "failed"),
        ("llama-0", "ready"),
    ]
