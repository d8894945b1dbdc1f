"""Intents that change the spec that was looked at, and no other."""

from __future__ import annotations

from typing import Any, Final, assert_never

from controller.api.core import decode_revision
from controller.api.lws import LeaderWorkerSet
from controller.api.names import LEADERWORKERSETS, REVISIONS
from controller.errors import Conflict
from controller.plan.revisions import recorded_template, undo_patch
from lwstui.runtime.intents import PauseRollout, ResumeRollout, SetPartition, SpecChange, Undo
from lwstui.runtime.ports import OperatorCluster
from lwstui.runtime.writing.ends import all_on_revision
from lwstui.runtime.writing.rule import Look, Rule, fresh_set
from lwstui.state.patches import Unpatchable, guard, partition_patch, pause_patch, resume_patch

# A busy controller writes the status several times a second, which changes the version of the
# set but not the spec that was looked at.
ATTEMPTS: Final = 8


async def _change(
    cluster: OperatorCluster, intent: SpecChange, look: Look, *, dry_run: bool
) -> None:
    """Change the spec that was looked at, whatever happens to the status meanwhile."""
    del look
    for attempt in range(ATTEMPTS):
        lws = await fresh_set(cluster, intent.target)
        if lws.metadata.uid != intent.uid:
            raise Unpatchable("the set was deleted or created again meanwhile")
        if lws.metadata.generation != intent.generation:
            raise Unpatchable("its spec was changed meanwhile, so nothing was done; look again")
        body = await _body(cluster, intent, lws)
        try:
            await cluster.patch(LEADERWORKERSETS, *intent.target, body, dry_run=dry_run)
        except Conflict:
            if attempt + 1 == ATTEMPTS:
                raise
        else:
            return


async def _body(
    cluster: OperatorCluster, intent: SpecChange, lws: LeaderWorkerSet
) -> dict[str, Any]:
    match intent:
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


def _changed(intent: SpecChange, look: Look) -> bool:
    lws = look(LEADERWORKERSETS, intent.target)
    return lws is None or lws.metadata.generation != intent.generation


RULES: Final[dict[type, Rule]] = {
    PauseRollout: Rule(lambda _: "pause the rollout", _change, _changed),
    ResumeRollout: Rule(lambda _: "resume the rollout", _change, _changed),
    SetPartition: Rule(
        lambda intent: f"set the partition to {intent.partition}", _change, _changed
    ),
    Undo: Rule(
        lambda intent: f"undo to revision {intent.number}", _change, _changed, all_on_revision
    ),
}
