"""An API server that plays scripted answers, on 127.0.0.1."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

from lwstui.kube.rest import Rest

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Anonymous:
    """Credentials that add a header and count how often they were loaded."""

    proxy = None
    server_name = None

    def __init__(self) -> None:
        self.loads = 0

    async def headers(self) -> list[tuple[str, str]]:
        return [("Authorization", f"Bearer {self.loads}")]

    async def load(self) -> None:
        self.loads += 1


class Stub:
    """Answers requests from a script; records what was asked."""

    def __init__(self) -> None:
        self.script: deque[Answer] = deque()
        self.requests: list[web.Request] = []
        self.bodies: list[Any] = []
        self.released = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        body = await request.read()
        self.bodies.append(json.loads(body) if body else None)
        if not self.script:
            await self.released.wait()
            return web.Response(status=503)
        return await self.script.popleft()(request)

    def play(self, *answers: Answer) -> None:
        self.script.extend(answers)

    @property
    def asked(self) -> list[str]:
        return [f"{r.method} {r.path}" for r in self.requests]


def reply(body: Any, status: int = 200, **headers: str) -> Answer:
    """Answer with JSON."""

    async def answer(request: web.Request) -> web.StreamResponse:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.json_response(body, status=status, headers=names)

    return answer


def plain(text: str, status: int) -> Answer:
    """Answer with text, as a proxy in between would."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(text=text, status=status)

    return answer


def lines(*chunks: bytes, stay: asyncio.Event | None = None, drop: bool = False) -> Answer:
    """Answer with a stream; stay open until an event, or drop the connection at the end."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
        if stay is not None:
            await stay.wait()
        if drop and request.transport is not None:
            request.transport.close()
        return response

    return answer


def status(code: int, reason: str, message: str) -> dict[str, Any]:
    """Return a failure Status."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "code": code,
        "reason": reason,
        "message": message,
    }


def event(type_: str, obj: dict[str, Any]) -> bytes:
    """Return a watch line."""
    return json.dumps({"type": type_, "object": obj}).encode() + b"\n"


@asynccontextmanager
async def stub_server() -> AsyncIterator[tuple[Stub, Rest, Anonymous]]:
    """Yield the stub, a client of it, and the client's credentials."""
    stub = Stub()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", stub.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    credentials = Anonymous()
    rest = Rest(aiohttp.ClientSession(), f"http://127.0.0.1:{port}", credentials)
    try:
        yield stub, rest, credentials
    finally:
        await rest.close()
        stub.released.set()
        await runner.cleanup()
