"""What a dialog says before a rollout is paused, resumed, let on by a group, or undone."""

from __future__ import annotations

import shlex
from typing import Any, Final

from controller.admission.defaults import InvalidSpec
from controller.api.meta import Key
from lwstui.state.intents import PauseRollout, ResumeRollout, SetPartition, Undo
from lwstui.state.model import Snapshot
from lwstui.state.partition import remembered
from lwstui.state.patches import Unpatchable, partition_patch, pause_patch, resume_patch
from lwstui.view.digest import SetDigest
from lwstui.view.impact_parts import SetBuilder, replaced, rolls
from lwstui.view.phrases import group_runs
from lwstui.view.revisions import changes_between
from lwstui.view.types import Impact, Span


def _moved(one: SetDigest, intent: Any) -> str:
    """Return why a change that was decided on an earlier spec is refused, empty if it is not."""
    if stale := replaced(one.lws, intent.uid):
        return stale
    if one.lws.metadata.generation != intent.generation:
        return "the spec was changed meanwhile; look again"
    return ""


def _rollout_command(key: Key, *words: str) -> str:
    return shlex.join(("kubectl", "lws", "rollout", *words, "-n", key.namespace))


def _partition_of(patch: dict[str, Any]) -> int:
    """Return the partition that a patch sets."""
    strategy = patch["spec"]["rolloutStrategy"]["rollingUpdateConfiguration"]
    partition: int = strategy["partition"]
    return partition


def _pause(snapshot: Snapshot, one: SetDigest, intent: Any) -> Impact:
    del snapshot
    partition = _partition_of(pause_patch(one.lws))
    held = [g.index for g in one.groups if g.pods and g.revision not in ("", one.desired)]
    what = (
        "No further group is replaced until the rollout is resumed; those in progress finish.",
        "A group made again meanwhile is made from the previous revision.",
    )
    facts = (
        ("Partition", Span(f"{one.partition} → {partition}")),
        ("Held back", Span(group_runs(held) if held else "no group")),
        ("Serving", Span(f"{one.ready} of {one.replicas} groups, not touched")),
    )
    return Impact("", "", what, facts, _rollout_command(one.key, "pause", intent.target.name))


def _resume(snapshot: Snapshot, one: SetDigest, intent: Any) -> Impact:
    partition = _partition_of(resume_patch(one.lws))
    first = (f"Puts the partition back from {one.partition} to {partition}.",)
    kubectl = _rollout_command(one.key, "resume", intent.target.name)
    return rolls(one, kubectl, first, partition=partition, target=one.desired)


def _partition(snapshot: Snapshot, one: SetDigest, intent: Any) -> Impact:
    partition = _partition_of(partition_patch(one.lws, intent.partition))
    back = remembered(one.lws)
    first = [f"Sets the partition from {one.partition} to {partition}."]
    if back is not None and back < partition:
        first.append(f"The rollout stays paused: resuming goes back to {back}.")
    name = intent.target.name
    kubectl = _rollout_command(one.key, "partition", name, str(intent.partition))
    return rolls(one, kubectl, first, partition=partition, target=one.desired)


def _undo(snapshot: Snapshot, one: SetDigest, intent: Any) -> Impact:
    revisions = snapshot.revisions
    found = intent.kept or revisions.get(Key(one.key.namespace, intent.revision))
    if found is None:
        return Impact("", "", (), refused=f"revision {intent.number} is not kept any more")
    mine = [r for r in revisions.values() if r.set_name == one.key.name and r.key == one.desired]
    present = max(mine, key=lambda revision: revision.number, default=found)
    first = [
        f"Puts the template of revision {found.number} ({found.key[:6]}) back:",
        *map(str, changes_between(present, found)),
        "Only templates and network are recorded: replicas and the rollout strategy stay.",
    ]
    number = f"--to-revision={intent.number}"
    kubectl = _rollout_command(one.key, "undo", intent.target.name, number)
    return rolls(one, kubectl, first, target=found.key)


def _checked(build: SetBuilder) -> SetBuilder:
    """Return a builder that also says why a change is refused."""

    def checked(snapshot: Snapshot, one: SetDigest, intent: Any) -> Impact:
        refused = _moved(one, intent)
        try:
            return Impact("", "", (), refused=refused) if refused else build(snapshot, one, intent)
        except (Unpatchable, InvalidSpec) as error:
            return Impact("", "", (), refused=str(error))

    return checked


BUILDERS: Final[dict[type, tuple[str, SetBuilder]]] = {
    PauseRollout: ("PAUSE ROLLOUT", _checked(_pause)),
    ResumeRollout: ("RESUME ROLLOUT", _checked(_resume)),
    SetPartition: ("MOVE PARTITION", _checked(_partition)),
    Undo: ("UNDO ROLLOUT", _checked(_undo)),
}
"""Titles and builders by intent."""
