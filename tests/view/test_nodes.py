"""Nodes: accelerators allocated and free, who holds them, and why a node is not to be used."""

import msgspec
import pytest

from lwstui.view.memo import Memo
from lwstui.view.nodes import nodes
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
    assert cells(found, "node-0")["owner"].text == "llama 0"
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
