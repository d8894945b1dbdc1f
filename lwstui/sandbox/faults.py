"""Faults of the API server itself: slow or refused requests, watches that break or expire.

They act on the requests of every client; the sandbox's own paths under ``/sandbox`` are spared, so
that a fault can always be taken back.
"""

import random
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web

from lwstui.sandbox import status
from lwstui.sandbox.answers import error_answer, raw_answer
from lwstui.sandbox.clock import SimClock
from lwstui.sandbox.requests import flag, parse_path
from lwstui.sandbox.status import StatusError

SPARED = "/sandbox/"
VERBS = ("get", "list", "watch", "create", "update", "patch", "delete")
_WRITES = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
# Codes a fault may answer with: the reason and message of the Status.
REFUSALS: dict[int, tuple[str, str]] = {
    429: (
        "TooManyRequests",
        "the server has received too many requests and has asked us to try again later",
    ),
    500: ("InternalError", "Internal error occurred: etcdserver: request timed out"),
    503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
    504: ("Timeout", "the server was unable to return a response in the time allotted"),
}
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class ApiFault:
    """What happens to the requests it selects.

    Attributes:
        verbs: Kubernetes verbs; none for all.
        path: Regular expression searched for in the path; empty for every path.
        latency_s: Simulated seconds before the request is looked at.
        code: Status the request is refused with, one of ``REFUSALS``; 0 to let it through.
        retry_after_s: Real seconds that a refusal with 429 or 503 asks the client to wait.
        share: Part of the selected requests that is hit, above 0 and up to 1.
        expires_before: Watches that resume from an older version than this are told that it is
            too old (410); 0 for none.
    """

    verbs: frozenset[str] = frozenset()
    path: str = ""
    latency_s: float = 0.0
    code: int = 0
    retry_after_s: int = 1
    share: float = 1.0
    expires_before: int = 0

    def selects(self, verb: str, path: str) -> bool:
        """Tell whether a request is the fault's business."""
        return (not self.verbs or verb in self.verbs) and re.search(self.path, path) is not None


def verb_of(request: web.Request) -> str:
    """Return the Kubernetes verb of a request."""
    if request.method not in ("GET", "HEAD"):
        return _WRITES.get(request.method, request.method.lower())
    if flag(request.query, "watch"):
        return "watch"
    target = parse_path(request.path)
    return "get" if target is None or target.name else "list"


class Faults:
    """The faults in force, and the watches that can be broken.

    Args:
        clock: Measures latencies.

    Attributes:
        hits: Requests hit so far.
    """

    def __init__(self, clock: SimClock) -> None:
        self.hits = 0
        self._listeners: list[Callable[[], None]] = []
        self._clock = clock
        self._faults: dict[int, ApiFault] = {}
        self._serial = 0
        self._watches: dict[int, web.Request] = {}
        self._dice = random.Random(0)

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` after each request that a fault has hit; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def add(self, fault: ApiFault) -> Callable[[], None]:
        """Put a fault in force; the result takes it back."""
        self._serial += 1
        number = self._serial
        self._faults[number] = fault

        def remove() -> None:
            self._faults.pop(number, None)

        return remove

    def drop_watches(self, path: str = "") -> int:
        """Break the connections of the open watches whose path the expression is found in.

        Returns:
            How many watches were broken.
        """
        chosen = [each for each in self._watches.values() if re.search(path, each.path)]
        for request in chosen:
            if request.transport is not None:
                request.transport.abort()
        return len(chosen)

    @property
    def middleware(self) -> Any:
        """Return the aiohttp middleware that puts the faults before the API."""

        @web.middleware
        async def impaired(request: web.Request, handler: _Handler) -> web.StreamResponse:
            if request.path.startswith(SPARED):
                return await handler(request)
            verb = verb_of(request)
            refusal = await self._refusal(request, verb) if self._faults else None
            if refusal is not None:
                return refusal
            if verb != "watch":
                return await handler(request)
            with self._watching(request):
                return await handler(request)

        return impaired

    @contextmanager
    def _watching(self, request: web.Request) -> Iterator[None]:
        self._watches[id(request)] = request
        try:
            yield
        finally:
            del self._watches[id(request)]

    async def _refusal(self, request: web.Request, verb: str) -> web.Response | None:
        """Let the faults act on a request; None if it may go on to the API."""
        for fault in tuple(self._faults.values()):
            if not fault.selects(verb, request.path) or self._dice.random() >= fault.share:
                continue
            if fault.latency_s:
                self._hit()
                await self._clock.sleep(fault.latency_s)
            answer = _answer(fault, request, verb)
            if answer is not None:
                self._hit()
                return answer
        return None

    def _hit(self) -> None:
        self.hits += 1
        for listener in tuple(self._listeners):
            listener()


def _answer(fault: ApiFault, request: web.Request, verb: str) -> web.Response | None:
    if verb == "watch" and 0 < _resumes_from(request) < fault.expires_before:
        error = status.expired("The resourceVersion for the provided watch is too old.")
        event = {"type": "ERROR", "object": error.body()}
        return raw_answer(msgspec.json.encode(event) + b"\n")
    if not fault.code:
        return None
    reason, message = REFUSALS[fault.code]
    retry = {"retryAfterSeconds": fault.retry_after_s} if fault.code in (429, 503) else None
    return error_answer(StatusError(fault.code, reason, message, retry))


def _resumes_from(request: web.Request) -> int:
    """Return the version that a watch continues from, 0 for one that starts afresh."""
    version = request.query.get("resourceVersion", "")
    afresh = flag(request.query, "sendInitialEvents") or not version.isdecimal()
    return 0 if afresh else int(version)
