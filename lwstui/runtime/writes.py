"""Carrying intents out: each is one guarded request, or one after a fresh read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, assert_never

from controller.admission.defaults import InvalidSpec
from controller.api.core import decode_revision
from controller.api.lws import LeaderWorkerSet, decode
from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS, PODS, RESTARTED_AT, REVISIONS
from controller.api.pods import Pod
from controller.errors import (
    ApiError,
    Conflict,
    ControllerError,
    Forbidden,
    Invalid,
    NotFound,
    TooManyRequests,
    Unauthorized,
)
from controller.plan.revisions import recorded_template, undo_patch
from controller.ports import Cluster, Patch, Propagation
from lwstui.runtime.intents import (
    Intent,
    Outcome,
    PauseRollout,
    RecreateGroup,
    ResumeRollout,
    RollingRestart,
    Scale,
    SetImage,
    SetPartition,
    SpecChange,
    Undo,
)
from lwstui.state.patches import (
    TEMPLATES,
    Unpatchable,
    guard,
    image_patch,
    images,
    partition_patch,
    pause_patch,
    rescale_patch,
    restart_patch,
    resume_patch,
    scale_patch,
)

# A busy controller writes the status several times a second, which changes the version of the
# set but not the spec that was looked at.
_ATTEMPTS: Final = 8


def phrase(intent: Intent) -> str:
    """Return what an intent asks for, in a few words: ``scale to 3 groups``."""
    match intent:
        case Scale(replicas=replicas):
            return f"scale to {replicas} group{'' if replicas == 1 else 's'}"
        case RecreateGroup(group=group):
            return f"recreate group {group}"
        case RollingRestart():
            return "rolling restart"
        case SetImage(changes=changes):
            return "set image " + ", ".join(f"{role} {name}={new}" for role, name, new in changes)
        case _:
            return _phrase_of_change(intent)


def _phrase_of_change(intent: SpecChange) -> str:
    match intent:
        case PauseRollout():
            return "pause the rollout"
        case ResumeRollout():
            return "resume the rollout"
        case SetPartition(partition=partition):
            return f"set the partition to {partition}"
        case Undo(number=number):
            return f"undo to revision {number}"
        case _:
            assert_never(intent)


def confirmed(intent: Intent, lws: LeaderWorkerSet | None, leader: Pod | None) -> bool:
    """Tell whether the watch has brought back what an intent asked for.

    Args:
        intent: The intent.
        lws: The set as the watch last showed it, None if it is gone.
        leader: The pod under the leader's name, for a recreation.
    """
    if lws is None:
        return True
    match intent:
        case Scale(replicas=replicas):
            return bool(lws.spec.get("replicas", 1) == replicas)
        case RecreateGroup(leader_uid=uid):
            return leader is None or leader.uid != uid or leader.terminating
        case RollingRestart(stamp=stamp):
            return _stamped(lws.spec, stamp)
        case SetImage(changes=changes):
            return set(changes) <= set(images(lws.spec))
        case _:
            return lws.metadata.generation != intent.generation


def _stamped(spec: Mapping[str, Any], stamp: str) -> bool:
    templates = spec.get("leaderWorkerTemplate") or {}
    found = [templates[name] for name in TEMPLATES.values() if name in templates]
    return all(
        ((t.get("metadata") or {}).get("annotations") or {}).get(RESTARTED_AT) == stamp
        for t in found
    )


async def perform(
    cluster: Cluster, intent: Intent, *, known: LeaderWorkerSet | None, dry_run: bool
) -> Outcome:
    """Carry an intent out, or ask the server whether it would accept it.

    Args:
        cluster: Where to.
        intent: What to do.
        known: The set as the watch last showed it: its UID must be the one decided on.
        dry_run: Only ask.
    """
    what = f"{phrase(intent)} of {intent.target}"
    try:
        await _send(cluster, intent, known, dry_run=dry_run)
    except (Unpatchable, InvalidSpec) as error:
        return Outcome(False, f"{what}: {error}")
    except ControllerError as error:
        return Outcome(False, f"{what}: {explain(error)}")
    return Outcome(True, f"{what}: {'the server would accept it' if dry_run else 'accepted'}")


async def _send(
    cluster: Cluster, intent: Intent, known: LeaderWorkerSet | None, *, dry_run: bool
) -> None:
    namespace, name = intent.target
    match intent:
        case Scale():
            await _scale(cluster, intent, known, dry_run=dry_run)
        case RecreateGroup(leader=leader, leader_uid=uid):
            await cluster.delete(
                PODS,
                namespace,
                leader,
                uid=uid,
                propagation=Propagation.FOREGROUND,
                dry_run=dry_run,
            )
        case RollingRestart(uid=uid, stamp=stamp):
            lws = await _fresh(cluster, intent.target)
            body = restart_patch(lws.spec, uid, stamp)
            await cluster.patch(LEADERWORKERSETS, namespace, name, body, dry_run=dry_run)
        case SetImage(uid=uid, changes=changes):
            lws = await _fresh(cluster, intent.target)
            operations = image_patch(lws.spec, uid, changes)
            await cluster.patch(
                LEADERWORKERSETS, namespace, name, operations, kind=Patch.JSON, dry_run=dry_run
            )
        case _:
            await _change(cluster, intent, dry_run=dry_run)


async def _scale(
    cluster: Cluster, intent: Scale, known: LeaderWorkerSet | None, *, dry_run: bool
) -> None:
    # A merge patch of the scale subresource has no UID precondition; what the watch shows must do.
    if known is None or known.metadata.uid != intent.uid:
        raise Unpatchable("the set was deleted or created again meanwhile")
    kind = Patch.MERGE
    body: Any = scale_patch(intent.replicas)
    if intent.current is not None:
        present = known.spec.get("replicas", 1)
        if present != intent.current:
            raise Unpatchable(f"expected {intent.current} groups, but it asks for {present}")
        kind, body = Patch.JSON, rescale_patch(intent.uid, intent.current, intent.replicas)
    await cluster.patch(
        LEADERWORKERSETS,
        *intent.target,
        body,
        kind=kind,
        subresource="scale",
        dry_run=dry_run,
    )


async def _change(cluster: Cluster, intent: SpecChange, *, dry_run: bool) -> None:
    """Change the spec that was looked at, whatever happens to the status meanwhile."""
    for attempt in range(_ATTEMPTS):
        lws = await _fresh(cluster, intent.target)
        if lws.metadata.uid != intent.uid:
            raise Unpatchable("the set was deleted or created again meanwhile")
        if lws.metadata.generation != intent.generation:
            raise Unpatchable("its spec was changed meanwhile, so nothing was done; look again")
        body = await _body(cluster, intent, lws)
        try:
            await cluster.patch(LEADERWORKERSETS, *intent.target, body, dry_run=dry_run)
        except Conflict:
            if attempt + 1 == _ATTEMPTS:
                raise
        else:
            return


async def _body(cluster: Cluster, intent: SpecChange, lws: LeaderWorkerSet) -> dict[str, Any]:
    match intent:
        case PauseRollout():
            return pause_patch(lws)
        case ResumeRollout():
            return resume_patch(lws)
        case SetPartition(partition=partition):
            return partition_patch(lws, partition)
        case Undo(revision=name):
            revision = decode_revision(await cluster.get(REVISIONS, intent.target.namespace, name))
            if revision.owner_uid != intent.uid or recorded_template(revision) is None:
                raise Unpatchable(f"ControllerRevision {name} records no template of this set")
            return {**undo_patch(lws, revision), "metadata": guard(lws)}
        case _:
            assert_never(intent)


async def _fresh(cluster: Cluster, target: Key) -> LeaderWorkerSet:
    return decode(await cluster.get(LEADERWORKERSETS, target.namespace, target.name))


def explain(error: ControllerError) -> str:
    """Return what went wrong and what to do about it, in one sentence."""
    said = error.message if isinstance(error, ApiError) else str(error)
    match error:
        case Unauthorized():
            return "the credentials are missing or have expired; log in again"
        case Forbidden():
            return f"not allowed: {said}"
        case NotFound():
            return "it is gone"
        case Conflict():
            return f"it changed meanwhile, so nothing was done; look again: {said}"
        case Invalid():
            return f"refused: {said}"
        case TooManyRequests():
            return "the server is busy; try again in a moment"
        case ApiError():
            return f"the server answered {error.status}: {said}"
        case _:
            return f"no answer, so it is not known whether it was done: {said}"
