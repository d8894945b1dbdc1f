"""What counts as a fault, and two sets whose names collide.

Source: pkg/controllers/pod_controller.go, handleRestartPolicy, and its unit tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from controller.api import names
from controller.api.pods import Pod, decode_pod
from tests.controller.plan.upstream import available, created, deleted
from tests.controller.support import FakeCluster, container, make_set, raw_spec


def pod(phase: str, restarts: Mapping[str, int], *, sidecar: bool = False) -> Pod:
    """A pod of one init and two app containers, decoded as the API spells it."""
    init = container("init", restartPolicy="Always") if sidecar else container("init")
    statuses = {
        name: {"name": name, "restartCount": restarts.get(name, 0)} for name in ("init", "a", "b")
    }
    status = {
        "phase": phase,
        "initContainerStatuses": [statuses["init"]],
        "containerStatuses": [statuses["a"], statuses["b"]],
    }
    spec = {"initContainers": [init], "containers": [container("a"), container("b")]}
    metadata = {"name": "test-sample-0-1", "namespace": "default", "uid": "u"}
    return decode_pod(msgspec.json.encode({"metadata": metadata, "spec": spec, "status": status}))


@pytest.mark.parametrize(
    ("phase", "restarts", "sidecar", "fault"),
    [
        pytest.param("Running", {"a": 1}, False, True, id="running, first container"),
        pytest.param("Running", {"b": 1}, False, True, id="running, second container"),
        pytest.param("Running", {"init": 1}, False, True, id="running, init container"),
        pytest.param("Running", {"init": 1}, True, True, id="running, sidecar"),
        pytest.param("Pending", {"init": 2}, False, True, id="pending, init container"),
        pytest.param("Pending", {"a": 1}, False, True, id="pending, app container"),
        pytest.param("Running", {}, False, False, id="running, none"),
        pytest.param("Pending", {}, False, False, id="pending, none"),
        pytest.param("Failed", {"a": 1}, False, False, id="failed"),
        pytest.param("Succeeded", {"init": 1}, False, False, id="succeeded"),
    ],
)
def test_restart_detection(
    phase: str, restarts: dict[str, int], sidecar: bool, fault: bool
) -> None:
    assert pod(phase, restarts, sidecar=sidecar).has_restarted is fault


@pytest.mark.parametrize("name", ["test-sample-1", "test-sample-1-1"])
def test_a_sidecar_that_restarts_recreates_the_group(name: str) -> None:
    cluster = available()
    sidecar = pod("Running", {"init": 1}, sidecar=True)
    cluster.change(name, containers=sidecar.containers)
    assert deleted(cluster.step()) == ["test-sample-1"]
    cluster.settle()
    assert cluster.ready_groups() == [0, 1]


@pytest.mark.parametrize("policy", ["RecreateGroupOnPodRestart", "RecreateGroupAfterStart", "None"])
def test_a_worker_that_went_while_no_controller_ran_is_only_replaced(policy: str) -> None:
    """Nobody saw it vanish, so it cannot be told from one that was never made."""
    cluster = available(template={"restartPolicy": policy})
    cluster.vanish("test-sample-1-1")
    cluster.lost.clear()
    assert (created(cluster.step()), deleted(cluster.last)) == (["test-sample-1-1"], [])


# Set "a" calls worker 1 of its group 0 what set "a-0" calls the leader of its group 1.


def neighbours(**more: Any) -> tuple[FakeCluster, FakeCluster]:
    first, second = (FakeCluster(make_set(raw_spec(**more), name=name)) for name in ("a", "a-0"))
    return first, second


def show(cluster: FakeCluster, other: FakeCluster) -> None:
    """Let one see what the other has made under names both use."""
    owner = f"LeaderWorkerSet {other.lws.metadata.name}"
    kinds = {"pods": other.pods, "services": other.services}
    cluster.taken = {f"{kind}/{name}": owner for kind, found in kinds.items() for name in found}


@pytest.mark.parametrize(
    ("first", "held", "waiting"),
    [
        pytest.param(0, "a-0-1", 1, id="a was first: a-0 lacks its leader 1"),
        pytest.param(1, "a-0-1", 0, id="a-0 was first: a lacks worker 1 of group 0"),
    ],
)
def test_sets_whose_pod_names_collide(first: int, held: str, waiting: int) -> None:
    pair = neighbours()
    winner, loser = pair[first], pair[1 - first]
    winner.settle()
    before = dict(winner.pods)
    show(loser, winner)
    planned = loser.settle()
    assert held not in loser.pods
    assert loser.ready_groups() == [1 - waiting]
    (collision,) = [wait for wait in planned.waits if wait.code == "collision"]
    assert collision.group == waiting
    assert f"pod {held} is held by LeaderWorkerSet {winner.lws.metadata.name}" in collision.reason
    # The one that was first sees the rest of the other and is not disturbed.
    show(winner, loser)
    assert winner.quiet().actions == ()
    assert winner.pods == before
    # Once the name is free the other goes on.
    loser.taken = {}
    loser.settle()
    assert loser.ready_groups() == [0, 1]


def test_sets_whose_service_names_collide() -> None:
    first, second = neighbours(networkConfig={"subdomainPolicy": "UniquePerReplica"})
    second.edit(lambda spec: spec.update(networkConfig={"subdomainPolicy": "Shared"}, replicas=1))
    second.settle()
    assert sorted(second.services) == ["a-0"]
    show(first, second)
    planned = first.quiet()
    assert sorted(first.services) == ["a-1"]
    found = [(wait.code, wait.group) for wait in planned.waits if wait.code == "collision"]
    assert found == [("collision", 0)]
    (body,) = first.service_bodies.values()
    assert body["spec"]["selector"] == {names.SET_NAME: "a", names.GROUP_INDEX: "1"}
