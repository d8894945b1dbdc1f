"""The documents a server describes itself with: version, health, discovery and OpenAPI."""

from collections.abc import Callable

import msgspec
from aiohttp import web

from lwstui.sandbox import discovery, openapi, status
from lwstui.sandbox.answers import JSON, cached_answer, json_answer, raw_answer
from lwstui.sandbox.objects import Json
from lwstui.sandbox.registry import Registry

# The one document that people read as it is, and that the API server therefore indents.
_VERSION = msgspec.json.format(msgspec.json.encode(discovery.VERSION), indent=2)
_HEALTH = ("/readyz", "/livez", "/healthz")


_CHECKS = ("ping", "log", "etcd", "poststarthook/start-apiextensions-controllers")


def health(request: web.Request) -> web.Response | None:
    """Return the answer to a health check; None for any other path."""
    path = request.path
    for each in _HEALTH:
        if path == each or path.startswith(f"{each}/"):
            said = "ok"
            if path == each and "verbose" in request.query:
                checks = "".join(f"[+]{check} ok\n" for check in _CHECKS)
                said = f"{checks}{each[1:]} check passed\n"
            return raw_answer(said.encode(), content_type="text/plain; charset=utf-8")
    return None


class Documents:
    """Discovery and OpenAPI, rebuilt when the served kinds change.

    Args:
        registry: What is served.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._serial = -1
        self._served: list[discovery.Served] = []
        self._openapi: dict[str, bytes] = {}

    def answer(self, request: web.Request) -> web.Response | None:
        """Return the document of a path; None when the path is no document's.

        Raises:
            StatusError: 404, a group, version or OpenAPI document that does not exist.
        """
        self._refresh()
        parts = tuple(part for part in request.path.split("/") if part)
        if not parts:
            return json_answer({"paths": discovery.paths(self._served)})
        if parts == ("version",):
            return raw_answer(_VERSION)
        if parts == ("openapi", "v2"):
            return cached_answer(request, openapi.V2_DOCUMENT, openapi.V2_TYPE)
        if parts[:2] == ("openapi", "v3"):
            return self._openapi_answer(request, "/".join(parts[2:]))
        if parts[:1] == ("api",) and len(parts) <= 2:
            return self._core(request, parts)
        if parts[:1] == ("apis",) and len(parts) <= 3:
            return self._groups(request, parts)
        return None

    def _refresh(self) -> None:
        if self._serial != self._registry.serial:
            resources = self._registry.resources()
            self._served = discovery.served(resources)
            self._openapi = {}
            self._serial = self._registry.serial

    def _openapi_answer(self, request: web.Request, path: str) -> web.Response:
        if not self._openapi:
            self._openapi = openapi.documents(self._registry.resources())
        if not path:
            return json_answer(openapi.index(self._openapi))
        if path not in self._openapi:
            raise status.no_such_path()
        return cached_answer(request, self._openapi[path])

    def _core(self, request: web.Request, parts: tuple[str, ...]) -> web.Response:
        if len(parts) == 2:
            return _found(discovery.resource_list(self._served, "", parts[1]))
        return self._root(request, core=True, legacy=lambda: discovery.api_versions(request.host))

    def _groups(self, request: web.Request, parts: tuple[str, ...]) -> web.Response:
        match parts[1:]:
            case (group, version):
                return _found(discovery.resource_list(self._served, group, version))
            case (group,):
                return _found(discovery.group(self._served, group))
        return self._root(request, core=False, legacy=lambda: discovery.group_list(self._served))

    def _root(
        self, request: web.Request, *, core: bool, legacy: Callable[[], Json]
    ) -> web.Response:
        accepted = request.headers.get("Accept", "").split(",")
        if any("as=APIGroupDiscoveryList" in each and "v=v2;" in f"{each};" for each in accepted):
            body, content_type = discovery.aggregated(self._served, core=core), discovery.AGGREGATED
        else:
            body, content_type = legacy(), JSON
        return cached_answer(request, msgspec.json.encode(body), content_type)


def _found(body: Json | None) -> web.Response:
    if body is None:
        raise status.no_such_path()
    return json_answer(body)
