"""Adoption: which objects without an owner become the set's again.

Objects lose their owners when a set, or a StatefulSet that made the pods, is deleted and its
dependents are orphaned. What has the name and labels of a child of the set, and no owner at all,
is one: leaders, the shared Service and revisions go to the set, workers and the Services of
groups to their leader. Anything less keeps its name to itself and is reported as a collision.

Containers of a pod may have restarted while nobody watched. That is noted in the adoption, so
that only later restarts count as faults of its group.

Source: kubernetes/kubernetes pkg/controller/controller_ref_manager.go, for what an orphan is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from controller.api import names
from controller.api.core import Revision, Service
from controller.api.lws import LeaderWorkerSet
from controller.api.meta import OwnerReference
from controller.api.names import PODS, REVISIONS, SERVICES
from controller.api.pods import Pod
from controller.plan import owners, services
from controller.plan.actions import Adopt
from controller.plan.observed import Observed
from controller.plan.revisions import records_template


def adoptions(observed: Observed, most_groups: int) -> tuple[Adopt, ...]:
    """Return what to adopt, in an order that is safe to stop after any prefix.

    Revisions come before pods that were built from them. A leader comes after the notes on
    workers it kept, which would count against the group as soon as the leader is ours.

    Args:
        observed: The set and its objects.
        most_groups: Leaders of a group from this index on are not taken for ones of the set.
    """
    lws, pods = observed.lws, observed.pods
    children: tuple[Pod | Service | Revision, ...] = (
        *pods,
        *observed.services,
        *observed.revisions,
    )
    if not any(child.ownerless for child in children):
        return ()
    set_uid, owner = lws.metadata.uid, owners.of_set(lws)
    lone = {p.group: p for p in pods if _is_lone_leader(lws, p) and p.group < most_groups}
    own = {p.group: p for p in pods if p.worker == 0 and p.owner_uid == set_uid}
    leaders = {group: p for group, p in (own | lone).items() if not p.terminating}
    members = [p for p in pods if p.worker > 0]
    return (
        *(_adopt_revision(r, owner) for r in observed.revisions if _is_lone_revision(lws, r)),
        *_services(lws, observed.services, leaders),
        *_notes(members, lone),
        *(_adopt_pod(p, owner) for _, p in sorted(lone.items())),
        *_workers(lws, members, leaders),
    )


def _is_lone_leader(lws: LeaderWorkerSet, pod: Pod) -> bool:
    expected = names.leader_name(lws.metadata.name, pod.group)
    return pod.ownerless and not pod.terminating and pod.worker == 0 and pod.name == expected


def _is_lone_revision(lws: LeaderWorkerSet, revision: Revision) -> bool:
    named = revision.name.startswith(f"{lws.metadata.name[:220]}-")
    return (
        revision.ownerless
        and revision.deleted_at is None
        and bool(revision.key)
        and named
        and revision.name.endswith(f"-{revision.number}")
        and records_template(revision.data)
    )


def _workers(
    lws: LeaderWorkerSet, members: Iterable[Pod], leaders: Mapping[int, Pod]
) -> Iterator[Adopt]:
    """Yield adoptions of workers by the live leader they were made for.

    A worker older than the leader was made for an earlier one, and must not meet this one.
    """
    for pod in members:
        leader = leaders.get(pod.group)
        if leader is None or not pod.ownerless or pod.terminating:
            continue
        named = pod.name == names.worker_name(lws.metadata.name, pod.group, pod.worker)
        if named and pod.revision == leader.revision and pod.created_at >= leader.created_at:
            yield _adopt_pod(pod, owners.of_leader(leader))


def _notes(members: Iterable[Pod], lone: Mapping[int, Pod]) -> Iterator[Adopt]:
    """Yield notes of the restarts of workers whose leader is about to be adopted."""
    for pod in members:
        leader = lone.get(pod.group)
        if leader is not None and pod.owner_uid == leader.uid and pod.has_restarted:
            yield _adopt_pod(pod, owners.of_leader(leader))


def _services(
    lws: LeaderWorkerSet, found: Iterable[Service], leaders: Mapping[int, Pod]
) -> Iterator[Adopt]:
    set_name = lws.metadata.name
    by_name = {leader.name: leader for leader in leaders.values()}
    for service in found:
        if not service.ownerless or service.set_name != set_name:
            continue
        leader = by_name.get(service.name)
        if service.name == set_name and service.does_for(services.labels(set_name, None)):
            owner = owners.of_set(lws)
        elif leader is not None and service.does_for(services.labels(set_name, leader.group)):
            owner = owners.of_leader(leader)
        else:
            continue
        yield Adopt(SERVICES, service.name, service.uid, service.resource_version, owner)


def _adopt_revision(revision: Revision, owner: OwnerReference) -> Adopt:
    return Adopt(REVISIONS, revision.name, revision.uid, revision.resource_version, owner)


def _adopt_pod(pod: Pod, owner: OwnerReference) -> Adopt:
    noted = {names.RESTARTS_BASELINE: str(pod.restarts)} if pod.restarts else {}
    return Adopt(PODS, pod.name, pod.uid, pod.resource_version, owner, noted)
