"""The sandbox's API server alone: no kubelet and no controllers, as with a bare kube-apiserver."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from lwstui.sandbox.clock import SimClock
from lwstui.sandbox.kinds import BUILTIN
from lwstui.sandbox.objects import Json, Store
from lwstui.sandbox.server import build_app
from tests.contract.client import Api

_TOKEN = "contract"


class _Nothing:
    """Nodes on which nothing runs: no logs, no metrics, no processes."""

    async def open(self, pod: Json, container: str, **_: Any) -> AsyncIterator[bytes]:
        yield b""

    def node(self, name: str) -> None:
        return None

    def pod(self, namespace: str, name: str) -> None:
        return None

    def find(self, pod: Json, container: str) -> None:
        return None

    def listed(self, pod: Json) -> tuple[()]:
        return ()

    def end(self, pod: Json, container: str, code: int) -> None:
        raise NotImplementedError

    def severed(self, one: Json, other: Json) -> bool:
        return False

    async def ended(self, pod: Json, container: str) -> None:
        return None

    async def gone(self, pod: Json) -> None:
        return None


@contextmanager
def running_sandbox_server() -> Iterator[Api]:
    """Serve an empty store from a thread until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="contract-sandbox")
    thread.start()
    try:
        runner = asyncio.run_coroutine_threadsafe(_start(), loop).result(30)
        try:
            yield Api(f"http://127.0.0.1:{runner.addresses[0][1]}", _TOKEN, None, "sandbox")
        finally:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _start() -> web.AppRunner:
    store = Store(SimClock())
    for kind in BUILTIN:
        store.register(kind)
    store.create("namespaces", {"metadata": {"name": "default"}, "status": {"phase": "Active"}})
    nothing = _Nothing()
    app = build_app(store, token=_TOKEN, logs=nothing, metrics=nothing, processes=nothing)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner
