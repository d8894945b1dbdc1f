"""How containers end: told to with a grace period, killed, out of memory, by themselves. Pure.

Source: Kubernetes "Pod Lifecycle", termination of pods and of sidecar containers.
"""

from dataclasses import replace

from lwstui.sandbox.containers import (
    FOREVER,
    Container,
    Phase,
    PodRun,
    Role,
    Run,
    Step,
    hangs_at,
)
from lwstui.sandbox.pulls import SETTLE_S

KILLED = 137
OOM_KILLED = "OOMKilled"
_STABLE_S = 600.0
_ENDING_FIRST = (Role.INIT, Role.MAIN)


def stop(pod: PodRun, now_s: float, grace_s: float) -> Step:
    """Tell a pod's containers to end within ``grace_s``; a second call can only shorten that.

    Sidecars are told when the main containers have ended, the last one first.
    """
    step = Step(pod)
    limit_s = min(grace_s, pod.grace_s)
    step.pod = replace(pod, stop_s=min(now_s, pod.stop_s), grace_s=limit_s)
    for container in pod.containers:
        run = container.run
        if (
            run is not None
            and container.is_running
            and (run.told or container.role is not Role.SIDECAR)
        ):
            tell(step, container, now_s, _deadline_s(step.pod))
    release_sidecars(step, now_s)
    return step


def kill(pod: PodRun, name: str, now_s: float) -> Step:
    """End one running container from outside; its restart policy decides what follows."""
    step = Step(pod)
    container = pod.container(name)
    if container is not None and container.is_running:
        step.note(container, "Killing", f"Stopping container {container.name}")
        end(step, container, now_s, KILLED, "Error")
    return step


def fail(
    pod: PodRun, name: str, now_s: float, *, code: int, reason: str, words: tuple[str, ...]
) -> Step:
    """End one running container by a fault in it; ``words`` are the last lines of its log."""
    step = Step(pod)
    container = pod.container(name)
    if container is not None and container.is_running and container.run is not None:
        spoken = replace(container, run=replace(container.run, last_words=words))
        end(step, spoken, now_s, code, reason)
    return step


def tell(
    step: Step, container: Container, now_s: float, deadline_s: float, *, why: str = ""
) -> None:
    """Tell a running container to end; at ``deadline_s`` it is killed.

    A container that has been told before only gets the new deadline. ``why`` is the text of the
    event, if it is not an ordinary stop.
    """
    run, script = container.run, container.script
    if run is None:
        return
    if not run.told:
        step.note(container, "Killing", why or f"Stopping container {container.name}")
    told_s = min(run.told_s, now_s)
    ends_s = FOREVER if now_s >= hangs_at(container) else told_s + script.prestop_s + script.stop_s
    code = script.stop_code if ends_s <= deadline_s else KILLED
    told = replace(run, told_s=told_s, end_code=code, probe_at_s=FOREVER, live_at_s=FOREVER)
    until_s = max(now_s, min(ends_s, deadline_s))
    step.put(replace(container, run=told, until_s=until_s))


def release_sidecars(step: Step, now_s: float) -> None:
    """Tell the last running sidecar of a pod without running main containers to end."""
    pod = step.pod
    running = [item for item in pod.containers if item.is_running]
    if not (pod.stopping or pod.is_over) or any(item.role in _ENDING_FIRST for item in running):
        return
    last = next((item for item in reversed(running) if item.role is Role.SIDECAR), None)
    if last is not None and last.run is not None and not last.run.told:
        deadline_s = _deadline_s(pod) if pod.stopping else now_s + pod.patience_s
        tell(step, last, now_s, deadline_s)


def exit_by_itself(step: Step, container: Container, run: Run, at_s: float) -> None:
    """End a container whose time has come: told to, out of memory, given up, or done."""
    script = container.script
    if run.told:
        code, reason = run.end_code, "Completed" if run.end_code == 0 else "Error"
    elif at_s >= run.started_s + script.oom_s:
        code, reason = KILLED, OOM_KILLED
    else:
        gave_up = run.joined_s is None and at_s >= run.boots_s + script.group_timeout_s
        code = 1 if gave_up else script.exit_code
        reason = {0: "Completed", KILLED: OOM_KILLED}.get(code, "Error")
    end(step, container, at_s, code, reason)


def end(step: Step, container: Container, at_s: float, code: int, reason: str) -> None:
    """End a container's run."""
    run = container.run
    if run is None:
        return
    ended = replace(
        run,
        finished_s=at_s,
        exit_code=code,
        reason=reason,
        ready=False,
        probe_at_s=FOREVER,
        live_at_s=FOREVER,
    )
    exited = replace(
        container,
        phase=Phase.EXITED,
        run=ended,
        failures=0 if at_s - run.started_s >= _STABLE_S else container.failures,
        until_s=at_s + SETTLE_S if _restarts(step.pod, container, code) else FOREVER,
    )
    step.put(exited)
    release_sidecars(step, at_s)


def _deadline_s(pod: PodRun) -> float:
    return pod.stop_s + pod.grace_s


def _restarts(pod: PodRun, container: Container, code: int) -> bool:
    if pod.stopping:
        return False
    match container.role:
        case Role.SIDECAR:
            return not pod.is_over
        case Role.INIT:
            return code != 0 and pod.restart_policy != "Never"
        case Role.EPHEMERAL:
            return False
        case Role.MAIN:
            policy = pod.restart_policy
            return policy == "Always" or (policy == "OnFailure" and code != 0)
