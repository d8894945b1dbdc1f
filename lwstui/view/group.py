"""The group screen: what one group is waiting for, pod by pod and stage by stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from typing import Final

from controller.api.core import Event
from controller.api.names import EXCLUSIVE_TOPOLOGY
from controller.api.pods import Container, Pod
from lwstui.state.model import Snapshot
from lwstui.state.starts import Usual, usual
from lwstui.view import usage
from lwstui.view.ages import age, count, ratio
from lwstui.view.digest import GroupDigest, SetDigest, digest
from lwstui.view.engines import engine_lines
from lwstui.view.events import about_object
from lwstui.view.health import WORDS, Health
from lwstui.view.memo import Memo
from lwstui.view.phrases import bar, event_lines, topology_key
from lwstui.view.rankload import with_load
from lwstui.view.stages import STAGES, Pulls, pulls
from lwstui.view.startup import (
    COLUMNS,
    StartFrame,
    fault_tone,
    holdup,
    leader_first,
    startup_rows,
    underway,
)
from lwstui.view.tables import arrange
from lwstui.view.types import Column, Line, Query, Ref, Row, Span, TableView, Tone

BAR_CELLS: Final = 16
EVENTS: Final = 6
MOST_NODES: Final = 3


@dataclass(frozen=True, slots=True)
class GroupView:
    """The group screen.

    Attributes:
        found: False when the set or the group is gone; ``title`` then says so.
        title: The title line.
        facts: Progress, and why the group is as it is.
        created: How many of its pods exist.
        table: Pods with the time of each stage.
        worst: Key of the row that holds the group up, empty if there is none.
        events: Of its pods, newest first.
        engine: What the leader's engine does, empty if none is measured.
    """

    found: bool
    title: Line
    facts: tuple[Line, ...] = ()
    created: str = ""
    table: TableView = field(default_factory=lambda: TableView(COLUMNS))
    worst: str = ""
    events: tuple[Line, ...] = ()
    engine: tuple[Line, ...] = ()


def group_view(snapshot: Snapshot, ref: Ref, query: Query, now: float, memo: Memo) -> GroupView:
    """Return what the group screen shows.

    Args:
        snapshot: What is known.
        ref: The group.
        query: Filter and order of its pods.
        now: Epoch seconds.
        memo: Remembers digests between calls.
    """
    frame = _frame(snapshot, ref, now, memo)
    if frame is None:
        gone = (Span(f"{ref.key} group {ref.group} ", "title"), Span("is gone", "warn"))
        return GroupView(False, gone)
    one, group = frame.one, frame.group
    rows = startup_rows(frame)
    about = about_object(snapshot, ref)
    mine = (event for event in snapshot.events.values() if about(event))
    return GroupView(
        True,
        _title(one, group),
        tuple(_facts(frame)),
        f"{ratio(len(group.pods), group.size)} pods created",
        arrange(*_measured(frame, rows), query, now, empty="no pods yet", default="role"),
        holdup(rows),
        _events(snapshot, mine, now),
        _engine(frame),
    )


def _measured(frame: StartFrame, rows: Sequence[Row]) -> tuple[tuple[Column, ...], tuple[Row, ...]]:
    """Return columns and rows with what devices do and what pods use, before the last column."""
    columns, found = with_load(frame, rows)
    telemetry, at = frame.snapshot.telemetry, len(columns) - 1
    used = {pod.uid: telemetry.pod_usage.get(pod.key) for pod in frame.group.pods}
    wider = (usage.widened(r, at, used.get(r.key), frame.now, telemetry) for r in found)
    return (*columns[:at], *usage.COLUMNS, columns[at]), tuple(wider)


def _engine(frame: StartFrame) -> tuple[Line, ...]:
    leader, telemetry = frame.group.leader, frame.snapshot.telemetry
    found = telemetry.engines.get(leader.key) if leader is not None else None
    if found is None:
        return ()
    views = [v for pod in frame.group.pods for v in telemetry.by_pod.get(pod.key, ())]
    return engine_lines(found, frame.now, telemetry, views, frame.group.bound)


def _frame(snapshot: Snapshot, ref: Ref, now: float, memo: Memo) -> StartFrame | None:
    lws = snapshot.sets.get(ref.key)
    if lws is None:
        return None
    one = digest(snapshot, lws, memo, now)
    group = next((g for g in one.groups if g.index == ref.group), None)
    return StartFrame(snapshot, one, group, _pulls(snapshot, memo, now), now) if group else None


def _pulls(snapshot: Snapshot, memo: Memo, now: float) -> Mapping[str, Pulls]:
    def build() -> tuple[dict[str, Pulls], float]:
        return pulls(snapshot.events.values()), float("inf")

    return memo.get("pulls", (snapshot.events,), now, build)


def _events(snapshot: Snapshot, found: Iterable[Event], now: float) -> tuple[Line, ...]:
    newest = nlargest(EVENTS, found, key=lambda event: event.last_at)
    return event_lines(newest, now, snapshot.manner.times)


# Title and facts.


def _title(one: SetDigest, group: GroupDigest) -> Line:
    devices = sum(amount for pod in group.pods for _, amount in pod.accelerators)
    words = [
        f"rev {group.revision[:6]}" if group.revision else "",
        count(group.size, "pod"),
        f"{devices} GPU" if devices else "",
        "workers wait for the leader" if leader_first(one) else "starts all at once",
        "surge" if group.surge else "",
    ]
    return (
        Span(f"{one.key.namespace} / {one.key.name} / ", "dim"),
        Span(f"group {group.index}", "title"),
        Span("   " + "   ".join(filter(None, words))),
    )


def _facts(frame: StartFrame) -> Iterable[Line]:
    snapshot, one, group, now = frame.snapshot, frame.one, frame.group, frame.now
    health = group.health
    yield (
        Span(bar(group.ready, group.size, BAR_CELLS), health.tone),
        Span(f"  {health.glyph} {WORDS[health.glyph].upper()} ", health.tone),
        Span(f"{ratio(group.ready, group.size)} pods ready"),
        *_time(snapshot, one, group, now),
    )
    reason = underway(frame) if health.glyph == "o" else health.reason
    if reason:
        yield (Span("why      ", "dim"), Span(reason, fault_tone(health)))
    again = snapshot.history.get((one.key, group.index))
    if again is not None and len(again.incarnations) > 1:
        times = count(len(again.incarnations) - 1, "time")
        since = age(now - again.incarnations[0])
        yield (Span("before   ", "dim"), Span(f"recreated {times} in {since}", "warn"))
    for code, reason, index in snapshot.controller.waits.get(one.key, ()):
        if index == group.index and code:
            yield (Span("waiting  ", "dim"), Span(reason))


def _time(snapshot: Snapshot, one: SetDigest, group: GroupDigest, now: float) -> Iterable[Span]:
    leader = group.leader
    if leader is None:
        return
    image = next((c.image for c in leader.containers if not c.init), "")
    known = usual(snapshot.starts.get(one.key, ()), (image,))
    if group.serves:
        took = max((pod.ready_changed_at or now for pod in group.pods), default=now)
        restarted = any(pod.restarts for pod in group.pods)
        if not restarted:
            yield Span(f"   started in {age(took - leader.created_at)}")
    else:
        so_far = now - leader.created_at
        slow = known is not None and known.settled and so_far > known.p90_s
        yield Span(f"   {age(so_far)} so far", "warn" if slow else "")
    if known is not None:
        yield Span(f", {_usual(known)}", "dim")


def _usual(known: Usual) -> str:
    text = f"usual {age(known.p50_s)}"
    if known.settled:
        return f"{text} (p90 {age(known.p90_s)})"
    return f"{text} ({count(known.samples, 'start')} seen)"


# The pod under the cursor.


def pod_facts(
    snapshot: Snapshot, ref: Ref, worker: int, now: float, memo: Memo
) -> tuple[Line, ...]:
    """Return what to know of one pod of a group: place, image, containers.

    Args:
        snapshot: What is known.
        ref: The group.
        worker: Worker index of the pod.
        now: Epoch seconds.
        memo: Remembers digests between calls.
    """
    frame = _frame(snapshot, ref, now, memo)
    if frame is None:
        return ()
    found = dict(zip((p.worker for p in frame.group.pods), frame.group.healths, strict=True))
    pod = next((p for p in frame.group.pods if p.worker == worker), None)
    if pod is None:
        return ((Span("this pod does not exist yet", "dim"),),)
    lines = (_who(frame, pod, found[worker]), _where(frame, pod), _containers(pod))
    return tuple(line for line in lines if line)


def _who(frame: StartFrame, pod: Pod, health: Health) -> Line:
    size = frame.group.size
    what = "leader" if pod.worker == 0 else f"worker {pod.worker} of {size - 1}"
    image = next((c.image for c in pod.containers if not c.init), "")
    return (
        Span(f"{what}   "),
        Span(f"{health.glyph} {health.word}", health.tone),
        Span(f"   {health.reason}" if health.reason else "", fault_tone(health)),
        Span(f"   image {image}", "dim"),
    )


def _where(frame: StartFrame, pod: Pod) -> Line:
    if not pod.node:
        return (Span("node     ", "dim"), Span("none yet"))
    node = frame.snapshot.nodes.get(pod.node)
    key = topology_key(
        (node,) if node is not None else (), frame.one.lws.annotations.get(EXCLUSIVE_TOPOLOGY, "")
    )
    domain = node.labels.get(key, "") if node is not None else ""
    spans = [Span("node     ", "dim"), Span(pod.node), Span(f"   {domain}" if domain else "")]
    others = _same_image(frame, pod)
    if others:
        spans.append(Span(f"   {others}", "dim"))
    return tuple(span for span in spans if span.text)


def _same_image(frame: StartFrame, pod: Pod) -> str:
    """Return how long other nodes took for the image this pod still waits for."""
    at = STAGES.index("image")
    healths = dict(zip((p.uid for p in frame.group.pods), frame.group.healths, strict=True))
    if frame.stages(pod, healths[pod.uid])[at].state != "now":
        return ""
    wanted = {c.image for c in pod.containers}
    took: dict[str, float] = {}
    for other in frame.group.pods:
        if other.node == pod.node or not wanted & {c.image for c in other.containers}:
            continue
        stage = frame.stages(other, healths[other.uid])[at]
        if stage.state == "done" and stage.seconds is not None:
            took[other.node] = max(took.get(other.node, 0.0), stage.seconds)
    slowest = sorted(took.items(), key=lambda item: -item[1])[:MOST_NODES]
    if not slowest:
        return ""
    return "same image: " + ", ".join(f"{name} took {age(seconds)}" for name, seconds in slowest)


def _containers(pod: Pod) -> Line:
    spans = [Span("parts    ", "dim")]
    for container in pod.containers:
        spans += [Span(f"{_named(container)} "), _state(container), Span("   ")]
    return tuple(spans[:-1]) if pod.containers else ()


def _named(container: Container) -> str:
    return f"init {container.name}" if container.init else container.name


def _state(container: Container) -> Span:
    if container.ready and container.state == "running":
        return Span("ready", "ok")
    words = [container.state or "not started", container.reason]
    if container.exit_code is not None:
        words.append(f"exit {container.exit_code}")
    done = container.init and container.exit_code == 0
    tone: Tone = "" if done else "warn" if container.restarts or container.exit_code else "busy"
    return Span(" ".join(filter(None, words)), tone)
