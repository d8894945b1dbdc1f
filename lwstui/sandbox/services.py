"""Defaults and checks of services."""

import hashlib
from collections.abc import Iterator

from lwstui.sandbox.objects import Json
from lwstui.sandbox.schema import shown
from lwstui.sandbox.status import Cause

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
    service["status"] = {"loadBalancer": {}}


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
        if len(ports) > 1 and not port.get("name"):
            yield Cause(f"spec.ports[{index}].name", "Required value", "FieldValueRequired")
