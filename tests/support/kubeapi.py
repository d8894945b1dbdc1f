"""A Kubernetes API client of a few lines for tests: JSON over HTTP, no code of the program.

What drives the program from outside must not share its client, or both would be wrong alike.
"""

import base64
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import yaml

Json = dict[str, Any]
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
_SETS = "apis/leaderworkerset.x-k8s.io/v1"
_ROOTS = {
    "leaderworkersets": _SETS,
    "controllerrevisions": "apis/apps/v1",
    "events": "apis/events.k8s.io/v1",
    "horizontalpodautoscalers": "apis/autoscaling/v2",
}


class Refused(Exception):
    """The server answered with a failure; ``code`` is its HTTP status."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code


@dataclass(frozen=True, slots=True)
class KubeApi:
    """Requests of one namespace, or of none with an empty ``namespace``."""

    http: aiohttp.ClientSession
    url: str
    namespace: str = "default"

    def path(self, plural: str, name: str = "", subresource: str = "") -> str:
        """Return the URL of a collection, an object or a subresource."""
        space = f"namespaces/{self.namespace}" if self.namespace else ""
        parts = (self.url, _ROOTS.get(plural, "api/v1"), space, plural, name, subresource)
        return "/".join(part for part in parts if part)

    async def _call(self, method: str, url: str, **more: Any) -> Json:
        async with self.http.request(method, url, **more) as answer:
            text = await answer.text()
            if answer.status >= 400:
                raise Refused(answer.status, text)
            return json.loads(text)  # type: ignore[no-any-return]

    async def get(self, plural: str, name: str, subresource: str = "") -> Json:
        return await self._call("GET", self.path(plural, name, subresource))

    async def list(self, plural: str, selector: str = "") -> list[Json]:
        params = {"labelSelector": selector} if selector else {}
        found = await self._call("GET", self.path(plural), params=params)
        # Items of built-in kinds do not say what they are; their list does.
        said = {"kind": found["kind"].removesuffix("List"), "apiVersion": found["apiVersion"]}
        items = [said | item for item in found["items"]]
        return sorted(items, key=lambda item: str(item["metadata"]["name"]))

    async def create(self, plural: str, body: Json) -> Json:
        return await self._call("POST", self.path(plural), json=body)

    async def patch(
        self, plural: str, name: str, body: Any, *, subresource: str = "", kind: str = MERGE
    ) -> Json:
        return await self._call(
            "PATCH",
            self.path(plural, name, subresource),
            data=json.dumps(body),
            headers={"Content-Type": kind},
        )

    async def delete(self, plural: str, name: str, **options: Any) -> Json:
        body = {"kind": "DeleteOptions", "apiVersion": "v1", **options}
        return await self._call("DELETE", self.path(plural, name), json=body)

    async def watch(self, plural: str, **params: str) -> AsyncIterator[tuple[str, Json]]:
        """Yield type and object of every change, beginning with what exists."""
        async with self.http.get(
            self.path(plural),
            params={"watch": "true", **params},
            timeout=aiohttp.ClientTimeout(total=None),
        ) as answer:
            async for line in answer.content:
                event = json.loads(line)
                if event["type"] != "BOOKMARK":
                    yield event["type"], event["object"]


@asynccontextmanager
async def kube_api(kubeconfig: Path, namespace: str = "default") -> AsyncIterator[KubeApi]:
    """Connect to the current context of a kubeconfig that holds a token and an authority."""
    config = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
    cluster = config["clusters"][0]["cluster"]
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    trusted = aiohttp.TCPConnector(ssl=ssl.create_default_context(cadata=authority))
    headers = {"Authorization": f"Bearer {config['users'][0]['user']['token']}"}
    async with aiohttp.ClientSession(connector=trusted, headers=headers) as http:
        yield KubeApi(http, cluster["server"], namespace)
