"""LeaderWorkerSet as read from the API.

The spec stays a raw mapping: templates are arbitrary, unknown fields survive, and an object
that came in under a laxer schema must still be listable. ``controller.admission.defaults``
turns a raw spec into a typed ``SetSpec``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from controller.api.meta import Condition, Key, ObjectMeta

RestartPolicy = Literal["RecreateGroupOnPodRestart", "RecreateGroupAfterStart", "None"]
StartupPolicy = Literal["LeaderCreated", "LeaderReady"]
SubdomainPolicy = Literal["Shared", "UniquePerReplica"]
SubGroupType = Literal["LeaderWorker", "LeaderExcluded"]

RECREATE_ON_POD_RESTART: Final = "RecreateGroupOnPodRestart"
RECREATE_AFTER_START: Final = "RecreateGroupAfterStart"
RESTART_NONE: Final = "None"
# Revisions kept although nothing uses them, for undo.
HISTORY_LIMIT: Final = 10


class LwsStatus(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Status subresource; unset counters are omitted, as Go's omitempty does."""

    conditions: tuple[Condition, ...] = ()
    replicas: int = 0
    ready_replicas: int = 0
    updated_replicas: int = 0
    hpa_pod_selector: str = ""
    observed_generation: int = 0


class _Anything(msgspec.Struct, frozen=True):
    """An object of which only that it is there is read."""


class _OwnedSpec(msgspec.Struct, frozen=True, rename={"template": "f:leaderWorkerTemplate"}):
    template: _Anything | None = None


class _OwnedFields(msgspec.Struct, frozen=True, rename={"spec": "f:spec"}):
    spec: _OwnedSpec | None = None


class FieldManager(msgspec.Struct, frozen=True, rename={"fields": "fieldsV1"}):
    """Who wrote fields of a set last, and when; the name is that of a program, not of a person."""

    manager: str = ""
    time: str | None = None
    fields: _OwnedFields | None = None

    @property
    def owns_template(self) -> bool:
        """Whether fields of the groups' template are among them."""
        spec = self.fields.spec if self.fields is not None else None
        return spec is not None and spec.template is not None


class SetMeta(ObjectMeta, frozen=True, rename="camel"):
    """The metadata of a set."""

    managed_fields: tuple[FieldManager, ...] | None = None


class LeaderWorkerSet(msgspec.Struct, frozen=True):
    """One set: metadata and status typed, spec raw."""

    metadata: SetMeta = SetMeta()
    spec: dict[str, Any] = msgspec.field(default_factory=dict)
    status: LwsStatus = LwsStatus()

    @property
    def key(self) -> Key:
        """Namespace and name."""
        return self.metadata.key

    @property
    def annotations(self) -> Mapping[str, str]:
        """Annotations, empty if none."""
        return self.metadata.annotations or {}


class SubGroupPolicy(msgspec.Struct, frozen=True):
    """Subgroups of a group: ``size`` pods each."""

    size: int
    type: SubGroupType = "LeaderWorker"


class GroupTemplate(msgspec.Struct, frozen=True):
    """What a revision records: everything a group's pods are built from.

    Attributes:
        leader_worker_template: The raw, defaulted ``spec.leaderWorkerTemplate``.
        network_config: The raw, defaulted ``spec.networkConfig``.
        leader: Raw pod template of the leader (the worker template if none is given).
        worker: Raw pod template of the workers.
        size: Pods per group, the leader included.
        restart_policy: After normalising the deprecated ``Default`` to ``None``.
        subdomain_policy: Shared or UniquePerReplica.
        sub_group_policy: None if the set has no subgroups.
        claims: Raw ``volumeClaimTemplates``.
        claims_when_deleted: Retain or Delete.
        claims_when_scaled: Retain or Delete.
    """

    leader_worker_template: dict[str, Any]
    network_config: dict[str, Any]
    leader: dict[str, Any]
    worker: dict[str, Any]
    size: int
    restart_policy: RestartPolicy
    subdomain_policy: SubdomainPolicy
    sub_group_policy: SubGroupPolicy | None = None
    claims: tuple[dict[str, Any], ...] = ()
    claims_when_deleted: str = "Retain"
    claims_when_scaled: str = "Retain"


class RolloutStrategy(msgspec.Struct, frozen=True):
    """``spec.rolloutStrategy.rollingUpdateConfiguration``; percentages stay text."""

    partition: int = 0
    max_unavailable: int | str = 1
    max_surge: int | str = 0


class SetSpec(msgspec.Struct, frozen=True):
    """A LeaderWorkerSet's spec after defaulting and validation."""

    replicas: int
    template: GroupTemplate
    rollout: RolloutStrategy = RolloutStrategy()
    startup_policy: StartupPolicy = "LeaderCreated"
    exclusive_topology: str = ""
    subgroup_exclusive_topology: str = ""


_DECODER = msgspec.json.Decoder(LeaderWorkerSet)


def decode(raw: bytes) -> LeaderWorkerSet:
    """Return the set in a JSON object.

    Raises:
        msgspec.DecodeError: If the JSON is malformed or metadata or status have wrong types.
    """
    return _DECODER.decode(raw)


class RolloutRecord(msgspec.Struct, frozen=True, rename="camel"):
    """Rollout state written on the set before it is acted on (annotation ``ROLLOUT_RECORD``).

    Attributes:
        target: Revision key groups should reach.
        partition: Groups with index >= partition may be replaced.
        groups: Groups that should exist now: replicas plus live surge.
        seen_replicas: ``spec.replicas`` at the previous pass.

    Source: pkg/controllers/leaderworkerset_controller.go, which keeps these on its leader
    StatefulSet.
    """

    target: str
    partition: int
    groups: int
    seen_replicas: int


def read_record(annotations: Mapping[str, str], key: str) -> RolloutRecord | None:
    """Return the record under an annotation, or None if absent or unreadable."""
    text = annotations.get(key)
    if not text:
        return None
    try:
        return msgspec.json.decode(text, type=RolloutRecord)
    except msgspec.DecodeError:
        return None
