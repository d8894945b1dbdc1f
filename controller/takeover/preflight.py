"""Whether a set may be moved: every condition, and what to do about those that do not hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from controller.admission.defaults import InvalidSpec, resolve
from controller.api import conditions, names
from controller.api.core import Revision
from controller.api.lws import SetSpec
from controller.guard import Manager, Verdict, evidence_of, verdict, with_stateful_set
from controller.plan import revisions
from controller.plan.observed import Observed
from controller.plan.paused import paused
from controller.plan.rollout import Record
from controller.takeover.evidence import REPLICAS, SetEvidence, StatefulSet, meta, observed
from controller.takeover.predict import objections
from controller.takeover.steps import Stage, stages

_KUEUE: Final = "kueue.x-k8s.io/"
_VOLCANO_GROUP: Final = "scheduling.k8s.io/group-name"
_NAMED: Final = 3

# What was ignored under Kthena and takes effect as soon as another controller serves the set.
IGNORED_BY_KTHENA: Final = (
    "restartPolicy",
    "rolloutStrategy (maxUnavailable, maxSurge, partition)",
    "topology annotations",
    "schedulerName",
    "startupPolicy",
    "subGroupPolicy",
    "networkConfig",
    "volumeClaimTemplates",
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A condition that does not hold.

    Attributes:
        what: What is the case, a clause about the set.
        remedy: What to do about it.
    """

    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class Preflight:
    """What is known of a set before its move.

    Attributes:
        managers: Who controls it.
        refusals: Why it may not be moved, empty if it may.
        warnings: What to know although it may.
        stages: The move; empty if it is refused, done or not needed.
        resumed: Whether the move goes on where an earlier run ended.
    """

    managers: Verdict
    refusals: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    resumed: bool = False


def inspect(evidence: SetEvidence, now: float) -> Preflight:
    """Return who controls a set, and how it would be moved or why it may not be.

    Args:
        evidence: The set.
        now: Epoch seconds.
    """
    seen = observed(evidence)
    judged = _judge(evidence, seen)
    if evidence.begun:
        return Preflight(judged, stages=stages(evidence, None), resumed=True)
    if Manager.KTHENA in judged.managers:
        return Preflight(judged, (_kthena(),))
    if judged.managers != (Manager.NATIVE,):
        several = len(judged.managers) > 1
        return Preflight(judged, (_several(judged),) if several else ())
    leader = evidence.leader_statefulset
    refusals = tuple(_refusals(evidence, seen, leader))
    if leader is None or refusals:
        return Preflight(judged, refusals)
    record = _record(leader, seen)
    steps = stages(evidence, record)
    remedy = "make the spec and the groups agree under the native controller first"
    refused = tuple(
        Refusal(f"after the move {text}", remedy) for text in objections(evidence, steps, now)
    )
    if refused:
        return Preflight(judged, refused)
    return Preflight(judged, warnings=tuple(_warnings(seen)), stages=steps)


def _judge(evidence: SetEvidence, seen: Observed) -> Verdict:
    found = evidence_of(seen)
    servings = {*found.model_servings, *evidence.model_servings}
    found = replace(found, model_servings=tuple(sorted(servings)))
    leader = evidence.leader_statefulset
    if leader is not None:
        found = with_stateful_set(found, leader.name)
    return verdict(found)


def _kthena() -> Refusal:
    return Refusal(
        "Kthena manages it and its pods cannot be moved: they have other names, and go with their "
        "ModelServing",
        "stop Kthena's controller for it, create a copy of the set under a new name, wait until "
        "its groups are ready, let the Services select it, then delete the old set; what Kthena "
        f"ignored takes effect then, so check {', '.join(IGNORED_BY_KTHENA)}",
    )


def _several(judged: Verdict) -> Refusal:
    return Refusal(
        f"several controllers manage it at once: {judged}",
        "stop all but one of them and let its groups settle",
    )


def _refusals(
    evidence: SetEvidence, seen: Observed, leader: StatefulSet | None
) -> Iterator[Refusal]:
    """Yield every condition that a set under the native controller does not meet."""
    try:
        spec = resolve(seen.lws)
    except InvalidSpec as invalid:
        yield Refusal(f"its spec is invalid: {invalid}", "correct the spec")
        return
    yield from _not_at_rest(seen)
    yield from _unserved(evidence, seen)
    if leader is None:
        yield Refusal(
            f"StatefulSet {evidence.key.name} of its leaders is missing",
            "let the native controller make it again",
        )
        return
    yield from _leaders_unsettled(leader, spec)
    yield from _workers_unsettled(evidence, seen, leader)
    yield from _strangers(evidence, seen)
    yield from _revisions_missing(seen)


_SETTLE: Final = "wait until it has settled under the native controller"


def _not_at_rest(seen: Observed) -> Iterator[Refusal]:
    metadata, status = seen.lws.metadata, seen.lws.status
    if metadata.deletion_timestamp is not None:
        yield Refusal("it is being deleted", "leave it alone")
    # Releases before 0.9 do not tell which generation they have seen.
    if status.observed_generation not in (0, metadata.generation):
        what = (
            f"its status is of generation {status.observed_generation}, "
            f"the spec of {metadata.generation}"
        )
        yield Refusal(what, _SETTLE)
    if not conditions.is_true(status.conditions, conditions.AVAILABLE):
        yield Refusal("it is not Available", _SETTLE)
    if conditions.is_true(status.conditions, conditions.UPDATE_IN_PROGRESS):
        yield Refusal("a rolling update is in progress", _SETTLE)
    if ending := [pod.name for pod in seen.pods if pod.terminating]:
        yield Refusal(f"{_few('pod', ending)} is being deleted", "wait until it is gone")


def _unserved(evidence: SetEvidence, seen: Observed) -> Iterator[Refusal]:
    """Yield what this controller does not do and the native one does."""
    if (pause := paused(seen.lws.annotations)) is not None:
        yield Refusal(
            f"the mark {names.PAUSED} pauses this controller for it{pause.by}, so nothing would "
            "serve it after the move",
            f"remove it first: kubectl annotate lws {evidence.key.name} {names.PAUSED}-",
        )
    queued = any(key.startswith(_KUEUE) for key in seen.lws.metadata.labels or {})
    gated = [pod.name for pod in seen.pods if any(gate.startswith(_KUEUE) for gate in pod.gates)]
    if queued or gated:
        yield Refusal(
            "Kueue manages it, and finds pods by their StatefulSets",
            "leave it to the native controller",
        )
    if any(_VOLCANO_GROUP in (meta(pod).annotations or {}) for pod in evidence.pods):
        yield Refusal(
            f"its pods are scheduled as gangs by Volcano (annotation {_VOLCANO_GROUP})",
            "leave it to the native controller, which makes their PodGroups",
        )


def _leaders_unsettled(leader: StatefulSet, spec: SetSpec) -> Iterator[Refusal]:
    name = f"StatefulSet {leader.name} of its leaders"
    if leader.deleting:
        yield Refusal(f"{name} is being deleted, by no takeover", "wait until it is gone")
    if leader.spec.replicas != spec.replicas:
        what = f"{name} has {leader.spec.replicas} replicas, the set asks for {spec.replicas}"
        yield Refusal(what, _SETTLE)
    if leader.partition != spec.rollout.partition:
        what = f"{name} is at partition {leader.partition}, the set's is {spec.rollout.partition}"
        yield Refusal(what, _SETTLE)
    if not leader.settled:
        available, replicas = leader.status.available_replicas, leader.spec.replicas
        yield Refusal(f"{name} has {available} of {replicas} replicas available", _SETTLE)
    if not _label_of(leader, names.REVISION):
        what = f"{name} lacks the label {names.REVISION}, so its revision is unknown"
        yield Refusal(what, "let the native controller reconcile it first")


def _workers_unsettled(
    evidence: SetEvidence, seen: Observed, leader: StatefulSet
) -> Iterator[Refusal]:
    found = evidence.worker_statefulsets
    sizes = {pod.group: pod.size for pod in seen.pods if pod.worker == 0}
    for group in range(leader.spec.replicas):
        workers = sizes.get(group, 1) - 1
        statefulset = found.get(group)
        name = f"StatefulSet {names.leader_name(evidence.key.name, group)} of its workers"
        if workers > 0 and statefulset is None:
            yield Refusal(f"{name} is missing", _SETTLE)
        elif statefulset is not None and statefulset.deleting:
            yield Refusal(f"{name} is being deleted, by no takeover", _SETTLE)
        elif statefulset is not None and not statefulset.settled:
            available, replicas = statefulset.status.available_replicas, statefulset.spec.replicas
            yield Refusal(f"{name} has {available} of {replicas} replicas available", _SETTLE)


def _strangers(evidence: SetEvidence, seen: Observed) -> Iterator[Refusal]:
    """Yield the pods with the set's label that the native controller did not make for it."""
    strange = [
        pod.name
        for pod in seen.pods
        if (position := evidence.position(pod.name)) is None or position != (pod.group, pod.worker)
    ]
    if strange:
        yield Refusal(
            f"{_few('pod', strange)} carries its label {names.SET_NAME} and does not belong to it",
            "remove the label or the pod; groups with hashed identities cannot be moved",
        )


def _revisions_missing(seen: Observed) -> Iterator[Refusal]:
    owned = {revision.key for revision in revisions.owned(seen)}
    lost = sorted({pod.revision for pod in seen.pods if pod.worker == 0} - owned)
    for key in lost:
        yield Refusal(
            f"no ControllerRevision of the set records revision {key or '(none)'} of its leaders",
            "roll it once under the native controller",
        )


def _record(leader: StatefulSet, seen: Observed) -> Record:
    """Return the rollout record that says what native's leader StatefulSet says."""
    target = _label_of(leader, names.REVISION)
    replicas = (leader.metadata.annotations or {}).get(REPLICAS, "")
    seen_replicas = int(replicas) if replicas.isdecimal() else leader.spec.replicas
    stable = _stable(revisions.owned(seen), target) if leader.partition else target
    return Record(target, leader.partition, leader.spec.replicas, seen_replicas, stable)


def _stable(owned: Sequence[Revision], target: str) -> str:
    # Older revisions go when a rollout completes, so the oldest is the last that did.
    return owned[0].key if owned else target


def _label_of(statefulset: StatefulSet, key: str) -> str:
    return (statefulset.metadata.labels or {}).get(key, "")


def _warnings(seen: Observed) -> Iterator[str]:
    restarted = [pod.name for pod in seen.pods if pod.restarts]
    if restarted:
        yield (
            f"{_few('pod', restarted)} has restarted before; that is noted on the pod and does "
            "not recreate its group, a further restart does if the restart policy says so"
        )


def _few(kind: str, found: Sequence[str]) -> str:
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"{kind} {', '.join(found[:_NAMED])}{more}"
