"""The set that upstream's integration tests start from, and how their steps read for pods.

Upstream tests have an API server but no kubelet, StatefulSet controller or garbage collector:
"group i becomes ready" is a few writes there. Here it means that the group's terminating pods
go, that plans make the new ones, and that these run and are ready.

Source: kubernetes-sigs/lws test/wrappers/wrappers.go and test/testutils.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.api import names
from controller.plan import rollout
from controller.plan.actions import CreatePod, DeletePod, Plan
from controller.plan.rollout import Position
from tests.controller.support import FakeCluster, container, make_set, raw_spec, template

NAME = "test-sample"
CONDITIONS = {
    "A": ["Available"],
    "G": ["Progressing"],
    "U": ["Progressing", "UpdateInProgress"],
}


def sample(
    replicas: int = 2,
    size: int = 2,
    *,
    annotations: Mapping[str, str] | None = None,
    **more: Any,
) -> FakeCluster:
    """Upstream's default set, not yet acted on; ``more`` is as for ``raw_spec``."""
    roles = {
        "leaderTemplate": template(container("leader")),
        "workerTemplate": template(container("worker")),
    }
    spec = raw_spec(replicas, size, template={**roles, **more.pop("template", {})}, **more)
    return FakeCluster(make_set(spec, name=NAME, annotations=annotations))


def available(*args: Any, **more: Any) -> FakeCluster:
    """The same set with all groups ready, its events forgotten."""
    cluster = sample(*args, **more)
    cluster.settle()
    assert cluster.true_conditions() == ["Available"]
    cluster.events.clear()
    cluster.deletions.clear()
    return cluster


def rename(cluster: FakeCluster, to: str, role: str = "worker", **spec: Any) -> None:
    """Rename the first container of a role, upstream's template change, and set ``spec``."""

    def change(raw: dict[str, Any]) -> None:
        pod = raw["leaderWorkerTemplate"][f"{role}Template"]
        pod["spec"]["containers"][0]["name"] = to
        raw.update(spec)

    cluster.edit(change)


def members(cluster: FakeCluster, group: int) -> list[str]:
    """Names of a group's pods, the leader last."""
    found = [pod for pod in cluster.pods.values() if pod.group == group]
    return [pod.name for pod in sorted(found, key=lambda pod: -pod.worker)]


def go(cluster: FakeCluster, *groups: int) -> None:
    """Let the pods of groups that are on their way out be gone, and what they leave behind."""
    for group in groups:
        while any(cluster.reap(name) for name in members(cluster, group)):
            pass


def ready(cluster: FakeCluster, *groups: int) -> None:
    """Complete the replacement of groups: old pods go, new ones are made, run and are ready."""
    go(cluster, *groups)
    cluster.quiet()
    for group in groups:
        for name in members(cluster, group):
            cluster.run(name)


def unready(cluster: FakeCluster, *groups: int) -> None:
    """Make the last worker of groups NotReady."""
    for group in groups:
        cluster.unready(members(cluster, group)[0])


def position(cluster: FakeCluster) -> Position:
    """Partition and number of groups as recorded on the set."""
    record = rollout.read_record(cluster.lws.annotations)
    assert record is not None
    return Position(record.partition, record.groups)


def place(cluster: FakeCluster) -> str:
    """The same as text."""
    return "{} {}".format(*position(cluster))


def target(cluster: FakeCluster) -> str:
    """Key of the revision that groups should reach, as recorded on the set."""
    record = rollout.read_record(cluster.lws.annotations)
    assert record is not None
    return record.target


def counts(cluster: FakeCluster) -> tuple[int, int]:
    """``readyReplicas`` and ``updatedReplicas`` as written to the status."""
    status = cluster.lws.status
    return status.ready_replicas, status.updated_replicas


def notes(cluster: FakeCluster) -> list[str]:
    """Notes of the events so far, which are forgotten."""
    found = [event.note for event in cluster.events]
    cluster.events.clear()
    return found


def created(planned: Plan) -> list[str]:
    """Names of the pods a plan creates."""
    return [action.name for action in planned.actions if isinstance(action, CreatePod)]


def deleted(planned: Plan) -> list[str]:
    """Names of the pods a plan deletes."""
    return [action.name for action in planned.actions if isinstance(action, DeletePod)]


def containers(cluster: FakeCluster, group: int) -> list[str]:
    """Name of the first container of each pod of a group, the leader last."""
    bodies = [cluster.bodies[name] for name in members(cluster, group)]
    return [body["spec"]["containers"][0]["name"] for body in bodies]


def sizes(cluster: FakeCluster, group: int) -> list[str]:
    """Size annotation of each pod of a group."""
    bodies = [cluster.bodies[name] for name in members(cluster, group)]
    return [body["metadata"]["annotations"][names.SIZE] for body in bodies]


def revisions(cluster: FakeCluster) -> int:
    """How many revisions of the set there are."""
    return len(cluster.revisions)
