"""How a pod moves: pull, create, start, probe, exit, back off, stop. Pure functions.

Source: behaviour of kubernetes pkg/kubelet (kuberuntime, prober, images), not its code.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from lwstui.sandbox.containers import (
    FOREVER,
    Container,
    Phase,
    PodRun,
    Role,
    Run,
    Step,
)
from lwstui.sandbox.endings import exit_by_itself, tell
from lwstui.sandbox.probes import check, first_checks
from lwstui.sandbox.pulls import back_off, backoff_s, fetch, pulled

_CONFIG_RETRY_S = 12.0
_UNSTARTED = (Phase.WAITING, Phase.PULLING, Phase.STARTING)


def next_wake(pod: PodRun, now_s: float) -> float:
    """Return when something happens next by itself after ``now_s``, ``inf`` for never."""
    times = [_due(pod, container) for container in pod.containers]
    if not pod.stopping:
        times += [run.boots_s for run in _lonely(pod) if now_s < run.boots_s]
        if now_s < pod.network_s:
            times.append(pod.network_s)
    return min(times, default=FOREVER)


def _lonely(pod: PodRun) -> Iterable[Run]:
    """Yield the running processes that have not met the pods they wait for."""
    for container in pod.containers:
        run = container.run
        if container.is_running and run is not None and run.joined_s is None:
            yield run


def _due(pod: PodRun, container: Container) -> float:
    run = container.run
    if container.is_running and run is not None:
        return min(container.until_s, run.probe_at_s, run.live_at_s)
    return FOREVER if pod.stopping else container.until_s


def advance(
    pod: PodRun,
    now_s: float,
    *,
    cached: frozenset[str] = frozenset(),
    met: bool = True,
    errors: Mapping[str, str] = MappingProxyType({}),
) -> Step:
    """Bring a pod up to ``now_s``.

    Args:
        pod: State so far.
        now_s: Pod time.
        cached: Images that are on the node.
        met: Whether the pods that its processes wait for are there.
        errors: Why containers cannot be created, by name.

    Returns:
        The state at ``now_s``, with everything that happened on the way in order.
    """
    step = Step(pod, pulled=set(cached))
    while True:
        if met:
            _join(step, now_s)
        _begin(step, now_s)
        due = [(_due(step.pod, item), item.name) for item in step.pod.containers]
        at_s, name = min(due, default=(FOREVER, ""))
        if at_s > now_s:
            return step
        container = step.pod.container(name)
        step.at_s = at_s
        if container is not None:
            _elapse(step, container, at_s, errors.get(name, ""))


def _join(step: Step, now_s: float) -> None:
    for container in step.pod.containers:
        run, script = container.run, container.script
        if not container.is_running or run is None or run.joined_s is not None:
            continue
        if now_s < run.boots_s or run.told:
            continue
        gated = script.startup or script.readiness
        ready = run.ready or (script.waits_for_leader and not gated)
        joined = replace(run, joined_s=now_s, ready=ready)
        until_s = run.started_s + min(script.run_s, script.oom_s)
        step.put(replace(container, run=joined, until_s=until_s))


def _begin(step: Step, now_s: float) -> None:
    """Let the containers start whose turn has come."""
    if step.pod.stopping or now_s < step.pod.network_s:
        return
    for container in _startable(step.pod):
        fetch(step, container, max(step.pod.network_s, step.at_s))


def _startable(pod: PodRun) -> Iterable[Container]:
    waiting = [item for item in pod.containers if item.phase is Phase.WAITING]
    # What is added to look around waits for nobody, and nobody for it.
    yield from (item for item in waiting if item.role is Role.EPHEMERAL)
    for container in pod.containers:
        if container.role is Role.EPHEMERAL:
            continue
        if container.phase is Phase.WAITING:
            yield container
            return
        if _blocks(container):
            return


def _blocks(container: Container) -> bool:
    """Tell whether the containers after this one have to wait for it."""
    match container.role:
        case Role.INIT:
            return not container.has_succeeded
        case Role.SIDECAR:
            return container.run is None or not container.run.started
        case Role.MAIN:
            return container.phase in _UNSTARTED
        case Role.EPHEMERAL:
            return False


def _elapse(step: Step, container: Container, at_s: float, error: str) -> None:
    """Apply what happens to a container at ``at_s``; with an ``error`` it cannot be created."""
    match container.phase:
        case Phase.PULLING:
            pulled(step, container, at_s)
        case Phase.PULL_FAILED:
            back_off(step, container, at_s)
        case Phase.PULL_BACKOFF:
            fetch(step, container, at_s)
        case Phase.STARTING if error:
            step.note(container, "Failed", f"Error: {error}", warning=True)
            troubled = replace(container, trouble=error)
            step.put(troubled.move(Phase.CONFIG_ERROR, at_s + _CONFIG_RETRY_S))
        case Phase.CONFIG_ERROR:
            fetch(step, container, at_s)
        case Phase.STARTING:
            _start(step, container, at_s)
        case Phase.RUNNING:
            _tick(step, container, at_s)
        case Phase.EXITED:
            _after_exit(step, container, at_s)
        case Phase.CRASH_BACKOFF:
            fetch(step, container, at_s)


def _start(step: Step, container: Container, at_s: float) -> None:
    number = container.first if container.run is None else container.run.number + 1
    step.note(container, "Created", "Container created")
    step.note(container, "Started", "Container started")
    # Until its hook is over, what a container does is not told: it has been running since before.
    step.put(begun(container, number, at_s - container.script.poststart_s))
    if container.script.poststart_fails:
        step.note(container, "FailedPostStartHook", "PostStartHook failed", warning=True)
        started = step.pod.container(container.name)
        if started is not None:
            deadline_s = at_s + step.pod.patience_s
            tell(step, started, at_s, deadline_s, why="FailedPostStartHook")


def begun(container: Container, number: int, at_s: float) -> Container:
    """Return a container at the start of its run with this number, the last run being over."""
    script = container.script
    probe_at_s, live_at_s = first_checks(container, at_s)
    boots_s = at_s + script.boot_s
    gated = script.startup or script.readiness or script.waits_for_leader
    run = Run(
        number=number,
        started_s=at_s,
        boots_s=boots_s,
        joined_s=None if script.waits else boots_s,
        started=script.startup is None,
        ready=not gated,
        probe_at_s=probe_at_s,
        live_at_s=live_at_s,
    )
    limit_s = min(script.run_s, script.oom_s)
    if script.waits:
        limit_s = min(limit_s, script.boot_s + script.group_timeout_s)
    return replace(
        container,
        phase=Phase.RUNNING,
        until_s=at_s + limit_s,
        previous=container.run,
        run=run,
    )


def _tick(step: Step, container: Container, at_s: float) -> None:
    run = container.run
    if run is None:
        return
    if at_s < container.until_s:
        check(step, container, at_s)
    else:
        exit_by_itself(step, container, run, at_s)


def _after_exit(step: Step, container: Container, at_s: float) -> None:
    failed = replace(container, failures=container.failures + 1)
    if container.failures == 0 or container.run is None:
        fetch(step, failed, at_s)
        return
    message = f"Back-off restarting failed container {container.name} in pod {step.pod.name}"
    step.note(container, "BackOff", message, warning=True)
    ended_s = container.run.finished_s or at_s
    until_s = max(at_s, ended_s + backoff_s(container.failures))
    step.put(failed.move(Phase.CRASH_BACKOFF, until_s))
