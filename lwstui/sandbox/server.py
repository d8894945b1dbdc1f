"""The sandbox's Kubernetes API server as an aiohttp application."""

from aiohttp import web

from lwstui.sandbox.api import Api
from lwstui.sandbox.objects import Store
from lwstui.sandbox.sources import LogSource, MetricsSource, ProcessSource

__all__ = ["LogSource", "MetricsSource", "ProcessSource", "build_app"]

_BODY_LIMIT_BYTES = 3 << 20


def build_app(
    store: Store,
    *,
    token: str,
    logs: LogSource,
    metrics: MetricsSource,
    processes: ProcessSource,
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
    """
    api = Api(store, token=token, logs=logs, metrics=metrics, processes=processes)
    app = web.Application(client_max_size=_BODY_LIMIT_BYTES)
    app.router.add_route("*", "/{path:.*}", api.handle)

    async def close(_: web.Application) -> None:
        api.close()

    app.on_shutdown.append(close)
    return app
