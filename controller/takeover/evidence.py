"""What is read of one set before it is moved, as raw JSON so that a move can be foretold exactly.

Objects stay dictionaries: a prediction applies the very patches that would be sent and hands the
result to the decoders the controller itself uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import msgspec

from controller.api import names
from controller.api.core import decode_claim, decode_revision, decode_service
from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key, ObjectMeta, OwnerReference
from controller.api.pods import decode_pod
from controller.plan.observed import Observed

Json = dict[str, Any]

# Native's count of replicas at its last pass, on the leader StatefulSet.
REPLICAS: Final = names.PREFIX + "replicas"
# Ours, on the set while it is being moved: UID of the leader StatefulSet it is moved from.
TAKEOVER: Final = "lwstui.dev/takeover"

_NO_OWNER: Final = OwnerReference()


class _RollingUpdate(msgspec.Struct, frozen=True):
    partition: int = 0


class _UpdateStrategy(msgspec.Struct, frozen=True, rename="camel"):
    rolling_update: _RollingUpdate | None = None


class _StatefulSetSpec(msgspec.Struct, frozen=True, rename="camel"):
    replicas: int = 1
    update_strategy: _UpdateStrategy = _UpdateStrategy()


class _StatefulSetStatus(msgspec.Struct, frozen=True, rename="camel"):
    observed_generation: int = 0
    available_replicas: int = 0


class StatefulSet(msgspec.Struct, frozen=True):
    """The part of a StatefulSet that a takeover reads."""

    metadata: ObjectMeta = ObjectMeta()
    spec: _StatefulSetSpec = _StatefulSetSpec()
    status: _StatefulSetStatus = _StatefulSetStatus()

    @property
    def name(self) -> str:
        """Its name."""
        return self.metadata.name

    @property
    def deleting(self) -> bool:
        """Whether its deletion has been asked for."""
        return self.metadata.deletion_timestamp is not None

    @property
    def partition(self) -> int:
        """Ordinals below it keep their revision."""
        rolling = self.spec.update_strategy.rolling_update
        return rolling.partition if rolling is not None else 0

    @property
    def settled(self) -> bool:
        """Whether its status is current and every replica is available."""
        seen = self.status.observed_generation >= self.metadata.generation
        return seen and self.status.available_replicas == self.spec.replicas


class Position(NamedTuple):
    """A pod's place by its name: group index, and worker index with 0 for the leader."""

    group: int
    worker: int


@dataclass(frozen=True, slots=True)
class SetEvidence:
    """One set and everything that carries its name, as the server answered.

    Attributes:
        lws: The set.
        pods: Pods whose set-name label names it.
        services: Services with that label.
        revisions: ControllerRevisions with that label, those of StatefulSets included.
        claims: PersistentVolumeClaims with that label.
        statefulsets: StatefulSets with that label.
        model_servings: Names of the ModelServings that Kthena made for it.
    """

    lws: Json
    pods: tuple[Json, ...] = ()
    services: tuple[Json, ...] = ()
    revisions: tuple[Json, ...] = ()
    claims: tuple[Json, ...] = ()
    statefulsets: tuple[Json, ...] = ()
    model_servings: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """Namespace and name of the set."""
        return meta(self.lws).key

    @property
    def set(self) -> LeaderWorkerSet:
        """The set as the planner reads it."""
        return msgspec.convert(self.lws, LeaderWorkerSet)

    @property
    def leader_statefulset(self) -> StatefulSet | None:
        """The StatefulSet that makes the set's leaders, None if there is none."""
        own = meta(self.lws)
        for found in self._statefulsets():
            if found.name == own.name and _owner(found.metadata).uid == own.uid:
                return found
        return None

    @property
    def worker_statefulsets(self) -> dict[int, StatefulSet]:
        """The StatefulSets that make workers, by group index."""
        leader = self.key.name
        result: dict[int, StatefulSet] = {}
        for found in self._statefulsets():
            parent, index = names.split_ordinal(found.name)
            owner = _owner(found.metadata)
            if parent == leader and owner.kind == names.PODS.kind and owner.name == found.name:
                result[index] = found
        return dict(sorted(result.items()))

    @property
    def begun(self) -> bool:
        """Whether an earlier run has begun to move the set and has not finished."""
        mark = (meta(self.lws).annotations or {}).get(TAKEOVER)
        leader = self.leader_statefulset
        return mark is not None and (leader is None or leader.metadata.uid == mark)

    def position(self, pod: str) -> Position | None:
        """Return the place of a pod with this name, None if the set has no such name."""
        name = self.key.name
        parent, ordinal = names.split_ordinal(pod)
        if parent == name and ordinal >= 0:
            return Position(ordinal, 0)
        grandparent, group = names.split_ordinal(parent)
        if grandparent == name and group >= 0 and ordinal > 0:
            return Position(group, ordinal)
        return None

    def _statefulsets(self) -> Iterator[StatefulSet]:
        for raw in self.statefulsets:
            yield msgspec.convert(raw, StatefulSet)


def meta(obj: Json) -> ObjectMeta:
    """Return an object's metadata."""
    return msgspec.convert(obj["metadata"], ObjectMeta)


def owner(obj: Json) -> OwnerReference:
    """Return an object's controlling owner, an empty one if it has none."""
    return _owner(meta(obj))


def _owner(metadata: ObjectMeta) -> OwnerReference:
    return metadata.controller_owner or _NO_OWNER


def without_owners(obj: Json, gone: Callable[[Json], bool]) -> Json:
    """Return an object without the owner references that ``gone`` tells are to go."""
    references = obj["metadata"].get("ownerReferences") or []
    kept = [reference for reference in references if not gone(reference)]
    if len(kept) == len(references):
        return obj
    return {**obj, "metadata": {**obj["metadata"], "ownerReferences": kept}}


def made_by_statefulset(revision: Json) -> bool:
    """Tell whether a ControllerRevision records a StatefulSet's pod template, not a set's."""
    spec = (revision.get("data") or {}).get("spec")
    return isinstance(spec, dict) and "template" in spec and "leaderWorkerTemplate" not in spec


def label(obj: Json, key: str) -> str:
    """Return a label's value, empty if it is absent."""
    return str((obj["metadata"].get("labels") or {}).get(key, ""))


def of_set(objects: Iterable[Json], key: Key) -> tuple[Json, ...]:
    """Return the objects that a set's name label and namespace assign to it."""
    return tuple(
        obj
        for obj in objects
        if label(obj, names.SET_NAME) == key.name
        and obj["metadata"].get("namespace") == key.namespace
    )


def observed(evidence: SetEvidence) -> Observed:
    """Return a set as the controller would observe it."""
    return Observed(
        lws=evidence.set,
        pods=tuple(decode_pod(msgspec.json.encode(raw)) for raw in evidence.pods),
        services=tuple(decode_service(msgspec.json.encode(raw)) for raw in evidence.services),
        revisions=tuple(decode_revision(msgspec.json.encode(raw)) for raw in evidence.revisions),
        claims=tuple(decode_claim(msgspec.json.encode(raw)) for raw in evidence.claims),
    )
