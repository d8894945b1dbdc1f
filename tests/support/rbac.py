"""An API server's authoriser for tests: a proxy that lets through what some RBAC objects allow."""

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from aiohttp import web

from lwstui.sandbox.cluster import Sandbox

Json = dict[str, Any]
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_OPEN_TO_ALL = ("/version",)
_PASSED_ON = ("Content-Type", "Accept")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request is for, as the authoriser of an API server sees it."""

    verb: str
    group: str
    resource: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Grant:
    """One verb on one resource, in one namespace or in all (empty)."""

    group: str
    resource: str
    verb: str
    namespace: str = ""
    names: tuple[str, ...] = ()

    def covers(self, asked: Asked) -> bool:
        return (
            (self.group, self.resource, self.verb) == (asked.group, asked.resource, asked.verb)
            and self.namespace in ("", asked.namespace)
            and (not self.names or asked.name in self.names)
        )


def grants_of(documents: list[Json]) -> frozenset[Grant]:
    """Return what the bindings among some manifests grant."""
    roles = {
        (d["kind"], d["metadata"].get("namespace", ""), d["metadata"]["name"]): d["rules"]
        for d in documents
        if d["kind"] in ("Role", "ClusterRole")
    }
    granted: set[Grant] = set()
    for binding in documents:
        if binding["kind"] not in ("RoleBinding", "ClusterRoleBinding"):
            continue
        namespace = binding["metadata"].get("namespace", "")
        ref = binding["roleRef"]
        home = namespace if ref["kind"] == "Role" else ""
        for rule in roles[ref["kind"], home, ref["name"]]:
            granted.update(_unfolded(rule, namespace))
    return frozenset(granted)


def _unfolded(rule: Json, namespace: str) -> Iterator[Grant]:
    names = tuple(rule.get("resourceNames", ()))
    for group in rule["apiGroups"]:
        for resource in rule["resources"]:
            for verb in rule["verbs"]:
                yield Grant(group, resource, verb, namespace, names)


def asked_of(request: web.Request) -> Asked:
    """Return what a request to the Kubernetes API asks for."""
    parts = request.path.strip("/").split("/")
    group, rest = ("", parts[2:]) if parts[0] == "api" else (parts[1], parts[3:])
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2:
        namespace, rest = rest[1], rest[2:]
    name = rest[1] if len(rest) > 1 else ""
    resource = "/".join([rest[0], *rest[2:]])
    if request.method == "GET":
        watch = request.query.get("watch") == "true"
        verb = "get" if name else "watch" if watch else "list"
    else:
        verb = _VERBS[request.method]
    return Asked(verb, group, resource, namespace, name)


@dataclass
class Gate:
    """The proxy: what it granted and what it refused."""

    grants: frozenset[Grant]
    kubeconfig: Path
    used: set[Grant] = field(default_factory=set)
    refused: list[Asked] = field(default_factory=list)

    def admits(self, request: web.Request) -> bool:
        if request.path in _OPEN_TO_ALL:
            return True
        asked = asked_of(request)
        found = {grant for grant in self.grants if grant.covers(asked)}
        self.used |= found
        if not found:
            self.refused.append(asked)
        return bool(found)


@asynccontextmanager
async def gate(sandbox: Sandbox, documents: list[Json], folder: Path) -> AsyncIterator[Gate]:
    """Run a proxy in front of a sandbox that allows what the manifests allow."""
    made = Gate(grants_of(documents), folder / "gate.yaml")
    trusted = ssl.create_default_context(cadata=sandbox.authority)
    limits = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(
        sandbox.url, connector=aiohttp.TCPConnector(ssl=trusted, limit=0), timeout=limits
    ) as upstream:

        async def handle(request: web.Request) -> web.StreamResponse:
            if not made.admits(request):
                body = {"kind": "Status", "reason": "Forbidden", "message": f"no: {request.path}"}
                return web.json_response(body, status=403)
            return await _forward(request, upstream, sandbox.token)

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handle)
        runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            _write_kubeconfig(made.kubeconfig, runner.addresses[0][1])
            yield made
        finally:
            await runner.cleanup()


async def _forward(
    request: web.Request, upstream: aiohttp.ClientSession, token: str
) -> web.StreamResponse:
    headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
    headers["Authorization"] = f"Bearer {token}"
    body = await request.read()
    async with upstream.request(
        request.method, request.path_qs, data=body or None, headers=headers
    ) as found:
        answer = web.StreamResponse(status=found.status)
        answer.content_type = found.content_type
        await answer.prepare(request)
        async for chunk in found.content.iter_any():
            await answer.write(chunk)
        await answer.write_eof()
        return answer


def _write_kubeconfig(path: Path, port: int) -> None:
    document = {
        "current-context": "gate",
        "clusters": [{"name": "gate", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "contexts": [{"name": "gate", "context": {"cluster": "gate", "user": "controller"}}],
        "users": [{"name": "controller", "user": {"token": "of-the-service-account"}}],
    }
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
