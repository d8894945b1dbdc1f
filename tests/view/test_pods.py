"""Pods: state in a glyph and a word, roles, scope, order and filters."""

import pytest

from lwstui.view.memo import Memo
from lwstui.view.pods import pods
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
