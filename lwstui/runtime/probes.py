"""The HTTP face of a headless controller: ``/healthz``, ``/readyz`` and ``/metrics``.

It is served by the loop that does the work, so an answer also says that the loop is alive. It
tells nothing that writes or secret: names of sets, counts and sentences about faults.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from controller.metrics import CONTENT_TYPE, Family, render
from lwstui.runtime.vitals import Check


class ProbeError(Exception):
    """The address cannot be listened on; the text says why."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen: an empty host means every interface, port 0 a free one."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Face:
    """What is asked when somebody asks.

    Attributes:
        health: Checks of ``/healthz``.
        ready: Checks of ``/readyz``.
        metrics: Series of ``/metrics``.
    """

    health: Callable[[], Sequence[Check]]
    ready: Callable[[], Sequence[Check]]
    metrics: Callable[[], Iterable[Family]]


@asynccontextmanager
async def serving(face: Face, address: Address) -> AsyncIterator[Address]:
    """Serve until the block ends; yields where.

    Raises:
        ProbeError: If the address cannot be listened on.
    """
    app = web.Application()
    app.router.add_get("/healthz", _probe(face.health))
    app.router.add_get("/readyz", _probe(face.ready))
    app.router.add_get("/metrics", _metrics(face.metrics))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, address.host or None, address.port)
        try:
            await site.start()
        except OSError as error:
            raise ProbeError(
                f"cannot serve probes and metrics on {address}: {_reason(error)}; "
                "choose another --http-bind-address"
            ) from error
        yield Address(address.host, runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _probe(
    checks: Callable[[], Sequence[Check]],
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(request: web.Request) -> web.StreamResponse:
        found = checks()
        failed = any(check.problem for check in found)
        lines = [f"[-]{c.name} {c.problem}" if c.problem else f"[+]{c.name} ok" for c in found]
        verdict = f"{request.path[1:]} check {'failed' if failed else 'passed'}"
        return web.Response(text="\n".join([*lines, verdict, ""]), status=503 if failed else 200)

    return answer


def _metrics(
    families: Callable[[], Iterable[Family]],
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(request: web.Request) -> web.StreamResponse:
        del request
        body = render(families()).encode()
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})

    return answer


def _reason(error: OSError) -> str:
    # The loop's own text repeats the address; the system's is the reason alone.
    return os.strerror(error.errno).lower() if error.errno else str(error)
