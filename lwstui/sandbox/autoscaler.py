"""The autoscaling controller: scales targets through their scale, and says what it does and why.

Source: behaviour of kubernetes pkg/controller/podautoscaler, not its code.
"""

import asyncio
from dataclasses import replace
from typing import Any

from lwstui.sandbox import queries, scale
from lwstui.sandbox.autoscaling import Decision, Moment, Past, decide, memory_s
from lwstui.sandbox.clock import rfc3339
from lwstui.sandbox.conditions import set_condition
from lwstui.sandbox.crds import CRD_KEY, custom_kind
from lwstui.sandbox.objects import Change, Json, StatusError, Store
from lwstui.sandbox.podmetrics import Measured, NoMetric, PodMetrics
from lwstui.sandbox.recorder import Recorder
from lwstui.sandbox.registry import Resource
from lwstui.sandbox.tables import builtin_table
from lwstui.sandbox.worklist import WorkList

KEY = "horizontalpodautoscalers.autoscaling"
PERIOD_S = 15.0
# The API takes metrics and rules as they come.
UNREADABLE = (AttributeError, KeyError, TypeError, ValueError, ZeroDivisionError)
_COMPONENT = "horizontal-pod-autoscaler"
_Ref = tuple[str, str]


class NoTarget(Exception):
    """What an autoscaler names cannot be scaled."""


class Autoscaler:
    """Looks at each autoscaler every 15 simulated seconds, and when its spec changes.

    Args:
        store: The cluster's objects.
        recorder: Takes the controller's events.
        metrics: What it measures.
    """

    def __init__(self, store: Store, recorder: Recorder, metrics: PodMetrics) -> None:
        self._store = store
        self._recorder = recorder
        self._metrics = metrics
        self._past: dict[str, Past] = {}
        self._timers: dict[_Ref, asyncio.TimerHandle] = {}
        self._targets: dict[tuple[str, int], Resource] = {}
        self._work = WorkList(self._look)

    def start(self) -> None:
        """Take over the autoscalers there are and follow the store; needs a running loop."""
        self._unsubscribe = self._store.subscribe(self._on_change)
        for obj in self._store.items(KEY):
            self._work.add((obj["metadata"]["namespace"], obj["metadata"]["name"]))

    def stop(self) -> None:
        """Stop scaling."""
        self._unsubscribe()
        self._work.clear()
        for timer in self._timers.values():
            timer.cancel()

    def _on_change(self, change: Change) -> None:
        if change.key != KEY:
            return
        meta = change.object["metadata"]
        if change.type == "DELETED":
            self._past.pop(meta["uid"], None)
        elif change.old is None or change.old["spec"] != change.object["spec"]:
            self._work.add((meta["namespace"], meta["name"]))

    def _look(self, ref: _Ref) -> None:
        timer = self._timers.pop(ref, None)
        if timer is not None:
            timer.cancel()
        scaler = self._store.get(KEY, *ref)
        if scaler is None:
            return
        self._timers[ref] = self._store.clock.call_later(PERIOD_S, lambda: self._work.add(ref))
        round_ = _Round(scaler, rfc3339(self._store.clock.now()))
        try:
            self._reconcile(round_)
        except UNREADABLE as error:
            why = f"the autoscaler's spec cannot be read: {error!r}"
            round_.say("ScalingActive", "False", "InvalidMetricSourceType", why)
        self._write(ref, round_)

    def _reconcile(self, round_: "_Round") -> None:
        """Find out what an autoscaler wants, and do it."""
        try:
            resource, target = self._target(round_.scaler)
        except NoTarget as error:
            round_.say("AbleToScale", "False", "FailedGetScale", str(error))
            self._warn(round_.scaler, "FailedGetScale", str(error))
            return
        found = scale.to_scale(resource, target)
        message = "the HPA controller was able to get the target's current scale"
        round_.say("AbleToScale", "True", "SucceededGetScale", message)
        current = found["spec"]["replicas"]
        round_.status |= {
            "currentReplicas": found["status"]["replicas"],
            "desiredReplicas": current,
        }
        if current == 0:
            message = "scaling is disabled since the replica count of the target is zero"
            round_.say("ScalingActive", "False", "ScalingDisabled", message)
            return
        measured = self._measure(round_, found, current)
        if measured is not None:
            self._act(round_, (resource, target), current, measured)

    def _target(self, scaler: Json) -> tuple[Resource, Json]:
        """Return what an autoscaler scales.

        Raises:
            NoTarget: There is no such kind or object, or it has no scale.
        """
        asked, namespace = scaler["spec"]["scaleTargetRef"], scaler["metadata"]["namespace"]
        group = asked.get("apiVersion", "").rpartition("/")[0]
        for kind in self._store.kinds():
            if (kind.group, kind.kind) != (group, asked["kind"]) or not kind.has_scale:
                continue
            found = self._store.get(kind.key, namespace, asked["name"])
            if found is None:
                raise NoTarget(f'{kind.key} "{asked["name"]}" not found')
            crd = self._store.get(CRD_KEY, "", kind.key)
            if crd is None:
                return Resource(kind, kind.key, builtin_table(kind.key)), found
            version = (crd["metadata"]["uid"], crd["metadata"].get("generation", 0))
            if version not in self._targets:
                custom = custom_kind(crd)
                self._targets[version] = Resource(kind, kind.key, custom.table, custom)
            return self._targets[version], found
        raise NoTarget(f'no matches for kind "{asked["kind"]}" in group "{group}"')

    def _measure(self, round_: "_Round", found: Json, current: int) -> Measured | None:
        """Measure every metric and return the one that asks for most, None without any."""
        spec, namespace = round_.scaler["spec"], round_.scaler["metadata"]["namespace"]
        selector = found["status"].get("selector", "")
        if not selector:
            message = "the HPA target's scale is missing a selector"
            round_.say("ScalingActive", "False", "InvalidSelector", message)
            self._warn(round_.scaler, "SelectorRequired", "selector is required")
            return None
        selects = queries.label_predicate(selector)
        pods = [
            pod
            for pod in self._store.items("pods", namespace)
            if (selects is None or selects(pod)) and "deletionTimestamp" not in pod["metadata"]
        ]
        measured: list[Measured] = []
        failure: NoMetric | None = None
        for metric in spec.get("metrics") or ():
            try:
                measured.append(self._metrics.measure(metric, pods, current))
            except NoMetric as error:
                failure = failure or error
                self._warn(round_.scaler, error.reason, str(error))
        round_.status["currentMetrics"] = [each.status for each in measured]
        best = max(measured, key=lambda each: each.wanted, default=None)
        # A metric that cannot be read must not scale down what it may need.
        if best is None or (failure is not None and best.wanted < current):
            reason = failure.reason if failure is not None else "InvalidMetricSourceType"
            why = str(failure) if failure is not None else "the autoscaler names no metrics"
            text = f"the HPA was unable to compute the replica count: {why}"
            round_.say("ScalingActive", "False", reason, text)
            return None
        message = f"the HPA was able to successfully calculate a replica count from {best.what}"
        round_.say("ScalingActive", "True", "ValidMetricFound", message)
        return best

    def _act(
        self, round_: "_Round", target: tuple[Resource, Json], current: int, measured: Measured
    ) -> None:
        spec, uid = round_.scaler["spec"], round_.scaler["metadata"]["uid"]
        now_s = self._store.clock.now() * self._store.clock.speed
        past = self._past.get(uid, Past()).recent(now_s, memory_s(spec))
        decision = decide(spec, current, measured.wanted, past, now_s)
        wanted = (*past.wanted, Moment(now_s, measured.wanted))
        past = replace(past, wanted=wanted)
        _say(round_, decision)
        if decision.replicas != current:
            self._scale(round_, target, decision.replicas)
            self._tell(round_.scaler, current, decision, measured)
            change = Moment(now_s, decision.replicas - current)
            past = replace(past, changes=(*past.changes, change))
        self._past[uid] = past

    def _scale(self, round_: "_Round", target: tuple[Resource, Json], replicas: int) -> None:
        resource, obj = target
        asked = {"spec": {"replicas": replicas}}
        meta = obj["metadata"]

        def change(stored: Json) -> None:
            stored.update(scale.set_replicas(resource, stored, asked))

        self._store.update(resource.key, meta["namespace"], meta["name"], change)
        message = f"the HPA controller was able to update the target scale to {replicas}"
        round_.say("AbleToScale", "True", "SucceededRescale", message)
        round_.status |= {"desiredReplicas": replicas, "lastScaleTime": round_.now}

    def _tell(self, scaler: Json, current: int, decision: Decision, measured: Measured) -> None:
        reason = "All metrics below target"
        if decision.replicas > current:
            reason = f"{measured.what} above target"
        if decision.limited in ("TooFewReplicas", "TooManyReplicas") and measured.wanted == current:
            reason = f"Current number of replicas {_beyond(scaler['spec'], current)}"
        text = f"New size: {decision.replicas}; reason: {reason}"
        self._recorder.component(_COMPONENT, scaler, "SuccessfulRescale", text)

    def _warn(self, scaler: Json, reason: str, message: str) -> None:
        self._recorder.component(_COMPONENT, scaler, reason, message, warning=True)

    def _write(self, ref: _Ref, round_: "_Round") -> None:
        def change(stored: Json) -> None:
            stored["status"] = round_.status

        try:
            self._store.update(KEY, *ref, change, subresource="status")
        except StatusError:
            return


class _Round:
    """One look at an autoscaler, and the status that comes of it."""

    def __init__(self, scaler: Json, now: str) -> None:
        self.scaler = scaler
        self.now = now
        old: Json = scaler.get("status") or {}
        self.status: dict[str, Any] = {
            "currentReplicas": 0,
            "desiredReplicas": 0,
            "currentMetrics": [],
            **old,
            "conditions": [dict(each) for each in old.get("conditions") or ()],
        }

    def say(self, kind: str, value: str, reason: str, message: str) -> None:
        """Set a condition."""
        condition = {"type": kind, "status": value, "reason": reason, "message": message}
        set_condition(self.status, condition, now=self.now)
        for each in self.status["conditions"]:
            each.pop("lastProbeTime", None)


def _say(round_: _Round, decision: Decision) -> None:
    round_.say("AbleToScale", "True", decision.able, decision.able_message)
    round_.status["desiredReplicas"] = decision.replicas
    value = "True" if decision.limited else "False"
    reason = decision.limited or "DesiredWithinRange"
    round_.say("ScalingLimited", value, reason, decision.limited_message)


def _beyond(spec: Json, current: int) -> str:
    below = current < int(spec.get("minReplicas") or 1)
    return "below Spec.MinReplicas" if below else "above Spec.MaxReplicas"
