"""What a dialog says before one pod is deleted, with or without grace."""

from __future__ import annotations

from typing import Any, Final

from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from controller.api.pods import Pod
from lwstui.state.intents import DeletePod
from lwstui.state.model import Snapshot
from lwstui.view.ages import count, ratio
from lwstui.view.digest import GroupDigest, SetDigest, digest
from lwstui.view.impact_parts import Builder, Facts, kubectl_command
from lwstui.view.memo import Memo
from lwstui.view.rollout import floor
from lwstui.view.spec import spec_text
from lwstui.view.trouble import unserved
from lwstui.view.types import Impact, Span, Toll
from lwstui.view.usualstart import started_words

_POLICY: Final = ("leaderWorkerTemplate", "restartPolicy")
RECREATES: Final = "RecreateGroupOnPodRestart"
AFTER_START: Final = "RecreateGroupAfterStart"


def _delete(snapshot: Snapshot, intent: Any, now: float) -> Impact:
    key = Key(intent.target.namespace, intent.pod)
    pod = snapshot.pods.get(key) or _outside_sets(snapshot, key)
    refused = _refused(pod, intent)
    if refused or pod is None:
        return Impact("", _named(intent), (), refused=refused)
    lost = _silent_node(snapshot, pod)
    title = "FORCE-RELEASE POD" if intent.at_once and lost else ""
    title = title or ("KILL POD" if intent.at_once else "DELETE POD")
    lws = snapshot.sets.get(intent.target) if pod.set_name else None
    one = digest(snapshot, lws, Memo(), now) if lws is not None else None
    group = next((g for g in one.groups if g.index == pod.group), None) if one else None
    what = [*_grace(pod, lost, at_once=intent.at_once)]
    facts: Facts = (("Accelerators", Span(_devices((pod,)))),)
    gone: tuple[Pod, ...] = (pod,)
    if one is not None and group is not None:
        gone = gone_with(one.lws, group, pod)
        what += _consequences(one.lws, group, pod, gone, served=not unserved(snapshot, one.key))
        facts = _facts(one, group, gone)
        if len(gone) > 1:
            facts = (*facts, ("Usual start", Span(started_words(snapshot, one.key))))
    elif not pod.owner_kind:
        what.append("Nothing owns this pod, so nothing makes it again.")
    words = ["delete", "pod", pod.name]
    if intent.at_once:
        words += ["--grace-period=0", "--force"]
    kubectl = kubectl_command(key, *words)
    level = 4 if intent.at_once and lost else 3
    toll = Toll(int(len(gone) > 1), len(gone), _held(gone))
    return Impact(title, _named(intent), tuple(what), facts, kubectl, level=level, toll=toll)


def _named(intent: Any) -> str:
    return f"{intent.target.namespace} / {intent.pod}"


def _outside_sets(snapshot: Snapshot, key: Key) -> Pod | None:
    found = (pod for pods in snapshot.node_pods.values() for pod in pods if pod.key == key)
    return next(found, None)


def _refused(pod: Pod | None, intent: Any) -> str:
    if pod is None:
        return f"pod {intent.pod} is gone"
    if pod.uid != intent.uid:
        return f"pod {intent.pod} was replaced by a new one meanwhile"
    if pod.terminating and not intent.at_once:
        return f"pod {intent.pod} is being deleted already"
    return ""


def _silent_node(snapshot: Snapshot, pod: Pod) -> str:
    """Return the name of a pod's node if it is gone or does not answer, else nothing."""
    if not pod.node or not snapshot.nodes:
        return ""
    node = snapshot.nodes.get(pod.node)
    return "" if node is not None and node.ready else pod.node


def _grace(pod: Pod, lost: str, *, at_once: bool) -> tuple[str, ...]:
    if not at_once:
        return (f"Deletes pod {pod.name}; its containers get their time to shut down.",)
    if not lost:
        return (
            f"Kills pod {pod.name} at once: grace 0, no time to shut down.",
            "Its name is free as soon as the server answers.",
        )
    return (
        f"Removes pod {pod.name} from the API without waiting for node {lost}, "
        "which does not answer.",
        "Its containers may still run there: make sure that the node is off or cut off before "
        "a replacement uses the same data or devices.",
    )


def gone_with(lws: LeaderWorkerSet, group: GroupDigest, pod: Pod) -> tuple[Pod, ...]:
    """Return the pods of a group that go when one of them is deleted, itself included."""
    if pod.worker == 0:
        return group.pods
    policy = spec_text(lws.spec, RECREATES, *_POLICY)
    started = all(member.phase != "Pending" for member in group.pods)
    whole = policy == RECREATES or (policy == AFTER_START and started)
    return group.pods if whole else (pod,)


def _consequences(
    lws: LeaderWorkerSet, group: GroupDigest, pod: Pod, gone: tuple[Pod, ...], *, served: bool
) -> tuple[str, ...]:
    policy = spec_text(lws.spec, RECREATES, *_POLICY)
    pods = count(len(gone), "pod")
    if len(gone) == 1 and pod.worker > 0:
        why = f"restart policy {policy}"
        why += ", and the group is still starting" if policy == AFTER_START else ""
        said = f"Only this pod stops{_again('is', served=served)} ({why}); group {group.index} "
        return (f"{said}waits for it.",)
    if pod.worker == 0:
        return (
            f"It is the leader of group {group.index}: its workers belong to it, so all {pods} "
            f"stop{_again('are', served=served)}.",
        )
    if not served:
        return (
            f"Restart policy {policy} would have the whole group {group.index} made again, all "
            f"{pods}, but no controller acts on the set.",
        )
    return (
        f"Restart policy {policy}: the whole group {group.index} goes with it, all {pods}, and is "
        "made again.",
    )


def _again(verb: str, *, served: bool) -> str:
    return f" and {verb} made again" if served else ", and no controller makes anything again"


def _facts(one: SetDigest, group: GroupDigest, gone: tuple[Pod, ...]) -> Facts:
    after = one.ready - (group.serves and not group.surge)
    least = floor(one)
    already = "" if group.serves else f" (group {group.index} is down already)"
    return (
        ("Pods", Span(f"{len(gone)} of {one.pods}")),
        ("Serving now", Span(f"{ratio(one.ready, one.replicas)} groups")),
        (
            "after",
            Span(
                f"{ratio(after, one.replicas)} groups{already}",
                "warn" if after < one.ready else "",
            ),
        ),
        ("Rollout floor", Span(f"{least} ready groups", "warn" if after < least else "")),
        ("Accelerators", Span(_devices(gone))),
    )


def _held(pods: tuple[Pod, ...]) -> int:
    return sum(amount for pod in pods for _, amount in pod.accelerators)


def _devices(pods: tuple[Pod, ...]) -> str:
    found = _held(pods)
    return f"{found} released, then asked for again" if found else "none held"


BUILDERS: Final[dict[type, tuple[str, Builder]]] = {DeletePod: ("DELETE POD", _delete)}
"""Titles and builders by intent."""
