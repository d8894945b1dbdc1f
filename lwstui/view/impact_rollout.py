"""What a dialog says before a rollout is held, paused, resumed, let on by a group, or undone."""

from __future__ import annotations

import shlex
from typing import Any, Final

from controller.admission.defaults import InvalidSpec
from controller.api.meta import Key
from lwstui.state.intents import Hold, PauseRollout, ResumeRollout, SetPartition, Undo
from lwstui.state.model import Snapshot
from lwstui.state.partition import noticed, reached, remembered
from lwstui.state.patches import (
    Unpatchable,
    hold_patch,
    partition_of_patch,
    partition_patch,
    pause_patch,
    resume_patch,
)
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


def _hold(snapshot: Snapshot, one: SetDigest, intent: Any) -> Impact:
    del snapshot
    at = reached(one.lws, intent.native)
    if at is not None and at <= one.partition and noticed(one.lws):
        return _nothing_to_hold(one)
    partition = partition_of_patch(hold_patch(one.lws, intent.native))
    what = [
        "Groups that are updated or being updated stay on the new revision; no further one is "
        "updated until the rollout is resumed.",
        "A group that is held back and has to be made again comes back on the revision before.",
    ]
    if one.surge:
        what.append("Surge groups stay until the rollout has gone on and is done.")
    held = [g.index for g in one.groups if g.pods and g.index < partition]
    updated = [g.index for g in one.groups if g.pods and g.index >= partition]
    starting = [g.index for g in one.groups if g.index in updated and not g.serves]
    progress = f", {group_runs(starting)} not ready yet" if starting else ""
    facts = (
        ("Partition", Span(f"{one.partition} → {partition}, where the rollout is")),
        ("New revision", Span((group_runs(updated) if updated else "no group") + progress)),
        ("Held back", Span(group_runs(held) if held else "no group")),
        ("Serving", Span(f"{one.ready} of {one.replicas} groups, not touched")),
    )
    command = _rollout_command(one.key, "hold", intent.target.name)
    return Impact("", "", tuple(what), facts, command, level=1)


def _nothing_to_hold(one: SetDigest) -> Impact:
    """Say what holding would not do: where no rollout is, or no group is left to hold back."""
    floor = one.partition
    if one.rolling and not one.held:
        what = [f"The rollout has come to its last group, {floor}: none is left to hold back."]
    else:
        what = ["No rollout is in progress."]
        if not floor:
            what.append("A change of the template would update every group.")
        elif floor >= one.replicas:
            what.append(
                f"A change of the template would update no group: the partition is {floor}."
            )
        else:
            some = group_runs(range(floor, one.replicas))
            what.append(
                f"A change of the template would update {some} and, by the partition, no other."
            )
    what.append("To have the next change of the template update no group, pause it: :pause")
    return Impact("", "", tuple(what), level=1, refused="there is nothing to hold")


def _pause(snapshot: Snapshot, one: SetDigest, intent: Any) -> Impact:
    del snapshot
    partition = partition_of_patch(pause_patch(one.lws))
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
    partition = partition_of_patch(resume_patch(one.lws))
    first = (f"Puts the partition back from {one.partition} to {partition}.",)
    kubectl = _rollout_command(one.key, "resume", intent.target.name)
    return rolls(snapshot, one, kubectl, first, partition=partition, target=one.desired)


def _partition(snapshot: Snapshot, one: SetDigest, intent: Any) -> Impact:
    partition = partition_of_patch(partition_patch(one.lws, intent.partition))
    back = remembered(one.lws)
    first = [f"Sets the partition from {one.partition} to {partition}."]
    if back is not None and back < partition:
        first.append(f"The rollout stays paused: resuming goes back to {back}.")
    name = intent.target.name
    kubectl = _rollout_command(one.key, "partition", name, str(intent.partition))
    return rolls(snapshot, one, kubectl, first, partition=partition, target=one.desired)


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
    return rolls(snapshot, one, kubectl, first, target=found.key)


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
    Hold: ("HOLD ROLLOUT", _checked(_hold)),
    PauseRollout: ("PAUSE ROLLOUT", _checked(_pause)),
    ResumeRollout: ("RESUME ROLLOUT", _checked(_resume)),
    SetPartition: ("MOVE PARTITION", _checked(_partition)),
    Undo: ("UNDO ROLLOUT", _checked(_undo)),
}
"""Titles and builders by intent."""
