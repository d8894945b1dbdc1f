"""What a client wrote into a pod's status, taken up by the simulation. Pure.

Tools that play a node themselves patch the status of pods: a restart count, a readiness, a phase.
A kubelet that overwrote them with its own view at once would make such tools useless, so the
simulated pod does what the status says and goes on from there: a raised restart count is a restart
that happened, a readiness stays until the container's next run.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from lwstui.sandbox.containers import FOREVER, Container, Phase, PodRun, Role, Run
from lwstui.sandbox.lifecycle import begun

_KILLED = 137
_FINISHED = {"Succeeded": (0, "Completed"), "Failed": (1, "Error")}


def adopted(
    run: PodRun, before: Mapping[str, Any], after: Mapping[str, Any], now_s: float
) -> PodRun:
    """Return a pod as a client says it is.

    Args:
        run: The pod as simulated so far.
        before: The status the kubelet wrote last.
        after: The status as a client left it.
        now_s: Pod time.
    """
    if run.stopping:
        return run
    phase = after.get("phase")
    if phase in _FINISHED and phase != before.get("phase"):
        return _ended(run, *_FINISHED[phase], now_s)
    if phase == "Running" and before.get("phase") in (None, "Pending"):
        run = _started(run, now_s)
    for name, count in _raised_counts(before, after):
        container = run.container(name)
        if container is not None and count > container.restarts:
            run = run.with_container(_restarted(container, count, now_s))
    for name, ready in _readiness(run, before, after):
        container = run.container(name)
        if container is not None and container.run is not None and container.is_running:
            run = run.with_container(replace(container, run=_with_readiness(container.run, ready)))
    return run


def _statuses(status: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {
        item["name"]: item
        for kind in ("initContainerStatuses", "containerStatuses")
        for item in status.get(kind) or ()
        if isinstance(item, dict) and "name" in item
    }


def _raised_counts(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[str, int]]:
    known = _statuses(before)
    for name, item in _statuses(after).items():
        count = item.get("restartCount") or 0
        if count > (known.get(name, {}).get("restartCount") or 0):
            yield name, count


def _readiness(
    run: PodRun, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[str, bool]]:
    """Yield the containers whose readiness a client changed.

    The pod's condition speaks for all its main containers.
    """
    was, now = _is_ready(before), _is_ready(after)
    if now is not None and now != was:
        yield from ((each.name, now) for each in run.containers if each.role is Role.MAIN)
        return
    known = _statuses(before)
    for name, item in _statuses(after).items():
        ready = item.get("ready")
        if isinstance(ready, bool) and ready != known.get(name, {}).get("ready", False):
            yield name, ready


def _is_ready(status: Mapping[str, Any]) -> bool | None:
    for condition in status.get("conditions") or ():
        if condition.get("type") == "Ready":
            return bool(condition.get("status") == "True")
    return None


def _with_readiness(run: Run, ready: bool) -> Run:
    live_at_s = FOREVER if ready else run.live_at_s
    return replace(
        run,
        started=run.started or ready,
        ready=ready,
        probe_at_s=FOREVER,
        live_at_s=live_at_s,
    )


def _started(run: PodRun, now_s: float) -> PodRun:
    """Return the pod with its init containers done and its other containers running."""
    for item in run.containers:
        if item.role is Role.INIT:
            done = Run(item.restarts, now_s, finished_s=now_s, reason="Completed")
            run = run.with_container(replace(item.move(Phase.EXITED), run=done))
        elif not item.is_running:
            run = run.with_container(begun(item, item.restarts, now_s))
    return replace(run, network_s=min(run.network_s, now_s))


def _restarted(container: Container, count: int, now_s: float) -> Container:
    last = container.run
    if last is None:
        return replace(container, first=count)
    if container.role is Role.INIT and container.has_succeeded:
        return replace(container, run=replace(last, number=count), previous=last)
    if last.finished_s is None:
        last = replace(last, finished_s=now_s, exit_code=_KILLED, reason="Error", ready=False)
    return begun(replace(container, run=last), count, now_s)


def _ended(run: PodRun, code: int, reason: str, now_s: float) -> PodRun:
    for item in run.containers:
        if item.has_succeeded and item.role is Role.INIT:
            continue
        last = item.run or Run(item.first, now_s)
        over = replace(last, finished_s=now_s, exit_code=code, reason=reason, ready=False)
        run = run.with_container(replace(item.move(Phase.EXITED), run=over))
    return run
