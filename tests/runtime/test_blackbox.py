"""The black box: what is read of containers that die, when, and how it is found again."""

import asyncio
from contextlib import asynccontextmanager

from controller.api.names import PODS
from controller.errors import NotFound
from lwstui.kube.loglines import LogLine
from lwstui.runtime.archive import Archive
from lwstui.runtime.backend import LogRequest
from lwstui.runtime.blackbox import GONE, READERS, WAITING, BlackBox
from lwstui.runtime.logmux import LogSession
from lwstui.runtime.ports import LogPart
from lwstui.state.store import Store
from tests.runtime.fakes import FakeLink, FakeTime, settle
from tests.state.test_deaths import CRASHED, RESTARTED, death
from tests.support.waiting import eventually
from tests.view.build import LLAMA, NOW, container, pod


class Bench:
    def __init__(self, archive=None):
        self.store, self.link, self.time = Store(), FakeLink(), FakeTime()
        self.archive = archive or Archive(None)
        self.woken = 0
        self.box = BlackBox(self.store, self.archive, self.time.now, self.wake)

    def wake(self):
        self.woken += 1

    def have(self, *pods):
        """Let the watch bring pods."""
        for one in pods:
            self.box.saw(one)
            self.store.apply(PODS, "MODIFIED", one)
            self.store.publish(NOW)

    def gone(self, *pods):
        for one in pods:
            self.store.apply(PODS, "DELETED", one)

    def says(self, name, *texts):
        """Have the log of a pod ready."""
        for number, text in enumerate(texts):
            self.link.logs_of[name].put_nowait(LogPart(lines=[LogLine(NOW + number, text)]))
        self.link.logs_of[name].put_nowait(None)

    @property
    def deaths(self):
        return self.store.deaths.all

    async def kept(self, count=1):
        await eventually(lambda: sum(self.archive.has(one) for one in self.deaths) == count)


@asynccontextmanager
async def working(**options):
    bench = Bench(**options)
    task = asyncio.create_task(bench.box.run(bench.link))
    try:
        yield bench
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_the_log_of_a_failed_container_is_read_before_its_pod_is_gone():
    async with working() as bench:
        bench.says("llama-0-1", *(f"line {n}" for n in range(20)))
        bench.have(pod(0, 0), pod(0, 1), pod(0, 1, containers=(CRASHED,), node="gpu-7"))
        await bench.kept()
        (source,) = bench.link.opened
        assert (source.pod, source.previous, source.follow) == ("llama-0-1", False, False)
        (found,) = bench.deaths
        assert (found.exit_code, found.kept, found.problem) == (137, 20, "")
        assert found.lines[-1] == "line 19"
        assert len(found.lines) == 12
        assert next(line.text for line in await bench.box.kept.lines(found)) == "line 0"


async def test_of_a_container_that_runs_again_the_previous_log_is_read():
    async with working() as bench:
        bench.says("llama-0", "last words")
        bench.have(pod(), pod(containers=(RESTARTED,)))
        await bench.kept()
        assert [source.previous for source in bench.link.opened] == [True]


async def test_a_container_that_restarts_while_it_is_read_is_read_again():
    async with working() as bench:
        bench.have(pod(), pod(containers=(CRASHED,)))
        await settle()
        bench.store.apply(PODS, "MODIFIED", pod(containers=(RESTARTED,)))
        bench.says("llama-0", "of the new run")
        bench.says("llama-0", "of the one that died")
        await bench.kept()
        assert [source.previous for source in bench.link.opened] == [False, True]
        assert bench.deaths[0].lines == ("of the one that died",)


async def test_a_healthy_pod_that_is_deleted_leaves_nothing():
    async with working() as bench:
        stopped = container(state="terminated", exit_code=143, finished_at=NOW, ready=False)
        bench.have(
            pod(),
            pod(deleted_at=NOW + 20, stop_asked_at=NOW - 10),
            pod(containers=(stopped,), deleted_at=NOW + 20, stop_asked_at=NOW - 10),
        )
        await settle()
        assert bench.deaths == ()
        assert bench.link.opened == []


async def test_what_could_not_be_read_is_evidence_all_the_same():
    async with working() as bench:
        bench.link.logs_of["llama-0"].put_nowait(NotFound(404, "NotFound", "no pod"))
        bench.have(pod(), pod(containers=(CRASHED,)))
        bench.gone(pod(containers=(CRASHED,)))
        await bench.kept()
        assert (bench.deaths[0].problem, bench.deaths[0].kept) == (GONE, 0)


async def test_few_logs_are_read_at_a_time_and_a_flood_is_taken_down_without():
    async with working() as bench:
        for number in range(WAITING + READERS + 10):
            bench.have(pod(number), pod(number, containers=(CRASHED,)))
            if number < READERS:
                await settle()
        await settle()
        assert len(bench.link.opened) == READERS
        assert len(bench.deaths) == WAITING + READERS + 10
        assert sum(bool(one.problem) for one in bench.deaths) == 10


async def test_old_ends_found_at_the_start_are_left_alone():
    async with working() as bench:
        old = container(restarts=3, last_exit_code=1, last_finished_at=NOW - 7200)
        bench.have(pod(0, containers=(old,)), pod(1, containers=(RESTARTED,)))
        await settle()
        assert [one.pod for one in bench.deaths] == ["llama-1"]


async def test_what_an_earlier_run_kept_is_not_read_again():
    archive = Archive(None)
    crashed = pod(containers=(CRASHED,))
    known = death(0, uid=crashed.uid, pod="llama-0", worker=0)
    archive.keep(known, [LogLine(1.0, "kept")])
    async with working(archive=archive) as bench:
        bench.have(pod(), crashed)
        bench.says("llama-1", "x")
        bench.have(pod(1), pod(1, containers=(CRASHED,)))
        await bench.kept(2)
        assert [source.pod for source in bench.link.opened] == ["llama-1"]


async def _previous(bench, **request):
    """Return what a log of previous runs says."""
    batches = []
    session = LogSession(
        LogRequest(LLAMA, previous=True, **request),
        batches.append,
        store=bench.store,
        link=bench.link,
        now=bench.time.now,
        sleep=bench.time.sleep,
        kept=bench.box.kept,
    )
    await asyncio.wait_for(session.run(), 30)
    return [(e.source, e.kind, e.text) for b in batches for e in b if e.kind != "state"]


async def test_the_previous_run_of_a_recreated_pod_is_what_was_kept_of_the_former_one():
    async with working() as bench:
        bench.says("llama-0-1", "CUDA error", "the end")
        bench.have(pod(0, 0), pod(0, 1), pod(0, 1, containers=(CRASHED,)))
        await bench.kept()
        bench.gone(pod(0, 1, containers=(CRASHED,)))
        bench.have(pod(0, 1, uid="second"))
        said = await _previous(bench, group=0)
        assert ("leader", "mark", "no previous run") in said
        worker = [(kind, text) for source, kind, text in said if source == "w1"]
        assert worker == [
            ("mark", "kept before llama-0-1 went: exit 137, SIGKILL, OOMKilled"),
            ("line", "CUDA error"),
            ("line", "the end"),
        ]


async def test_what_was_kept_of_a_pod_that_is_gone_is_shown_too():
    async with working() as bench:
        bench.says("llama-0-1", "the end")
        bench.have(pod(0, 1), pod(0, 1, containers=(CRASHED,)))
        await bench.kept()
        bench.gone(pod(0, 1, containers=(CRASHED,)))
        assert ("w1", "line", "the end") in await _previous(bench, group=0)
        assert ("0/w1", "line", "the end") in await _previous(bench)
        assert await _previous(bench, group=1) == []
        assert await _previous(bench, role="leader") == []


async def test_a_log_without_pods_says_what_there_is_instead():
    async with working() as bench:
        bench.have(pod(0, 1), pod(0, 1, containers=(CRASHED,)))
        bench.gone(pod(0, 1, containers=(CRASHED,)))
        batches = []
        session = LogSession(
            LogRequest(LLAMA),
            batches.append,
            store=bench.store,
            link=bench.link,
            now=bench.time.now,
            sleep=bench.time.sleep,
            kept=bench.box.kept,
        )
        task = asyncio.create_task(session.run())
        await eventually(lambda: batches)
        task.cancel()
        said = "no pod of llama to read yet; p shows what was kept of 1 containers that died"
        assert [entry.text for entry in batches[0]] == [said]
