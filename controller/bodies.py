"""Bodies of the controller's own writes to a set, and what is read from answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from controller.api.lws import LeaderWorkerSet, LwsStatus, RolloutRecord
from controller.api.meta import Condition, ObjectMeta, OwnerReference
from controller.api.names import LEADERWORKERSETS, ROLLOUT_RECORD


class _WithMeta(msgspec.Struct, frozen=True):
    metadata: ObjectMeta = ObjectMeta()


_DECODER: Final = msgspec.json.Decoder(_WithMeta)


def metadata(raw: bytes) -> ObjectMeta:
    """Return the metadata of a JSON object of any kind."""
    return _DECODER.decode(raw).metadata


def controller_of(body: dict[str, Any]) -> OwnerReference:
    """Return the controlling owner in a JSON-ready object, an empty one if none."""
    meta = msgspec.convert(body.get("metadata", {}), ObjectMeta)
    return meta.controller_owner or OwnerReference()


def reference(lws: LeaderWorkerSet) -> dict[str, str]:
    """Return what an event about a set regards."""
    return {
        "apiVersion": LEADERWORKERSETS.api_version,
        "kind": LEADERWORKERSETS.kind,
        "namespace": lws.metadata.namespace,
        "name": lws.metadata.name,
        "uid": lws.metadata.uid,
    }


def record_patch(record: RolloutRecord, version: str) -> dict[str, Any]:
    """Return the merge patch that writes a rollout record if the set is still at ``version``."""
    text = msgspec.json.encode(record).decode()
    return {"metadata": {"resourceVersion": version, "annotations": {ROLLOUT_RECORD: text}}}


def owners_patch(
    uid: str,
    version: str,
    owners: Iterable[OwnerReference],
    annotations: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the merge patch that makes these the only owners of an object still at ``version``."""
    meta: dict[str, Any] = {
        "uid": uid,
        "resourceVersion": version,
        "ownerReferences": [_owner(owner) for owner in owners],
    }
    if annotations:
        meta["annotations"] = dict(annotations)
    return {"metadata": meta}


def _owner(owner: OwnerReference) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(owner)
    return {name: value for name, value in fields.items() if value is not None}


def status_patch(status: LwsStatus, version: str) -> dict[str, Any]:
    """Return the merge patch that makes a set's status this one if it is still at ``version``.

    Unset counters are removed, as the native controller leaves them out; fields of the status
    that are unknown here stay.
    """
    values = msgspec.to_builtins(status)
    fields = {name: values.get(name) for name in LwsStatus.__struct_encode_fields__}
    fields["conditions"] = [_condition(c) for c in status.conditions] or None
    return {"metadata": {"resourceVersion": version}, "status": fields}


def _condition(condition: Condition) -> dict[str, Any]:
    """Return a condition with every field its schema requires, empty ones included."""
    result: dict[str, Any] = {
        "type": condition.type,
        "status": condition.status,
        "reason": condition.reason,
        "message": condition.message,
        "lastTransitionTime": condition.last_transition_time,
    }
    if condition.observed_generation:
        result["observedGeneration"] = condition.observed_generation
    return result
