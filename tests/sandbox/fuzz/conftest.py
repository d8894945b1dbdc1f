"""A whole sandbox on a thread of its own, for tests that send it everything."""

import asyncio
import logging
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from lwstui.sandbox.cluster import Sandbox, SandboxOptions, running_sandbox


@dataclass(eq=False)
class Faults(logging.Handler):
    """What the program complains about: requests that failed inside, tasks that died."""

    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(logging.WARNING)
        self.setFormatter(logging.Formatter("%(name)s: %(message)s"))

    def take(self) -> list[str]:
        """Return what was told since the last time."""
        told, self.told = self.told, []
        return told

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(self.format(record))


@dataclass
class Server:
    """A running sandbox and a way to send it bytes."""

    sandbox: Sandbox
    faults: Faults
    trust: ssl.SSLContext

    @property
    def address(self) -> tuple[str, int]:
        url = urlsplit(self.sandbox.url)
        return url.hostname or "", url.port or 0

    def send(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Send a request with the token and return the answer's code and body."""
        connection = HTTPSConnection(*self.address, context=self.trust, timeout=15)
        try:
            own = {"Authorization": f"Bearer {self.sandbox.token}"}
            connection.request(method, target, body, own | (headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@pytest.fixture(autouse=True)
def _only_own_faults(server: "Server") -> None:
    server.faults.take()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    faults = Faults()
    logging.getLogger().addHandler(faults)
    begun, stop = threading.Event(), asyncio.Event()
    made: dict[str, Any] = {}

    async def serve() -> None:
        async with running_sandbox(SandboxOptions(nodes=2, speed=100)) as sandbox:
            made.update(sandbox=sandbox, loop=asyncio.get_running_loop())
            begun.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert begun.wait(20)
    trust = ssl.create_default_context(cadata=made["sandbox"].authority)
    yield Server(made["sandbox"], faults, trust)
    made["loop"].call_soon_threadsafe(stop.set)
    thread.join(20)
    logging.getLogger().removeHandler(faults)
