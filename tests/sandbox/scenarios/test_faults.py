"""Faults of the API server as clients meet them: refusals, delays, broken and expired watches."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from lwstui.sandbox.clock import SimClock
from lwstui.sandbox.cluster import Sandbox
from lwstui.sandbox.faults import REFUSALS, ApiFault, Faults
from tests.support.waiting import eventually

PODS = "/api/v1/namespaces/default/pods"


class Front:
    """The middleware before a server that answers everything, and watches for ever."""

    def __init__(self) -> None:
        self.faults = Faults(SimClock(1000))
        self.open = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if "watch" not in request.query:
            return web.Response(text="fine")
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"first\n")
        self.open.set()
        await asyncio.Event().wait()
        return response


@pytest.fixture
def front() -> Front:
    return Front()


@pytest.fixture
async def client(front: Front) -> AsyncIterator[TestClient[Any, Any]]:
    app = web.Application(middlewares=[front.faults.middleware])
    app.router.add_route("*", "/{path:.*}", front.handle)
    server = TestServer(app, handler_cancellation=True, shutdown_timeout=0.1)
    async with TestClient(server) as made:
        yield made


@pytest.mark.parametrize("code", REFUSALS)
async def test_a_refusal_is_a_status(code: int, front: Front, client: Any) -> None:
    remove = front.faults.add(ApiFault(code=code, retry_after_s=7))
    answer = await client.get(PODS)
    body = await answer.json()
    assert (answer.status, body["kind"], body["code"]) == (code, "Status", code)
    assert body["reason"] == REFUSALS[code][0]
    assert answer.headers.get("Retry-After") == ("7" if code in (429, 503) else None)
    assert front.faults.hits == 1
    remove()
    assert (await client.get(PODS)).status == 200


@pytest.mark.parametrize(
    ("fault", "hit"),
    [
        (ApiFault(frozenset({"list"}), code=500), ["GET pods"]),
        (ApiFault(frozenset({"get"}), code=500), ["GET pods/a", "GET version"]),
        (ApiFault(frozenset({"patch", "create"}), code=500), ["POST pods", "PATCH pods/a"]),
        (ApiFault(path="/pods/", code=500), ["GET pods/a", "PATCH pods/a", "DELETE pods/a"]),
        (ApiFault(frozenset({"delete"}), "/pods/b", code=500), []),
    ],
)
async def test_only_the_selected_requests_are_hit(
    fault: ApiFault, hit: list[str], front: Front, client: Any
) -> None:
    front.faults.add(fault)
    asked = {
        "GET pods": PODS,
        "GET pods/a": f"{PODS}/a",
        "GET version": "/version",
        "POST pods": PODS,
        "PATCH pods/a": f"{PODS}/a",
        "DELETE pods/a": f"{PODS}/a",
    }
    refused = []
    for name, path in asked.items():
        answer = await client.request(name.split()[0], path)
        refused += [name] if answer.status == 500 else []
    assert refused == hit


async def test_the_sandboxes_own_paths_are_spared(front: Front, client: Any) -> None:
    front.faults.add(ApiFault(code=503))
    assert (await client.get("/sandbox/v1/scenario")).status == 200
    assert (await client.get("/readyz")).status == 503


async def test_a_share_hits_some_and_not_others(front: Front, client: Any) -> None:
    front.faults.add(ApiFault(code=429, share=0.5))
    codes = [(await client.get(PODS)).status for _ in range(40)]
    assert 5 < codes.count(429) < 35
    assert front.faults.hits == codes.count(429)


async def test_latency_is_simulated_time(front: Front, client: Any) -> None:
    clock = front.faults._clock
    waited: list[float] = []

    async def sleep(simulated_s: float) -> None:
        waited.append(simulated_s)

    clock.sleep = sleep  # type: ignore[method-assign]
    front.faults.add(ApiFault(latency_s=20))
    assert (await client.get(PODS)).status == 200
    assert waited == [20]


async def test_a_watch_is_broken_off_in_the_middle(front: Front, client: Any) -> None:
    answer = await client.get(PODS, params={"watch": "1"})
    await front.open.wait()
    assert await answer.content.readline() == b"first\n"
    assert front.faults.drop_watches("/services") == 0
    assert front.faults.drop_watches("/pods") == 1
    with pytest.raises(Exception, match=r"(?i)payload|closed|reset|disconnected"):
        await answer.content.read()
    await eventually(lambda: front.faults.drop_watches() == 0)


async def test_a_watch_that_resumes_is_told_that_it_expired(front: Front, client: Any) -> None:
    front.faults.add(ApiFault(frozenset({"watch"}), expires_before=18))
    answer = await client.get(PODS, params={"watch": "1", "resourceVersion": "17"})
    event = await answer.json(content_type=None)
    assert (answer.status, event["type"]) == (200, "ERROR")
    assert (event["object"]["code"], event["object"]["reason"]) == (410, "Expired")
    for version in ("", "0", "18"):
        fresh = await client.get(PODS, params={"watch": "1", "resourceVersion": version})
        assert await fresh.content.readline() == b"first\n"
        fresh.close()


async def kubectl(sandbox: Sandbox, *words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        "kubectl",
        *words,
        env={**os.environ, "KUBECONFIG": str(sandbox.kubeconfig)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


@pytest.mark.kubectl
async def test_kubectl_waits_when_it_is_throttled(sandbox: Sandbox) -> None:
    faults = sandbox.control.faults
    remove = faults.add(ApiFault(path="/nodes", code=429, retry_after_s=1))
    stop = faults.subscribe(remove)
    code, out = await kubectl(sandbox, "get", "nodes", "-o", "name")
    stop()
    assert (code, faults.hits) == (0, 1)
    assert "node/h100-01" in out


@pytest.mark.kubectl
async def test_kubectl_says_what_the_server_answers(sandbox: Sandbox) -> None:
    sandbox.control.faults.add(ApiFault(path="/nodes", code=500))
    code, out = await kubectl(sandbox, "get", "nodes")
    assert code == 1
    assert "Error from server (InternalError)" in out
    assert "etcdserver: request timed out" in out
