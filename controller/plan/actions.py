"""What a plan consists of: actions, events, and the reasons for waiting, all as data.

Bodies are complete JSON-ready objects. Actions are ordered so that stopping after any prefix
leaves a cluster from which the next plan converges: adoptions, revision, record, services and
claims, owners of claims, deletes, creates. Each action carries what makes it individually safe
(a name that must be free, a UID or version that must still hold).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.api.lws import LwsStatus, RolloutRecord
from controller.api.meta import OwnerReference
from controller.api.names import Resource


@dataclass(frozen=True, slots=True)
class CreateRevision:
    """Record a template as ControllerRevision ``name``."""

    name: str
    key: str
    number: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DeleteRevision:
    """Drop a revision that history no longer needs."""

    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class RecordRollout:
    """Write the rollout record on the set before acting on it."""

    record: RolloutRecord


@dataclass(frozen=True, slots=True)
class CreateService:
    """Create a headless Service."""

    name: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CreateClaim:
    """Create a PersistentVolumeClaim for a pod that is planned or pending."""

    name: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OwnClaim:
    """Change who owns a PersistentVolumeClaim, and with whom it goes.

    Attributes:
        version: resourceVersion it was decided on.
        owners: All its owners from then on.
    """

    name: str
    uid: str
    version: str
    owners: tuple[OwnerReference, ...]


@dataclass(frozen=True, slots=True)
class Adopt:
    """Give an object that nobody owns its owner back; the owner has to be alive.

    Attributes:
        resource: Kind of the object.
        version: resourceVersion it was decided on.
        owner: Its only owner from then on.
        annotations: What is noted on the object with it.
    """

    resource: Resource
    name: str
    uid: str
    version: str
    owner: OwnerReference
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CreatePod:
    """Create pod ``worker`` of a group; worker 0 is the leader."""

    name: str
    body: dict[str, Any]
    group: int
    worker: int


@dataclass(frozen=True, slots=True)
class DeletePod:
    """Delete one incarnation of a pod.

    Attributes:
        foreground: Whether the pod's dependents go first; True for leaders.
        cause: ``scale-down``, ``update``, ``recreate``, ``finished`` or ``surge``.
    """

    name: str
    uid: str
    foreground: bool
    cause: str


Action = (
    CreateRevision
    | DeleteRevision
    | RecordRollout
    | CreateService
    | CreateClaim
    | OwnClaim
    | Adopt
    | CreatePod
    | DeletePod
)


@dataclass(frozen=True, slots=True)
class EventNote:
    """An event about the set; ``related`` names another object (apiVersion, kind, name, uid)."""

    type: str
    reason: str
    action: str
    note: str
    related: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Why nothing, or nothing more, happens now.

    Attributes:
        code: Stable word for the kind of reason, such as ``budget`` or ``startup``.
        reason: A sentence shown to the operator verbatim.
        group: Group index the reason is about, or None for the whole set.
    """

    code: str
    reason: str
    group: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now, what to tell, and why the rest has to wait.

    Attributes:
        actions: In the order they are to be performed.
        status: The status to write, or None if the stored one is right.
        events: To be emitted after the actions they speak of.
        waits: Reasons for everything that is not as desired and has no action.
        requeue_after_s: Seconds after which to plan again even if nothing changes.
    """

    actions: tuple[Action, ...] = ()
    status: LwsStatus | None = None
    events: tuple[EventNote, ...] = ()
    waits: tuple[Wait, ...] = ()
    requeue_after_s: float | None = None
