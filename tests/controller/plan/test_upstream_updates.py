"""Upstream's integration scenarios about revisions and what is made from which during updates.

Upstream keeps only the target once an update is complete, we keep a history; where revisions
are counted it is switched off. The numbers count the entries
of test/integration/controllers/leaderworkerset_test.go; those that are tables of a rollout are in
``test_worked_examples``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from controller.api import names
from controller.plan import rollout
from controller.plan.actions import CreatePod, CreateRevision
from tests.controller.plan.upstream import (
    NAME,
    available,
    containers,
    created,
    deleted,
    go,
    members,
    notes,
    position,
    ready,
    rename,
    revisions,
    sizes,
    target,
)
from tests.controller.support import FakeCluster, container, template


def without_history(*args: Any, **more: Any) -> FakeCluster:
    cluster = available(*args, **more)
    cluster.history_limit = 0
    return cluster


def test_40_revisions_of_a_second_change() -> None:
    cluster = without_history(4, rollout={"maxUnavailable": 1, "maxSurge": 2})
    found = [revisions(cluster)]
    for name in ("b", "c"):
        rename(cluster, name)
        cluster.quiet()
        ready(cluster, 5, 4)
        cluster.quiet()
        found.append(revisions(cluster))
    cluster.settle()
    assert [*found, revisions(cluster)] == [1, 2, 3, 1]
    assert {pod.revision for pod in cluster.pods.values()} == {target(cluster)}


@pytest.mark.parametrize(
    ("change", "worker", "size"),
    [
        pytest.param({}, "worker", "2", id="41 template"),
        pytest.param({"size": 2}, "worker", "4", id="42 template and size"),
    ],
)
def test_a_group_recreated_below_the_partition(
    change: dict[str, int], worker: str, size: str
) -> None:
    cluster = without_history(4, int(size))

    def update(spec: dict[str, Any]) -> None:
        spec["leaderWorkerTemplate"].update(change)

    cluster.edit(update)
    rename(cluster, "new-worker")
    cluster.quiet()
    ready(cluster, 3)
    cluster.quiet()
    assert containers(cluster, 3) == ["new-worker", "leader"]
    cluster.delete(f"{NAME}-0")
    ready(cluster, 0)
    cluster.quiet()
    assert containers(cluster, 0) == [worker] * (int(size) - 1) + ["leader"]
    assert sizes(cluster, 0) == [size] * int(size)
    assert revisions(cluster) == 2
    cluster.settle()
    assert [containers(cluster, group) for group in range(4)] == [["new-worker", "leader"]] * 4
    assert revisions(cluster) == 1


def test_43_old_workers_that_go_late_leave_the_new_leader_alone() -> None:
    cluster = available(4)
    rename(cluster, "new-worker")
    cluster.quiet()
    (old, leader) = members(cluster, 3)
    orphan = cluster.pods[old]
    go(cluster, 3)
    assert created(cluster.step()) == [leader]
    # The worker of the old leader is still seen, and is only now deleted.
    cluster.pods[old] = msgspec.structs.replace(orphan, deleted_at=None)
    cluster.bodies[old] = {}
    assert (created(cluster.step()), deleted(cluster.last)) == ([], [])
    cluster.delete(old)
    assert (created(cluster.step()), deleted(cluster.last)) == ([], [])
    cluster.reap(old)
    cluster.settle()
    assert {cause for _, cause in cluster.deletions} == {"update"}
    cluster.delete(old)
    assert deleted(cluster.step()) == [leader]


def test_44_a_record_that_names_no_revision() -> None:
    cluster = without_history(4)
    record = rollout.read_record(cluster.lws.annotations)
    assert record is not None
    text = msgspec.json.encode(msgspec.structs.replace(record, target="template-hash")).decode()
    cluster._replace_meta(annotations={names.ROLLOUT_RECORD: text})
    planned = cluster.step()
    (action,) = planned.actions
    assert isinstance(action, CreateRevision)
    assert action.key == "template-hash"
    assert [wait.code for wait in planned.waits] == ["revision"]
    cluster.settle()
    (revision,) = cluster.revisions.values()
    assert {pod.revision for pod in cluster.pods.values()} == {revision.key} == {"template-hash"}
    assert cluster.true_conditions() == ["Available"]


def test_49_size_changes() -> None:
    cluster = available(2, 3)
    cluster.edit(lambda spec: spec["leaderWorkerTemplate"].update(size=4))
    cluster.settle()
    assert cluster.ready_groups() == [0, 1]
    assert [sizes(cluster, group) for group in (0, 1)] == [["4"] * 4] * 2
    assert cluster.true_conditions() == ["Available"]
    assert "Rolling Upgrade is in progress, with 2 groups ready of total 2 groups" in (
        notes(cluster)
    )


@pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 1)])
def test_workers_come_and_go_with_the_size(before: int, after: int) -> None:
    """Each group is judged and rebuilt by the size of its own revision, not the live one."""
    cluster = available(2, before)
    cluster.edit(lambda spec: spec["leaderWorkerTemplate"].update(size=after))
    cluster.quiet()
    assert cluster.lws.status.ready_replicas == 1
    cluster.delete(f"{NAME}-0")
    ready(cluster, 0)
    assert sizes(cluster, 0) == [str(before)] * before
    cluster.settle()
    assert [len(members(cluster, group)) for group in (0, 1)] == [after] * 2


Change = Callable[[dict[str, Any]], object]
POLICY = {"subGroupPolicyType": "LeaderExcluded", "subGroupSize": 1}


def of_group(**fields: Any) -> Change:
    return lambda spec: spec["leaderWorkerTemplate"].update(fields)


def of_set(**fields: Any) -> Change:
    return lambda spec: spec.update(fields)


@pytest.mark.parametrize(
    ("change", "updates"),
    [
        pytest.param(of_group(leaderTemplate=template(container("x"))), True, id="leader"),
        pytest.param(of_group(workerTemplate=template(container("x"))), True, id="worker"),
        pytest.param(
            of_group(leaderTemplate={"metadata": {"labels": {"a": "b"}}, **template()}),
            True,
            id="a label of a template",
        ),
        pytest.param(of_group(size=3), True, id="size"),
        pytest.param(of_group(restartPolicy="None"), True, id="restart policy"),
        pytest.param(
            of_group(persistentVolumeClaimRetentionPolicy={"whenDeleted": "Delete"}),
            True,
            id="claim retention",
        ),
        pytest.param(of_group(subGroupPolicy=POLICY), True, id="subgroup type"),
        pytest.param(
            of_set(networkConfig={"subdomainPolicy": "UniquePerReplica"}), True, id="subdomain"
        ),
        pytest.param(
            of_set(networkConfig={"subdomainPolicy": "Shared"}), False, id="nil to Shared"
        ),
        pytest.param(of_set(replicas=3), False, id="replicas"),
        pytest.param(
            of_set(rolloutStrategy={"rollingUpdateConfiguration": {"maxSurge": 1}}),
            False,
            id="rollout strategy",
        ),
        pytest.param(of_set(startupPolicy="LeaderReady"), False, id="startup policy"),
    ],
)
def test_what_starts_an_update(change: Change, updates: bool) -> None:
    subgroups = {"subGroupPolicyType": "LeaderWorker", "subGroupSize": 1}
    cluster = available(template={"subGroupPolicy": subgroups})
    before = target(cluster)
    cluster.edit(change)
    planned = cluster.step()
    assert any(isinstance(action, CreateRevision) for action in planned.actions) is updates
    assert (target(cluster) != before) is updates
    assert deleted(planned) == ([f"{NAME}-1"] if updates else [])


@pytest.mark.parametrize("key", [names.EXCLUSIVE_TOPOLOGY, "example.com/anything"])
def test_annotations_and_labels_of_the_set_start_nothing_and_reach_no_pod(key: str) -> None:
    cluster = available()
    cluster._replace_meta(
        annotations={**cluster.lws.annotations, key: "rack"}, labels={"team": "a"}
    )
    assert cluster.step().actions == ()
    cluster.scale(3)
    planned = cluster.step()
    (body,) = [action.body for action in planned.actions if isinstance(action, CreatePod)]
    assert "team" not in body["metadata"]["labels"]
    placed = key == names.EXCLUSIVE_TOPOLOGY
    assert (key in body["metadata"]["annotations"]) is placed


def test_a_set_recreated_under_its_name_waits_for_the_pods_of_its_predecessor() -> None:
    cluster = available()
    cluster.services.clear()
    cluster.revisions.clear()
    meta = msgspec.structs.replace(cluster.lws.metadata, uid="set-2", generation=1, annotations={})
    cluster.lws = type(cluster.lws)(meta, cluster.lws.spec)
    for name in cluster.pods:
        cluster.change(name, deleted_at=cluster.now, ready=False)
    planned = cluster.quiet()
    assert (created(planned), deleted(planned)) == ([], [])
    assert [(wait.code, wait.group) for wait in planned.waits] == [
        ("terminating", 0),
        ("terminating", 1),
    ]
    assert (cluster.lws.status.replicas, cluster.true_conditions()) == (0, ["Progressing"])
    go(cluster, 1)
    assert created(cluster.step()) == [f"{NAME}-1"]
    cluster.settle()
    assert cluster.ready_groups() == [0, 1]
    assert {cluster.pods[f"{NAME}-{group}"].owner_uid for group in (0, 1)} == {"set-2"}
    assert position(cluster) == (0, 2)
