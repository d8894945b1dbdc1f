"""The scheduler's loop: binds pods to nodes, says why not, and tries again when things change."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from lwstui.sandbox.claims import claim_names
from lwstui.sandbox.clock import rfc3339
from lwstui.sandbox.cluster_view import (
    ClusterView,
    NodeFacts,
    PodFacts,
    holds_resources,
    node_facts,
    pod_facts,
)
from lwstui.sandbox.conditions import set_condition
from lwstui.sandbox.objects import Change, Store
from lwstui.sandbox.predicates import (
    Refusal,
    choose,
    explain,
    explain_before_filters,
    neighbours,
    refusal,
)
from lwstui.sandbox.recorder import Recorder

NAME = "default-scheduler"
# The API takes affinities and a node's amounts as they come; what cannot be read is not scheduled.
UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)
_RETRY_AFTER_S = 1.0
_COPIED_LABELS = ("topology.kubernetes.io/zone", "topology.kubernetes.io/region")
_Ref = tuple[str, str]


def wants_scheduling(pod: Mapping[str, Any]) -> bool:
    """Tell whether the default scheduler has to find a node for ``pod``."""
    spec = pod["spec"]
    return (
        not spec.get("nodeName")
        and "deletionTimestamp" not in pod["metadata"]
        and spec.get("schedulerName", NAME) == NAME
        and (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")
    )


class Scheduler:
    """Schedules the pods of a store.

    New pods are tried at once; a pod that fits nowhere is tried again a simulated second after the
    cluster has changed in a way that could help.

    Args:
        store: The cluster's objects.
        recorder: Takes ``Scheduled`` and ``FailedScheduling`` events.
    """

    def __init__(self, store: Store, recorder: Recorder) -> None:
        self._store = store
        self._recorder = recorder
        self._view = ClusterView()
        self._active: dict[_Ref, None] = {}
        self._waiting: dict[_Ref, None] = {}
        self._round: asyncio.Handle | None = None
        self._retry: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Take in what the store holds and follow it; needs a running loop."""
        for key in ("namespaces", "nodes", "pods"):
            for obj in self._store.items(key):
                self._take(key, obj, gone=False)
        self._unsubscribe = self._store.subscribe(self._on_change)

    def stop(self) -> None:
        """Stop following the store and drop what is planned."""
        self._unsubscribe()
        for handle in (self._round, self._retry):
            if handle is not None:
                handle.cancel()

    def _on_change(self, change: Change) -> None:
        self._take(change.key, change.object, gone=change.type == "DELETED")
        meta = change.object["metadata"]
        edited = change.old is not None and change.old.get("spec") != change.object.get("spec")
        if change.key == "pods" and edited and (meta["namespace"], meta["name"]) in self._waiting:
            self._plan_retry()

    def _take(self, key: str, obj: dict[str, Any], *, gone: bool) -> None:
        match key:
            case "pods":
                self._take_pod(obj, gone=gone)
            case "nodes":
                self._take_node(obj, gone=gone)
            case "namespaces":
                self._view.namespaces[obj["metadata"]["name"]] = obj["metadata"].get("labels") or {}
            case "persistentvolumeclaims":
                self._plan_retry()

    def _take_pod(self, pod: dict[str, Any], *, gone: bool) -> None:
        meta = pod["metadata"]
        ref = (meta["namespace"], meta["name"])
        if gone or not wants_scheduling(pod):
            self._active.pop(ref, None)
            self._waiting.pop(ref, None)
        elif ref not in self._waiting:
            self._active[ref] = None
            self._plan_round()
        if not gone and holds_resources(pod):
            known = self._view.placed.get(meta["uid"])
            if known is None or _differs(known, pod):
                with suppress(*UNREADABLE):
                    self._view.place(pod_facts(pod))
                self._plan_retry()
        elif self._view.remove(meta["uid"]):
            self._plan_retry()

    def _take_node(self, node: dict[str, Any], *, gone: bool) -> None:
        name = node["metadata"]["name"]
        if gone:
            self._view.nodes.pop(name, None)
            return
        try:
            facts = node_facts(node)
        except UNREADABLE:
            self._view.nodes.pop(name, None)
            return
        if self._view.nodes.get(name) != facts:
            self._view.nodes[name] = facts
            self._plan_retry()

    def _plan_round(self) -> None:
        if self._round is None:
            self._round = asyncio.get_running_loop().call_soon(self._run_round)

    def _plan_retry(self) -> None:
        if self._waiting and self._retry is None:
            self._retry = self._store.clock.call_later(_RETRY_AFTER_S, self._run_retry)

    def _run_retry(self) -> None:
        self._retry = None
        self._active.update(self._waiting)
        self._waiting.clear()
        self._run_round()

    def _run_round(self) -> None:
        self._round = None
        pods = [self._store.get("pods", *ref) for ref in self._active]
        self._active.clear()
        ready = [pod for pod in pods if pod is not None and wants_scheduling(pod)]
        ready.sort(key=lambda pod: -(pod["spec"].get("priority") or 0))
        for pod in ready:
            try:
                self._schedule(pod)
            except UNREADABLE as error:
                self._refuse(pod, "SchedulerError", f"the pod's rules cannot be read: {error!r}")

    def _schedule(self, pod: dict[str, Any]) -> None:
        gates = pod["spec"].get("schedulingGates")
        if gates:
            message = "Scheduling is blocked due to non-empty scheduling gates"
            self._refuse(pod, "SchedulingGated", message)
            return
        facts = pod_facts(pod)
        why = self._missing_claim(pod)
        if why:
            message = explain_before_filters(len(self._view.nodes), why)
            self._report(pod, message)
            return
        near = neighbours(facts, self._view)
        fitting: list[NodeFacts] = []
        refusals: dict[str, Refusal] = {}
        for name, node in self._view.nodes.items():
            refused = refusal(facts, node, self._view, near)
            if refused is None:
                fitting.append(node)
            else:
                refusals[name] = refused
        if fitting:
            self._bind(pod, facts, choose(facts, fitting, self._view))
        else:
            preempts = pod["spec"].get("preemptionPolicy") != "Never"
            self._report(pod, explain(refusals, preempts=preempts))

    def _missing_claim(self, pod: dict[str, Any]) -> str:
        namespace = pod["metadata"]["namespace"]
        for name in claim_names(pod):
            claim = self._store.get("persistentvolumeclaims", namespace, name)
            if claim is None:
                return f'persistentvolumeclaim "{name}" not found'
            if (claim.get("status") or {}).get("phase") != "Bound":
                return "pod has unbound immediate PersistentVolumeClaims"
        return ""

    def _bind(self, pod: dict[str, Any], facts: PodFacts, node: NodeFacts) -> None:
        copied = {key: node.labels[key] for key in _COPIED_LABELS if key in node.labels}

        def bind(target: dict[str, Any]) -> None:
            target["spec"]["nodeName"] = node.name
            target["metadata"]["labels"] = copied | (target["metadata"].get("labels") or {})
            self._condition(target, "True", "", "")

        bound = self._store.update(
            "pods", facts.namespace, facts.name, bind, subresource="binding", uid=facts.uid
        )
        message = f"Successfully assigned {facts.namespace}/{facts.name} to {node.name}"
        self._recorder.scheduler(bound, "Scheduled", message)

    def _report(self, pod: dict[str, Any], message: str) -> None:
        self._refuse(pod, "Unschedulable", message)
        self._recorder.scheduler(pod, "FailedScheduling", message, warning=True)

    def _refuse(self, pod: dict[str, Any], reason: str, message: str) -> None:
        ref = (pod["metadata"]["namespace"], pod["metadata"]["name"])
        if reason != "SchedulingGated":
            self._waiting[ref] = None
        self._store.update(
            "pods",
            *ref,
            lambda target: self._condition(target, "False", reason, message),
            subresource="status",
        )
        self._active.pop(ref, None)

    def _condition(self, pod: dict[str, Any], status: str, reason: str, message: str) -> None:
        set_condition(
            pod.setdefault("status", {}),
            {"type": "PodScheduled", "status": status, "reason": reason, "message": message},
            now=rfc3339(self._store.clock.now()),
            generation=pod["metadata"].get("generation"),
        )


def _differs(known: PodFacts, pod: dict[str, Any]) -> bool:
    """Tell whether a pod is not as it was placed: its labels, or what it asks for."""
    if known.labels != (pod["metadata"].get("labels") or {}):
        return True
    return known.spec is not pod["spec"] and known.spec != pod["spec"]
