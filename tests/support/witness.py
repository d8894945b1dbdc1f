"""A server between a client and an API server that notes requests, holds them, or refuses them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import yaml
from aiohttp import web

_KEPT = ("Authorization", "Accept", "Content-Type")


class Witness:
    """Passes requests on.

    Attributes:
        asked: How often each path was asked for.
        broken: Parts of paths that are answered with 503.
        holding: Proxied requests wait while it is not set.
        under_way: Proxied requests that have not been answered yet.
        most: Most of them at one time.
    """

    def __init__(self, session: aiohttp.ClientSession, server: str) -> None:
        self._session = session
        self._server = server
        self.asked: Counter[str] = Counter()
        self.selectors: Counter[str] = Counter()
        self.broken: set[str] = set()
        self.holding = asyncio.Event()
        self.holding.set()
        self.under_way = self.most = 0

    def proxied(self) -> Counter[str]:
        """Return how often each path behind the proxy of pods was asked for."""
        return Counter({path: n for path, n in self.asked.items() if "/proxy/" in path})

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Note a request and pass it on."""
        self.asked[request.path] += 1
        if (selector := request.query.get("labelSelector")) and "watch" not in request.query:
            self.selectors[f"{request.path} {selector}"] += 1
        if any(part in request.path for part in self.broken):
            return web.json_response({"message": "no route to host"}, status=503)
        if "/proxy/" not in request.path:
            return await self._pass_on(request)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self.holding.wait()
            return await self._pass_on(request)
        finally:
            self.under_way -= 1

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        headers = {name: request.headers[name] for name in _KEPT if name in request.headers}
        async with self._session.request(
            request.method,
            f"{self._server}{request.rel_url}",
            headers=headers,
            data=await request.read() or None,
        ) as answer:
            passed = web.StreamResponse(status=answer.status)
            passed.content_type = answer.content_type
            await passed.prepare(request)
            async for part in answer.content.iter_any():
                await passed.write(part)
            return passed


@asynccontextmanager
async def witnessed(kubeconfig: Path, copy: Path) -> AsyncIterator[Witness]:
    """Yield a witness before the server of a kubeconfig, and write one that goes through it.

    Args:
        kubeconfig: Names the server.
        copy: Where to write the other one.
    """
    document = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
    cluster = document["clusters"][0]["cluster"]
    connector = aiohttp.TCPConnector(ssl=False, limit=0)
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        witness = Witness(session, cluster["server"])
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", witness.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        document["clusters"][0]["cluster"] = {
            "server": f"http://127.0.0.1:{runner.addresses[0][1]}"
        }
        copy.write_text(yaml.safe_dump(document), encoding="utf-8")
        try:
            yield witness
        finally:
            witness.holding.set()
            await runner.cleanup()
