"""The environment of a container's processes, as a kubelet and a runtime make it."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lwstui.sandbox.amounts import milli
from lwstui.sandbox.network import address, hostname, is_headless
from lwstui.sandbox.objects import Json, Store

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_REFERENCE = re.compile(r"\$\$|\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")
_KEYED = re.compile(r"metadata\.(labels|annotations)\['([^']+)'\]")
_Read = Callable[[str, str], Mapping[str, str]]


def environment(store: Store, pod: Json, container: Json, gpus: str = "") -> dict[str, str]:
    """Return the variables of a container, in order.

    Args:
        store: Services, config maps and secrets that variables come from.
        pod: The pod, with its addresses.
        container: One of its container specs.
        gpus: The devices the container holds, as the runtime names them.

    Source: Kubernetes "Define Environment Variables"; kubernetes pkg/kubelet/envvars.
    """
    namespace = pod["metadata"]["namespace"]

    def read(key: str, name: str) -> Mapping[str, str]:
        found = store.get(key, namespace, name) or {}
        return found.get("data") or {}

    values = {"PATH": _PATH, "HOSTNAME": hostname(pod)}
    if gpus:
        values["NVIDIA_VISIBLE_DEVICES"] = gpus
    linked = pod["spec"].get("enableServiceLinks", True)
    services = dict(_links(store, namespace)) if linked else {}
    known = dict(services)
    for source in container.get("envFrom") or ():
        known |= _from_source(source, read)
    for item in container.get("env") or ():
        known[item["name"]] = _value(item, known, pod, container, read)
    declared = {name: value for name, value in known.items() if name not in services}
    return {"HOME": "/root", **values, **declared, **{n: known[n] for n in services}}


def expand(text: str, values: Mapping[str, str]) -> str:
    """Replace ``$(NAME)``; unknown names stay as they are, ``$$`` becomes ``$``."""

    def replaced(hit: re.Match[str]) -> str:
        return "$" if hit[0] == "$$" else values.get(hit[1], hit[0])

    return _REFERENCE.sub(replaced, text)


def _value(item: Json, known: Mapping[str, str], pod: Json, container: Json, read: _Read) -> str:
    origin = item.get("valueFrom")
    if not origin:
        return expand(item.get("value") or "", known)
    if "fieldRef" in origin:
        return _field(pod, origin["fieldRef"]["fieldPath"])
    if "resourceFieldRef" in origin:
        return _resource(container, origin["resourceFieldRef"])
    for key, plural in (("configMapKeyRef", "configmaps"), ("secretKeyRef", "secrets")):
        if key in origin:
            return read(plural, origin[key]["name"]).get(origin[key]["key"], "")
    return ""


def _field(pod: Json, path: str) -> str:
    keyed = _KEYED.fullmatch(path)
    if keyed is not None:
        return str((pod["metadata"].get(keyed[1]) or {}).get(keyed[2], ""))
    status, spec = pod.get("status") or {}, pod["spec"]
    told: dict[str, Any] = {
        "metadata.name": pod["metadata"]["name"],
        "metadata.namespace": pod["metadata"]["namespace"],
        "metadata.uid": pod["metadata"]["uid"],
        "spec.nodeName": spec.get("nodeName", ""),
        "spec.serviceAccountName": spec.get("serviceAccountName", "default"),
        "status.hostIP": status.get("hostIP", ""),
        "status.podIP": address(pod),
        "status.podIPs": address(pod),
    }
    return str(told.get(path, ""))


def _resource(container: Json, wanted: Json) -> str:
    kind, _, name = str(wanted["resource"]).partition(".")
    resources = container.get("resources") or {}
    quantity = (resources.get(kind) or {}).get(name)
    if quantity is None:
        return "0"
    divisor = milli(wanted.get("divisor") or "1") or 1000
    return str(-(-milli(quantity) // divisor))


def _from_source(source: Json, read: _Read) -> dict[str, str]:
    prefix = source.get("prefix") or ""
    for key, plural in (("configMapRef", "configmaps"), ("secretRef", "secrets")):
        if key in source:
            data = read(plural, source[key]["name"])
            return {f"{prefix}{name}": value for name, value in data.items()}
    return {}


def _links(store: Store, namespace: str) -> Iterator[tuple[str, str]]:
    """Yield the variables that speak of the namespace's services with an address."""
    for service in store.items("services", namespace):
        ports = service["spec"].get("ports") or ()
        ip = service["spec"].get("clusterIP")
        if not ip or is_headless(service) or not ports:
            continue
        name = service["metadata"]["name"].upper().replace("-", "_")
        yield f"{name}_SERVICE_HOST", ip
        yield f"{name}_SERVICE_PORT", str(ports[0]["port"])
