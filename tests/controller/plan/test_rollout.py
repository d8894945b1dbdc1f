"""The arithmetic of rolling updates, on the worked examples of the reference."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.api import names
from controller.api.lws import RolloutRecord, RolloutStrategy
from controller.plan import rollout
from controller.plan.rollout import MISSING, Limits, Record, State

DONE, OLD, NEW, BROKEN = (
    State(ready=True, updated=True),
    State(ready=True, updated=False),
    State(ready=False, updated=True),
    State(ready=False, updated=False),
)


class Table:
    """A set whose groups change state only when the table says so."""

    def __init__(self, replicas: int, unavailable: int | str, surge: int | str, p: int = 0) -> None:
        self.strategy = RolloutStrategy(p, unavailable, surge)
        self.replicas = replicas
        self.record = RolloutRecord("a", p, replicas, replicas)
        self.states = [DONE] * replicas

    def run(self, *, retarget: bool = False) -> list[tuple[int, int]]:
        limit = rollout.limits(self.replicas, self.strategy)
        steps = rollout.settle(limit, self.record, self.states, retarget=retarget)
        self.record = RolloutRecord("a", *steps[-1], self.replicas)
        grown = [MISSING] * (self.record.groups - len(self.states))
        self.states = [*self.states, *grown][: self.record.groups]
        return [tuple(step) for step in steps]

    def do(self, event: str, value: object) -> list[tuple[int, int]]:
        match event, value:
            case "update", None:
                self.states = [State(s.ready, updated=False) for s in self.states]
                return self.run(retarget=True)
            case "update", int(replicas):
                self.replicas = replicas
                return self.do("update", None)
            case "scale", int(replicas):
                self.replicas = replicas
            case "partition", int(partition):
                self.strategy = RolloutStrategy(
                    partition, self.strategy.max_unavailable, self.strategy.max_surge
                )
            case State() as state, list(indexes):
                for index in indexes:
                    self.states[index] = state
            case _:
                raise AssertionError(event)
        return self.run()


UPDATE = ("update", None)
TABLES = {
    "A one at a time": (
        (4, 1, 0),
        [
            (UPDATE, [(4, 4), (3, 4)]),
            ((DONE, [3]), [(2, 4)]),
            ((DONE, [1]), [(2, 4)]),
            ((NEW, [3]), [(2, 4)]),
            ((DONE, [0, 1, 2, 3]), [(0, 4)]),
        ],
    ),
    "B two at a time slide": (
        (4, 2, 0),
        [
            (UPDATE, [(4, 4), (2, 4)]),
            ((DONE, [3]), [(1, 4)]),
            ((DONE, [2]), [(0, 4)]),
            ((DONE, [1, 0]), [(0, 4)]),
        ],
    ),
    "C budget above replicas": ((4, 10, 0), [(UPDATE, [(4, 4), (0, 4)])]),
    "D surge only": (
        (4, 0, 1),
        [
            (UPDATE, [(4, 5)]),
            ((DONE, [4]), [(3, 5)]),
            ((DONE, [3]), [(2, 5)]),
            ((DONE, [2]), [(1, 5)]),
            ((DONE, [1]), [(0, 5)]),
            ((DONE, [0]), [(0, 4)]),
        ],
    ),
    "E one and one": (
        (4, 1, 1),
        [
            (UPDATE, [(4, 5), (3, 5)]),
            ((DONE, [4]), [(2, 5)]),
            ((DONE, [3]), [(1, 5)]),
            ((DONE, [2]), [(0, 5)]),
            ((DONE, [1]), [(0, 4)]),
            ((DONE, [0]), [(0, 4)]),
        ],
    ),
    "F one and two": (
        (4, 1, 2),
        [
            (UPDATE, [(4, 6), (3, 6)]),
            ((DONE, [5]), [(2, 6)]),
            ((DONE, [4]), [(1, 6)]),
            ((DONE, [3]), [(0, 6)]),
            ((DONE, [2]), [(0, 5)]),
            ((DONE, [1]), [(0, 4)]),
            ((DONE, [0]), [(0, 4)]),
        ],
    ),
    "G in order": (
        (4, 2, 2),
        [
            (UPDATE, [(4, 6), (2, 6)]),
            ((NEW, [4, 5]), [(2, 6)]),
            ((DONE, [4]), [(2, 6)]),
            ((DONE, [5]), [(0, 6)]),
            ((DONE, [3, 2]), [(0, 4)]),
            ((DONE, [1, 0]), [(0, 4)]),
        ],
    ),
    "G surge never ready": (
        (4, 2, 2),
        [
            (UPDATE, [(4, 6), (2, 6)]),
            ((NEW, [4, 5]), [(2, 6)]),
            ((DONE, [3]), [(2, 6)]),
            ((DONE, [2]), [(2, 4), (0, 4)]),
            ((DONE, [1, 0]), [(0, 4)]),
        ],
    ),
    "H surge above replicas": (
        (2, 1, 4),
        [(UPDATE, [(2, 3), (1, 3)]), ((DONE, [0, 1, 2]), [(0, 2)])],
    ),
    "H seven groups": ((4, 1, 4), [(UPDATE, [(4, 7), (3, 7)])]),
    "I grow and change": (
        (4, 1, 0),
        [
            (("update", 6), [(4, 6)]),
            ((NEW, [4, 5]), [(4, 6)]),
            ((DONE, [5]), [(4, 6)]),
            ((DONE, [4]), [(3, 6)]),
        ],
    ),
    "I grow and change with surge": ((2, 1, 2), [(("update", 4), [(2, 4), (2, 6)])]),
    "J grow mid-update": (
        (4, 1, 0),
        [
            (UPDATE, [(4, 4), (3, 4)]),
            ((DONE, [3]), [(2, 4)]),
            (("scale", 6), [(2, 6)]),
            ((DONE, [4, 5]), [(2, 6)]),
            ((DONE, [2]), [(1, 6)]),
        ],
    ),
    "K shrink mid-update": (
        (6, 1, 0),
        [
            (UPDATE, [(6, 6), (5, 6)]),
            (("scale", 3), [(3, 3), (2, 3)]),
            ((DONE, [2]), [(1, 3)]),
            ((DONE, [1]), [(0, 3)]),
            ((DONE, [0]), [(0, 3)]),
        ],
    ),
    "L shrink and change with surge": ((6, 1, 2), [(("update", 3), [(3, 5), (2, 5)])]),
    "M up and down with surge": (
        (4, 1, 2),
        [
            (UPDATE, [(4, 6), (3, 6)]),
            ((NEW, [4, 5]), [(3, 6)]),
            (("scale", 6), [(3, 8)]),
            ((DONE, [6, 7]), [(3, 8)]),
            (("scale", 2), [(3, 3), (1, 3)]),
            ((DONE, [2]), [(0, 3)]),
            ((DONE, [1]), [(0, 2)]),
            ((DONE, [0]), [(0, 2)]),
        ],
    ),
    "N second change": (
        (4, 1, 2),
        [
            (UPDATE, [(4, 6), (3, 6)]),
            ((DONE, [5]), [(2, 6)]),
            ((DONE, [4]), [(1, 6)]),
            (UPDATE, [(4, 6), (3, 6)]),
        ],
    ),
    "O one unready before": (
        (4, 2, 0),
        [
            ((NEW, [1]), [(0, 4)]),
            (UPDATE, [(4, 4), (3, 4)]),
            ((DONE, [3]), [(1, 4)]),
        ],
    ),
    "O all unready": (
        (2, 1, 0),
        [
            ((NEW, [0, 1]), [(0, 2)]),
            (UPDATE, [(2, 2), (1, 2)]),
            ((DONE, [1]), [(0, 2)]),
        ],
    ),
    "O tail unready": ((4, 1, 0), [((NEW, [3]), [(0, 4)]), (UPDATE, [(4, 4), (3, 4)])]),
    "O two at the tail": ((4, 1, 0), [((NEW, [2, 3]), [(0, 4)]), (UPDATE, [(4, 4), (3, 4)])]),
    "O not at the tail: does not start": (
        (4, 1, 0),
        [((NEW, [1]), [(0, 4)]), (UPDATE, [(4, 4)]), ((OLD, [1]), [(3, 4)])],
    ),
    "O never ready at the old": (
        (2, 0, 1),
        [
            ((NEW, [0, 1]), [(0, 2)]),
            (UPDATE, [(2, 3)]),
            ((DONE, [2]), [(1, 3)]),
            ((DONE, [1]), [(0, 3)]),
            ((DONE, [0]), [(0, 2)]),
        ],
    ),
    "P canary": (
        (6, 1, 0, 4),
        [
            (UPDATE, [(6, 6), (5, 6)]),
            ((DONE, [5]), [(4, 6)]),
            ((DONE, [4]), [(4, 6)]),
            (("partition", 2), [(3, 6)]),
            ((DONE, [3]), [(2, 6)]),
            ((DONE, [2]), [(2, 6)]),
            (("partition", 0), [(1, 6)]),
        ],
    ),
    "P above replicas": ((3, 1, 0, 5), [(UPDATE, [(5, 3)]), (("scale", 7), [(5, 7)])]),
    "P raised mid-way": (
        (6, 1, 0),
        [
            (UPDATE, [(6, 6), (5, 6)]),
            ((DONE, [5]), [(4, 6)]),
            ((DONE, [4]), [(3, 6)]),
            (("partition", 5), [(5, 6)]),
            (("partition", 0), [(3, 6)]),
        ],
    ),
    "Q canary with surge": (
        (3, 1, 1, 2),
        [
            (UPDATE, [(3, 4), (2, 4)]),
            ((DONE, [3, 2]), [(2, 4)]),
            (("partition", 0), [(0, 4)]),
            ((DONE, [1, 0]), [(0, 3)]),
        ],
    ),
    "R rollback": (
        (4, 1, 0),
        [
            (UPDATE, [(4, 4), (3, 4)]),
            ((DONE, [3]), [(2, 4)]),
        ],
    ),
    "S surge on plain scale-down": (
        (4, 1, 2),
        [((NEW, [0, 1, 2, 3]), [(0, 4)]), (("scale", 2), [(0, 3)])],
    ),
    "S without unavailable": (
        (4, 0, 2),
        [((NEW, [0, 1, 2, 3]), [(0, 4)]), (("scale", 2), [(0, 4)])],
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_worked_example(name: str) -> None:
    start, rows = TABLES[name]
    table = Table(*start)
    for (event, value), expected in rows:
        assert table.do(event, value) == expected, (event, value)


def test_rollback_takes_only_what_moved() -> None:
    table = Table(4, 1, 0)
    table.do("update", None)
    table.do(DONE, [3])
    # Back at the first revision, only group 3 is outdated.
    table.states = [DONE, DONE, DONE, OLD]
    assert table.run(retarget=True) == [(4, 4), (3, 4)]
    assert table.do(DONE, [3]) == [(0, 4)]


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "unready", "wanted"),
    [
        (1, 1, 0, 1, 2),
        (4, 2, 1, 2, 5),
        (2, 2, 1, 2, 3),
        (1, 1, 0, 0, 1),
        (1, 1, 1, 1, 1),
        (3, 0, 0, 1, 3),
    ],
)
def test_groups_wanted(
    replicas: int, surge: int, unavailable: int, unready: int, wanted: int
) -> None:
    assert rollout.groups_wanted(Limits(replicas, unavailable, surge), unready) == wanted


@pytest.mark.parametrize(
    ("groups", "limit", "retarget", "expected"),
    [
        (2, Limits(3, 0, 1), False, (0, 3)),
        (2, Limits(3, 0, 1), True, (2, 3)),
        (2, Limits(2, 1, 2), True, (2, 3)),
    ],
)
def test_advance(groups: int, limit: Limits, retarget: bool, expected: tuple[int, int]) -> None:
    record = RolloutRecord("a", 0, groups, groups)
    assert rollout.advance(limit, record, [DONE] * groups, retarget=retarget) == expected


@pytest.mark.parametrize(
    ("replicas", "unavailable", "surge", "expected"),
    [
        (4, "25%", "25%", (1, 1)),
        (3, "50%", "50%", (1, 2)),
        (10, "15%", "15%", (1, 2)),
        (1, "50%", "50%", (0, 1)),
        (2, 10, 10, (10, 2)),
        (0, "25%", "25%", (0, 0)),
    ],
)
def test_limits(
    replicas: int, unavailable: int | str, surge: int | str, expected: tuple[int, int]
) -> None:
    limit = rollout.limits(replicas, RolloutStrategy(0, unavailable, surge))
    assert (limit.max_unavailable, limit.max_surge) == expected


def test_record_survives_writing_and_is_readable_without_our_extras() -> None:
    record = Record("b", 3, 6, 4, "a", {"2": rollout.Recreation(2, 17.5)})
    text = msgspec.json.encode(record).decode()
    assert rollout.read_record({names.ROLLOUT_RECORD: text}) == record
    plain = msgspec.json.decode(text, type=RolloutRecord)
    assert plain == RolloutRecord("b", 3, 6, 4)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"target":""}', '{"target":"a","partition":-1}'])
def test_unreadable_record_counts_as_lost(text: str) -> None:
    assert rollout.read_record({names.ROLLOUT_RECORD: text}) is None


@pytest.mark.parametrize(
    ("leaders", "expected"),
    [
        ({0: ("b", False), 1: ("b", False)}, (0, 2, "b")),
        ({0: ("a", False), 1: ("b", False)}, (1, 2, "a")),
        ({0: ("a", False), 1: ("a", True), 2: ("b", False)}, (1, 3, "a")),
        ({0: ("a", False), 7: ("a", False)}, (8, 3, "a")),
    ],
)
def test_rebuild(leaders: dict[int, tuple[str, bool]], expected: tuple[int, int, str]) -> None:
    record = rollout.rebuild(Limits(2, 1, 1), "b", leaders)
    assert (record.partition, record.groups, record.stable) == expected


states = st.lists(st.sampled_from([DONE, OLD, NEW, BROKEN]), max_size=12)


@given(states, st.integers(0, 6), st.integers(0, 6), st.integers(0, 12), st.integers(0, 14))
def test_settling_ends_within_the_bounds(
    found: list[State], unavailable: int, surge: int, replicas: int, groups: int
) -> None:
    limit = Limits(replicas, unavailable, min(surge, replicas))
    groups = min(groups, limit.burst)
    record = RolloutRecord("a", min(groups, replicas), groups, replicas)
    for retarget in (False, True):
        steps = rollout.settle(limit, record, found, retarget=retarget)
        partition, wanted = steps[-1]
        assert len(steps) < 8
        assert replicas <= wanted <= limit.burst
        assert 0 <= partition <= max(replicas, groups)
