"""What a change of a set does, by the controller's own rules: what rolls, what acts at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from controller.admission.defaults import InvalidSpec, group_template
from controller.admission.validate import validate
from controller.api.lws import GroupTemplate, LeaderWorkerSet
from controller.api.names import EXCLUSIVE_TOPOLOGY, SUBGROUP_EXCLUSIVE_TOPOLOGY
from controller.plan.revisions import revision_data, revision_key
from lwstui.capacity.answer import CAP, Answer
from lwstui.capacity.requests import group_request
from lwstui.state.model import Snapshot
from lwstui.view.ages import count
from lwstui.view.diffs import Change
from lwstui.view.digest import SetDigest, digest
from lwstui.view.fit import room_for
from lwstui.view.memo import Memo
from lwstui.view.phrases import group_runs
from lwstui.view.rollout import budget
from lwstui.view.spec import partition_of, replicas_of, size_of

_TEMPLATE: Final = ("spec.leaderWorkerTemplate", "spec.networkConfig")
_TOPOLOGY: Final = tuple(
    f"metadata.annotations.{key}" for key in (EXCLUSIVE_TOPOLOGY, SUBGROUP_EXCLUSIVE_TOPOLOGY)
)
ROLLS: Final = "new revision"
AT_ONCE: Final = "takes effect at once, no restart"
LATER: Final = "for groups made from then on"


@dataclass(frozen=True, slots=True)
class Effect:
    """What applying a set does.

    Attributes:
        text: In a few words: ``new revision, 12 groups roll``.
        refused: Why the controller would not act on it, empty if it would.
        revision: Whether the template changes, which makes a revision.
        rolls: Groups that are made again, by index.
        removes: Groups that go, by index.
        pods: Pods of the groups that are made again or go.
        notes: What to say of a field, by its path.
        warnings: What to know before.
    """

    text: str
    refused: str = ""
    revision: bool = False
    rolls: tuple[int, ...] = ()
    removes: tuple[int, ...] = ()
    pods: int = 0
    notes: Mapping[str, str] | None = None
    warnings: tuple[str, ...] = ()


def creation(after: LeaderWorkerSet, snapshot: Snapshot) -> Effect:
    """Return what creating a set does."""
    errors = validate(after.spec, after.annotations, after.metadata.name, None)
    if errors:
        return Effect("", refused="; ".join(map(str, errors)))
    request = group_request(after.spec, after.metadata.namespace, snapshot.devices)
    replicas = replicas_of(after)
    devices = request.devices * replicas if request is not None else 0
    what = f"{count(replicas, 'group')}, {devices} GPU" if devices else count(replicas, "group")
    warnings: tuple[str, ...] = _nobody(snapshot)
    if devices:
        room = room_for(snapshot, after, replicas)
        what = f"{what}: {_fits(room, replicas)}"
        if room.groups is None or room.groups < min(replicas, CAP):
            warnings = (*warnings, f"{after.metadata.name}: {_fits(room, replicas)} ({room.why})")
    return Effect(what, warnings=warnings)


def _fits(room: Answer, wanted: int) -> str:
    if room.groups is None:
        return "whether it fits is not computed"
    if room.groups >= min(wanted, CAP):
        return "fits"
    return f"{room.groups} of {wanted} fit"


def _nobody(snapshot: Snapshot) -> tuple[str, ...]:
    if snapshot.controller.mode == "off":
        return ("no controller serves sets here: nothing happens until one runs",)
    return ()


def alteration(
    before: LeaderWorkerSet,
    after: LeaderWorkerSet,
    changed: Sequence[Change],
    snapshot: Snapshot,
    now: float,
) -> Effect:
    """Return what changing a set does.

    Args:
        before: The set as it is.
        after: The set as it would be.
        changed: The fields that differ.
        snapshot: Its groups, and the nodes.
        now: Epoch seconds.
    """
    old = _template(before)
    errors = validate(after.spec, after.annotations, after.metadata.name, old)
    if errors:
        return Effect("", refused="; ".join(map(str, errors)))
    one = digest(snapshot, before, Memo(), now)
    new = _template(after)
    key = _key(new)
    revision = key != _key(old)
    partition = partition_of(after)
    started = {g.index for g in one.groups if g.pods and g.index >= partition}
    outdated = {g.index for g in one.groups if g.revision != (key if revision else one.desired)}
    more = revision or partition < partition_of(before)
    removes = _removed(one, replicas_of(after))
    rolls = tuple(sorted((started & outdated) - set(removes))) if more else ()
    gone = {*rolls, *removes}
    return Effect(
        _words(one, after, changed, revision=revision, rolls=rolls),
        revision=revision,
        rolls=rolls,
        removes=removes,
        pods=sum(len(g.pods) for g in one.groups if g.index in gone),
        notes={change.field: _note(change.field, revision=revision) for change in changed},
        warnings=(
            *_nobody(snapshot),
            *_rollout_warnings(one, after, snapshot, revision=revision),
            *_scale_warnings(one, after, removes, snapshot),
            *_topology_warnings(changed, snapshot),
        ),
    )


def _template(lws: LeaderWorkerSet) -> GroupTemplate | None:
    try:
        return group_template(lws.spec.get("leaderWorkerTemplate") or {}, _network(lws.spec))
    except InvalidSpec:
        return None


def _network(spec: Mapping[str, Any]) -> dict[str, Any] | None:
    found = spec.get("networkConfig")
    return found if isinstance(found, dict) else None


def _key(template: GroupTemplate | None) -> str:
    return revision_key(revision_data(template)) if template is not None else ""


def _removed(one: SetDigest, replicas: int) -> tuple[int, ...]:
    if replicas >= one.replicas:
        return ()
    return tuple(g.index for g in one.groups if g.pods and g.index >= replicas)


def _words(
    one: SetDigest,
    after: LeaderWorkerSet,
    changed: Sequence[Change],
    *,
    revision: bool,
    rolls: Sequence[int],
) -> str:
    words = []
    if revision:
        words.append(ROLLS)
    if rolls:
        words.append(f"{count(len(rolls), 'group')} {'rolls' if len(rolls) == 1 else 'roll'}")
    elif revision:
        words.append("no group rolls now")
    replicas = replicas_of(after)
    if replicas != one.replicas:
        words.append(f"scale {one.replicas} → {replicas}")
    if replicas < one.replicas:
        words.append("highest index first")
    if not revision and not rolls and replicas >= one.replicas:
        words.append("no restart")
    if any(change.field in _TOPOLOGY for change in changed):
        words.append(LATER)
    return ", ".join(words)


def _note(field: str, *, revision: bool) -> str:
    if field.startswith(_TEMPLATE):
        return ROLLS if revision else "means the same: no revision"
    if field.startswith("spec.startupPolicy") or field in _TOPOLOGY:
        return LATER
    if field.startswith("spec."):
        return AT_ONCE
    return ""


def _rollout_warnings(
    one: SetDigest, after: LeaderWorkerSet, snapshot: Snapshot, *, revision: bool
) -> tuple[str, ...]:
    found: list[str] = []
    name = one.key.name
    if not revision:
        return ()
    if one.rolling:
        found.append(
            f"a rollout of {name} is already running ({one.updated}/{one.replicas}): this makes "
            "another revision, and the rollout turns to it from where it is"
        )
    unavailable, surge = budget(after)
    if surge:
        room = room_for(snapshot, after, surge)
        groups = count(surge, "surge group")
        if room.groups is None:
            found.append(f"{name}: whether {groups} fits is {room.why}")
        elif room.groups < min(surge, CAP):
            found.append(
                f"{name}: {room.groups} of {groups} fit into what is free now, so the rollout "
                "waits for room or goes on without"
            )
        else:
            found.append(f"{name}: {groups} fit into what is free now")
    replicas = replicas_of(after)
    if replicas and unavailable >= replicas:
        found.append(f"{name}: all {count(replicas, 'group')} may be down at once while it rolls")
    if partition_of(after):
        held = partition_of(after)
        found.append(f"{name}: groups below {held} keep their revision: the partition holds them")
    return tuple(found)


def _scale_warnings(
    one: SetDigest, after: LeaderWorkerSet, removes: Sequence[int], snapshot: Snapshot
) -> tuple[str, ...]:
    name, more = one.key.name, replicas_of(after) - one.replicas
    if removes:
        serving = sum(g.serves for g in one.groups if g.index in removes)
        what = group_runs(removes)
        return (
            f"{name}: {what} of {size_of(one.lws)} pods each will go, {serving} of them serving; "
            "the highest index goes first, healthy or not",
        )
    if more <= 0 or one.request is None or not one.request.devices:
        return ()
    room = room_for(snapshot, after, more)
    return (f"{name}: {count(more, 'more group')}: {_fits(room, more)} ({room.why})",)


def _topology_warnings(changed: Sequence[Change], snapshot: Snapshot) -> tuple[str, ...]:
    if not any(change.field in _TOPOLOGY for change in changed):
        return ()
    if snapshot.controller.mode == "native":
        return (
            "the native controller restarts every group for a changed topology annotation, "
            "without making a revision",
        )
    return ("a changed topology annotation moves no group; restart the set to place all anew",)
