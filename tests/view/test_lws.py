from dataclasses import replace

import pytest

from controller.api.meta import Key
from lwstui.state.model import ControllerView, Pending
from lwstui.view.describe import describe
from lwstui.view.lws import cell_line, set_view
from lwstui.view.memo import Memo
from lwstui.view.types import Query, Ref
from tests.view.build import LLAMA, NOW, lws, node, pod, revision, snapshot, starting


def text(line):
    return "".join(span.text for span in line)


def show(snap, query=None, key=LLAMA):
    return set_view(snap, key, query or Query(), NOW, Memo())


def rolling(count=4, new=(3,), surge=0):
    """A rollout to ``bbb222`` that reached the groups ``new``."""
    pods = [
        pod(g, w, revision="bbb222" if g in new else "aaa111")
        for g in range(count + surge)
        for w in (0, 1)
    ]
    return snapshot(
        sets=(lws(count),), pods=tuple(pods), revisions=(revision(), revision("bbb222", 2))
    )


def test_a_set_that_is_gone_says_so():
    view = show(snapshot(), key=Key("prod", "nope"))
    assert not view.found
    assert text(view.header[0]) == "prod/nope is gone"


def test_header_has_shape_policies_counts_and_state():
    first, counts, state = (text(line) for line in show(rolling()).header)
    assert "prod / llama" in first
    assert "4 groups × 2 pods" in first
    assert "rolling aaa111 → bbb222" in first
    assert "RecreateGroupOnPodRestart" in first
    assert counts == "groups 4/4 ready · updated 1/4 · pods 8/8 · GPU 32/32"
    assert state.startswith(": old")


def test_map_has_a_cell_per_pod_that_exists_or_should():
    snap = snapshot(
        sets=(lws(3, 3),),
        pods=(starting(0, size=3), pod(1, size=3), pod(1, 1, size=3), pod(1, 2, size=3)),
    )
    view = show(snap)
    assert ["".join(cell.glyph for cell in g.cells) for g in view.groups] == ["o__", "···", "___"]
    missing = view.groups[0].cells[2].ref
    assert missing == Ref("pod", "prod", "llama-0-2", 0, 2)
    assert text(view.legend) == "o starting  _ empty  · ready  "


def test_marks_and_strip_of_a_rollout():
    view = show(rolling(surge=1, new=(3, 4)))
    assert [g.mark for g in view.groups] == ["~", "~", "~", " ", "^"]
    assert text(view.strip) == "0 ~~~┃· 3   ┃ partition 3"
    assert show(snapshot(sets=(lws(1),), pods=(pod(), pod(0, 1)))).strip == ()


def test_groups_have_a_column_per_pod_while_they_are_small():
    view = show(snapshot(sets=(lws(1),), pods=(pod(), starting(0, 1))))
    ids = [column.id for column in view.table.columns]
    (row,) = view.table.rows
    assert row.cells[ids.index("leader")].text == "· ready"
    assert row.cells[ids.index("w1")].text == "o pulling"
    assert row.ref == Ref("group", "prod", "llama", 0, uid="uid-llama-0")


def test_large_groups_have_their_pods_in_blocks_of_eight():
    pods = tuple(pod(0, w, size=12) for w in range(11))
    view = show(snapshot(sets=(lws(1, 12),), pods=pods))
    ids = [column.id for column in view.table.columns]
    assert view.table.rows[0].cells[ids.index("pods")].text == "·│········ ··_"


def test_exceptions_tell_alike_pods_together():
    snap = snapshot(
        sets=(lws(3),),
        pods=(
            pod(0),
            pod(0, 1),
            starting(1),
            starting(1, 1),
            pod(2),
            pod(2, 1, phase="Failed", reason="Evicted"),
        ),
    )
    rows = [[cell.text for cell in row.cells] for row in show(snap).exceptions.rows]
    assert [row[:6] for row in rows] == [
        ["X", "2", "w1", "llama-2-1", "failed", "Evicted"],
        ["o", "1", "all", "2 pods", "pulling", "pulling repo/vllm:1"],
    ]


def test_waits_of_the_controller_are_shown_verbatim():
    waits = {LLAMA: (("startup", "waiting for leaders", 2), ("budget", "group 3 is down", 3))}
    snap = snapshot(sets=(lws(),), controller=ControllerView(mode="leader", waits=waits))
    assert [text(line) for line in show(snap).waits] == [
        "group 2: waiting for leaders",
        "group 3 is down",
    ]


def test_a_filter_applies_to_the_groups():
    view = show(rolling(), Query(filter="rev:bbb"))
    assert [row.cells[1].text for row in view.table.rows] == ["3"]
    assert view.table.total == 4


def test_a_requested_change_is_in_the_header():
    snap = replace(rolling(), pending={LLAMA: Pending(NOW - 3, "scale to 5 groups")})
    assert "scale to 5 groups requested 3s ago" in text(show(snap).header[0])


@pytest.mark.parametrize(
    ("ref", "says"),
    [
        (Ref("set", "prod", "llama"), "Stands at"),
        (Ref("group", "prod", "llama", 3), "of prod/llama"),
        (Ref("pod", "prod", "llama-3-1"), "w1 of group 3 of llama"),
        (Ref("node", "", "node-3"), "8/8 H100-80G, 0 free"),
        (Ref("set", "prod", "nope"), "set prod/nope is gone"),
        (Ref("group", "prod", "llama", 9), "is gone"),
        (Ref("event", "prod", "x", uid="x"), "is gone"),
    ],
)
def test_describe(ref, says):
    base = rolling()
    snap = replace(base, nodes={"node-3": node("node-3")})
    assert says in "\n".join(text(line) for line in describe(snap, ref, NOW))


def test_the_strip_shows_where_the_controller_is_and_where_the_user_stops_it():
    found = rolling(new=(3,))
    key = next(iter(found.sets))
    found.sets[key].spec["rolloutStrategy"] = {"rollingUpdateConfiguration": {"partition": 1}}
    assert text(show(found).strip) == "0 ~▽~~┃· 3   ┃ partition 3   ▽ yours 1"


@pytest.mark.parametrize(
    ("wanted", "left"),
    [("node:node-1", [1]), ("nodes:~node-[13]$", [1, 3]), ("rev:aaa1112", []), ("rev:bbb222", [3])],
)
def test_filters_see_all_of_a_group(wanted, left):
    found = rolling(new=(3,))
    key = next(iter(found.sets))
    rows = set_view(found, key, Query(filter=wanted), NOW, Memo()).table.rows
    assert [row.ref.group for row in rows] == left


def test_a_cell_of_a_small_map_is_told_in_a_line():
    found = rolling(new=(3,))
    key = next(iter(found.sets))
    one = text(cell_line(found, key, (3,), NOW, Memo()))
    assert one.startswith("▶ 3   · ready")
    assert "rev bbb222" in one
    assert "leader on node-3" in one
    assert text(cell_line(found, key, (0, 1, 2, 3), NOW, Memo())).startswith("▶ groups 0-3: :3 ·1 ")
    assert cell_line(found, key, (), NOW, Memo()) == ()


class Looks(Memo):
    """A memo that counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def get(self, *args, **kwargs):
        self.asked += 1
        return super().get(*args, **kwargs)


def looks(groups: int) -> tuple[int, int]:
    """Return what is asked and built for a set in which nothing happens."""
    snap, memo = rolling(groups), Looks()
    first = set_view(snap, LLAMA, Query(), NOW, memo)
    memo.asked, built = 0, memo.built
    second = set_view(snap, LLAMA, Query(), NOW, memo)
    assert second.groups is first.groups
    assert [row.key for row in second.table.rows] == [row.key for row in first.table.rows]
    return memo.asked, memo.built - built


def test_a_set_nothing_happens_in_costs_the_same_however_large_it_is():
    assert looks(4) == looks(400)
    assert looks(4)[1] == 0


def test_exceptions_grow_older_while_nothing_else_happens():
    memo, snap = Memo(), snapshot(sets=(lws(1),), pods=(pod(), starting(0, 1)))
    ages = [
        set_view(snap, LLAMA, Query(), NOW + later, memo).exceptions.rows[0].cells[-2].text
        for later in (0, 30)
    ]
    assert ages == ["10s", "40s"]
