"""Connections at their end: none outlives the client, whatever the other side does."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress

import aiohttp

from lwstui.kube.connector import Connector
from lwstui.sandbox.certificates import loopback_certificate
from tests.support.waiting import eventually


@contextmanager
def silent():
    """Run a TLS server that takes one request and says nothing more, not even good-bye."""
    pair, asked, end = loopback_certificate(time.time()), threading.Event(), threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        plain, _ = listening.accept()
        secured = pair.server_context().wrap_socket(plain, server_side=True)
        with secured:
            secured.recv(65_536)
            asked.set()
            end.wait(60)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listening.getsockname()[1], ssl.create_default_context(cadata=pair.certificate), asked
    finally:
        end.set()
        thread.join(60)
        listening.close()


async def test_a_request_that_was_given_up_leaves_no_connection_to_a_silent_server():
    with silent() as (port, trust, asked):
        connector = Connector(trust)
        made: list[socket.socket] = []
        make = connector._socket_factory
        connector._socket_factory = lambda address: made.append(make(address)) or made[-1]
        async with aiohttp.ClientSession(connector=connector) as session:
            request = asyncio.ensure_future(session.get(f"https://127.0.0.1:{port}/"))
            await eventually(asked.is_set, what="the request to arrive")
            request.cancel()
            with suppress(asyncio.CancelledError):
                await request
        assert [one.fileno() for one in made] == [-1]
