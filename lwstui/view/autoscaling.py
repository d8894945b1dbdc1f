"""Autoscalers of a set: what they measure, and how many groups they want. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from controller.api.meta import parse_time
from lwstui.state.around import Around
from lwstui.state.model import Snapshot
from lwstui.view.ages import age, count
from lwstui.view.spec import replicas_of
from lwstui.view.types import Line, Ref, Span, Tone

NOT_READ: Final[tuple[Line, ...]] = ((Span("asking the cluster…", "dim"),),)
_METRICS: Final = {
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}


def autoscaling(snapshot: Snapshot, ref: Ref, seen: Around | None, now: float) -> tuple[Line, ...]:
    """Return who sets the number of groups of a set.

    Args:
        snapshot: What is known.
        ref: The set, or a group of it.
        seen: What was read around it, None while that is under way.
        now: Epoch seconds.
    """
    lws = snapshot.sets.get(ref.key)
    if lws is None:
        return ((Span("only sets are scaled: this is about something else", "dim"),),)
    if seen is None:
        return NOT_READ
    if seen.autoscalers_problem:
        return (
            (Span("autoscalers cannot be seen: ", "warn"), Span(seen.autoscalers_problem)),
            (Span("whether one targets this set is not known", "dim"),),
        )
    head: Line = (Span(f"{count(replicas_of(lws), 'group')} asked for by the set", "bold"),)
    if not seen.autoscalers:
        return (
            (Span("no autoscaler targets this set", "dim"),),
            head,
            (
                Span(
                    "checked: HorizontalPodAutoscalers of the namespace whose scaleTargetRef names "
                    "it; others, such as KEDA's, work through one of these",
                    "dim",
                ),
            ),
        )
    several = len(seen.autoscalers) > 1
    warning: Line = (Span(f"! {len(seen.autoscalers)} autoscalers set the same number", "warn"),)
    parts = [line for one in seen.autoscalers for line in _scaler(snapshot, ref, one, now)]
    return (head, *((warning,) if several else ()), *parts)


def _scaler(snapshot: Snapshot, ref: Ref, one: Mapping[str, Any], now: float) -> Iterator[Line]:
    spec, status = _map(one, "spec"), _map(one, "status")
    least, most = spec.get("minReplicas", 1), spec.get("maxReplicas", "?")
    name = str(_map(one, "metadata").get("name", ""))
    yield ()
    yield (Span(f"autoscaler {name}", "title"), Span(f"   {least} to {most} groups"))
    current, wanted = status.get("currentReplicas"), status.get("desiredReplicas")
    decided = (
        "it has decided nothing yet"
        if wanted is None
        else f"wants {wanted} groups, counts {current if current is not None else '?'}"
    )
    at = parse_time(status.get("lastScaleTime") or "")
    when = f"; scaled last {age(now - at)} ago" if at else "; it has never scaled"
    tone: Tone = "warn" if wanted is not None and wanted == most else ""
    yield _told("decision", f"{decided}{when}", tone)
    if wanted is not None and wanted == most:
        yield _told("", "it stands at its maximum: more load does not bring more groups", "warn")
    for metric in spec.get("metrics") or ():
        yield _told("metric", _metric(metric, status))
    yield _told("selector", _selector(snapshot, ref))
    for condition in status.get("conditions") or ():
        bad = _wrong(condition)
        words = f"{condition.get('type')} {condition.get('status')}: {condition.get('message', '')}"
        yield _told("condition", words, "warn" if bad else "dim")


def _told(label: str, text: str, tone: Tone = "") -> Line:
    return (Span(f"  {label:<11}", "dim"), Span(text, tone))


def _wrong(condition: Mapping[str, Any]) -> bool:
    wanted = "False" if condition.get("type") == "ScalingLimited" else "True"
    return str(condition.get("status")) != wanted


def _metric(metric: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    kind = str(metric.get("type", ""))
    asked = _map(metric, _METRICS.get(kind, ""))
    name = _metric_name(asked)
    now = next(
        (
            _value(_map(body, "current"))
            for one in status.get("currentMetrics") or ()
            if one.get("type") == kind
            and _metric_name(body := _map(one, _METRICS.get(kind, ""))) == name
        ),
        "not measured",
    )
    return f"{kind} {name}: {now} against {_value(_map(asked, 'target')) or '?'}"


def _metric_name(body: Mapping[str, Any]) -> str:
    return str(body.get("name") or _map(body, "metric").get("name") or "?")


def _value(of: Mapping[str, Any]) -> str:
    if (percent := of.get("averageUtilization")) is not None:
        return f"{percent}%"
    return str(of.get("averageValue") or of.get("value") or "")


def _selector(snapshot: Snapshot, ref: Ref) -> str:
    """Say which pods are measured: those that the set's scale selects, its leaders."""
    selects = snapshot.sets[ref.key].status.hpa_pod_selector
    if not selects:
        return "the set's status names no pods to measure yet"
    leaders = [pod for pod in snapshot.by_set.get(ref.key, ()) if pod.worker == 0]
    ready = sum(pod.ready for pod in leaders)
    return f"{selects}: {count(len(leaders), 'leader')}, {ready} ready"


def _map(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = body.get(name)
    return found if isinstance(found, Mapping) else {}
