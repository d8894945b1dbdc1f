"""A whole sandbox over TLS, with pods made in its store, and the clients that speak to it."""

import asyncio
import json
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from yarl import URL

from lwstui.sandbox.cluster import Sandbox, SandboxOptions, running_sandbox
from tests.support.waiting import eventually

V4, V5 = "v4.channel.k8s.io", "v5.channel.k8s.io"


@dataclass
class Outcome:
    """What a session over the channels gave; ``status`` is the object that ended it."""

    out: str = ""
    err: str = ""
    status: dict[str, Any] = field(default_factory=dict)

    def take(self, frame: bytes) -> None:
        text = frame[1:].decode(errors="surrogateescape")
        match frame[0]:
            case 1:
                self.out += text
            case 2:
                self.err += text
            case 3:
                self.status = json.loads(text)


@dataclass
class Ran:
    """What a process printed and how it ended."""

    out: str
    err: str
    code: int


@dataclass
class Town:
    """A running sandbox; simulated time is a hundred times faster."""

    sandbox: Sandbox
    http: aiohttp.ClientSession

    async def pod(
        self, name: str, *, wait: bool = True, serves: bool = True, **fields: Any
    ) -> None:
        """Create a pod and wait until it runs and, unless told otherwise, serves on port 8080.

        ``labels`` and ``annotations`` are its metadata's, ``spec`` its spec's, the rest its
        container's.
        """
        metadata = {"name": name, "namespace": "default"}
        metadata |= {key: fields.pop(key) for key in ("labels", "annotations") if key in fields}
        spec = fields.pop("spec", {})
        main = {"name": "main", "image": "nginx:1.27", "ports": [{"containerPort": 8080}], **fields}
        await self.call(
            "POST", "pods", {"metadata": metadata, "spec": {"containers": [main], **spec}}
        )
        if wait:
            await eventually(lambda: self.phase(name) == "Running", what=f"{name} runs")
        if wait and serves:
            await eventually(lambda: self._answers(name), what=f"{name} serves")

    async def _answers(self, name: str) -> bool:
        async with self.http.get(self.url(f"pods/{name}:8080/proxy/")) as answer:
            return answer.status != 503

    async def service(self, name: str, selector: dict[str, str], **spec: Any) -> None:
        full = {"selector": selector, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}
        await self.call("POST", "services", {"metadata": {"name": name}, "spec": full | spec})

    def phase(self, name: str) -> str:
        pod = self.sandbox.store.get("pods", "default", name) or {}
        return str((pod.get("status") or {}).get("phase"))

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        async with self.http.request(method, self.url(path), json=body) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json(content_type=None)

    def url(self, path: str, query: list[tuple[str, str]] | None = None) -> URL:
        return URL(f"{self.sandbox.url}/api/v1/namespaces/default/{path}").with_query(query or [])

    @asynccontextmanager
    async def socket(
        self, path: str, query: list[tuple[str, str]], protocol: str
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Open a WebSocket to a subresource of a pod."""
        url = self.url(f"pods/{path}", query)
        async with self.http.ws_connect(url, protocols=(protocol,)) as opened:
            yield opened

    async def exec(
        self, pod: str, *argv: str, stdin: bytes | None = None, protocol: str = V5
    ) -> Outcome:
        """Run a command in a pod over the channels."""
        query = [("command", each) for each in argv] + [("stdout", "true"), ("stderr", "true")]
        query += [] if stdin is None else [("stdin", "true")]
        found = Outcome()
        async with asyncio.timeout(30), self.socket(f"{pod}/exec", query, protocol) as socket:
            if stdin is not None:
                await socket.send_bytes(b"\0" + stdin)
                await socket.send_bytes(b"\xff\0")
            async for message in socket:
                found.take(message.data)
        return found

    async def start(self, *args: str, stdin: bytes | None = None) -> asyncio.subprocess.Process:
        """Return kubectl, running."""
        process = await asyncio.create_subprocess_exec(
            "kubectl",
            *args,
            stdin=asyncio.subprocess.PIPE if stdin is not None else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self.environ(),
        )
        if stdin is not None and process.stdin is not None:
            process.stdin.write(stdin)
            process.stdin.close()
        return process

    def environ(self) -> dict[str, str]:
        home = str(self.sandbox.kubeconfig.parent)
        kubeconfig = str(self.sandbox.kubeconfig)
        return {"PATH": os.environ["PATH"], "HOME": home, "KUBECONFIG": kubeconfig}

    async def kubectl(self, *args: str, stdin: bytes | None = None) -> Ran:
        """Run kubectl to its end."""
        async with asyncio.timeout(20):
            process = await self.start(*args, stdin=stdin)
            out, err = await process.communicate()
        return Ran(out.decode(), err.decode(), process.returncode or 0)


@asynccontextmanager
async def running_town() -> AsyncIterator[Town]:
    """Run a town for the length of the block."""
    async with running_sandbox(SandboxOptions(nodes=2, speed=100)) as sandbox:
        trust = ssl.create_default_context(cadata=sandbox.authority)
        headers = {"Authorization": f"Bearer {sandbox.token}"}
        connector = aiohttp.TCPConnector(ssl=trust)
        async with aiohttp.ClientSession(connector=connector, headers=headers) as http:
            yield Town(sandbox, http)
