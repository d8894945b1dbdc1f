"""Startup, readiness and liveness probes: what a container's spec asks for and what comes of it.

A probe that will go on to succeed is not repeated: the next one is due when its answer changes.

Source: Kubernetes "Configure Liveness, Readiness and Startup Probes", pkg/kubelet/prober.
"""

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lwstui.sandbox.containers import (
    FOREVER,
    Container,
    Probe,
    Run,
    Step,
    hangs_at,
    serving_at,
)
from lwstui.sandbox.endings import tell
from lwstui.sandbox.engines.detect import RAY_PORT, Engine
from lwstui.sandbox.engines.faces import PATHS

_SHELLS = ("sh", "bash")
_NOT_FOUND = "HTTP probe failed with statuscode: 404"
_EXEC_FAILED = "command terminated with exit code 1"
_SILENT = "context deadline exceeded"


@dataclass(frozen=True, slots=True)
class Host:
    """What a probe runs into: the pod's address and what its container runs."""

    pod_ip: str
    engine: Engine


def read_probe(container: Mapping[str, Any], name: str, host: Host) -> Probe | None:
    """Return the probe of a container spec under ``name``, None without one."""
    spec = {key: value for key, value in (container.get(name) or {}).items() if value is not None}
    if not spec:
        return None
    target, refusal, hung = _answers(container, spec, host)
    grace_s = spec.get("terminationGracePeriodSeconds")
    return Probe(
        delay_s=_number(spec, "initialDelaySeconds", 0),
        period_s=max(1, _number(spec, "periodSeconds", 10)),
        successes=max(1, _number(spec, "successThreshold", 1)),
        failures=max(1, _number(spec, "failureThreshold", 3)),
        target=target,
        refusal=refusal,
        hung=hung,
        grace_s=None if grace_s is None else float(grace_s),
    )


def _number(spec: Mapping[str, Any], name: str, default: int) -> int:
    value = spec.get(name)
    return value if isinstance(value, int) and value > 0 else default


def _answers(
    container: Mapping[str, Any], spec: Mapping[str, Any], host: Host
) -> tuple[str, str, str]:
    """Return what a probe reports before the process serves, while it does, and when it hangs."""
    if "exec" in spec:
        return _exec_answers(spec["exec"].get("command") or ())
    kind = next((each for each in ("httpGet", "tcpSocket", "grpc") if each in spec), "")
    if not kind:
        return _EXEC_FAILED, "", ""
    ports = {item.get("name"): item["containerPort"] for item in container.get("ports") or ()}
    port = ports.get(spec[kind].get("port"), spec[kind].get("port"))
    address = f"{host.pod_ip}:{port}"
    refused = f"dial tcp {address}: connect: connection refused"
    is_open = _listens(host.engine, port, tuple(ports.values()))
    if kind == "tcpSocket":
        return refused, "" if is_open else refused, ""
    if kind == "grpc":
        failed = f'timeout: failed to connect service "{address}" within 1s: {_SILENT}'
        return failed, "" if is_open else failed, failed
    scheme = (spec[kind].get("scheme") or "HTTP").lower()
    path = "/" + (spec[kind].get("path") or "/").lstrip("/")
    get = f'Get "{scheme}://{address}{path}": '
    served = "" if _knows(host.engine, path) else _NOT_FOUND
    waited = f"{get}{_SILENT} (Client.Timeout exceeded while awaiting headers)"
    return get + refused, served if is_open else get + refused, waited


def _exec_answers(command: Sequence[str]) -> tuple[str, str, str]:
    """Return the answers of a command; what is not ``true`` or ``false`` asks the process."""
    words = list(command)
    if len(words) == 3 and words[0].rsplit("/", 1)[-1] in _SHELLS and words[1] == "-c":
        words = _words(words[2])
    match words[0].rsplit("/", 1)[-1] if words else "":
        case "true":
            return "", "", ""
        case "false":
            return _EXEC_FAILED, _EXEC_FAILED, _EXEC_FAILED
        case "exit" if len(words) > 1 and words[1].isdigit():
            failed = f"command terminated with exit code {words[1]}" if int(words[1]) else ""
            return failed, failed, failed
    return _EXEC_FAILED, "", f"command timed out: {_SILENT}"


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _listens(engine: Engine, port: Any, declared: Sequence[int]) -> bool:
    """Tell whether a serving process listens on a port; unknown programs listen on all."""
    if engine.kind not in PATHS:
        return True
    known = {*declared}
    if any(word.partition("=")[0] == "--port" for word in engine.text.split()):
        known.add(engine.port)
    if not known:
        return True
    return port in known or (engine.waits_for_group and port == RAY_PORT)


def _knows(engine: Engine, path: str) -> bool:
    paths = PATHS.get(engine.kind)
    return paths is None or path.partition("?")[0] in paths


def first_checks(container: Container, at_s: float) -> tuple[float, float]:
    """Return when the first startup or readiness probe of a run is due, and the first liveness one.

    Liveness waits for a startup probe to pass.
    """
    script = container.script
    gate = script.startup or script.readiness
    liveness = None if script.startup is not None else script.liveness
    return (
        FOREVER if gate is None else at_s + gate.delay_s,
        FOREVER if liveness is None else at_s + liveness.delay_s,
    )


def check(step: Step, container: Container, at_s: float) -> None:
    """Do the probe of a running container that is due at ``at_s``."""
    run, script = container.run, container.script
    if run is None:
        return
    if run.live_at_s <= at_s and script.liveness is not None:
        _check_liveness(step, container, run, script.liveness, at_s)
    elif not run.started and script.startup is not None:
        _check_startup(step, container, run, script.startup, at_s)
    elif script.readiness is not None:
        _check_readiness(step, container, run, script.readiness, at_s)


def _fault(container: Container, probe: Probe, at_s: float, *, served_s: float) -> str:
    """Return what a probe reports at ``at_s``, empty for a success."""
    if at_s < served_s:
        return probe.target
    return probe.hung if at_s >= hangs_at(container) else probe.refusal


def _next_s(container: Container, probe: Probe, at_s: float) -> float:
    """Return when a probe that has just succeeded is worth doing again."""
    hangs_s = hangs_at(container)
    if not probe.hung or hangs_s == FOREVER or at_s >= hangs_s:
        return FOREVER
    return at_s + max(1, math.ceil((hangs_s - at_s) / probe.period_s)) * probe.period_s


def _check_liveness(step: Step, container: Container, run: Run, probe: Probe, at_s: float) -> None:
    served_s = FOREVER if run.joined_s is None else run.joined_s + container.script.load_s
    fault = _fault(container, probe, at_s, served_s=served_s)
    if not fault:
        passed = replace(run, live_failures=0, live_at_s=_next_s(container, probe, at_s))
        step.put(replace(container, run=passed))
        return
    step.note(container, "Unhealthy", f"Liveness probe failed: {fault}", warning=True)
    failures = run.live_failures + 1
    failed = replace(run, live_failures=failures, live_at_s=at_s + probe.period_s)
    step.put(replace(container, run=failed))
    if failures >= probe.failures:
        _condemn(step, container.name, probe, at_s, "liveness")


def _check_startup(step: Step, container: Container, run: Run, probe: Probe, at_s: float) -> None:
    fault = _fault(container, probe, at_s, served_s=serving_at(container))
    if not fault:
        step.put(replace(container, run=_begun(container, run, at_s)))
        return
    step.note(container, "Unhealthy", f"Startup probe failed: {fault}", warning=True)
    failures = run.probe_failures + 1
    failed = replace(run, probe_failures=failures, probe_at_s=at_s + probe.period_s)
    step.put(replace(container, run=failed))
    if failures >= probe.failures:
        _condemn(step, container.name, probe, at_s, "startup")


def _begun(container: Container, run: Run, at_s: float) -> Run:
    """Return a run whose startup probe has succeeded: the other probes begin."""
    script = container.script
    run = replace(run, started=True, probe_at_s=FOREVER, probe_failures=0)
    if script.liveness is not None:
        run = replace(run, live_at_s=max(at_s, run.started_s + script.liveness.delay_s))
    if script.readiness is None:
        return replace(run, ready=True)
    return replace(run, probe_at_s=max(at_s, run.started_s + script.readiness.delay_s))


def _check_readiness(step: Step, container: Container, run: Run, probe: Probe, at_s: float) -> None:
    fault = _fault(container, probe, at_s, served_s=serving_at(container))
    again_s = at_s + probe.period_s
    if fault:
        step.note(container, "Unhealthy", f"Readiness probe failed: {fault}", warning=True)
        failures = run.probe_failures + 1
        ready = run.ready and failures < probe.failures
        run = replace(
            run, ready=ready, probe_failures=failures, probe_successes=0, probe_at_s=again_s
        )
    elif run.ready or run.probe_successes + 1 >= probe.successes:
        again_s = _next_s(container, probe, at_s)
        run = replace(run, ready=True, probe_failures=0, probe_successes=0, probe_at_s=again_s)
    else:
        run = replace(run, probe_successes=run.probe_successes + 1, probe_at_s=again_s)
    step.put(replace(container, run=run))


def _condemn(step: Step, name: str, probe: Probe, at_s: float, kind: str) -> None:
    container = step.pod.container(name)
    if container is None:
        return
    grace_s = step.pod.patience_s if probe.grace_s is None else probe.grace_s
    why = f"Container {name} failed {kind} probe, will be restarted"
    tell(step, container, at_s, at_s + grace_s, why=why)
