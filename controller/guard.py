"""Who controls a set: the native controller, Kthena, this program, nobody, or several at once.

Pure: evidence in, verdict out. Two controllers on one set fight over its status, its revisions
and its services, so a set is served only where nothing speaks for another one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from controller.api.names import ROLLOUT_RECORD, Resource
from controller.index import MODEL_SERVING
from controller.leases import Lease
from controller.plan.actions import Wait
from controller.plan.observed import Observed

STATEFUL_SETS: Final = Resource("apps", "v1", "statefulsets", "StatefulSet")
NATIVE_LEASE: Final = "b8b2488c.x-k8s.io"
NATIVE_NAMESPACE: Final = "lws-system"
MANAGED_ELSEWHERE: Final = "managed-elsewhere"
# A renewal that looks this much older than its lease allows may be another clock's fault.
SKEW_S: Final = 60.0
_NAMED: Final = 2


class Manager(StrEnum):
    """A controller of LeaderWorkerSets."""

    NATIVE = "native"
    KTHENA = "kthena"
    OURS = "ours"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What tells who controls one set.

    Attributes:
        stateful_sets: Names of StatefulSets that control pods of the set or belong to it.
        model_servings: Names of Kthena's ModelServings that control pods of the set.
        direct: Whether pods are controlled by the set itself, as ours are.
        recorded: Whether the set carries our rollout record.
        native_holder: Who holds the native controller's Lease and renews it; empty if nobody.
    """

    stateful_sets: tuple[str, ...] = ()
    model_servings: tuple[str, ...] = ()
    direct: bool = False
    recorded: bool = False
    native_holder: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who controls a set, and why that is thought.

    Attributes:
        managers: Whose objects the set has; empty if nobody's yet.
        evidence: What it was judged by.
    """

    managers: tuple[Manager, ...]
    evidence: Evidence

    def __str__(self) -> str:
        return " and ".join(self.managers) or "nobody"


def evidence_of(observed: Observed) -> Evidence:
    """Return what the pods and the annotations of a set tell."""
    lws = observed.lws
    owners: dict[str, set[str]] = {}
    for pod in observed.pods:
        owners.setdefault(pod.owner_kind, set()).add(pod.owner_name)
    return Evidence(
        stateful_sets=tuple(sorted(owners.get(STATEFUL_SETS.kind, ()))),
        model_servings=tuple(sorted(owners.get(MODEL_SERVING, ()))),
        direct=any(pod.owner_uid == lws.metadata.uid for pod in observed.pods),
        recorded=ROLLOUT_RECORD in lws.annotations,
    )


def with_stateful_set(evidence: Evidence, name: str) -> Evidence:
    """Return the evidence with one more StatefulSet that belongs to the set."""
    names = {*evidence.stateful_sets, name}
    return replace(evidence, stateful_sets=tuple(sorted(names)))


def verdict(evidence: Evidence) -> Verdict:
    """Return who controls a set.

    Objects decide. Our record alone counts only where there are no objects of another
    controller: a takeover writes it before the first pod is ours.
    """
    found = [
        manager
        for manager, present in (
            (Manager.NATIVE, bool(evidence.stateful_sets)),
            (Manager.KTHENA, bool(evidence.model_servings)),
            (Manager.OURS, evidence.direct),
        )
        if present
    ]
    if not found and evidence.recorded:
        found = [Manager.OURS]
    return Verdict(tuple(found), evidence)


def keep_off(judged: Verdict) -> Wait | None:
    """Return the reason to leave a set alone, or None if it is ours to serve."""
    evidence = judged.evidence
    others = tuple(manager for manager in judged.managers if manager is not Manager.OURS)
    if len(judged.managers) > 1:
        reason = (
            f"several controllers manage it at once: {_objects(judged)}; it is only watched until "
            "all but one have let go of it"
        )
    elif others == (Manager.NATIVE,):
        reason = (
            f"the native controller manages its pods ({_stateful_sets(evidence)}); it is left "
            "alone until `lwstui takeover` has moved it"
        )
    elif others == (Manager.KTHENA,):
        reason = f"Kthena manages its pods ({_model_servings(evidence)}); it is left alone"
    elif evidence.native_holder:
        reason = (
            f"the native controller is at work in this cluster (Lease {NATIVE_LEASE}, held by "
            f"{evidence.native_holder}); nothing is done until it has been stopped"
        )
    else:
        return None
    return Wait(MANAGED_ELSEWHERE, reason)


def _objects(judged: Verdict) -> str:
    texts = {
        Manager.NATIVE: f"the native one ({_stateful_sets(judged.evidence)})",
        Manager.KTHENA: f"Kthena ({_model_servings(judged.evidence)})",
        Manager.OURS: "lwstui (pods of the set itself)",
    }
    return ", ".join(texts[manager] for manager in judged.managers)


def _stateful_sets(evidence: Evidence) -> str:
    return _few(STATEFUL_SETS.kind, evidence.stateful_sets)


def _model_servings(evidence: Evidence) -> str:
    return _few(MODEL_SERVING, evidence.model_servings)


def _few(kind: str, names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{kind} {', '.join(names[:_NAMED])}{more}"


@dataclass(frozen=True, slots=True)
class Sighting:
    """The native controller's Lease as seen over time.

    Attributes:
        lease: The Lease as seen last, or None if there is none.
        renewed_at: When a renewal was seen last, monotonic seconds, or None if never.
    """

    lease: Lease | None = None
    renewed_at: float | None = None

    def holder(self, monotonic: float) -> str:
        """Return who holds the Lease and renews it, empty if nobody does."""
        if self.lease is None or self.renewed_at is None:
            return ""
        fresh = monotonic - self.renewed_at < self.lease.duration_s
        return self.lease.holder if fresh else ""


def see(before: Sighting | None, lease: Lease | None, *, now: float, monotonic: float) -> Sighting:
    """Take a look at the native controller's Lease into account.

    A change between two looks is a renewal, whatever the clocks say. At the first look the time
    written in the Lease decides, with room for clocks that differ.

    Args:
        before: The sighting so far, None at the first look.
        lease: The Lease as read, None if there is none.
        now: Epoch seconds.
        monotonic: Monotonic seconds from before the read.
    """
    if lease is None or not lease.holder:
        return Sighting(lease)
    if before is None or before.lease is None:
        renewed = lease.renewed_at
        recent = renewed is not None and now - renewed < lease.duration_s + SKEW_S
        return Sighting(lease, monotonic if recent else None)
    renewed_now = before.lease.spec != lease.spec
    return Sighting(lease, monotonic if renewed_now else before.renewed_at)
