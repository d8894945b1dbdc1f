import msgspec

from controller.api.meta import Key
from lwstui.state.shelves import Shelves
from tests.view.build import LLAMA, pod


def shelves(*pods):
    changed = set()
    found = Shelves("by_set", changed)
    for one in pods:
        found.put(LLAMA, one.key, one)
    found.settle()
    changed.clear()
    return found, changed


def test_a_pod_that_changes_takes_its_place_and_nothing_is_sorted():
    found, changed = shelves(*(pod(g, w) for g in (11, 2) for w in (1, 0)))
    before, sorts = found.ordered[LLAMA], found.sorts
    fresh = pod(11, 0, ready=False)
    found.put(LLAMA, fresh.key, fresh)
    assert changed == {"by_set"}
    assert found.settle() == [(LLAMA, (*before[:2], fresh, before[3]))]
    assert found.sorts == sorts


def test_a_pod_that_comes_goes_or_moves_is_put_in_order():
    found, _ = shelves(pod(0, 0), pod(2, 0))
    one = pod(1, 0)
    found.put(LLAMA, one.key, one)
    found.settle()
    assert [p.group for p in found.ordered[LLAMA]] == [0, 1, 2]
    moved = msgspec.structs.replace(one, group=3)
    found.put(LLAMA, moved.key, moved)
    found.settle()
    assert [p.group for p in found.ordered[LLAMA]] == [0, 2, 3]
    found.drop(LLAMA, moved.key)
    found.settle()
    assert [p.group for p in found.ordered[LLAMA]] == [0, 2]


def test_what_comes_back_between_two_looks_is_in_order_again():
    found, _ = shelves(pod(0, 0), pod(0, 1))
    again = pod(0, 0, uid="another")
    found.drop(LLAMA, again.key)
    found.put(LLAMA, again.key, again)
    found.settle()
    assert [p.uid for p in found.ordered[LLAMA]] == ["another", pod(0, 1).uid]


def test_an_empty_shelf_is_gone():
    found, _ = shelves(pod(0, 0))
    found.drop(LLAMA, pod(0, 0).key)
    assert found.settle() == [(LLAMA, ())]
    assert not found.ordered
    assert not found.held(LLAMA)


def test_what_is_not_there_changes_nothing():
    found, changed = shelves(pod(0, 0))
    found.drop(LLAMA, Key("prod", "nobody"))
    found.drop(Key("prod", "nowhere"), Key("prod", "nobody"))
    assert not changed
    assert not found.settle()
