"""Deleting, cordoning and draining: the requests, the marks, the progress, the end."""

import pytest

from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS, NODES, PODS
from controller.errors import TooManyRequests, Unavailable
from lwstui.runtime.intents import Cordon, DeletePod, DeleteSet, Drain
from tests.runtime.bench import running
from tests.state.test_draining import raw
from tests.view.build import LLAMA, NOW, lws, node, pod

NODE = Key("", "node-0")
UID = "uid-node-0"
BUDGET = TooManyRequests(429, "TooManyRequests", "it would violate the budget")


def calls(bench, verb):
    return [(name, options) for called, name, options in bench.link.cluster.calls if called == verb]


async def test_a_pod_is_deleted_by_uid_and_killed_without_grace():
    async with running() as bench:
        await bench.live(pod())
        for at_once, grace in ((False, None), (True, 0)):
            intent = DeletePod(LLAMA, "llama-0", "uid-llama-0", at_once)
            assert (await bench.core.write(intent, dry_run=False)).ok
            name, options = calls(bench, "delete")[-1]
            assert (name, options["uid"], options["grace_s"]) == ("llama-0", "uid-llama-0", grace)


async def test_a_killed_pod_counts_as_gone_only_when_it_is():
    async with running() as bench:
        await bench.live(pod())
        intent = DeletePod(LLAMA, "llama-0", "uid-llama-0", at_once=True)
        await bench.core.write(intent, dry_run=False)
        pods = bench.link.of(PODS).sink
        pods.apply("MODIFIED", pod(deleted_at=NOW))
        await bench.time.advance(0.2)
        assert bench.last.pending
        pods.apply("DELETED", pod(deleted_at=NOW))
        await bench.time.advance(0.2)
        assert not bench.last.pending


async def test_a_deleted_set_is_followed_until_its_pods_are_gone():
    async with running() as bench:
        await bench.live(pod())
        await bench.core.write(DeleteSet(LLAMA, f"uid-{LLAMA}"), dry_run=False)
        bench.link.of(LEADERWORKERSETS).sink.apply("DELETED", lws())
        await bench.time.advance(1.2)
        assert not bench.last.pending
        assert bench.last.underway[LLAMA].now == "1 of 1 pods left"
        bench.link.of(PODS).sink.apply("DELETED", pod())
        await bench.time.advance(1.2)
        assert not bench.last.underway
        assert bench.last.activity[-1].outcome.startswith("done after")


async def test_cordoning_patches_the_node_and_waits_for_the_watch():
    async with running() as bench:
        await bench.live(pod())
        bench.link.of(NODES).live(node("node-0"))
        await bench.core.write(Cordon(NODE, UID), dry_run=False)
        ((name, options),) = calls(bench, "patch")
        assert (name, options["body"]) == (
            "node-0",
            {"metadata": {"uid": UID}, "spec": {"unschedulable": True}},
        )
        await bench.time.advance(0.2)
        assert bench.last.pending[NODE].text == "cordon"
        bench.link.of(NODES).sink.apply("MODIFIED", node("node-0", unschedulable=True))
        await bench.time.advance(0.2)
        assert not bench.last.pending


def tenants_of(bench, *pods):
    bench.link.cluster.lists["pods"] = list(pods)


async def test_a_dry_run_tries_every_eviction_and_tells_what_would_wait():
    async with running() as bench:
        await bench.live(pod())
        tenants_of(bench, raw("l-0", group=0), raw("l-1", group=1), raw("d", owner="DaemonSet"))
        bench.link.cluster.evict_refuses["l-1"] = BUDGET
        outcome = await bench.core.write(Drain(NODE, UID), dry_run=True)
        assert outcome.ok
        assert outcome.note.startswith("1 of 2 evictions would wait: p/l-1: it would violate")
        assert [options["dry_run"] for _, options in calls(bench, "evict")] == [True]
        assert calls(bench, "patch")[0][1]["dry_run"]


async def test_pods_that_nothing_makes_again_keep_a_node_from_being_drained():
    async with running() as bench:
        await bench.live(pod())
        tenants_of(bench, raw("alone", owner=""))
        outcome = await bench.core.write(Drain(NODE, UID), dry_run=False)
        assert not outcome.ok
        assert "nothing would make p/alone again" in outcome.message
        assert not calls(bench, "patch")


async def test_a_drain_evicts_one_pod_a_group_waits_for_budgets_and_ends():
    async with running() as bench:
        await bench.live(pod())
        bench.link.of(NODES).live(node("node-0"))
        group = [raw("l-0", group=0), raw("l-0-1", group=0, worker=1)]
        tenants_of(bench, *group, raw("x"))
        bench.link.cluster.evict_refuses["x"] = BUDGET
        assert (await bench.core.write(Drain(NODE, UID), dry_run=False)).ok
        bench.link.of(NODES).sink.apply("MODIFIED", node("node-0", unschedulable=True))
        await bench.time.advance(0.2)
        assert [name for name, _ in calls(bench, "evict")] == ["l-0"]
        now = bench.last.underway[NODE]
        assert now.stoppable
        assert now.now == "0 of 3 pods gone; waiting: p/x: it would violate the budget"
        tenants_of(bench, raw("x"))
        bench.link.cluster.evict_refuses.clear()
        await bench.time.advance(5.1)
        assert [name for name, _ in calls(bench, "evict")] == ["l-0", "x"]
        tenants_of(bench)
        await bench.time.advance(5.1)
        assert not bench.last.underway
        last = bench.last.activity[-1]
        assert last.ok
        assert "drained, 3 pods gone" in last.outcome


async def test_nodes_that_are_drained_together_are_cordoned_first_and_drained_in_turn():
    async with running() as bench:
        await bench.live(pod())
        bench.link.of(NODES).live(node("node-0"), node("node-1"))
        together = (("node-0", UID), ("node-1", "uid-node-1"))
        second = Key("", "node-1")
        tenants_of(bench, raw("x"))
        for name, uid in together:
            intent = Drain(Key("", name), uid, together)
            assert (await bench.core.write(intent, dry_run=False)).ok
        cordoned = [name for name, _ in calls(bench, "patch")]
        assert cordoned[:2] == ["node-0", "node-1"]
        for name, _ in together:
            bench.link.of(NODES).sink.apply("MODIFIED", node(name, unschedulable=True))
        await bench.time.advance(0.2)
        assert bench.last.underway[second].now == "waits for its turn"
        assert len(calls(bench, "evict")) == 1
        # What is stopped gives its turn to the next one.
        bench.core.cancel(NODE)
        await bench.time.advance(0.2)
        assert "pods gone" in bench.last.underway[second].now
        tenants_of(bench)
        await bench.time.advance(5.1)
        assert not bench.last.underway


async def test_a_drain_can_be_stopped_and_survives_a_silent_server():
    async with running() as bench:
        await bench.live(pod())
        bench.link.of(NODES).live(node("node-0", unschedulable=True))
        tenants_of(bench, raw("x"))
        await bench.core.write(Drain(NODE, UID), dry_run=False)
        bench.link.cluster.refuse = Unavailable("timed out")
        await bench.time.advance(3)
        assert "does not answer" in bench.last.underway[NODE].now
        bench.core.cancel(NODE)
        await bench.time.advance(0.2)
        assert not bench.last.underway
        assert not bench.last.activity[-1].ok
        assert "stopped" in bench.last.activity[-1].outcome


@pytest.mark.parametrize("ready", [True, False])
async def test_a_scale_is_followed_until_every_group_serves(ready):
    from lwstui.runtime.intents import Scale

    async with running() as bench:
        await bench.live(pod(0, 0), pod(0, 1))
        await bench.core.write(Scale(LLAMA, f"uid-{LLAMA}", 1), dry_run=False)
        bench.link.of(LEADERWORKERSETS).sink.apply("MODIFIED", lws(1))
        if not ready:
            bench.link.of(PODS).sink.apply("MODIFIED", pod(0, 1, ready=False))
        await bench.time.advance(1.2)
        assert not bench.last.pending
        shown = bench.last.underway.get(LLAMA)
        assert (shown and shown.now) == (None if ready else "0 of 1 groups ready")
