"""A node as ``kubectl describe node`` tells it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from controller.api.core import Event
from controller.api.pods import Pod
from lwstui.view.ages import age, bytes_
from lwstui.view.kubectl.text import NONE, Json, aligned, events, moment, pairs, part, parts

_ROLE: Final = "node-role.kubernetes.io/"
_INFO: Final = (
    ("Machine ID", "machineID"),
    ("System UUID", "systemUUID"),
    ("Boot ID", "bootID"),
    ("Kernel Version", "kernelVersion"),
    ("OS Image", "osImage"),
    ("Operating System", "operatingSystem"),
    ("Architecture", "architecture"),
    ("Container Runtime Version", "containerRuntimeVersion"),
    ("Kubelet Version", "kubeletVersion"),
    ("Kube-Proxy Version", "kubeProxyVersion"),
)


def describe_node(body: Json, pods: Sequence[Pod], found: Iterable[Event], now: float) -> list[str]:
    """Return the lines of a node's description.

    Args:
        body: The node.
        pods: Pods on it that belong to sets or hold accelerators; others are not known.
        found: Events about it.
        now: Epoch seconds.
    """
    return aligned([*_top(body), *_capacity(body), *_pods(pods, now), *events(found, now)])


def _top(body: Json) -> Iterator[str]:
    meta, spec = part(body, "metadata"), part(body, "spec")
    labels = part(meta, "labels")
    roles = sorted(key.removeprefix(_ROLE) for key in labels if key.startswith(_ROLE))
    yield f"Name:\t{meta.get('name', '')}"
    yield f"Roles:\t{','.join(roles) or NONE}"
    yield from pairs("Labels", labels)
    yield from pairs("Annotations", part(meta, "annotations"), ": ")
    yield f"CreationTimestamp:\t{moment(meta.get('creationTimestamp'))}"
    taints = [_taint(taint) for taint in parts(spec, "taints")]
    first, *others = taints or [NONE]
    yield f"Taints:\t{first}"
    yield from (f"\t{other}" for other in others)
    yield f"Unschedulable:\t{str(bool(spec.get('unschedulable'))).lower()}"
    if conditions := parts(body, "status", "conditions"):
        yield "Conditions:"
        yield "  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage"
        yield "  ----\t------\t-----------------\t------------------\t------\t-------"
        for c in conditions:
            times = f"{moment(c.get('lastHeartbeatTime'))} \t{moment(c.get('lastTransitionTime'))}"
            said = f"{c.get('reason', '')} \t{c.get('message', '')}"
            yield f"  {c.get('type', '')} \t{c.get('status', '')} \t{times} \t{said}"


def _taint(taint: Json) -> str:
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint.get('key', '')}{value}:{taint.get('effect', '')}"


def _capacity(body: Json) -> Iterator[str]:
    status = part(body, "status")
    yield "Addresses:"
    yield from (
        f"  {a.get('type', '')}:\t{a.get('address', '')}" for a in parts(status, "addresses")
    )
    for kind in ("capacity", "allocatable"):
        if amounts := part(status, kind):
            yield f"{kind.capitalize()}:"
            yield from (f"  {name}:\t{amount}" for name, amount in sorted(amounts.items()))
    info = part(status, "nodeInfo")
    yield "System Info:"
    yield from (f"  {title}:\t{info.get(key, '')}" for title, key in _INFO)
    if cidr := part(body, "spec").get("podCIDR"):
        yield f"PodCIDR:\t{cidr}"


def _pods(pods: Sequence[Pod], now: float) -> Iterator[str]:
    known = [pod for pod in pods if pod.phase not in ("Succeeded", "Failed")]
    yield f"Pods known here:\t({len(known)}: of sets, or with accelerators)"
    yield "  Namespace\tName\tAccelerators\tCPU Requests\tMemory Requests\tAge"
    yield "  ---------\t----\t------------\t------------\t---------------\t---"
    for pod in sorted(known, key=lambda p: (p.namespace, p.name)):
        devices = ", ".join(f"{name} {amount}" for name, amount in pod.accelerators)
        amounts = f"{devices or '0'}\t{pod.cpu_milli / 1000:g}\t{bytes_(pod.memory_bytes)}"
        yield f"  {pod.namespace}\t{pod.name}\t{amounts}\t{age(now - pod.created_at)}"
    totals: dict[str, int] = {}
    for pod in known:
        for name, amount in pod.accelerators:
            totals[name] = totals.get(name, 0) + amount
    yield "Allocated accelerators:"
    yield from (f"  {name}:\t{amount}" for name, amount in sorted(totals.items()))
