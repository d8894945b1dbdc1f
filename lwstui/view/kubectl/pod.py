"""A pod as ``kubectl describe pod`` tells it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from controller.api.core import Event
from controller.api.meta import parse_time
from lwstui.view.ages import age
from lwstui.view.kubectl.containers import containers
from lwstui.view.kubectl.text import NONE, Json, aligned, events, moment, pairs, part, parts

_VOLUMES: Final = {
    "hostPath": (
        "HostPath (bare host directory volume)",
        (("Path", "path"), ("HostPathType", "type")),
    ),
    "emptyDir": (
        "EmptyDir (a temporary directory that shares a pod's lifetime)",
        (("Medium", "medium"), ("SizeLimit", "sizeLimit")),
    ),
    "secret": (
        "Secret (a volume populated by a Secret)",
        (("SecretName", "secretName"), ("Optional", "optional")),
    ),
    "configMap": (
        "ConfigMap (a volume populated by a ConfigMap)",
        (("Name", "name"), ("Optional", "optional")),
    ),
    "persistentVolumeClaim": (
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        (("ClaimName", "claimName"), ("ReadOnly", "readOnly")),
    ),
    "nfs": (
        "NFS (an NFS mount that lasts the lifetime of a pod)",
        (("Server", "server"), ("Path", "path"), ("ReadOnly", "readOnly")),
    ),
}
_DEFAULTS: Final = {"Optional": "false", "ReadOnly": "false", "SizeLimit": "<unset>"}


def describe_pod(body: Json, found: Iterable[Event], now: float) -> list[str]:
    """Return the lines of a pod's description.

    Args:
        body: The pod.
        found: Events about it.
        now: Epoch seconds.
    """
    return aligned([*_top(body, now), *_containers(body), *_rest(body), *events(found, now)])


def _top(body: Json, now: float) -> Iterator[str]:
    meta, spec, status = part(body, "metadata"), part(body, "spec"), part(body, "status")
    yield f"Name:\t{meta.get('name', '')}"
    yield f"Namespace:\t{meta.get('namespace', '')}"
    named = (
        ("Priority", "priority"),
        ("Priority Class Name", "priorityClassName"),
        ("Runtime Class Name", "runtimeClassName"),
        ("Service Account", "serviceAccountName"),
    )
    yield from (f"{title}:\t{spec[key]}" for title, key in named if spec.get(key) not in (None, ""))
    node = spec.get("nodeName")
    yield f"Node:\t{node}/{status.get('hostIP', '')}" if node else f"Node:\t{NONE}"
    if status.get("startTime"):
        yield f"Start Time:\t{moment(status['startTime'])}"
    yield from pairs("Labels", part(meta, "labels"))
    yield from pairs("Annotations", part(meta, "annotations"), ": ")
    yield from _status(body, now)


def _status(body: Json, now: float) -> Iterator[str]:
    meta, status = part(body, "metadata"), part(body, "status")
    deadline = parse_time(str(meta["deletionTimestamp"])) if "deletionTimestamp" in meta else None
    if deadline is not None:
        yield f"Status:\tTerminating (lasts {age(now - deadline)})"
        yield f"Termination Grace Period:\t{meta.get('deletionGracePeriodSeconds', 0)}s"
    else:
        yield f"Status:\t{status.get('phase', '')}"
    yield from (f"{n.capitalize()}:\t{status[n]}" for n in ("reason", "message") if status.get(n))
    yield f"IP:\t{status.get('podIP', '')}"
    addresses = parts(status, "podIPs")
    yield "IPs:" if addresses else f"IPs:\t{NONE}"
    yield from (f"  IP:\t{address.get('ip', '')}" for address in addresses)
    for owner in parts(meta, "ownerReferences"):
        if owner.get("controller"):
            yield f"Controlled By:\t{owner.get('kind', '')}/{owner.get('name', '')}"


def _containers(body: Json) -> Iterator[str]:
    spec, status = part(body, "spec"), part(body, "status")
    if inits := parts(spec, "initContainers"):
        yield from containers("Init Containers", inits, parts(status, "initContainerStatuses"))
    yield from containers(
        "Containers", parts(spec, "containers"), parts(status, "containerStatuses")
    )


def _rest(body: Json) -> Iterator[str]:
    spec, status = part(body, "spec"), part(body, "status")
    yield from readiness_gates(body)
    if conditions := parts(status, "conditions"):
        yield "Conditions:"
        yield "  Type\tStatus"
        yield from (f"  {c.get('type', '')} \t{c.get('status', '')} " for c in conditions)
    yield from volumes(spec)
    if status.get("qosClass"):
        yield f"QoS Class:\t{status['qosClass']}"
    yield from pairs("Node-Selectors", part(spec, "nodeSelector"))
    tolerations = [toleration_text(t) for t in parts(spec, "tolerations")]
    first, *others = tolerations or [NONE]
    yield f"Tolerations:\t{first}"
    yield from (f"\t{other}" for other in others)


def readiness_gates(body: Json) -> Iterator[str]:
    """Yield a pod's readiness gates and whether they are open."""
    gates = parts(body, "spec", "readinessGates")
    if not gates:
        return
    known = {c.get("type"): c.get("status") for c in parts(body, "status", "conditions")}
    yield "Readiness Gates:"
    yield "  Type\tStatus"
    for gate in gates:
        kind = gate.get("conditionType", "")
        yield f"  {kind} \t{known.get(kind, NONE)} "


def volumes(spec: Json) -> Iterator[str]:
    """Yield the volumes of a pod's spec."""
    found = parts(spec, "volumes")
    yield "Volumes:" if found else f"Volumes:\t{NONE}"
    for volume in found:
        yield f"  {volume.get('name', '')}:"
        yield from _volume(volume)


def _volume(volume: Json) -> Iterator[str]:
    kind = next((key for key in volume if key != "name"), "")
    if kind == "projected":
        yield "    Type:\tProjected (a volume that contains injected data from multiple sources)"
        yield from (f"    {line}" for line in _sources(part(volume, kind)))
        return
    if kind not in _VOLUMES:
        yield f"    Type:\t{kind or '<unknown>'}"
        return
    title, fields = _VOLUMES[kind]
    yield f"    Type:\t{title}"
    for name, key in fields:
        value = part(volume, kind).get(key)
        text = str(value).lower() if isinstance(value, bool) else str(value or "")
        yield f"    {name}:\t{text or _DEFAULTS.get(name, '')}"


def _sources(projected: Json) -> Iterator[str]:
    for source in parts(projected, "sources"):
        if token := part(source, "serviceAccountToken"):
            yield f"TokenExpirationSeconds:\t{token.get('expirationSeconds', '')}"
        if chosen := part(source, "configMap"):
            yield f"ConfigMapName:\t{chosen.get('name', '')}"
        if secret := part(source, "secret"):
            yield f"SecretName:\t{secret.get('name', '')}"
        if "downwardAPI" in source:
            yield "DownwardAPI:\ttrue"


def toleration_text(toleration: Json) -> str:
    """Return a toleration as kubectl writes it: ``key=value:effect op=Exists for 300s``."""
    text = str(toleration.get("key", ""))
    if toleration.get("value"):
        text += f"={toleration['value']}"
    if toleration.get("effect"):
        text += f":{toleration['effect']}"
    if toleration.get("operator") == "Exists" and not toleration.get("value"):
        text += " op=Exists" if text else "op=Exists"
    seconds = toleration.get("tolerationSeconds")
    return f"{text} for {seconds}s" if seconds is not None else text
