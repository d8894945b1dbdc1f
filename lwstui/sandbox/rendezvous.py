"""How the pods of a group meet: workers look for their leader, which waits for all of them.

A worker of a multi-node engine joins once the address it was given names its leader, in the
cluster's DNS or as an address, and the leader's process is up. The leader loads once as many pods
as its group has members have joined.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lwstui.sandbox.containers import Container, PodRun, Run
from lwstui.sandbox.objects import Json, Store
from lwstui.sandbox.podrecords import PodRecord
from lwstui.sandbox.podstatus import phase

Peers = Sequence[PodRecord]
_ZONE = "cluster.local"


def is_lonely(run: PodRun) -> bool:
    """Tell whether a process of a pod has not met the pods it waits for."""
    return any(process.joined_s is None for _, process in _waiting(run))


def meeting(run: PodRun, now_s: float) -> tuple[bool, bool]:
    """Return what the other pods of a group look for: whether a pod is up, and has joined."""
    runs = phase(run) == "Running" and not run.stopping
    up = runs and all(now_s >= process.boots_s for _, process in _waiting(run))
    return up, runs and not is_lonely(run)


def has_met(store: Store, record: PodRecord, peers: Callable[[], Peers], now_s: float) -> bool:
    """Tell whether the pods that a pod's processes wait for are there.

    Args:
        store: Services that give pods names.
        record: The pod.
        peers: Gives the other pods of its group; asked only if the pod needs them.
        now_s: Epoch seconds.
    """
    scripts = [item.script for item in record.run.containers if item.script.waits]
    if not scripts:
        return True
    others = peers()
    addresses = [script.leader_address for script in scripts if script.waits_for_leader]
    if addresses:
        return any(
            meeting(leader.run, leader.pod_time(now_s))[0]
            and all(names(store, leader.pod, address) for address in addresses)
            for leader in others
            if leader.is_leader
        )
    joined = [each for each in others if meeting(each.run, each.pod_time(now_s))[1]]
    return len(joined) + 1 >= record.group_size


def names(store: Store, pod: Json, address: str) -> bool:
    """Tell whether an address, as seen from the pod's namespace, is the pod's.

    Args:
        store: Services that give pods names.
        pod: The pod that is looked for.
        address: A name or an IP address; empty for whatever the group's leader is.
    """
    status, spec = pod.get("status") or {}, pod["spec"]
    if address in ("", status.get("podIP")):
        return True
    namespace, subdomain = pod["metadata"]["namespace"], spec.get("subdomain")
    full = f"{spec.get('hostname')}.{subdomain}.{namespace}.svc.{_ZONE}"
    searched = ("", f".{namespace}.svc.{_ZONE}", f".svc.{_ZONE}", f".{_ZONE}")
    if full not in [f"{address.rstrip('.')}{domain}" for domain in searched]:
        return False
    service = store.get("services", namespace, str(subdomain))
    return service is not None and _publishes(service, pod)


def _publishes(service: Json, pod: Json) -> bool:
    spec, labels = service["spec"], pod["metadata"].get("labels") or {}
    selector: dict[str, Any] = spec.get("selector") or {}
    if not selector or not selector.items() <= labels.items():
        return False
    return bool(spec.get("publishNotReadyAddresses")) or _is_ready(pod)


def _is_ready(pod: Json) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _waiting(run: PodRun) -> Iterator[tuple[Container, Run]]:
    """Yield the running processes of a pod that need other pods, met or not."""
    for container in run.containers:
        if container.script.waits and container.is_running and container.run is not None:
            yield container, container.run
