"""Carrying intents out: each is one guarded request, or one after a fresh read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

import msgspec

from controller.api.lws import LeaderWorkerSet
from controller.api.names import LEADERWORKERSETS, PODS, RESTARTED_AT
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
from controller.ports import Cluster, Patch, Propagation
from lwstui.runtime.intents import (
    Intent,
    Outcome,
    RecreateGroup,
    RollingRestart,
    Scale,
    SetImage,
)
from lwstui.state.patches import (
    TEMPLATES,
    Unpatchable,
    image_patch,
    images,
    restart_patch,
    scale_patch,
)


def phrase(intent: Intent) -> str:
    """Return what an intent asks for, in a few words: ``scale to 3 groups``."""
    match intent:
        case Scale(replicas=replicas):
            return f"scale to {replicas} {'group' if replicas == 1 else 'groups'}"
        case RecreateGroup(group=group):
            return f"recreate group {group}"
        case RollingRestart():
            return "rolling restart"
        case SetImage(changes=changes):
            return "set image " + ", ".join(f"{role} {name}={new}" for role, name, new in changes)
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
            assert_never(intent)


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
    except Unpatchable as error:
        return Outcome(False, f"{what}: {error}")
    except ControllerError as error:
        return Outcome(False, f"{what}: {explain(error)}")
    return Outcome(True, f"{what}: {'the server would accept it' if dry_run else 'accepted'}")


async def _send(
    cluster: Cluster, intent: Intent, known: LeaderWorkerSet | None, *, dry_run: bool
) -> None:
    namespace, name = intent.target
    match intent:
        case Scale(uid=uid, replicas=replicas):
            # The scale subresource has no UID precondition; what the watch shows must do.
            if known is None or known.metadata.uid != uid:
                raise Unpatchable("the set was deleted or created again meanwhile")
            await cluster.patch(
                LEADERWORKERSETS,
                namespace,
                name,
                scale_patch(replicas),
                kind=Patch.MERGE,
                subresource="scale",
                dry_run=dry_run,
            )
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
            spec = await _fresh_spec(cluster, intent)
            body = restart_patch(spec, uid, stamp)
            await cluster.patch(LEADERWORKERSETS, namespace, name, body, dry_run=dry_run)
        case SetImage(uid=uid, changes=changes):
            spec = await _fresh_spec(cluster, intent)
            operations = image_patch(spec, uid, changes)
            await cluster.patch(
                LEADERWORKERSETS, namespace, name, operations, kind=Patch.JSON, dry_run=dry_run
            )
        case _:
            assert_never(intent)


async def _fresh_spec(cluster: Cluster, intent: Intent) -> Mapping[str, Any]:
    raw = await cluster.get(LEADERWORKERSETS, intent.target.namespace, intent.target.name)
    spec = msgspec.json.decode(raw).get("spec")
    return spec if isinstance(spec, dict) else {}


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
