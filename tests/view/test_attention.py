"""The strip: one line per cause, whatever it hits, and accelerators that serve nothing."""

from __future__ import annotations

from msgspec.structs import replace

from lwstui.state.model import GroupHistory
from lwstui.view.attention import strip
from lwstui.view.digest import digests
from lwstui.view.memo import Memo
from lwstui.view.types import Ref
from tests.tui.building import NOW, World


def _lines(world):
    memo = Memo()
    snapshot = world.snapshot()
    return strip(digests(snapshot, memo, NOW), snapshot.controller, NOW, memo)


def test_a_broken_node_is_one_cause_for_all_the_sets_it_hits():
    world = World()
    world.add_nodes(2)
    world.add_set("a", "··", size=2, gpus=1)
    world.add_set("b", "·", size=4, gpus=1)
    world.add_set("c", "·", size=8, gpus=1)
    world.break_node("gpu-000")
    (line,) = _lines(world)
    assert line.where == "node gpu-000"
    assert line.what == "3 groups"
    assert line.reason == "node gpu-000 NotReady: a 0-1, b 0"
    assert line.ref == Ref("node", "", "gpu-000")


def test_two_broken_nodes_are_two_causes():
    world = World()
    world.add_nodes(2)
    world.add_set("a", "··", size=8, gpus=1)
    world.break_node("gpu-000")
    world.break_node("gpu-001")
    assert [line.what for line in _lines(world)] == ["group 0", "group 1"]


def test_accelerators_held_without_serving_have_a_line_beside_the_cause():
    world = World()
    world.add_nodes(4)
    world.add_set("a", "X", size=2, gpus=8)
    for key, pod in world.pods.items():
        container = pod.containers[0]
        long_ago = replace(container, last_finished_at=NOW - 2000)
        world.pods[key] = replace(pod, containers=(long_ago,), ready_changed_at=NOW - 2000)
    reasons = [line.reason for line in _lines(world)]
    assert len(reasons) == 2
    assert "OOMKilled" in reasons[0]
    assert reasons[1] == "holds 16 GPU, serves 0"


def test_a_recreate_loop_is_a_failure():
    world = World()
    world.add_nodes(4)
    key = world.add_set("a", "o", size=2, gpus=1)
    world.history[key, 0] = GroupHistory(tuple(NOW - ago for ago in (800, 500, 300, 150)))
    (line,) = _lines(world)
    assert line.glyph == "X"
    assert line.reason.startswith("recreate loop ×3")


def test_groups_with_one_reason_are_one_cause_whichever_of_their_pods_are_to_blame():
    world = World()
    world.add_nodes(8)
    world.add_set("a", "PP·", size=2, gpus=1)
    placed = next(key for key, pod in world.pods.items() if (pod.group, pod.worker) == (1, 0))
    world.pods[placed] = replace(
        world.pods[placed], unscheduled_reason="", unscheduled_message="", node="gpu-000"
    )
    (line,) = [line for line in _lines(world) if line.glyph == "P"]
    assert line.what == "groups 0-1"
    assert not line.reason.startswith(("leader", "w1", "all"))
