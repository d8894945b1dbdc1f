"""What deleting one pod takes with it, by role, policy and state of its node."""

from dataclasses import replace

import pytest

from controller.api.meta import Key
from lwstui.state.intents import DeletePod, DeleteSet
from lwstui.state.model import ClusterState
from lwstui.view.impact import impact
from lwstui.view.safety import Safety
from tests.view.build import LLAMA, NOW, lws, node, pod, snapshot, starting


def cluster(policy="RecreateGroupOnPodRestart", *, ready=True, pods=None, sandbox=False):
    members = pods or [pod(g, w, node=f"node-{g}") for g in range(3) for w in (0, 1)]
    return snapshot(
        sets=(lws(3, leaderWorkerTemplate={"size": 2, "restartPolicy": policy}),),
        pods=tuple(members),
        nodes=tuple(node(f"node-{n}", ready=ready or n != 1) for n in range(3)),
        cluster=ClusterState(context="prod-eu", connected=True, sandbox=sandbox),
    )


def worker(at_once=False, group=1):
    return DeletePod(LLAMA, f"llama-{group}-1", f"uid-llama-{group}-1", at_once)


def facts(found):
    return {label: span.text for label, span in found.facts}


def test_one_worker_takes_its_group_with_it():
    found = impact(cluster(), worker(), NOW)
    assert (found.title, found.confirm_text, found.level) == ("DELETE POD", "llama", 3)
    assert "the whole group 1 goes with it, all 2 pods" in " ".join(found.what)
    assert facts(found)["Pods"] == "2 of 6"
    assert facts(found)["after"] == "2/3 groups"
    assert found.kubectl == "kubectl -n prod delete pod llama-1-1"
    assert found.target.startswith("prod / llama-1-1 ")


def test_without_recreation_only_the_pod_goes():
    found = impact(cluster("None"), worker(), NOW)
    assert "Only this pod stops" in " ".join(found.what)
    assert facts(found)["Pods"] == "1 of 6"
    leader = impact(cluster("None"), DeletePod(LLAMA, "llama-1", "uid-llama-1"), NOW)
    assert "It is the leader of group 1" in " ".join(leader.what)
    assert facts(leader)["Pods"] == "2 of 6"


def test_a_group_that_has_not_started_survives_under_after_start():
    pods = [pod(0, 0), pod(0, 1), starting(1, 0), starting(1, 1)]
    young = impact(cluster("RecreateGroupAfterStart", pods=pods), worker(), NOW)
    assert "still starting" in " ".join(young.what)
    old = impact(cluster("RecreateGroupAfterStart", pods=pods), worker(group=0), NOW)
    assert "the whole group 0 goes" in " ".join(old.what)


def test_killing_says_what_grace_zero_means():
    found = impact(cluster(), worker(at_once=True), NOW)
    assert (found.title, found.level) == ("KILL POD", 3)
    assert "no time to shut down" in found.what[0]
    assert found.kubectl.endswith("delete pod llama-1-1 --grace-period=0 --force")


def test_on_a_node_that_does_not_answer_it_is_a_force_release():
    gone = replace_pod(cluster(ready=False), deleted_at=NOW - 600)
    found = impact(gone, worker(at_once=True), NOW)
    assert (found.title, found.level) == ("FORCE-RELEASE POD", 4)
    assert "may still run there" in found.what[1]
    assert impact(gone, worker(), NOW).refused == "pod llama-1-1 is being deleted already"
    sandbox = cluster(ready=False, sandbox=True)
    assert impact(sandbox, worker(at_once=True), NOW).confirm_text == "llama"


def replace_pod(snap, **changes):
    key = Key("prod", "llama-1-1")
    pods = [
        pod(p.group, p.worker, node=p.node, **(changes if p.key == key else {}))
        for p in snap.by_set[LLAMA]
    ]
    return cluster(ready=False, pods=pods)


@pytest.mark.parametrize(
    ("uid", "says"),
    [("other", "was replaced by a new one meanwhile"), ("uid-llama-1-1", "")],
)
def test_another_incarnation_is_refused(uid, says):
    assert says in impact(cluster(), DeletePod(LLAMA, "llama-1-1", uid), NOW).refused


def test_deleting_a_set_asks_for_its_name_even_in_the_sandbox():
    found = impact(cluster(sandbox=True), DeleteSet(LLAMA, f"uid-{LLAMA}"), NOW)
    assert (found.level, found.confirm_text) == (4, "llama")
    assert "3 groups, 6 pods" in found.what[0]
    assert facts(found)["Serving now"] == "3 of 3 groups"
    assert facts(found)["Volume claims"] == "none made by the set"


def test_how_much_is_asked_can_be_set():
    snap = cluster()
    lax, strict = Safety(typed_from=5), Safety(unprotected=(), typed_from=2)
    assert impact(snap, worker(), NOW, safety=lax).confirm_text == ""
    assert impact(snap, DeleteSet(LLAMA, ""), NOW, safety=lax).confirm_text == "llama"
    local = replace(snap, cluster=replace(snap.cluster, context="kind-a"))
    assert impact(local, worker(), NOW).confirm_text == ""
    assert impact(local, worker(), NOW, safety=strict).confirm_text == "llama"
    assert impact(local, worker(), NOW, at_least=4).confirm_text == "llama"
