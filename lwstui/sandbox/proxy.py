"""The API server's proxy to pods and services: ``…/proxy/<path>``.

Source: kubernetes pkg/registry/core/{pod,service}, ResourceLocation.
"""

import re
from dataclasses import dataclass

from aiohttp import web

from lwstui.sandbox import status
from lwstui.sandbox.enginehttp import Query, answer
from lwstui.sandbox.network import (
    Network,
    Refused,
    address,
    endpoints,
    target_port,
)
from lwstui.sandbox.objects import Json, StatusError, Store
from lwstui.sandbox.sources import ProcessSource

_PATH = re.compile(
    r"/api/v1/namespaces/(?P<namespace>[^/]+)/(?P<plural>pods|services)/(?P<name>[^/]+)/proxy"
    r"(?P<path>/.*)?"
)
_DEFAULT_PORT = 80


@dataclass(frozen=True, slots=True)
class Proxied:
    """What a proxied request is for; ``port`` is a number, a service's port name, or empty."""

    plural: str
    namespace: str
    name: str
    port: str
    path: str


def parse(path: str) -> Proxied | None:
    """Return what a path asks to be proxied, None for every other path.

    Raises:
        StatusError: 400, it names no valid scheme and port.
    """
    hit = _PATH.fullmatch(path)
    if hit is None:
        return None
    scheme, name, port = "", hit["name"], ""
    parts = name.split(":")
    if len(parts) == 3:
        scheme, name, port = parts
    elif len(parts) == 2:
        name, port = parts
    if len(parts) > 3 or scheme not in ("", "http"):
        raise status.bad_request(f'invalid {hit["plural"]} request "{hit["name"]}"')
    return Proxied(hit["plural"], hit["namespace"], name, port, hit["path"] or "")


def unavailable(message: str) -> StatusError:
    """Return the 503 for what cannot be reached."""
    return StatusError(503, "ServiceUnavailable", message)


class Proxy:
    """Passes requests on to pods.

    Args:
        store: The cluster's objects.
        processes: What runs in its pods.
    """

    def __init__(self, store: Store, processes: ProcessSource) -> None:
        self._store = store
        self._network = Network(store, processes)

    async def serve(self, request: web.Request, asked: Proxied) -> web.StreamResponse:
        """Answer a proxied request.

        Raises:
            StatusError: 404 no such pod or service, 400 no address, 503 nothing answers.
        """
        place = self._pod if asked.plural == "pods" else self._service
        pod, port = place(asked)
        if not asked.path and request.method in ("GET", "HEAD"):
            location = f"{request.path}/"
            return web.Response(status=301, headers={"Location": location})
        reached = self._network.listener(pod, port)
        where = f"{address(pod)}:{port}"
        if isinstance(reached, Refused):
            why = f"dial tcp {where}: connect: connection refused"
            raise unavailable(f"error trying to reach service: {why}")
        query = Query(request.method, asked.path or "/", await request.read())
        reply = answer(reached.process, reached.port, query)
        if reply is None:
            why = f"net/http: HTTP/1.x transport connection broken: {where} speaks no HTTP"
            raise unavailable(f"error trying to reach service: {why}")
        headers = {"Content-Type": reply.content_type, **reply.headers}
        return web.Response(status=reply.code, body=reply.body, headers=headers)

    def _pod(self, asked: Proxied) -> tuple[Json, int]:
        pod = self._store.entry("pods", asked.namespace, asked.name).object
        if not address(pod):
            raise status.bad_request("address not allowed")
        if asked.port and not asked.port.isdigit():
            raise status.bad_request(f'invalid pod request "{asked.name}:{asked.port}"')
        return pod, int(asked.port) if asked.port else _first_port(pod)

    def _service(self, asked: Proxied) -> tuple[Json, int]:
        service = self._store.entry("services", asked.namespace, asked.name).object
        port = _service_port(service, asked.port)
        for pod in endpoints(self._store, service):
            number = None if port is None else target_port(service, port, pod)
            if number is not None:
                return pod, number
        raise unavailable(f'no endpoints available for service "{asked.name}"')


def _first_port(pod: Json) -> int:
    for container in pod["spec"].get("containers") or ():
        for port in container.get("ports") or ():
            return int(port["containerPort"])
    return _DEFAULT_PORT


def _service_port(service: Json, wanted: str) -> int | None:
    """Return the number of the service's port with a number or a name; empty: the nameless one.

    Raises:
        StatusError: 503, no port has the number.
    """
    ports = service["spec"].get("ports") or ()
    for port in ports:
        if wanted.isdigit() and port["port"] == int(wanted):
            return int(port["port"])
        if not wanted.isdigit() and (port.get("name") or "") == wanted:
            return int(port["port"])
    if wanted.isdigit():
        name = service["metadata"]["name"]
        raise unavailable(f'no service port {wanted} found for service "{name}"')
    return None
