"""Restart policies, replacement of finished pods, and the back-off of groups that keep failing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from controller.plan import restart
from controller.plan.actions import DeletePod, RecordRollout
from controller.plan.rollout import Recreation
from tests.controller.support import START, FakeCluster, make_set, raw_spec

ALWAYS, AFTER, NEVER = "RecreateGroupOnPodRestart", "RecreateGroupAfterStart", "None"


def running(policy: str, replicas: int = 2, size: int = 3) -> FakeCluster:
    cluster = FakeCluster(make_set(raw_spec(replicas, size, template={"restartPolicy": policy})))
    cluster.settle()
    cluster.events.clear()
    return cluster


def uids(cluster: FakeCluster) -> dict[str, str]:
    return {name: pod.uid for name, pod in cluster.pods.items()}


def deletions(cluster: FakeCluster) -> list[tuple[str, bool, str]]:
    planned = cluster.plan()
    found = [a for a in planned.actions if isinstance(a, DeletePod)]
    return [(a.name, a.foreground, a.cause) for a in found]


def restarted(cluster: FakeCluster) -> None:
    cluster.restart_container("sample-1-2")


def deleted(cluster: FakeCluster) -> None:
    cluster.delete("sample-1-2")


def vanished(cluster: FakeCluster) -> None:
    cluster.vanish("sample-1-2")


def failed(cluster: FakeCluster) -> None:
    cluster.change("sample-1-2", phase="Failed", ready=False)


def succeeded(cluster: FakeCluster) -> None:
    cluster.change("sample-1-2", phase="Succeeded", ready=False)


RECREATED = [("sample-1", True, "recreate")]
REPLACED = [("sample-1-2", False, "finished")]


@pytest.mark.parametrize(
    ("policy", "fault", "expected"),
    [
        (ALWAYS, restarted, RECREATED),
        (ALWAYS, deleted, RECREATED),
        (ALWAYS, vanished, RECREATED),
        (ALWAYS, failed, RECREATED),
        (ALWAYS, succeeded, RECREATED),
        (AFTER, restarted, RECREATED),
        (AFTER, deleted, RECREATED),
        (AFTER, vanished, RECREATED),
        (AFTER, failed, RECREATED),
        (NEVER, restarted, []),
        (NEVER, deleted, []),
        (NEVER, vanished, []),
        (NEVER, failed, REPLACED),
        (NEVER, succeeded, REPLACED),
    ],
)
def test_worker_fault(
    policy: str, fault: Callable[[FakeCluster], None], expected: list[tuple[str, bool, str]]
) -> None:
    cluster = running(policy)
    before = uids(cluster)
    fault(cluster)
    assert deletions(cluster) == expected
    cluster.settle()
    after = uids(cluster)
    assert after.keys() == before.keys()
    changed = {name for name in before if after[name] != before[name]}
    if expected == RECREATED:
        assert changed == {"sample-1", "sample-1-1", "sample-1-2"}
    else:
        assert changed <= {"sample-1-2"}
    assert cluster.ready_groups() == [0, 1]


@pytest.mark.parametrize("policy", [ALWAYS, AFTER, NEVER])
@pytest.mark.parametrize("foreground", [True, False])
def test_a_deleted_leader_takes_its_group_along(policy: str, foreground: bool) -> None:
    cluster = running(policy)
    before = uids(cluster)
    cluster.delete("sample-0", foreground=foreground)
    assert deletions(cluster) == []
    cluster.settle()
    kept = {name for name, uid in uids(cluster).items() if before[name] == uid}
    assert kept == {"sample-1", "sample-1-1", "sample-1-2"}


def test_a_new_leader_never_meets_workers_of_the_old_one() -> None:
    cluster = running(NEVER)
    cluster.delete("sample-0")
    cluster.reap("sample-0")
    planned = cluster.plan()
    assert planned.actions == ()
    (wait,) = planned.waits
    assert (wait.code, wait.group) == ("terminating", 0)
    assert "sample-0-1, sample-0-2" in wait.reason


@pytest.mark.parametrize("policy", [ALWAYS, AFTER, NEVER])
def test_a_failed_leader_is_replaced(policy: str) -> None:
    cluster = running(policy)
    cluster.change("sample-0", phase="Failed", ready=False)
    assert deletions(cluster) == [("sample-0", True, "finished")]


def test_on_pod_restart_does_not_wait_for_the_start() -> None:
    cluster = FakeCluster(make_set(raw_spec(1, 3)))
    cluster.quiet()
    cluster.run("sample-0-1")
    cluster.restart_container("sample-0-1")
    assert deletions(cluster) == [("sample-0", True, "recreate")]


def test_size_one_restarts_as_a_group() -> None:
    cluster = running(ALWAYS, size=1)
    cluster.restart_container("sample-1")
    assert deletions(cluster) == [("sample-1", True, "recreate")]


def test_old_groups_keep_their_policy_until_they_are_updated() -> None:
    spec = raw_spec(1, 2, template={"restartPolicy": NEVER}, rollout={"partition": 1})
    cluster = FakeCluster(make_set(spec))
    cluster.settle()
    cluster.restart_container("sample-0-1")
    cluster.edit(lambda s: s["leaderWorkerTemplate"].update(restartPolicy=ALWAYS))
    assert deletions(cluster) == []


@pytest.mark.parametrize(
    ("count", "age", "left"),
    [(1, 0, 10), (1, 10, 0), (2, 0, 20), (3, 5, 35), (6, 0, 300), (60, 100, 200), (0, 0, 0)],
)
def test_delay(count: int, age: float, left: float) -> None:
    assert restart.delay_s(Recreation(count, START - age), START) == left


def test_a_group_that_keeps_failing_backs_off_and_heals() -> None:
    cluster = running(ALWAYS)
    for pause in (0, 10, 20, 40):
        failed(cluster)
        if pause:
            planned = cluster.plan()
            assert deletions(cluster) == []
            (wait,) = [w for w in planned.waits if w.code == "restart"]
            assert wait.group == 1
            assert "sample-1-2 finished (Failed)" in wait.reason
            assert planned.requeue_after_s is not None
            assert pause - 5 < planned.requeue_after_s <= pause
            cluster.now += planned.requeue_after_s
        assert deletions(cluster) == RECREATED
        cluster.settle()
    # Ten minutes ready: forgotten, and that is written down.
    cluster.now += 600
    (action,) = cluster.plan().actions
    assert isinstance(action, RecordRollout)
    cluster.settle()
    failed(cluster)
    assert deletions(cluster) == RECREATED


def test_other_groups_are_not_held_up_by_one_that_backs_off() -> None:
    cluster = running(ALWAYS)
    failed(cluster)
    cluster.settle()
    failed(cluster)
    cluster.delete("sample-0-1")
    assert deletions(cluster) == [("sample-0", True, "recreate")]


def test_late_deletions_of_old_workers_leave_the_new_leader_alone() -> None:
    cluster = running(ALWAYS)
    orphan = cluster.pods["sample-1-1"]
    cluster.delete("sample-1", foreground=True)
    cluster.settle()
    cluster.pods["sample-1-1"] = orphan
    cluster.delete("sample-1-1")
    planned = cluster.plan()
    assert planned.actions == ()
    assert [(wait.code, wait.group) for wait in planned.waits] == [("terminating", 1)]


def test_a_lost_worker_that_is_back_no_longer_counts() -> None:
    cluster = running(NEVER)
    vanished(cluster)
    entries = list(cluster.lost)
    cluster.settle()
    cluster.lost = entries
    cluster.edit(lambda spec: spec["leaderWorkerTemplate"].update(restartPolicy=ALWAYS))
    cluster.settle()
    assert {cause for _, cause in cluster.deletions} == {"update"}
