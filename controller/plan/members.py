"""Tending one group: its leader, its Service, its workers, or the reason none of them moves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from controller.api import names
from controller.api.core import Claim, Service
from controller.api.lws import GroupTemplate, LeaderWorkerSet, SetSpec, SubdomainPolicy
from controller.api.pods import Pod
from controller.plan import claims, pods, reasons, restart, services, startup, topology
from controller.plan.accelerators import TPU
from controller.plan.actions import CreatePod, EventNote, Wait
from controller.plan.draft import Draft, clip, pod_reference
from controller.plan.groups import Group
from controller.plan.rollout import Position, Record, Recreation

# Nodes are read when needed, not watched: a label that appears is only seen by looking again.
_TOPOLOGY_RECHECK_S: Final = 10.0
_SHARED: Final = "Shared"
_UNIQUE: Final = "UniquePerReplica"


@dataclass(frozen=True, slots=True)
class Context:
    """What the decisions about single groups share.

    Attributes:
        lws: The set.
        spec: Its resolved spec.
        templates: Templates by revision key.
        record: Rollout record of this pass.
        services: The set's Services by name.
        claims: The set's claims by name.
        group_claims: The same by group index.
        taken: Foreign objects under our names.
        node_labels: Labels by node name.
        now: Epoch seconds.
    """

    lws: LeaderWorkerSet
    spec: SetSpec
    templates: Mapping[str, GroupTemplate]
    record: Record
    services: Mapping[str, Service]
    claims: Mapping[str, Claim]
    group_claims: Mapping[int, Sequence[Claim]]
    taken: Mapping[str, str]
    node_labels: Mapping[str, Mapping[str, str]]
    now: float

    @property
    def position(self) -> Position:
        """Partition and number of groups of this pass."""
        return Position(self.record.partition, self.record.groups)

    def revision_for(self, group: int) -> str:
        """Return the key a missing group is made from: stable below the partition."""
        stable = self.record.stable
        if group < self.record.partition and stable in self.templates:
            return stable
        return self.record.target


def fault_of(context: Context, group: Group) -> restart.Fault | None:
    """Return why a live group has to be made anew, or None."""
    if group.leaving:
        return None
    wait_for_start = names.RECREATE_AFTER_START in context.lws.annotations
    return restart.group_fault(group, wait_for_start=wait_for_start)


def recreate(
    context: Context, group: Group, fault: restart.Fault, before: Recreation | None, draft: Draft
) -> bool:
    """Plan a group's recreation, or note how long it backs off; tell which."""
    leader = group.leader
    if leader is None:
        return False
    left = restart.delay_s(before, context.now)
    if left > 0 and before is not None:
        text = (
            f"group {group.index}: pod {fault.pod} {fault.what}; the group was recreated "
            f"{before.count} time{'s' if before.count != 1 else ''} already and is recreated "
            f"again in {left:.0f} s"
        )
        draft.wait(Wait("restart", text, group.index), recheck_s=left)
        return False
    if restart.finished(leader):
        draft.delete(group.index, leader, "finished", foreground=True)
        return True
    draft.delete(group.index, leader, "recreate", foreground=True)
    note = (
        f"Worker pod {fault.pod} failed, deleted leader pod {leader.name} to recreate group "
        f"{group.index}"
    )
    draft.event(EventNote("Normal", "RecreateGroup", "Delete", note, pod_reference(leader)))
    return True


def keep_claims(context: Context, group: Group, draft: Draft) -> None:
    """Plan that the claims of a wanted group belong to whom its policy says."""
    if group.leaving or group.index not in context.group_claims:
        return
    template = group.template
    if group.leader is None:
        template = context.templates[context.revision_for(group.index)]
    if template is not None:
        for claim in context.group_claims[group.index]:
            draft.own(claims.keep(context.lws, template, group.leader, claim))


def release_claims(context: Context, group: Group, draft: Draft) -> None:
    """Plan that the claims of a group that is not wanted go with its leader, if they may."""
    if group.leader is None or group.template is None:
        return
    for claim in context.group_claims.get(group.index, ()):
        draft.own(claims.release(context.lws, group.template, group.leader, claim))


def tend(context: Context, group: Group, draft: Draft) -> None:
    """Plan what a wanted, healthy group lacks."""
    if group.index in draft.acted:
        return
    if group.leader is None:
        _make_leader(context, group, draft)
    elif group.leaving:
        draft.wait(reasons.terminating(group.index, (group.leader,), context.now))
    else:
        _make_service(context, group, group.leader, draft)
        _make_workers(context, group, group.leader, draft)
        _pending_claims(context, group, draft)
        if group.index not in draft.acted and (why := reasons.unready(group)) is not None:
            draft.wait(why)


def _collision(name: str, owner: str, group: int | None) -> Wait:
    subject = "the set" if group is None else f"group {group}"
    text = f"{subject} waits: {name} is held by {owner}; it is not ours and is left alone"
    return Wait("collision", text, group)


def _make_leader(context: Context, group: Group, draft: Draft) -> None:
    if 0 in group.squatters:
        wait = _collision(f"pod {group.name}", group.squatters[0], group.index)
        draft.warn(wait, "FailedCreate")
        return
    if group.strays:
        draft.wait(reasons.terminating(group.index, group.strays, context.now))
        return
    key = context.revision_for(group.index)
    template = context.templates[key]
    if not _claim(context, group, 0, template, draft):
        return
    spec, meta = context.spec, context.lws.metadata
    identity = pods.Identity(
        meta.name,
        meta.namespace,
        meta.uid,
        group.index,
        0,
        key,
        spec.exclusive_topology,
        spec.subgroup_exclusive_topology,
    )
    draft.create(CreatePod(group.name, pods.build(template, identity), group.index, 0))


def _claim(
    context: Context, group: Group, worker: int, template: GroupTemplate, draft: Draft
) -> bool:
    """Plan a pod's missing claims; return False if one of its claims is still on its way out."""
    pod = f"{group.name}-{worker}" if worker else group.name
    uid = group.leader.uid if group.leader is not None else ""
    for claim in template.claims:
        existing = context.claims.get(claims.claim_name(claim, pod))
        if existing is not None and claims.doomed(context.lws, group.name, uid, existing):
            text = (
                f"group {group.index}: pod {pod} waits until its old claim {existing.name} is gone"
            )
            draft.warn(Wait("claims", text, group.index), "FailedCreate")
            return False
    draft.claims.extend(claims.missing(context.lws, template, group.index, worker, context.claims))
    return True


def _pending_claims(context: Context, group: Group, draft: Draft) -> None:
    """Make up for claims of pods that exist but cannot start without them."""
    if group.template is None or not group.template.claims:
        return
    for pod in group.pods:
        if pod.phase == "Pending" and not pod.terminating:
            worker = 0 if pod is group.leader else max(pod.worker, 0)
            _claim(context, group, worker, group.template, draft)


def _make_service(context: Context, group: Group, leader: Pod, draft: Draft) -> None:
    if not _named_by(_UNIQUE, context, (group,)):
        return
    if _service_missing(context, group.name, leader.uid, group.index, draft):
        draft.services.append(services.of_group(context.lws, group.index, leader))
        draft.acted.add(group.index)


def make_shared_service(context: Context, groups: Iterable[Group], draft: Draft) -> None:
    """Plan the Service of the whole set, if any of its pods share one."""
    if not _named_by(_SHARED, context, groups):
        return
    meta = context.lws.metadata
    if _service_missing(context, meta.name, meta.uid, None, draft):
        draft.services.append(services.shared(context.lws))


def _named_by(policy: SubdomainPolicy, context: Context, groups: Iterable[Group]) -> bool:
    """Tell whether the set, or any of the groups by its own revision, has this subdomain policy.

    While an update changes the policy, groups of both kinds need the Service of their names.
    """
    return context.spec.template.subdomain_policy == policy or any(
        group.template is not None and group.template.subdomain_policy == policy for group in groups
    )


def _service_missing(
    context: Context, name: str, owner_uid: str, group: int | None, draft: Draft
) -> bool:
    """Tell whether a Service is to be created; note why not if somebody else holds its name."""
    service = context.services.get(name)
    if service is None:
        owner = context.taken.get(f"{names.SERVICES.plural}/{name}")
        if owner is not None:
            draft.warn(_collision(f"service {name}", owner, group), "FailedCreate")
        return owner is None
    leaving = service.owner_kind in (names.PODS.kind, names.LEADERWORKERSETS.kind)
    if not leaving and service.does_for(services.labels(context.lws.metadata.name, group)):
        return False  # somebody else's, but it gives the pods their names
    if service.deleted_at is not None or (leaving and service.owner_uid != owner_uid):
        subject = "the set" if group is None else f"group {group}"
        text = f"{subject}: waiting until service {name} of an earlier incarnation is gone"
        draft.wait(Wait("terminating", text, group))
    elif service.owner_uid != owner_uid:
        owner = context.taken.get(f"{names.SERVICES.plural}/{name}")
        owner = owner or f"a {service.owner_kind or 'Service without a controller'}"
        draft.warn(_collision(f"service {name}", owner, group), "FailedCreate")
    return False


def _make_workers(context: Context, group: Group, leader: Pod, draft: Draft) -> None:
    template = group.template
    if template is None:
        text = (
            f"group {group.index}: revision {leader.revision or 'unknown'} of leader "
            f"{leader.name} is gone, so lost workers cannot be made again"
        )
        draft.warn(Wait("revision", text, group.index), "FailedCreate")
        return
    leaving = [pod for pod in group.pods if pod.terminating]
    if leaving:
        draft.wait(reasons.terminating(group.index, leaving, context.now))
    for pod in group.workers.values():
        if restart.finished(pod):
            draft.delete(group.index, pod, "finished", foreground=False)
    absent = tuple(_free(context, group, draft))
    if not absent:
        return
    domain = _gates(context, group, leader, draft)
    if domain is None:
        return
    for worker in absent:
        if _claim(context, group, worker, template, draft):
            draft.create(_worker(context, group, leader, worker, domain))
    if not group.started:
        note = clip(f"Created worker pods for leader pod {leader.name}")
        event = EventNote("Normal", "GroupsProgressing", "Create", note, pod_reference(leader))
        draft.event(event)


def _free(context: Context, group: Group, draft: Draft) -> Iterator[int]:
    """Yield missing workers whose names are free; note why the others have to wait."""
    strays = {pod.name: pod for pod in group.strays}
    for worker in group.missing:
        name = f"{group.name}-{worker}"
        if worker in group.squatters:
            wait = _collision(f"pod {name}", group.squatters[worker], group.index)
            draft.warn(wait, "FailedCreate")
        elif name in strays:
            draft.wait(reasons.terminating(group.index, (strays[name],), context.now))
        else:
            yield worker


def _gates(context: Context, group: Group, leader: Pod, draft: Draft) -> str | None:
    """Return the topology domain for new workers (empty: any), None while they must wait."""
    wait = startup.gate(group, context.spec.startup_policy)
    if wait is not None:
        draft.wait(wait)
        return None
    if not leader.topology:
        return ""
    domain = topology.worker_domain(group.index, leader, context.node_labels)
    if isinstance(domain, str):
        return domain
    if domain.code == "topology":
        draft.warn(domain, "FailedCreate", recheck_s=_TOPOLOGY_RECHECK_S)
    else:
        draft.wait(domain)
    return None


def _worker(context: Context, group: Group, leader: Pod, worker: int, domain: str) -> CreatePod:
    template = context.templates[leader.revision]
    meta = context.lws.metadata
    identity = pods.Identity(
        meta.name,
        meta.namespace,
        meta.uid,
        group.index,
        worker,
        leader.revision,
        leader.topology,
        leader.subgroup_topology,
        leader.uid,
        _in_mesh(leader, template),
        domain,
    )
    return CreatePod(identity.name, pods.build(template, identity), group.index, worker)


def _in_mesh(leader: Pod, template: GroupTemplate) -> bool:
    """Tell whether a leader's TPUs form a mesh with those of its workers.

    A leader in no subgroup has no place in any of their meshes; with native such a group never
    starts.
    """
    policy = template.sub_group_policy
    excluded = policy is not None and policy.type == "LeaderExcluded"
    return not excluded and any(resource == TPU for resource, _ in leader.accelerators)
