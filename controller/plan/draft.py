"""A plan in the making: collects actions by kind and puts them into a safe order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from controller.api import names
from controller.api.lws import LwsStatus
from controller.api.pods import Pod
from controller.plan.actions import (
    Action,
    CreateClaim,
    CreatePod,
    CreateRevision,
    CreateService,
    DeletePod,
    DeleteRevision,
    EventNote,
    OwnClaim,
    Plan,
    RecordRollout,
    Wait,
)

_MAX_NOTE: Final = 1024


@dataclass(slots=True)
class Draft:
    """What one pass decides.

    Attributes:
        acted: Groups that have an action or a reason to wait; the rest is checked last.
    """

    revisions: list[CreateRevision] = field(default_factory=list)
    records: list[RecordRollout] = field(default_factory=list)
    services: list[CreateService] = field(default_factory=list)
    claims: list[CreateClaim] = field(default_factory=list)
    owns: list[OwnClaim] = field(default_factory=list)
    deletes: list[DeletePod] = field(default_factory=list)
    creates: list[CreatePod] = field(default_factory=list)
    trims: list[DeleteRevision] = field(default_factory=list)
    events: list[EventNote] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    acted: set[int] = field(default_factory=set)
    requeue_after_s: float | None = None

    def create(self, pod: CreatePod) -> None:
        """Plan the creation of a pod."""
        self.creates.append(pod)
        self.acted.add(pod.group)

    def own(self, claim: OwnClaim | None) -> None:
        """Plan a change of a claim's owner, if there is one."""
        if claim is not None:
            self.owns.append(claim)

    def delete(self, group: int, pod: Pod, cause: str, *, foreground: bool) -> None:
        """Plan the deletion of a pod of a group."""
        self.deletes.append(DeletePod(pod.name, pod.uid, foreground, cause))
        self.acted.add(group)

    def wait(self, wait: Wait, *, recheck_s: float | None = None) -> None:
        """Note a reason for waiting, and when to look again if no watch would tell."""
        self.waits.append(wait)
        if wait.group is not None:
            self.acted.add(wait.group)
        self.recheck(recheck_s)

    def warn(self, wait: Wait, reason: str, *, recheck_s: float | None = None) -> None:
        """Note a reason for waiting that also deserves a Warning event."""
        self.wait(wait, recheck_s=recheck_s)
        self.events.append(EventNote("Warning", reason, "Create", clip(wait.reason)))

    def event(self, event: EventNote | None) -> None:
        """Note an event, if there is one."""
        if event is not None:
            self.events.append(event)

    def recheck(self, after_s: float | None) -> None:
        """Ask to be planned again after some seconds at the latest."""
        if after_s is not None and (self.requeue_after_s is None or after_s < self.requeue_after_s):
            self.requeue_after_s = after_s

    def plan(self, status: LwsStatus | None) -> Plan:
        """Return the plan, its actions in an order that is safe to stop after any prefix."""
        actions: tuple[Action, ...] = (
            *self.revisions,
            *self.records,
            *self.services,
            *self.claims,
            *self.owns,
            *self.deletes,
            *self.creates,
            *self.trims,
        )
        return Plan(actions, status, tuple(self.events), tuple(self.waits), self.requeue_after_s)


def clip(note: str) -> str:
    """Return an event note no longer than the API allows (1024 bytes)."""
    raw = note.encode()
    if len(raw) <= _MAX_NOTE:
        return note
    return raw[: _MAX_NOTE - 3].decode(errors="ignore") + "..."


def pod_reference(pod: Pod) -> dict[str, str]:
    """Return what an event needs to name a pod as its related object."""
    return {
        "apiVersion": names.PODS.api_version,
        "kind": names.PODS.kind,
        "namespace": pod.namespace,
        "name": pod.name,
        "uid": pod.uid,
    }
