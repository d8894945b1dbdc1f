"""List and watch: pages, resume, relist, back-off; time is scripted."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from controller.api.names import LEADERWORKERSETS, PODS, Resource
from lwstui.kube.decoders import decoder
from lwstui.kube.reflector import PAGE, Reflector, Timing
from lwstui.kube.rest import Rest
from lwstui.kube.sync import KindSync
from tests.kube.stub import Stub, event, lines, plain, reply, status, stub_server
from tests.support.waiting import eventually


class Memory:
    """A sink that keeps everything."""

    def __init__(self) -> None:
        self.pages: list[list[str]] = []
        self.lists: list[list[str]] = []
        self.changes: list[tuple[str, str]] = []
        self.states: list[KindSync] = []

    def page(self, items: list[Any]) -> None:
        self.pages.append([item.name for item in items])

    def replace(self, items: list[Any]) -> None:
        self.lists.append([item.name for item in items])

    def apply(self, type_: str, item: Any) -> None:
        self.changes.append((type_, item.name))

    def synced(self, sync: KindSync) -> None:
        if not self.states or self.states[-1].state != sync.state:
            self.states.append(sync)


class Naps:
    """A sleep that records how long was asked for and gives way once."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.block = False

    async def __call__(self, delay: float) -> None:
        self.asked.append(delay)
        await asyncio.sleep(0)
        if self.block:
            await asyncio.Event().wait()


def pod(name: str, version: str = "1") -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "d", "uid": name, "resourceVersion": version}}


def listing(*names: str, version: str = "10", more: str = "") -> dict[str, Any]:
    return {
        "metadata": {"resourceVersion": version, "continue": more},
        "items": [pod(name) for name in names],
    }


@asynccontextmanager
async def running(
    stub: Stub, rest: Rest, resource: Resource = PODS, page: Callable[[], int] = lambda: PAGE
) -> AsyncIterator[tuple[Memory, Naps, Reflector[Any]]]:
    memory, naps = Memory(), Naps()
    reflector = Reflector(
        rest,
        resource,
        decode=decoder(resource),
        sink=memory,
        timing=Timing(sleep=naps, rng=random.Random(7)),
        page=page,
    )
    task = asyncio.create_task(reflector.run())
    try:
        yield memory, naps, reflector
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_list_asks_for_as_many_at_once_as_are_wanted_when_it_begins() -> None:
    wanted, stay = [2], asyncio.Event()
    async with stub_server() as (stub, rest, _):
        stub.play(reply(listing("a", "b", more="next")), reply(listing("c", version="12")))
        stub.play(lines(stay=stay), reply(listing("a", version="13")), lines(stay=stay))
        async with running(stub, rest, page=lambda: wanted[0]) as (memory, _, reflector):
            await eventually(lambda: len(stub.requests) == 3)
            wanted[0] = 50
            reflector.refresh()
            await eventually(lambda: len(memory.lists) == 2)
            asked = [r.query["limit"] for r in stub.requests if "limit" in r.query]
            assert asked == ["2", "2", "50"]
            stay.set()


async def test_pages_then_watch_from_the_version_of_the_list() -> None:
    stay = asyncio.Event()
    async with stub_server() as (stub, rest, _):
        stub.play(
            reply(listing("a", "b", more="next")),
            reply(listing("c", version="12")),
            lines(event("ADDED", pod("d", "13")), event("DELETED", pod("a", "14")), stay=stay),
        )
        async with running(stub, rest) as (memory, _, reflector):
            await eventually(lambda: len(memory.changes) == 2)
            assert memory.pages == [["a", "b"]]
            assert memory.lists == [["a", "b", "c"]]
            assert memory.changes == [("ADDED", "d"), ("DELETED", "a")]
            first, second, watch = [dict(r.query) for r in stub.requests]
            assert first == {"limit": "500"}
            assert second == {"limit": "500", "continue": "next"}
            assert (watch["resourceVersion"], watch["allowWatchBookmarks"]) == ("12", "true")
            assert 240 <= int(watch["timeoutSeconds"]) <= 480
            assert reflector.sync.state == "live"
            stay.set()


async def test_a_watch_resumes_from_the_last_bookmark_without_a_list() -> None:
    bookmark = {"metadata": {"resourceVersion": "40"}, "spec": {"containers": None}}
    stay = asyncio.Event()
    async with stub_server() as (stub, rest, _):
        stub.play(reply(listing("a")), lines(event("BOOKMARK", bookmark)), lines(stay=stay))
        async with running(stub, rest) as (memory, naps, _):
            await eventually(lambda: len(stub.requests) == 3)
            assert stub.requests[2].query["resourceVersion"] == "40"
            assert memory.changes == []
            assert len(naps.asked) == 1  # it ended so soon that reopening waits a moment
            stay.set()


async def test_events_cut_anywhere_are_put_together() -> None:
    line = event("ADDED", pod("long" * 5000, "11"))
    stay = asyncio.Event()
    async with stub_server() as (stub, rest, _):
        stub.play(
            reply(listing()),
            lines(line[:7], line[7:9000], line[9000:] + event("ADDED", pod("b")), stay=stay),
        )
        async with running(stub, rest) as (memory, _, _):
            await eventually(lambda: len(memory.changes) == 2)
            assert memory.changes[0] == ("ADDED", "long" * 5000)
            stay.set()


@pytest.mark.parametrize("as_event", [True, False])
async def test_an_expired_version_lists_again_and_keeps_what_was_known(as_event: bool) -> None:
    expired = status(410, "Expired", "too old resource version: 1 (99)")
    answer = lines(event("ERROR", expired)) if as_event else reply(expired, 410)
    stay = asyncio.Event()
    async with stub_server() as (stub, rest, _):
        stub.play(reply(listing("a")), answer, reply(listing("b", version="99")), lines(stay=stay))
        async with running(stub, rest) as (memory, _, _):
            await eventually(lambda: len(memory.lists) == 2 and len(stub.requests) == 4)
            assert memory.lists == [["a"], ["b"]]
            assert stub.requests[3].query["resourceVersion"] == "99"
            stay.set()


async def test_a_dropped_connection_resumes_after_a_pause() -> None:
    stay = asyncio.Event()
    async with stub_server() as (stub, rest, _):
        stub.play(
            reply(listing("a")),
            lines(event("ADDED", pod("b", "11")), b'{"type":"ADD', drop=True),
            lines(stay=stay),
        )
        async with running(stub, rest) as (memory, naps, _):
            await eventually(lambda: len(stub.requests) == 3)
            assert memory.changes == [("ADDED", "b")]
            assert stub.requests[2].query["resourceVersion"] == "11"
            assert len(naps.asked) == 1
            stay.set()


async def test_a_server_that_ends_every_watch_at_once_is_not_flooded() -> None:
    async with stub_server() as (stub, rest, _):
        stub.play(reply(listing("a")), *[lines() for _ in range(8)])
        async with running(stub, rest) as (memory, naps, _):
            await eventually(lambda: len(naps.asked) == 8)
            ceilings = [min(0.8 * 2**n, 30.0) for n in range(8)]
            assert all(0.1 <= nap <= top for nap, top in zip(naps.asked, ceilings, strict=True))
            assert any("ended as soon as it began" in s.message for s in memory.states)


async def test_watches_that_end_after_one_event_are_reopened_without_haste() -> None:
    ends = [lines(event("MODIFIED", pod("a", str(20 + n)))) for n in range(6)]
    async with stub_server() as (stub, rest, _):
        stub.play(reply(listing("a")), *ends)
        async with running(stub, rest) as (memory, naps, _):
            await eventually(lambda: len(naps.asked) == 6)
            assert len(memory.changes) == 6
            assert all(0.5 <= nap <= 1.0 for nap in naps.asked)


async def test_a_version_that_is_always_expired_backs_off() -> None:
    expired = status(410, "Expired", "too old")
    answers = [a for _ in range(7) for a in (reply(listing("a")), reply(expired, 410))]
    async with stub_server() as (stub, rest, _):
        stub.play(*answers)
        async with running(stub, rest) as (memory, naps, _):
            await eventually(lambda: len(naps.asked) == 7)
            assert max(naps.asked[3:]) > 1.0
            assert memory.lists == [["a"]] * 7


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(reply(status(400, "BadRequest", "no such version"), 400), id="400"),
        pytest.param(
            lines(event("ERROR", {"kind": "Status", "reason": "Expired", "message": "old"})),
            id="without-code",
        ),
    ],
)
async def test_a_version_that_is_refused_is_dropped(answer: Any) -> None:
    stay = asyncio.Event()
    async with stub_server() as (stub, rest, _):
        stub.play(reply(listing("a")), answer, reply(listing("b")), lines(stay=stay))
        async with running(stub, rest) as (memory, _, _):
            await eventually(lambda: memory.lists == [["a"], ["b"]])
            stay.set()


async def test_server_faults_back_off_and_say_so() -> None:
    stay = asyncio.Event()
    async with stub_server() as (stub, rest, _):
        stub.play(
            plain("", 500),
            reply(status(429, "TooManyRequests", "slow"), 429, Retry_After="9"),
            reply(listing("a")),
            lines(stay=stay),
        )
        async with running(stub, rest) as (memory, naps, reflector):
            await eventually(lambda: reflector.sync.state == "live")
            assert naps.asked[1] >= 9
            assert [s.state for s in memory.states] == ["listing", "reconnecting", "live"]
            stay.set()


@pytest.mark.parametrize(
    ("code", "reason", "state", "delay"),
    [(403, "Forbidden", "forbidden", 30.0), (404, "NotFound", "missing", 5.0)],
)
async def test_refusals_are_states_of_their_own(
    code: int, reason: str, state: str, delay: float
) -> None:
    stay = asyncio.Event()
    async with stub_server() as (stub, rest, _):
        stub.play(reply(status(code, reason, "no"), code), reply(listing()), lines(stay=stay))
        async with running(stub, rest, LEADERWORKERSETS) as (memory, naps, reflector):
            await eventually(lambda: reflector.sync.state == "live")
            assert [s.state for s in memory.states] == ["listing", state, "listing", "live"]
            assert naps.asked[0] == delay
            stay.set()


async def test_an_event_that_cannot_be_understood_lists_again() -> None:
    stay = asyncio.Event()
    bad = json.dumps({"type": "ADDED", "object": {"metadata": {"name": 5}}}).encode() + b"\n"
    async with stub_server() as (stub, rest, _):
        stub.play(reply(listing("a")), lines(bad), reply(listing("a")), lines(stay=stay))
        async with running(stub, rest) as (memory, _, _):
            await eventually(lambda: len(memory.lists) == 2)
            assert any("cannot be understood" in s.message for s in memory.states)
            stay.set()


async def test_refresh_lists_again_at_once() -> None:
    stay = asyncio.Event()
    async with stub_server() as (stub, rest, _):
        stub.play(reply(listing("a")), lines(stay=stay), reply(listing("b")), lines(stay=stay))
        async with running(stub, rest) as (memory, _, reflector):
            await eventually(lambda: len(stub.requests) == 2 and reflector.sync.state == "live")
            reflector.refresh()
            await eventually(lambda: memory.lists == [["a"], ["b"]])
            stay.set()


async def test_a_watch_that_may_hang_is_opened_again_from_where_it_was() -> None:
    stay = asyncio.Event()
    async with stub_server() as (stub, rest, _):
        stub.play(
            reply(listing("a", version="10")),
            lines(event("ADDED", pod("b", "11")), stay=stay),
            lines(stay=stay),
        )
        async with running(stub, rest) as (memory, _, reflector):
            await eventually(lambda: len(memory.changes) == 1)
            reflector.reopen()
            await eventually(lambda: len(stub.requests) == 3)
            assert stub.requests[2].query["resourceVersion"] == "11"
            assert len(memory.lists) == 1
            assert [s.state for s in memory.states][-2:] == ["reconnecting", "live"]
            assert "no sign of life" in memory.states[-2].message
            stay.set()


async def test_waiting_after_faults_is_cut_short_without_a_list() -> None:
    stay = asyncio.Event()
    async with stub_server() as (stub, rest, _):
        stub.play(reply(listing("a")), plain("down", 503), lines(stay=stay))
        async with running(stub, rest) as (memory, naps, reflector):
            naps.block = True
            await eventually(lambda: naps.asked and memory.states[-1].state == "reconnecting")
            reflector.hurry()
            await eventually(lambda: memory.states[-1].state == "live")
            assert len(memory.lists) == 1
            assert reflector.sync.attempt == 0
            stay.set()


async def test_a_silent_watch_is_opened_again_without_a_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("lwstui.kube.reflector.SILENCE_S", 0.05)
    stay = asyncio.Event()
    async with stub_server() as (stub, rest, _):
        stub.play(
            reply(listing("a", version="10")),
            lines(event("ADDED", pod("b", "11")), stay=stay),
            lines(event("ADDED", pod("c", "12")), stay=stay),
        )
        async with running(stub, rest) as (memory, _, _):
            await eventually(lambda: len(memory.changes) == 2)
            assert stub.requests[2].query["resourceVersion"] == "11"
            assert {s.state for s in memory.states} <= {"listing", "live"}
            stay.set()
