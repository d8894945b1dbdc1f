"""Describe: what is known of one object, in words, from the snapshot alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from heapq import nlargest
from typing import Any, Final

from controller.api.core import Event, Node
from controller.api.lws import LeaderWorkerSet
from controller.api.meta import parse_time
from controller.api.pods import Container, Pod
from lwstui.capacity.free import node_devices
from lwstui.kube.clean import clean_line
from lwstui.state.manner import Times
from lwstui.state.model import Snapshot
from lwstui.state.patches import images
from lwstui.view.ages import age, bytes_, count, ratio, stamp
from lwstui.view.devicemap import owners
from lwstui.view.digest import GroupDigest, SetDigest, bad_nodes, digest
from lwstui.view.events import about_object
from lwstui.view.health import Health, node_health, pod_health
from lwstui.view.kubectl.custom import describe_object
from lwstui.view.kubectl.node import describe_node
from lwstui.view.kubectl.pod import describe_pod
from lwstui.view.memo import Memo
from lwstui.view.phrases import devices_text, event_lines, product
from lwstui.view.pods import role
from lwstui.view.rollout import budget, floor, partition_now
from lwstui.view.spec import spec_text
from lwstui.view.types import Line, Ref, Span, Tone
from lwstui.view.usualstart import slow_start_s

LABEL_CELLS: Final = 17
EVENTS: Final = 20


def describe(
    snapshot: Snapshot, ref: Ref, now: float, body: Mapping[str, Any] | None = None
) -> tuple[Line, ...]:
    """Return the description of a set, group, pod or node as lines.

    Args:
        snapshot: What is known.
        ref: The object; of one that is gone the lines say so.
        now: Epoch seconds.
        body: The whole object, if it has been read: it is told as ``kubectl describe`` would,
            below what only this console knows.
    """
    if body is not None and ref.kind in ("set", "pod", "node"):
        lines = _whole(snapshot, ref, now, body)
    elif ref.kind == "pod":
        lines = _pod(snapshot, ref, now)
    elif ref.kind == "node":
        lines = _node(snapshot, ref, now)
    elif ref.kind == "event":
        lines = _event(snapshot, ref)
    else:
        lines = _set_or_group(snapshot, ref, now)
    return lines or ((Span(f"{ref.kind} {ref.key} is gone", "warn"),),)


def _whole(snapshot: Snapshot, ref: Ref, now: float, body: Mapping[str, Any]) -> tuple[Line, ...]:
    """Return what only the console knows of an object, and the object as kubectl tells it."""
    about = about_object(snapshot, ref)
    found = [event for event in snapshot.events.values() if about(event)]
    if ref.kind == "pod":
        head, told = _pod_head(snapshot, ref, now), describe_pod(body, found, now)
    elif ref.kind == "node":
        pods = snapshot.node_pods.get(ref.name, ())
        head, told = _node_head(snapshot, ref), describe_node(body, pods, found, now)
    else:
        own = [event for event in found if event.regarding_kind == "LeaderWorkerSet"]
        head, told = _set_or_group(snapshot, ref, now, told=True), describe_object(body, own, now)
    return (*head, (), *(_told(line) for line in told)) if head else ()


def _told(line: str) -> Line:
    heading = line.endswith(":") and not line.startswith(" ")
    return (Span(line, "bold" if heading else ""),)


def _title(*words: str) -> Line:
    return (Span("  ".join(words), "title"),)


def _fact(label: str, value: str, tone: Tone = "") -> Line:
    # Parts of a spec are as they were written until here.
    return (Span(f"{clean_line(label):<{LABEL_CELLS}} ", "dim"), Span(clean_line(value), tone))


def _created(snapshot: Snapshot, at: float | None, now: float) -> Line:
    ago = age(now - at) if at else "?"
    return _fact("Created", f"{stamp(at, snapshot.manner.times)} ({ago} ago)")


def _head(text: str) -> tuple[Line, Line]:
    return ((), (Span(text, "bold"),))


def _state(health: Health, now: float) -> Line:
    since = f" for {age(now - health.since)}" if health.since else ""
    why = f": {health.reason}" if health.reason else ""
    return _fact("State", f"{health.glyph} {health.word}{since}{why}", health.tone)


def _events(snapshot: Snapshot, found: Iterable[Event], now: float) -> tuple[Line, ...]:
    newest = nlargest(EVENTS, found, key=lambda event: event.last_at)
    if not newest:
        return ()
    return (*_head("Events"), *event_lines(newest, now, snapshot.manner.times))


def _set_or_group(
    snapshot: Snapshot, ref: Ref, now: float, *, told: bool = False
) -> tuple[Line, ...]:
    """Return what is known of a set or group; events are left out if they are told elsewhere."""
    lws = snapshot.sets.get(ref.key)
    if lws is None:
        return ()
    one = digest(snapshot, lws, Memo(), now)
    if ref.kind == "group":
        group = next((g for g in one.groups if g.index == ref.group), None)
        return _group(snapshot, one, group, now) if group is not None else ()
    return _set(snapshot, one, now, told=told)


def _set(snapshot: Snapshot, one: SetDigest, now: float, *, told: bool) -> tuple[Line, ...]:
    lws, meta = one.lws, one.lws.metadata
    created = parse_time(meta.creation_timestamp)
    about = [e for e in snapshot.events.values() if e.regarding_uid == meta.uid]
    return (
        _title("LeaderWorkerSet", str(one.key)),
        _state(one.health, now),
        _created(snapshot, created, now),
        _fact("Groups", f"{one.ready} of {one.replicas} ready, {one.updated} updated"),
        _fact("Size", f"{count(one.size, 'pod')} per group, the leader included"),
        _fact("Restart policy", spec_text(lws.spec, "None", *_RESTART)),
        _fact("Startup policy", spec_text(lws.spec, "LeaderCreated", "startupPolicy")),
        _fact("Subdomain", spec_text(lws.spec, "Shared", "networkConfig", "subdomainPolicy")),
        _fact("Accelerators", ratio(*one.accelerators) if one.accelerators else "none"),
        *_rollout(one),
        *_head("Images"),
        *(_fact(f"{part} {name}", image) for part, name, image in images(lws.spec)),
        *_conditions(lws, now),
        *_head("Groups"),
        *(_group_line(group, now) for group in one.groups),
        *_waits(snapshot, one),
        *(() if told else _events(snapshot, about, now)),
    )


_RESTART: Final = ("leaderWorkerTemplate", "restartPolicy")


def _rollout(one: SetDigest) -> tuple[Line, ...]:
    unavailable, surge = budget(one.lws)
    lines = [
        *_head("Rollout"),
        _fact("Revision", one.desired or "unknown"),
        _fact("May be down", f"{count(unavailable, 'group')}, so {floor(one)} stay ready"),
        _fact("Surge", count(surge, "group")),
        _fact("User's partition", str(one.partition)),
    ]
    if one.rolling:
        lines.append(_fact("Stands at", f"partition {partition_now(one)}", "busy"))
    return tuple(lines)


def _conditions(lws: LeaderWorkerSet, now: float) -> tuple[Line, ...]:
    lines: list[Line] = list(_head("Conditions"))
    for condition in lws.status.conditions:
        since = parse_time(condition.last_transition_time)
        for_ = f" for {age(now - since)}" if since else ""
        tone: Tone = "" if condition.status == "True" else "dim"
        text = f"{condition.status}{for_}  {condition.reason}: {condition.message}"
        lines.append(_fact(condition.type, text, tone))
    return tuple(lines)


def _group_line(group: GroupDigest, now: float) -> Line:
    health = group.health
    since = f" {age(now - health.since)}" if health.since else ""
    return (
        Span(f"{group.index:>5} ", "dim"),
        Span(f"{health.glyph} {health.word}{since}", health.tone),
        Span(f"  {ratio(group.ready, group.size)} pods  {group.revision[:6]}"),
        Span(f"  {health.reason}", "dim"),
    )


def _waits(snapshot: Snapshot, one: SetDigest) -> tuple[Line, ...]:
    waits = snapshot.controller.waits.get(one.key, ())
    if not waits:
        return ()
    return (
        *_head("The controller waits"),
        *(_fact(f"group {g}" if g >= 0 else "set", reason) for _, reason, g in waits),
    )


def _group(snapshot: Snapshot, one: SetDigest, group: GroupDigest, now: float) -> tuple[Line, ...]:
    history = snapshot.history.get((one.key, group.index))
    again = max(0, len(history.incarnations) - 1) if history is not None else 0
    uids = {pod.uid for pod in group.pods}
    about = [e for e in snapshot.events.values() if e.regarding_uid in uids]
    return (
        _title(f"Group {group.index}", f"of {one.key}"),
        _state(group.health, now),
        _fact("Pods", f"{group.ready} of {group.size} ready"),
        _fact("Revision", group.revision or "none"),
        *((_fact("Seen recreated", count(again, "time")),) if again else ()),
        *_head("Pods"),
        *(
            (
                Span(f"  {role(pod):<7}", "dim"),
                Span(f"{health.glyph} {health.word:<10}", health.tone),
                Span(f"{pod.name}  {pod.node or 'no node yet'}  "),
                Span(health.reason, "dim"),
            )
            for pod, health in zip(group.pods, group.healths, strict=True)
        ),
        *_events(snapshot, about, now),
    )


def _pod_head(snapshot: Snapshot, ref: Ref, now: float) -> tuple[Line, ...]:
    pod = snapshot.pods.get(ref.key)
    if pod is None:
        return ()
    reasons = dict(bad_nodes(snapshot, Memo(), now))
    slow_s = slow_start_s(snapshot, pod.set_key, Memo(), now)
    health = pod_health(pod, now, bad_node=reasons.get(pod.node, ""), slow_s=slow_s)
    place = f"{role(pod)} of group {pod.group} of {pod.set_name}" if pod.set_name else "no set"
    return (
        _title("Pod", str(pod.key)),
        _state(health, now),
        _fact("Belongs to", place),
    )


def _pod(snapshot: Snapshot, ref: Ref, now: float) -> tuple[Line, ...]:
    pod = snapshot.pods.get(ref.key)
    if pod is None:
        return ()
    about = [e for e in snapshot.events.values() if e.regarding_uid == pod.uid]
    return (
        *_pod_head(snapshot, ref, now),
        _fact("Owner", f"{pod.owner_kind} {pod.owner_name}".strip() or "none"),
        _created(snapshot, pod.created_at, now),
        _fact("Node", pod.node or "none yet"),
        _fact("IP", pod.ip or "none yet"),
        _fact("Revision", pod.revision or "none"),
        _fact("Requests", _requests(pod)),
        *(_fact("Claim", name) for name in pod.claims),
        *(_fact("Gate", gate, "warn") for gate in pod.gates),
        *_head("Stages"),
        *_stages(pod, snapshot.manner.times),
        *_head("Containers"),
        *(line for one in pod.containers for line in _container(one, snapshot.manner.times)),
        *_events(snapshot, about, now),
    )


def _requests(pod: Pod) -> str:
    parts = [f"cpu {pod.cpu_milli / 1000:g}", f"memory {bytes_(pod.memory_bytes)}"]
    parts += [f"{name} {amount}" for name, amount in pod.accelerators]
    return ", ".join([*parts, *map(_amount, pod.others)])


def _amount(one: tuple[str, int]) -> str:
    """Return how much of a resource: ``hugepages-1Gi 2 GiB``, ``rdma/hca 4``."""
    name, amount = one
    stored = name == "ephemeral-storage" or name.startswith("hugepages-")
    return f"{name} {bytes_(amount) if stored else amount}"


def _stages(pod: Pod, times: Times) -> tuple[Line, ...]:
    ready = pod.ready_changed_at if pod.ready else None
    stages = (
        ("Scheduled", pod.scheduled_at),
        ("Initialized", pod.initialized_at),
        ("Ready", ready),
    )
    return tuple(
        _fact(name, f"{stamp(at, times)}  after {age(at - pod.created_at)}" if at else "not yet")
        for name, at in stages
    )


def _container(container: Container, times: Times) -> Sequence[Line]:
    kind = "init " if container.init else ""
    state = " ".join(filter(None, (container.state or "unknown", container.reason)))
    tone: Tone = "ok" if container.ready else "warn" if container.restarts else ""
    lines = [
        _fact(f"{kind}{container.name}", f"{state}, restarts {container.restarts}", tone),
        _fact("  image", container.image),
    ]
    if container.message:
        lines.append(_fact("  message", container.message))
    if container.last_reason or container.last_exit_code is not None:
        last = f"{container.last_reason} exit {container.last_exit_code}"
        when = stamp(container.last_finished_at, times)
        lines.append(_fact("  last run", f"{last} at {when}", "warn"))
    return lines


def _node_head(snapshot: Snapshot, ref: Ref) -> tuple[Line, ...]:
    node = snapshot.nodes.get(ref.name)
    if node is None:
        return ()
    held_by = snapshot.node_pods.get(node.name, ())
    health = node_health(node)
    return (
        _title("Node", node.name),
        _fact("State", f"{health.word} {health.reason}".strip(), health.tone),
        *(
            _fact("Accelerators", f"{devices_text(d, product(node))}, {d.free} free")
            for d in node_devices(node, held_by)
        ),
        _fact("Held by", owners(held_by) or "nobody"),
    )


def _allocatable(node: Node) -> str:
    parts = [f"cpu {node.cpu_milli / 1000:g}", bytes_(node.memory_bytes)]
    return ", ".join([*parts, *map(_amount, node.others)])


def _node(snapshot: Snapshot, ref: Ref, now: float) -> tuple[Line, ...]:
    node = snapshot.nodes.get(ref.name)
    if node is None:
        return ()
    about = [
        e
        for e in snapshot.events.values()
        if e.regarding_kind == "Node" and e.regarding_name == node.name
    ]
    return (
        *_node_head(snapshot, ref),
        _fact("Kubelet", node.kubelet_version),
        _fact("Allocatable", _allocatable(node)),
        *(_fact("Taint", f"{key}={value}:{effect}") for key, value, effect in node.taints),
        *_head("Labels"),
        *(_fact(key, value) for key, value in sorted(node.labels.items())),
        *_events(snapshot, about, now),
    )


def _event(snapshot: Snapshot, ref: Ref) -> tuple[Line, ...]:
    event, times = snapshot.events.get(ref.uid), snapshot.manner.times
    if event is None:
        return ()
    return (
        _title(f"{event.type} event", event.reason),
        _fact("About", f"{event.regarding_kind} {event.namespace}/{event.regarding_name}"),
        _fact("First", stamp(event.first_at, times)),
        _fact("Last", f"{stamp(event.last_at, times)}, {count(event.count, 'time')}"),
        _fact("From", event.reporter),
        (),
        (Span(event.note),),
    )
