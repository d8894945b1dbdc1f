from itertools import product

import pytest

from controller.api.lws import LeaderWorkerSet
from controller.api.names import EXCLUSIVE_TOPOLOGY
from lwstui.capacity import answer as asking_of
from lwstui.capacity.answer import CAP
from lwstui.capacity.cluster import Cluster
from lwstui.capacity.free import node_devices, totals
from lwstui.capacity.requests import group_request
from tests.view.build import GPU, lws, node, pod, template


def answer(made, nodes, pods, groups=CAP):
    return asking_of.answer(made, Cluster(nodes, pods), groups)


def cluster(*free, **changes):
    return {f"n{i}": node(f"n{i}", gpus, **changes) for i, gpus in enumerate(free)}


def test_devices_of_pods_bound_to_a_node_are_taken():
    busy = (pod(), pod(0, 1, phase="Succeeded"), pod(1, phase="Pending", deleted_at=1.0))
    (devices,) = node_devices(node("n0"), busy)
    assert (devices.allocated, devices.free, devices.overcommitted) == (8, 0, 0)
    sick = node("n0", allocatable=((GPU, 6),))
    (devices,) = node_devices(sick, busy)
    assert (devices.free, devices.overcommitted, devices.unhealthy) == (0, 2, 2)


def test_totals_are_kept_apart_by_resource():
    nodes = {"a": node("a"), "b": node("b", allocatable=(("google.com/tpu", 4),), capacity=())}
    found = {d.resource: (d.allocated, d.allocatable) for d in totals(nodes, {"a": (pod(),)})}
    assert found == {GPU: (4, 8), "google.com/tpu": (0, 4)}


def test_groups_fit_into_what_is_free():
    nodes = cluster(8, 8)
    assert answer(lws(), nodes, {}).groups == 2
    assert answer(lws(), nodes, {"n0": (pod(), pod(0, 1))}).groups == 1
    assert answer(lws(), nodes, {}, groups=1).groups == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"ready": False},
        {"unschedulable": True},
        {"taints": (("dedicated", "x", "NoSchedule"),)},
    ],
)
def test_unusable_nodes_do_not_count(changes):
    assert answer(lws(), cluster(8, **changes), {}).groups == 0


def with_pod(**spec) -> LeaderWorkerSet:
    made = template()
    made["spec"].update(spec)
    return lws(leaderWorkerTemplate={"size": 2, "workerTemplate": made})


@pytest.mark.parametrize(
    ("toleration", "expected"),
    [
        ({"key": "dedicated", "operator": "Exists"}, 1),
        ({"operator": "Exists"}, 1),
        ({"key": "dedicated", "value": "x", "effect": "NoSchedule"}, 1),
        ({"key": "dedicated", "value": "y"}, 0),
        ({"key": "dedicated", "operator": "Exists", "effect": "NoExecute"}, 0),
    ],
)
def test_tolerations_and_selectors(toleration, expected):
    tainted = cluster(8, taints=(("dedicated", "x", "NoSchedule"),))
    assert answer(with_pod(tolerations=[toleration]), tainted, {}).groups == expected


def test_node_selectors():
    assert answer(with_pod(nodeSelector={"rack": "r1"}), cluster(8), {}).groups == 1
    assert answer(with_pod(nodeSelector={"rack": "r9"}), cluster(8), {}).groups == 0


def test_exclusive_topology_takes_whole_free_domains():
    nodes = {
        f"{rack}-{i}": node(f"{rack}-{i}", 4, labels={"rack": rack})
        for rack, i in product(("r1", "r2", "r3"), range(2))
    }
    made = lws()
    meta = made.metadata
    import msgspec

    exclusive = msgspec.structs.replace(
        made, metadata=msgspec.structs.replace(meta, annotations={EXCLUSIVE_TOPOLOGY: "rack"})
    )
    assert answer(exclusive, nodes, {}).groups == 3
    taken = pod(group_key="k", accelerators=())
    assert answer(exclusive, nodes, {"r2-0": (taken,)}).groups == 2


@pytest.mark.parametrize(
    ("subject", "nodes", "says"),
    [
        (with_pod(schedulerName="volcano"), cluster(8), "schedulerName"),
        (lws(), {}, "no nodes"),
        (
            lws(leaderWorkerTemplate={"size": 1, "workerTemplate": template(0)}),
            cluster(8),
            "no accelerators",
        ),
        (lws(leaderWorkerTemplate={"size": 1, "workerTemplate": 3}), cluster(8), "cannot be read"),
    ],
)
def test_what_is_not_computed_says_so(subject, nodes, says):
    found = answer(subject, nodes, {})
    assert found.groups is None
    assert says in found.why


def test_a_leader_template_of_its_own_counts():
    spec = {
        "leaderWorkerTemplate": {
            "size": 3,
            "leaderTemplate": template(0),
            "workerTemplate": template(4),
        }
    }
    found = group_request(spec)
    assert found is not None
    assert (found.leader_devices, found.worker_devices, found.devices) == (0, 4, 8)
