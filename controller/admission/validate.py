"""Validation of a LeaderWorkerSet's spec, as the native webhook and CRD do it, and more.

Absent fields count with their defaults, so the input may be as the user wrote it.

Beyond native: what a StatefulSet would have refused in a template, names whose pods would not
have a valid hostname, and fields we do not know, which would otherwise be half obeyed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from controller.admission import canonical
from controller.admission.fields import (
    GROUP,
    FieldError,
    is_integer,
    is_percent,
    misshapen,
    scaled,
)
from controller.api import names
from controller.api.lws import GroupTemplate

_MAX_REPLICAS: Final = 1_000_000
_MAX_PODS: Final = 2**31 - 1
_MAX_NAME: Final = 63
_DNS_1035: Final = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")

_TEMPLATE: Final = "spec.leaderWorkerTemplate"
_SUBGROUP_SIZE: Final = f"{_TEMPLATE}.SubGroupPolicy.subGroupSize"
_ROLLING: Final = "spec.rolloutStrategy.rollingUpdateConfiguration"

_KNOWN: Final[dict[str, frozenset[str]]] = {
    "spec": frozenset(
        {"replicas", "leaderWorkerTemplate", "rolloutStrategy", "startupPolicy", "networkConfig"}
    ),
    _TEMPLATE: frozenset(
        {
            "leaderTemplate",
            "workerTemplate",
            "size",
            "restartPolicy",
            "subGroupPolicy",
            "volumeClaimTemplates",
            "persistentVolumeClaimRetentionPolicy",
        }
    ),
    f"{_TEMPLATE}.subGroupPolicy": frozenset({"subGroupPolicyType", "subGroupSize"}),
    f"{_TEMPLATE}.persistentVolumeClaimRetentionPolicy": frozenset({"whenDeleted", "whenScaled"}),
    "spec.rolloutStrategy": frozenset({"type", "rollingUpdateConfiguration"}),
    _ROLLING: frozenset({"partition", "maxUnavailable", "maxSurge"}),
    "spec.networkConfig": frozenset({"subdomainPolicy"}),
}
# Fields of a newer API whose default says what we do anyway.
# Source: kubernetes-sigs/lws pull requests 987 and 1050.
_NEWER: Final = {
    "spec.groupIdentity": "Ordinal",
    "spec.groupReplacementPolicy": "PostTermination",
}
_ENUMS: Final[dict[str, tuple[str, ...]]] = {
    "spec.startupPolicy": ("LeaderCreated", "LeaderReady"),
    "spec.rolloutStrategy.type": ("RollingUpdate",),
    "spec.networkConfig.subdomainPolicy": ("Shared", "UniquePerReplica"),
    f"{_TEMPLATE}.restartPolicy": (
        "RecreateGroupOnPodRestart",
        "RecreateGroupAfterStart",
        "None",
        "Default",
    ),
    f"{_TEMPLATE}.subGroupPolicy.subGroupPolicyType": ("LeaderWorker", "LeaderExcluded"),
    f"{_TEMPLATE}.persistentVolumeClaimRetentionPolicy.whenDeleted": ("Retain", "Delete"),
    f"{_TEMPLATE}.persistentVolumeClaimRetentionPolicy.whenScaled": ("Retain", "Delete"),
}


def validate(
    raw_spec: Mapping[str, Any],
    annotations: Mapping[str, str],
    name: str,
    previous: GroupTemplate | None,
) -> tuple[FieldError, ...]:
    """Return everything wrong with a spec, empty if it may be acted on.

    Args:
        raw_spec: ``spec`` as stored; nothing about its types is assumed.
        annotations: The set's annotations.
        name: The set's name.
        previous: The template the set's groups should be at now, None for a new set.

    Source: pkg/webhooks/leaderworkerset_webhook.go.
    """
    structure = (*unsupported(raw_spec), *_structure(raw_spec))
    if structure:
        return structure
    return (
        *_counts(raw_spec, name),
        *_rollout(raw_spec),
        *_subgroups(raw_spec, annotations),
        *_templates(raw_spec),
        *(changes(raw_spec, previous) if previous is not None else ()),
    )


def _lookup(spec: Mapping[str, Any], path: str) -> Any:
    """Return the value at a dotted path below ``spec``, None if anything on it is absent."""
    value: Any = spec
    for part in path.split(".")[1:]:
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value


def unsupported(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    """Yield the fields that we do not know, such as those of a newer API.

    A newer API's defaults that ask for what is done anyway are no reason to refuse a set.

    Args:
        spec: ``spec`` as stored; nothing about its types is assumed.
    """
    for path, known in _KNOWN.items():
        found = _lookup(spec, path)
        if not isinstance(found, dict):
            continue
        for key in sorted(found.keys() - known):
            value, supported = found[key], _NEWER.get(f"{path}.{key}", "")
            if value is not None and (not supported or value != supported):
                only = f", only {supported} is" if supported else ""
                message = f"is not supported by this controller{only}"
                yield FieldError(f"{path}.{key}", value, message)


def _structure(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    """Types, enums and required fields: what a CRD schema would have refused."""
    for path in _KNOWN:
        found = _lookup(spec, path)
        if found is not None and not isinstance(found, dict):
            yield FieldError(path, found, "must be an object")
    for path, allowed in _ENUMS.items():
        value = _lookup(spec, path)
        if value not in (None, "") and value not in allowed:
            yield FieldError(path, value, f"must be one of {', '.join(allowed)}")
    template = spec.get("leaderWorkerTemplate")
    if not isinstance(template, dict) or not isinstance(template.get("workerTemplate"), dict):
        found = None if template is None else _lookup(spec, f"{_TEMPLATE}.workerTemplate")
        yield FieldError(f"{_TEMPLATE}.workerTemplate", found, "is required")
        return
    yield from misshapen(template, GROUP, _TEMPLATE)


def _integer(
    spec: Mapping[str, Any], path: str, default: int, least: int
) -> tuple[int, tuple[FieldError, ...]]:
    """Return an integer field with its default, and the error if it is not one or too small."""
    value = _lookup(spec, path)
    if value is None:
        return default, ()
    if not is_integer(value):
        return default, (FieldError(path, value, "must be an integer"),)
    if value < least:
        return value, (FieldError(path, value, f"must be at least {least}"),)
    return value, ()


def _counts(spec: Mapping[str, Any], name: str) -> Iterator[FieldError]:
    if len(name) > _MAX_NAME or not _DNS_1035.fullmatch(name):
        yield FieldError(
            "metadata.name",
            name,
            "must be a DNS-1035 label: lower-case letters, digits and dashes, starting with a "
            f"letter, at most {_MAX_NAME} characters",
        )
    replicas, errors = _integer(spec, "spec.replicas", 1, 0)
    yield from errors
    size, errors = _integer(spec, f"{_TEMPLATE}.size", 1, 1)
    yield from errors
    if replicas > _MAX_REPLICAS:
        yield FieldError("spec.replicas", replicas, f"must be at most {_MAX_REPLICAS}")
    if replicas * size > _MAX_PODS:
        yield FieldError(
            "spec.replicas", replicas, f"times size {size} must be at most {_MAX_PODS} pods"
        )
    last = names.worker_name(name, max(replicas - 1, 0), max(size - 1, 0))
    if len(name) <= _MAX_NAME < len(last):
        yield FieldError(
            "metadata.name",
            name,
            f"is too long: pod {last} would have {len(last)} of at most {_MAX_NAME} characters",
        )


def _rollout(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    _, errors = _integer(spec, f"{_ROLLING}.partition", 0, 0)
    yield from errors
    budgets = {"maxUnavailable": 1, "maxSurge": 0}
    broken = False
    for field, default in budgets.items():
        value = _lookup(spec, f"{_ROLLING}.{field}")
        message = _budget_error(default if value is None else value)
        if message:
            broken = True
            yield FieldError(f"{_ROLLING}.{field}", value, message)
    replicas = _lookup(spec, "spec.replicas")
    replicas = 1 if replicas is None else replicas
    if broken or not is_integer(replicas) or replicas == 0:
        return
    unavailable, surge = (
        default if (value := _lookup(spec, f"{_ROLLING}.{field}")) is None else value
        for field, default in budgets.items()
    )
    if scaled(unavailable, replicas, round_up=False) == 0 == scaled(surge, replicas, round_up=True):
        yield FieldError(
            f"{_ROLLING}.maxUnavailable",
            unavailable,
            f"must not be 0 groups of {replicas} when maxSurge is 0",
        )


def _budget_error(value: object) -> str:
    """Return what is wrong with an int-or-percent, empty if nothing."""
    if is_integer(value):
        return "" if value >= 0 else "must be non-negative"
    if not is_percent(value):
        return "must be a non-negative integer or a percentage such as 25%"
    return "" if int(value[:-1]) <= 100 else "must not be more than 100%"


def _subgroups(spec: Mapping[str, Any], annotations: Mapping[str, str]) -> Iterator[FieldError]:
    policy = _lookup(spec, f"{_TEMPLATE}.subGroupPolicy")
    if policy is None:
        key = names.SUBGROUP_EXCLUSIVE_TOPOLOGY
        if key in annotations:
            yield FieldError(
                f"metadata.annotations.{key}", annotations[key], "needs a subGroupPolicy"
            )
        return
    subgroup, size = policy.get("subGroupSize"), _lookup(spec, f"{_TEMPLATE}.size")
    size = 1 if size is None else size
    if not is_integer(subgroup) or subgroup < 1:
        yield FieldError(_SUBGROUP_SIZE, subgroup, "must be an integer of at least 1")
        return
    if not is_integer(size):
        return
    if subgroup > size:
        yield FieldError(_SUBGROUP_SIZE, subgroup, f"must not be larger than size {size}")
    elif policy.get("subGroupPolicyType") == "LeaderExcluded":
        if (size - 1) % subgroup:
            yield FieldError(
                _SUBGROUP_SIZE, subgroup, f"must divide size - 1 = {size - 1} for LeaderExcluded"
            )
    elif size % subgroup and (size - 1) % subgroup:
        yield FieldError(_SUBGROUP_SIZE, subgroup, f"must divide size {size} or size - 1")


def _templates(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    template = spec["leaderWorkerTemplate"]
    for role in ("leaderTemplate", "workerTemplate"):
        if template.get(role) is not None:
            yield from _pod_template(template[role], f"{_TEMPLATE}.{role}.spec")
    for i, claim in enumerate(template.get("volumeClaimTemplates") or ()):
        if not (claim.get("metadata") or {}).get("name"):
            yield FieldError(
                f"{_TEMPLATE}.volumeClaimTemplates[{i}].metadata.name", None, "is required"
            )


def _pod_template(template: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    """What a StatefulSet and its pods would have refused."""
    spec = template.get("spec") or {}
    if not spec.get("containers"):
        yield FieldError(f"{path}.containers", spec.get("containers"), "must not be empty")
    policy = spec.get("restartPolicy")
    if policy not in (None, "", "Always"):
        yield FieldError(f"{path}.restartPolicy", policy, "must be Always")
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None:
        yield FieldError(f"{path}.activeDeadlineSeconds", deadline, "must not be set")
    for kind in ("containers", "initContainers"):
        for i, container in enumerate(spec.get(kind) or ()):
            if not container.get("name"):
                found = container.get("name")
                yield FieldError(f"{path}.{kind}[{i}].name", found, "is required")


def changes(spec: Mapping[str, Any], previous: GroupTemplate) -> Iterator[FieldError]:
    """Yield what may not change once groups exist.

    Args:
        spec: ``spec`` as stored, otherwise valid.
        previous: The template the set's groups should be at now.
    """
    template = spec["leaderWorkerTemplate"]
    policy, before = template.get("subGroupPolicy"), previous.sub_group_policy
    path = f"{_TEMPLATE}.SubGroupPolicy"
    if policy is not None and before is None:
        yield FieldError(path, policy, "cannot be enabled after the set was created")
    elif policy is None and before is not None:
        yield FieldError(path, None, "cannot be removed after the set was created")
    elif policy is not None and before is not None and policy.get("subGroupSize") != before.size:
        yield FieldError(
            _SUBGROUP_SIZE, policy.get("subGroupSize"), f"is immutable; it was {before.size}"
        )
    claims = template.get("volumeClaimTemplates") or []
    if canonical.claims(claims) != canonical.claims(previous.claims):
        found = [(claim.get("metadata") or {}).get("name") for claim in claims]
        yield FieldError(
            f"{_TEMPLATE}.volumeClaimTemplates", found, "is immutable; the claims exist already"
        )
