"""Pods that wait for a node come first, as far as they find one."""

import msgspec
import pytest

from controller.api.meta import Key
from lwstui.capacity.answer import CAP, answer
from lwstui.capacity.cluster import Cluster
from lwstui.capacity.queue import Crowd, queue
from lwstui.state.foreign import Load
from tests.view.build import GPU, NOW, lws, node, pod, template

QWEN = Key("prod", "qwen")


def asking(gpus=8, size=1, **extra):
    made = template(gpus)
    made["spec"] |= extra
    return lws(leaderWorkerTemplate={"size": size, "workerTemplate": made})


def waits(group=0, worker=0, gpus=8, **changes):
    base = {"phase": "Pending", "node": "", "scheduled": False, "accelerators": ((GPU, gpus),)}
    return pod(group, worker, key=QWEN, **{**base, "size": 1, **changes})


def cluster(*waiting, nodes=4, gpus=8, pods=None, sets=(), **more):
    return Cluster(
        {f"n{i}": node(f"n{i}", gpus) for i in range(nodes)},
        pods or {},
        more.pop("loads", {}),
        {one.key: one for one in waiting},
        {one.key: one for one in sets},
    )


def test_waiting_pods_that_find_a_node_have_it_first():
    found = answer(asking(), cluster(waits(0), waits(1), waits(2)))
    assert (found.groups, found.without) == (1, 4)
    assert found.first == (Crowd("prod/qwen", 3, ((GPU, 24),), 3, 0),)


def test_waiting_pods_that_find_no_node_take_nothing():
    found = answer(asking(), cluster(waits(0, gpus=16)))
    assert (found.groups, found.without) == (4, 4)
    assert found.first == (Crowd("prod/qwen", 1, ((GPU, 16),), 0, 0),)


@pytest.mark.parametrize(
    ("changes", "groups", "named"),
    [
        ({"gates": ("kueue.x-k8s.io/admission",)}, 4, 1),
        ({"deleted_at": NOW}, 4, 0),
        ({"phase": "Failed"}, 4, 0),
        ({"nominated": "n2"}, 3, 1),
        ({"nominated": "gone"}, 3, 1),
    ],
)
def test_which_pods_come_first(changes, groups, named):
    found = answer(asking(), cluster(waits(**changes)))
    assert (found.groups, len(found.first)) == (groups, named)


def test_room_kept_for_a_nominated_pod_is_on_its_node():
    found = answer(asking(), cluster(waits(nominated="n2")))
    assert [home.nodes for home in found.homes] == [("n0",), ("n1",), ("n3",)]


def test_pods_outside_sets_come_first_too():
    train = waits(set_name="", name="train", group=-1, worker=-1)
    found = answer(asking(), cluster(train))
    assert (found.groups, found.first[0].who) == (3, "")


def test_waiting_pods_go_where_their_set_lets_them():
    picky = msgspec.structs.replace(
        asking(nodeSelector={"rack": "r9"}), metadata=lws(key=QWEN).metadata
    )
    found = answer(asking(), cluster(waits(0), sets=(picky,)))
    assert (found.groups, found.first[0].placed) == (4, 0)


def test_workers_that_a_group_lacks_come_with_it():
    two = msgspec.structs.replace(asking(size=3), metadata=lws(key=QWEN).metadata)
    leader = pod(0, key=QWEN, node="n0", size=3, accelerators=((GPU, 8),))
    found = answer(asking(), cluster(pods={"n0": (leader,)}, sets=(two,)))
    assert (found.groups, found.without) == (1, 3)
    assert found.first == (Crowd("prod/qwen", 2, ((GPU, 16),), 2, 0),)
    leaving = msgspec.structs.replace(leader, deleted_at=NOW)
    assert answer(asking(), cluster(pods={"n0": (leaving,)}, sets=(two,))).groups == 3


def test_an_exclusive_group_that_waits_takes_a_domain():
    nodes = {f"n{i}": node(f"n{i}", labels={"rack": f"r{i // 2}"}) for i in range(6)}
    there = pod(7, node="n0", accelerators=(), group_key="x", topology="rack")
    first = waits(1, group_key="y", topology="rack", size=2)
    second = waits(1, 1, group_key="y", topology="rack", size=2)
    known = Cluster(nodes, {"n0": (there,)}, {}, {one.key: one for one in (first, second)})
    found = queue(known)
    assert [sorted(p.name for p in found.pods[name]) for name in ("n2", "n3")] == [
        ["qwen-1"],
        ["qwen-1-1"],
    ]
    alone = queue(Cluster(nodes, {}, {}, {second.key: second}))
    assert alone.come == frozenset()


def test_a_pod_that_only_comes_is_not_offered_for_deletion():
    train = waits(set_name="", name="train", group=-1, worker=-1)
    assert answer(asking(), cluster(train, nodes=1)).unlocks == ()


def test_waiting_pods_without_devices_outside_sets_are_named():
    found = answer(asking(), cluster(loads={"": Load(3, 100)}))
    assert "3 waiting pods outside sets without devices are not subtracted" in found.assumptions


def test_nothing_that_waits_changes_nothing():
    found = answer(asking(), cluster(), CAP)
    assert (found.groups, found.without, found.first) == (4, 4, ())
