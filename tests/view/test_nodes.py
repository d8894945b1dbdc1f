"""Nodes: accelerators allocated and free, who holds them, and why a node is not to be used."""

import msgspec
import pytest

from lwstui.view.devicemap import ranks
from lwstui.view.memo import Memo
from lwstui.view.nodes import nodes, nodes_view
from lwstui.view.types import Query
from tests.view.build import GPU, NOW, node, pod, snapshot


def table(*, made, pods=(), query=None):
    return nodes(snapshot(nodes=made, pods=pods), query or Query(), NOW, Memo())


def cells(found, name):
    row = next(row for row in found.rows if row.ref.name == name)
    return {column.id: cell for column, cell in zip(found.columns, row.cells, strict=True)}


def test_racks_and_nodes_are_in_the_order_of_their_numbers():
    names = ["n10", "n9", "n1"]
    made = tuple(node(name, labels={"rack": f"rack-{name[1:]}"}) for name in names)
    assert [row.ref.name for row in table(made=made).rows] == ["n1", "n9", "n10"]


def test_allocated_and_free_devices():
    made = (node("node-0"), node("cpu", 0, allocatable=(), capacity=()))
    found = table(made=made, pods=(pod(0, 0), pod(0, 1, accelerators=((GPU, 3),))))
    assert cells(found, "node-0")["gpu"].text == "7/8 H100-80G"
    assert cells(found, "node-0")["free"].text == "1"
    assert cells(found, "node-0")["pods"].text == "2"
    assert cells(found, "node-0")["owner"].text == "llama-0 2 pods"
    assert cells(found, "cpu")["gpu"].text == "—"
    assert cells(found, "cpu")["free"].text == "—"


def test_a_terminating_pod_still_holds_its_devices():
    leaving = pod(0, 0, deleted_at=NOW + 20)
    assert cells(table(made=(node("node-0"),), pods=(leaving,)), "node-0")["free"].text == "4"


def test_a_finished_pod_holds_nothing():
    done = pod(0, 0, phase="Succeeded", ready=False)
    assert cells(table(made=(node("node-0"),), pods=(done,)), "node-0")["free"].text == "8"


def test_nodes_that_cannot_be_used_say_so():
    cordoned = msgspec.structs.replace(node("a"), unschedulable=True)
    lost = msgspec.structs.replace(node("b"), ready=False, ready_reason="KubeletNotReady")
    found = table(made=(cordoned, lost))
    assert cells(found, "a")["status"].text == "cordoned"
    assert cells(found, "b")["state"].text != "·"
    assert cells(found, "b")["status"].text != cells(found, "a")["status"].text


@pytest.mark.parametrize("column", ["topology", "rack"])
def test_a_filter_on_the_topology(column):
    racks = {"a": "1", "b": "2", "c": "2"}
    key = "topology.kubernetes.io/rack"
    made = tuple(node(name, labels={key: f"rack-{rack}"}) for name, rack in racks.items())
    found = table(made=made, query=Query(filter=f"{column}:rack-2"))
    assert [row.ref.name for row in found.rows] == ["b", "c"]
    assert found.total == 3


# The screen.


def screen(*, made, pods=(), **options):
    found = snapshot(nodes=made, pods=pods)
    return nodes_view(found, options.pop("query", Query()), NOW, Memo(), **options)


RACK, ZONE = "topology.kubernetes.io/rack", "topology.kubernetes.io/zone"


def racked(name, rack, **changes):
    return node(name, labels={RACK: rack, ZONE: "z", "kubernetes.io/hostname": name}, **changes)


def test_nodes_stand_below_their_domains_with_what_these_have_in_all():
    made = (racked("a", "rack-1"), racked("b", "rack-2"), racked("c", "rack-1"))
    found = screen(made=made, pods=(pod(0, 0, node="a"), pod(0, 1, node="c")))
    assert [row.cells[2].text for row in found.table.rows] == ["rack-1", "a", "c", "rack-2", "b"]
    assert [row.ref is None for row in found.table.rows] == [True, False, False, True, False]
    texts = [cell.text for cell in found.table.rows[0].cells]
    assert "8/16 GPU" in texts
    assert "llama 0" in texts
    assert found.keys == (RACK, ZONE)


def test_another_order_has_no_domains():
    made = (racked("a", "rack-1"), racked("b", "rack-2"))
    found = screen(made=made, query=Query(sort="name", descending=True))
    assert [row.ref.name for row in found.table.rows] == ["b", "a"]


def test_the_title_adds_up_per_resource_and_counts_only_usable_devices_as_free():
    made = (
        racked("a", "1"),
        racked("b", "1", unschedulable=True),
        racked("c", "1", allocatable=((GPU, 6),)),
        racked("t", "1", allocatable=(("google.com/tpu", 4),), capacity=(("google.com/tpu", 4),)),
    )
    title = "".join(span.text for span in screen(made=made, pods=(pod(node="a"),)).title)
    assert "GPU 4/22 allocated, 10 free, 4 of them fragmented, 2 unhealthy" in title
    assert "TPU 0/4 allocated, 4 free" in title


@pytest.mark.parametrize(
    ("made", "pods", "cells_of"),
    [
        pytest.param(node("n"), (pod(0, 0), pod(1, 0)), "████▒▒▒▒", id="groups-in-turn"),
        pytest.param(node("n"), (pod(0, 0),), "████____", id="free"),
        pytest.param(node("n", unschedulable=True), (), "xxxxxxxx", id="cordoned"),
        pytest.param(node("n", allocatable=((GPU, 6),)), (pod(),), "████__!!", id="unhealthy"),
        pytest.param(
            node("n"),
            (pod(), pod(set_name="", group=-1, worker=-1, name="x", uid="x")),
            "████░░░░",
            id="strangers-last",
        ),
        pytest.param(node("n", 32), (pod(accelerators=((GPU, 16),)),), "████____", id="bar"),
    ],
)
def test_one_cell_per_device(made, pods, cells_of):
    held = tuple(msgspec.structs.replace(one, node="n") for one in pods)
    assert cells(table(made=(made,), pods=held), "n")["map"].text == cells_of


def test_owners_are_named_with_their_rank():
    one = (pod(2, 1),)
    assert ranks(one) == "llama-2 w1"
    assert ranks((pod(2, 0), pod(2, 1), pod(3, 0))) == "llama-2 2 pods, llama-3 leader"
    assert ranks(tuple(pod(group) for group in range(5))).endswith("llama-2 leader, +2 groups")
