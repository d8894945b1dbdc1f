"""Pods leave nodes with a ``NoExecute`` taint, at once or after the time they tolerate.

Source: kubernetes pkg/controller/tainteviction (behaviour).
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from lwstui.sandbox.objects import Change, Json, Store
from lwstui.sandbox.recorder import Recorder
from lwstui.sandbox.selectors import tolerates

_Taints = tuple[Mapping[str, Any], ...]


def stay_s(pod: Mapping[str, Any], taints: Iterable[Mapping[str, Any]]) -> float:
    """Return how long a pod may stay on a node with these ``NoExecute`` taints.

    Returns:
        Simulated seconds: 0 when a taint is not tolerated, infinite when all are for ever.
    """
    tolerations = pod["spec"].get("tolerations") or []
    times = [float("inf")]
    for taint in taints:
        accepting = [each for each in tolerations if tolerates([each], taint)]
        if not accepting:
            return 0.0
        limits = [each.get("tolerationSeconds") for each in accepting]
        times += [max(0.0, float(limit)) for limit in limits if limit is not None]
    return min(times)


def _no_execute(node: Json) -> _Taints:
    taints = (node.get("spec") or {}).get("taints") or ()
    return tuple(
        {"key": taint.get("key"), "value": taint.get("value"), "effect": "NoExecute"}
        for taint in taints
        if taint.get("effect") == "NoExecute"
    )


class TaintEvictor:
    """Deletes pods from tainted nodes.

    Args:
        store: The cluster's objects.
        recorder: Takes the evictions' events.
    """

    def __init__(self, store: Store, recorder: Recorder) -> None:
        self._store = store
        self._recorder = recorder
        self._taints: dict[str, _Taints] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def start(self) -> None:
        """Follow the store; needs a running loop."""
        self._unsubscribe = self._store.subscribe(self._on_change)
        for node in self._store.items("nodes"):
            self._look(node)

    def stop(self) -> None:
        """Stop following the store and drop what is planned."""
        self._unsubscribe()
        for timer in self._timers.values():
            timer.cancel()

    def _on_change(self, change: Change) -> None:
        if change.key == "nodes":
            if change.type == "DELETED":
                self._taints.pop(change.object["metadata"]["name"], None)
            else:
                self._look(change.object)
        elif change.key == "pods" and self._taints:
            self._look_at_pod(change)

    def _look(self, node: Json) -> None:
        name, taints = node["metadata"]["name"], _no_execute(node)
        if taints == self._taints.get(name, ()):
            return
        self._taints[name] = taints
        for pod in self._store.items("pods"):
            if pod["spec"].get("nodeName") == name:
                self._plan(pod, taints)
        if not taints:
            del self._taints[name]

    def _look_at_pod(self, change: Change) -> None:
        pod = change.object
        node = pod["spec"].get("nodeName")
        if change.type == "DELETED":
            self._cancel(pod["metadata"]["uid"])
        elif node in self._taints and (change.old or {}).get("spec") != pod["spec"]:
            self._plan(pod, self._taints[node])

    def _plan(self, pod: Json, taints: _Taints) -> None:
        uid = pod["metadata"]["uid"]
        self._cancel(uid)
        wait_s = stay_s(pod, taints)
        if "deletionTimestamp" in pod["metadata"] or wait_s == float("inf"):
            return
        self._timers[uid] = self._store.clock.call_later(wait_s, lambda: self._evict(pod))

    def _cancel(self, uid: str) -> None:
        timer = self._timers.pop(uid, None)
        if timer is not None:
            timer.cancel()

    def _evict(self, pod: Json) -> None:
        meta = pod["metadata"]
        self._timers.pop(meta["uid"], None)
        present = self._store.get("pods", meta["namespace"], meta["name"])
        if present is None or present["metadata"]["uid"] != meta["uid"]:
            return
        message = f"Marking for deletion Pod {meta['namespace']}/{meta['name']}"
        self._recorder.component(
            "taint-eviction-controller", present, "TaintManagerEviction", message
        )
        self._store.delete("pods", meta["namespace"], meta["name"], uid=meta["uid"])
