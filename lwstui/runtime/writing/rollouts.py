"""Intents that change the spec that was looked at, and no other."""

from __future__ import annotations

from typing import Any, Final, assert_never

import msgspec

from controller.api.core import decode_revision
from controller.api.lws import LeaderWorkerSet
from controller.api.names import LEADERWORKERSETS, REVISIONS
from controller.errors import Conflict, NotFound
from controller.guard import STATEFUL_SETS
from controller.plan.revisions import recorded_template, undo_patch
from lwstui.runtime.intents import (
    Hold,
    PauseRollout,
    ResumeRollout,
    SetPartition,
    SpecChange,
    Undo,
)
from lwstui.runtime.ports import OperatorCluster
from lwstui.runtime.writing.ends import all_on_revision
from lwstui.runtime.writing.rule import Look, Note, Rule, fresh_set
from lwstui.state.partition import of_stateful_set
from lwstui.state.patches import (
    Moved,
    Unpatchable,
    guard,
    hold_patch,
    partition_of_patch,
    partition_patch,
    pause_patch,
    resume_patch,
)

# A busy controller writes the status several times a second, which changes the version of the
# set but not the spec that was looked at.
ATTEMPTS: Final = 8


async def _change(
    cluster: OperatorCluster, intent: SpecChange, look: Look, *, dry_run: bool
) -> None:
    del look
    await _patch(cluster, intent, dry_run=dry_run)


async def _patch(cluster: OperatorCluster, intent: SpecChange, *, dry_run: bool) -> dict[str, Any]:
    """Change the spec that was looked at, whatever happens to the status meanwhile."""
    attempt = 0
    while True:
        attempt += 1
        lws = await fresh_set(cluster, intent.target)
        if lws.metadata.uid != intent.uid:
            raise Unpatchable("the set was deleted or created again meanwhile")
        if lws.metadata.generation != intent.generation:
            raise Moved("its spec was changed meanwhile, so nothing was done; look again")
        body = await _body(cluster, intent, lws)
        try:
            await cluster.patch(LEADERWORKERSETS, *intent.target, body, dry_run=dry_run)
        except Conflict:
            if attempt == ATTEMPTS:
                raise
        else:
            return body


async def _body(
    cluster: OperatorCluster, intent: SpecChange, lws: LeaderWorkerSet
) -> dict[str, Any]:
    match intent:
        case Hold(native=native):
            at = None if native is None else await _native_partition(cluster, lws)
            return hold_patch(lws, at)
        case PauseRollout():
            return pause_patch(lws)
        case ResumeRollout():
            return resume_patch(lws)
        case SetPartition(partition=partition):
            return partition_patch(lws, partition)
        case Undo(revision=name, kept=kept):
            namespace = intent.target.namespace
            revision = kept or decode_revision(await cluster.get(REVISIONS, namespace, name))
            if revision.owner_uid != intent.uid or recorded_template(revision) is None:
                raise Unpatchable(f"ControllerRevision {name} records no template of this set")
            return {**undo_patch(lws, revision), "metadata": guard(lws)}
        case _:
            assert_never(intent)


async def _hold(
    cluster: OperatorCluster, intent: Hold, look: Look, *, dry_run: bool
) -> Note | None:
    """Hold the rollout where it is at the moment of the write."""
    del look
    partition = partition_of_patch(await _patch(cluster, intent, dry_run=dry_run))
    if intent.native is not None and not dry_run:
        partition = await _catch_up(cluster, intent, partition)
    return Note(f"at partition {partition}")


async def _catch_up(cluster: OperatorCluster, intent: Hold, partition: int) -> int:
    """Lower a hold to where the native controller went while it was written.

    Our controller records where it is on the set, so its steps are refused or seen; the native
    one records it on a StatefulSet, which no precondition of the patch covers.
    """
    at = await _native_partition(cluster, await fresh_set(cluster, intent.target))
    if at >= partition:
        return partition
    lower = SetPartition(intent.target, intent.uid, intent.generation + 1, at)
    try:
        await _patch(cluster, lower, dry_run=False)
    except Unpatchable as error:
        went = f"held at {partition}, but the rollout went on to {at} meanwhile"
        raise Unpatchable(f"{went}: {error}") from error
    return at


async def _native_partition(cluster: OperatorCluster, lws: LeaderWorkerSet) -> int:
    """Read where the native controller is."""
    try:
        raw = await cluster.get(STATEFUL_SETS, *lws.key)
        found = of_stateful_set(msgspec.json.decode(raw), lws)
    except NotFound:
        found = None
    if found is None:
        raise Unpatchable("its leader StatefulSet is gone, which says where the rollout is")
    return found


def _changed(intent: SpecChange, look: Look) -> bool:
    lws = look(LEADERWORKERSETS, intent.target)
    return lws is None or lws.metadata.generation != intent.generation


RULES: Final[dict[type, Rule]] = {
    Hold: Rule(lambda _: "hold the rollout", _hold, _changed),
    PauseRollout: Rule(lambda _: "pause the rollout", _change, _changed),
    ResumeRollout: Rule(lambda _: "resume the rollout", _change, _changed),
    SetPartition: Rule(
        lambda intent: f"set the partition to {intent.partition}", _change, _changed
    ),
    Undo: Rule(
        lambda intent: f"undo to revision {intent.number}", _change, _changed, all_on_revision
    ),
}
