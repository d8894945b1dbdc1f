"""A plain HTTP client of an API server: whole answers, and watches line by line."""

import http.client
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

Json = dict[str, Any]
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"
_ANSWERS_WITHIN_S = 20
_names = count()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said; ``warnings`` are the texts of its Warning headers."""

    code: int
    headers: dict[str, str]
    text: str
    warnings: tuple[str, ...]

    @property
    def body(self) -> Json:
        """Return the decoded body."""
        decoded: Json = json.loads(self.text)
        return decoded


class Watch:
    """A watch that is open."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self._answer = answer

    def event(self) -> tuple[str, Json]:
        """Return type and object of the next event."""
        event = json.loads(self._answer.readline())
        return event["type"], event["object"]

    def seen(self, count: int) -> list[tuple[str, str]]:
        """Return types and names of the next events."""
        found = [self.event() for _ in range(count)]
        return [(kind, obj["metadata"]["name"]) for kind, obj in found]


@dataclass(frozen=True, slots=True)
class Api:
    """A server and a namespace of its own for each test; paths are made in that namespace."""

    url: str
    token: str
    trust: ssl.SSLContext | None = None
    kind: str = ""
    space: str = field(default_factory=lambda: f"contract-{next(_names)}")

    def core(self, plural: str, *rest: str) -> str:
        """Return a path of the core group in the namespace."""
        return "/".join((f"/api/v1/namespaces/{self.space}", plural, *rest))

    def of(self, group_version: str, plural: str, *rest: str) -> str:
        """Return a path of another group in the namespace."""
        return "/".join((f"/apis/{group_version}/namespaces/{self.space}", plural, *rest))

    def sets(self, *rest: str) -> str:
        """Return a path of LeaderWorkerSets in the namespace."""
        return self.of("leaderworkerset.x-k8s.io/v1", "leaderworkersets", *rest)

    def pods(self, *rest: str) -> str:
        """Return a path of pods in the namespace."""
        return self.core("pods", *rest)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: dict[str, str] | None = None,
        kind: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Return the answer to a request; ``kind`` is the content type of the body."""
        with self._open(method, path, body, query, {"Content-Type": kind} | (headers or {})) as raw:
            text = raw.read().decode()
            warnings = tuple(
                value.partition('"')[2].rpartition('"')[0].replace('\\"', '"')
                for value in raw.headers.get_all("Warning", [])
            )
            return Answer(raw.status, dict(raw.headers.items()), text, warnings)

    def ok(self, method: str, path: str, body: Any = None, **more: Any) -> Json:
        """Return the body of an answer that must be a success."""
        answer = self.call(method, path, body, **more)
        assert answer.code in (200, 201, 202), answer.text
        return answer.body

    def refused(self, code: int, method: str, path: str, body: Any = None, **more: Any) -> Json:
        """Return the Status of an answer that must be this refusal."""
        answer = self.call(method, path, body, **more)
        assert answer.code == code, answer.text
        status = answer.body
        assert (status["kind"], status["status"], status["code"]) == ("Status", "Failure", code)
        return status

    def get(self, path: str, **query: str) -> Json:
        return self.ok("GET", path, query=query)

    def create(self, path: str, body: Json, **query: str) -> Json:
        return self.ok("POST", path, body, query=query)

    def patch(self, path: str, body: Any, kind: str = MERGE, **query: str) -> Json:
        return self.ok("PATCH", path, body, kind=kind, query=query)

    def apply(self, path: str, body: Json, manager: str, **query: str) -> Json:
        """Apply a configuration on the server's side."""
        return self.patch(path, body, APPLY, fieldManager=manager, **query)

    def delete(self, path: str, **options: Any) -> Json:
        body = {"kind": "DeleteOptions", "apiVersion": "v1", **options}
        return self.ok("DELETE", path, body)

    def names(self, path: str, **query: str) -> list[str]:
        """Return the names of the objects in a list."""
        return [item["metadata"]["name"] for item in self.get(path, **query)["items"]]

    @contextmanager
    def watch(self, path: str, **query: str) -> Iterator[Watch]:
        """Open a watch for the length of the block."""
        with self._open("GET", path, None, {"watch": "true", **query}, {}) as raw:
            assert raw.status == 200, raw.read().decode()
            yield Watch(raw)

    @contextmanager
    def _open(
        self,
        method: str,
        path: str,
        body: Any,
        query: dict[str, str] | None,
        headers: dict[str, str],
    ) -> Iterator[http.client.HTTPResponse]:
        connection = self._connection()
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        target = f"{path}?{urlencode(query, quote_via=quote)}" if query else path
        try:
            connection.request(
                method,
                target,
                data,
                {"Authorization": f"Bearer {self.token}", "User-Agent": "contract/1.0", **headers},
            )
            with connection.getresponse() as raw:
                yield raw
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        address = urlsplit(self.url).netloc
        if self.trust is None:
            return http.client.HTTPConnection(address, timeout=_ANSWERS_WITHIN_S)
        return http.client.HTTPSConnection(address, timeout=_ANSWERS_WITHIN_S, context=self.trust)
