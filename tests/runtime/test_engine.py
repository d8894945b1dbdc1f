import threading

import pytest

from controller.api.names import EVENTS, LEADERWORKERSETS, PODS
from controller.errors import Unavailable
from lwstui.kube.connect import Target
from lwstui.kube.loglines import LogLine
from lwstui.runtime.backend import Backend, LogRequest
from lwstui.runtime.engine import Engine, EngineOptions
from lwstui.runtime.intents import Scale
from lwstui.runtime.ports import LogPart
from lwstui.runtime.slot import LatestSlot
from tests.runtime.fakes import FakeFactory
from tests.support.waiting import until
from tests.view.build import LLAMA, lws, pod

UID = f"uid-{LLAMA}"


@pytest.fixture
def factory():
    return FakeFactory()


@pytest.fixture
def engine(factory):
    made = Engine(EngineOptions(Target()), factory=lambda: factory)
    yield made
    made.stop()


def engine_threads():
    """Threads of all engines of this process; another test's may still be ending."""
    return {t for t in threading.enumerate() if t.name == "lwstui-engine"}


def started(engine, factory):
    """Start an engine whose sets and pods have been listed."""
    snapshots = []
    engine.start(snapshots.append)
    until(lambda: len(factory.link.watches) >= 6 and engine._loop)
    for resource, record in ((LEADERWORKERSETS, lws()), (PODS, pod())):
        engine._loop.call_soon_threadsafe(factory.link.of(resource).live, record)
    until(lambda: snapshots and snapshots[-1].pods)
    return snapshots


def test_it_is_a_backend(engine):
    backend: Backend = engine
    assert backend is engine


def test_snapshots_come_on_the_engines_own_thread(engine, factory):
    threads = set()
    snapshots = []

    def publish(snapshot):
        threads.add(threading.current_thread().name)
        snapshots.append(snapshot)

    engine.start(publish)
    until(lambda: snapshots)
    assert threads == {"lwstui-engine"}


def test_intents_resolve_from_the_calling_thread(engine, factory):
    started(engine, factory)
    intent = Scale(LLAMA, UID, 3)
    assert engine.dry_run(intent).result(30).ok
    assert engine.submit(intent).result(30).ok
    # A dry run also looks for autoscalers that would undo it.
    assert [call[0] for call in factory.link.cluster.calls] == ["patch", "list", "patch"]


def test_yaml_fails_with_the_servers_words(engine, factory):
    started(engine, factory)
    factory.link.cluster.refuse = Unavailable("timed out")
    with pytest.raises(Unavailable, match="timed out"):
        engine.yaml(PODS, "prod", "llama-0").result(30)


def test_logs_arrive_and_can_be_closed(engine, factory):
    started(engine, factory)
    entries = []
    handle = engine.logs(LogRequest(LLAMA, group=0), entries.extend)
    until(lambda: factory.link.opened)
    queue = factory.link.logs_of["llama-0"]
    engine._loop.call_soon_threadsafe(queue.put_nowait, LogPart(lines=[LogLine(1.0, "hello")]))
    until(lambda: [entry.text for entry in entries] == ["open", "hello"])
    handle.close()
    until(lambda: not engine._attachments.core._logs.tasks)


def test_what_is_asked_before_the_start_is_not_lost(engine, factory):
    engine.want_events(True)
    with pytest.raises(Unavailable):
        engine.submit(Scale(LLAMA, UID, 3)).result(30)
    engine.reconnect()
    engine.pause_controller(True)
    started(engine, factory)
    assert factory.link.of(EVENTS).running


def test_stop_ends_the_thread_and_what_comes_later_fails_softly(factory):
    engine = Engine(
        EngineOptions(Target(), embedded_controller=True, identity="me"), factory=lambda: factory
    )
    before = engine_threads()
    started(engine, factory)
    assert engine_threads() - before
    assert factory.made.running
    engine.stop()
    assert not engine_threads() - before
    assert factory.made.ended
    assert factory.link.closed
    with pytest.raises(Unavailable):
        engine.submit(Scale(LLAMA, UID, 3)).result(30)
    engine.reconnect()
    engine.stop()


def test_stop_before_the_start_and_a_second_start(engine, factory):
    Engine(EngineOptions(Target()), factory=lambda: factory).stop()
    engine.start(lambda _: None)
    with pytest.raises(RuntimeError, match="started before"):
        engine.start(lambda _: None)


def test_a_client_that_cannot_be_made_does_not_hang_the_stop(caplog):
    def broken():
        raise ImportError("no such client")

    engine = Engine(EngineOptions(Target()), factory=broken)
    engine.start(lambda _: None)
    engine.stop()
    assert "the engine ended" in caplog.text


def test_the_slot_keeps_the_newest_and_wakes_once():
    wakes = []
    slot = LatestSlot(lambda: wakes.append(1))
    for n in range(100):
        slot.put(n)
    assert wakes == [1]
    assert slot.take() == 99
    assert slot.take() is None
    slot.put(7)
    assert len(wakes) == 2
    assert slot.take() == 7
