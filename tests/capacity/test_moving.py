"""What would have to lie elsewhere so that one more group fits, and that it then does."""

from functools import partial

import msgspec
from hypothesis import given, target
from hypothesis import strategies as st

from controller.api import names
from controller.api.meta import Key
from lwstui.capacity.answer import answer
from lwstui.capacity.cluster import Cluster
from tests.capacity.test_exactness import reproducible
from tests.view.build import GPU, lws, node, pod, template

QWEN = Key("prod", "qwen")


def asking(gpus=8, size=1, **notes):
    made = lws(leaderWorkerTemplate={"size": size, "workerTemplate": template(gpus)})
    meta = msgspec.structs.replace(made.metadata, annotations=notes)
    return msgspec.structs.replace(made, metadata=meta)


def train(on, gpus=4, name=""):
    return pod(
        set_name="",
        name=name or f"train-{on}",
        uid=name or f"train-{on}",
        group=-1,
        worker=-1,
        node=on,
        accelerators=((GPU, gpus),),
    )


def cluster(*pods, nodes=2, gpus=8, sets=(), labels=lambda _: {}):
    known = {f"n{i}": node(f"n{i}", gpus, labels=labels(i)) for i in range(nodes)}
    there = {name: tuple(p for p in pods if p.node == name) for name in known}
    return Cluster(known, there, {}, sets={one.key: one for one in sets})


def told(found):
    return [(move.what, *move.pods[0][1:]) for move in found.moves]


def test_a_pod_that_may_lie_beside_another_makes_room():
    found = answer(asking(), cluster(train("n0"), train("n1")))
    assert (found.groups, told(found)) == (0, [("pod prod/train-n0", "n0", "n1")])


def test_nothing_is_moved_where_a_group_fits_or_nothing_helps():
    assert answer(asking(), cluster(train("n0")), 1).moves == ()
    assert answer(asking(), cluster(train("n0", 5), train("n1", 5))).moves == ()
    assert answer(asking(16), cluster(train("n0"), train("n1"))).moves == ()


def test_several_moves_make_room_for_a_group_of_several_pods():
    pods = [train(f"n{i}") for i in range(4)]
    found = answer(asking(size=2), cluster(*pods, nodes=4))
    assert (found.groups, len(found.moves)) == (0, 2)
    assert {source for _, source, _ in told(found)}.isdisjoint(to for _, _, to in told(found))


def test_the_least_is_moved():
    pods = [train("n0", 4, "big"), train("n1", 1, "small"), train("n2", 4, "third")]
    found = answer(asking(), cluster(*pods, nodes=3))
    assert told(found) == [("pod prod/small", "n1", "n0")]


def test_a_group_moves_as_one_and_only_where_its_set_lets_it():
    mine = [pod(0, i, key=QWEN, node=f"n{i}", accelerators=((GPU, 2),)) for i in range(2)]
    other = lws(key=QWEN)
    pods = [*mine, train("n1", 4), train("n2", 7)]
    found = answer(asking(8), cluster(*pods, nodes=3, sets=(other,)))
    assert [move.what for move in found.moves] == ["group prod/qwen/0"]
    assert [(source, to) for _, source, to in found.moves[0].pods] == [("n0", "n1"), ("n1", "n1")]
    assert answer(asking(8), cluster(*pods, nodes=3)).moves == ()
    picky = lws(key=QWEN)
    spec = picky.spec["leaderWorkerTemplate"]["workerTemplate"]["spec"]
    spec["nodeSelector"] = {"kubernetes.io/hostname": "n9"}
    assert answer(asking(8), cluster(*pods, nodes=3, sets=(picky,))).moves == ()


def test_groups_with_a_domain_of_their_own_stay():
    own = pod(0, key=QWEN, node="n0", accelerators=((GPU, 4),), topology="rack", group_key="x")
    found = answer(asking(), cluster(own, train("n1", 5), sets=(lws(key=QWEN),)))
    assert found.moves == ()


def test_a_domain_is_cleared_into_others():
    made = asking(size=2, **{names.EXCLUSIVE_TOPOLOGY: "rack"})
    pods = [train("n0", 2), train("n2", 3), train("n3", 3)]
    found = answer(made, cluster(*pods, nodes=4, labels=lambda i: {"rack": f"r{i // 2}"}))
    assert (found.groups, told(found)) == (0, [("pod prod/train-n0", "n0", "n2")])


@st.composite
def crowded(draw):
    """Return what pods hold on each node, in devices."""
    held = st.lists(st.integers(1, 4), max_size=4)
    return [draw(held) for _ in range(draw(st.integers(2, 5)))]


@partial(reproducible, examples=150)
@given(crowded(), st.integers(2, 8), st.integers(1, 3))
def test_one_more_group_fits_once_pods_have_moved(held, gpus, size):
    pods = [
        train(f"n{i}", amount, f"t{i}-{j}")
        for i, amounts in enumerate(held)
        for j, amount in enumerate(amounts)
        if sum(amounts[: j + 1]) <= 8
    ]
    made = asking(gpus, size)
    before = answer(made, cluster(*pods, nodes=len(held)))
    target(len(before.moves))
    to = {key: (source, place) for move in before.moves for key, source, place in move.pods}
    moved = [
        msgspec.structs.replace(one, node=to[one.key][1]) if one.key in to else one for one in pods
    ]
    assert all(source != place for source, place in to.values())
    after = answer(made, cluster(*moved, nodes=len(held)))
    assert after.groups >= before.groups + bool(before.moves)
    loads = {
        f"n{i}": sum(n for p in moved if p.node == f"n{i}" for _, n in p.accelerators)
        for i in range(len(held))
    }
    assert max(loads.values()) <= 8
