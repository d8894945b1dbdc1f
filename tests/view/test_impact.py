from dataclasses import replace
from typing import get_args

import pytest

from controller.api.meta import Key
from lwstui.kube.sync import KindSync
from lwstui.state.intents import (
    DeletePod,
    DeleteSet,
    Drain,
    Intent,
    RecreateGroup,
    RollingRestart,
    Scale,
    SetImage,
)
from lwstui.state.model import ClusterState, ControllerView, GroupStart
from lwstui.view.impact import BUILDERS, impact
from lwstui.view.rollout import budget
from lwstui.view.safety import Safety
from tests.view.build import LLAMA, NOW, lws, node, pod, revision, snapshot, starting

UID = f"uid-{LLAMA}"


def cluster(count=3, *, down=(), nodes=4, **spec):
    pods = [
        (starting if g in down else pod)(g, w, node=f"node-{g}")
        for g in range(count)
        for w in (0, 1)
    ]
    return snapshot(
        sets=(lws(count, **spec),),
        pods=tuple(pods),
        nodes=tuple(node(f"node-{n}") for n in range(nodes)),
        cluster=ClusterState(context="prod-eu", connected=True),
    )


def facts(found):
    return {label: span.text for label, span in found.facts}


def test_scaling_up_says_what_appears_and_whether_it_fits():
    found = impact(cluster(), Scale(LLAMA, UID, 5), NOW)
    said = facts(found)
    assert found.what[0] == "Creates groups 3-4 of 2 pods."
    assert said["Groups"] == "3 → 5  (+2)"
    assert said["Pods"] == "+4"
    assert said["Accelerators"] == "+16"
    assert said["Room"].startswith("1 of 2 fit; blocked by: ")
    assert found.kubectl == "kubectl -n prod scale lws llama --replicas=5"
    assert found.confirm_text == ""


def test_scaling_down_says_what_goes_and_asks_for_the_name():
    found = impact(cluster(down=(2,)), Scale(LLAMA, UID, 1), NOW)
    said = facts(found)
    assert found.what[0] == "Deletes groups 1-2: 4 pods stop."
    assert said["Pods"] == "-4"
    assert said["Accelerators"] == "-16 freed"
    assert said["Serving now"] == "2 of 3 groups"
    assert said["after"] == "1 of 1 groups"
    assert found.confirm_text == "llama"


def test_adopting_surge_groups_creates_fewer():
    pods = tuple(pod(g, w) for g in range(3) for w in (0, 1))
    snap = snapshot(sets=(lws(2),), pods=pods, revisions=(revision(),))
    found = impact(snap, Scale(LLAMA, UID, 4), NOW)
    assert "Kept as is: surge group 2." in found.what
    assert facts(found)["Pods"] == "+2"


def test_recreating_a_group_that_serves_and_one_that_does_not():
    snap = cluster(down=(1,))
    healthy = impact(snap, RecreateGroup(LLAMA, 0, "llama-0", "uid-llama-0"), NOW)
    assert facts(healthy)["Serving now"] == "2 of 3 groups"
    assert facts(healthy)["after"] == "1 of 3 groups"
    assert healthy.what[0] == "Deletes the leader pod llama-0 and, with it, 1 worker."
    assert healthy.kubectl == "kubectl -n prod delete pod llama-0 --cascade=foreground"
    broken = impact(snap, RecreateGroup(LLAMA, 1, "llama-1", "uid-llama-1"), NOW)
    assert facts(broken)["after"] == "2 of 3 groups (group 1 is down already)"


def test_below_the_partition_a_group_comes_back_on_the_old_revision():
    pods = [pod(g, w, revision="bbb222" if g == 2 else "aaa111") for g in range(3) for w in (0, 1)]
    snap = snapshot(sets=(lws(3),), pods=tuple(pods), revisions=(revision(), revision("bbb222", 2)))
    low = impact(snap, RecreateGroup(LLAMA, 0, "llama-0", "uid-llama-0"), NOW)
    assert facts(low)["Comes back on"] == "aaa111 (group 0 is below the partition, 2)"
    high = impact(snap, RecreateGroup(LLAMA, 2, "llama-2", "uid-llama-2"), NOW)
    assert facts(high)["Comes back on"].startswith("bbb222")


def test_restart_and_image_roll_through_all_groups_in_steps():
    restart = impact(cluster(), RollingRestart(LLAMA, UID, "now"), NOW)
    assert "at most 1 group at a time" in restart.what[1]
    assert facts(restart)["Groups"] == "3 of 3 recreated"
    assert facts(restart)["Rollout floor"] == "2 ready groups"
    assert "restarted-at" in restart.kubectl
    image = impact(cluster(), SetImage(LLAMA, UID, (("worker", "main", "repo/vllm:2"),)), NOW)
    assert image.what[0] == "worker main: repo/vllm:1 → repo/vllm:2"
    assert '"op":"replace"' in image.kubectl


def test_the_users_partition_limits_a_rollout():
    strategy = {"rollingUpdateConfiguration": {"partition": 2}}
    found = impact(cluster(rolloutStrategy=strategy), RollingRestart(LLAMA, UID, "now"), NOW)
    assert facts(found)["Groups"] == "1 of 3 recreated"
    assert "Groups below 2 keep their revision: the partition holds them." in found.what


@pytest.mark.parametrize(
    ("intent", "says"),
    [
        (Scale(LLAMA, UID, 3), "already has 3 groups"),
        (Scale(LLAMA, UID, -1), "fewer than 0"),
        (Scale(LLAMA, "other", 5), "created again"),
        (Scale(Key("prod", "nope"), "u", 1), "prod/nope is gone"),
        (RecreateGroup(LLAMA, 1, "llama-1", "other"), "another one by now"),
        (RecreateGroup(LLAMA, 9, "llama-9", "x"), "is gone or another"),
        (RollingRestart(LLAMA, "other", "s"), "created again"),
        (SetImage(LLAMA, UID, (("worker", "main", "repo/vllm:1"),)), "set already"),
        (SetImage(LLAMA, UID, (("worker", "nope", "x"),)), "no container 'nope'"),
    ],
)
def test_refused(intent, says):
    assert says in impact(cluster(), intent, NOW).refused


def test_read_only_refuses_everything():
    snap = cluster()
    snap = replace(snap, cluster=replace(snap.cluster, read_only=True))
    assert impact(snap, Scale(LLAMA, UID, 5), NOW).refused == "this console is read-only"


@pytest.mark.parametrize(
    ("context", "sandbox", "expected"),
    [
        ("prod-eu", False, True),
        ("anything", True, False),
        ("kind-dev", False, False),
        ("k3d-x", False, False),
        ("minikube", False, False),
        ("docker-desktop", False, False),
        ("colima", False, False),
        ("not-kind-dev", False, True),
        ("", False, True),
    ],
)
def test_protected_contexts(context, sandbox, expected):
    assert Safety().protects(ClusterState(context=context, sandbox=sandbox)) is expected


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, (1, 0)),
        ({"maxUnavailable": 2, "maxSurge": 1}, (2, 1)),
        ({"maxUnavailable": "25%", "maxSurge": "25%"}, (2, 3)),
        ({"maxUnavailable": 0, "maxSurge": 0}, (1, 0)),
        ({"maxUnavailable": 0, "maxSurge": 1}, (0, 1)),
        ({"maxUnavailable": "many"}, (1, 0)),
        ({"maxSurge": 50}, (1, 10)),
    ],
)
def test_rollout_budget(config, expected):
    assert budget(lws(10, rolloutStrategy={"rollingUpdateConfiguration": config})) == expected


def test_where_not_all_pods_are_seen_room_is_not_claimed():
    snap = replace(cluster(), sync={"pods": KindSync("live", NOW, NOW, message="only some pods")})
    assert facts(impact(snap, Scale(LLAMA, UID, 5), NOW))["Room"] == "unknown: only some pods"


def test_every_kind_of_intent_has_a_dialog():
    assert set(BUILDERS) == set(get_args(Intent))


def test_scaling_down_regrets_a_group_that_serves_when_a_broken_one_stays():
    said = impact(cluster(down=(0,)), Scale(LLAMA, UID, 2), NOW).what
    assert said[-1] == (
        "The highest index goes first: group 2 goes although it serves, "
        "group 0 stays although it does not."
    )
    assert "although" not in " ".join(impact(cluster(down=(2,)), Scale(LLAMA, UID, 1), NOW).what)


UNSERVED = [
    pytest.param(RecreateGroup(LLAMA, 1, "llama-1", "uid-llama-1"), id="recreate"),
    pytest.param(RollingRestart(LLAMA, UID, "2026-01-01T00:00:00Z"), id="restart"),
    pytest.param(Scale(LLAMA, UID, 5), id="scale"),
    pytest.param(DeletePod(LLAMA, "llama-1", "uid-llama-1"), id="delete a leader"),
    pytest.param(DeletePod(LLAMA, "llama-1-1", "uid-llama-1-1"), id="delete a worker"),
    pytest.param(Drain(Key("", "node-1"), ""), id="drain"),
]


@pytest.mark.parametrize("intent", UNSERVED)
def test_where_no_controller_acts_nothing_is_said_to_come_back(intent):
    served = impact(cluster(), intent, NOW)
    assert not served.refused
    assert "Controller" not in facts(served)
    alone = impact(replace(cluster(), controller=ControllerView(mode="off")), intent, NOW)
    assert facts(alone)["Controller"] == "no controller: nothing reconciles this set"
    if isinstance(intent, RecreateGroup | DeletePod):
        assert "no controller" in " ".join(alone.what)
        assert "the controller makes new ones" not in " ".join(alone.what)
        assert "stop and are made again" not in " ".join(alone.what)


def test_deleting_a_set_needs_no_controller():
    alone = replace(cluster(), controller=ControllerView(mode="off"))
    assert "Controller" not in facts(impact(alone, DeleteSet(LLAMA, UID), NOW))


def test_what_restarts_groups_says_how_long_that_takes():
    restart = RollingRestart(LLAMA, UID, "2026-01-01T00:00:00Z")
    recreate = RecreateGroup(LLAMA, 1, "llama-1", "uid-llama-1")
    unknown = replace(cluster(), starts={})
    assert "Takes" not in facts(impact(unknown, restart, NOW))
    assert facts(impact(unknown, recreate, NOW))["Usual start"].startswith("not known")
    starts = tuple(GroupStart("repo/vllm:1", 300.0 + 60 * n) for n in range(5))
    known = replace(unknown, starts={LLAMA: starts})
    assert facts(impact(known, restart, NOW))["Takes"] == (
        "about 21m (16m-25m); a group starts in 7m (p90 8m36s)"
    )
    assert facts(impact(known, recreate, NOW))["Usual start"] == "7m (p90 8m36s)"
