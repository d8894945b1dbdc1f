"""Who controls which set, and how the controller does."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from controller.metrics import Histogram
from controller.plan.actions import Wait
from controller.plan.told import PlanNote
from lwstui.kube.sync import KindSync
from lwstui.runtime.load import LoadMeter
from lwstui.state.model import Activity, ConsoleLoad, ControllerView
from lwstui.view.controller import controller_table, decisions, facts, pause_impact, plans
from lwstui.view.memo import Memo
from lwstui.view.types import Query
from tests.view.build import LLAMA, NOW, lws, pod, snapshot

LEADER = ControllerView(
    mode="leader",
    holder="laptop",
    since=NOW - 600,
    identity="laptop",
    renewed_at=NOW - 2,
    renew_s=15,
    queue=3,
    reconciles=1234,
    errors=1,
    last_error="conflict: it changed",
    pass_p50_s=0.005,
    pass_p99_s=0.1,
    writes=77,
    load=ConsoleLoad(500, 12.4, 2, 8),
)


def text(lines):
    return "\n".join("".join(span.text for span in line) for line in lines)


def owned(kind, worker=0, **more):
    return pod(0, worker, owner_kind=kind, owner_name="x", **more)


def table(controller, *pods):
    seen = snapshot(sets=(lws(1),), pods=pods, controller=controller)
    return controller_table(seen, Query(), NOW, Memo()).rows[0]


def test_a_leader_tells_lease_queue_passes_and_errors():
    said = text(facts(snapshot(controller=LEADER), NOW))
    assert "this console leads and acts   serves all namespaces" in said
    assert "held by laptop (this console) since" in said
    assert "renewed 2s ago, due within 15s" in said
    assert "3 sets ready to be worked on" in said
    assert "1,234, 1 failed; half within 5 ms, 99% within 100 ms; 77 writes sent" in said
    assert "conflict: it changed" in said
    assert "requests 12 a minute, 500 in all; 8 watches, 2 watches broke" in said


@pytest.mark.parametrize(
    ("view", "says", "silent"),
    [
        (ControllerView(mode="off"), "no controller acts", "queue"),
        (ControllerView(mode="unknown"), "not read yet", "passes"),
        (ControllerView(mode="native"), "native controller is at work", "queue"),
        (ControllerView(mode="elsewhere", holder="pod-7", serves="a"), "namespace a", "queue"),
        (ControllerView(mode="paused", holder="me"), "PAUSED", "half within"),
        (ControllerView(mode="failed", last_error="no lease"), "no lease", "half within"),
    ],
)
def test_other_modes_tell_what_is_known(view, says, silent):
    said = text(facts(snapshot(controller=view), NOW))
    assert says in said
    assert silent not in said


@pytest.mark.parametrize(
    ("view", "pods", "acting", "state"),
    [
        (LEADER, (), "embedded", "served"),
        (ControllerView(mode="elsewhere", holder="x"), (), "lwstui", "served"),
        (ControllerView(mode="elsewhere", holder="x", serves="other"), (), "none", "unattended"),
        (ControllerView(mode="off"), (), "none", "unattended"),
        (ControllerView(mode="paused", holder="me"), (), "none, paused", "unattended"),
        (ControllerView(mode="unknown"), (), "not known", "unknown"),
        (LEADER, (owned("StatefulSet"),), "native", "elsewhere"),
        (LEADER, (owned("ModelServing"),), "Kthena", "elsewhere"),
        (
            LEADER,
            (owned("StatefulSet"), owned("ModelServing", 1)),
            "two: native and Kthena",
            "conflict",
        ),
    ],
)
def test_who_controls_a_set(view, pods, acting, state):
    found = table(view, *pods)
    assert found.cells[3].text == acting
    assert found.state == state


def test_waits_are_counted_and_the_first_is_told():
    waits = {LLAMA: (("budget", "group 3 waits", 3), ("surge", "kept", -1))}
    found = table(replace(LEADER, waits=waits))
    assert [found.cells[5].text, found.cells[6].text] == ["2", "group 3 waits"]
    assert "kept" in found.haystack


def test_pods_of_the_set_itself_tell_that_it_is_ours():
    one = lws(1)
    mine = pod(0, owner_uid=one.metadata.uid)
    seen = snapshot(sets=(one,), pods=(mine,), controller=LEADER)
    found = controller_table(seen, Query(), NOW, Memo()).rows[0]
    assert found.cells[4].text == "pods of the set itself"


def test_decisions_are_the_controllers_the_newest_first():
    done = [
        Activity(NOW - n, "controller", f"thing {n}", "a/b", "done", kind="controller")
        for n in range(20, 0, -1)
    ]
    seen = replace(snapshot(), activity=(*done, Activity(NOW, "you", "scale", "a/b", "ok")))
    lines = text(decisions(seen)).splitlines()
    assert len(lines) == 12
    assert "thing 1" in lines[0]
    assert "nothing yet" in text(decisions(snapshot()))


def test_the_dialog_says_what_stands_still():
    seen = snapshot(sets=(lws(1),), controller=LEADER)
    assert "rollouts stand still" in " ".join(pause_impact(seen, paused=True).what)
    assert pause_impact(seen, paused=True).level == 1
    assert "acts again" in " ".join(pause_impact(seen, paused=False).what)
    assert pause_impact(snapshot(controller=ControllerView()), paused=True).refused


def test_requests_are_counted_over_a_minute():
    meter = LoadMeter()
    assert meter.read(10, 0.0).per_minute is None
    assert meter.read(11, 1.0).requests == 10  # looked at every few seconds only
    assert meter.read(20, 10.0).per_minute == 60.0
    assert round(meter.read(140, 130.0).per_minute) == 60


def test_only_a_watch_that_was_up_to_date_can_break():
    meter = LoadMeter()
    for state in ("connecting", "reconnecting", "live", "reconnecting", "live"):
        meter.heard("pods", KindSync(state))
    meter.heard("nodes", KindSync("live"))
    assert meter.read(0, 0.0) == ConsoleLoad(0, None, 1, 2)


def test_quantiles_of_a_histogram_are_bounds():
    found = Histogram((0.1, 1.0))
    assert found.quantile(0.5) is None
    for value in (0.05, 0.05, 0.5, 7.0):
        found.observe(value)
    assert [found.quantile(share) for share in (0.5, 0.75, 0.99)] == [0.1, 1.0, 1.0]
    assert msgspec.json.encode(found.count) == b"4"


def test_plans_are_told_with_their_reasons_and_where_the_rollout_stands():
    waits = tuple(Wait("budget", f"group {n} waits", n) for n in range(4))
    made = (
        PlanNote(NOW - 20, LLAMA, ("create pod llama-0",)),
        PlanNote(NOW - 9, LLAMA, ("delete pod llama-3 (update)",), (), waits, "abcdef99", 3, 4),
        PlanNote(NOW - 5, LLAMA, (), (), waits[:1], "abcdef99", 3, 4),
        PlanNote(NOW - 1, LLAMA),
    )
    said = text(plans(snapshot(controller=replace(LEADER, plans=made)))).splitlines()
    assert [line[9:].split(None, 1)[1] for line in said if not line.startswith(" ")] == [
        "nothing more to do",
        "nothing yet; revision abcdef, partition 3, 4 groups",
        "delete pod llama-3 (update); revision abcdef, partition 3, 4 groups",
        "create pod llama-0",
    ]
    assert [line.strip() for line in said if line.startswith(" ")] == [
        "waits: group 0 waits",
        "waits: group 0 waits",
        "waits: group 1 waits",
        "and 2 more reasons",
    ]
    assert plans(snapshot(controller=LEADER)) == ()
