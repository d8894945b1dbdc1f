"""Defaulting: a raw spec into a ``SetSpec``, as API server and native webhook would have it.

Applied in memory on every read, because without the native webhooks a stored object may lack
``rolloutStrategy`` or ``networkConfig`` or hold the deprecated restart policy ``Default``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from controller.admission.fields import (
    GROUP,
    FieldError,
    InvalidSpec,
    is_integer,
    misshapen,
)
from controller.admission.validate import validate
from controller.api import names
from controller.api.lws import (
    RECREATE_ON_POD_RESTART,
    RESTART_NONE,
    GroupTemplate,
    LeaderWorkerSet,
    RestartPolicy,
    RolloutStrategy,
    SetSpec,
    StartupPolicy,
    SubdomainPolicy,
    SubGroupPolicy,
    SubGroupType,
)

__all__ = ["FieldError", "InvalidSpec", "group_template", "resolve"]


def resolve(lws: LeaderWorkerSet) -> SetSpec:
    """Return a set's spec, defaulted and validated.

    Raises:
        InvalidSpec: With everything that is wrong with it.
    """
    errors = validate(lws.spec, lws.annotations, lws.metadata.name, None)
    if errors:
        raise InvalidSpec(errors)
    spec, annotations = lws.spec, lws.annotations
    rolling = (spec.get("rolloutStrategy") or {}).get("rollingUpdateConfiguration") or {}
    return SetSpec(
        replicas=_or(spec.get("replicas"), 1),
        template=group_template(spec["leaderWorkerTemplate"], spec.get("networkConfig")),
        rollout=RolloutStrategy(
            partition=_or(rolling.get("partition"), 0),
            max_unavailable=_or(rolling.get("maxUnavailable"), 1),
            max_surge=_or(rolling.get("maxSurge"), 0),
        ),
        startup_policy=cast("StartupPolicy", spec.get("startupPolicy") or "LeaderCreated"),
        exclusive_topology=annotations.get(names.EXCLUSIVE_TOPOLOGY, ""),
        subgroup_exclusive_topology=annotations.get(names.SUBGROUP_EXCLUSIVE_TOPOLOGY, ""),
    )


def group_template(
    leader_worker_template: dict[str, Any], network_config: dict[str, Any] | None
) -> GroupTemplate:
    """Return what a group's pods are built from, of a live spec or a recorded revision.

    Raises:
        InvalidSpec: If the parts that are read do not have the types of the API.
    """
    errors = tuple(misshapen(leader_worker_template, GROUP, "leaderWorkerTemplate"))
    if errors:
        raise InvalidSpec(errors)
    template = _defaulted(leader_worker_template)
    incomplete = _incomplete(template)
    if incomplete:
        raise InvalidSpec((FieldError("leaderWorkerTemplate", None, incomplete),))
    worker = template["workerTemplate"]
    network = {"subdomainPolicy": "Shared", **_present(network_config)}
    retention = template.get("persistentVolumeClaimRetentionPolicy") or {}
    leader = template.get("leaderTemplate")
    return GroupTemplate(
        leader_worker_template=template,
        network_config=network,
        leader=worker if leader is None else leader,
        worker=worker,
        size=template["size"],
        restart_policy=cast("RestartPolicy", template["restartPolicy"]),
        subdomain_policy=cast("SubdomainPolicy", network["subdomainPolicy"]),
        sub_group_policy=_sub_group_policy(template.get("subGroupPolicy")),
        claims=tuple(template.get("volumeClaimTemplates") or ()),
        claims_when_deleted=retention.get("whenDeleted") or "Retain",
        claims_when_scaled=retention.get("whenScaled") or "Retain",
    )


def _incomplete(template: Mapping[str, Any]) -> str:
    """Return what a defaulted template lacks to build pods from it, empty if nothing."""
    if template.get("workerTemplate") is None:
        return "needs a workerTemplate"
    if not is_integer(template["size"]) or template["size"] < 1:
        return "needs a size of at least 1"
    claims = template.get("volumeClaimTemplates") or ()
    if not all((claim.get("metadata") or {}).get("name") for claim in claims):
        return "needs a name for every claim"
    return ""


def _defaulted(raw: Mapping[str, Any]) -> dict[str, Any]:
    template = {key: value for key, value in raw.items() if key != "$patch"}
    template["size"] = _or(template.get("size"), 1)
    policy = template.get("restartPolicy") or RECREATE_ON_POD_RESTART
    template["restartPolicy"] = RESTART_NONE if policy == "Default" else policy
    subgroups = template.get("subGroupPolicy")
    if subgroups is not None:
        template["subGroupPolicy"] = {"subGroupPolicyType": "LeaderWorker", **_present(subgroups)}
    return template


def _sub_group_policy(raw: Mapping[str, Any] | None) -> SubGroupPolicy | None:
    if raw is None or not is_integer(raw.get("subGroupSize")) or raw["subGroupSize"] < 1:
        return None
    return SubGroupPolicy(raw["subGroupSize"], cast("SubGroupType", raw["subGroupPolicyType"]))


def _present(raw: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the fields that are set, without the patch directive of a recorded revision."""
    return {k: v for k, v in (raw or {}).items() if k != "$patch" and v not in (None, "")}


def _or(value: Any, default: int) -> Any:
    return default if value is None else value
