"""The cluster's network as a pod sees it: names, addresses, and who listens where.

Source: Kubernetes "DNS for Services and Pods", and the DNS specification's headless records.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from lwstui.sandbox.objects import Json, Store
from lwstui.sandbox.processes import Process
from lwstui.sandbox.sources import ProcessSource

ZONE = "cluster.local"
DNS_SERVER = "10.96.0.10"
_NDOTS = 5
_OVER = ("Succeeded", "Failed")


@dataclass(frozen=True, slots=True)
class Reached:
    """A process answers, on this port of its own."""

    process: Process
    port: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing answers at an address: it refuses at once, or is silent until one gives up."""

    at_once: bool


def address(pod: Json) -> str:
    """Return a pod's address, empty when it has none."""
    status = pod.get("status") or {}
    return "" if status.get("phase") in _OVER else str(status.get("podIP") or "")


def is_ready(pod: Json) -> bool:
    """Tell whether a pod is ready."""
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def hostname(pod: Json) -> str:
    """Return the host name that a pod's containers have."""
    return str(pod["spec"].get("hostname") or pod["metadata"]["name"])[:63]


def full_hostname(pod: Json) -> str:
    """Return the fully qualified host name, the short one for a pod without a subdomain."""
    subdomain = pod["spec"].get("subdomain")
    if not subdomain:
        return hostname(pod)
    return f"{hostname(pod)}.{subdomain}.{pod['metadata']['namespace']}.svc.{ZONE}"


def search_domains(namespace: str) -> tuple[str, ...]:
    """Return what a resolver tries to append, in order."""
    return f"{namespace}.svc.{ZONE}", f"svc.{ZONE}", ZONE


def endpoints(store: Store, service: Json) -> list[Json]:
    """Return the pods behind a service, by name: ready ones, or all with an address if it says so.

    A pod that is ending is not ready for new connections. A service without a selector has none.
    """
    spec = service["spec"]
    selector: Mapping[str, str] = spec.get("selector") or {}
    if not selector:
        return []
    publishes = bool(spec.get("publishNotReadyAddresses"))
    found = [
        pod
        for pod in store.items("pods", service["metadata"]["namespace"])
        if selector.items() <= (pod["metadata"].get("labels") or {}).items()
        and address(pod)
        and (publishes or (is_ready(pod) and "deletionTimestamp" not in pod["metadata"]))
    ]
    return sorted(found, key=lambda pod: str(pod["metadata"]["name"]))


def is_headless(service: Json) -> bool:
    """Tell whether a service has no address of its own."""
    return bool(service["spec"].get("clusterIP") == "None")


def target_port(service: Json, number: int, pod: Json) -> int | None:
    """Return the pod's port behind a service's port; None when either does not exist."""
    for port in service["spec"].get("ports") or ():
        if port["port"] != number:
            continue
        target = port.get("targetPort", number)
        return target if isinstance(target, int) else named_port(pod, target)
    return None


def named_port(pod: Json, name: str) -> int | None:
    """Return the number of a pod's named port, None without one."""
    for container in pod["spec"].get("containers") or ():
        for port in container.get("ports") or ():
            if port.get("name") == name:
                return int(port["containerPort"])
    return None


class Network:
    """Names and connections of a cluster.

    Args:
        store: Pods, nodes and services.
        processes: What listens.
    """

    def __init__(self, store: Store, processes: ProcessSource) -> None:
        self._store = store
        self._processes = processes

    def resolve(self, pod: Json, name: str) -> tuple[str, tuple[str, ...]]:
        """Look a name up as a pod's resolver does: hosts file, search domains, cluster DNS.

        Returns:
            The name it was found under and its addresses; none for an unknown name.
        """
        if name == "localhost" or name.startswith("127."):
            return name, ("127.0.0.1",)
        if _is_address(name):
            return name, (name,)
        if name in (hostname(pod), full_hostname(pod)):
            return name, (address(pod),)
        return self.query(pod, name)

    def query(self, pod: Json, name: str) -> tuple[str, tuple[str, ...]]:
        """Look a name up in the cluster's DNS, search domains included."""
        domains = search_domains(pod["metadata"]["namespace"])
        searched = [] if name.endswith(".") else [f"{name}.{domain}" for domain in domains]
        absolute = name.rstrip(".")
        order = [*searched, absolute] if name.count(".") < _NDOTS else [absolute, *searched]
        for candidate in order:
            found = self._records(candidate.lower())
            if found:
                return candidate, found
        return name, ()

    def _records(self, name: str) -> tuple[str, ...]:
        parts = name.removesuffix(f".{ZONE}").split(".")
        if not name.endswith(f".{ZONE}") or len(parts) < 3:
            return ()
        *labels, namespace, kind = parts
        if kind == "pod" and len(labels) == 1:
            return (labels[0].replace("-", "."),) if _is_address(labels[0], "-") else ()
        if kind != "svc" or len(labels) > 2:
            return ()
        service = self._store.get("services", namespace, labels[-1])
        if service is None:
            return ()
        if not is_headless(service):
            return (service["spec"]["clusterIP"],) if len(labels) == 1 else ()
        pods = endpoints(self._store, service)
        if len(labels) == 1:
            return tuple(address(pod) for pod in pods)
        wanted = (labels[0], labels[1])
        return tuple(
            address(pod)
            for pod in pods
            if (pod["spec"].get("hostname"), pod["spec"].get("subdomain")) == wanted
        )

    def knows(self, ip: str) -> bool:
        """Tell whether a pod or a node has an address."""
        return bool(self._pods_at(ip)) or any(
            each["address"] == ip
            for node in self._store.items("nodes")
            for each in (node.get("status") or {}).get("addresses") or ()
        )

    def reaches(self, pod: Json, ip: str) -> bool:
        """Tell whether somebody is at an address, and a pod's packets get there."""
        severed = (self._processes.severed(pod, each) for each in self._pods_at(ip))
        return self.knows(ip) and not any(severed)

    def names_of(self, ip: str) -> tuple[str, ...]:
        """Return the qualified names of the pods at an address."""
        return tuple(full_hostname(pod) for pod in self._pods_at(ip))

    def connect(self, pod: Json, ip: str, port: int) -> Reached | Refused:
        """Return what a pod's connection to an address reaches."""
        if ip == "127.0.0.1":
            return self.listener(pod, port)
        pods = self._pods_at(ip)
        if any(self._processes.severed(pod, each) for each in pods):
            return Refused(at_once=False)
        for each in pods:
            found = self.listener(each, port)
            if isinstance(found, Reached):
                return found
        if pods or self.knows(ip):
            return Refused(at_once=True)
        return self._through_service(ip, port)

    def listener(self, pod: Json, port: int) -> Reached | Refused:
        """Return the process of a pod that listens on a port."""
        for process in self._processes.listed(pod):
            if port in process.ports:
                return Reached(process, port)
        return Refused(at_once=True)

    def _through_service(self, ip: str, port: int) -> Reached | Refused:
        for service in self._store.items("services"):
            if service["spec"].get("clusterIP") != ip:
                continue
            for pod in endpoints(self._store, service):
                target = target_port(service, port, pod)
                if target is not None:
                    return self.listener(pod, target)
            return Refused(at_once=True)
        return Refused(at_once=False)

    def _pods_at(self, ip: str) -> list[Json]:
        return [pod for pod in self._store.items("pods") if address(pod) == ip]


def _is_address(text: str, separator: str = ".") -> bool:
    parts = text.split(separator)
    return len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts)
