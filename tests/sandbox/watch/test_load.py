"""Many watchers, many writes: nobody misses a change, sees one twice or sees two swapped."""

import asyncio
import functools
import random
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from lwstui.sandbox import api as api_module
from lwstui.sandbox import reads, watchcache
from lwstui.sandbox.watchcache import WatchCache
from tests.sandbox.api.support import TOKEN, Api
from tests.sandbox.watch.support import ALL, SELECTIONS, Follower, History, Selection, Writer
from tests.support.waiting import eventually

WATCHERS, WRITES = 50, 2000


def _seed() -> int:
    seed = random.SystemRandom().randrange(1 << 32)
    sys.stdout.write(f"seed: {seed}\n")
    return seed


async def _write(writer: Writer, writes: int, dice: random.Random) -> None:
    """Write in bursts; between them everyone else has a turn."""
    while writes > 0:
        burst = min(writes, dice.randint(1, 20))
        for _ in range(burst):
            writer.write()
        writes -= burst
        await asyncio.sleep(0)


async def _end(*tasks: "asyncio.Task[None]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _settled(followers: list[Follower], tasks: list["asyncio.Task[None]"], at: int) -> None:
    """Wait until everyone has seen a version; a follower that failed fails the test."""

    def done() -> bool:
        for task in tasks:
            if task.done():
                task.result()
        return all(each.has_seen(at) for each in followers)

    await eventually(done, what=f"every watcher has seen {at}")


async def test_fifty_watchers_see_two_thousand_writes_in_order(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads, "BOOKMARK_S", 0.02)
    dice = random.Random(_seed())
    history, writer = History(api.store), Writer(api.store, dice)
    followers: list[Follower] = []
    tasks: list[asyncio.Task[None]] = []
    for number in range(WATCHERS):
        await _write(writer, WRITES // WATCHERS, dice)
        selection = SELECTIONS[number % len(SELECTIONS)]
        own = random.Random(dice.random())
        followers.append(Follower(api, selection, own, drops=number % 5 != 0))
        tasks.append(asyncio.create_task(followers[-1].follow()))
    await _settled(followers, tasks, api.store.version)
    await _end(*tasks)
    assert len(history.changes) == WRITES
    for each in followers:
        assert each.first == history.state(each.selection, each.started)
        told = history.told(each.selection, each.started)
        assert [one for one in each.told if one[2] <= api.store.version] == told
        assert each.state == history.state(each.selection, api.store.version)
    assert sum(each.connections for each in followers) > WATCHERS
    assert not any(each.relisted for each in followers)


async def test_watchers_that_fall_behind_the_history_list_again_and_arrive(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Changes are kept only as many as make some watchers miss theirs."""
    dice = random.Random(_seed())
    (cache,) = {each.__self__ for each in api.store._subscribers if _is_cache(each)}
    monkeypatch.setattr(cache, "_limit", 15)
    history, writer = History(api.store), Writer(api.store, dice)
    await _write(writer, 50, dice)
    followers = [
        Follower(api, SELECTIONS[number % 3], random.Random(dice.random())) for number in range(10)
    ]
    tasks = [asyncio.create_task(each.follow()) for each in followers]
    await _write(writer, 500, dice)
    # Clients of a selection that no change reaches stay where they are, as with a real server.
    writer._create()
    writer._create()
    await eventually(
        lambda: all(
            each.state == history.state(each.selection, api.store.version) for each in followers
        ),
        what="every watcher has the final state",
    )
    await _end(*tasks)


def _is_cache(subscriber: object) -> bool:
    return isinstance(getattr(subscriber, "__self__", None), WatchCache)


@pytest.fixture
def caches(monkeypatch: pytest.MonkeyPatch) -> list[WatchCache]:
    """The watch caches of servers that start after this."""
    made: list[WatchCache] = []

    def make(*args: object, **options: object) -> WatchCache:
        made.append(WatchCache(*args, **options))
        return made[-1]

    monkeypatch.setattr(api_module, "WatchCache", functools.wraps(WatchCache)(make))
    return made


async def test_a_watcher_that_does_not_read_is_closed_and_goes_on_later(
    caches: list[WatchCache], api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = 1 << 20
    monkeypatch.setattr(watchcache, "BUFFER_LIMIT_BYTES", limit)
    dice = random.Random(_seed())
    history, writer = History(api.store), Writer(api.store, dice, padding=20_000)
    started = api.store.version
    async with _unread_watch(api, started) as reader:
        ring = caches[0].ring("pods")
        await eventually(lambda: ring.watchers)
        (watcher,) = ring.watchers
        quick = Follower(api, Selection(), dice, drops=False)
        task = asyncio.create_task(quick.follow())
        most = 0
        for _ in range(100):
            await _write(writer, 10, dice)
            most = max(most, watcher._bytes)
            await _settled([quick], [task], api.store.version)
        await _end(task)
        assert watcher.closed
        assert (watcher._bytes, watcher._pieces) == (0, [])
        assert 0 < most <= limit
        slow = Follower(api, Selection(), dice, drops=False, version=started, started=started)
        async for line in _lines(reader):
            slow.take(msgspec.json.decode(line))
    assert 0 < len(slow.told) < len(history.changes)
    task = asyncio.create_task(slow.resume())
    await _settled([slow], [task], api.store.version)
    await _end(task)
    assert slow.told == history.told(Selection(), started)
    assert quick.told == history.told(Selection(), quick.started)


@asynccontextmanager
async def _unread_watch(api: Api, version: int) -> AsyncIterator[asyncio.StreamReader]:
    """Ask for a watch on a connection with a small receive buffer, and read nothing."""
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    opened.setblocking(False)
    address = ("127.0.0.1", api.client.port)
    await asyncio.get_running_loop().sock_connect(opened, address)
    reader, writer = await asyncio.open_connection(sock=opened, limit=1024)
    head = f"GET {ALL}?watch=1&resourceVersion={version} HTTP/1.1\r\nHost: x\r\n"
    writer.write(f"{head}Authorization: Bearer {TOKEN}\r\n\r\n".encode())
    try:
        yield reader
    finally:
        writer.transport.abort()


async def _lines(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Yield the lines of a chunked answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in head
    rest = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        *lines, rest = (rest + await reader.readexactly(size)).split(b"\n")
        await reader.readexactly(2)
        for line in lines:
            yield line


async def test_a_change_is_encoded_once_for_all_watchers(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded: list[object] = []
    encode = msgspec.json.encode

    def counting(value: object, **options: object) -> bytes:
        encoded.append(value)
        return encode(value, **options)

    followers = [Follower(api, SELECTIONS[0], random.Random(n), drops=False) for n in range(8)]
    tasks = [asyncio.create_task(each.follow()) for each in followers]
    await eventually(lambda: all(each.connections for each in followers))
    writer = Writer(api.store, random.Random(1))
    monkeypatch.setattr("lwstui.sandbox.objects.msgspec.json.encode", counting)
    for _ in range(10):
        writer.write()
    await _settled(followers, tasks, api.store.version)
    monkeypatch.undo()
    await _end(*tasks)
    pods = [each for each in encoded if isinstance(each, dict) and each.get("kind") == "Pod"]
    assert len(pods) == 10
    assert all(len(each.told) == 10 for each in followers)
