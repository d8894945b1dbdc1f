"""Asking a Prometheus: at its own address, with its own credentials, and within bounds."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from controller.errors import ControllerError, Forbidden, Invalid, Unavailable
from lwstui.kube import prometheus
from lwstui.kube.prometheus import ask_address, ask_service, service_path
from tests.kube.stub import reply, stub_server

GOOD = {"status": "success", "data": {"resultType": "matrix", "result": []}}
QUERY = {"query": 'up{a="b"}', "start": 60, "end": 120, "step": 60}


async def test_an_address_gets_the_query_and_the_token_of_a_file_and_nothing_of_the_cluster(
    tmp_path,
):
    token = tmp_path / "token"
    token.write_text("secret\n")
    async with stub_server() as (stub, rest, _):
        url = rest._server
        stub.play(reply(GOOD), reply(GOOD))
        raw = await ask_address(f"{url}/p/api/v1/query_range", QUERY, 2**20, token_file=str(token))
        assert b"success" in raw
        await ask_address(f"{url}/p/api/v1/query_range", QUERY, 2**20)
    first, second = stub.requests
    assert first.path == "/p/api/v1/query_range"
    assert dict(first.query) == {name: str(value) for name, value in QUERY.items()}
    assert first.headers["Authorization"] == "Bearer secret"
    assert "Authorization" not in second.headers


async def test_a_service_is_asked_through_the_api_server():
    async with stub_server() as (stub, rest, _):
        stub.play(reply(GOOD))
        path = service_path("monitoring", "https:prom:web", "/prefix/api/v1/query_range")
        assert b"success" in await ask_service(rest, path, QUERY, 2**20)
    assert stub.asked == [
        "GET /api/v1/namespaces/monitoring/services/https:prom:web/proxy/prefix/api/v1/query_range"
    ]


async def _fails(stub, url, answer, **options):
    stub.play(answer)
    with pytest.raises(ControllerError) as caught:
        await ask_address(url, QUERY, options.pop("most", 2**20), **options)
    return caught.value


async def test_what_is_refused_says_why_in_one_sentence():
    async with stub_server() as (stub, rest, _):
        url = rest._server
        bad = {"status": "error", "errorType": "bad_data", "error": "parse error\nat char 3"}
        error = await _fails(stub, url, reply(bad, 400))
        assert isinstance(error, Invalid)
        assert "parse error" in str(error)
        assert "\n" not in str(error)
        assert isinstance(await _fails(stub, url, reply("x", 403)), Forbidden)
        assert "503" in str(await _fails(stub, url, reply("<html>", 503)))


async def test_a_redirect_is_not_followed_with_a_token(tmp_path):
    token = tmp_path / "token"
    token.write_text("secret")
    async with stub_server() as (stub, rest, _):
        url = rest._server
        away = reply({}, 302, Location=f"{url}/elsewhere")
        error = await _fails(stub, url, away, token_file=str(token))
        assert "302" in str(error)
        assert len(stub.requests) == 1


async def test_an_answer_that_is_too_long_is_not_read_to_its_end():
    async with stub_server() as (stub, rest, _):
        url = rest._server
        long = reply({"status": "x" * 3_000_000})
        assert "longer than 1 MiB" in str(await _fails(stub, url, long, most=2**20))
        stub.play(long)
        with pytest.raises(Unavailable, match="longer than 1 MiB"):
            await ask_service(rest, "/x", QUERY, 2**20)


async def test_one_that_never_answers_is_left(monkeypatch):
    monkeypatch.setattr(prometheus, "TOTAL_S", 0.05)

    async def silence(request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    async with stub_server() as (stub, rest, _):
        url = rest._server
        assert "no answer within" in str(await _fails(stub, url, silence))
        stub.play(silence)
        with pytest.raises(Unavailable, match="no answer within"):
            await ask_service(rest, "/x", QUERY, 2**20)


async def test_files_that_are_missing_and_addresses_where_nobody_listens_are_said(tmp_path):
    missing = str(tmp_path / "none")
    for options in ({"token_file": missing}, {"ca_file": missing}):
        with pytest.raises(Unavailable, match="No such file"):
            await ask_address("http://127.0.0.1:1/x", QUERY, 2**20, **options)
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1"):
        await ask_address("http://127.0.0.1:1/x", QUERY, 2**20)
