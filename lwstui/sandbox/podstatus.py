"""The status a kubelet writes for a pod, from the states of its containers. Pure."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lwstui.sandbox.amounts import container_request, quality_of_service
from lwstui.sandbox.conditions import set_condition
from lwstui.sandbox.containers import Container, Phase, PodRun, Role, Run
from lwstui.sandbox.images import image

_WATCHED_METADATA = (
    "annotations",
    "labels",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)

Json = dict[str, Any]
Stamp = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a pod runs: addresses, and the device ids each container holds by resource."""

    uid: str
    pod_ip: str
    host_ip: str
    devices: Mapping[str, Mapping[str, Sequence[str]]]


# What a kubelet writes of a status; the rest of it is others' to write.
KUBELET_FIELDS = (
    "phase",
    "conditions",
    "hostIP",
    "hostIPs",
    "podIP",
    "podIPs",
    "startTime",
    "qosClass",
    "observedGeneration",
    "initContainerStatuses",
    "containerStatuses",
    "ephemeralContainerStatuses",
)
# The lists of containers in a pod's spec, in the order in which they begin.
KINDS = ("initContainers", "containers", "ephemeralContainers")
_FIRST = (Role.INIT, Role.SIDECAR)


def concerns_kubelet(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Tell whether a pod changed in what its kubelet acts on or writes itself."""
    was, now = before["metadata"], after["metadata"]
    if before["spec"] != after["spec"] or any(was.get(x) != now.get(x) for x in _WATCHED_METADATA):
        return True
    written, found = before.get("status") or {}, after.get("status") or {}
    return any(written.get(name) != found.get(name) for name in KUBELET_FIELDS)


def container_id(uid: str, name: str, number: int) -> str:
    """Return the runtime's id of one run of a container."""
    digest = hashlib.sha256(f"{uid}/{name}/{number}".encode()).hexdigest()
    return f"containerd://{digest}"


def pod_status(
    pod: Mapping[str, Any],
    run: PodRun,
    now_s: float,
    *,
    where: Placement,
    stamp: Stamp,
) -> Json:
    """Return the status of a pod whose kubelet has it at ``run``.

    Init containers are in the order of the spec, the others by name, as a kubelet writes them.

    Args:
        pod: The pod object; conditions of its present status keep their transition times.
        run: State of its containers.
        now_s: Pod time.
        where: Addresses and devices.
        stamp: Pod time to RFC 3339 text.
    """
    status: Json = {
        "phase": phase(run),
        "conditions": [dict(item) for item in (pod.get("status") or {}).get("conditions") or ()],
        "hostIP": where.host_ip,
        "hostIPs": [{"ip": where.host_ip}],
        "startTime": stamp(0),
        "qosClass": quality_of_service(pod["spec"]),
        "observedGeneration": pod["metadata"].get("generation", 1),
    }
    has_network = now_s >= run.network_s
    if has_network:
        status["podIP"] = where.pod_ip
        status["podIPs"] = [{"ip": where.pod_ip}]
    _add_conditions(status, run, stamp(now_s), has_network=has_network)
    specs = {item["name"]: item for kind in KINDS for item in pod["spec"].get(kind) or ()}
    for field, roles in (
        ("initContainerStatuses", (Role.INIT, Role.SIDECAR)),
        ("containerStatuses", (Role.MAIN,)),
        ("ephemeralContainerStatuses", (Role.EPHEMERAL,)),
    ):
        chosen = [item for item in run.containers if item.role in roles]
        if Role.MAIN in roles:
            chosen.sort(key=lambda item: item.name)
        if chosen:
            status[field] = [
                _container_status(item, specs[item.name], run, where, stamp) for item in chosen
            ]
    return status


def initialized(run: PodRun) -> bool:
    """Tell whether all init containers are done and all sidecars have started."""
    return all(
        item.has_succeeded if item.role is Role.INIT else item.run is not None and item.run.started
        for item in run.containers
        if item.role in _FIRST
    )


def phase(run: PodRun) -> str:
    """Return ``Pending``, ``Running``, ``Succeeded`` or ``Failed``.

    Source: kubernetes pkg/kubelet/kubelet_pods.go, getPhase.
    """
    main = [item for item in run.containers if item.role is Role.MAIN]
    ended = [item for item in run.containers if item.role is Role.INIT and _has_ended(item)]
    if run.restart_policy == "Never" and any(not item.has_succeeded for item in ended):
        return "Failed"
    if not initialized(run) or any(item.run is None for item in main):
        return "Pending"
    if run.stopping:
        return "Running"
    if any(item.phase is not Phase.EXITED or item.until_s < float("inf") for item in main):
        return "Running"
    return "Succeeded" if all(item.has_succeeded for item in main) else "Failed"


def _has_ended(container: Container) -> bool:
    return container.phase is Phase.EXITED


def _ready(container: Container) -> bool:
    return container.is_running and container.run is not None and container.run.ready


def _told_ready(container: Container) -> bool:
    """Tell what a status says: nothing waits for a container that was added to look around."""
    if container.role is Role.INIT and container.has_succeeded:
        return True
    return _ready(container) and container.role is not Role.EPHEMERAL


def _add_conditions(status: Json, run: PodRun, now: str, *, has_network: bool) -> None:
    main = [item for item in run.containers if item.role is Role.MAIN]
    counted = [item for item in run.containers if item.role in (Role.SIDECAR, Role.MAIN)]
    unready = [item.name for item in counted if not _ready(item)]
    waiting = [
        item.name for item in run.containers if item.role is Role.INIT and not item.has_succeeded
    ]
    finished = status["phase"] in ("Succeeded", "Failed")
    flags: list[tuple[str, bool, str, str]] = [
        ("PodReadyToStartContainers", has_network and not run.stopped, "", ""),
        (
            "Initialized",
            initialized(run),
            "ContainersNotInitialized",
            _listed("incomplete", waiting),
        ),
    ]
    done = finished and all(item.has_succeeded for item in main)
    reason = "PodCompleted" if done else "ContainersNotReady"
    message = "" if done else _listed("unready", unready)
    ready = not unready and not finished
    flags += [(kind, ready, reason, message) for kind in ("Ready", "ContainersReady")]
    for kind, holds, why, text in flags:
        condition = {"type": kind, "status": "True" if holds else "False"}
        if not holds:
            condition |= {"reason": why, "message": text}
        set_condition(status, condition, now=now, generation=status["observedGeneration"])


def _listed(what: str, names: Iterable[str]) -> str:
    return f"containers with {what} status: [{' '.join(names)}]"


def _container_status(
    container: Container,
    spec: Mapping[str, Any],
    run: PodRun,
    where: Placement,
    stamp: Stamp,
) -> Json:
    known, uid = image(container.image), where.uid
    now = container.run
    status: Json = {
        "name": container.name,
        "state": _state(container, run, uid, stamp),
        "lastState": _last_state(container, uid, stamp),
        "ready": _told_ready(container),
        "restartCount": container.restarts,
        "image": known.full_name if now else container.image,
        "imageID": known.image_id if now else "",
    }
    if container.role is not Role.EPHEMERAL:
        status["started"] = container.is_running and now is not None and now.started
    if now is not None:
        status["containerID"] = container_id(uid, container.name, now.number)
        status |= _resources(spec)
        mounts = spec.get("volumeMounts") or ()
        if mounts:
            status["volumeMounts"] = [_mount(item) for item in mounts]
    held = where.devices.get(container.name) or {}
    if held and container.is_running:
        status["allocatedResourcesStatus"] = [
            {
                "name": name,
                "resources": [{"resourceID": item, "health": "Healthy"} for item in ids],
            }
            for name, ids in held.items()
        ]
    return status


def _resources(spec: Mapping[str, Any]) -> Json:
    resources = spec.get("resources") or {}
    requests = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    if not container_request(spec):
        return {"resources": {}}
    return {"allocatedResources": requests, "resources": {**resources, "requests": requests}}


def _mount(mount: Mapping[str, Any]) -> Json:
    shown: Json = {"name": mount["name"], "mountPath": mount["mountPath"]}
    if mount.get("readOnly"):
        shown |= {"readOnly": True, "recursiveReadOnly": "Disabled"}
    return shown


def _terminated(container: Container, run: Run, uid: str, stamp: Stamp) -> Json:
    return {
        "terminated": {
            "exitCode": run.exit_code,
            "reason": run.reason,
            "startedAt": stamp(run.started_s),
            "finishedAt": stamp(run.finished_s or run.started_s),
            "containerID": container_id(uid, container.name, run.number),
        }
    }


def _state(container: Container, pod: PodRun, uid: str, stamp: Stamp) -> Json:
    run = container.run
    if container.is_running and run is not None:
        return {"running": {"startedAt": stamp(run.started_s)}}
    if run is not None and (container.is_between_runs or pod.stopping):
        return _terminated(container, run, uid, stamp)
    return {"waiting": _waiting(container, pod)}


def _waiting(container: Container, pod: PodRun) -> Json:
    name = container.name
    match container.phase:
        case Phase.PULL_FAILED if container.script.never_pulls:
            message = "is not present with pull policy of Never"
            return {
                "reason": "ErrImageNeverPull",
                "message": f'Container image "{container.image}" {message}',
            }
        case Phase.PULL_FAILED:
            return {"reason": "ErrImagePull", "message": container.trouble}
        case Phase.PULL_BACKOFF | Phase.PULLING if container.trouble:
            # The kubelet keeps what it said last while it tries again.
            error = f"ErrImagePull: {container.trouble}"
            message = f'Back-off pulling image "{container.image}": {error}'
            return {"reason": "ImagePullBackOff", "message": message}
        case Phase.CONFIG_ERROR:
            return {"reason": "CreateContainerConfigError", "message": container.trouble}
        case Phase.CRASH_BACKOFF:
            run = container.run
            wait_s = container.until_s - (run.finished_s or 0) if run is not None else 0
            message = (
                f"back-off {_duration(wait_s)} restarting failed container={name} pod={pod.name}"
            )
            return {"reason": "CrashLoopBackOff", "message": message}
    return {"reason": waiting_reason(pod)}


def waiting_reason(pod: PodRun) -> str:
    """Return why a container without a run yet waits: its pod initialises, or it is made."""
    has_init = any(item.role in _FIRST for item in pod.containers)
    return "PodInitializing" if has_init else "ContainerCreating"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def _last_state(container: Container, uid: str, stamp: Stamp) -> Json:
    shown_as_state = container.is_running or container.is_between_runs
    before = container.previous if shown_as_state else container.run
    return {} if before is None else _terminated(container, before, uid, stamp)
