"""What a service leads to: its pods as EndpointSlices and Endpoints record them.

Source: behaviour of kubernetes pkg/controller/endpointslice and pkg/controller/endpoint, not their
code.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from lwstui.sandbox.network import address, is_headless, is_ready, named_port
from lwstui.sandbox.objects import Json

SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
MANAGER = "endpointslice-controller.k8s.io"
MOST_IN_ENDPOINTS = 1000
_HEADLESS = "service.kubernetes.io/headless"
_TRIGGERED = "endpoints.kubernetes.io/last-change-trigger-time"
_ZONE = "topology.kubernetes.io/zone"

Ports = tuple[tuple[str, str, int, str], ...]
"""Name, protocol, number and application protocol of each port that a pod has of a service's."""


@dataclass(frozen=True, slots=True)
class Member:
    """A pod behind a service: the ports it is reached at, and its entry in a slice."""

    ports: Ports
    endpoint: Json


def selector(service: Json) -> dict[str, str]:
    """Return which pods a service leads to; empty for one whose endpoints others write."""
    spec = service["spec"]
    return {} if spec.get("type") == "ExternalName" else spec.get("selector") or {}


def member(service: Json, pod: Json, node: Json | None) -> Member | None:
    """Return a pod as a service has it; None while it has no address or when it is over.

    Args:
        service: A service that selects the pod.
        pod: The pod.
        node: Its node, which tells its zone; None if that is not known.
    """
    ip, metadata, spec = address(pod), pod["metadata"], pod["spec"]
    if not ip:
        return None
    serving, terminating = is_ready(pod), "deletionTimestamp" in metadata
    publishes = bool(service["spec"].get("publishNotReadyAddresses"))
    endpoint: Json = {
        "addresses": [ip],
        "conditions": {
            "ready": publishes or (serving and not terminating),
            "serving": serving,
            "terminating": terminating,
        },
    }
    named = spec.get("subdomain") == service["metadata"]["name"] and spec.get("hostname")
    if named:
        endpoint["hostname"] = spec["hostname"]
    endpoint["targetRef"] = {
        "kind": "Pod",
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "uid": metadata["uid"],
    }
    if spec.get("nodeName"):
        endpoint["nodeName"] = spec["nodeName"]
    zone = ((node or {}).get("metadata", {}).get("labels") or {}).get(_ZONE)
    if zone:
        endpoint["zone"] = zone
    return Member(_ports(service, pod), endpoint)


def _ports(service: Json, pod: Json) -> Ports:
    found = []
    for port in service["spec"].get("ports") or ():
        target = port.get("targetPort", port["port"])
        number = target if isinstance(target, int) else named_port(pod, target)
        if number is not None:
            name, protocol = port.get("name", ""), port.get("protocol", "TCP")
            found.append((name, protocol, number, port.get("appProtocol", "")))
    return tuple(found)


def facts(pod: Json) -> tuple[Any, ...]:
    """Return what of a pod its services depend on."""
    metadata, spec = pod["metadata"], pod["spec"]
    return (
        address(pod),
        is_ready(pod),
        "deletionTimestamp" in metadata,
        metadata.get("labels"),
        spec.get("nodeName"),
    )


def slice_of(service: Json, ports: Ports, endpoints: Collection[Json], now: str) -> Json:
    """Return a slice of a service without what makes it one particular object.

    Args:
        service: The service.
        ports: The ports of every pod in it.
        endpoints: Its entries, at most a hundred.
        now: RFC 3339 time of the change that led to it.
    """
    metadata = service["metadata"]
    owner = {
        "apiVersion": "v1",
        "kind": "Service",
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    labels = {**_labels(service), SERVICE_NAME: metadata["name"], MANAGED_BY: MANAGER}
    return {
        "metadata": {
            "generateName": f"{metadata['name']}-",
            "namespace": metadata["namespace"],
            "labels": labels,
            "annotations": {_TRIGGERED: now},
            "ownerReferences": [owner],
        },
        "addressType": "IPv4",
        "endpoints": list(endpoints),
        "ports": [_slice_port(port) for port in ports] or None,
    }


def _labels(service: Json) -> dict[str, str]:
    headless = {_HEADLESS: ""} if is_headless(service) else {}
    return {**(service["metadata"].get("labels") or {}), **headless}


def _slice_port(port: tuple[str, str, int, str]) -> Json:
    name, protocol, number, application = port
    told: Json = {"name": name, "protocol": protocol, "port": number}
    return {**told, "appProtocol": application} if application else told


def endpoints_of(service: Json, members: Iterable[Member], now: str) -> Json:
    """Return the Endpoints of a service: at most a thousand addresses, ready ones first."""
    metadata = service["metadata"]
    publishes = bool(service["spec"].get("publishNotReadyAddresses"))
    # Unlike slices, they leave out what is ending, unless everything is published.
    told = [each for each in members if publishes or not each.endpoint["conditions"]["terminating"]]
    told.sort(key=_order)
    annotations = {_TRIGGERED: now}
    if len(told) > MOST_IN_ENDPOINTS:
        annotations["endpoints.kubernetes.io/over-capacity"] = "truncated"
    by_ports: dict[Ports, list[Member]] = {}
    for each in told[:MOST_IN_ENDPOINTS]:
        by_ports.setdefault(each.ports, []).append(each)
    body: Json = {
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "labels": {
                **_labels(service),
                "endpoints.kubernetes.io/managed-by": "endpoint-controller",
            },
            "annotations": annotations,
        }
    }
    subsets = [_subset(ports, by_ports[ports]) for ports in sorted(by_ports)]
    return {**body, "subsets": subsets} if subsets else body


def _order(each: Member) -> tuple[bool, str]:
    """Return what Endpoints are sorted by: ready first, then addresses as texts."""
    return not each.endpoint["conditions"]["ready"], each.endpoint["addresses"][0]


def _subset(ports: Ports, members: Iterable[Member]) -> Json:
    subset: Json = {}
    for each in members:
        ready = each.endpoint["conditions"]["ready"]
        kind = "addresses" if ready else "notReadyAddresses"
        subset.setdefault(kind, []).append(_old_address(each.endpoint))
    told = [_old_port(port) for port in ports]
    return {**subset, "ports": told} if told else subset


def _old_address(endpoint: Json) -> Json:
    named = ("hostname", "nodeName", "targetRef")
    return {"ip": endpoint["addresses"][0]} | {
        name: endpoint[name] for name in named if name in endpoint
    }


def _old_port(port: tuple[str, str, int, str]) -> Json:
    told = _slice_port(port)
    return told if told["name"] else {name: told[name] for name in told if name != "name"}
