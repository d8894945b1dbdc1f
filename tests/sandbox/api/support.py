"""An API server over loopback with a fake node behind it, and helpers to speak to it."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from lwstui.sandbox.clock import SimClock
from lwstui.sandbox.crds import CRD_KEY
from lwstui.sandbox.objects import StatusError, Store
from lwstui.sandbox.server import build_app

TOKEN = "secret"
LWS = "/apis/leaderworkerset.x-k8s.io/v1/namespaces/default/leaderworkersets"
LWS_KEY = "leaderworkersets.leaderworkerset.x-k8s.io"
PODS = "/api/v1/namespaces/default/pods"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"
RECORDED = json.loads(
    (Path(__file__).parents[2] / "data" / "recordings" / "api.json").read_text(encoding="utf-8")
)


class FakeClock(SimClock):
    """A clock whose wall time tests set."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 1_790_000_000.0

    def now(self) -> float:
        return self.time


@dataclass
class FakeLogs:
    lines: list[bytes] = field(default_factory=lambda: [b"one\n", b"two\n"])
    asked: dict[str, Any] = field(default_factory=dict)

    async def open(self, pod: dict, container: str, **options: Any) -> AsyncIterator[bytes]:
        self.asked = {"container": container, **options}
        if options["previous"]:
            raise StatusError(400, "BadRequest", f"previous terminated container {container!r}")
        for line in self.lines:
            yield line


class FakeMetrics:
    def node(self, name: str) -> dict | None:
        if name != "n0":
            return None
        return {"timestamp": "2026-11-20T23:23:39Z", "window": "10s", "usage": {"cpu": "1500m"}}

    def pod(self, namespace: str, name: str) -> dict | None:
        usage = {"cpu": "5m", "memory": "1Gi"}
        return {
            "timestamp": "2026-11-20T23:23:39Z",
            "window": "10s",
            "containers": [{"name": "main", "usage": usage}],
        }


class NoProcesses:
    """Nodes on which nothing runs."""

    def find(self, pod: dict, container: str) -> None:
        return None

    def listed(self, pod: dict) -> tuple:
        return ()

    def end(self, pod: dict, container: str, code: int) -> None:
        raise NotImplementedError

    def severed(self, one: dict, other: dict) -> bool:
        return False

    async def ended(self, pod: dict, container: str) -> None:
        return None

    async def gone(self, pod: dict) -> None:
        return None


@dataclass
class Api:
    """A running server, its store, and requests with the token."""

    store: Store
    clock: FakeClock
    logs: FakeLogs
    client: TestClient

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        accept: str = "application/json",
        content_type: str = "application/json",
        code: int = 0,
    ) -> dict:
        """Return the decoded answer, after checking its code (0: any success)."""
        response = await self.raw(method, path, body, accept=accept, content_type=content_type)
        answer = await response.json(content_type=None)
        wanted = (code,) if code else (200, 201)
        assert response.status in wanted, answer
        return answer

    async def raw(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        accept: str = "application/json",
        content_type: str = "application/json",
        agent: str = "tester/1.0",
    ) -> ClientResponse:
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        headers = {
            "Authorization": f"Bearer {TOKEN}",
            "Accept": accept,
            "Content-Type": content_type,
            "User-Agent": agent,
        }
        return await self.client.request(method, path, data=data, headers=headers)

    async def lines(self, path: str) -> list[dict]:
        """Return the events of a watch that ends by itself."""
        response = await self.raw("GET", path)
        return [json.loads(line) for line in (await response.read()).splitlines()]

    async def get(self, path: str, **more: Any) -> dict:
        return await self.call("GET", path, **more)

    async def post(self, path: str, body: Any, **more: Any) -> dict:
        return await self.call("POST", path, body, **more)

    async def put(self, path: str, body: Any, **more: Any) -> dict:
        return await self.call("PUT", path, body, **more)

    async def patch(self, path: str, body: Any, content_type: str = MERGE, **more: Any) -> dict:
        return await self.call("PATCH", path, body, content_type=content_type, **more)

    async def delete(self, path: str, body: Any = None, **more: Any) -> dict:
        return await self.call("DELETE", path, body, **more)


def new_store(clock: SimClock | None = None) -> Store:
    """Return a store with the namespace default, a node and the LeaderWorkerSet definition."""
    store = Store(clock or SimClock())
    text = (resources.files("lwstui.data") / "leaderworkersets.yaml").read_text(encoding="utf-8")
    store.create(CRD_KEY, yaml.safe_load(text))
    namespace = {"metadata": {"name": "default"}, "spec": {}, "status": {"phase": "Active"}}
    store.create("namespaces", namespace)
    store.create("nodes", {"metadata": {"name": "n0"}, "spec": {}, "status": {}})
    return store


async def start(client: type[TestClient] = TestClient) -> Api:
    clock, logs = FakeClock(), FakeLogs()
    store = new_store(clock)
    app = build_app(store, token=TOKEN, logs=logs, metrics=FakeMetrics(), processes=NoProcesses())
    running = client(TestServer(app))
    await running.start_server()
    return Api(store, clock, logs, running)


def pod(name: str = "p", **labels: str) -> dict:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels},
        "spec": {"containers": [{"name": "main", "image": "vllm:v1"}]},
    }


def lws(name: str = "demo", **spec: Any) -> dict:
    template = {"spec": {"containers": [{"name": "main", "image": "vllm:v1"}]}}
    return {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": {"name": name},
        "spec": {"leaderWorkerTemplate": {"size": 2, "workerTemplate": template}, **spec},
    }
