"""Working out ahead: one change is one of everything, and what is shown then is there already."""

from collections.abc import Callable, Hashable
from typing import Any

import msgspec

from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS, NODES, PODS
from lwstui.state.model import ControllerView
from lwstui.state.store import Store
from lwstui.view.memo import Memo
from lwstui.view.pods import by_set, pods
from lwstui.view.status import status
from lwstui.view.types import Query
from lwstui.view.warming import STEP, warm
from tests.view.build import NOW, lws, node, pod

KEYS = tuple(Key("ns", f"model-{number}") for number in range(3))


class Noting(Memo):
    """A memo that notes the slots whose values were built."""

    def __init__(self) -> None:
        super().__init__()
        self.slots: list[Hashable] = []

    def get(
        self,
        slot: Hashable,
        sources: tuple[object, ...],
        now: float,
        build: Callable[[], Any],
        facts: Hashable = None,
    ) -> Any:
        def noted() -> Any:
            self.slots.append(slot)
            return build()

        return super().get(slot, sources, now, noted, facts)


def filled() -> Store:
    store = Store()
    store.set_controller(ControllerView(mode="leader", holder="me"))
    store.replace(NODES, [node(f"n{number}") for number in range(3)])
    store.replace(LEADERWORKERSETS, [lws(key=key) for key in KEYS])
    store.replace(
        PODS,
        [
            pod(group, worker, key=key, node=f"n{number}")
            for number, key in enumerate(KEYS)
            for group in range(2)
            for worker in range(2)
        ],
    )
    return store


def run(store: Store, memo: Memo) -> int:
    snapshot = store.publish(NOW)
    return sum(1 for _ in warm(snapshot, memo, NOW)) + sum(1 for _ in by_set(snapshot, NOW, memo))


def test_what_was_worked_out_ahead_is_not_built_again_when_it_is_shown():
    store, memo = filled(), Noting()
    run(store, memo)
    memo.slots.clear()
    snapshot = store.publish(NOW)
    status(snapshot, NOW, memo)
    pods(snapshot, Query(), NOW, memo)
    assert memo.slots == []


def test_a_change_of_one_pod_builds_one_row_and_digests_one_group_of_one_set():
    store, memo = filled(), Noting()
    run(store, memo)
    before = pods(store.publish(NOW), Query(), NOW, memo).rows
    memo.slots.clear()
    changed = pod(1, 1, key=KEYS[1], node="n1")
    changed = msgspec.structs.replace(changed, ip="10.9.9.9")
    store.apply(PODS, "MODIFIED", changed)
    run(store, memo)
    assert sorted(map(str, memo.slots)) == sorted(
        map(
            str,
            (
                "digests",
                ("set", KEYS[1]),
                ("group", KEYS[1], 1),
                ("devices", "n1"),
                "devices",
                ("pods", KEYS[1]),
            ),
        )
    )
    after = pods(store.publish(NOW), Query(), NOW, memo).rows
    fresh = [new for old, new in zip(before, after, strict=True) if new is not old]
    assert [row.ref.name for row in fresh if row.ref] == [changed.name]


def test_the_steps_are_short():
    store, memo = filled(), Memo()
    assert run(store, memo) >= 2 * len(KEYS)
    store.replace(NODES, [node(f"n{number}") for number in range(STEP * 3)])
    assert run(store, memo) >= 2 * len(KEYS) + 3
