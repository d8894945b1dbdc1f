"""One verb for all that is marked: one dialog, then one intent for each object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from controller.admission.defaults import InvalidSpec
from controller.api.core import Node
from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key, format_time
from controller.api.pods import Pod
from lwstui.runtime.intents import (
    Cordon,
    DeletePod,
    DeleteSet,
    Drain,
    Hold,
    Intent,
    RecreateGroup,
    ResumeRollout,
    RollingRestart,
    SetPartition,
    Undo,
)
from lwstui.state.patches import Unpatchable
from lwstui.tui import targets
from lwstui.tui.host import Host
from lwstui.tui.screens.modals.bulk import BulkDialog, Part
from lwstui.tui.verbs.rollouts import undo_intent
from lwstui.view.bulk import Change, bulk_impact
from lwstui.view.impact import impact
from lwstui.view.types import Impact, Ref


@dataclass(frozen=True, slots=True)
class BulkVerb:
    """What a verb means for several objects.

    Attributes:
        title: Title of the dialog, such as ``ROLLING RESTART``.
        label: Label of the confirm button, such as ``Restart``.
        part: Returns the change of one object, or why there is none; objects with the same
            change count once.
        join: Makes the changes know of each other.
    """

    title: str
    label: str
    part: Callable[[Host, Ref], Part]
    join: Callable[[Sequence[Part]], Sequence[Part]] = tuple


async def act_on_all(host: Host, refs: Sequence[Ref], verb: BulkVerb, *, hidden: int = 0) -> bool:
    """Ask once for all objects, carry out what is confirmed, and say what became of it.

    Args:
        host: The application.
        refs: The objects.
        verb: What to do with each.
        hidden: How many of them the filter hides.

    Returns:
        Whether anything was changed.
    """
    found = [verb.part(host, ref) for ref in refs]
    parts = verb.join(list({part.intent or part.name: part for part in found}.values()))
    words = asking(host, verb.title, verb.label, hidden)
    return await carried_out(host, BulkDialog(parts, **words))


def asking(host: Host, title: str, label: str, hidden: int) -> dict[str, Any]:
    """Return what every dialog about several objects takes.

    Args:
        host: The application.
        title: Title of the dialog.
        label: Label of the confirm button.
        hidden: How many of the objects the filter hides.
    """

    def impact_for(intent: Intent) -> Impact:
        return impact(host.snapshot, intent, host.now(), host.memo, safety=host.safety)

    def sum_up(changes: Sequence[Change], left_out: int) -> Impact:
        return bulk_impact(
            host.snapshot,
            changes,
            host.now(),
            host.memo,
            title=title,
            left_out=left_out,
            hidden=hidden,
            safety=host.safety,
        )

    return {
        "impact_for": impact_for,
        "sum_up": sum_up,
        "dry_run": host.backend.dry_run,
        "submit": host.backend.submit,
        "confirm": label,
        "hidden": hidden,
    }


async def carried_out(host: Host, dialog: BulkDialog) -> bool:
    """Ask, say what became of the objects, and return whether anything was changed."""
    await host.ask(dialog)
    if dialog.tally:
        host.say(dialog.tally, "bad" if dialog.failed else "ok")
    return bool(dialog.tally)


def of_set(make: Callable[[Host, LeaderWorkerSet], Intent]) -> Callable[[Host, Ref], Part]:
    """Return what a verb means for the set that something belongs to.

    Args:
        make: Makes the intent about a set that is there; raises ``Unpatchable`` or
            ``InvalidSpec`` if there is nothing to change.
    """

    def part(host: Host, ref: Ref) -> Part:
        key = targets.set_key(host.snapshot, ref)
        if key is None:
            return Part(ref.name, refused="belongs to no set")
        lws = host.snapshot.sets.get(key)
        if lws is None:
            return Part(str(key), refused="is gone")
        try:
            return Part(str(key), make(host, lws))
        except (Unpatchable, InvalidSpec) as error:
            return Part(str(key), refused=str(error))

    return part


def of_group(make: Callable[[Host, Ref, Pod], Intent]) -> Callable[[Host, Ref], Part]:
    """Return what a verb means for the group that something belongs to.

    Args:
        make: Makes the intent from the group and its leader pod.
    """

    def part(host: Host, ref: Ref) -> Part:
        key = targets.set_key(host.snapshot, ref)
        if key is None or ref.group < 0:
            return Part(ref.name, refused="is no group of a set")
        name = f"{key} group {ref.group}"
        leader = targets.leader(host.snapshot, key, ref.group)
        if leader is None:
            return Part(name, refused="has no leader")
        group = Ref("group", key.namespace, key.name, ref.group, uid=leader.uid)
        return Part(name, make(host, group, leader))

    return part


def of_pod(make: Callable[[Host, Ref], Intent]) -> Callable[[Host, Ref], Part]:
    """Return what a verb means for a pod.

    Args:
        make: Makes the intent about a pod that is there.
    """

    def part(host: Host, ref: Ref) -> Part:
        if ref.kind != "pod":
            return Part(ref.name, refused="is no pod")
        if ref.key not in host.snapshot.pods:
            return Part(str(ref.key), refused="is gone")
        return Part(str(ref.key), make(host, ref))

    return part


def of_node(make: Callable[[Node], Intent]) -> Callable[[Host, Ref], Part]:
    """Return what a verb means for a node.

    Args:
        make: Makes the intent about a node that is there.
    """

    def part(host: Host, ref: Ref) -> Part:
        if ref.kind != "node":
            return Part(ref.name, refused="is no node")
        node = host.snapshot.nodes.get(ref.name)
        return Part(ref.name, make(node)) if node is not None else Part(ref.name, refused="is gone")

    return part


def _deleted_pod(host: Host, ref: Ref, *, at_once: bool = False) -> DeletePod:
    target = host.snapshot.pods[ref.key].set_key
    return DeletePod(target, ref.name, ref.uid, at_once)


def _undone(host: Host, lws: LeaderWorkerSet) -> Undo:
    found = targets.undo_revision(host.snapshot, lws.key, None)
    return undo_intent(host, found, lws.key, lws.metadata.uid, lws.metadata.generation)


def _one_more(host: Host, lws: LeaderWorkerSet) -> SetPartition:
    partition = targets.one_more_group(host.snapshot, lws.key)
    if partition is None:
        raise Unpatchable("its partition holds no group back")
    return SetPartition(lws.key, lws.metadata.uid, lws.metadata.generation, partition)


def _drained(host: Host, ref: Ref) -> Part:
    part = of_node(lambda node: Drain(Key("", node.name), node.uid))(host, ref)
    if Key("", ref.name) in host.snapshot.underway:
        return Part(ref.name, refused="is being drained already")
    return part


def _together(parts: Sequence[Part]) -> Sequence[Part]:
    """Return drains that know of each other."""
    drains = [part.intent for part in parts if isinstance(part.intent, Drain)]
    nodes = tuple((drain.target.name, drain.uid) for drain in drains)
    return [
        replace(part, intent=replace(part.intent, together=nodes))
        if isinstance(part.intent, Drain)
        else part
        for part in parts
    ]


def _held(host: Host, lws: LeaderWorkerSet) -> Hold:
    native = targets.native_partition(host.snapshot, lws.key)
    return Hold(lws.key, lws.metadata.uid, lws.metadata.generation, native)


RESTART: Final = BulkVerb(
    "ROLLING RESTART",
    "Restart",
    of_set(lambda host, lws: RollingRestart(lws.key, lws.metadata.uid, format_time(host.now()))),
)
HOLD: Final = BulkVerb("HOLD ROLLOUTS", "Hold", of_set(_held))
RESUME: Final = BulkVerb(
    "RESUME ROLLOUT",
    "Resume",
    of_set(lambda _, lws: ResumeRollout(lws.key, lws.metadata.uid, lws.metadata.generation)),
)
NEXT: Final = BulkVerb("ONE MORE GROUP EACH", "Go on", of_set(_one_more))
UNDO: Final = BulkVerb("UNDO ROLLOUTS", "Undo", of_set(_undone))
RECREATE: Final = BulkVerb(
    "RECREATE GROUPS",
    "Recreate",
    of_group(
        lambda _, group, leader: RecreateGroup(group.key, group.group, leader.name, leader.uid)
    ),
)

DELETE_SETS: Final = BulkVerb(
    "DELETE SETS", "Delete", of_set(lambda _, lws: DeleteSet(lws.key, lws.metadata.uid))
)
DELETE_PODS: Final = BulkVerb("DELETE PODS", "Delete", of_pod(_deleted_pod))
KILL_PODS: Final = BulkVerb("KILL PODS", "Kill", of_pod(partial(_deleted_pod, at_once=True)))
CORDON: Final = BulkVerb(
    "CORDON", "Cordon", of_node(lambda node: Cordon(Key("", node.name), node.uid, True))
)
UNCORDON: Final = BulkVerb(
    "UNCORDON", "Uncordon", of_node(lambda node: Cordon(Key("", node.name), node.uid, False))
)
DRAIN: Final = BulkVerb("DRAIN NODES", "Drain", _drained, _together)
