from dataclasses import replace

import msgspec
import pytest

from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS, NODES, PODS, REVISIONS
from lwstui.kube.sync import KindSync
from lwstui.state.insights import Finding, Insight, Severity, Subject
from lwstui.state.model import ClusterState, ControllerView, Pending, Snapshot, Underway
from lwstui.state.store import Store
from lwstui.view.fleet import COLUMNS, fleet
from lwstui.view.memo import Memo
from lwstui.view.nodes import nodes
from lwstui.view.pods import pods
from lwstui.view.types import Query, Ref
from tests.view.build import (
    LLAMA,
    NOW,
    container,
    lws,
    node,
    pod,
    revision,
    snapshot,
    starting,
)

IDS = [column.id for column in COLUMNS]


def cell(view, name, column):
    found = next(row for row in view.table.rows if row.cells[1].text == name)
    return found.cells[IDS.index(column)]


def group(index, *, key=LLAMA, **changes):
    return (pod(index, 0, key=key, **changes), pod(index, 1, key=key, **changes))


def view(snap, query=None, now=NOW, memo=None):
    return fleet(snap, query or Query(), now, memo or Memo())


def said(found):
    return "".join(span.text for span in found.calm)


def test_a_healthy_set():
    found = view(snapshot(sets=(lws(),), pods=(*group(0), *group(1))))
    texts = {column: cell(found, "llama", column).text for column in IDS}
    assert texts == {
        "state": "·",
        "name": "llama",
        "namespace": "prod",
        "ready": "2/2",
        "updated": "2/2",
        "size": "2",
        "pods": "·4",
        "gpu": "16/16",
        "rollout": "—",
        "groups": "··",
        "revision": "aaa111",
        "age": "1h",
        "restarts": "0",
        "nodes": "2",
        "image": "vllm:1",
        "util": "–",
        "requests": "–",
    }
    assert found.attention == ()
    assert found.quiet.text == "NOTHING NEEDS ATTENTION"
    assert said(found) == "all 2 groups ready"


def test_worst_first_and_one_attention_line_per_cause():
    crash = container(ready=False, state="waiting", reason="CrashLoopBackOff", last_exit_code=1)
    bad = [
        p
        for g in range(3)
        for p in group(g, ready=False, containers=(crash,), ready_changed_at=NOW - 60)
    ]
    calm = Key("prod", "calm")
    found = view(
        snapshot(
            sets=(lws(3), lws(1, key=calm)),
            pods=(*bad, *group(0, key=calm)),
            revisions=(revision(), revision(of=calm)),
        )
    )
    assert [row.cells[1].text for row in found.table.rows] == ["llama", "calm"]
    (line,) = found.attention
    assert (line.glyph, line.where, line.what) == ("X", "prod/llama", "groups 0-2")
    assert "exit 1, CrashLoopBackOff" in line.reason
    assert line.since == "1m"
    assert line.ref == Ref("group", "prod", "llama", 0, uid="uid-llama-0")


def test_a_flicker_is_not_announced():
    lost = snapshot(sets=(lws(1),), pods=(pod(0, ready=False, ready_changed_at=NOW), pod(0, 1)))
    memo = Memo()
    assert view(lost, memo=memo).attention == ()
    assert [a.glyph for a in view(lost, now=NOW + 2.1, memo=memo).attention] == ["!"]


def test_rollout_shows_progress_hold_and_blockage():
    revisions = (revision(), revision("bbb222", 2))
    new = group(1, revision="bbb222")
    rolling = snapshot(sets=(lws(),), pods=(*group(0), *new), revisions=revisions)
    assert cell(view(rolling), "llama", "rollout").text == "███░░░░  50%"
    assert cell(view(rolling), "llama", "groups").text == ":·"

    config = {"rollingUpdateConfiguration": {"partition": 1}}
    held = snapshot(
        sets=(lws(rolloutStrategy=config),), pods=(*group(0), *new), revisions=revisions
    )
    assert cell(view(held), "llama", "rollout").text == "held 50%"
    assert cell(view(held), "llama", "state").text == "u"
    assert view(held).attention == ()

    broken = group(1, revision="bbb222", phase="Failed", ready=False)
    blocked = snapshot(sets=(lws(),), pods=(*group(0), *broken), revisions=revisions)
    assert cell(view(blocked), "llama", "rollout").text == "blocked 50%"
    mine = Underway(NOW - 60, "set image", "0 of 2 groups updated and ready")
    asked = replace(blocked, underway={LLAMA: mine})
    assert cell(view(asked), "llama", "rollout").text == "blocked 50%"
    settled = replace(snapshot(sets=(lws(1),), pods=group(0)), underway={LLAMA: mine})
    assert cell(view(settled), "llama", "rollout").text == "0 of 2 groups updated and ready"


def test_nobody_reconciles():
    off = ControllerView(mode="off")
    mine = snapshot(sets=(lws(1),), pods=group(0), controller=off)
    assert cell(view(mine), "llama", "state").text == "?"
    assert "no controller" in view(mine, now=NOW + 3).table.rows[0].haystack

    native = tuple(msgspec.structs.replace(p, owner_kind="StatefulSet") for p in group(0))
    theirs = snapshot(sets=(lws(1),), pods=native, controller=off)
    assert cell(view(theirs), "llama", "state").text == "·"


@pytest.mark.parametrize(
    ("controller", "why"),
    [
        (ControllerView(mode="off"), "no controller: nothing reconciles this set"),
        (
            ControllerView(mode="paused", identity="me"),
            "the controller in this console is paused: nothing replaces lost groups",
        ),
        (
            ControllerView(mode="failed", last_error="no lease"),
            "the controller in this console cannot act: no lease",
        ),
        (
            ControllerView(mode="elsewhere", holder="other", serves="stage"),
            "other acts for another namespace only",
        ),
    ],
)
def test_sets_that_nobody_serves_need_attention_although_all_groups_are_ready(controller, why):
    snap, memo = snapshot(sets=(lws(1),), pods=group(0), controller=controller), Memo()
    assert view(snap, memo=memo).attention == ()
    (line,) = view(snap, now=NOW + 2, memo=memo).attention
    assert (line.glyph, line.where, line.what, line.reason) == ("?", "prod/llama", "unserved", why)


def test_all_sets_that_nobody_serves_are_one_line():
    other = Key("prod", "other")
    pods = (*group(0), *group(0, key=other))
    off = ControllerView(mode="off")
    snap, memo = snapshot(sets=(lws(1), lws(1, key=other)), pods=pods, controller=off), Memo()
    view(snap, memo=memo)
    (line,) = view(snap, now=NOW + 2, memo=memo).attention
    assert (line.where, line.reason) == ("2 sets", "no controller: nothing reconciles them")


@pytest.mark.parametrize(
    ("sync", "title", "says"),
    [
        (
            {"leaderworkersets": KindSync("reconnecting", since=NOW - 90, last_event_at=NOW - 90)},
            "WHAT NEEDS ATTENTION IS NOT KNOWN",
            "data as of 10:40:30: all 1 group ready then",
        ),
        (
            {"nodes": KindSync("forbidden")},
            "NOT ALL THAT NEEDS ATTENTION CAN BE SEEN",
            "nodes may not be watched; as far as is seen: all 1 group ready",
        ),
        (
            {"pods": KindSync("listing")},
            "WHAT NEEDS ATTENTION IS NOT KNOWN YET",
            "pods are being listed",
        ),
    ],
)
def test_what_is_not_seen_is_not_called_fine(sync, title, says):
    snap = replace(snapshot(sets=(lws(1),), pods=group(0)), sync=sync)
    found = view(snap)
    assert found.attention == ()
    assert (found.quiet.text, said(found)) == (title, says)


def test_what_is_wrong_for_a_moment_is_not_called_nothing():
    nobody = ControllerView(mode="off")
    snap, memo = snapshot(sets=(lws(1),), pods=group(0), controller=nobody), Memo()
    first = view(snap, memo=memo)
    assert first.attention == ()
    assert first.quiet.text == "WHAT NEEDS ATTENTION IS NOT KNOWN YET"
    assert said(first) == "something has been wrong for a moment   all 1 group ready"
    later = view(snap, memo=memo, now=NOW + 2.5)
    assert [line.what for line in later.attention] == ["unserved"]


def test_what_the_rules_find_elsewhere_is_not_called_nothing():
    node_lost = Finding("N3", Severity.WARNING, Subject("node", name="n1"), "it is [cordoned]")
    note = replace(node_lost, rule="D10", severity=Severity.INFO)
    snap = snapshot(sets=(lws(1),), pods=group(0))
    found = view(replace(snap, insights=(Insight(node_lost, NOW), Insight(note, NOW))))
    assert found.quiet.text == "NO GROUP NEEDS ATTENTION, BUT"
    assert said(found) == "node n1: it is [cordoned]   :insights   all 1 group ready"
    noted = view(replace(snap, insights=(Insight(note, NOW),)))
    assert noted.quiet.text == "NOTHING NEEDS ATTENTION"


def test_what_the_rules_find_is_counted_as_far_as_it_is_in_view():
    findings = [
        Finding("P1", Severity.WARNING, Subject("pod", namespace, "p"), "it waits")
        for namespace in ("elsewhere", "default", "default", "default")
    ]
    snap = snapshot(sets=(lws(1),), pods=group(0))
    snap = replace(snap, insights=tuple(Insight(one, NOW) for one in findings))
    assert "it waits and 3 more   :insights" in said(view(snap))
    near = replace(snap, cluster=replace(snap.cluster, namespaces=("default",)))
    assert "default/p: it waits and 2 more   :insights" in said(view(near))


def test_a_refused_spec_is_failed_with_the_plans_reason():
    waits = {LLAMA: (("invalid", "spec.leaderWorkerTemplate.size: must be at least 1", -1),)}
    refused = snapshot(sets=(lws(),), controller=ControllerView(mode="leader", waits=waits))
    found = view(refused)
    assert cell(found, "llama", "state").text == "X"
    assert "must be at least 1" in found.table.rows[0].haystack


def test_reported_status_must_disagree_for_a_while_to_be_marked():
    told = msgspec.structs.replace(
        lws(1), status=msgspec.structs.replace(lws().status, ready_replicas=7)
    )
    snap, memo = snapshot(sets=(told,), pods=group(0)), Memo()
    assert cell(view(snap, memo=memo), "llama", "ready").text == "1/1"
    assert cell(view(snap, now=NOW + 5.1, memo=memo), "llama", "ready").text == "1/1≠"


def test_holding_accelerators_without_serving_is_a_cause():
    stuck = tuple(starting(0, w, created_at=NOW - 899) for w in (0, 1))
    snap, memo = snapshot(sets=(lws(1),), pods=stuck), Memo()
    assert view(snap, memo=memo).attention == ()
    found = view(snap, now=NOW + 2, memo=memo)
    assert {a.reason for a in found.attention if a.what == "set"} == {"holds 8 GPU, serves 0"}


def test_requests_of_groups_that_do_not_exist_yet_are_counted():
    assert cell(view(snapshot(sets=(lws(3),))), "llama", "gpu").text == "0/24"


def test_a_requested_change_is_shown_until_the_watch_confirms():
    snap = snapshot(sets=(lws(1),), pods=group(0))
    marked = replace(snap, pending={LLAMA: Pending(NOW, "scale to 3 groups")})
    memo = Memo()
    view(snap, memo=memo)
    assert cell(view(marked, memo=memo), "llama", "rollout").text == "scale to 3 groups"
    assert cell(view(snap, memo=memo), "llama", "rollout").text == "—"


def test_filter_sort_and_broken_filter():
    names = [Key("prod", name) for name in ("b", "a", "c")]
    snap = snapshot(sets=tuple(lws(0, key=key) for key in names))
    by_name = view(snap, Query(sort="name", descending=True))
    assert [row.cells[1].text for row in by_name.table.rows] == ["c", "b", "a"]
    some = view(snap, Query(filter="name:b|c"))
    assert (len(some.table.rows), some.table.total) == (2, 3)
    broken = view(snap, Query(filter="colour:red"))
    assert len(broken.table.rows) == 3
    assert "no column 'colour'" in broken.table.note
    assert view(snap, Query(filter="zzz")).table.note == "none of 3 match"
    assert view(snap, Query(faults_only=True)).table.note == "nothing is wrong here"


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("missing", "lwstui crd | kubectl apply"),
        ("unauthorized", "log in again"),
        ("forbidden", "LWS is not for you"),
        ("listing", "asking the cluster"),
    ],
)
def test_an_empty_fleet_says_why(state, says):
    snap = Snapshot(sync={"leaderworkersets": KindSync(state, message="LWS is not for you")})
    assert says in view(snap).table.note
    broken = Snapshot(cluster=ClusterState(problem="no kubeconfig"))
    assert view(broken).table.note == "no kubeconfig"


@pytest.mark.parametrize("count", [1, 50, 2000])
def test_any_number_of_groups(count):
    found = [p for g in range(count) for p in group(g)]
    found[-1] = msgspec.structs.replace(found[-1], phase="Failed", ready=False, reason="Evicted")
    snap = snapshot(sets=(lws(count),), pods=tuple(found), nodes=(node("node-0"),))
    view_ = view(snap)
    groups = cell(view_, "llama", "groups").text
    assert groups == {1: "X", 50: "X1 ·49", 2000: "X1 ·1999"}[count]
    assert cell(view_, "llama", "ready").text == f"{count - 1}/{count}"
    assert view_.attention[0].what == f"group {count - 1}"


def test_one_changed_pod_rebuilds_only_what_shows_it():
    keys = [Key("prod", f"set-{n}") for n in range(20)]
    store, memo = Store(), Memo()
    store.set_controller(ControllerView(mode="leader"))
    store.replace(LEADERWORKERSETS, [lws(50, key=key) for key in keys])
    store.replace(PODS, [p for key in keys for g in range(50) for p in group(g, key=key)])
    store.replace(REVISIONS, [revision(of=key) for key in keys])
    store.replace(NODES, [node(f"node-{n}") for n in range(50)])
    snap = store.publish(NOW)
    before = view(snap, memo=memo).table.rows
    pods_before = pods(snap, Query(), NOW, memo).rows
    nodes(snap, Query(), NOW, memo)

    store.apply(PODS, "MODIFIED", pod(7, 1, key=keys[3], ip="10.1.1.1"))
    snap = store.publish(NOW)
    built = memo.built
    after = view(snap, memo=memo).table.rows
    pods_after = pods(snap, Query(), NOW, memo).rows
    nodes(snap, Query(), NOW, memo)

    # The group, its set's digest, causes and row, the row of digests, the rows of its set's pods,
    # the node's row.
    assert memo.built - built == 7
    assert sum(one is not other for one, other in zip(before, after, strict=True)) == 1
    assert sum(one is not other for one, other in zip(pods_before, pods_after, strict=True)) == 1


def test_a_quiet_second_rebuilds_nothing_in_long_tables():
    found = [p for g in range(150) for p in group(g, created_at=NOW - 90)]
    snap, memo = snapshot(sets=(lws(150),), pods=tuple(found)), Memo()
    pods(snap, Query(), NOW, memo)
    built = memo.built
    pods(snap, Query(), NOW + 1, memo)
    assert memo.built == built


HOSTILE = "[red]x[/] [/foo] 漢字🔥" + "x" * 250


def test_hostile_text_is_only_text():
    key = Key("ns", HOSTILE)
    bad = pod(0, key=key, phase="Failed", reason=HOSTILE, message=HOSTILE, node=HOSTILE)
    odd = pod(-1, -1, key=key, name="odd", uid="odd")
    snap = snapshot(
        sets=(lws(1, key=key, leaderWorkerTemplate={"size": "many", "workerTemplate": 7}),),
        pods=(bad, odd),
        nodes=(node(HOSTILE, labels={"nvidia.com/gpu.product": HOSTILE}),),
    )
    found = view(snap, Query(filter=HOSTILE[:8]), now=NOW + 3)
    assert found.table.rows[0].cells[1].text == HOSTILE
    assert HOSTILE in found.attention[0].reason
    assert pods(snap, Query(), NOW, Memo()).total == 2
    assert nodes(snap, Query(), NOW, Memo()).rows[0].ref == Ref(
        "node", "", HOSTILE, uid=f"uid-{HOSTILE}"
    )


def test_pods_of_namespaces_that_are_not_in_view_are_not_listed():
    far = Key("far", "llama")
    snap = snapshot(sets=(lws(1),), pods=(*group(0), *group(0, key=far)))
    assert pods(snap, Query(), NOW, Memo()).total == 4
    mine = replace(snap, cluster=replace(snap.cluster, namespaces=("prod",)))
    assert {row.ref.namespace for row in pods(mine, Query(), NOW, Memo()).rows} == {"prod"}


def test_pods_of_one_group_or_node():
    snap = snapshot(sets=(lws(),), pods=(*group(0), *group(1)))
    of_group = pods(snap, Query(), NOW, Memo(), scope=Ref("group", "prod", "llama", 1))
    assert [row.cells[1].text for row in of_group.rows] == ["llama-1", "llama-1-1"]
    of_node = pods(snap, Query(), NOW, Memo(), scope=Ref("node", "", "node-0"))
    assert {row.ref.group for row in of_node.rows} == {0}


def test_pods_are_counted_by_state_worst_first_and_missing_ones_too():
    made = (pod(0, 0), pod(0, 1), pod(1, 0), starting(1, 1))
    snap = snapshot(sets=(lws(3),), pods=made, revisions=(revision(),))
    assert cell(view(snap), "llama", "pods").text == "o1 _2 ·3"
