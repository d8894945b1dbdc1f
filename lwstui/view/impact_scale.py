"""What a dialog says before a set is scaled: what appears or goes, and whether it fits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lwstui.state.model import Snapshot
from lwstui.view.ages import count
from lwstui.view.digest import GroupDigest, SetDigest
from lwstui.view.fit import room_for, room_span
from lwstui.view.impact_parts import Facts, devices_asked, kubectl_command, replaced, toll
from lwstui.view.phrases import group_runs
from lwstui.view.types import Impact, Span


def scaled(snapshot: Snapshot, one: SetDigest, intent: Any) -> Impact:
    """Return the impact of a number of groups."""
    key, old, new = one.key, one.replicas, intent.replicas
    kubectl = kubectl_command(key, "scale", "lws", key.name, f"--replicas={new}")
    if stale := replaced(one.lws, intent.uid):
        return Impact("", "", (), refused=stale)
    if new < 0:
        return Impact("", "", (), refused="a set cannot have fewer than 0 groups")
    if new == old:
        return Impact("", "", (), refused=f"the set already has {count(old, 'group')}")
    if new > old:
        return Impact("", "", *_scale_up(snapshot, one, new), kubectl)
    gone = [g for g in one.groups if new <= g.index]
    return Impact("", "", *_scale_down(one, new), kubectl, level=3, toll=toll(gone))


def _scale_up(snapshot: Snapshot, one: SetDigest, new: int) -> tuple[tuple[str, ...], Facts]:
    existing = [g for g in one.groups if one.replicas <= g.index < new and g.pods]
    more = new - one.replicas
    what = [f"Creates {group_runs(range(one.replicas, new))} of {count(one.size, 'pod')}."]
    if existing:
        what.append(f"Kept as is: surge {group_runs([g.index for g in existing])}.")
    what.append(f"New groups start on revision {one.desired[:6] or 'of the template'}.")
    if one.replicas < one.partition < new:
        what.append(f"Those below the partition, {one.partition}, take the revision before it.")
    created = more - len(existing)
    devices = one.request.devices * created if one.request is not None else None
    fit = room_for(snapshot, one.lws, created)
    room = room_span(fit, created)
    pods = snapshot.sync.get("pods")
    if pods is not None and pods.state == "live" and pods.message:
        room = Span(f"unknown: {pods.message}", "dim")
    facts = (
        ("Groups", Span(f"{one.replicas} → {new}  (+{more})")),
        ("Pods", Span(f"+{created * one.size}")),
        ("Accelerators", Span("unknown" if devices is None else f"+{devices}")),
        ("Room", room),
        ("Serving", Span(f"{one.ready} of {one.replicas} groups, not touched")),
    )
    return tuple(what), facts


def _scale_down(one: SetDigest, new: int) -> tuple[tuple[str, ...], Facts]:
    gone = [g for g in one.groups if new <= g.index]
    surge = [g for g in gone if g.surge]
    removed = [g for g in gone if not g.surge]
    what = [
        f"Deletes {group_runs([g.index for g in removed])}: "
        f"{count(sum(len(g.pods) for g in gone), 'pod')} stop."
    ]
    if surge:
        leaving = group_runs([g.index for g in surge])
        what.append(f"Surge {leaving}: removed when the rollout allows.")
    what += _regrets(one, removed, new)
    lost = sum(g.serves for g in removed)
    facts = (
        ("Groups", Span(f"{one.replicas} → {new}  (-{one.replicas - new})")),
        ("Pods", Span(f"-{sum(len(g.pods) for g in removed)}")),
        ("Accelerators", Span(f"-{devices_asked(removed)} freed")),
        ("Serving now", Span(f"{one.ready} of {one.replicas} groups")),
        ("after", Span(f"{one.ready - lost} of {new} groups", "warn" if lost else "")),
    )
    return tuple(what), facts


def _regrets(one: SetDigest, removed: Sequence[GroupDigest], new: int) -> Iterator[str]:
    """Yield what is lost by the highest index going first, whatever the groups are worth."""
    healthy = [g.index for g in removed if g.serves]
    broken = [g.index for g in one.groups if g.index < new and not g.serves]
    if healthy and broken:
        goes = "goes although it serves" if len(healthy) == 1 else "go although they serve"
        stays = "stays although it does not" if len(broken) == 1 else "stay although they do not"
        yield (
            f"The highest index goes first: {group_runs(healthy)} {goes}, "
            f"{group_runs(broken)} {stays}."
        )
    if one.rolling and 0 < new <= one.partition:
        yield f"No group at or above the partition, {one.partition}, is left to be updated."
