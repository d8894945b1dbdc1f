"""Changing context and namespaces while the engine works."""

import asyncio
from contextlib import asynccontextmanager

from controller.api.meta import Key
from controller.api.names import (
    DEVICE_KINDS,
    EVENTS,
    LEADERWORKERSETS,
    LEASES,
    PODS,
    REVISIONS,
    SERVICES,
)
from controller.errors import Forbidden
from lwstui.kube.connect import Target
from lwstui.runtime.attachments import Attachments
from lwstui.runtime.backend import LogRequest
from lwstui.runtime.destination import Destination
from lwstui.runtime.engine import Engine, EngineOptions
from lwstui.runtime.ports import Where
from lwstui.runtime.tuning import UNTUNED, Tuning
from lwstui.state.manner import Manner
from tests.runtime.bench import running
from tests.runtime.fakes import WHERE, FakeFactory, FakeTime, settle
from tests.support.waiting import until
from tests.view.build import LLAMA, lws, pod

ELSEWHERE = Where("eu", "cluster-eu", "https://127.0.0.1:2", "bob", "llm", namespace_chosen=True)


def two_clusters():
    factory = FakeFactory()
    factory.places = {"ctx": WHERE, "eu": ELSEWHERE}
    return factory


@asynccontextmanager
async def attached(**options):
    """Run attachments on a fake clock; yields (attachments, factory, clock, snapshots)."""
    factory, clock, snapshots = two_clusters(), FakeTime(), []
    work = Attachments(
        EngineOptions(Target(), **options), factory, clock, snapshots.append, sleep=clock.sleep
    )
    task = asyncio.create_task(work.run())
    await settle()
    try:
        yield work, factory, clock, snapshots
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_the_other_cluster_is_shown_empty_before_it_answers():
    async with attached() as (work, factory, clock, snapshots):
        factory.link.of(LEADERWORKERSETS).live(lws())
        await clock.advance(0.2)
        assert snapshots[-1].sets
        work.switch(Destination("eu"), 1)
        await clock.advance(0)
        last = snapshots[-1]
        assert (last.cluster.context, last.cluster.attachment) == ("eu", 1)
        assert last.cluster.namespaces == ("llm",)
        assert not last.sets
        assert not last.cluster.connected
        assert [facts.name for facts in last.cluster.contexts] == ["ctx", "eu"]


async def test_the_other_cluster_is_judged_and_listed_as_its_settings_say():
    async with attached() as (work, factory, clock, snapshots):
        there = Tuning(Manner(recreate_loop=2), page=50)
        work.switch(Destination("eu", tuning=there), 1)
        await clock.advance(0)
        assert (factory.link.page, snapshots[-1].manner) == (50, there.manner)
        work.switch(Destination("ctx"), 2)
        await clock.advance(0)
        assert (factory.link.page, snapshots[-1].manner) == (UNTUNED.page, UNTUNED.manner)


async def test_all_of_the_old_cluster_is_cancelled_and_nothing_of_it_is_heard_again():
    async with attached() as (work, factory, clock, snapshots):
        old = factory.link
        old.of(LEADERWORKERSETS).live(lws())
        old.of(PODS).live(pod())
        await clock.advance(0.2)
        work.core.open_logs(LogRequest(LLAMA, group=0), lambda _: None)
        await settle()
        work.switch(Destination("eu", namespaces=()), 1)
        await settle()
        assert old.closed
        assert not any(watch.running for watch in old.watches)
        old.of(LEADERWORKERSETS).live(lws())
        await clock.advance(1)
        assert {s.cluster.context for s in snapshots if s.cluster.attachment} == {"eu"}
        assert snapshots[-1].cluster.attachment == 1


async def test_a_cluster_that_does_not_end_is_not_waited_for():
    async with attached() as (work, factory, clock, snapshots):
        stuck, old = asyncio.Event(), factory.link

        async def close():
            await stuck.wait()

        old.close = close
        work.switch(Destination("eu"), 1)
        await clock.advance(0.2)
        assert snapshots[-1].cluster.context == "eu"
        assert factory.links["eu"].of(PODS).running
        stuck.set()


async def test_the_controller_runs_only_where_it_was_asked_for():
    async with attached(embedded_controller=True, identity="me") as (work, factory, clock, seen):
        first = factory.made
        assert first.running
        work.switch(Destination("eu"), 1)
        await clock.advance(0.2)
        assert first.ended
        assert factory.made is first
        work.switch(Destination("ctx"), 2)
        await clock.advance(0.2)
        assert factory.made is not first
        assert factory.made.running
        assert seen[-1].controller.mode == "leader"


async def test_events_wanted_and_what_was_done_come_along():
    async with attached(embedded_controller=True, identity="me") as (work, factory, clock, seen):
        work.core.want_events(wanted=True)
        work.core.want_metrics(wanted=False)
        work.core.pause(paused=True)
        work.switch(Destination("eu"), 1)
        await clock.advance(0.2)
        assert factory.links["eu"].of(EVENTS, "llm").running
        assert not work.core.wants_metrics
        assert [line.what for line in seen[-1].activity] == ["paused the controller"]


async def test_read_only_is_that_of_the_destination():
    async with attached() as (work, _, clock, seen):
        work.switch(Destination("eu", read_only=True), 1)
        await clock.advance(0.2)
        assert seen[-1].cluster.read_only


def test_asking_before_the_engine_is_up_is_not_lost():
    factory, snapshots = two_clusters(), []
    engine = Engine(EngineOptions(Target()), factory=lambda: factory)
    number = engine.attach(Destination("eu"))
    engine.start(snapshots.append)
    try:
        until(lambda: snapshots and snapshots[-1].cluster.context == "eu")
        assert snapshots[-1].cluster.attachment == number
        number = engine.attach(Destination("ctx"))
        until(lambda: snapshots[-1].cluster.attachment == number)
        assert snapshots[-1].cluster.context == "ctx"
    finally:
        engine.stop()


# Namespaces.

OTHER = lws(key=Key("stage", "qwen"))


APART = (PODS, LEASES, *DEVICE_KINDS)


def watched(bench):
    return {
        (w.spec.resource, w.spec.namespace)
        for w in bench.link.watches
        if w.running and w.spec.resource not in APART and w.spec.resource.namespaced
    }


async def test_looking_at_fewer_namespaces_asks_the_server_for_nothing():
    async with running() as bench:
        await bench.live(pod(), sets=(lws(), OTHER))
        asked = len(bench.link.watches)
        bench.core.look_at(("stage",))
        await bench.time.advance(0.2)
        assert set(bench.last.sets) == {OTHER.key}
        assert not bench.last.pods
        assert not bench.last.by_set
        assert dict(bench.last.sets_by_namespace) == {"prod": 1, "stage": 1}
        assert bench.last.cluster.namespaces == ("stage",)
        bench.core.look_at(())
        await bench.time.advance(0.2)
        assert set(bench.last.sets) == {LLAMA, OTHER.key}
        assert bench.last.by_set[LLAMA]
        assert len(bench.link.watches) == asked


async def test_looking_beyond_what_is_watched_watches_more():
    async with running(namespaces=("prod",)) as bench:
        bench.link.of(LEADERWORKERSETS, "prod").live(lws())
        bench.core.look_at(("prod", "stage"))
        await settle()
        kinds = (LEADERWORKERSETS, SERVICES, REVISIONS)
        assert watched(bench) == {(k, ns) for k in kinds for ns in ("prod", "stage")}
        bench.link.of(LEADERWORKERSETS, "stage").live(OTHER)
        await bench.time.advance(0.2)
        assert set(bench.last.sets) == {LLAMA, OTHER.key}
        bench.core.look_at(())
        await settle()
        assert watched(bench) == {(k, "") for k in kinds}


async def test_all_namespaces_refused_leads_back_to_those_seen_before():
    async with running(namespaces=("prod", "stage")) as bench:
        bench.core.look_at(())
        await settle()
        bench.link.of(LEADERWORKERSETS).say("forbidden")
        await bench.time.advance(0.2)
        assert bench.last.cluster.namespaces == ("prod", "stage")
        assert {ns for _, ns in watched(bench)} == {"prod", "stage"}


async def test_the_controller_keeps_what_it_needs_while_the_operator_looks_elsewhere():
    async with running(namespaces=("prod",), embedded_controller=True, identity="me") as bench:
        bench.core.look_at(("stage",))
        await settle()
        assert {ns for _, ns in watched(bench)} == {"prod", "stage"}
        bench.link.of(LEADERWORKERSETS, "prod").live(lws())
        fed = len(bench.factory.made.cache.fed)
        bench.link.of(LEADERWORKERSETS, "stage").live(OTHER)
        assert len(bench.factory.made.cache.fed) == fed
        await bench.time.advance(0.2)
        assert set(bench.last.sets) == {OTHER.key}


async def test_namespaces_are_known_where_they_may_be_listed():
    async with running() as bench:
        await bench.time.advance(0.2)
        assert bench.last.cluster.known_namespaces == ("default", "team-a")
        bench.link.known = ("default", "new")
        bench.core.learn_places()
        await bench.time.advance(0.2)
        assert bench.last.cluster.known_namespaces == ("default", "new")
        bench.link.known = Forbidden(403, "Forbidden", "no")
        bench.core.learn_places()
        await bench.time.advance(0.2)
        assert bench.last.cluster.known_namespaces == ("default", "new")
