import asyncio
from contextlib import asynccontextmanager

import pytest

from controller.api.names import PODS
from controller.errors import Forbidden
from lwstui.runtime.backend import LogRequest
from lwstui.runtime.logmux import MAX_STREAMS, QUEUED, LogSession, container_of, label, selected
from lwstui.runtime.ports import LogPart
from lwstui.state.store import Store
from tests.runtime.fakes import FakeLink, FakeTime, settle
from tests.view.build import LLAMA, NOW, container, pod, starting


def lines(*texts, at=NOW):
    return LogPart(lines=[(at + i, text) for i, text in enumerate(texts)])


class Bench:
    def __init__(self, request):
        self.store, self.link, self.time = Store(), FakeLink(), FakeTime()
        self.batches = []
        self.session = LogSession(
            request,
            self.batches.append,
            store=self.store,
            link=self.link,
            now=self.time.now,
            sleep=self.time.sleep,
        )

    async def have(self, *pods, gone=()):
        """Change pods and let the session notice."""
        for one in pods:
            self.store.apply(PODS, "MODIFIED", one)
        for one in gone:
            self.store.apply(PODS, "DELETED", one)
        self.session.changed()
        await self.time.advance(0.1)

    async def log(self, name, *parts):
        """Let a pod's log say something; None ends it."""
        for part in parts:
            self.link.logs_of[name].put_nowait(part)
        await self.time.advance(0.1)

    @property
    def said(self):
        return [(e.source, e.kind, e.text) for batch in self.batches for e in batch]

    def texts(self, kind="line"):
        return [text for _, k, text in self.said if k == kind]


@asynccontextmanager
async def reading(request, *pods):
    bench = Bench(request)
    task = asyncio.create_task(bench.session.run())
    await bench.have(*pods)
    try:
        yield bench
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


ALL = tuple(pod(g, w) for g in (0, 1) for w in (0, 1))


@pytest.mark.parametrize(
    ("request_", "labels"),
    [
        (LogRequest(LLAMA), ["0/leader", "1/leader", "0/w1", "1/w1"]),
        (LogRequest(LLAMA, role="leader"), ["0/leader", "1/leader"]),
        (LogRequest(LLAMA, group=1), ["leader", "w1"]),
        (LogRequest(LLAMA, group=1, role="worker"), ["w1"]),
        (LogRequest(LLAMA, pod="llama-1-1"), ["w1"]),
        (LogRequest(LLAMA, pod="nope"), []),
    ],
)
def test_what_a_request_selects_and_how_sources_are_called(request_, labels):
    store = Store()
    store.replace(PODS, ALL)
    assert [label(request_, p) for p in selected(request_, store)] == labels


def test_the_main_container_is_the_first_that_is_no_init_one():
    both = pod(containers=(container(name="init", init=True), container(), container(name="side")))
    assert container_of(LogRequest(LLAMA), both).name == "main"
    assert container_of(LogRequest(LLAMA, container="init"), both).name == "init"
    assert container_of(LogRequest(LLAMA, container="x"), both) is None


async def test_lines_of_all_sources_come_in_batches():
    async with reading(LogRequest(LLAMA, group=0, tail=7), pod(0), pod(0, 1)) as bench:
        await bench.log("llama-0", lines("a", "b"))
        await bench.log("llama-0-1", lines("c"))
        assert bench.said == [
            ("leader", "line", "a"),
            ("leader", "line", "b"),
            ("w1", "line", "c"),
        ]
        assert {(s.pod, s.container, s.tail, s.follow) for s in bench.link.opened} == {
            ("llama-0", "main", 7, True),
            ("llama-0-1", "main", 7, True),
        }


async def test_pods_that_come_later_join():
    async with reading(LogRequest(LLAMA), pod(0)) as bench:
        await bench.have(pod(1))
        await bench.log("llama-1", lines("hello"))
        assert bench.said == [("1/leader", "line", "hello")]


async def test_a_pod_that_has_not_started_is_waited_for():
    async with reading(LogRequest(LLAMA, group=0), starting(0)) as bench:
        assert bench.said == [("leader", "mark", "llama-0: ContainerCreating")]
        assert bench.link.opened == []
        await bench.have(pod(0))
        await bench.log("llama-0", lines("up"))
        assert bench.texts() == ["up"]


async def test_a_restart_is_marked_and_read_on_without_repeating():
    async with reading(LogRequest(LLAMA, group=0), pod(0)) as bench:
        await bench.log("llama-0", lines("a", "b"), None)
        waiting = container(
            state="waiting", reason="CrashLoopBackOff", ready=False, last_exit_code=137
        )
        await bench.have(pod(0, containers=(waiting,)))
        assert bench.texts("mark") == ["main ended: exit 137"]
        await bench.have(pod(0, containers=(container(restarts=1),)))
        assert bench.texts("mark")[1:] == ["main runs again, restart 1"]
        second = bench.link.opened[-1]
        assert (second.tail, second.since) == (None, NOW + 1)
        await bench.log("llama-0", lines("b", "c", at=NOW + 1))
        assert bench.texts() == ["a", "b", "c"]


async def test_a_stream_the_server_closes_is_opened_again_where_it_ended():
    async with reading(LogRequest(LLAMA, group=0), pod(0)) as bench:
        await bench.log("llama-0", lines("a"), None)
        await bench.time.advance(3)
        assert len(bench.link.opened) == 2
        await bench.log("llama-0", lines("a", "b"))
        assert bench.texts() == ["a", "b"]
        assert bench.texts("mark") == []


async def test_a_recreated_group_goes_on_under_the_same_label():
    async with reading(LogRequest(LLAMA, group=0), pod(0)) as bench:
        await bench.log("llama-0", lines("before"), None)
        await bench.have(gone=[pod(0)])
        await bench.have(pod(0, uid="second"))
        await bench.log("llama-0", lines("after"))
        assert bench.texts() == ["before", "after"]
        assert "llama-0 is gone" in bench.texts("mark")
        assert "llama-0 was created again" in bench.texts("mark")
        assert {source for source, _, _ in bench.said} == {"leader"}


async def test_gaps_are_told():
    async with reading(LogRequest(LLAMA, group=0), pod(0)) as bench:
        await bench.log("llama-0", LogPart(gap="the log of llama-0 broke off"))
        assert bench.texts("gap") == ["the log of llama-0 broke off"]


async def test_a_source_that_is_refused_says_so_and_the_others_go_on():
    async with reading(LogRequest(LLAMA, group=0), pod(0), pod(0, 1)) as bench:
        await bench.log("llama-0", Forbidden(403, "Forbidden", "no logs for you"))
        await bench.log("llama-0-1", lines("fine"))
        assert bench.said == [("leader", "error", "no logs for you"), ("w1", "line", "fine")]


async def test_the_previous_run_is_read_once():
    request = LogRequest(LLAMA, group=0, previous=True)
    crashed = container(state="waiting", reason="CrashLoopBackOff", last_exit_code=1)
    async with reading(request, pod(0, containers=(crashed,))) as bench:
        await bench.log("llama-0", lines("last words"), None)
        await bench.time.advance(10)
        assert [(s.previous, s.follow) for s in bench.link.opened] == [(True, False)]
        assert bench.said == [("leader", "line", "last words")]


async def test_at_most_64_streams_leaders_first():
    many = [pod(g, w) for g in range(50) for w in (0, 1)]
    async with reading(LogRequest(LLAMA), *many) as bench:
        assert len(bench.link.opened) == MAX_STREAMS
        opened = {source.pod for source in bench.link.opened}
        assert {f"llama-{g}" for g in range(50)} <= opened
        assert bench.texts("mark") == ["36 more sources are not open: at most 64 at a time"]


async def test_since_counts_back_from_now():
    async with reading(LogRequest(LLAMA, group=0, since_s=900), pod(0)) as bench:
        assert bench.link.opened[0].since == pytest.approx(bench.time.now() - 900, abs=1)


async def test_a_source_that_outruns_the_console_waits():
    async with reading(LogRequest(LLAMA, group=0), pod(0)) as bench:
        for _ in range(5):
            bench.link.logs_of["llama-0"].put_nowait(lines(*["x"] * QUEUED))
        await settle()
        # One part waits in the queue, one in the hands of the source; the rest is not read.
        assert bench.link.logs_of["llama-0"].qsize() >= 2
        await bench.time.advance(1)
        assert len(bench.texts()) == 5 * QUEUED


async def begun(bench, *pods):
    for one in pods:
        bench.store.apply(PODS, "MODIFIED", one)
    task = asyncio.create_task(bench.session.run())
    await bench.time.advance(0.1)
    return task


async def test_without_following_it_ends_when_all_is_read():
    request = LogRequest(LLAMA, follow=False, tail=None)
    bench = Bench(request)
    task = await begun(bench, pod(0), starting(1))
    assert bench.texts("mark") == ["llama-1: ContainerCreating"]
    assert not task.done(), "llama-0 is still read"
    await bench.log("llama-0", lines("first", "last"), None)
    await task
    assert bench.texts() == ["first", "last"]
    assert [(s.follow, s.tail) for s in bench.link.opened] == [(False, None)]


async def test_without_following_all_pods_have_their_turn():
    many = [pod(g, w) for g in range(50) for w in (0, 1)]
    request = LogRequest(LLAMA, follow=False)
    bench = Bench(request)
    for one in many:
        bench.link.logs_of[one.name].put_nowait(lines(one.name))
        bench.link.logs_of[one.name].put_nowait(None)
    task = await begun(bench, *many)
    await task
    assert sorted(bench.texts()) == sorted(one.name for one in many)
    assert bench.texts("mark") == []


async def test_without_following_and_without_pods_there_is_nothing_to_wait_for():
    request = LogRequest(LLAMA, follow=False)
    bench = Bench(request)
    await (await begun(bench))
    assert bench.said == []
