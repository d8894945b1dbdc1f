"""Moving a set: the requests that are left, in stages that are safe to stop after any of them.

Everything is derived from what the cluster holds, so a run that died is continued by the next.
The rollout record and the mark of the move are written first: afterwards nothing that only the
StatefulSets knew is lost with them. While nothing owns the pods, nothing restarts or collects
them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Literal

import msgspec

from controller.api import names
from controller.api.names import CLAIMS, LEADERWORKERSETS, PODS, REVISIONS, Resource
from controller.bodies import owners_patch
from controller.guard import STATEFUL_SETS
from controller.plan import claims, revisions
from controller.plan.adoption import adoptions
from controller.plan.rollout import Record
from controller.takeover.evidence import (
    TAKEOVER,
    Json,
    SetEvidence,
    StatefulSet,
    made_by_statefulset,
    meta,
    observed,
    without_owners,
)


@dataclass(frozen=True, slots=True)
class Request:
    """One write.

    Attributes:
        verb: ``patch`` (a JSON merge patch), ``orphan`` (delete, dependents stay) or ``delete``.
        resource: Kind of the object.
        namespace: Empty for kinds without one.
        name: Name of the object.
        uid: Incarnation it is meant for.
        body: The patch; empty for deletions.
        subresource: Such as ``scale``.
    """

    verb: Literal["patch", "orphan", "delete"]
    resource: Resource
    namespace: str
    name: str
    uid: str
    body: Json
    subresource: str = ""

    def __str__(self) -> str:
        where = f" in {self.namespace}" if self.namespace else ""
        kind = f"{self.resource}/{self.subresource}" if self.subresource else f"{self.resource}"
        if self.verb == "patch":
            body = msgspec.json.encode(self.body).decode()
            return f"patch {kind} {self.name}{where}: {body}"
        how = ", its dependents stay" if self.verb == "orphan" else ""
        return f"delete {kind} {self.name}{where} (uid {self.uid}{how})"


@dataclass(frozen=True, slots=True)
class Stage:
    """Requests that may run side by side, once every stage before has nothing left.

    Attributes:
        title: What the stage does, for people.
        requests: What is left to send.
        pending: Objects whose end was asked for and is awaited.
    """

    title: str
    requests: tuple[Request, ...] = ()
    pending: tuple[str, ...] = ()


def stages(evidence: SetEvidence, record: Record | None) -> tuple[Stage, ...]:
    """Return what is left of a set's move; empty when it is done.

    Later stages are given as they will be once the earlier ones have been carried out.

    Args:
        evidence: The set as it is now.
        record: The rollout record to begin with; None to go on with a move that has begun.
    """
    leader = evidence.leader_statefulset
    leaders = () if leader is None else (leader,)
    workers = tuple(evidence.worker_statefulsets.values())
    every = (
        Stage("write the rollout record", tuple(_begin(evidence, record))),
        _release("release the workers from their StatefulSets", evidence, workers),
        _release("release the leaders from their StatefulSet", evidence, leaders),
        *_adoptions(evidence),
        Stage("let the set own its claims", tuple(_claims(evidence))),
        Stage("drop the StatefulSets' revisions", tuple(_drop_revisions(evidence))),
        Stage("end the move", tuple(_finish(evidence, record))),
    )
    return tuple(stage for stage in every if stage.requests or stage.pending)


def _patch(obj: Json, resource: Resource, change: Json) -> Request:
    """Return a merge patch of an object's metadata that only applies to what was read."""
    metadata = meta(obj)
    same = {"uid": metadata.uid, "resourceVersion": metadata.resource_version}
    body = {"metadata": {**same, **change}}
    return Request("patch", resource, metadata.namespace, metadata.name, metadata.uid, body)


def _begin(evidence: SetEvidence, record: Record | None) -> Iterator[Request]:
    leader = evidence.leader_statefulset
    if record is None or leader is None:
        return
    wanted = {
        names.ROLLOUT_RECORD: msgspec.json.encode(record).decode(),
        TAKEOVER: leader.metadata.uid,
    }
    present = meta(evidence.lws).annotations or {}
    if any(present.get(key) != value for key, value in wanted.items()):
        yield _patch(evidence.lws, LEADERWORKERSETS, {"annotations": wanted})


def _release(title: str, evidence: SetEvidence, sets: tuple[StatefulSet, ...]) -> Stage:
    namespace = evidence.key.namespace
    return Stage(
        title,
        tuple(
            Request("orphan", STATEFUL_SETS, namespace, found.name, found.metadata.uid, {})
            for found in sets
            if not found.deleting
        ),
        tuple(f"statefulset {found.name}" for found in sets if found.deleting),
    )


def _adoptions(evidence: SetEvidence) -> Iterator[Stage]:
    """Yield what gives released objects their owners, exactly as the controller adopts them."""
    seen = observed(_released(evidence))
    groups = 1 + max((pod.group for pod in seen.pods), default=-1)
    for kind, adopted in groupby(adoptions(seen, groups), key=lambda each: each.owner.kind):
        title = "leaders own their workers" if kind == PODS.kind else "set own its leaders"
        requests = (
            _owned(
                evidence,
                each.resource,
                each.name,
                owners_patch(each.uid, each.version, (each.owner,), each.annotations),
            )
            for each in adopted
        )
        yield Stage(f"let the {title}", tuple(requests))


def _claims(evidence: SetEvidence) -> Iterator[Request]:
    """Yield what gives the claims of ``whenDeleted: Delete`` an owner again.

    Their StatefulSets owned them until they were released, those of groups that were scaled away
    included; ours go with the set.
    """
    seen = observed(_released(evidence))
    history = revisions.history(seen)
    templates = revisions.Templates(history)
    newest = templates.get(history[0].key) if history else None
    if newest is None:
        return
    leaders = {pod.group: pod for pod in seen.pods if pod.worker == 0 and not pod.terminating}
    found = claims.by_group(evidence.key.name, newest.claims, seen.claims)
    for group, own in found.items():
        leader = leaders.get(group)
        template = newest if leader is None else templates.get(leader.revision, newest)
        for claim in own:
            change = claims.keep(seen.lws, template, leader, claim)
            if change is not None:
                body = owners_patch(change.uid, change.version, change.owners)
                yield _owned(evidence, CLAIMS, change.name, body)


def _owned(evidence: SetEvidence, resource: Resource, name: str, body: Json) -> Request:
    uid = body["metadata"]["uid"]
    return Request("patch", resource, evidence.key.namespace, name, uid, body)


def _released(evidence: SetEvidence) -> SetEvidence:
    """Return the set as it is once its StatefulSets are gone and have let go of their own."""
    gone = partial(_of_set, evidence)

    def free(objects: tuple[Json, ...]) -> tuple[Json, ...]:
        return tuple(without_owners(obj, gone) for obj in objects)

    return replace(
        evidence,
        pods=free(evidence.pods),
        revisions=free(evidence.revisions),
        claims=free(evidence.claims),
    )


def _of_set(evidence: SetEvidence, reference: Json) -> bool:
    """Tell whether an owner is one of the set's StatefulSets, there or gone."""
    name = str(reference.get("name", ""))
    position = evidence.position(name)
    leads = name == evidence.key.name or (position is not None and not position.worker)
    return reference.get("kind") == STATEFUL_SETS.kind and leads


def _drop_revisions(evidence: SetEvidence) -> Iterator[Request]:
    """Yield deletions of the StatefulSets' own revisions.

    They carry the set's labels, so a native controller that comes back would take them for the
    set's.
    """
    for revision in evidence.revisions:
        references = revision["metadata"].get("ownerReferences") or []
        if made_by_statefulset(revision) and all(_of_set(evidence, each) for each in references):
            metadata = meta(revision)
            yield Request("delete", REVISIONS, metadata.namespace, metadata.name, metadata.uid, {})


def _finish(evidence: SetEvidence, record: Record | None) -> Iterator[Request]:
    marked = TAKEOVER in (meta(evidence.lws).annotations or {})
    if marked or record is not None:
        yield _patch(evidence.lws, LEADERWORKERSETS, {"annotations": {TAKEOVER: None}})
