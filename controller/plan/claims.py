"""PersistentVolumeClaims of pods: volumes, bodies, and who owns them.

An owner decides with whom a claim goes, garbage collection does the rest. In steady state it is
the set under ``whenDeleted: Delete`` and nobody under ``Retain``. Under ``whenScaled: Delete``
the claims of a group that is scaled away are handed to its leader before the leader is deleted;
until that is done the hand-over can be taken back.

Leaders' and workers' claims are treated alike. With native the claims of workers follow a
StatefulSet that is deleted with every incarnation of its group, so they are lost whenever the
group is recreated under ``whenDeleted: Delete`` and kept when it is scaled away under
``whenScaled: Delete`` alone; here they are kept and deleted, as the fields say.

Source: pkg/utils/controller/controller_utils.go, and what the StatefulSet controller makes of
its claim templates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from controller.api import names
from controller.api.core import Claim
from controller.api.lws import GroupTemplate, LeaderWorkerSet
from controller.api.meta import OwnerReference, owner_reference
from controller.api.pods import Pod
from controller.plan import owners
from controller.plan.actions import CreateClaim, OwnClaim
from controller.plan.groups import position

# Of a template's spec only these reach the claim.
_KEPT: Final = ("accessModes", "storageClassName", "volumeMode")
_DELETE: Final = "Delete"


def claim_name(template: Mapping[str, Any], pod: str) -> str:
    """Return the name of a pod's claim from a claim template."""
    return f"{template['metadata']['name']}-{pod}"


def volumes(
    templates: Iterable[Mapping[str, Any]], pod: str, own: Iterable[Mapping[str, Any]] | None
) -> list[Mapping[str, Any]]:
    """Return a pod's volumes: its claims first, then its own unless a claim has their name."""
    claimed: dict[str, Mapping[str, Any]] = {
        template["metadata"]["name"]: {
            "name": template["metadata"]["name"],
            "persistentVolumeClaim": {"claimName": claim_name(template, pod)},
        }
        for template in templates
    }
    return [*claimed.values(), *(v for v in own or () if v.get("name") not in claimed)]


def missing(
    lws: LeaderWorkerSet,
    template: GroupTemplate,
    group: int,
    worker: int,
    existing: Mapping[str, Claim],
) -> Iterator[CreateClaim]:
    """Yield the claims a pod needs and that do not exist."""
    meta = lws.metadata
    leader = names.leader_name(meta.name, group)
    pod = names.worker_name(meta.name, group, worker) if worker else leader
    labels = {names.SET_NAME: meta.name}
    if worker:
        labels[names.GROUP_INDEX] = str(group)
        labels[names.GROUP_KEY] = names.group_key(meta.namespace, leader)
    else:
        labels[names.WORKER_INDEX] = "0"
    for claim in template.claims:
        name = claim_name(claim, pod)
        if name in existing:
            continue
        metadata: dict[str, Any] = {"name": name, "namespace": meta.namespace, "labels": labels}
        if template.claims_when_deleted == _DELETE:
            kind = names.LEADERWORKERSETS
            metadata["ownerReferences"] = [
                owner_reference(kind.api_version, kind.kind, meta.name, meta.uid)
            ]
        body = {
            "apiVersion": "v1",
            "kind": names.CLAIMS.kind,
            "metadata": metadata,
            "spec": _spec(claim.get("spec") or {}),
        }
        yield CreateClaim(name, body)


def _spec(raw: Mapping[str, Any]) -> dict[str, Any]:
    spec = {key: raw[key] for key in _KEPT if raw.get(key) is not None}
    resources = raw.get("resources") or {}
    amounts = {kind: resources[kind] for kind in ("limits", "requests") if resources.get(kind)}
    return {**spec, "resources": amounts}


def by_group(
    set_name: str, templates: Iterable[Mapping[str, Any]], claims: Iterable[Claim]
) -> dict[int, list[Claim]]:
    """Return claims by group index, those of workers that a smaller size left behind included."""
    prefixes = [claim_name(template, set_name) for template in templates]
    found: dict[int, list[Claim]] = {}
    for claim in claims:
        for prefix in prefixes:
            place = position(prefix, claim.name)
            if place is not None:
                found.setdefault(place[0], []).append(claim)
                break
    return found


def keep(
    lws: LeaderWorkerSet, template: GroupTemplate, leader: Pod | None, claim: Claim
) -> OwnClaim | None:
    """Return how a claim of a wanted group gets the owner its policy asks for, None if it has it.

    Args:
        lws: The set.
        template: What the group is, or will be, built from.
        leader: The group's live leader, None while there is none.
        claim: A claim of the group.
    """
    wanted = owners.of_set(lws) if template.claims_when_deleted == _DELETE else None
    return _own(lws, leader, claim, wanted)


def release(
    lws: LeaderWorkerSet, template: GroupTemplate, leader: Pod, claim: Claim
) -> OwnClaim | None:
    """Return how a claim of a group that is to go gets to go with it, None if it does or stays.

    The leader's deletion does not wait for the claim, which its own pods may hold.
    """
    if template.claims_when_scaled != _DELETE:
        return None
    return _own(lws, leader, claim, owners.of_leader(leader, blocking=False))


def _own(
    lws: LeaderWorkerSet, leader: Pod | None, claim: Claim, wanted: OwnerReference | None
) -> OwnClaim | None:
    """Return the change that makes ``wanted`` the only owner of ours, None if there is none.

    Claims that another object controls, or that are on their way out, are left alone.
    """
    ours = {lws.metadata.uid, leader.uid if leader is not None else ""}
    others = tuple(owner for owner in claim.owners if owner.uid not in ours)
    if any(owner.controller for owner in others) or claim.deleted_at is not None:
        return None
    held_by = {owner.uid for owner in claim.owners} & ours
    if held_by == ({wanted.uid} if wanted is not None else set()):
        return None
    after = others if wanted is None else (*others, wanted)
    return OwnClaim(claim.name, claim.uid, claim.resource_version, after)


def doomed(lws: LeaderWorkerSet, leader: str, leader_uid: str, claim: Claim) -> bool:
    """Tell whether a claim is on its way out, or owned by an incarnation that is gone.

    Args:
        lws: The set.
        leader: Name of the group's leader.
        leader_uid: UID of the live leader, empty if there is none.
        claim: A claim of the group.
    """
    kinds = {(names.LEADERWORKERSETS.kind, lws.metadata.name), (names.PODS.kind, leader)}
    alive = {lws.metadata.uid, leader_uid}
    return claim.deleted_at is not None or any(
        (owner.kind, owner.name) in kinds and owner.uid not in alive for owner in claim.owners
    )
