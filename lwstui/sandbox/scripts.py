"""What the sandbox plays for a pod's containers: defaults from the engine, changed by annotations.

Annotations on the pod, each for all containers or, with ``.<container>`` appended, for one:

=========================================== =====================================================
``sandbox.lwstui.dev/startup``              seconds from start to ready, in place of the engine's
``sandbox.lwstui.dev/crash-after``          each run of the container exits after this long
``sandbox.lwstui.dev/exit-code``            code of that exit, 1 by default; 137 reads OOMKilled
``sandbox.lwstui.dev/never-ready``          ``true``: runs, but its probe never succeeds
``sandbox.lwstui.dev/shutdown``             how long the container takes to end when told to
``sandbox.lwstui.dev/pull``                 how long a first pull of its image takes
``sandbox.lwstui.dev/pull-error``           the image cannot be pulled, with this message
``sandbox.lwstui.dev/log-rate``             extra log lines per second while it serves
=========================================== =====================================================

``sandbox.lwstui.dev/restart-container: <name>`` makes the kubelet restart that container once; a
further value, such as ``<name>#2``, does it again. Durations read ``20s``, ``1m30s``, ``500ms`` or
a number of seconds.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lwstui.sandbox.amounts import is_sidecar
from lwstui.sandbox.containers import FOREVER, Container, PodRun, Probe, Role, Script
from lwstui.sandbox.engines.detect import Engine, Kind, detect
from lwstui.sandbox.engines.stages import stages
from lwstui.sandbox.images import image, tag_of

PREFIX = "sandbox.lwstui.dev/"
RESTART = f"{PREFIX}restart-container"
_NETWORK_S = 0.4
_INIT_RUN_S = 1.0
_GROUP_TIMEOUT_S = 300.0
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_TERM_CODES = {Kind.NGINX: 0, Kind.VLLM: 0, Kind.SGLANG: 0, Kind.LLAMACPP: 0}
_TERMINATED = 143


def seconds(text: str) -> float | None:
    """Return a duration such as ``1m30s`` or ``20`` in seconds, None if it cannot be read."""
    try:
        return float(text)
    except ValueError:
        parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _UNIT_S[unit] for number, unit in parts)


class _Wishes:
    """The sandbox annotations that apply to one container."""

    def __init__(self, pod: Mapping[str, Any], container: str) -> None:
        self._annotations: Mapping[str, str] = pod["metadata"].get("annotations") or {}
        self._container = container

    def text(self, name: str) -> str:
        """Return the annotation for the container, else the one for the pod, else nothing."""
        common = self._annotations.get(f"{PREFIX}{name}", "")
        return self._annotations.get(f"{PREFIX}{name}.{self._container}", common)

    def seconds(self, name: str) -> float | None:
        """Return a duration, None if absent or unreadable."""
        text = self.text(name)
        return seconds(text) if text else None


def log_rate(pod: Mapping[str, Any], container: str) -> float:
    """Return the extra log lines per simulated second a pod asks for, 0 by default."""
    return _Wishes(pod, container).seconds("log-rate") or 0.0


def _probe(container: Mapping[str, Any], name: str, pod_ip: str) -> Probe | None:
    spec = container.get(name)
    if not spec:
        return None
    return Probe(
        delay_s=_number(spec, "initialDelaySeconds", 0),
        period_s=max(1, _number(spec, "periodSeconds", 10)),
        successes=max(1, _number(spec, "successThreshold", 1)),
        failures=max(1, _number(spec, "failureThreshold", 3)),
        target=_failure(container, spec, pod_ip),
    )


def _number(spec: Mapping[str, Any], name: str, default: int) -> int:
    value = spec.get(name)
    return value if isinstance(value, int) and value > 0 else default


def _failure(container: Mapping[str, Any], spec: Mapping[str, Any], pod_ip: str) -> str:
    ports = {item.get("name"): item["containerPort"] for item in container.get("ports") or ()}
    for key in ("httpGet", "tcpSocket", "grpc"):
        if key not in spec:
            continue
        asked = spec[key].get("port")
        address = f"{pod_ip}:{ports.get(asked, asked)}"
        if key == "httpGet":
            scheme = (spec[key].get("scheme") or "HTTP").lower()
            path = (spec[key].get("path") or "/").lstrip("/")
            url = f"{scheme}://{address}/{path}"
            return f'Get "{url}": dial tcp {address}: connect: connection refused'
        if key == "grpc":
            cause = "context deadline exceeded"
            return f'timeout: failed to connect service "{address}" within 1s: {cause}'
        return f"dial tcp {address}: connect: connection refused"
    return "command terminated with exit code 1"


def _script(
    pod: Mapping[str, Any], container: Mapping[str, Any], role: Role, engine: Engine, pod_ip: str
) -> Script:
    known = image(container.get("image", ""))
    wishes = _Wishes(pod, container["name"])
    plan = stages(engine)
    policy = container.get("imagePullPolicy") or (
        "Always" if tag_of(known.full_name) == "latest" else "IfNotPresent"
    )
    pull_s = wishes.seconds("pull")
    script = Script(
        pull_s=known.pull_s if pull_s is None else pull_s,
        image_bytes=known.size_bytes,
        pull_error=wishes.text("pull-error") or known.error,
        always_pulls=policy == "Always",
        never_pulls=policy == "Never",
        boot_s=plan.boot_s,
        load_s=plan.load_s,
        waits_for_group=engine.waits_for_group,
        group_timeout_s=_GROUP_TIMEOUT_S if engine.waits_for_group else FOREVER,
        run_s=_INIT_RUN_S if role is Role.INIT else FOREVER,
        stop_code=_TERM_CODES.get(engine.kind, _TERMINATED),
        startup=_probe(container, "startupProbe", pod_ip),
        readiness=_probe(container, "readinessProbe", pod_ip),
    )
    return _with_wishes(script, wishes, pod_ip, engine)


def _with_wishes(script: Script, wishes: _Wishes, pod_ip: str, engine: Engine) -> Script:
    startup_s, crash_s = wishes.seconds("startup"), wishes.seconds("crash-after")
    never_ready = wishes.text("never-ready") == "true"
    if startup_s is not None:
        script = replace(script, boot_s=0.0, load_s=startup_s)
    if (startup_s is not None or never_ready) and script.readiness is None:
        target = f"dial tcp {pod_ip}:{engine.port}: connect: connection refused"
        script = replace(script, readiness=Probe(0, 1, 1, 3, target))
    if crash_s is not None:
        code = wishes.text("exit-code") or "1"
        exit_code = int(code) if code.isdigit() else 1
        script = replace(script, run_s=crash_s, exit_code=exit_code)
    stop_s = wishes.seconds("shutdown")
    return replace(
        script,
        never_ready=never_ready,
        stop_s=script.stop_s if stop_s is None else stop_s,
    )


def _container(
    pod: Mapping[str, Any], container: Mapping[str, Any], kind: str, pod_ip: str
) -> Container:
    role = Role.MAIN
    if kind == "initContainers":
        role = Role.SIDECAR if is_sidecar(container) else Role.INIT
    engine = detect(pod, container)
    return Container(
        name=container["name"],
        image=container.get("image", ""),
        role=role,
        script=_script(pod, container, role, engine, pod_ip),
        path=f"spec.{kind}{{{container['name']}}}",
    )


def pod_run(pod: Mapping[str, Any], pod_ip: str) -> PodRun:
    """Return the first state of a pod that a kubelet has just accepted."""
    meta, spec = pod["metadata"], pod["spec"]
    containers = [
        _container(pod, container, kind, pod_ip)
        for kind in ("initContainers", "containers")
        for container in spec.get(kind) or ()
    ]
    return PodRun(
        name=f"{meta['name']}_{meta['namespace']}({meta['uid']})",
        restart_policy=spec.get("restartPolicy") or "Always",
        network_s=_NETWORK_S,
        containers=tuple(containers),
    )
