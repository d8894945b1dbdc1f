"""Rules about how containers ended: by which code, and what they said last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from controller.api.pods import Pod
from lwstui.insight.pods import finding
from lwstui.insight.world import World, seen_event
from lwstui.state.deaths import Death
from lwstui.state.insights import Advice, Evidence, Finding, Severity

RECENT_S: Final = 3600.0
"""Ends of containers longer ago than this say nothing about the present."""
SETTLED_S: Final = 600.0
"""A pod whose container ended so lately is not called fine although it is ready again."""

_LOG_SIGNS: Final = (
    # (rule, severity, fragments, diagnosis, advice)
    (
        "P10",
        Severity.CRITICAL,
        ("cuda out of memory", "outofmemoryerror", "no available memory for the cache blocks"),
        "the model does not fit into the accelerators' memory",
        "lower the context length or the memory fraction, spread over more devices, or quantise",
    ),
    (
        "P11",
        Severity.CRITICAL,
        (
            "cuda driver version is insufficient",
            "failed to initialize nvml",
            "no cuda-capable device",
            "no cuda gpus are available",
        ),
        "the image and the node's driver do not go together, or no device was handed in",
        "check the driver on the node, the RuntimeClass, and what the pod requests",
    ),
    (
        "P12",
        Severity.WARNING,
        ("gated repo", "repository not found", "hf_token", "401 client error"),
        "the model may not be fetched: access is missing",
        "give the pod a token that may read the model",
    ),
    (
        "P13",
        Severity.WARNING,
        (
            "larger than the maximum number of tokens that can be stored in kv cache",
            "decrease `max_model_len`",
            "decrease max_model_len",
        ),
        "the KV cache is too small for the context length that is asked for",
        "lower the context length or raise the memory fraction",
    ),
    (
        "P14",
        Severity.WARNING,
        ("bus error", "no space left on device: '/dev/shm", "insufficient shared memory"),
        "shared memory is too small",
        "mount an emptyDir of medium Memory at /dev/shm",
    ),
)


def findings(world: World) -> Iterator[Finding]:
    """Yield what the newest end of each container says."""
    for deaths in world.deaths_of.values():
        newest: dict[tuple[str, str], Death] = {}
        for death in deaths:
            if world.now - death.at <= RECENT_S:
                newest[death.pod, death.container] = death
        for death in newest.values():
            pod = world.snapshot.pods.get(death.pod_key)
            if pod is not None and not pod.ready:
                yield from _of_death(world, pod, death)
            elif pod is not None and came_back(world, pod, death):
                yield restarted(pod, death, "runs again")
        yield from _recreated(world, newest.values())


def came_back(world: World, pod: Pod, death: Death) -> bool:
    """Tell whether a container ended a while ago and runs again in the same pod."""
    return pod.uid == death.uid and not death.init and world.now - death.at <= SETTLED_S


def _recreated(world: World, deaths: Iterable[Death]) -> Iterator[Finding]:
    """Yield P20 for what ended first in a group that was recreated for it."""
    lately = [d for d in deaths if not d.init and world.now - d.at <= SETTLED_S]
    newest = max((death.generation for death in lately), default=0)
    first = min(
        (death for death in lately if death.generation == newest),
        key=lambda death: death.at,
        default=None,
    )
    pod = world.snapshot.pods.get(first.pod_key) if first is not None else None
    if first is not None and pod is not None and pod.uid != first.uid:
        yield restarted(pod, first, "its group was recreated")


def restarted(pod: Pod, death: Death, since: str) -> Finding:
    """P20: a container ended lately and all is as if nothing had been.

    It does not explain a group that is recreated again and again: that is what is wrong.
    """
    found = finding(
        "P20",
        Severity.INFO,
        pod,
        f"{death.container} ended a while ago and {since}: {death.how}",
        (Evidence(f"{death.container} ended: {death.how}", death.at), *_last(death)),
        Advice("see its last lines", "pod.previous-logs"),
    )
    return replace(found, explains=found.explains - {"G5"})


def _of_death(world: World, pod: Pod, death: Death) -> Iterator[Finding]:
    seen = Evidence(f"{death.container} ended: {death.how}", death.at)
    if death.reason == "OOMKilled":
        yield finding(
            "P7",
            Severity.CRITICAL,
            pod,
            f"{death.container} was killed: it used more host memory than its limit",
            (seen, *_last(death)),
            Advice(
                "raise the memory limit; loaded weights and shared memory count towards it",
                "set.edit",
            ),
            explains=("E1", "E2", "E3", "P19", "P20"),
        )
    elif death.exit_code == 137:
        yield _killed(world, pod, death, seen)
    yield from _log_signs(pod, death, seen)


def _killed(world: World, pod: Pod, death: Death, seen: Evidence) -> Finding:
    probe = next(world.pod_events(pod, "Unhealthy", "Killing"), None)
    killed = "was killed, not for its memory: most likely a probe failed or its time was up"
    return finding(
        "P8",
        Severity.WARNING,
        pod,
        f"{death.container} {killed}",
        (seen, *((seen_event(probe),) if probe else ())),
        Advice("give the startup probe more time: loading a model takes minutes"),
        explains=("P19", "P20"),
    )


def _log_signs(pod: Pod, death: Death, seen: Evidence) -> Iterator[Finding]:
    lines = [line.lower() for line in death.lines]
    for rule, severity, fragments, diagnosis, help_ in _LOG_SIGNS:
        at = next((n for n, line in enumerate(lines) if any(f in line for f in fragments)), None)
        if at is not None:
            said = Evidence(death.lines[at], death.at)
            more = ("E1", "E2") if severity is Severity.CRITICAL else ()
            explains = ("P19", "P20", *more)
            advice = Advice(help_)
            yield finding(rule, severity, pod, diagnosis, (said, seen), advice, explains=explains)
            return


def _last(death: Death) -> tuple[Evidence, ...]:
    return (Evidence(death.lines[-1], death.at),) if death.lines else ()
