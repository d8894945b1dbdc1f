"""What a dialog says before a mutation: blast radius in groups, pods and accelerators.

Every number is arithmetic on the snapshot; what cannot be computed says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from controller.api.meta import Key
from lwstui.capacity.fit import how_many
from lwstui.state.intents import Intent, RecreateGroup, RollingRestart, Scale, SetImage
from lwstui.state.model import Snapshot
from lwstui.state.patches import Unpatchable, image_patch, images, restart_patch
from lwstui.view.ages import age, count
from lwstui.view.digest import GroupDigest, SetDigest, digest
from lwstui.view.impact_parts import (
    Facts,
    devices_asked,
    kubectl_command,
    protected,
    replaced,
    rolls,
    typed_name,
)
from lwstui.view.impact_rollout import BUILDERS
from lwstui.view.memo import Memo
from lwstui.view.phrases import group_runs
from lwstui.view.rollout import floor, partition_now
from lwstui.view.types import Impact, Span


def impact(snapshot: Snapshot, intent: Intent, now: float) -> Impact:
    """Return the text of the dialog for an intent.

    Args:
        snapshot: What is known now.
        intent: What is about to be asked.
        now: Epoch seconds.
    """
    lws = snapshot.sets.get(intent.target)
    title, build = _KINDS[type(intent)]
    target = _target(snapshot, intent.target)
    if lws is None:
        return Impact(title, target, (), refused=f"{intent.target} is gone")
    if snapshot.cluster.read_only:
        return Impact(title, target, (), refused="this console is read-only")
    one = digest(snapshot, lws, Memo(), now)
    found = build(snapshot, one, intent)
    facts = (*found.facts, *_shared(snapshot, now))
    return Impact(
        title, target, found.what, facts, found.kubectl, found.confirm_text, found.refused
    )


def _target(snapshot: Snapshot, key: Key) -> str:
    cluster = snapshot.cluster
    where = cluster.context or cluster.server
    kind = " (sandbox)" if cluster.sandbox else " (protected)" if protected(cluster) else ""
    return f"{key.namespace} / {key.name}     context {where}{kind}"


def _shared(snapshot: Snapshot, now: float) -> Facts:
    sync = snapshot.sync.get("pods")
    if sync is None or sync.last_event_at is None:
        return (("Data", Span("not complete yet", "warn")),)
    old = now - sync.last_event_at
    live = sync.state == "live"
    text = f"watched live, last word {age(old)} ago" if live else f"{age(old)} old: {sync.state}"
    return (("Data", Span(text, "" if live else "warn")),)


def _scale(snapshot: Snapshot, one: SetDigest, intent: Any) -> Impact:
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
    return Impact("", "", *_scale_down(one, new), kubectl, typed_name(snapshot, key))


def _scale_up(snapshot: Snapshot, one: SetDigest, new: int) -> tuple[tuple[str, ...], Facts]:
    existing = [g for g in one.groups if one.replicas <= g.index < new and g.pods]
    more = new - one.replicas
    what = [f"Creates {group_runs(range(one.replicas, new))} of {count(one.size, 'pod')}."]
    if existing:
        what.append(f"Kept as is: surge {group_runs([g.index for g in existing])}.")
    what.append(f"New groups start on revision {one.desired[:6] or 'of the template'}.")
    created = more - len(existing)
    devices = one.request.devices * created if one.request is not None else None
    fit = how_many(one.lws, snapshot.nodes, snapshot.node_pods, created)
    room = Span(fit.why, "dim")
    if fit.groups is not None:
        all_fit = fit.groups >= created
        said = f"all {created} fit" if all_fit else f"{fit.groups} of {created} fit"
        room = Span(f"{said} ({fit.why})", "ok" if all_fit else "warn")
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
    lost = sum(g.serves for g in removed)
    facts = (
        ("Groups", Span(f"{one.replicas} → {new}  (-{one.replicas - new})")),
        ("Pods", Span(f"-{sum(len(g.pods) for g in removed)}")),
        ("Accelerators", Span(f"-{devices_asked(removed)} freed")),
        ("Serving now", Span(f"{one.ready} of {one.replicas} groups")),
        ("after", Span(f"{one.ready - lost} of {new} groups", "warn" if lost else "")),
    )
    return tuple(what), facts


def _recreate(snapshot: Snapshot, one: SetDigest, intent: Any) -> Impact:
    key = one.key
    group = next((g for g in one.groups if g.index == intent.group), None)
    leader = group.leader if group is not None else None
    if group is None or leader is None or leader.uid != intent.leader_uid:
        return Impact(
            "", "", (), refused=f"group {intent.group}: its leader is gone or another one by now"
        )
    if leader.terminating:
        return Impact("", "", (), refused=f"group {intent.group} is being recreated already")
    workers = len(group.pods) - 1
    what = [f"Deletes the leader pod {leader.name}"]
    what[0] += f" and, with it, {count(workers, 'worker')}." if workers else "."
    what.append(
        f"All {count(len(group.pods), 'pod')} stop together; the controller makes new ones."
    )
    after = one.ready - (group.serves and not group.surge)
    least = floor(one)
    facts = (
        ("Serving now", Span(f"{one.ready} of {one.replicas} groups")),
        ("after", Span(_after(one, group, after), "warn" if after < one.ready else "")),
        ("Rollout floor", Span(f"{least} ready groups", "warn" if after < least else "")),
        ("Comes back on", Span(_revision_after(one, group))),
        ("Accelerators", Span(f"{devices_asked([group])} freed, then asked for again")),
    )
    kubectl = kubectl_command(key, "delete", "pod", leader.name, "--cascade=foreground")
    return Impact("", "", tuple(what), facts, kubectl, typed_name(snapshot, key))


def _after(one: SetDigest, group: GroupDigest, after: int) -> str:
    already = "" if group.serves else f" (group {group.index} is down already)"
    return f"{after} of {one.replicas} groups{already}"


def _revision_after(one: SetDigest, group: GroupDigest) -> str:
    if not one.rolling:
        return one.desired[:6] or "the present revision"
    reached = partition_now(one)
    if group.index >= reached:
        return f"{one.desired[:6]} (group {group.index} is at or above the partition, {reached})"
    return f"{group.revision[:6]} (group {group.index} is below the partition, {reached})"


def _restart(snapshot: Snapshot, one: SetDigest, intent: Any) -> Impact:
    if stale := replaced(one.lws, intent.uid):
        return Impact("", "", (), refused=stale)
    body = restart_patch(one.lws.spec, intent.uid, intent.stamp)
    patch = json.dumps({"spec": body["spec"]}, separators=(",", ":"))
    kubectl = kubectl_command(one.key, "patch", "lws", one.key.name, "--type=merge", "-p", patch)
    return rolls(snapshot, one, kubectl, ("Stamps the pod templates, which makes a revision.",))


def _images(snapshot: Snapshot, one: SetDigest, intent: Any) -> Impact:
    if stale := replaced(one.lws, intent.uid):
        return Impact("", "", (), refused=stale)
    before = {(role, name): image for role, name, image in images(one.lws.spec)}
    changes = [c for c in intent.changes if before.get((c[0], c[1])) != c[2]]
    if not changes:
        return Impact("", "", (), refused="these images are set already")
    try:
        operations = image_patch(one.lws.spec, intent.uid, changes)
    except Unpatchable as error:
        return Impact("", "", (), refused=str(error))
    changed = [op for op in operations if op["op"] == "replace"]
    patch = json.dumps(changed, separators=(",", ":"))
    kubectl = kubectl_command(one.key, "patch", "lws", one.key.name, "--type=json", "-p", patch)
    first = [f"{role} {name}: {before[role, name]} → {new}" for role, name, new in changes]
    return rolls(snapshot, one, kubectl, first)


_KINDS: Final[dict[type, tuple[str, Callable[[Snapshot, SetDigest, Any], Impact]]]] = {
    Scale: ("SCALE SET", _scale),
    RecreateGroup: ("RECREATE GROUP", _recreate),
    RollingRestart: ("ROLLING RESTART", _restart),
    SetImage: ("SET IMAGE", _images),
    **BUILDERS,
}
