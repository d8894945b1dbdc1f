"""What the sandbox plays for a pod's containers: defaults from the engine, changed by annotations.

Annotations on the pod, each for all containers or, with ``.<container>`` appended, for one:

=========================================== =====================================================
``sandbox.lwstui.dev/startup``              seconds from start to ready, in place of the engine's
``sandbox.lwstui.dev/crash-after``          each run of the container exits after this long
``sandbox.lwstui.dev/exit-code``            code of that exit, 1 by default; 137 reads OOMKilled
``sandbox.lwstui.dev/never-ready``          ``true``: runs, but its probe never succeeds
``sandbox.lwstui.dev/hang-after``           it answers no more and ignores what it is told
``sandbox.lwstui.dev/oom-after``            each run is killed for its memory after this long
``sandbox.lwstui.dev/memory``               what the process grows to; above its limit it is killed
``sandbox.lwstui.dev/shutdown``             how long the container takes to end when told to
``sandbox.lwstui.dev/pull``                 how long a first pull of its image takes
``sandbox.lwstui.dev/pull-error``           the image cannot be pulled, with this message
``sandbox.lwstui.dev/log-rate``             extra log lines per second while it serves
``sandbox.lwstui.dev/load``                 requests at a time asked of an engine, at any time; on a
                                            LeaderWorkerSet: shared by its ready leaders
=========================================== =====================================================

``sandbox.lwstui.dev/restart-container: <name>`` makes the kubelet restart that container once; a
further value, such as ``<name>#2``, does it again. Durations read ``20s``, ``1m30s``, ``500ms`` or
a number of seconds.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lwstui.sandbox.amounts import is_sidecar, milli
from lwstui.sandbox.containers import FOREVER, Container, PodRun, Probe, Role, Script
from lwstui.sandbox.engines.detect import Kind, detect
from lwstui.sandbox.engines.program import is_shell, program
from lwstui.sandbox.engines.scene import GROUP_TIMEOUT_S
from lwstui.sandbox.engines.stages import stages
from lwstui.sandbox.images import image, tag_of
from lwstui.sandbox.podstatus import KINDS
from lwstui.sandbox.probes import Host, read_probe

PREFIX = "sandbox.lwstui.dev/"
RESTART = f"{PREFIX}restart-container"
LEAST_GROWTH_S = 2.0
_NETWORK_S = 0.4
_INIT_RUN_S = 1.0
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_TERM_CODES = {Kind.NGINX: 0, Kind.VLLM: 0, Kind.SGLANG: 0, Kind.LLAMACPP: 0}
_TERMINATED = 143
_GRACE_S = 30.0
_HOOK_S = 0.1
_SLEEP = re.compile(r"\bsleep\s+(\d+(?:\.\d+)?[smh]?)")


def seconds(text: str) -> float | None:
    """Return a duration such as ``1m30s`` or ``20`` in seconds, None if it cannot be read."""
    try:
        return float(text)
    except ValueError:
        parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _UNIT_S[unit] for number, unit in parts)


_STDIN = {"stdin": True}


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

    def memory_bytes(self) -> float | None:
        """Return how much memory the process grows to, None if absent or unreadable."""
        text = self.text("memory")
        try:
            return milli(text) / 1000 if text else None
        except ValueError:
            return None


def wanted_memory_bytes(pod: Mapping[str, Any], container: str) -> float | None:
    """Return the memory that a pod says its process grows to, None if it says nothing."""
    return _Wishes(pod, container).memory_bytes()


def log_rate(pod: Mapping[str, Any], container: str) -> float:
    """Return the extra log lines per simulated second a pod asks for, 0 by default."""
    return _Wishes(pod, container).seconds("log-rate") or 0.0


def _script(pod: Mapping[str, Any], container: Mapping[str, Any], role: Role, host: Host) -> Script:
    engine = host.engine
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
        waits_for_leader=engine.waits_for_leader,
        leader_address=engine.leader_address,
        group_timeout_s=GROUP_TIMEOUT_S,
        run_s=_INIT_RUN_S if role is Role.INIT else FOREVER,
        stop_code=_TERM_CODES.get(engine.kind, _TERMINATED),
        poststart_s=_hook_s(container, "postStart"),
        poststart_fails=_fails(container),
        prestop_s=_hook_s(container, "preStop"),
        startup=read_probe(container, "startupProbe", host),
        readiness=read_probe(container, "readinessProbe", host),
        liveness=read_probe(container, "livenessProbe", host),
    )
    small = program(container)
    if role is Role.EPHEMERAL and not container.get("stdin") and is_shell({**container, **_STDIN}):
        # A shell that nobody can type into finds the end of its input, and is done.
        script = replace(script, boot_s=0.0, load_s=0.0, run_s=_INIT_RUN_S)
    elif small is not None:
        run_s, exit_code = small.run_s, small.exit_code
        script = replace(script, boot_s=0.0, load_s=0.0, run_s=run_s, exit_code=exit_code)
    script = _with_wishes(script, wishes, host)
    return replace(script, oom_s=_oom_s(script, wishes, container))


def _fails(container: Mapping[str, Any]) -> bool:
    """Tell whether a container's postStart hook is a command that fails for certain."""
    hook = (container.get("lifecycle") or {}).get("postStart") or {}
    small = program({"command": (hook.get("exec") or {}).get("command")})
    return small is not None and small.exit_code != 0


def _hook_s(container: Mapping[str, Any], name: str) -> float:
    """Return how long a container's hook takes: the sleep it names, else a moment."""
    hook = (container.get("lifecycle") or {}).get(name) or {}
    if "sleep" in hook:
        return float(hook["sleep"].get("seconds") or 0)
    text = " ".join((hook.get("exec") or {}).get("command") or ())
    slept = [seconds(found) or 0.0 for found in _SLEEP.findall(text)]
    return sum(slept) if slept or not hook else _HOOK_S


def _oom_s(script: Script, wishes: _Wishes, container: Mapping[str, Any]) -> float:
    """Return how long after its start a process is out of memory, ``inf`` for never.

    A process that wants more than its container may have gets there in the middle of loading.
    """
    asked_s = wishes.seconds("oom-after")
    if asked_s is not None:
        return asked_s
    limit = ((container.get("resources") or {}).get("limits") or {}).get("memory")
    wanted = wishes.memory_bytes()
    if limit is None or wanted is None or wanted * 1000 <= milli(limit):
        return FOREVER
    share = milli(limit) / (wanted * 1000)
    return script.boot_s + max(LEAST_GROWTH_S, script.load_s) * share


def _with_wishes(script: Script, wishes: _Wishes, host: Host) -> Script:
    startup_s, crash_s = wishes.seconds("startup"), wishes.seconds("crash-after")
    never_ready = wishes.text("never-ready") == "true"
    if startup_s is not None:
        script = replace(script, boot_s=0.0, load_s=startup_s)
    if (startup_s is not None or never_ready) and script.readiness is None:
        target = f"dial tcp {host.pod_ip}:{host.engine.port}: connect: connection refused"
        script = replace(script, readiness=Probe(0, 1, 1, 3, target))
    if crash_s is not None:
        code = wishes.text("exit-code") or "1"
        exit_code = int(code) if code.isdigit() else 1
        script = replace(script, run_s=crash_s, exit_code=exit_code)
    stop_s, hang_s = wishes.seconds("shutdown"), wishes.seconds("hang-after")
    return replace(
        script,
        hang_s=FOREVER if hang_s is None else hang_s,
        never_ready=never_ready,
        stop_s=script.stop_s if stop_s is None else stop_s,
    )


def _container(
    pod: Mapping[str, Any], container: Mapping[str, Any], kind: str, pod_ip: str
) -> Container:
    role = Role.MAIN
    if kind == "initContainers":
        role = Role.SIDECAR if is_sidecar(container) else Role.INIT
    elif kind == "ephemeralContainers":
        role = Role.EPHEMERAL
    return Container(
        name=container["name"],
        image=container.get("image", ""),
        role=role,
        script=_script(pod, container, role, Host(pod_ip, detect(pod, container))),
        path=f"spec.{kind}{{{container['name']}}}",
    )


def pod_run(pod: Mapping[str, Any], pod_ip: str) -> PodRun:
    """Return the first state of a pod that a kubelet has just accepted."""
    meta, spec = pod["metadata"], pod["spec"]
    containers = [
        _container(pod, container, kind, pod_ip)
        for kind in KINDS
        for container in spec.get(kind) or ()
    ]
    return PodRun(
        name=f"{meta['name']}_{meta['namespace']}({meta['uid']})",
        restart_policy=spec.get("restartPolicy") or "Always",
        network_s=_NETWORK_S,
        containers=tuple(containers),
        patience_s=float(spec.get("terminationGracePeriodSeconds", _GRACE_S)),
    )


def with_added(run: PodRun, pod: Mapping[str, Any], pod_ip: str) -> PodRun:
    """Return a pod on its node with the containers that were added to it since."""
    known = {each.name for each in run.containers}
    added = tuple(
        _container(pod, container, "ephemeralContainers", pod_ip)
        for container in pod["spec"].get("ephemeralContainers") or ()
        if container["name"] not in known
    )
    return replace(run, containers=run.containers + added) if added else run
