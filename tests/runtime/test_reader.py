"""What a command that runs once knows: listed or refused, then as it changes."""

import asyncio

import pytest

from controller.api.names import (
    DEVICE_KINDS,
    EVENTS,
    LEADERWORKERSETS,
    LEASES,
    NODES,
    PODS,
    REVISIONS,
)
from controller.errors import Forbidden, NotFound, Unavailable
from lwstui.runtime.control import LEASE_NAMESPACE
from lwstui.runtime.reader import Reader, dispensable, needs
from lwstui.view.listing import KINDS
from tests.runtime.fakes import FakeLink, FakeTime, settle
from tests.view.build import LLAMA, lws, node, pod, revision


class Bench:
    """A reader of what a kind needs, fed by a test."""

    def __init__(self, kind="sets"):
        self.link, self.time = FakeLink(), FakeTime()
        self.reader = Reader(needs(kind, "prod"), self.time, optional=dispensable(kind))
        self.reader.start(self.link)

    def list_sets(self, *, nodes=True):
        self.link.of(LEADERWORKERSETS, "prod").live(lws())
        self.link.of(PODS, "prod").live(pod(0), pod(0, 1))
        self.link.of(REVISIONS, "prod").live(revision())
        self.link.of(LEASES, LEASE_NAMESPACE).say("forbidden", "no")
        for kind in DEVICE_KINDS:
            self.link.of(kind, "prod" if kind.namespaced else "").say("missing", "not served")
        if nodes:
            self.link.of(NODES, "").live(node("node-0"))
        else:
            self.link.of(NODES, "").say("forbidden", "no nodes for you")


@pytest.mark.parametrize("nodes", [True, False])
async def test_it_is_known_when_all_is_listed_or_can_be_done_without(nodes):
    bench = Bench()
    listed = asyncio.create_task(bench.reader.listed())
    await settle()
    assert not listed.done()
    bench.list_sets(nodes=nodes)
    await listed
    snapshot = bench.reader.snapshot()
    assert list(snapshot.sets) == [LLAMA]
    assert [p.name for p in snapshot.by_set[LLAMA]] == ["llama-0", "llama-0-1"]
    assert bool(snapshot.nodes) is nodes
    assert snapshot.controller.mode == "unknown", "the Lease may not be read"
    assert bench.reader.snapshot() is snapshot
    await bench.reader.stop()
    assert not any(watch.running for watch in bench.link.watches)


@pytest.mark.parametrize(
    ("state", "error"),
    [("forbidden", Forbidden), ("missing", NotFound), ("reconnecting", Unavailable)],
)
async def test_what_is_needed_and_cannot_be_read_is_an_error(state, error):
    bench = Bench()
    bench.link.of(LEADERWORKERSETS, "prod").say(state, "not for you")
    with pytest.raises(error, match="not for you"):
        await bench.reader.listed()
    assert bench.reader.trouble == "not for you"
    await bench.reader.stop()


async def test_changes_are_news_and_in_the_next_snapshot():
    bench = Bench()
    bench.list_sets()
    await bench.reader.listed()
    before = bench.reader.snapshot()
    await bench.reader.changed(0)
    waiting = asyncio.create_task(bench.reader.changed(None))
    await settle()
    assert not waiting.done()
    bench.link.of(PODS, "prod").sink.apply("DELETED", pod(0, 1))
    await waiting
    assert [p.name for p in bench.reader.snapshot().by_set[LLAMA]] == ["llama-0"]
    assert len(before.by_set[LLAMA]) == 2
    await bench.reader.stop()


@pytest.mark.parametrize("kind", [*KINDS, "set", "group", "pod", "node"])
def test_what_can_be_done_without_is_never_what_is_asked_for(kind):
    asked = {"nodes": NODES, "node": NODES, "pods": PODS, "pod": PODS, "events": EVENTS}
    kinds = {spec.resource for spec in needs(kind, "prod")}
    assert asked.get(kind, LEADERWORKERSETS) in kinds - dispensable(kind)


def test_a_selector_means_the_objects_that_are_listed():
    selected = {spec.resource: spec.label_selector for spec in needs("pods", "a", "x=1")}
    assert selected[PODS] == "leaderworkerset.sigs.k8s.io/name,x=1"
    selected = {spec.resource: spec.label_selector for spec in needs("groups", "a", "x=1")}
    assert selected[LEADERWORKERSETS] == "x=1"
    assert "x=1" not in selected[PODS]
    assert {spec.namespace for spec in needs("nodes", "a", "x=1")} == {""}
