"""What ``kubectl get pods`` shows of a pod: ready count, status word and restarts."""

from dataclasses import dataclass
from typing import Any

from lwstui.sandbox.clock import parse_time
from lwstui.sandbox.durations import human_duration
from lwstui.sandbox.objects import Json


@dataclass(slots=True)
class _Restarts:
    count: int = 0
    last: float | None = None

    def add(self, container: Json) -> None:
        self.count += container.get("restartCount", 0)
        ended = (container.get("lastState") or {}).get("terminated") or {}
        if ended.get("finishedAt"):
            finished = parse_time(ended["finishedAt"])
            self.last = finished if self.last is None else max(self.last, finished)

    def text(self, now: float) -> str:
        if self.count == 0 or self.last is None:
            return str(self.count)
        return f"{self.count} ({human_duration(now - self.last)} ago)"


def pod_cells(pod: Json, now: float) -> tuple[str, str, str]:
    """Return the cells Ready, Status and Restarts."""
    spec, status = pod["spec"], pod.get("status", {})
    sidecars = {
        each["name"]
        for each in spec.get("initContainers") or ()
        if each.get("restartPolicy") == "Always"
    }
    total = len(spec.get("containers") or ()) + len(sidecars)
    reason = status.get("reason") or status.get("phase", "")
    if _condition(pod, "PodScheduled").get("reason") == "SchedulingGated":
        reason = "SchedulingGated"
    init_reason, ready, restarts = _init_state(pod, sidecars)
    if init_reason:
        reason = init_reason
    if not init_reason or _condition(pod, "Initialized").get("status") == "True":
        started = _Restarts()
        reason, main_ready = _main_state(pod, reason, started)
        for each in status.get("initContainerStatuses") or ():
            if each["name"] in sidecars:
                started.add(each)
        ready += main_ready
        restarts = started
    return f"{ready}/{total}", _deleting(pod, reason), restarts.text(now)


def _condition(pod: Json, kind: str) -> Json:
    conditions: list[Json] = pod.get("status", {}).get("conditions") or []
    return next((each for each in conditions if each["type"] == kind), {})


def _init_state(pod: Json, sidecars: set[str]) -> tuple[str, int, _Restarts]:
    restarts, ready = _Restarts(), 0
    total = len(pod["spec"].get("initContainers") or ())
    for index, each in enumerate(pod.get("status", {}).get("initContainerStatuses") or ()):
        restarts.add(each)
        state = each.get("state") or {}
        ended, waiting = state.get("terminated"), state.get("waiting")
        if ended is not None and ended.get("exitCode") == 0:
            continue
        if each["name"] in sidecars and each.get("started"):
            ready += bool(each.get("ready"))
            continue
        if ended is not None:
            return f"Init:{_ended(ended)}", ready, restarts
        if waiting and waiting.get("reason") not in (None, "", "PodInitializing"):
            return f"Init:{waiting['reason']}", ready, restarts
        return f"Init:{index}/{total}", ready, restarts
    return "", ready, restarts


def _ended(ended: Json) -> str:
    if ended.get("reason"):
        return str(ended["reason"])
    if ended.get("signal"):
        return f"Signal:{ended['signal']}"
    return f"ExitCode:{ended.get('exitCode', 0)}"


def _main_state(pod: Json, reason: str, restarts: _Restarts) -> tuple[str, int]:
    ready, running = 0, False
    for each in reversed(pod.get("status", {}).get("containerStatuses") or ()):
        restarts.add(each)
        state: dict[str, Any] = each.get("state") or {}
        waiting, ended = state.get("waiting") or {}, state.get("terminated")
        if waiting.get("reason"):
            reason = waiting["reason"]
        elif ended is not None:
            reason = _ended(ended)
        elif each.get("ready") and state.get("running") is not None:
            running = True
            ready += 1
    if reason == "Completed" and running:
        is_ready = _condition(pod, "Ready").get("status") == "True"
        return "Running" if is_ready else "NotReady", ready
    return reason, ready


def _deleting(pod: Json, reason: str) -> str:
    if "deletionTimestamp" not in pod["metadata"]:
        return reason
    status = pod.get("status", {})
    if status.get("reason") == "NodeLost":
        return "Unknown"
    return reason if status.get("phase") in ("Succeeded", "Failed") else "Terminating"
