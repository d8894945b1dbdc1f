"""Operations of the console against the sandbox: what the API server has afterwards."""

import copy

import pytest

from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS
from lwstui.kube.connect import Target
from lwstui.runtime.engine import Engine, EngineOptions
from lwstui.runtime.intents import Cordon, DeletePod, DeleteSet, Drain, Edit, Freeze, Scale
from lwstui.state.editing import editable
from tests.runtime.test_sandbox import KEY, manifest, sandbox  # noqa: F401 - a fixture
from tests.support.waiting import until

SETS = "leaderworkersets.leaderworkerset.x-k8s.io"


class Operator:
    """An engine on the sandbox, with its embedded controller, and what it last showed."""

    def __init__(self, sandbox):  # noqa: F811
        self.store = sandbox.store
        self.snapshots = []
        self.engine = Engine(
            EngineOptions(
                Target(kubeconfig=str(sandbox.kubeconfig)),
                embedded_controller=True,
                identity="test",
                apply_first=(manifest(),),
            )
        )

    @property
    def last(self):
        return self.snapshots[-1]

    def do(self, intent):
        assert self.engine.dry_run(intent).result(30).ok
        outcome = self.engine.submit(intent).result(30)
        assert outcome.ok, outcome.message
        return outcome

    def served(self, groups, *, gone=()):
        def check():
            pods = self.last.by_set.get(KEY, ()) if self.snapshots else ()
            whole = len(pods) == 2 * groups and all(p.running_and_ready for p in pods)
            calm = not self.last.pending and not self.last.underway if self.snapshots else False
            return whole and calm and not {p.uid for p in pods} & set(gone) and self.last

        return until(check, what=f"{groups} groups to serve")


@pytest.fixture
def operator(sandbox):  # noqa: F811
    made = Operator(sandbox)
    made.engine.start(made.snapshots.append)
    try:
        made.served(1)
        yield made
    finally:
        made.engine.stop()


def test_deleting_a_worker_takes_the_group_and_brings_it_back(operator):
    before = {p.uid for p in operator.last.by_set[KEY]}
    worker = operator.last.pods[Key("default", "small-0-1")]
    operator.do(DeletePod(KEY, worker.name, worker.uid))
    operator.served(1, gone=before)
    stale = operator.engine.submit(DeletePod(KEY, worker.name, worker.uid)).result(30)
    assert not stale.ok
    assert "nothing was done" in stale.message


def test_a_node_is_drained_group_by_group_and_stays_cordoned(operator):
    uid = operator.last.sets[KEY].metadata.uid
    operator.do(Scale(KEY, uid, 2))
    snapshot = operator.served(2)
    leader = snapshot.pods[Key("default", "small-1")]
    gone = {p.uid for p in snapshot.by_set[KEY] if p.group == 1}
    node = snapshot.nodes[leader.node]
    key = Key("", node.name)
    verdict = operator.engine.dry_run(Drain(key, node.uid)).result(30)
    assert verdict.ok
    assert "would be accepted now" in verdict.note
    operator.do(Drain(key, node.uid))
    last = operator.served(2, gone=gone)
    assert all(p.node != node.name for p in last.by_set[KEY])
    assert operator.store.get("nodes", "", node.name)["spec"]["unschedulable"] is True
    done = [a for a in last.activity if a.what == "drain"]
    assert "drained" in done[-1].outcome
    operator.do(Cordon(key, node.uid, on=False))
    until(lambda: not operator.last.nodes[node.name].unschedulable, what="the node to be open")
    assert "unschedulable" not in operator.store.get("nodes", "", node.name)["spec"]


def test_an_edit_changes_its_fields_only_and_notices_others(operator):
    body = dict(operator.engine.read(LEADERWORKERSETS, *KEY).result(30))
    uid, before = body["metadata"]["uid"], editable(body)
    after = copy.deepcopy(before)
    after["spec"]["replicas"] = 2
    after["metadata"].setdefault("labels", {})["team"] = "ml.a"
    intent = Edit(KEY, LEADERWORKERSETS, uid, before, after)
    operator.do(intent)
    operator.served(2)
    stored = operator.store.get(SETS, *KEY)
    assert stored["spec"]["replicas"] == 2
    assert stored["metadata"]["labels"]["team"] == "ml.a"
    again = operator.engine.dry_run(intent).result(30)
    assert not again.ok
    assert "changed meanwhile, so nothing was done: spec.replicas" in again.message
    typo = copy.deepcopy(before)
    typo["spec"]["replicsa"] = 3
    refused = operator.engine.dry_run(Edit(KEY, LEADERWORKERSETS, uid, before, typo)).result(30)
    assert not refused.ok
    assert "no such field: spec.replicsa" in refused.message


def test_a_deleted_set_is_gone_with_its_pods(operator):
    operator.do(DeleteSet(KEY, operator.last.sets[KEY].metadata.uid))
    until(lambda: KEY not in operator.last.sets and KEY not in operator.last.by_set)
    until(lambda: not operator.last.underway, what="the deletion to be at its end")
    assert operator.store.get(SETS, *KEY) is None
    (first, *_) = (a for a in operator.last.activity if a.what == "delete")
    assert first.outcome.endswith("accepted")


def test_a_frozen_group_is_left_as_it_is_until_it_is_thawed(operator):
    uid = operator.last.sets[KEY].metadata.uid
    before = {p.uid for p in operator.last.by_set[KEY]}
    operator.do(Freeze(KEY, uid, 0))
    worker = operator.last.pods[Key("default", "small-0-1")]
    operator.do(DeletePod(KEY, worker.name, worker.uid))

    def waits():
        found = operator.last.controller.waits.get(KEY, ())
        return [reason for code, reason, _ in found if code == "frozen"]

    until(lambda: waits() and len(operator.last.by_set[KEY]) == 1, what="the group to be kept")
    assert "group 0 is frozen and stays as it is: pod small-0-1 vanished" in waits()[0]
    assert operator.store.get(SETS, *KEY)["metadata"]["annotations"]["lwstui.dev/frozen"] == "0"
    operator.do(Freeze(KEY, uid, 0, on=False))
    operator.served(1, gone=before)
    assert "lwstui.dev/frozen" not in operator.store.get(SETS, *KEY)["metadata"]["annotations"]
