"""How a pod moves: pull, create, start, probe, exit, back off, stop. Pure functions.

Source: behaviour of kubernetes pkg/kubelet (kuberuntime, prober, images), not its code.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from lwstui.sandbox.containers import (
    FOREVER,
    Container,
    Note,
    Phase,
    PodRun,
    Probe,
    Role,
    Run,
    Script,
)

CREATE_S = 0.3
_SETTLE_S = 1.0
_BACKOFF_S = 10.0
_BACKOFF_MAX_S = 300.0
_STABLE_S = 600.0
_KILLED = 137
_PRESENT = "already present on machine and can be accessed by the pod"
_REPEATED_PULL_S = 0.4
_UNSTARTED = (Phase.WAITING, Phase.PULLING, Phase.STARTING)


@dataclass(slots=True)
class Step:
    """What one call of :func:`advance` brought.

    ``pulled`` is every image now on the node, ``at_s`` the moment of the last thing that happened.
    """

    pod: PodRun
    at_s: float = 0.0
    notes: list[Note] = field(default_factory=list)
    pulled: set[str] = field(default_factory=set)


def backoff_s(failures: int) -> float:
    """Return the wait before attempt ``failures + 1``: 10 s, doubling to 5 minutes."""
    return min(_BACKOFF_S * float(2 ** max(0, failures - 1)), _BACKOFF_MAX_S)


def serving_at(container: Container) -> float:
    """Return when the container's process answers, ``inf`` while that is not known."""
    run, script = container.run, container.script
    if run is None or run.joined_s is None or script.never_ready:
        return FOREVER
    return run.joined_s + script.load_s


def next_wake(pod: PodRun, now_s: float) -> float:
    """Return when something happens next by itself after ``now_s``, ``inf`` for never."""
    times = [_due(pod, container) for container in pod.containers]
    if not pod.stopping and now_s < pod.network_s:
        times.append(pod.network_s)
    return min(times, default=FOREVER)


def _due(pod: PodRun, container: Container) -> float:
    if container.is_running and container.run is not None:
        if pod.stopping:
            return container.until_s
        return min(container.until_s, container.run.probe_at_s)
    return FOREVER if pod.stopping else container.until_s


def advance(
    pod: PodRun, now_s: float, *, cached: frozenset[str] = frozenset(), group_running: bool = True
) -> Step:
    """Bring a pod up to ``now_s``.

    Args:
        pod: State so far.
        now_s: Pod time.
        cached: Images that are on the node.
        group_running: Whether all pods of the pod's group run.

    Returns:
        The state at ``now_s``, with everything that happened on the way in order.
    """
    step = Step(pod, pulled=set(cached))
    while True:
        if group_running:
            _join(step, now_s)
        _begin(step, now_s)
        due = [(_due(step.pod, item), item.name) for item in step.pod.containers]
        at_s, name = min(due, default=(FOREVER, ""))
        if at_s > now_s:
            return step
        container = step.pod.container(name)
        step.at_s = at_s
        if container is not None:
            _elapse(step, container, at_s)


def stop(pod: PodRun, now_s: float, grace_s: float) -> Step:
    """Tell a pod's containers to end within ``grace_s``; a second call can only shorten that."""
    step = Step(pod)
    first = not pod.stopping
    limit_s = min(grace_s, pod.grace_s)
    step.pod = replace(pod, stop_s=min(now_s, pod.stop_s), grace_s=limit_s)
    for container in pod.containers:
        if not container.is_running:
            continue
        ends_s = step.pod.stop_s + min(container.script.stop_s, limit_s)
        step.pod = step.pod.with_container(replace(container, until_s=max(now_s, ends_s)))
        if first:
            message = f"Stopping container {container.name}"
            step.notes.append(Note(container.path, "Killing", message))
    return step


def kill(pod: PodRun, name: str, now_s: float) -> Step:
    """End one running container from outside; its restart policy decides what follows."""
    step = Step(pod)
    container = pod.container(name)
    if container is not None and container.is_running:
        message = f"Stopping container {container.name}"
        step.notes.append(Note(container.path, "Killing", message))
        _exit(step, container, now_s, _KILLED, "Error")
    return step


def _join(step: Step, now_s: float) -> None:
    for container in step.pod.containers:
        run = container.run
        if container.is_running and run is not None and run.joined_s is None:
            joined_s = max(now_s, run.started_s + container.script.boot_s)
            joined = replace(run, joined_s=joined_s)
            until_s = run.started_s + container.script.run_s
            step.pod = step.pod.with_container(replace(container, run=joined, until_s=until_s))


def _begin(step: Step, now_s: float) -> None:
    """Let the containers start whose turn has come."""
    if step.pod.stopping or now_s < step.pod.network_s:
        return
    for container in _startable(step.pod):
        _fetch(step, container, max(step.pod.network_s, step.at_s))


def _startable(pod: PodRun) -> Iterable[Container]:
    for container in pod.containers:
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


def _fetch(step: Step, container: Container, at_s: float) -> None:
    script, image = container.script, container.image
    known = image in step.pulled and not script.pull_error
    if script.never_pulls and not known:
        message = f'Container image "{image}" is not present with pull policy of Never'
        step.notes.append(Note(container.path, "ErrImageNeverPull", message, warning=True))
        step.pod = step.pod.with_container(container.move(Phase.PULL_FAILED))
        return
    if known and not script.always_pulls:
        message = f'Container image "{image}" {_PRESENT}'
        step.notes.append(Note(container.path, "Pulled", message))
        step.pod = step.pod.with_container(container.move(Phase.STARTING, at_s + CREATE_S))
        return
    step.notes.append(Note(container.path, "Pulling", f'Pulling image "{image}"'))
    until_s = at_s + _pull_s(script, known=known)
    step.pod = step.pod.with_container(container.move(Phase.PULLING, until_s))


def _pull_s(script: Script, *, known: bool) -> float:
    return min(script.pull_s, _REPEATED_PULL_S) if known else script.pull_s


def _elapse(step: Step, container: Container, at_s: float) -> None:
    """Apply what happens to a container at ``at_s``."""
    match container.phase:
        case Phase.PULLING:
            _pulled(step, container, at_s)
        case Phase.PULL_FAILED:
            _pull_backoff(step, container, at_s)
        case Phase.PULL_BACKOFF:
            _fetch(step, container, at_s)
        case Phase.STARTING:
            _start(step, container, at_s)
        case Phase.RUNNING:
            _tick(step, container, at_s)
        case Phase.EXITED:
            _after_exit(step, container, at_s)
        case Phase.CRASH_BACKOFF:
            _fetch(step, container, at_s)


def _pulled(step: Step, container: Container, at_s: float) -> None:
    image, script = container.image, container.script
    if script.pull_error:
        failed = replace(container, failures=container.failures + 1)
        message = f'Failed to pull image "{image}": {script.pull_error}'
        step.notes.append(Note(container.path, "Failed", message, warning=True))
        step.notes.append(Note(container.path, "Failed", "Error: ErrImagePull", warning=True))
        step.pod = step.pod.with_container(failed.move(Phase.PULL_FAILED, at_s + _SETTLE_S))
        return
    took = _duration(_pull_s(script, known=image in step.pulled))
    message = (
        f'Successfully pulled image "{image}" in {took} ({took} including waiting). '
        f"Image size: {script.image_bytes} bytes."
    )
    step.pulled.add(image)
    step.notes.append(Note(container.path, "Pulled", message))
    step.pod = step.pod.with_container(container.move(Phase.STARTING, at_s + CREATE_S))


def _duration(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms" if seconds < 1 else f"{seconds:g}s"


def _pull_backoff(step: Step, container: Container, at_s: float) -> None:
    message = f'Back-off pulling image "{container.image}"'
    step.notes.append(Note(container.path, "BackOff", message))
    step.notes.append(Note(container.path, "Failed", "Error: ImagePullBackOff", warning=True))
    until_s = at_s + backoff_s(container.failures)
    step.pod = step.pod.with_container(container.move(Phase.PULL_BACKOFF, until_s))


def _start(step: Step, container: Container, at_s: float) -> None:
    number = container.first if container.run is None else container.run.number + 1
    step.notes.append(Note(container.path, "Created", "Container created"))
    step.notes.append(Note(container.path, "Started", "Container started"))
    step.pod = step.pod.with_container(begun(container, number, at_s))


def begun(container: Container, number: int, at_s: float) -> Container:
    """Return a container at the start of its run with this number, the last run being over."""
    script = container.script
    gate = script.startup or script.readiness
    run = Run(
        number=number,
        started_s=at_s,
        joined_s=None if script.waits_for_group else at_s + script.boot_s,
        started=script.startup is None,
        ready=gate is None,
        probe_at_s=FOREVER if gate is None else at_s + gate.delay_s,
    )
    limit_s = script.run_s
    if script.waits_for_group:
        limit_s = min(limit_s, script.boot_s + script.group_timeout_s)
    return replace(
        container,
        phase=Phase.RUNNING,
        until_s=at_s + limit_s,
        previous=container.run,
        run=run,
    )


def _tick(step: Step, container: Container, at_s: float) -> None:
    if at_s < container.until_s:
        _probe(step, container, at_s)
        return
    script = container.script
    if step.pod.stopping:
        on_time = script.stop_s <= step.pod.grace_s
        code = script.stop_code if on_time else _KILLED
        _exit(step, container, at_s, code, "Completed" if code == 0 else "Error")
        return
    run = container.run
    gave_up = (
        run is not None
        and run.joined_s is None
        and at_s >= run.started_s + script.boot_s + script.group_timeout_s
    )
    code = 1 if gave_up else script.exit_code
    reason = {0: "Completed", _KILLED: "OOMKilled"}.get(code, "Error")
    _exit(step, container, at_s, code, reason)


def _probe(step: Step, container: Container, at_s: float) -> None:
    run, script = container.run, container.script
    probe = (script.readiness if run and run.started else script.startup) or script.readiness
    if run is None or probe is None:
        return
    if at_s >= serving_at(container):
        run = _probe_passed(container, run, probe, at_s)
        step.pod = step.pod.with_container(replace(container, run=run))
        return
    kind = "Readiness" if run.started else "Startup"
    message = f"{kind} probe failed: {probe.target}"
    step.notes.append(Note(container.path, "Unhealthy", message, warning=True))
    run = replace(run, probe_at_s=at_s + probe.period_s, probe_failures=run.probe_failures + 1)
    container = replace(container, run=run)
    step.pod = step.pod.with_container(container)
    if not run.started and run.probe_failures >= probe.failures:
        message = f"Container {container.name} failed startup probe, will be restarted"
        step.notes.append(Note(container.path, "Killing", message))
        _exit(step, container, at_s, _KILLED, "Error")


def _probe_passed(container: Container, run: Run, probe: Probe, at_s: float) -> Run:
    if run.probe_successes + 1 < probe.successes:
        return replace(
            run, probe_at_s=at_s + probe.period_s, probe_successes=run.probe_successes + 1
        )
    readiness = container.script.readiness
    if run.started or readiness is None:
        return replace(run, started=True, ready=True, probe_at_s=FOREVER)
    first_s = max(at_s, run.started_s + readiness.delay_s)
    return replace(run, started=True, probe_at_s=first_s, probe_successes=0, probe_failures=0)


def _exit(step: Step, container: Container, at_s: float, code: int, reason: str) -> None:
    run = container.run
    if run is None:
        return
    lasted_s = at_s - run.started_s
    ended = replace(
        run, finished_s=at_s, exit_code=code, reason=reason, ready=False, probe_at_s=FOREVER
    )
    exited = replace(
        container,
        phase=Phase.EXITED,
        run=ended,
        failures=0 if lasted_s >= _STABLE_S else container.failures,
        until_s=at_s + _SETTLE_S if _restarts(step.pod, container, code) else FOREVER,
    )
    step.pod = step.pod.with_container(exited)


def _restarts(pod: PodRun, container: Container, code: int) -> bool:
    if pod.stopping:
        return False
    match container.role:
        case Role.SIDECAR:
            return True
        case Role.INIT:
            return code != 0 and pod.restart_policy != "Never"
        case Role.MAIN:
            policy = pod.restart_policy
            return policy == "Always" or (policy == "OnFailure" and code != 0)


def _after_exit(step: Step, container: Container, at_s: float) -> None:
    failed = replace(container, failures=container.failures + 1)
    if container.failures == 0 or container.run is None:
        _fetch(step, failed, at_s)
        return
    message = f"Back-off restarting failed container {container.name} in pod {step.pod.name}"
    step.notes.append(Note(container.path, "BackOff", message, warning=True))
    ended_s = container.run.finished_s or at_s
    until_s = max(at_s, ended_s + backoff_s(container.failures))
    step.pod = step.pod.with_container(failed.move(Phase.CRASH_BACKOFF, until_s))
