"""What draining a node costs in groups, in serving and in room elsewhere."""

from __future__ import annotations

import msgspec
import pytest

from controller.api.meta import Key
from lwstui.view.drain import drain_impact
from tests.view import build
from tests.view.build import GPU, NOW


def _cluster(*, nodes=3, policy="RecreateGroupOnPodRestart", gpus=8):
    """Return two groups of two: group 0 spans node-0 and node-1, group 1 lives on node-2."""
    lws = build.lws(2, 2)
    lws.spec["leaderWorkerTemplate"]["restartPolicy"] = policy
    pods = (
        build.pod(0, 0, node="node-0"),
        build.pod(0, 1, node="node-1"),
        build.pod(1, 0, node="node-2"),
        build.pod(1, 1, node="node-2"),
    )
    offered = tuple(build.node(f"node-{i}", gpus) for i in range(nodes))
    return build.snapshot(sets=(lws,), pods=pods, nodes=offered)


def test_a_whole_group_goes_with_one_of_its_pods():
    impact = drain_impact(_cluster(), "node-0", NOW)
    (lost,) = impact.sets
    (group,) = lost.groups
    assert (group.index, group.evicted, group.lost, group.devices) == (0, 1, 2, 8)
    assert group.whole
    assert (lost.share, lost.serving, lost.after) == (50, 2, 1)
    assert (impact.groups, impact.pods, impact.stops) == (1, 2, ())


def test_a_group_on_several_drained_nodes_goes_once_and_finds_no_room_on_them():
    impact = drain_impact(_cluster(), ("node-0", "node-1"), NOW)
    (lost,) = impact.sets
    (group,) = lost.groups
    assert (impact.groups, impact.pods, group.evicted) == (1, 2, 2)
    assert lost.fits is False
    everything = drain_impact(_cluster(), ("node-0", "node-1", "node-2"), NOW)
    assert (everything.groups, everything.pods) == (2, 4)
    assert everything.stops == (lost.key,)


def test_a_worker_alone_goes_where_the_policy_replaces_single_pods():
    impact = drain_impact(_cluster(policy="None"), "node-1", NOW)
    (group,) = impact.sets[0].groups
    assert (group.evicted, group.lost, group.whole) == (1, 1, False)
    assert impact.sets[0].fits is None
    assert "single workers" in impact.sets[0].fit.why


def test_the_leader_takes_its_workers_along_whatever_the_policy():
    (group,) = drain_impact(_cluster(policy="None"), "node-0", NOW).sets[0].groups
    assert (group.lost, group.whole) == (2, True)


@pytest.mark.parametrize(
    ("nodes", "gpus", "fits"),
    [
        pytest.param(3, 8, True, id="its-own-place-on-the-other-node-counts"),
        pytest.param(2, 4, False, id="nowhere-left"),
    ],
)
def test_room_elsewhere_counts_what_the_group_itself_gives_back(nodes, gpus, fits):
    assert drain_impact(_cluster(nodes=nodes, gpus=gpus), "node-0", NOW).sets[0].fits is fits


def test_sets_that_stop_serving_are_named():
    world = _cluster()
    pods = [msgspec.structs.replace(pod, node="node-0") for pod in world.pods.values()]
    lws = next(iter(world.sets.values()))
    snapshot = build.snapshot(sets=(lws,), pods=tuple(pods), nodes=tuple(world.nodes.values()))
    impact = drain_impact(snapshot, "node-0", NOW)
    assert impact.stops == (lws.key,)
    assert impact.sets[0].share == 100


def test_strangers_that_hold_accelerators_are_listed_and_finished_pods_are_not():
    stranger = build.pod(
        key=Key("other", "x"), name="train-0", uid="train-0", set_name="", group=-1, worker=-1
    )
    done = msgspec.structs.replace(stranger, name="done", uid="done", phase="Succeeded")
    assert stranger.accelerators == ((GPU, 4),)
    snapshot = build.snapshot(pods=(stranger, done), nodes=(build.node("node--1"),))
    impact = drain_impact(snapshot, stranger.node, NOW)
    assert [pod.name for pod in impact.others] == ["train-0"]
    assert impact.sets == ()


def test_an_empty_node_costs_nothing():
    impact = drain_impact(_cluster(nodes=4), "node-3", NOW)
    assert (impact.sets, impact.others, impact.groups, impact.pods) == ((), (), 0, 0)
