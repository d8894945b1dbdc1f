from dataclasses import replace

from controller.activity import Decision
from controller.api.core import Event
from controller.api.meta import ObjectMeta
from controller.api.names import (
    CLAIMS,
    DEVICE_KINDS,
    EVENTS,
    LEADERWORKERSETS,
    LEASES,
    NODES,
    PODS,
    REVISIONS,
    SERVICES,
    SET_NAME,
)
from controller.errors import Unavailable
from controller.leases import SERVES, Lease, LeaseSpec
from controller.plan.actions import Wait
from tests.runtime.bench import running
from tests.runtime.fakes import FakeFactory, settle
from tests.view.build import LLAMA, NOW, lws, pod


async def test_the_first_snapshot_needs_no_answer():
    async with running() as bench:
        first = bench.snapshots[0]
        assert (first.cluster.context, first.cluster.sandbox) == ("ctx", True)
        assert not first.cluster.connected
        assert bench.link.cluster.calls == []


async def test_what_is_watched():
    async with running() as bench:
        watched = {(w.spec.resource, w.spec.namespace) for w in bench.link.watches}
        assert watched == {
            (LEADERWORKERSETS, ""),
            (PODS, ""),
            (SERVICES, ""),
            (REVISIONS, ""),
            (NODES, ""),
            (LEASES, "default"),
            *((resource, "") for resource in DEVICE_KINDS),
        }
        assert not any(w.spec.label_selector for w in bench.link.watches)


async def test_unreachable_is_told_and_recovers():
    async with running(failures=2) as bench:
        await bench.time.advance(0.1)
        assert bench.last.cluster.problem == "no answer 1"
        await bench.time.advance(0.6)
        assert bench.last.cluster.problem == "no answer 2"
        await bench.time.advance(1.5)
        await bench.live(pod())
        assert bench.last.cluster.connected
        assert bench.last.cluster.problem == ""
        assert LLAMA in bench.last.sets


async def test_asking_to_reconnect_cuts_the_waiting_short():
    async with running(failures=1) as bench:
        assert bench.factory.attempts == 1
        bench.core.reconnect()
        await settle()
        assert bench.factory.attempts == 2
        bench.core.reconnect()
        assert bench.link.of(PODS).refreshed == 1


async def test_a_server_that_never_answered_is_a_problem_and_later_faults_are_not():
    async with running() as bench:
        bench.link.of(LEADERWORKERSETS).say("reconnecting", "connection refused")
        await bench.time.advance(0.2)
        assert bench.last.cluster.problem == "connection refused"
        await bench.live(pod())
        bench.link.of(PODS).say("reconnecting", "reset")
        await bench.time.advance(0.2)
        assert bench.last.cluster.problem == ""
        assert bench.last.sync["pods"].state == "reconnecting"
        assert bench.last.pods


async def test_snapshots_are_bounded_in_rate_and_the_last_change_always_comes():
    async with running() as bench:
        await bench.live(pod())
        before = len(bench.snapshots)
        watch = bench.link.of(PODS)
        for n in range(1000):
            watch.sink.apply("MODIFIED", pod(ip=f"10.0.0.{n}"))
            await bench.time.advance(0.001)
        await bench.time.advance(0.2)
        assert len(bench.snapshots) - before <= 13
        assert bench.last.pods[pod().key].ip == "10.0.0.999"
        quiet = len(bench.snapshots)
        await bench.time.advance(3)
        assert len(bench.snapshots) == quiet


async def test_a_forbidden_kind_leaves_the_others_working():
    async with running() as bench:
        await bench.live(pod())
        bench.link.of(NODES).say("forbidden", "nodes is forbidden")
        await bench.time.advance(0.2)
        assert bench.last.sync["nodes"].state == "forbidden"
        assert bench.last.sync["pods"].state == "live"
        assert bench.last.cluster.namespaces == ()


async def test_without_the_right_to_all_namespaces_one_is_watched():
    async with running() as bench:
        bench.link.of(PODS).say("forbidden")
        wide = bench.link.of(LEADERWORKERSETS)
        wide.say("forbidden")
        await settle()
        assert not wide.running
        narrow = bench.link.of(LEADERWORKERSETS, "team-a")
        narrow.live(lws())
        pods = bench.link.of(PODS, "team-a")
        assert pods.spec.label_selector == SET_NAME
        pods.live(pod())
        await bench.time.advance(0.2)
        assert bench.last.cluster.namespaces == ("team-a",)
        assert bench.last.sync["leaderworkersets"].state == "live"
        assert "only pods of sets" in bench.last.sync["pods"].message
        assert bench.link.of(NODES).running


async def test_chosen_namespaces_still_see_all_pods_if_allowed():
    async with running(namespaces=("prod", "b")) as bench:
        scopes = {w.spec.namespace for w in bench.link.watches if w.spec.resource == SERVICES}
        assert scopes == {"prod", "b"}
        assert bench.link.of(PODS).spec.namespace == ""
        bench.link.of(LEADERWORKERSETS, "prod").live(lws())
        bench.link.of(LEADERWORKERSETS, "b").say("forbidden")
        await bench.time.advance(0.2)
        assert bench.last.sync["leaderworkersets"].state == "forbidden"
        assert LLAMA in bench.last.sets


async def test_a_defect_in_a_watch_is_shown_and_the_watch_runs_again():
    factory = FakeFactory()
    factory.link.fails_of[SERVICES] = [ValueError("odd object")]
    async with running(factory=factory) as bench:
        await bench.time.advance(0.2)
        assert bench.last.sync["services"].message == "ValueError: odd object"
        assert bench.link.of(PODS).running
        await bench.time.advance(6)
        watch = bench.link.of(SERVICES)
        assert (watch.runs, watch.running) == (2, True)


async def test_the_embedded_controller_gets_the_same_records_but_no_events():
    async with running(embedded_controller=True, identity="me") as bench:
        bench.core.want_events(wanted=True)
        await bench.live(pod())
        bench.link.of(EVENTS).live()
        bench.link.of(CLAIMS).live()
        bench.link.of(PODS).sink.page([pod()])
        bench.link.of(PODS).sink.apply("MODIFIED", pod(ip="10.0.0.1"))
        fed = bench.factory.made.cache.fed
        assert ("replace", "leaderworkersets") in fed
        assert ("replace", "persistentvolumeclaims") in fed
        assert fed[-2:] == [("page", "pods"), ("MODIFIED", "pods")]
        assert not [kind for _, kind in fed if kind == "events"]
        assert bench.factory.made.running
    assert bench.factory.made.ended
    assert bench.link.closed


async def test_the_controllers_state_and_decisions_are_shown():
    async with running(embedded_controller=True, identity="me") as bench:
        await bench.live(pod())
        made = bench.factory.made
        first = Decision(NOW, LLAMA, "created pod llama-0")
        waits = {LLAMA: (Wait("budget", "group 1 is down", 1), Wait("invalid", "no"))}
        made.now = replace(made.now, decisions=(first,), waits=waits, queue=3)
        made.on_change()
        await bench.time.advance(0.2)
        assert bench.last.controller.queue == 3
        assert bench.last.controller.waits[LLAMA] == (
            ("budget", "group 1 is down", 1),
            ("invalid", "no", -1),
        )
        made.now = replace(made.now, decisions=(first, Decision(NOW, LLAMA, "x", "Conflict")))
        made.on_change()
        await bench.time.advance(0.2)
        told = [(a.who, a.what, a.target, a.ok) for a in bench.last.activity]
        assert told == [
            ("controller", "created pod llama-0", "prod/llama", True),
            ("controller", "x", "prod/llama", False),
        ]


async def test_pausing_and_stale_kinds_reach_the_controller_and_the_watches():
    async with running(embedded_controller=True, identity="me") as bench:
        await bench.live(pod())
        bench.core.pause(paused=True)
        assert bench.factory.made.paused
        bench.core.pause(paused=False)
        assert not bench.factory.made.paused
        bench.factory.made.on_stale(frozenset({PODS}))
        assert (bench.link.of(PODS).refreshed, bench.link.of(SERVICES).refreshed) == (1, 0)
        await bench.time.advance(0.2)
        assert [a.what for a in bench.last.activity] == [
            "paused the controller",
            "resumed the controller",
        ]


async def test_one_namespace_is_served_and_several_are_refused():
    async with running(embedded_controller=True, identity="me", namespaces=("a",)) as bench:
        assert bench.factory.namespace == "a"
    async with running(embedded_controller=True, identity="me", namespaces=("a", "b")) as bench:
        await bench.time.advance(0.2)
        assert bench.factory.made is None
        assert bench.last.controller.mode == "failed"
        assert "one namespace or all" in bench.last.controller.last_error


def lease(holder, renewed, **annotations):
    from controller.api.meta import format_micro_time

    at = format_micro_time(renewed)
    return Lease(ObjectMeta(annotations=dict(annotations)), LeaseSpec(holder, 15, at, at))


async def test_who_controls_from_outside():
    async with running() as bench:
        await bench.live(pod())
        assert bench.last.controller.mode == "unknown"
        bench.link.of(LEASES, "default").live()
        await bench.time.advance(0.2)
        assert bench.last.controller.mode == "off"
        bench.link.of(LEASES, "default").live(lease("node-7", bench.time.now()))
        await bench.time.advance(0.2)
        assert (bench.last.controller.mode, bench.last.controller.holder) == ("elsewhere", "node-7")
        assert bench.last.controller.serves == ""
        narrow = lease("node-7", bench.time.now(), **{SERVES: "a"})
        bench.link.of(LEASES, "default").live(narrow)
        await bench.time.advance(0.2)
        assert bench.last.controller.serves == "a"
        await bench.time.advance(40)
        assert bench.last.controller.mode == "off"
        bench.link.of(PODS).live(pod(owner_kind="StatefulSet"))
        await bench.time.advance(0.2)
        assert bench.last.controller.mode == "native"


async def test_measuring_is_often_only_while_a_screen_shows_it():
    async with running() as bench:
        await bench.live(pod())
        assert bench.core._session.sampler.shown
        bench.core.want_metrics(wanted=False)
        assert not bench.core._session.sampler.shown


async def test_events_are_watched_on_demand_and_kept():
    async with running() as bench:
        await bench.live(pod())
        bench.core.want_events(wanted=True)
        bench.core.want_events(wanted=True)
        watches = [w for w in bench.link.watches if w.spec.resource == EVENTS]
        assert len(watches) == 1
        watches[0].live(Event("prod", "e", "u", "Normal", "R", "n", "Pod", "p"))
        await bench.time.advance(0.2)
        assert "u" in bench.last.events
        bench.core.want_events(wanted=False)
        await bench.time.advance(0.2)
        assert not watches[0].running
        assert "u" in bench.last.events
        assert "events" not in bench.last.sync


async def test_objects_are_applied_once_connected_and_failures_are_told():
    docs = ({"kind": "LeaderWorkerSet"},)
    async with running(apply_first=docs) as bench:
        await bench.time.advance(0.2)
        assert bench.link.applied == list(docs)
        assert bench.last.activity[0].target == "LeaderWorkerSet applied in team-a"
    factory = FakeFactory()
    factory.link.apply_error = Unavailable("no route")
    async with running(factory=factory, apply_first=docs) as bench:
        await bench.time.advance(0.2)
        assert [(a.target, a.ok) for a in bench.last.activity] == [("no route", False)]
        assert bench.link.of(PODS).running


async def test_a_defect_in_the_console_does_not_end_publishing():
    async with running() as bench:
        await bench.live(pod())
        calls = []

        def broken():
            calls.append(1)
            raise ValueError("a listener fails once")

        bench.core._feed.listeners.append(broken)
        bench.link.of(PODS).sink.apply("MODIFIED", pod(ip="10.0.0.1"))
        await bench.time.advance(0.3)
        assert calls == [1]
        bench.core._feed.listeners.clear()
        bench.link.of(PODS).sink.apply("MODIFIED", pod(ip="10.0.0.2"))
        await bench.time.advance(2)
        assert bench.last.pods[pod().key].ip == "10.0.0.2"
