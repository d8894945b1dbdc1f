from lwstui.view.memo import Memo
from lwstui.view.nodes import nodes
from lwstui.view.types import Query
from tests.view.build import NOW, node, snapshot


def test_racks_and_nodes_are_in_the_order_of_their_numbers():
    names = ["n10", "n9", "n1"]
    made = tuple(node(name, labels={"rack": f"rack-{name[1:]}"}) for name in names)
    table = nodes(snapshot(nodes=made), Query(), NOW, Memo())
    assert [row.ref.name for row in table.rows] == ["n1", "n9", "n10"]
