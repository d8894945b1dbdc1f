"""The HTTP interface of the objects: one handler per verb."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

from aiohttp import web

from lwstui.sandbox import (
    disruptions,
    ephemeral,
    inert,
    metricsapi,
    podverbs,
    proxy,
    reads,
    refusals,
    requests,
    resizing,
    scale,
    status,
    streams,
)
from lwstui.sandbox.access import Access
from lwstui.sandbox.answers import JSON, add_warning, error_answer, json_answer, object_answer
from lwstui.sandbox.calls import Call
from lwstui.sandbox.deletions import delete_options
from lwstui.sandbox.documents import Documents, health
from lwstui.sandbox.identity import User
from lwstui.sandbox.objects import Entry, Json, StatusError, Store
from lwstui.sandbox.output import JsonOutput, Output, PartialOutput, TableOutput, requested_form
from lwstui.sandbox.patches import apply_patch, check_patch_type
from lwstui.sandbox.reads import Reader
from lwstui.sandbox.registry import Registry, Resource
from lwstui.sandbox.requests import Target, flag, object_body
from lwstui.sandbox.reviews import Reviews
from lwstui.sandbox.sources import LogSource, MetricsSource, ProcessSource
from lwstui.sandbox.watchcache import WatchCache
from lwstui.sandbox.writes import DeleteOptions, Writer, Written

_LOG_HEADERS_AFTER_S = 1.0
_PARTS = (ephemeral.SUBRESOURCE, resizing.SUBRESOURCE)
_POD_SUBRESOURCES = {"log", "binding", "eviction", *_PARTS, *streams.SUBRESOURCES}
_DEPRECATED = {
    "endpoints": "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"
}
_STREAM_VERBS = [(verb, name) for verb in ("GET", "POST") for name in streams.SUBRESOURCES]


_Handler = Callable[[Call], Awaitable[web.StreamResponse]]


class Api:
    """Answers every request.

    Args:
        store: Where objects live.
        token: Bearer token that everything but health checks needs.
        logs: Source of container logs.
        metrics: Source of resource metrics.
        processes: What runs in containers.
    """

    def __init__(
        self,
        store: Store,
        *,
        token: str,
        logs: LogSource,
        metrics: MetricsSource,
        processes: ProcessSource,
    ) -> None:
        self._store = store
        self._access = Access(store, token)
        self._logs = logs
        self._metrics = metrics
        self._cache = WatchCache(store)
        self._registry = Registry(store, self._cache.forget)
        self._documents = Documents(self._registry)
        self._reader = Reader(store, self._cache)
        self._writer = Writer(store)
        self._streams = streams.PodStreams(store, logs, processes)
        self._proxy = proxy.Proxy(store, processes)
        self._reviews = Reviews(self._access).answers
        self._handlers: dict[tuple[str, str], _Handler] = {
            ("GET", ""): self._get,
            ("GET", "status"): self._get,
            **dict.fromkeys((("GET", name) for name in _PARTS), self._get),
            ("GET", "scale"): self._get_scale,
            ("GET", "log"): self._log,
            **dict.fromkeys(_STREAM_VERBS, self._stream),
            ("POST", "binding"): self._bind,
            ("POST", "eviction"): self._evict,
            ("POST", "token"): self._issue,
            ("PUT", ""): self._update,
            ("PUT", "status"): self._update,
            **dict.fromkeys((("PUT", name) for name in _PARTS), self._update),
            ("PUT", "finalize"): self._update,
            ("PUT", "scale"): self._write_scale,
            ("PATCH", ""): self._patch,
            ("PATCH", "status"): self._patch,
            **dict.fromkeys((("PATCH", name) for name in _PARTS), self._patch),
            ("PATCH", "scale"): self._write_scale,
            ("DELETE", ""): self._delete,
        }
        self._collection_handlers: dict[str, _Handler] = {
            "GET": self._list,
            "POST": self._create,
            "DELETE": self._delete_collection,
        }

    def close(self) -> None:
        """End every watch and conversation, so that the server can stop."""
        self._cache.close()
        self._streams.close()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        try:
            return health(request) or await self._answer(request)
        except StatusError as error:
            return error_answer(error)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        user = self._access.user_of(request)
        self._access.check(user, request)
        refusals.check_path(request.path)
        document = self._documents.answer(request)
        if document is not None:
            return document
        proxied = proxy.parse(request.path)
        if proxied is not None:
            return await self._proxy.serve(request, proxied)
        target = requests.parse_path(request.path)
        if target is None:
            raise status.no_such_path()
        refusals.check_target(target, request.query)
        if target.group == metricsapi.GROUP:
            return json_answer(metricsapi.answer(self._store, self._metrics, target, request.query))
        if request.method == "POST":
            created = await self._create_only(request, target, user)
            if created is not None:
                return created
        resource = self._registry.find(target.group, target.version, target.plural)
        handler = self._handler(request.method, target, resource)
        response = await handler(Call(request, target, resource))
        if resource.key in _DEPRECATED and not response.prepared:
            add_warning(response, _DEPRECATED[resource.key])
        return response

    async def _create_only(
        self, request: web.Request, target: Target, user: User
    ) -> web.Response | None:
        """Answer the creation of what is never stored; None for any other resource."""
        review = self._reviews.get((target.group, target.plural))
        if review is None and (target.group, target.plural) != ("", "bindings"):
            return None
        content_type = requests.announced_type(request.headers, request.content_type)
        body = object_body(requests.decode_body(await request.read(), content_type))
        if review is not None:
            return json_answer(review(user, body), code=201)
        options = requests.write_options(request.query, request.headers.get("User-Agent", ""))
        name = body["metadata"].get("name", "")
        podverbs.bind(self._store, target.namespace, name, body, dry_run=options.dry_run)
        return json_answer(status.success(), code=201)

    def _handler(self, method: str, target: Target, resource: Resource) -> _Handler:
        if target.namespace and not resource.kind.namespaced:
            raise status.no_such_path()
        if not target.name:
            handler = self._collection_handlers.get(method)
            if resource.kind.namespaced and not target.namespace and method != "GET":
                handler = None
        else:
            if resource.kind.namespaced and not target.namespace:
                raise status.no_such_path()
            if not _has_subresource(resource, target.subresource):
                raise status.no_such_path()
            handler = self._handlers.get((method, target.subresource))
        if handler is None:
            raise status.method_not_allowed()
        return handler

    async def _get(self, call: Call) -> web.StreamResponse:
        if flag(call.request.query, "watch"):
            return await self._watch(call)
        target = call.target
        entry = self._store.entry(call.resource.key, target.namespace, target.name)
        return object_answer(self._output(call).item(entry))

    async def _list(self, call: Call) -> web.StreamResponse:
        if flag(call.request.query, "watch"):
            return await self._watch(call)
        page = self._reader.page(_query(call))
        return object_answer(self._output(call).items(page.entries, page.metadata()))

    async def _watch(self, call: Call) -> web.StreamResponse:
        stream = self._reader.watch(_query(call), self._output(call))
        return await _streamed(call.request, stream, JSON)

    async def _create(self, call: Call) -> web.StreamResponse:
        body = await call.body()
        return self._written(call, self._writer.create(call.address, body, await call.options()))

    async def _update(self, call: Call) -> web.StreamResponse:
        body = await call.body()
        return self._written(call, self._writer.update(call.address, body, await call.options()))

    async def _patch(self, call: Call) -> web.StreamResponse:
        content_type = call.content_type
        check_patch_type(content_type, custom=call.resource.custom is not None)
        patch = await call.body()
        written = self._writer.patch(call.address, patch, content_type, await call.options())
        return self._written(call, written)

    def _written(self, call: Call, written: Written) -> web.Response:
        body = self._output(call).item(self._entry(call, written.object))
        if not written.created:
            return object_answer(body, warnings=written.warnings)
        warnings = [*written.warnings, *inert.creation_warnings(call.resource.key, written.object)]
        return object_answer(body, code=201, warnings=warnings)

    def _entry(self, call: Call, obj: Json) -> Entry:
        """Return the stored entry of an object, whose JSON others will need too."""
        if self._store.get(call.resource.key, call.target.namespace, call.target.name) is obj:
            return self._store.entry(call.resource.key, call.target.namespace, call.target.name)
        return Entry(obj, 0)

    async def _delete(self, call: Call) -> web.StreamResponse:
        options = await _delete_options(call, await call.body())
        deleted = self._writer.delete(call.address, options)
        if deleted["kind"] == "Status":
            return json_answer(deleted)
        return object_answer(self._output(call).item(Entry(deleted, 0)))

    async def _delete_collection(self, call: Call) -> web.StreamResponse:
        if "deletecollection" not in call.resource.verbs:
            raise status.method_not_allowed()
        options = await _delete_options(call, await call.body())
        page = self._reader.page(_query(call))
        for entry in page.entries:
            name = entry.object["metadata"]["name"]
            self._writer.delete(replace(call.address, name=name), options)
        return object_answer(self._output(call).items(page.entries, page.metadata()))

    async def _get_scale(self, call: Call) -> web.StreamResponse:
        target = call.target
        obj = self._store.entry(call.resource.key, target.namespace, target.name).object
        return json_answer(scale.to_scale(call.resource, obj))

    async def _write_scale(self, call: Call) -> web.StreamResponse:
        """Update or patch a Scale: the write goes on to the object's replicas."""
        body, resource, target = await call.body(), call.resource, call.target
        obj = self._store.entry(resource.key, target.namespace, target.name).object
        asked = body
        if call.request.method == "PATCH":
            current = scale.to_scale(resource, obj)
            asked = apply_patch(current, body, call.content_type, custom=True)
        scaled = scale.set_replicas(resource, obj, object_body(asked))
        written = self._writer.update(call.address, scaled, await call.options())
        return json_answer(scale.to_scale(resource, written.object))

    async def _bind(self, call: Call) -> web.StreamResponse:
        target, binding = call.target, object_body(await call.body())
        dry_run = (await call.options()).dry_run
        podverbs.bind(self._store, target.namespace, target.name, binding, dry_run=dry_run)
        return json_answer(status.success(), code=201)

    async def _evict(self, call: Call) -> web.StreamResponse:
        eviction, target = object_body(await call.body()), call.target
        if eviction["metadata"].get("name", target.name) != target.name:
            raise status.bad_request("name in URL does not match name in Eviction object")
        options = await _delete_options(call, eviction.get("deleteOptions"))
        pod = self._store.entry("pods", target.namespace, target.name).object
        disruptions.grant(self._store, pod, dry_run=options.dry_run)
        if not options.dry_run:
            disruptions.mark_disrupted(self._store, pod)
        self._writer.delete(replace(call.address, subresource=""), options)
        return json_answer(status.success(), code=201)

    async def _issue(self, call: Call) -> web.StreamResponse:
        target, body = call.target, object_body(await call.body())
        issued = self._access.tokens.issue(target.namespace, target.name, body)
        return json_answer(issued, code=201)

    async def _log(self, call: Call) -> web.StreamResponse:
        target = call.target
        pod = self._store.entry("pods", target.namespace, target.name).object
        pieces = podverbs.open_log(self._store, self._logs, pod, call.request.query)
        return await _streamed(call.request, pieces, "text/plain")

    async def _stream(self, call: Call) -> web.StreamResponse:
        return await self._streams.serve(call.request, call.target)

    def _output(self, call: Call) -> Output:
        form = requested_form(call.request.headers.get("Accept", ""))
        if form == "Table":
            include = call.request.query.get("includeObject", "")
            return TableOutput(call.resource.table, self._store.clock.now, include)
        if form:
            return PartialOutput()
        return JsonOutput(call.resource.kind, call.resource.to_view)


def _has_subresource(resource: Resource, name: str) -> bool:
    kind = resource.kind
    match name:
        case "":
            return True
        case "status":
            return kind.has_status
        case "scale":
            return kind.has_scale
        case "finalize":
            return kind.key == "namespaces"
        case "token":
            return kind.key == "serviceaccounts"
    return kind.key == "pods" and name in _POD_SUBRESOURCES


def _query(call: Call) -> reads.Query:
    target = call.target
    namespace = (target.namespace or None) if call.resource.kind.namespaced else ""
    return reads.query(call.resource, namespace, target.name, call.request.query)


async def _delete_options(call: Call, body: Any) -> DeleteOptions:
    return delete_options(body, call.request.query, dry_run=(await call.options()).dry_run)


async def _streamed(
    request: web.Request, pieces: AsyncIterator[bytes], content_type: str
) -> web.StreamResponse:
    """Send pieces as they come. A refusal by the first piece becomes an ordinary answer."""
    first = asyncio.ensure_future(anext(pieces, None))
    await asyncio.wait({first}, timeout=_LOG_HEADERS_AFTER_S)
    if first.done():
        first.result()
    response = web.StreamResponse(headers={"Content-Type": content_type})
    try:
        await response.prepare(request)
        piece = await first
        while piece is not None:
            if piece:
                await response.write(piece)
            piece = await anext(pieces, None)
        await response.write_eof()
    except ConnectionResetError:
        pass
    finally:
        first.cancel()
        await _close(pieces)
    return response


async def _close(pieces: AsyncIterator[bytes]) -> None:
    close = getattr(pieces, "aclose", None)
    if close is not None:
        await close()
