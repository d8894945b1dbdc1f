"""Intents: what the operator asked for. Every write of the console is one of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.api.core import Revision
from controller.api.meta import Key
from controller.api.names import Resource
from lwstui.state.manifests import Trial


@dataclass(frozen=True, slots=True)
class Scale:
    """Set ``spec.replicas`` through the scale subresource.

    Attributes:
        current: Number of groups it must have now, or None for any.
    """

    target: Key
    uid: str
    replicas: int
    current: int | None = None


@dataclass(frozen=True, slots=True)
class RecreateGroup:
    """Delete a group's leader with foreground propagation; its workers go with it."""

    target: Key
    group: int
    leader: str
    leader_uid: str


@dataclass(frozen=True, slots=True)
class RollingRestart:
    """Stamp both templates, which makes a new revision that rolls through all groups."""

    target: Key
    uid: str
    stamp: str


@dataclass(frozen=True, slots=True)
class SetImage:
    """Set container images.

    Attributes:
        changes: (role, container, image), role leader or worker.
        seen: Images that these containers must have now, in the same form; empty for any.
    """

    target: Key
    uid: str
    changes: tuple[tuple[str, str, str], ...]
    seen: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """Raise the partition to where the rollout is, remembering where it was.

    This intent and those below change a spec that was looked at: ``generation`` is the one that
    was seen, and on another one they are refused.

    Attributes:
        native: Partition of the leader StatefulSet as it was last known, which is read again
            before anything is done; None of a set that records itself where its rollout is.
    """

    target: Key
    uid: str
    generation: int
    native: int | None = None


@dataclass(frozen=True, slots=True)
class PauseRollout:
    """Raise the partition beyond every group, remembering where it was."""

    target: Key
    uid: str
    generation: int


@dataclass(frozen=True, slots=True)
class ResumeRollout:
    """Put the partition from before the pause back."""

    target: Key
    uid: str
    generation: int


@dataclass(frozen=True, slots=True)
class SetPartition:
    """Set the lowest group index that may be updated."""

    target: Key
    uid: str
    generation: int
    partition: int


@dataclass(frozen=True, slots=True)
class Undo:
    """Put the template of ControllerRevision ``revision``, revision ``number``, back.

    Attributes:
        kept: The revision itself where only this console still has it.
    """

    target: Key
    uid: str
    generation: int
    revision: str
    number: int
    kept: Revision | None = None


@dataclass(frozen=True, slots=True)
class Apply:
    """Apply one manifest server-side.

    Attributes:
        trial: What was planned on; refused when the object has changed since.
        take_over: Take over fields that other managers own.
    """

    trial: Trial
    take_over: bool = False

    @property
    def target(self) -> Key:
        """The object."""
        return self.trial.key


@dataclass(frozen=True, slots=True)
class DeletePod:
    """Delete one pod.

    Attributes:
        target: The set it belongs to, else the pod itself.
        pod: Its name.
        uid: UID it must have.
        at_once: No grace: the API object goes at once, whatever its node says.
    """

    target: Key
    pod: str
    uid: str
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class DeleteSet:
    """Delete a set; everything it owns goes with it."""

    target: Key
    uid: str


@dataclass(frozen=True, slots=True)
class DeleteNode:
    """Delete a Node object; ``target`` has no namespace, here and in all intents about nodes."""

    target: Key
    uid: str


@dataclass(frozen=True, slots=True)
class Cordon:
    """Let no new pod onto a node, or let them again (``on`` is False)."""

    target: Key
    uid: str
    on: bool = True


@dataclass(frozen=True, slots=True)
class Drain:
    """Cordon a node and evict its pods, a group at a time, until none is left.

    Attributes:
        together: Name and UID of all nodes that are drained together: all are cordoned first, so
            that no pod goes from one to the next, and then drained one after another.
    """

    target: Key
    uid: str
    together: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """Change the fields in which two states of an object differ, and no other.

    Attributes:
        resource: Kind of the object.
        uid: UID it must have.
        before: The object that was looked at; fields that are changed must still be so.
        after: What it shall be.
    """

    target: Key
    resource: Resource
    uid: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Freeze:
    """Have a group left as it is, or all groups of a set, until that is lifted.

    Attributes:
        group: Index of the group, None for all.
        on: Whether to freeze; False thaws.
    """

    target: Key
    uid: str
    group: int | None = None
    on: bool = True


@dataclass(frozen=True, slots=True)
class PauseController:
    """Have the controller plan for a set and write nothing for it, until that is lifted.

    Attributes:
        mark: When and by whom it is paused, as it is noted on the set; empty resumes.
    """

    target: Key
    uid: str
    mark: str = ""

    @property
    def on(self) -> bool:
        """Whether to pause; False resumes."""
        return bool(self.mark)


@dataclass(frozen=True, slots=True)
class CopyIn:
    """Copy a file or folder of this machine into a container.

    Attributes:
        target: The pod.
        uid: UID it must have.
        container: Name of the container.
        path: Where to, in the container.
        source: Where from, on this machine.
        size_bytes: How much that is.
        files: How many files.
    """

    target: Key
    uid: str
    container: str
    path: str
    source: str
    size_bytes: int = 0
    files: int = 1


SpecChange = Hold | PauseRollout | ResumeRollout | SetPartition | Undo
"""Changes that were decided on one generation of the spec and are refused on another."""

NodeChange = DeleteNode | Cordon | Drain
"""Changes of nodes."""

Intent = (
    Scale
    | RecreateGroup
    | RollingRestart
    | SetImage
    | SpecChange
    | DeletePod
    | DeleteSet
    | NodeChange
    | Edit
    | Freeze
    | PauseController
    | CopyIn
    | Apply
)
