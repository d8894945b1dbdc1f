"""PersistentVolumeClaims of pods: volumes, bodies, owners.

Source: pkg/utils/controller/controller_utils.go, and what the StatefulSet controller makes of
its claim templates; leaderworkerset.md section 3.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from controller.api import names
from controller.api.lws import GroupTemplate, LeaderWorkerSet
from controller.api.meta import owner_reference
from controller.plan.actions import CreateClaim

# Of a template's spec only these reach the claim.
_KEPT: Final = ("accessModes", "storageClassName", "volumeMode")


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
    existing: frozenset[str],
) -> Iterator[CreateClaim]:
    """Yield the claims a pod needs and that do not exist.

    With ``whenDeleted: Delete`` the set owns them, so they go with it and survive the
    recreation of their group.
    """
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
        if template.claims_when_deleted == "Delete":
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
