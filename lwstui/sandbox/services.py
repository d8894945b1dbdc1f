"""Defaults and checks of services."""

import hashlib
from collections.abc import Iterable, Iterator

from lwstui.sandbox.objects import Json
from lwstui.sandbox.schema import shown
from lwstui.sandbox.status import Cause

# Services of these types are reached on every node, at a port of their own.
_OUTSIDE = ("NodePort", "LoadBalancer")
_FIRST_NODE_PORT, _NODE_PORTS = 30000, 2768
_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")


def default_service(service: Json) -> None:
    """Fill in the defaults of a new service in place."""
    spec = service["spec"]
    spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    for port in spec.get("ports") or ():
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port.get("port"))
    if spec["type"] != "ExternalName":
        spec.setdefault("internalTrafficPolicy", "Cluster")
        _default_addresses(service)
    _default_outside(service, ())
    service["status"] = {"loadBalancer": {}}


def _default_outside(service: Json, before: Iterable[Json]) -> None:
    """Fill in what a service has that is reached on nodes; take it from one that is not."""
    spec = service["spec"]
    outside = spec["type"] in _OUTSIDE
    known = {(port["port"], port.get("protocol")): port.get("nodePort") for port in before}
    for port in spec.get("ports") or ():
        if outside and not port.get("nodePort"):
            found = known.get((port.get("port"), port["protocol"]))
            port["nodePort"] = found or _node_port(service, port)
        elif not outside:
            port.pop("nodePort", None)
    if not outside:
        spec.pop("externalTrafficPolicy", None)
        return
    spec.setdefault("externalTrafficPolicy", "Cluster")
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)


def _node_port(service: Json, port: Json) -> int:
    metadata = service["metadata"]
    where = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}"
    seed = f"{where}:{port.get('port')}/{port['protocol']}".encode()
    return _FIRST_NODE_PORT + int.from_bytes(hashlib.sha256(seed).digest()[:4]) % _NODE_PORTS


def _default_addresses(service: Json) -> None:
    spec = service["spec"]
    if not spec.get("clusterIP"):
        metadata = service["metadata"]
        seed = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}".encode()
        digest = hashlib.sha256(seed).digest()
        spec["clusterIP"] = f"10.96.{digest[0]}.{digest[1] % 254 + 1}"
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")
    spec.setdefault("clusterIPs", [spec["clusterIP"]])


def keep_addresses(service: Json, old: Json) -> None:
    """Carry over what an update does not repeat, in place."""
    spec = service["spec"]
    for name, value in old["spec"].items():
        if name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "type",
                    "sessionAffinity", "internalTrafficPolicy"):  # fmt: skip
            spec.setdefault(name, value)
    for port in spec.get("ports") or ():
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port.get("port"))
    _default_outside(service, old["spec"].get("ports") or ())


def service_causes(service: Json, old: Json | None) -> Iterator[Cause]:
    """Yield what is wrong with a service; ``old`` is the stored one, None for a create."""
    spec = service["spec"]
    before = (old or {}).get("spec", {}).get("clusterIP")
    if before and spec["type"] != "ExternalName" and spec.get("clusterIP") != before:
        message = f"Invalid value: {shown([spec.get('clusterIP')])}: may not change once set"
        yield Cause("spec.clusterIPs[0]", message)
    if spec["type"] not in _TYPES:
        supported = ", ".join(f'"{each}"' for each in _TYPES)
        message = f"Unsupported value: {shown(spec['type'])}: supported values: {supported}"
        yield Cause("spec.type", message, "FieldValueNotSupported")
    ports = spec.get("ports") or []
    if not ports and spec.get("clusterIP") != "None" and spec["type"] != "ExternalName":
        yield Cause("spec.ports", "Required value", "FieldValueRequired")
    for index, port in enumerate(ports):
        number = port.get("port")
        if not isinstance(number, int) or not 0 < number < 65536:
            message = f"Invalid value: {shown(number or 0)}: must be between 1 and 65535, inclusive"
            yield Cause(f"spec.ports[{index}].port", message)
        node_port = port.get("nodePort")
        if node_port and not 0 <= node_port - _FIRST_NODE_PORT < _NODE_PORTS:
            last = _FIRST_NODE_PORT + _NODE_PORTS - 1
            message = (
                f"Invalid value: {node_port}: provided port is not in the valid range. The range "
                f"of valid ports is {_FIRST_NODE_PORT}-{last}"
            )
            yield Cause(f"spec.ports[{index}].nodePort", message)
        if len(ports) > 1 and not port.get("name"):
            yield Cause(f"spec.ports[{index}].name", "Required value", "FieldValueRequired")
