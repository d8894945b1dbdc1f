"""List and watch one kind, for ever: pages, bookmarks, resume, back-off.

The generated client's ``Watch`` is not used: it reconnects without back-off and repeats an
expired version. Versions are opaque here: passed on, never compared.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, Generic, Protocol, TypeVar

import aiohttp
import msgspec

from controller.api.names import Resource
from controller.errors import (
    ControllerError,
    Forbidden,
    Gone,
    NotFound,
    Unauthorized,
    Unavailable,
    from_status,
)
from lwstui.kube.clean import clean_line
from lwstui.kube.rest import Rest, path_of
from lwstui.kube.sync import KindSync, SyncState

T = TypeVar("T")

PAGE: Final = 500
# Decoding holds the interpreter; give way this often so that keys are answered.
SLICE_S: Final = 0.004
# Bookmarks come about once a minute: a watch that says nothing for longer may hang half-open.
SILENCE_S: Final = 90.0
_FIRST_BACKOFF_S: Final = 0.8
_LONGEST_BACKOFF_S: Final = 30.0
_SLOW_RETRY_S: Final[dict[str, float]] = {"forbidden": 30.0, "unauthorized": 10.0, "missing": 5.0}
_HEALTHY_AFTER_S: Final = 10.0
# A version that keeps failing may be the fault: list again.
_RELIST_AFTER: Final = 4
# One 404 may be a server that is starting; a second means that the kind is not served.
_GONE_AFTER: Final = 2


class Sink(Protocol[T]):
    """Where a reflector's objects go; called on the loop, must not block."""

    def page(self, items: list[T]) -> None:
        """Take one page of a list that is not complete yet."""
        ...

    def replace(self, items: list[T]) -> None:
        """Take a complete list: what is not in it is gone."""
        ...

    def apply(self, type_: str, item: T) -> None:
        """Take one change: ADDED, MODIFIED or DELETED."""
        ...

    def synced(self, sync: KindSync) -> None:
        """Take the new state of the reflector."""
        ...


class _ListMeta(msgspec.Struct, frozen=True, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(default="", name="continue")


class _List(msgspec.Struct, frozen=True):
    metadata: _ListMeta = _ListMeta()
    items: list[msgspec.Raw] | None = None


class _EventHead(msgspec.Struct, frozen=True):
    type: str
    object: msgspec.Raw


class _VersionMeta(msgspec.Struct, frozen=True, rename="camel"):
    resource_version: str = ""


class _Versioned(msgspec.Struct, frozen=True):
    metadata: _VersionMeta = _VersionMeta()


class _Status(msgspec.Struct, frozen=True):
    code: int = 0
    reason: str = ""
    message: str = ""


_LIST: Final = msgspec.json.Decoder(_List)
_HEAD: Final = msgspec.json.Decoder(_EventHead)
_VERSION: Final = msgspec.json.Decoder(_Versioned)


@dataclass(frozen=True, slots=True)
class Timing:
    """Time and chance of a reflector, injectable.

    Attributes:
        wall: Epoch seconds.
        monotonic: Seconds that never go back.
        sleep: Waits.
        rng: Jitter.
    """

    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep
    rng: random.Random = field(default_factory=random.Random)


class Reflector(Generic[T]):
    """Keeps a sink equal to what the API server holds of one kind.

    Args:
        rest: The client.
        resource: What to watch.
        decode: Bytes of one object to a record.
        sink: Takes the records.
        namespace: Empty for all namespaces.
        label_selector: As the API takes it.
        field_selector: As the API takes it.
        timing: Clock and chance.
        page: Returns how many objects to ask for at once.

    Attributes:
        sync: State, replaced on every change.
    """

    def __init__(
        self,
        rest: Rest,
        resource: Resource,
        *,
        decode: Callable[[bytes | msgspec.Raw], T],
        sink: Sink[T],
        namespace: str = "",
        label_selector: str = "",
        field_selector: str = "",
        timing: Timing | None = None,
        page: Callable[[], int] = lambda: PAGE,
    ) -> None:
        self._rest = rest
        self._page = page
        self._path = path_of(resource, namespace)
        self._what = str(resource)
        self._decode = decode
        self._sink = sink
        self._selectors = {
            name: value
            for name, value in (
                ("labelSelector", label_selector),
                ("fieldSelector", field_selector),
            )
            if value
        }
        self._timing = timing or Timing()
        self._refresh = asyncio.Event()
        self._reopen = asyncio.Event()
        self._hurry = asyncio.Event()
        self._version = ""
        self._attempt = 0
        self._changes = 0
        self.sync = KindSync(since=self._timing.wall())

    async def run(self) -> None:
        """List and watch until cancelled."""
        while True:
            try:
                if not self._version:
                    await self._list()
                await self._watch()
            except Gone:
                self._version = ""
                self._attempt += 1
                await self._pause(self._timing.rng.uniform(0.0, self._ceiling()))
            except ControllerError as error:
                await self._fault(error)
            except msgspec.DecodeError as error:
                self._version = ""
                message = f"{self._what}: an object cannot be understood: {clean_line(str(error))}"
                await self._fault(Unavailable(message))

    def refresh(self) -> None:
        """List again now, cutting short any waiting."""
        self._attempt = 0
        self._refresh.set()

    def reopen(self) -> None:
        """Give up a watch that may hang, and open it again from where it was."""
        self._reopen.set()

    def hurry(self) -> None:
        """Cut short the waiting after a fault: the server may be there again."""
        self._hurry.set()

    # -- listing ----------------------------------------------------------------------------

    async def _list(self) -> None:
        """Read the whole collection in pages; what was known stays until the list is complete."""
        if self.sync.state != "reconnecting":
            self._enter("listing")
        self._refresh.clear()
        query: dict[str, str | int] = {"limit": self._page(), **self._selectors}
        items: list[T] = []
        while True:
            raw = await self._rest.request(
                "GET", self._path, query=query, what=f"{self._what} list"
            )
            found = _LIST.decode(raw)
            page = await self._decoded(found.items or [])
            items += page
            if not found.metadata.continue_:
                break
            self._sink.page(page)
            query["continue"] = found.metadata.continue_
        self._version = found.metadata.resource_version
        self._sink.replace(items)
        self._live()

    async def _decoded(self, raws: list[msgspec.Raw]) -> list[T]:
        decoded: list[T] = []
        until = self._timing.monotonic() + SLICE_S
        for raw in raws:
            decoded.append(self._decode(raw))
            if self._timing.monotonic() > until:
                await asyncio.sleep(0)
                until = self._timing.monotonic() + SLICE_S
        return decoded

    # -- watching ---------------------------------------------------------------------------

    async def _watch(self) -> None:
        """Watch from the version known; returns when the server ends the watch in good order."""
        timeout_s = self._timing.rng.randint(240, 480)
        query: dict[str, str | int] = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "timeoutSeconds": timeout_s,
            "resourceVersion": self._version,
            **self._selectors,
        }
        self._changes = 0
        began = self._timing.monotonic()
        async with self._rest.open(
            "GET",
            self._path,
            query=query,
            read_s=SILENCE_S,
            what=f"{self._what} watch",
        ) as response:
            self._live()
            self._reopen.clear()
            reading = asyncio.ensure_future(self._read(response))
            try:
                await self._first_of(reading, self._refresh, self._reopen)
                if self._refresh.is_set():
                    self._version = ""
                    return
                if not reading.done():
                    raise Unavailable(f"{self._what}: the server gives no sign of life")
                await reading
            finally:
                reading.cancel()
        if self._timing.monotonic() - began >= _HEALTHY_AFTER_S:
            self._attempt = 0
        elif self._changes:
            await self._pause(self._timing.rng.uniform(0.5, 1.0))
        else:
            raise Unavailable(f"{self._what}: the watch ended as soon as it began")

    async def _read(self, response: aiohttp.ClientResponse) -> None:
        try:
            async for lines in _framed(response):
                await self._take(lines)
        except aiohttp.SocketTimeoutError:
            return  # silent for long: it is opened again from where it was
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            reason = clean_line(str(error)) or type(error).__name__
            raise Unavailable(f"{self._what}: the watch broke: {reason}") from error

    async def _take(self, lines: list[bytes]) -> None:
        """Apply a batch of event lines, giving way every few milliseconds."""
        until = self._timing.monotonic() + SLICE_S
        for line in lines:
            head = _HEAD.decode(line)
            if head.type == "ERROR":
                status = msgspec.json.decode(head.object, type=_Status)
                code = status.code or (410 if status.reason in ("Expired", "Gone") else 500)
                raise from_status(code, status.reason, clean_line(status.message))
            version = _VERSION.decode(head.object).metadata.resource_version
            if head.type != "BOOKMARK":
                self._sink.apply(head.type, self._decode(head.object))
                self._changes += 1
                self._attempt = 0
            self._version = version or self._version
            if self._timing.monotonic() > until:
                await asyncio.sleep(0)
                until = self._timing.monotonic() + SLICE_S
        self._proof()

    # -- state ------------------------------------------------------------------------------

    async def _fault(self, error: ControllerError) -> None:
        """Say what is wrong and wait before the next attempt."""
        state = _state_of(error)
        self._attempt += 1
        delay = _SLOW_RETRY_S.get(state) or self._timing.rng.uniform(0.1, self._ceiling())
        asked = getattr(error, "retry_after_s", None)
        if asked is not None:
            delay = max(delay, asked)
        if not isinstance(error, Unavailable) or self._attempt >= _RELIST_AFTER:
            self._version = ""
        if state == "missing" and self._attempt >= _GONE_AFTER:
            self._sink.replace([])
        self._enter(state, message=str(error), retry_at=self._timing.wall() + delay)
        await self._pause(delay)

    async def _pause(self, delay_s: float) -> None:
        """Wait, or less if a refresh is asked for."""
        self._hurry.clear()
        waiting = asyncio.ensure_future(self._timing.sleep(delay_s))
        try:
            await self._first_of(waiting, self._refresh, self._hurry)
        finally:
            waiting.cancel()
        if self._hurry.is_set():
            self._attempt = 0
        if self._refresh.is_set():
            self._refresh.clear()
            self._version = ""

    async def _first_of(self, work: asyncio.Future[None], *events: asyncio.Event) -> None:
        """Wait until some work is done or one of the events is set."""
        waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(e.wait()) for e in events]
        try:
            await asyncio.wait([work, *waits], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()

    def _ceiling(self) -> float:
        """Return the longest wait after this many faults in a row, in seconds."""
        return min(_FIRST_BACKOFF_S * 2.0 ** (self._attempt - 1), _LONGEST_BACKOFF_S)

    def _live(self) -> None:
        if self.sync.state == "live":
            self._proof()
        else:
            self._enter("live")

    def _proof(self) -> None:
        """Note that the data is fresh as of now."""
        self.sync = replace(self.sync, last_event_at=self._timing.wall(), attempt=self._attempt)
        self._sink.synced(self.sync)

    def _enter(self, state: SyncState, *, message: str = "", retry_at: float | None = None) -> None:
        now = self._timing.wall()
        self.sync = KindSync(
            state=state,
            since=self.sync.since if self.sync.state == state else now,
            last_event_at=now if state == "live" else self.sync.last_event_at,
            attempt=self._attempt,
            retry_at=retry_at,
            message=message,
        )
        self._sink.synced(self.sync)


def _state_of(error: ControllerError) -> SyncState:
    if isinstance(error, Forbidden):
        return "forbidden"
    if isinstance(error, Unauthorized):
        return "unauthorized"
    if isinstance(error, NotFound):
        return "missing"
    return "reconnecting"


async def _framed(response: aiohttp.ClientResponse) -> AsyncIterator[list[bytes]]:
    """Yield batches of complete lines; a line has no length limit."""
    rest = b""
    while data := await response.content.readany():
        *lines, rest = (rest + data).split(b"\n")
        if found := [line for line in lines if line.strip()]:
            yield found
    if rest.strip():
        raise aiohttp.ClientPayloadError("the last line is not complete")
