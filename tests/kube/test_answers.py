"""Every request is counted with what was answered, a renewed credential's two answers included."""

import pytest

from controller.errors import Conflict, Unavailable
from lwstui.kube.rest import NO_ANSWER, Rest
from tests.kube.stub import Anonymous, reply, status, stub_server


async def test_answers_are_counted_by_code() -> None:
    async with stub_server() as (stub, rest, _):
        stub.play(
            reply({}),
            reply(status(401, "Unauthorized", "expired"), 401),
            reply({}),
            reply(status(409, "Conflict", "changed"), 409),
        )
        await rest.request("GET", "/version", what="version")
        await rest.request("PATCH", "/api/v1/nodes/a", body=b"{}", what="nodes")
        with pytest.raises(Conflict):
            await rest.request("PATCH", "/api/v1/nodes/a", body=b"{}", what="nodes")
        assert rest.answers == {
            ("GET", "version", "200"): 1,
            ("PATCH", "nodes", "401"): 1,
            ("PATCH", "nodes", "200"): 1,
            ("PATCH", "nodes", "409"): 1,
        }
        assert rest.answers.total() == rest.requests.total()


async def test_a_request_without_an_answer_is_counted_as_such() -> None:
    async with stub_server() as (_, other, _):
        rest = Rest(other._session, "http://127.0.0.1:1", Anonymous())
        with pytest.raises(Unavailable):
            await rest.request("GET", "/version", what="version")
        assert rest.answers == {("GET", "version", NO_ANSWER): 1}
