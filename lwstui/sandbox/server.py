"""The sandbox's Kubernetes API server as an aiohttp application."""

import logging
from collections.abc import Iterable
from typing import Any

from aiohttp import web
from aiohttp.http import HttpProcessingError
from aiohttp.typedefs import Handler

from lwstui.sandbox import status
from lwstui.sandbox.answers import error_answer
from lwstui.sandbox.api import Api
from lwstui.sandbox.objects import Store
from lwstui.sandbox.sources import LogSource, MetricsSource, ProcessSource

__all__ = ["LogSource", "MetricsSource", "ProcessSource", "build_app"]

_BODY_LIMIT_BYTES = 3 << 20


def server_log() -> logging.Logger:
    """Return the log of the web server: faults of ours, not those of what clients send."""
    log = logging.getLogger("lwstui.sandbox.server")
    log.addFilter(_is_our_fault)
    return log


def _is_our_fault(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError | web.RequestPayloadError)


@web.middleware
async def _refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Word as a ``Status`` what the web server refuses before the API sees it."""
    try:
        return await handler(request)
    except web.HTTPRequestEntityTooLarge:
        limit = f"Request entity too large: limit is {_BODY_LIMIT_BYTES}"
        return error_answer(status.too_large(limit))
    except web.RequestPayloadError as error:
        request.content.feed_eof()  # there is no rest of it to wait for
        answer = error_answer(status.bad_request(f"the request's body cannot be read: {error}"))
        answer.force_close()
        return answer


def build_app(
    store: Store,
    *,
    token: str,
    logs: LogSource,
    metrics: MetricsSource,
    processes: ProcessSource,
    routes: Iterable[web.RouteDef] = (),
    middlewares: Iterable[Any] = (),
) -> web.Application:
    """Return the API server over a store.

    Run it with ``handler_cancellation=True``, so that a watch ends when its client goes, and over
    TLS, without which ``kubectl`` sends no token.

    Args:
        store: Where objects live; CustomResourceDefinitions in it are served at once.
        token: Bearer token that everything but health checks needs.
        logs: Source of container logs.
        metrics: Source of resource metrics.
        processes: What runs in containers.
        routes: Paths of the sandbox itself, outside of the API.
        middlewares: Stand before the API, the first one outermost.
    """
    api = Api(store, token=token, logs=logs, metrics=metrics, processes=processes)
    app = web.Application(client_max_size=_BODY_LIMIT_BYTES, middlewares=(_refusals, *middlewares))
    app.add_routes(routes)
    app.router.add_route("*", "/{path:.*}", api.handle)

    async def close(_: web.Application) -> None:
        api.close()

    app.on_shutdown.append(close)
    return app
