"""What a dialog says before a set or one of its groups is changed."""

from __future__ import annotations

import json
from typing import Any, Final

from lwstui.state.intents import DeleteSet, RecreateGroup, RollingRestart, Scale, SetImage
from lwstui.state.model import Snapshot
from lwstui.state.patches import Unpatchable, image_patch, images, restart_patch
from lwstui.view.ages import count
from lwstui.view.digest import GroupDigest, SetDigest
from lwstui.view.impact_parts import (
    SetBuilder,
    devices_asked,
    kubectl_command,
    replaced,
    rolls,
    toll,
)
from lwstui.view.impact_scale import scaled
from lwstui.view.rollout import floor, partition_now
from lwstui.view.trouble import unserved
from lwstui.view.types import Impact, Span
from lwstui.view.usualstart import started_words

UNCHANGED: Final = "these images are set already"


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
    what.append(_together(len(group.pods), unserved(snapshot, key)))
    after = one.ready - (group.serves and not group.surge)
    least = floor(one)
    facts = (
        ("Serving now", Span(f"{one.ready} of {one.replicas} groups")),
        ("after", Span(_after(one, group, after), "warn" if after < one.ready else "")),
        ("Rollout floor", Span(f"{least} ready groups", "warn" if after < least else "")),
        ("Comes back on", Span(_revision_after(one, group))),
        ("Usual start", Span(started_words(snapshot, key))),
        ("Accelerators", Span(f"{devices_asked([group])} freed, then asked for again")),
    )
    kubectl = kubectl_command(key, "delete", "pod", leader.name, "--cascade=foreground")
    return Impact("", "", tuple(what), facts, kubectl, level=3, toll=toll([group]))


def _together(pods: int, unserved: str) -> str:
    who = (
        "The pod stops"
        if pods == 1
        else f"{'Both' if pods == 2 else f'All {pods}'} pods stop together"
    )
    if unserved:
        return f"{who} and nothing makes new ones: no controller acts on the set."
    return f"{who}; the controller makes new ones."


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
        return Impact("", "", (), refused=UNCHANGED)
    try:
        operations = image_patch(one.lws.spec, intent.uid, changes)
    except Unpatchable as error:
        return Impact("", "", (), refused=str(error))
    changed = [op for op in operations if op["op"] == "replace"]
    patch = json.dumps(changed, separators=(",", ":"))
    kubectl = kubectl_command(one.key, "patch", "lws", one.key.name, "--type=json", "-p", patch)
    first = [f"{role} {name}: {before[role, name]} → {new}" for role, name, new in changes]
    return rolls(snapshot, one, kubectl, first)


def _delete(snapshot: Snapshot, one: SetDigest, intent: Any) -> Impact:
    if stale := replaced(one.lws, intent.uid):
        return Impact("", "", (), refused=stale)
    if one.lws.metadata.deletion_timestamp:
        return Impact("", "", (), refused=f"{one.key} is being deleted already")
    groups = [g for g in one.groups if g.pods]
    services = sum(s.set_name == one.key.name for s in snapshot.services.values())
    what = (
        f"Deletes the set and everything it owns: {count(len(groups), 'group')}, "
        f"{count(one.pods, 'pod')}, its services and its revision history.",
        "This cannot be undone: save its YAML first if nothing else has it.",
    )
    facts = (
        ("Groups", Span(f"{len(groups)} → 0")),
        ("Pods", Span(f"-{one.pods}")),
        ("Services", Span(str(services))),
        ("Accelerators", Span(f"{devices_asked(groups)} freed")),
        ("Serving now", Span(f"{one.ready} of {one.replicas} groups", "bad" if one.ready else "")),
        ("after", Span("nothing", "bad" if one.ready else "")),
        ("Volume claims", Span(_claims(one))),
    )
    kubectl = kubectl_command(one.key, "delete", "lws", one.key.name)
    return Impact("", "", what, facts, kubectl, level=4, toll=toll(groups))


def _claims(one: SetDigest) -> str:
    template = one.lws.spec.get("leaderWorkerTemplate") or {}
    if not template.get("volumeClaimTemplates"):
        return "none made by the set"
    policy = template.get("persistentVolumeClaimRetentionPolicy") or {}
    return "deleted too" if policy.get("whenDeleted") == "Delete" else "kept, with their data"


BUILDERS: Final[dict[type, tuple[str, SetBuilder]]] = {
    Scale: ("SCALE SET", scaled),
    RecreateGroup: ("RECREATE GROUP", _recreate),
    RollingRestart: ("ROLLING RESTART", _restart),
    SetImage: ("SET IMAGE", _images),
    DeleteSet: ("DELETE SET", _delete),
}
"""Titles and builders by intent."""
