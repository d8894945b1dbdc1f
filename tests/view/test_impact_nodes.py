"""What cordoning, draining and deleting a node say beforehand."""

from controller.api.meta import Key
from lwstui.state.intents import Cordon, DeleteNode, Drain
from lwstui.state.model import ClusterState
from lwstui.view.impact import impact
from tests.view.build import NOW, lws, node, pod, snapshot

NODE = Key("", "node-1")
UID = "uid-node-1"


def cluster(**changes):
    pods = [pod(g, w, node=f"node-{g}") for g in range(3) for w in (0, 1)]
    nodes = [node(f"node-{n}", **(changes if n == 1 else {})) for n in range(5)]
    state = ClusterState(context="prod-eu", connected=True)
    return snapshot(sets=(lws(3),), pods=tuple(pods), nodes=tuple(nodes), cluster=state)


def test_cordoning_needs_one_key_and_says_what_stays():
    found = impact(cluster(), Cordon(NODE, UID), NOW)
    assert (found.title, found.level, found.confirm_text) == ("CORDON", 1, "")
    assert "2 pods on it go on" in found.what[0]
    assert found.kubectl == "kubectl cordon node-1"
    assert impact(cluster(unschedulable=True), Cordon(NODE, UID), NOW).refused
    opened = impact(cluster(unschedulable=True), Cordon(NODE, UID, on=False), NOW)
    assert (opened.title, opened.refused) == ("UNCORDON", "")


def test_draining_names_groups_shares_and_room():
    found = impact(cluster(), Drain(NODE, UID), NOW)
    said = " ".join(found.what)
    assert "prod/llama: group 1 whole (2 pods, 34 % of the set)" in said
    assert "serving 3 → 2 of 3; fits elsewhere" in said
    assert found.target.startswith("node node-1 ")
    assert found.confirm_text == "node-1"
    assert "--ignore-daemonsets" in found.kubectl


def test_another_incarnation_or_none_is_refused():
    assert "registered again" in impact(cluster(), Drain(NODE, "old"), NOW).refused
    gone = Drain(Key("", "node-9"), "x")
    assert impact(cluster(), gone, NOW).refused == "node node-9 is gone"


def test_deleting_a_ready_node_advises_draining():
    found = impact(cluster(), DeleteNode(NODE, UID), NOW)
    assert "draining it first" in found.what[-1]
    assert "draining" not in impact(cluster(ready=False), DeleteNode(NODE, UID), NOW).what[-1]
