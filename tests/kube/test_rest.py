"""Requests: paths, failures as errors, renewal of credentials, one sentence per fault."""

import asyncio
from contextlib import suppress

import aiohttp
import pytest

from controller import errors
from controller.api.names import CRDS, LEADERWORKERSETS, NODES, PODS
from lwstui.kube.credentials import CredentialError
from lwstui.kube.renewal import Renewal
from lwstui.kube.rest import Rest, path_of
from tests.kube.stub import Anonymous, plain, reply, status, stub_server


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (path_of(PODS), "/api/v1/pods"),
        (path_of(PODS, "ns", "a", "log"), "/api/v1/namespaces/ns/pods/a/log"),
        (path_of(NODES, "ignored", "n"), "/api/v1/nodes/n"),
        (path_of(PODS, "a/b", "c?d"), "/api/v1/namespaces/a%2Fb/pods/c%3Fd"),
        (
            path_of(LEADERWORKERSETS, "ns", "demo", "scale"),
            "/apis/leaderworkerset.x-k8s.io/v1/namespaces/ns/leaderworkersets/demo/scale",
        ),
        (path_of(CRDS), "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"),
    ],
)
def test_paths(path: str, expected: str) -> None:
    assert path == expected


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (403, "Forbidden", errors.Forbidden),
        (404, "NotFound", errors.NotFound),
        (409, "Conflict", errors.Conflict),
        (409, "AlreadyExists", errors.AlreadyExists),
        (410, "Expired", errors.Gone),
        (422, "Invalid", errors.Invalid),
        (500, "InternalError", errors.Unavailable),
    ],
)
async def test_a_status_becomes_an_error(
    code: int, reason: str, kind: type[errors.ControllerError]
) -> None:
    async with stub_server() as (stub, rest, _):
        stub.play(reply(status(code, reason, "pods \x1b[31m\u202e says no"), code))
        with pytest.raises(kind) as caught:
            await rest.request("GET", "/api/v1/pods")
    assert type(caught.value) is kind
    assert str(caught.value) == "pods  says no"


async def test_retry_after_is_kept() -> None:
    async with stub_server() as (stub, rest, _):
        stub.play(reply(status(429, "TooManyRequests", "slow down"), 429, Retry_After="7"))
        with pytest.raises(errors.TooManyRequests) as caught:
            await rest.request("GET", "/x")
    assert caught.value.retry_after_s == 7


async def test_the_text_of_a_proxy_is_shown_by_its_first_line() -> None:
    async with stub_server() as (stub, rest, _):
        stub.play(plain("upstream is down\nsecond line", 502))
        with pytest.raises(errors.Unavailable, match=r"^upstream is down$"):
            await rest.request("GET", "/x")


async def test_credentials_are_renewed_once_after_a_401() -> None:
    refused = reply(status(401, "Unauthorized", "Unauthorized"), 401)
    async with stub_server() as (stub, rest, credentials):
        stub.play(refused, reply({"ok": True}))
        assert await rest.request("GET", "/x") == b'{"ok": true}'
        assert [r.headers["Authorization"] for r in stub.requests] == ["Bearer 0", "Bearer 1"]
        stub.play(refused)
        with pytest.raises(errors.Unauthorized):
            await rest.request("GET", "/x")
        assert credentials.loads == 1


async def test_credentials_are_renewed_once_for_all_who_were_refused() -> None:
    refused = reply(status(401, "Unauthorized", "Unauthorized"), 401)
    async with stub_server() as (stub, rest, credentials):
        stub.play(*(refused,) * 3, *(reply({"ok": True}),) * 3)
        found = await asyncio.gather(*(rest.request("GET", f"/{n}") for n in "abc"))
        assert found == [b'{"ok": true}'] * 3
        assert credentials.loads == 1


async def test_a_login_that_does_not_help_is_repeated_ever_more_rarely_until_asked_for() -> None:
    now, loads = [100.0], []

    async def load() -> None:
        loads.append(now[0])
        raise CredentialError("run login")

    renewal = Renewal(load, clock=lambda: now[0])
    for _ in range(200):
        with suppress(errors.Unauthorized):
            await renewal.renew(renewal.generation)
        now[0] += 1.0
    assert loads == [100.0, 110.0, 130.0, 170.0, 250.0]
    renewal.reset()
    with pytest.raises(errors.Unauthorized, match="cannot be renewed: run login"):
        await renewal.renew(0)


async def test_the_servers_clock_comes_with_a_tiny_request() -> None:
    async with stub_server() as (stub, rest, _):
        stub.play(reply({}), reply({}, Date="Fri, 21 Aug 2026 10:42:00 GMT"))
        assert await rest.server_time() is not None
        assert await rest.server_time() == 1787308920.0
        assert stub.asked == ["GET /version", "GET /version"]


async def test_an_unreachable_server_is_one_sentence() -> None:
    rest = Rest(aiohttp.ClientSession(), "http://127.0.0.1:1", Anonymous())
    try:
        with pytest.raises(
            errors.Unavailable, match=r"^http://127.0.0.1:1 cannot be reached: connection refused; "
        ):
            await rest.request("GET", "/x")
    finally:
        await rest.close()


async def test_requests_are_counted_by_what_they_are_about() -> None:
    async with stub_server() as (stub, rest, _):
        stub.play(reply({}), reply({}))
        await rest.request("GET", "/a", what="pods")
        await rest.request("GET", "/b", what="pods")
        assert rest.requests == {"GET pods": 2}
