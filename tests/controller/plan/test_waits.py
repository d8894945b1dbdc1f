"""The sentences that tell an operator why nothing happens."""

from __future__ import annotations

import msgspec

from controller.plan.actions import Wait
from tests.controller.support import FakeCluster, make_set, raw_spec


def running(replicas: int, **rollout: object) -> FakeCluster:
    spec = raw_spec(replicas, 2, rollout=rollout, template={"restartPolicy": "None"})
    cluster = FakeCluster(make_set(spec))
    cluster.settle()
    return cluster


def the(cluster: FakeCluster, code: str) -> Wait:
    (wait,) = [wait for wait in cluster.plan().waits if wait.code == code]
    return wait


def test_a_rollout_that_waits_for_the_group_it_opened() -> None:
    cluster = running(8, maxUnavailable=1)
    cluster.set_image("img:v2")
    cluster.quiet()
    assert the(cluster, "budget").reason == (
        "groups 0 to 6 wait: group 7 is not ready at the new revision; at most 1 of 8 groups may "
        "be unavailable, so 1 can be in progress and the partition stays at 7 until group 7 is "
        "ready"
    )


def test_a_rollout_that_does_not_start_because_of_a_group_in_the_middle() -> None:
    cluster = running(4, maxUnavailable=1)
    cluster.unready("sample-1-1")
    cluster.set_image("img:v2")
    cluster.quiet()
    assert cluster.deletions == []
    assert the(cluster, "budget").reason == (
        "groups 0 to 3 wait: group 1 is not ready and spends the budget; at most 1 of 4 "
        "groups may be unavailable, so 1 can be in progress and the partition stays at 4 until "
        "group 1 is ready"
    )
    readiness = the(cluster, "readiness")
    assert readiness.group == 1
    assert readiness.reason == (
        "group 1 is not ready: 1 of 2 pods are ready, waiting for sample-1-1"
    )


def test_surge_is_part_of_the_arithmetic() -> None:
    cluster = running(4, maxUnavailable=0, maxSurge=1)
    cluster.set_image("img:v2")
    cluster.quiet()
    assert "at most 0 of 4 groups may be unavailable, with up to 1 surge, so 1 can be" in (
        the(cluster, "budget").reason
    )


def test_a_ready_group_is_spared_while_an_earlier_change_still_costs_groups() -> None:
    cluster = running(2, maxUnavailable=1, maxSurge=1)
    cluster.set_image("img:v2")
    cluster.quiet()
    cluster.tick()
    cluster.quiet()
    cluster.run("sample-2")
    cluster.run("sample-2-1")
    cluster.step()
    assert cluster.ready_groups() == [2]
    cluster.set_image("img:v3")
    cluster.quiet()
    assert cluster.ready_groups() == [2]
    spared = [wait for wait in cluster.plan().waits if wait.group == 2]
    assert spared == [
        Wait(
            "budget",
            "group 2 is not replaced yet: 1 group is ready and 1 must stay so "
            "(replicas 2, maxUnavailable 1)",
            2,
        )
    ]
    cluster.settle()
    assert cluster.ready_groups() == [0, 1]


def test_a_canary_is_held_by_the_spec() -> None:
    cluster = running(3, partition=2)
    cluster.set_image("img:v2")
    cluster.settle()
    assert the(cluster, "partition").reason == (
        "groups 0 to 1 keep an older revision: the partition in the spec is 2, so only groups "
        "from 2 on are updated"
    )


def test_pods_without_a_node_and_pods_that_crash_are_named() -> None:
    cluster = FakeCluster(make_set(raw_spec(1, 2)))
    cluster.quiet()
    cluster.change("sample-0", unscheduled_message="0/3 nodes are available: 3 Insufficient gpu")
    assert the(cluster, "scheduling").reason == (
        "group 0 is not ready: pod sample-0 is not scheduled: 0/3 nodes are available: "
        "3 Insufficient gpu"
    )
    for name in ("sample-0", "sample-0-1"):
        cluster.schedule(name)
    (container,) = cluster.pods["sample-0"].containers
    crashing = msgspec.structs.replace(container, reason="ImagePullBackOff")
    cluster.change("sample-0", containers=(crashing,))
    assert the(cluster, "readiness").reason == (
        "group 0 is not ready: 0 of 2 pods are ready, waiting for sample-0 (ImagePullBackOff), "
        "sample-0-1"
    )


def test_gated_pods_name_their_gates() -> None:
    cluster = FakeCluster(make_set(raw_spec(1, 1)))
    cluster.quiet()
    cluster.change("sample-0", gates=("example.com/quota",))
    assert "gated by example.com/quota" in the(cluster, "scheduling").reason
