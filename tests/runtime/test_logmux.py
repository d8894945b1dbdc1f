import asyncio
from contextlib import asynccontextmanager

import pytest

from controller.api.meta import Key
from controller.api.names import PODS
from controller.errors import Forbidden
from lwstui.kube.loglines import LogLine
from lwstui.runtime.backend import LogRequest, LogTarget
from lwstui.runtime.logmux import QUEUED, LogSession
from lwstui.runtime.logselect import chosen, container_names, label, selected
from lwstui.runtime.ports import LogPart
from lwstui.runtime.streams import Streams
from lwstui.state.store import Store
from tests.runtime.fakes import FakeLink, FakeTime, settle
from tests.view.build import LLAMA, NOW, container, pod, starting

MAX_STREAMS = LogRequest(LLAMA).streams


def lines(*texts, at=NOW):
    return LogPart(lines=[LogLine(at + i, text) for i, text in enumerate(texts)])


class Bench:
    def __init__(self, request, **options):
        self.store, self.link, self.time = Store(), FakeLink(), FakeTime()
        self.batches = []
        self.session = LogSession(
            request,
            self.batches.append,
            store=self.store,
            link=self.link,
            now=self.time.now,
            sleep=self.time.sleep,
            **options,
        )

    async def have(self, *pods, gone=()):
        """Change pods and let the session notice."""
        for one in pods:
            self.store.apply(PODS, "MODIFIED", one)
        for one in gone:
            self.store.apply(PODS, "DELETED", one)
        self.store.publish(self.time.now())
        self.session.changed()
        await self.time.advance(0.1)

    async def log(self, name, *parts):
        """Let a pod's log say something; None ends it."""
        for part in parts:
            self.link.logs_of[name].put_nowait(part)
        await self.time.advance(0.1)

    @property
    def said(self):
        """What is shown: how sources come and go is ``states``."""
        entries = [e for batch in self.batches for e in batch]
        return [(e.source, e.kind, e.text) for e in entries if e.kind != "state"]

    @property
    def states(self):
        """The last state of each source."""
        return {e.source: e.text for b in self.batches for e in b if e.kind == "state"}

    def texts(self, kind="line"):
        return [text for _, k, text in self.said if k == kind]


@asynccontextmanager
async def reading(request, *pods, **options):
    bench = Bench(request, **options)
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


SIDECAR = (container(name="init", init=True), container(), container(name="side"))


@pytest.mark.parametrize(
    ("wanted", "names", "labels"),
    [
        ("", ["main"], ["leader"]),
        ("side", ["side"], ["leader"]),
        ("*", ["init", "main", "side"], ["leader:init", "leader:main", "leader:side"]),
    ],
)
def test_which_containers_are_read(wanted, names, labels):
    request, store = LogRequest(LLAMA, group=0, container=wanted), Store()
    store.replace(PODS, [pod(containers=SIDECAR)])
    assert container_names(request, pod(containers=SIDECAR)) == names
    assert [one.label for one in chosen(request, store)] == labels


def test_several_targets_are_told_apart_by_what_they_differ_in():
    other = Key("prod", "qwen")
    store = Store()
    store.replace(PODS, [*ALL, pod(5, 0, key=other), pod(5, 1, key=other)])

    def labels(first, *more):
        request = LogRequest(*first, more=more)
        return [one.label for one in chosen(request, store)]

    assert labels((LLAMA, 0), LogTarget(LLAMA, 1)) == ["0/leader", "1/leader", "0/w1", "1/w1"]
    assert labels((LLAMA, 0), LogTarget(other, 5)) == [
        "llama/0/leader",
        "qwen/5/leader",
        "llama/0/w1",
        "qwen/5/w1",
    ]
    one_group = LogRequest(LLAMA, 0, pod="llama-0-1", more=(LogTarget(LLAMA, 0, "llama-0"),))
    assert [one.label for one in chosen(one_group, store)] == ["leader", "w1"]


def test_a_subgroup_is_a_role_and_failing_pods_come_before_others():
    store = Store()
    crashed = container(ready=False, last_exit_code=1)
    store.replace(
        PODS,
        [
            pod(0, 0, subgroup=0),
            pod(0, 1, subgroup=0),
            pod(0, 2, subgroup=1),
            pod(0, 3, subgroup=1, containers=(crashed,)),
        ],
    )
    assert [p.worker for p in selected(LogRequest(LLAMA, role="sub-1"), store)] == [3, 2]
    assert [p.worker for p in selected(LogRequest(LLAMA), store)] == [0, 3, 1, 2]


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
        assert bench.said == [("leader", "mark", "waits: ContainerCreating")]
        assert bench.link.opened == []
        await bench.have(pod(0))
        await bench.log("llama-0", lines("up"))
        assert bench.texts() == ["up"]


async def test_a_restart_is_marked_and_read_on_without_repeating():
    async with reading(LogRequest(LLAMA, group=0), pod(0)) as bench:
        await bench.log("llama-0", lines("a", "b"), None)
        waiting = container(
            state="waiting",
            reason="CrashLoopBackOff",
            ready=False,
            last_exit_code=137,
            last_reason="OOMKilled",
        )
        await bench.have(pod(0, containers=(waiting,)))
        assert bench.texts("mark") == ["main ended: exit 137, OOMKilled"]
        await bench.have(pod(0, containers=(container(restarts=1),)))
        assert bench.texts("mark")[1:] == [
            "main restarted in place: exit 137, OOMKilled, restart 1"
        ]
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
        assert ("leader", "mark", "the pod is gone") in bench.said
        again = ("", "mark", "llama group 0 was created again: generation 2 starts")
        assert bench.said.index(again) < bench.said.index(("leader", "line", "after"))


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
        assert bench.said == [
            ("leader", "line", "last words"),
            ("leader", "mark", "main ended: exit 1"),
        ]


async def test_what_never_restarted_has_no_previous_run():
    async with reading(LogRequest(LLAMA, group=0, previous=True), pod(0), pod(0, 1)) as bench:
        assert bench.link.opened == []
        assert {(s, t) for s, _, t in bench.said} == {
            ("leader", "no previous run"),
            ("w1", "no previous run"),
        }


async def test_the_head_of_a_log_is_its_first_lines():
    async with reading(LogRequest(LLAMA, group=0, head=2), pod(0)) as bench:
        await bench.log("llama-0", lines("a", "b", "c"))
        assert bench.texts() == ["a", "b"]
        assert [(s.tail, s.follow) for s in bench.link.opened] == [(None, False)]
        assert bench.states == {"leader": "ended"}


async def test_at_most_64_streams_leaders_first():
    many = [pod(g, w) for g in range(50) for w in (0, 1)]
    async with reading(LogRequest(LLAMA), *many) as bench:
        assert len(bench.link.opened) == MAX_STREAMS
        opened = {source.pod for source in bench.link.opened}
        assert {f"llama-{g}" for g in range(50)} <= opened
        assert bench.said == []
        listed = [source for source, state in bench.states.items() if state == "listed"]
        assert len(listed) == 36
        bench.session.open("49/w1")
        await bench.time.advance(0.1)
        assert bench.link.opened[-1].pod == "llama-49-1"
        assert bench.states["49/w1"] == "open"


async def test_a_source_that_ends_makes_room_for_one_that_is_listed():
    many = [pod(g, 0) for g in range(MAX_STREAMS + 1)]
    async with reading(LogRequest(LLAMA), *many) as bench:
        assert bench.states["64/leader"] == "listed"
        await bench.have(gone=[many[0]])
        await bench.log("llama-0", None)
        assert bench.states["64/leader"] == "open"


async def test_a_cluster_is_asked_for_so_many_streams_and_no_more():
    streams = Streams(limit=3)
    async with reading(LogRequest(LLAMA), *ALL, streams=streams) as bench:
        assert len(bench.link.opened) == streams.taken == 3
        assert list(bench.states.values()).count("listed") == 1
    assert streams.taken == 0


async def test_streams_are_opened_a_few_at_a_time():
    streams = Streams(at_once=2)
    async with streams.opening() as first, streams.opening():
        waits = asyncio.create_task(_enter(streams))
        await settle()
        assert not waits.done()
        first()
        await settle()
        assert waits.done()


async def _enter(streams):
    async with streams.opening():
        pass


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
    assert bench.texts("mark") == ["waits: ContainerCreating"]
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


async def test_the_last_lines_of_each_pod_are_kept_for_the_rules():
    leader = pod()
    streams = Streams()
    async with reading(LogRequest(LLAMA), leader, streams=streams) as bench:
        await bench.log("llama-0", lines("NCCL WARN [x]", "after it"))
        tail = streams.tails.now()[leader.key]
        assert tail.uid == leader.uid
        assert [(said.at, said.text) for said in tail.lines] == [
            (NOW, "NCCL WARN [x]"),
            (NOW + 1, "after it"),
        ]
