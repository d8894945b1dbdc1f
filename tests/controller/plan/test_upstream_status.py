"""Upstream's integration scenarios about status: counters and conditions.

The numbers count the entries of test/integration/controllers/leaderworkerset_test.go; the rules
are those of updateConditions and setCondition.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from controller.api import conditions
from controller.api.lws import LwsStatus
from controller.api.meta import Condition
from tests.controller.plan.upstream import (
    NAME,
    available,
    counts,
    go,
    notes,
    ready,
    rename,
    sample,
    unready,
)
from tests.controller.support import FakeCluster

AVAILABLE, PROGRESSING, UPDATING = "Available", "Progressing", "UpdateInProgress"


def states(cluster: FakeCluster) -> dict[str, str]:
    """Status by condition type; each was observed at the current generation."""
    found = cluster.lws.status.conditions
    generation = cluster.lws.metadata.generation
    assert {condition.observed_generation for condition in found} == {generation}
    assert cluster.lws.status.observed_generation == generation
    return {condition.type: condition.status for condition in found}


def test_15_16_23_26_from_progressing_to_available_and_back() -> None:
    cluster = sample()
    cluster.quiet()
    assert states(cluster) == {PROGRESSING: "True"}
    assert notes(cluster)[2] == "Replicas are progressing, with 0 groups ready of total 2 groups"
    ready(cluster, 0)
    cluster.quiet()
    # One group more is no change of conditions.
    assert (notes(cluster), counts(cluster)) == ([], (1, 2))
    ready(cluster, 1)
    cluster.quiet()
    assert states(cluster) == {PROGRESSING: "False", AVAILABLE: "True"}
    (event,) = cluster.events
    assert (event.type, event.reason, event.action) == ("Normal", "AllGroupsReady", "Update")
    assert notes(cluster) == ["All replicas are ready, with 2 groups ready of total 2 groups"]
    cluster.scale(3)
    cluster.step()
    assert states(cluster) == {PROGRESSING: "True", AVAILABLE: "False"}
    assert notes(cluster) == ["Replicas are progressing, with 2 groups ready of total 3 groups"]


def test_24_creation_with_surge_is_no_update() -> None:
    cluster = available(4, rollout={"maxUnavailable": 1, "maxSurge": 2})
    assert cluster.conditions == {frozenset({PROGRESSING}), frozenset({AVAILABLE})}
    assert states(cluster) == {PROGRESSING: "False", AVAILABLE: "True"}


@pytest.mark.parametrize("complete", [False, True])
def test_25_conditions_wiped_by_hand(complete: bool) -> None:
    cluster = available() if complete else sample()
    cluster.quiet()
    cluster._write_status(msgspec.structs.replace(cluster.lws.status, conditions=()))
    cluster.step()
    assert states(cluster) == {(AVAILABLE if complete else PROGRESSING): "True"}


def condition(kind: str, status: str, generation: int = 1, at: str = "then") -> Condition:
    reason, message = conditions.TEXTS[kind]
    return Condition(kind, status, reason, message, at, generation)


@pytest.mark.parametrize(
    ("before", "kinds", "after"),
    [
        pytest.param([], [PROGRESSING], [(PROGRESSING, "True", "now")], id="first"),
        pytest.param(
            [(PROGRESSING, "True", 2)],
            [PROGRESSING],
            [(PROGRESSING, "True", "then")],
            id="same generation: untouched",
        ),
        pytest.param(
            [(PROGRESSING, "True", 1)],
            [PROGRESSING],
            [(PROGRESSING, "True", "now")],
            id="new generation: rewritten",
        ),
        pytest.param(
            [(PROGRESSING, "True", 2)],
            [AVAILABLE],
            [(PROGRESSING, "False", "now"), (AVAILABLE, "True", "now")],
            id="Available ends Progressing",
        ),
        pytest.param(
            [(PROGRESSING, "True", 2), (UPDATING, "True", 2)],
            [AVAILABLE],
            [(PROGRESSING, "False", "now"), (UPDATING, "False", "now"), (AVAILABLE, "True", "now")],
            id="Available ends UpdateInProgress",
        ),
        pytest.param(
            [(AVAILABLE, "True", 2)],
            [PROGRESSING],
            [(AVAILABLE, "False", "now"), (PROGRESSING, "True", "now")],
            id="Progressing ends Available",
        ),
        pytest.param(
            [(PROGRESSING, "False", 1), (AVAILABLE, "True", 1)],
            [UPDATING, PROGRESSING],
            [(PROGRESSING, "True", "now"), (AVAILABLE, "False", "now"), (UPDATING, "True", "now")],
            id="an update ends Available",
        ),
        pytest.param(
            [(PROGRESSING, "True", 2), (UPDATING, "True", 2)],
            [PROGRESSING],
            [(PROGRESSING, "True", "then"), (UPDATING, "True", "then")],
            id="Progressing leaves UpdateInProgress alone",
        ),
        pytest.param(
            [(PROGRESSING, "False", 1), (AVAILABLE, "True", 2)],
            [AVAILABLE],
            [(PROGRESSING, "False", "then"), (AVAILABLE, "True", "then")],
            id="an inactive one only sees the generation",
        ),
    ],
)
def test_conditions(
    before: list[tuple[str, str, int]], kinds: list[str], after: list[tuple[str, str, str]]
) -> None:
    stored = tuple(condition(*entry) for entry in before)
    found = conditions.set_true(stored, tuple(kinds), 2, "now")
    # Reason and message are those of the type, also of one that turned False.
    assert found == tuple(condition(kind, status, 2, at) for kind, status, at in after)


Scenario = Callable[[], FakeCluster]


def surge_that_exists() -> FakeCluster:
    cluster = available(2, rollout={"maxUnavailable": 0, "maxSurge": 1})
    rename(cluster, "b")
    cluster.quiet()
    ready(cluster, 2)
    cluster.quiet()
    return cluster


def canary() -> FakeCluster:
    cluster = available(3, rollout={"partition": 2})
    rename(cluster, "b")
    cluster.settle()
    return cluster


def leaving() -> FakeCluster:
    cluster = available(3)
    cluster.scale(2)
    cluster.quiet()
    return cluster


def replaced() -> FakeCluster:
    cluster = available(2)
    rename(cluster, "b")
    cluster.quiet()
    go(cluster, 1)
    cluster.quiet()
    return cluster


def without_workers() -> FakeCluster:
    cluster = sample(2, startupPolicy="LeaderReady")
    cluster.quiet()
    cluster.run(f"{NAME}-0")
    cluster.quiet()
    return cluster


def worker_unready() -> FakeCluster:
    cluster = available(2, 3)
    unready(cluster, 1)
    cluster.quiet()
    return cluster


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        pytest.param(surge_that_exists, (3, 2, 1), id="surge counts, one group is being replaced"),
        pytest.param(canary, (3, 3, 1), id="groups below the partition stay old"),
        pytest.param(leaving, (3, 2, 3), id="a terminating leader is a replica, but not ready"),
        pytest.param(replaced, (2, 1, 1), id="updated before it is ready"),
        pytest.param(without_workers, (2, 0, 1), id="a leader without workers does not count"),
        pytest.param(worker_unready, (2, 1, 2), id="every worker has to be ready"),
    ],
)
def test_counters(scenario: Scenario, expected: tuple[int, int, int]) -> None:
    status = scenario().lws.status
    assert (status.replicas, status.ready_replicas, status.updated_replicas) == expected


def test_the_update_condition_outlives_the_last_replacement() -> None:
    cluster = replaced()
    ready(cluster, 1)
    cluster.quiet()
    go(cluster, 0)
    cluster.quiet()
    assert counts(cluster) == (1, 2)
    assert states(cluster)[UPDATING] == "True"
    ready(cluster, 0)
    cluster.quiet()
    assert states(cluster) == {PROGRESSING: "False", AVAILABLE: "True", UPDATING: "False"}


def test_the_selector_is_never_corrected() -> None:
    cluster = available()
    cluster._write_status(msgspec.structs.replace(cluster.lws.status, hpa_pod_selector="mine"))
    cluster.scale(3)
    cluster.settle()
    assert cluster.lws.status.hpa_pod_selector == "mine"


def test_a_set_without_groups_is_available_at_once_and_writes_no_zeros() -> None:
    cluster = sample(0)
    cluster.step()
    assert cluster.true_conditions() == [AVAILABLE]
    status = cluster.lws.status
    wire = msgspec.json.decode(msgspec.json.encode(status))
    assert sorted(wire) == ["conditions", "hpaPodSelector", "observedGeneration"]
    assert status == msgspec.json.decode(msgspec.json.encode(status), type=LwsStatus)
