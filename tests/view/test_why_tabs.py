"""The tabs of the why screen: ends of containers, connectivity, autoscaling, who serves the set."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from controller.api import names
from controller.api.core import Service
from controller.api.meta import Key
from lwstui.kube.sync import KindSync
from lwstui.state.around import Around
from lwstui.state.insights import Finding, Insight, Severity, Subject
from lwstui.state.model import Activity, ControllerView, GroupHistory
from lwstui.view.autoscaling import autoscaling
from lwstui.view.bundle import bundle
from lwstui.view.connectivity import SERVICE_NAME, connectivity
from lwstui.view.crashes import all_ends, first_ends, last_lines, loops
from lwstui.view.fit import fit_page
from lwstui.view.memo import Memo
from lwstui.view.servedby import served_by
from lwstui.view.types import Ref
from tests.insight.support import death
from tests.view.build import LLAMA, NOW, lws, node, pod, snapshot

SET = Ref("set", *LLAMA)
GROUP = Ref("group", *LLAMA, 0)
NODE = Ref("node", "", "node-0")


def text(lines) -> str:
    return "\n".join("".join(span.text for span in line) for line in lines)


def members(group=0, **changes):
    return tuple(pod(group, worker, ip=f"10.0.{group}.{worker}", **changes) for worker in (0, 1))


def service(name="llama", group=None, **changes):
    selector = {names.SET_NAME: "llama"}
    if group is not None:
        selector[names.GROUP_INDEX] = str(group)
    given = {"names_pods": True, "selector": tuple(sorted(selector.items()))}
    return Service("prod", name, f"uid-{name}", **{**given, **changes})


def world(*pods, sets=None, services=(), **more):
    known = snapshot(sets=sets or (lws(2),), pods=pods, nodes=(node("node-0"), node("node-1")))
    return replace(known, services={one.key: one for one in services}, **more)


# Crashes.

ENDS = (
    death(at=NOW - 300, generation=1, lines=("NCCL WARN [x] timeout",), kept=40),
    death(at=NOW - 299, generation=1, worker=0, pod="llama-0", uid="uid-l1", exit_code=143),
    death(at=NOW - 60, generation=2, uid="uid-w2", lines=("NCCL WARN again",), node="node-1"),
)


def test_each_generation_names_the_pod_that_ended_first():
    view = first_ends(replace(world(), deaths=ENDS), SET, NOW)
    told = [[cell.text for cell in row.cells] for row in view.rows]
    assert [row[1] for row in told] == ["2", "1"]
    assert told[1][3] == "worker 1"
    assert told[1][7] == "NCCL WARN [x] timeout"


def test_all_ends_are_told_and_the_first_of_each_generation_is_marked():
    known = replace(world(), deaths=ENDS)
    rows = all_ends(known, GROUP, NOW).rows
    assert [(row.cells[1].text, row.cells[2].text, row.cells[4].text) for row in rows] == [
        ("2", "1st", "llama-0-1"),
        ("1", "", "llama-0"),
        ("1", "1st", "llama-0-1"),
    ]
    assert all_ends(known, Ref("group", *LLAMA, 1), NOW).rows == ()


def test_the_last_lines_of_an_end_are_told_or_why_there_are_none():
    known = replace(world(), deaths=(*ENDS, death(uid="x", problem="the pod was gone", at=NOW)))
    rows = all_ends(known, GROUP, NOW).rows
    said = text(last_lines(known, GROUP, rows[-1].key))
    assert "llama-0-1 main: exit 1   40 kept, l reads them\nNCCL WARN [x] timeout" in said
    assert "the pod was gone" in text(last_lines(known, GROUP, rows[0].key))
    assert last_lines(known, GROUP, "gone") == ()


def test_a_restart_loop_tells_generations_rate_and_culprit():
    times = (NOW - 1200, NOW - 600, NOW - 300, NOW - 60)
    history = {(LLAMA, 0): GroupHistory(times), (LLAMA, 1): GroupHistory((NOW - 60,))}
    known = replace(world(*members(0), *members(1)), deaths=ENDS, history=history)
    (line,) = loops(known, SET, NOW)
    assert text([line]) == (
        "X group 0   generation 4, began 1m ago   recreated 3 times in 20m, 9.0 an hour"
        "   3 in the last 15m: a loop   worker 1 first each time: exit 1"
    )
    assert "no group of it was recreated" in text(loops(known, Ref("group", *LLAMA, 1), NOW))


def test_one_recreation_is_no_loop():
    history = {(LLAMA, 0): GroupHistory((NOW - 7200, NOW - 60))}
    said = text(loops(replace(world(*members()), history=history), SET, NOW))
    assert said.startswith("! group 0   generation 2")
    assert "loop" not in said


# Connectivity.


def test_a_group_that_can_find_itself():
    slices = (
        {
            "metadata": {"labels": {SERVICE_NAME: "llama"}},
            "endpoints": [
                {"targetRef": {"name": "llama-0"}, "conditions": {"ready": True}},
                {"targetRef": {"name": "llama-0-1"}, "conditions": {"ready": False}},
                {"targetRef": {"name": "other"}, "conditions": {"ready": True}},
            ],
        },
    )
    known = world(*members(), services=(service(),))
    said = text(connectivity(known, GROUP, Around(NOW, slices=slices), ()))
    assert "· names      one Service for all groups" in said
    assert "llama-0.llama.prod, which pods have as LWS_LEADER_ADDRESS" in said
    assert "· ranks      0 to 1, each once" in said
    assert "· addresses  each of 2 pods has its own" in said
    assert "· endpoints  llama: 1 pod ready, 1 not ready" in said
    assert "· log signs  no rule found" in said
    assert "not seen   NetworkPolicies" in said


@pytest.mark.parametrize(
    "found",
    [(), (service(names_pods=False),), (service(deleted_at=NOW),), (service(selector=()),)],
)
def test_without_a_service_that_names_pods_no_name_resolves(found):
    said = text(connectivity(world(*members(), services=found), SET, None, ()))
    assert (
        "X names      no headless Service llama: names of pods do not resolve in groups 0" in said
    )


def test_services_of_groups_are_looked_for_one_by_one():
    spec = lws(2).spec | {"networkConfig": {"subdomainPolicy": "UniquePerReplica"}}
    unique = msgspec.structs.replace(lws(2), spec=spec)
    known = world(*members(0), *members(1), sets=(unique,), services=(service("llama-0", group=0),))
    said = text(connectivity(known, SET, None, ()))
    assert "no headless Service llama-1: names of pods do not resolve in groups 1" in said
    assert "llama-0.llama-0.prod" in text(connectivity(known, GROUP, None, ()))


def test_ranks_that_are_missing_or_there_twice_are_named():
    twice = pod(0, 0, ip="10.0.0.9", name="llama-0-again", uid="again")
    said = text(connectivity(world(members()[0], twice), GROUP, None, ()))
    assert "! ranks      group 0: without 1, twice 0" in said


def test_addresses_that_are_missing_or_shared_are_named():
    first, second = members()
    none = msgspec.structs.replace(second, ip="")
    same = msgspec.structs.replace(second, ip=first.ip)
    assert "llama-0-1 has none yet" in text(connectivity(world(first, none), GROUP, None, ()))
    said = text(connectivity(world(first, same), GROUP, None, ()))
    assert "ports may clash: 10.0.0.0 (2 pods)" in said


def test_what_may_not_be_read_is_said_to_be_unknown():
    known = replace(world(*members()), sync={"services": KindSync("forbidden")})
    seen = Around(NOW, slices_problem="endpointslices are forbidden")
    said = text(connectivity(known, SET, seen, ()))
    assert "? names      not known whether they resolve" in said
    assert "? endpoints  cannot be seen: endpointslices are forbidden" in said


def test_words_of_a_broken_rendezvous_are_repeated():
    finding = Finding("E6", Severity.WARNING, Subject("group", *LLAMA, 0), "NCCL [finds] nothing")
    said = text(connectivity(world(*members()), SET, None, (Insight(finding, NOW),)))
    assert "! log signs  prod/llama group 0: NCCL [finds] nothing" in said


# Autoscaling.

SCALER = {
    "metadata": {"name": "by-queue"},
    "spec": {
        "minReplicas": 1,
        "maxReplicas": 4,
        "metrics": [
            {
                "type": "Pods",
                "pods": {"metric": {"name": "waiting"}, "target": {"averageValue": "8"}},
            }
        ],
    },
    "status": {
        "currentReplicas": 2,
        "desiredReplicas": 4,
        "lastScaleTime": "2026-08-21T10:40:00Z",
        "currentMetrics": [
            {
                "type": "Pods",
                "pods": {"metric": {"name": "waiting"}, "current": {"averageValue": "19"}},
            }
        ],
        "conditions": [
            {"type": "ScalingLimited", "status": "True", "message": "at [the] maximum"},
            {"type": "ScalingActive", "status": "True", "message": "fine"},
        ],
    },
}


def test_no_autoscaler_targets_the_set():
    said = text(autoscaling(world(), SET, Around(NOW), NOW))
    assert said.splitlines()[:2] == [
        "no autoscaler targets this set",
        "2 groups asked for by the set",
    ]


def test_an_autoscaler_tells_metric_decision_and_limit():
    lines = autoscaling(world(*members()), SET, Around(NOW, (SCALER,)), NOW)
    said = text(lines)
    assert "autoscaler by-queue   1 to 4 groups" in said
    assert "decision   wants 4 groups, counts 2; scaled last " in said
    assert "it stands at its maximum" in said
    assert "metric     Pods waiting: 19 against 8" in said
    assert "the set's status names no pods to measure yet" in said
    tones = {span.text: span.tone for line in lines for span in line}
    assert tones["ScalingLimited True: at [the] maximum"] == "warn"
    assert tones["ScalingActive True: fine"] == "dim"


def test_a_new_autoscaler_has_decided_nothing():
    fresh = {
        "metadata": {"name": "new"},
        "spec": {"maxReplicas": 3, "metrics": SCALER["spec"]["metrics"]},
    }
    said = text(autoscaling(world(), SET, Around(NOW, (fresh,)), NOW))
    assert "it has decided nothing yet; it has never scaled" in said
    assert "Pods waiting: not measured against 8" in said


def test_two_autoscalers_of_one_set_are_a_conflict():
    said = text(autoscaling(world(), SET, Around(NOW, (SCALER, SCALER)), NOW))
    assert "! 2 autoscalers set the same number" in said


def test_autoscalers_that_cannot_be_seen_are_not_called_absent():
    said = text(autoscaling(world(), SET, Around(NOW, autoscalers_problem="forbidden"), NOW))
    assert said.startswith("autoscalers cannot be seen: forbidden")
    assert "no autoscaler" not in said


# Controller and fit.


def test_who_serves_the_set_what_it_waits_for_and_what_it_did():
    view = ControllerView(
        mode="leader", holder="me", identity="me", waits={LLAMA: (("x", "budget spent", 1),)}
    )
    done = Activity(NOW, "me", "created [x]", "prod/llama", "done", kind="controller")
    other = replace(done, target="prod/llama2", what="not this")
    known = replace(world(*members()), controller=view, activity=(done, other))
    said = text(served_by(known, SET, NOW, Memo()))
    assert "served by     the controller in this console" in said
    assert "waits for     group 1: budget spent" in said
    assert "created [x]" in said
    assert "not this" not in said
    assert "this console leads and acts" in said


def test_a_set_that_nobody_serves_says_why():
    view = ControllerView(mode="paused", identity="me", holder="me")
    said = text(served_by(replace(world(*members()), controller=view), SET, NOW, Memo()))
    assert "served by     nobody: the controller in this console is paused" in said


def test_the_fit_page_says_what_a_group_asks_for_and_whether_more_fit():
    said = text(fit_page(world(*members()), GROUP))
    assert said.startswith("one group asks for 2 pods")
    assert "pods counted" in said
    assert "lwstui fit llama -n prod --groups N" in said


@pytest.mark.parametrize(
    "page",
    [
        lambda known: connectivity(known, NODE, None, ()),
        lambda known: autoscaling(known, NODE, None, NOW),
        lambda known: served_by(known, NODE, NOW, Memo()),
        lambda known: fit_page(known, NODE),
    ],
)
def test_pages_about_a_node_say_that_they_are_about_sets(page):
    assert text(page(world())).startswith("only sets")


def test_a_set_that_is_gone_is_told_apart():
    assert text(connectivity(world(), Ref("set", *Key("prod", "gone")), None, ())).startswith(
        "only"
    )


def test_a_diagnosis_is_one_text_to_hand_on():
    about, groups = Subject("group", *LLAMA, 0), frozenset({(LLAMA, 0)})
    found = Finding("E6", Severity.WARNING, about, "NCCL [finds] nothing", groups=groups)
    known = replace(world(*members()), deaths=ENDS, insights=(Insight(found, NOW - 60),))
    said = bundle(known, GROUP, Around(NOW, (SCALER,)), NOW, memo=Memo())
    assert said.startswith("why prod/llama group 0   context prod-eu   ")
    parts = [line for line in said.splitlines() if line.isupper()]
    assert parts == [
        "VERDICT",
        "CHAIN",
        "EVIDENCE",
        "RULED OUT",
        "WHAT MAY HELP",
        "RECREATED",
        "ENDS OF CONTAINERS",
        "FIT",
        "CONNECTIVITY",
        "AUTOSCALING",
        "CONTROLLER",
    ]
    assert "NCCL [finds] nothing" in said
    assert "    NCCL WARN [x] timeout" in said
    assert "autoscaler by-queue" in said
    assert "first of its generation" in said
