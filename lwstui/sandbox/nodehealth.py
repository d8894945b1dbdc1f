"""Nodes that are lost and come back: what their kubelet stops saying and the control plane does.

Source: kubernetes pkg/controller/nodelifecycle (behaviour): conditions, taints, pods' readiness.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lwstui.sandbox.clock import rfc3339
from lwstui.sandbox.conditions import set_condition
from lwstui.sandbox.kubelet import Kubelet
from lwstui.sandbox.objects import Json, Store
from lwstui.sandbox.recorder import Recorder

# Without a word from the kubelet for so long, a node's state is unknown.
GRACE_S = 50.0
_PREFIX = "node.kubernetes.io/"
_EFFECTS = ("NoSchedule", "NoExecute")
_KUBELET_REASONS = {
    "MemoryPressure": ("False", "KubeletHasSufficientMemory", "kubelet has sufficient memory"),
    "DiskPressure": ("False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    "PIDPressure": ("False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    "Ready": ("True", "KubeletReady", "kubelet is posting ready status"),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A node condition to be: status, reason and message."""

    status: str
    reason: str
    message: str


UNREACHABLE = Verdict("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")


class NodeHealth:
    """Takes nodes down and up again.

    The pods of a node that is down go on as they were, but nothing is written about them: not
    their end either, so a deleted pod stays until the node is back.

    Args:
        store: The cluster's objects.
        recorder: Takes the node controller's events.
        kubelet: Is silenced for nodes that are down.
    """

    def __init__(self, store: Store, recorder: Recorder, kubelet: Kubelet) -> None:
        self._store = store
        self._recorder = recorder
        self._kubelet = kubelet
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._cut_off: set[str] = set()

    def stop(self) -> None:
        """Drop what is planned."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def is_cut_off(self, node: str) -> bool:
        """Tell whether a node is silent; one that only cannot run pods is not."""
        return node in self._cut_off

    def cut_off(self, node: str) -> None:
        """Silence a node: after the grace period it is unreachable."""
        self._kubelet.pause(node)
        self._cancel(node)
        self._cut_off.add(node)
        later = self._store.clock.call_later(GRACE_S, lambda: self._lose(node, UNREACHABLE))
        self._timers[node] = later

    def disable(self, node: str, reason: str, message: str) -> None:
        """Have a node's kubelet say that it cannot run pods, as when its runtime is down."""
        self._kubelet.pause(node)
        self._cancel(node)
        self._lose(node, Verdict("False", reason, message))

    def restore(self, node: str) -> None:
        """Bring a node back: ready, without taints, and its pods' state written again."""
        self._cancel(node)
        if self._store.get("nodes", "", node) is None:
            return
        before = self._store.entry("nodes", "", node).object
        healthy = {kind: Verdict(*words) for kind, words in _KUBELET_REASONS.items()}
        stored = self._change(node, healthy, taint="")
        if stored is not before:
            message = f"Node {node} status is now: NodeReady"
            self._recorder.kubelet(stored, node, "NodeReady", message)
        self._kubelet.resume(node)

    def _cancel(self, node: str) -> None:
        self._cut_off.discard(node)
        timer = self._timers.pop(node, None)
        if timer is not None:
            timer.cancel()

    def _lose(self, node: str, verdict: Verdict) -> None:
        self._timers.pop(node, None)
        if self._store.get("nodes", "", node) is None:
            return
        unknown = verdict.status == "Unknown"
        kinds = _KUBELET_REASONS if unknown else ("Ready",)
        taint = f"{_PREFIX}unreachable" if unknown else f"{_PREFIX}not-ready"
        stored = self._change(node, dict.fromkeys(kinds, verdict), taint=taint)
        message = f"Node {node} status is now: NodeNotReady"
        self._recorder.component("node-controller", stored, "NodeNotReady", message)
        for pod in self._store.items("pods"):
            if pod["spec"].get("nodeName") == node:
                self._mark_pod(pod)

    def _change(self, node: str, verdicts: Mapping[str, Verdict], *, taint: str) -> Json:
        now = rfc3339(self._store.clock.now())

        def change(target: Json) -> None:
            for kind, verdict in verdicts.items():
                _set_node_condition(target["status"], kind, verdict, now)
            _set_taint(target["spec"], taint, now)

        return self._store.update("nodes", "", node, change)

    def _mark_pod(self, pod: Json) -> None:
        meta = pod["metadata"]
        now = rfc3339(self._store.clock.now())

        def change(target: Json) -> None:
            condition = {"type": "Ready", "status": "False"}
            status = target.setdefault("status", {})
            set_condition(status, condition, now=now, generation=meta.get("generation", 1))

        self._store.update("pods", meta["namespace"], meta["name"], change, subresource="status")
        message = "Node is not ready"
        self._recorder.component("node-controller", pod, "NodeNotReady", message, warning=True)


def _set_node_condition(status: Json, kind: str, verdict: Verdict, now: str) -> None:
    for condition in status.get("conditions") or ():
        if condition["type"] == kind:
            if condition["status"] != verdict.status:
                condition["lastTransitionTime"] = now
            condition |= {
                "status": verdict.status,
                "reason": verdict.reason,
                "message": verdict.message,
            }


def _set_taint(spec: Json, key: str, now: str) -> None:
    """Leave ``key`` as the only taint of the node controller, none if it is empty."""
    ours = (f"{_PREFIX}unreachable", f"{_PREFIX}not-ready")
    taints: list[dict[str, Any]] = [
        taint for taint in spec.get("taints") or () if taint.get("key") not in ours
    ]
    if key:
        taints += [{"key": key, "effect": effect, "timeAdded": now} for effect in _EFFECTS]
    spec.pop("taints", None)
    if taints:
        spec["taints"] = taints
