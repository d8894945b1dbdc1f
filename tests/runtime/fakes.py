"""A cluster without a network and a clock that only moves when told to."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from typing import Any

from controller.activity import ControllerState
from controller.api.names import Resource
from controller.errors import Invalid, Unavailable
from lwstui.kube.sync import KindSync
from lwstui.runtime.ports import LogPart, LogSource, Sink, WatchSpec, Where
from lwstui.state.rights import Rule
from tests.view.build import NOW

WHERE = Where("ctx", "cluster", "https://127.0.0.1:1", "alice", "team-a", sandbox=True)


class FakeTime:
    """Virtual time: ``sleep`` ends when ``advance`` has passed its end."""

    def __init__(self) -> None:
        self.t = NOW
        self._waiting: list[tuple[float, asyncio.Event]] = []

    def now(self) -> float:
        return self.t

    def monotonic(self) -> float:
        return self.t

    async def sleep(self, seconds: float) -> None:
        entry = (self.t + seconds, asyncio.Event())
        self._waiting.append(entry)
        try:
            await entry[1].wait()
        finally:
            self._waiting.remove(entry)

    async def advance(self, seconds: float) -> None:
        """Move on, waking sleepers in order and letting everything run in between."""
        end = self.t + seconds
        await settle()
        while due := [e for e in self._waiting if e[0] <= end and not e[1].is_set()]:
            at, event = min(due, key=lambda entry: entry[0])
            self.t = max(self.t, at)
            event.set()
            await settle()
        self.t = end
        await settle()


async def settle() -> None:
    """Let all tasks run until they wait."""
    for _ in range(30):
        await asyncio.sleep(0)


class FakeWatch:
    """A watch that a test speaks for."""

    def __init__(self, spec: WatchSpec, sink: Sink) -> None:
        self.spec = spec
        self.sink = sink
        self.runs = 0
        self.refreshed = 0
        self.reopened = 0
        self.hurried = 0
        self.running = False
        self.fails: list[Exception] = []  # one for each run

    async def run(self) -> None:
        self.runs += 1
        if self.fails:
            raise self.fails.pop(0)
        self.running = True
        try:
            await asyncio.Event().wait()
        finally:
            self.running = False

    def refresh(self) -> None:
        self.refreshed += 1

    def reopen(self) -> None:
        self.reopened += 1

    def hurry(self) -> None:
        self.hurried += 1

    def live(self, *items: Any) -> None:
        """Answer a list."""
        self.sink.replace(list(items))
        self.sink.synced(KindSync("live", NOW, NOW))

    def say(self, state: str, message: str = "") -> None:
        """Report a state."""
        self.sink.synced(KindSync(state, NOW, None, 1, None, message))  # type: ignore[arg-type]


class FakeCluster:
    """Remembers writes; answers what it was given or raises it."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.objects: dict[str, bytes] = {}
        self.refuse: Exception | None = None
        self.lists: dict[str, list[Any]] = {}
        self.evict_refuses: dict[str, Exception] = {}

    def _call(self, verb: str, name: str, **details: Any) -> bytes:
        if self.refuse is not None:
            raise self.refuse
        self.calls.append((verb, name, details))
        return b"{}"

    async def get(self, resource: Resource, namespace: str, name: str) -> bytes:
        self._call("get", name)
        return self.objects[name]

    async def patch(
        self, resource: Resource, namespace: str, name: str, body: Any, **options: Any
    ) -> bytes:
        return self._call("patch", name, body=body, **options)

    async def delete(self, resource: Resource, namespace: str, name: str, **options: Any) -> None:
        self._call("delete", name, **options)

    async def list(self, resource: Resource, namespace: str = "", **options: Any) -> list[Any]:
        self._call("list", resource.plural, **options)
        return self.lists.get(resource.plural, [])

    async def evict(self, namespace: str, name: str, **options: Any) -> None:
        if (error := self.evict_refuses.get(name)) is not None:
            raise error
        self._call("evict", name, **options)

    async def create(self, resource: Resource, namespace: str, body: Any) -> bytes:
        raise AssertionError("the console creates nothing")

    async def replace(self, *_: Any, **__: Any) -> bytes:
        raise AssertionError("the console replaces nothing")


class FakeLink:
    """An open connection to a ``FakeCluster``."""

    def __init__(self) -> None:
        self.where = WHERE
        self.cluster = FakeCluster()
        self.requests = 0
        self.events: Any = None
        self.watches: list[FakeWatch] = []
        self.fails_of: dict[Resource, list[Exception]] = {}
        self.closed = False
        self.page = 0
        self.applied: list[Any] = []
        self.apply_error: Exception | None = None
        self.pings = self.logins = 0
        self.reviewed: list[str] = []
        self.rights: tuple[Rule, ...] = ()
        self.answer: float | Exception | None = None
        self.known: tuple[str, ...] | Exception = ("default", "team-a")
        self.opened: list[LogSource] = []
        self.raw_pods: list[dict[str, Any]] | Exception = []
        self.metric_texts: dict[str, str | Exception] = {}
        self.scraped: list[Any] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.selectors: list[str] = []
        self.serves_usage: Exception | None = Invalid(404, "NotFound", "no such group")
        self.looked_for_usage = 0
        self.usages: dict[str, bytes | Exception] = {}
        self.usage_asked: list[tuple[str, str, str]] = []
        self.remembers: Any = b'{"status":"success","data":{"resultType":"matrix","result":[]}}'
        self.remembering: list[dict[str, Any]] = []
        self.logs_of: dict[str, asyncio.Queue[LogPart | Exception | None]] = defaultdict(
            asyncio.Queue
        )

    def list_by(self, page: int) -> None:
        self.page = page

    async def resource(self, api_version: str, kind: str) -> Resource:
        group, _, version = api_version.rpartition("/")
        if api_version.startswith("metrics.k8s.io/"):
            self.looked_for_usage += 1
            if isinstance(self.serves_usage, Exception):
                raise self.serves_usage
        if kind == "Unknown":
            raise Invalid(404, "NotFound", f"this cluster serves no {kind} in {api_version}")
        return Resource(group, version, f"{kind.lower()}s", kind, kind != "Namespace")

    def watch(self, spec: WatchSpec, sink: Sink) -> FakeWatch:
        self.watches.append(FakeWatch(spec, sink))
        self.watches[-1].fails = self.fails_of.pop(spec.resource, [])
        return self.watches[-1]

    def of(self, resource: Resource, namespace: str = "") -> FakeWatch:
        """Return the newest watch of a kind in a namespace."""
        found = [w for w in self.watches if w.spec.resource == resource]
        return next(w for w in reversed(found) if w.spec.namespace == namespace)

    async def logs(self, source: LogSource) -> AsyncIterator[LogPart]:
        self.opened.append(source)
        if source.opened is not None:
            source.opened()
        queue = self.logs_of[source.pod]
        while (part := await queue.get()) is not None:
            if isinstance(part, Exception):
                raise part
            yield part

    async def apply(self, objects: Any, namespace: str, report: Callable[[str], None]) -> int:
        if self.apply_error is not None:
            raise self.apply_error
        self.applied += objects
        for one in objects:
            report(f"{one['kind']} applied in {namespace}")
        return 0

    async def rules(self, namespace: str) -> tuple[tuple[Rule, ...], bool]:
        self.reviewed.append(namespace)
        return self.rights, False

    def log_in_again(self) -> None:
        self.logins += 1

    async def ping(self) -> float | None:
        self.pings += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def hold_metrics(self) -> asyncio.Event:
        """Let metrics be answered only when the event is set."""
        self.may_answer.clear()
        return self.may_answer

    async def metrics(self, target: Any, most_bytes: int) -> str:
        self.scraped.append(target)
        await self.may_answer.wait()
        answer = self.metric_texts.get(target.pod, Unavailable("no answer"))
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def usage(
        self, resource: Resource, namespace: str, selector: str, most_bytes: int
    ) -> bytes:
        self.usage_asked.append((resource.plural, namespace, selector))
        answer = self.usages.get(resource.plural, b'{"items":[]}')
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def remembered(self, prometheus: Any, query: Any, most_bytes: int) -> bytes:
        self.remembering.append(dict(query))
        answer = self.remembers
        if isinstance(answer, Exception):
            raise answer
        return answer(query["query"]) if callable(answer) else answer

    async def labelled_pods(self, selector: str) -> list[dict[str, Any]]:
        self.selectors.append(selector)
        if isinstance(self.raw_pods, Exception):
            raise self.raw_pods
        return [pod for pod in self.raw_pods if pod["selector"] == selector]

    async def namespaces(self) -> tuple[str, ...]:
        if isinstance(self.known, Exception):
            raise self.known
        return self.known

    async def run_background(self) -> None:
        await asyncio.Event().wait()

    async def close(self) -> None:
        self.closed = True


class FakeCache:
    """Remembers what it was fed."""

    def __init__(self) -> None:
        self.fed: list[tuple[str, str]] = []

    def page(self, resource: Resource, records: Any) -> None:
        self.fed.append(("page", resource.plural))

    def replace(self, resource: Resource, records: Any) -> None:
        self.fed.append(("replace", resource.plural))

    def apply(self, resource: Resource, type_: str, record: Any) -> None:
        self.fed.append((type_, resource.plural))


class FakeController:
    """A controller that does nothing but say how it is."""

    def __init__(self) -> None:
        self.cache = FakeCache()
        self.on_change: Callable[[], None] | None = None
        self.on_stale: Callable[[frozenset[Resource]], None] | None = None
        self.now = ControllerState("leader", "me", leading=True, holder="me")
        self.running = False
        self.ended = False
        self.paused = False

    async def run(self) -> None:
        self.running = True
        try:
            await asyncio.Event().wait()
        finally:
            self.running, self.ended = False, True

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    def state(self) -> ControllerState:
        return self.now


class FakeFactory:
    """Connects to one ``FakeLink``, after as many failures as a test asks for."""

    def __init__(self, failures: int = 0) -> None:
        self.link = FakeLink()
        self.links = {"ctx": self.link}
        self.places = {"ctx": WHERE}
        self.failures = failures
        self.attempts = 0
        self.made: FakeController | None = None
        self.namespace: str | None = None

    def describe(self, target: Any) -> Where:
        return self.places.get(target.context or "ctx", WHERE)

    def contexts(self, target: Any) -> tuple[Where, ...]:
        return tuple(self.places.values())

    async def connect(self, target: Any, told: Callable[[str], None]) -> FakeLink:
        self.told = told
        self.attempts += 1
        if self.attempts <= self.failures:
            raise Unavailable(f"no answer {self.attempts}")
        self.link = self.links.setdefault(target.context or "ctx", FakeLink())
        return self.link

    def controller(self, link: Any, identity: str, namespace: str) -> FakeController:
        self.made, self.namespace = FakeController(), namespace
        return self.made
