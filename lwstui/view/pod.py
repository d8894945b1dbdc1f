"""The pod screen: its containers, and whatever its object tells of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from controller.api.core import Event
from controller.api.meta import parse_time
from controller.api.pods import Container, Pod
from lwstui.state.model import Snapshot
from lwstui.view import usage
from lwstui.view.ages import age, bytes_
from lwstui.view.digest import bad_nodes
from lwstui.view.events import about_object
from lwstui.view.health import FAILURES, FAULTS, Health, judge, pod_health
from lwstui.view.kubectl.containers import container
from lwstui.view.kubectl.pod import readiness_gates, toleration_text, volumes
from lwstui.view.kubectl.text import Json, aligned, pairs, part, parts
from lwstui.view.memo import Memo
from lwstui.view.phrases import topology_key
from lwstui.view.pods import role
from lwstui.view.tables import arrange, glyph, row
from lwstui.view.types import Cell, Column, Line, Query, Ref, Row, Span, TableView
from lwstui.view.usualstart import slow_start_s

COLUMNS: Final = (
    Column("state", "S", 1),
    Column("name", "CONTAINER", 14),
    Column("kind", "KIND", 7),
    Column("status", "STATE", 16),
    Column("since", "FOR", 6, "right", age=True),
    Column("ready", "READY", 5),
    Column("restarts", "RST", 3, "right"),
    Column("last", "LAST END", 17, flex=True),
    Column("ended", "AGO", 6, "right", age=True),
    *usage.COLUMNS,
    Column("image", "IMAGE", 20, flex=True, min_screen=130),
)
_USAGE_AT: Final = COLUMNS.index(usage.COLUMNS[0])
_SIGNALS: Final = {9: "SIGKILL", 11: "SIGSEGV", 6: "SIGABRT", 15: "SIGTERM", 2: "SIGINT"}
_FROM_SIGNAL: Final = 128


@dataclass(frozen=True, slots=True)
class PodView:
    """The pod screen.

    Attributes:
        found: False when the pod is gone; ``title`` then says so.
        title: The title line.
        facts: State, place and requests.
        table: Its containers in the order they start.
    """

    found: bool
    title: Line
    facts: tuple[Line, ...] = ()
    table: TableView = field(default_factory=lambda: TableView(COLUMNS))


def pod_view(
    snapshot: Snapshot,
    ref: Ref,
    query: Query,
    now: float,
    memo: Memo,
    *,
    body: Mapping[str, Any] | None = None,
) -> PodView:
    """Return what the pod screen shows above its detail.

    Args:
        snapshot: What is known.
        ref: The pod.
        query: Filter and order of its containers.
        now: Epoch seconds.
        memo: Remembers derived values between calls.
        body: The whole pod, if it has been read.
    """
    pod = snapshot.pods.get(ref.key)
    if pod is None:
        return PodView(False, (Span(f"{ref.key} ", "title"), Span("is gone", "warn")))
    bad = dict(bad_nodes(snapshot, memo, now)).get(pod.node, "")
    slow_s = slow_start_s(snapshot, pod.set_key, memo, now)
    health = pod_health(pod, now, bad_node=bad, slow_s=slow_s)
    title = (Span(f"{pod.namespace} / ", "dim"), Span(pod.name, "title"))
    telemetry = snapshot.telemetry
    used = telemetry.pod_usage.get(pod.key)
    parts = [used.part(one.name) if used is not None else None for one in pod.containers]
    plain = [_row(pod, one, body or {}, now) for one in pod.containers]
    rows = [
        usage.widened(one, _USAGE_AT, part, now, telemetry)
        for one, part in zip(plain, parts, strict=True)
    ]
    return PodView(
        True,
        (*title, Span(f"   {_place(pod)}")),
        tuple(_facts(snapshot, pod, health, now)),
        arrange(COLUMNS, rows, query, now, empty="no containers", default="kind"),
    )


def _place(pod: Pod) -> str:
    return f"{role(pod)} of group {pod.group} of {pod.set_name}" if pod.set_name else "in no set"


def _facts(snapshot: Snapshot, pod: Pod, health: Health, now: float) -> Iterator[Line]:
    since = f" for {age(now - health.since)}" if health.since else ""
    tone = health.tone if health.glyph in FAULTS else ""
    reason = f"   {health.reason}" if health.reason else ""
    yield (Span(f"{health.glyph} {health.word}{since}", health.tone), Span(reason, tone))
    node = snapshot.nodes.get(pod.node)
    key = topology_key((node,) if node is not None else ())
    domain = f" ({node.labels[key]})" if node is not None and key else ""
    owner = f"{pod.owner_kind} {pod.owner_name}".strip() or "nobody"
    yield (
        Span("node ", "dim"),
        Span(f"{pod.node or 'none yet'}{domain}"),
        Span("   revision ", "dim"),
        Span(pod.revision or "none"),
        Span("   owner ", "dim"),
        Span(owner),
        Span("   created ", "dim"),
        Span(f"{age(now - pod.created_at)} ago"),
    )
    devices = "".join(f", {name} {amount}" for name, amount in pod.accelerators)
    yield (
        Span("asks for ", "dim"),
        Span(f"cpu {pod.cpu_milli / 1000:g}, memory {bytes_(pod.memory_bytes)}{devices}"),
        Span("   ip ", "dim"),
        Span(pod.ip or "none yet"),
        *((Span("   gates ", "dim"), Span(", ".join(pod.gates), "warn")) if pod.gates else ()),
    )
    yield from usage.lines(snapshot.telemetry.pod_usage.get(pod.key), now, snapshot.telemetry)


# Containers.


def _row(pod: Pod, one: Container, body: Json, now: float) -> Row:
    health = container_health(one)
    ended = one.last_finished_at
    since = one.started_at
    kind = "init" if one.init else "main"
    if one.init and _spec_of(body, one.name).get("restartPolicy") == "Always":
        kind = "sidecar"
    last = _last_end(one, body)
    cells = (
        glyph(health),
        Cell(one.name),
        Cell(kind, "dim" if one.init else ""),
        Cell(health.reason, health.tone if health.glyph in FAULTS else ""),
        Cell(age(now - since) if since else "", "dim"),
        Cell("yes" if one.ready else "no", "" if one.ready else "dim"),
        Cell(str(one.restarts), "warn" if one.restarts else "dim"),
        Cell(last or "—", "warn" if last else "dim"),
        Cell(age(now - ended) if ended else "", "dim"),
        Cell(one.image, "dim"),
    )
    order = pod.containers.index(one)
    sort = (
        health.severity,
        one.name,
        (not one.init, order),
        health.reason,
        -(since or 0.0),
        not one.ready,
        -one.restarts,
        last,
        -(ended or 0.0),
        one.image,
    )
    ref = Ref("pod", pod.namespace, pod.name, pod.group, pod.worker, pod.uid)
    return row(f"{'init' if one.init else 'main'}/{one.name}", cells, sort, ref, health)


def container_health(one: Container) -> Health:
    """Return a container's state as a judgment; its reason is the state in words."""
    reason = " ".join(filter(None, (one.state, one.reason)))
    if one.state == "waiting":
        return judge("X" if one.reason in FAILURES else "o", one.reason or "waiting")
    if one.state == "terminated":
        if not one.exit_code:
            return judge("·", "completed", word="completed")
        return judge("!", f"{_why(one.reason)}exit {one.exit_code}{_signal(one.exit_code)}")
    if one.state == "running":
        return judge("·" if one.ready or one.init else "o", reason)
    return judge("_", "not started yet")


def _why(reason: str) -> str:
    return f"{reason}, " if reason not in ("", "Error", "Completed") else ""


def _signal(code: int | None, named: object = 0) -> str:
    """Return the signal that ended a process, told or read from its exit code."""
    number = named if isinstance(named, int) and named else (code or 0) - _FROM_SIGNAL
    return f" {_SIGNALS.get(number, f'signal {number}')}" if number > 0 else ""


def _last_end(one: Container, body: Json) -> str:
    if one.last_exit_code is None and not one.last_reason:
        return ""
    told = part(_status_of(body, one.name), "lastState", "terminated")
    code = one.last_exit_code
    return f"{_why(one.last_reason)}exit {code}{_signal(code, told.get('signal'))}"


def _spec_of(body: Json, name: str) -> Json:
    found = (*parts(body, "spec", "initContainers"), *parts(body, "spec", "containers"))
    return next((one for one in found if one.get("name") == name), {})


def _status_of(body: Json, name: str) -> Json:
    kinds = ("initContainerStatuses", "containerStatuses")
    found = [status for kind in kinds for status in parts(body, "status", kind)]
    return next((one for one in found if one.get("name") == name), {})


# What the object tells.


def pod_detail(
    body: Mapping[str, Any],
    name: str,
    events: Iterable[Event],
    now: float,
    figures: Sequence[Line] = (),
) -> tuple[Line, ...]:
    """Return what a pod's object tells of one container and of the pod as a whole.

    Args:
        body: The whole pod.
        name: The container.
        events: Events about the pod.
        now: Epoch seconds.
        figures: What is measured of it, and who told it.
    """
    spec = _spec_of(body, name)
    told = aligned(container(spec, _status_of(body, name))) if spec else []
    return (
        _head(f"CONTAINER {name}"),
        *((Span(line.removeprefix("  ")),) for line in told),
        (),
        _head("CONDITIONS"),
        *_conditions(body, now),
        (),
        _head("VOLUMES"),
        *_plain([*volumes(part(body, "spec"))][1:]),
        (),
        _head("SCHEDULING"),
        *_plain(_scheduling(body)),
        *(((), _head("FIGURES"), *figures) if figures else ()),
        *_said(events, now),
    )


def about_pod(snapshot: Snapshot, ref: Ref) -> tuple[Event, ...]:
    """Return the events about a pod."""
    about = about_object(snapshot, ref)
    return tuple(event for event in snapshot.events.values() if about(event))


def _head(text: str) -> Line:
    return (Span(text, "bold"),)


def _plain(lines: Iterable[str]) -> Iterator[Line]:
    written = aligned(lines)
    yield from ((Span(line),) for line in written or ["  none"])


def _conditions(body: Json, now: float) -> Iterator[Line]:
    for one in parts(body, "status", "conditions"):
        met = one.get("status") == "True"
        since = (
            parse_time(str(one.get("lastTransitionTime") or ""))
            if one.get("lastTransitionTime")
            else None
        )
        for_ = f"for {age(now - since)}" if since else ""
        why = ": ".join(filter(None, (str(one.get("reason") or ""), str(one.get("message") or ""))))
        yield (
            Span(f"  {one.get('type', '')!s:<26} "),
            Span(f"{one.get('status', '')!s:<6}", "ok" if met else "warn"),
            Span(f" {for_:<11} ", "dim"),
            Span(why),
        )


def _scheduling(body: Json) -> Iterator[str]:
    spec = part(body, "spec")
    named = (
        ("Priority", "priority"),
        ("Priority class", "priorityClassName"),
        ("Runtime class", "runtimeClassName"),
        ("Service account", "serviceAccountName"),
        ("Scheduler", "schedulerName"),
    )
    yield from (f"  {title}:\t{spec[key]}" for title, key in named if spec.get(key))
    quality = part(body, "status").get("qosClass")
    if quality:
        yield f"  QoS class:\t{quality}"
    for line in pairs("Node selectors", part(spec, "nodeSelector")):
        yield f"  {line}"
    for toleration in parts(spec, "tolerations"):
        yield f"  Toleration:\t{toleration_text(toleration)}"
    yield from (f"  {line}" for line in readiness_gates(body))


def _said(events: Iterable[Event], now: float) -> Iterator[Line]:
    found = sorted(events, key=lambda event: -event.last_at)
    if not found:
        return
    yield ()
    yield _head("EVENTS")
    for event in found:
        times = f" ×{event.count}" if event.count > 1 else ""
        yield (
            Span(f"  {age(now - event.last_at):>6} ago  ", "dim"),
            Span(f"{event.reason}{times}  ", "warn" if event.type == "Warning" else ""),
            Span(event.note),
        )
