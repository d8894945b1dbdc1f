"""One set watched for a command: when it is known, what it says, whom it believes at work."""

import asyncio

import msgspec
import pytest

from controller.api.meta import ObjectMeta, format_time
from controller.api.names import (
    CLAIMS,
    LEADERWORKERSETS,
    LEASES,
    NODES,
    PODS,
    REVISIONS,
    SERVICES,
)
from controller.errors import Forbidden, NotFound, Unauthorized, Unavailable
from controller.guard import NATIVE_NAMESPACE
from controller.leases import SERVES, Lease, LeaseSpec
from lwstui.runtime.autoscalers import scalers_of
from lwstui.runtime.control import LEASE_NAMESPACE
from lwstui.runtime.observer import SetObserver
from lwstui.runtime.operator import missing_text
from lwstui.runtime.rollouts import Ending, Patience, follow
from tests.runtime.fakes import FakeLink, FakeTime, settle
from tests.view.rollouts import running, settled


class Bench:
    """An observer of a set that a test speaks for."""

    def __init__(self, cluster, **options):
        self.cluster = cluster
        self.link = FakeLink()
        self.time = FakeTime()
        self.time.t = cluster.now
        self.observer = SetObserver(cluster.lws.key, self.time)
        self.observer.start(self.link, **options)

    def list_all(self, *, ours=True):
        """Answer every list with what the cluster holds."""
        cluster, namespace = self.cluster, "default"
        for resource, items in (
            (LEADERWORKERSETS, [cluster.lws]),
            (PODS, cluster.pods.values()),
            (SERVICES, cluster.services.values()),
            (REVISIONS, cluster.revisions.values()),
        ):
            self.link.of(resource, namespace).live(*items)
        self.link.of(LEASES, LEASE_NAMESPACE).live(*([self.lease()] if ours else []))
        self.link.of(LEASES, NATIVE_NAMESPACE).live()
        self.link.of(CLAIMS, namespace).say("forbidden", "no")

    def lease(self, serves="*"):
        renewed = format_time(self.time.t)
        return Lease(
            ObjectMeta(annotations={SERVES: serves}), LeaseSpec("them", 15, renewed, renewed)
        )


async def test_it_is_known_when_all_is_listed_or_known_to_be_closed():
    bench = Bench(running(3))
    listed = asyncio.create_task(bench.observer.listed())
    await settle()
    assert not listed.done()
    bench.list_all()
    await listed
    assert bench.observer.progress().state == "complete"
    assert bench.observer.trouble == ""
    await bench.observer.stop()
    assert not any(watch.running for watch in bench.link.watches)


async def test_nodes_are_watched_for_an_exclusive_topology_only():
    for nodes in (False, True):
        bench = Bench(running(1), nodes=nodes)
        assert any(w.spec.resource == NODES for w in bench.link.watches) is nodes
        await bench.observer.stop()


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ("forbidden", Forbidden),
        ("unauthorized", Unauthorized),
        ("missing", NotFound),
        ("reconnecting", Unavailable),
    ],
)
async def test_what_is_needed_and_cannot_be_read_ends_it(state, error):
    bench = Bench(running(1))
    bench.link.of(PODS, "default").say(state, "pods are not for you")
    with pytest.raises(error, match="pods are not for you"):
        await bench.observer.listed()
    await bench.observer.stop()


async def test_who_is_at_work_is_told_by_the_leases():
    cluster = running(3)
    cluster.set_image("b")
    bench = Bench(cluster)
    bench.list_all(ours=False)
    assert bench.observer.progress().state == "unattended"
    ours, native = (bench.link.of(LEASES, n) for n in (LEASE_NAMESPACE, NATIVE_NAMESPACE))
    ours.live(bench.lease())
    assert bench.observer.progress().state == "progressing"
    ours.live(bench.lease(serves="elsewhere"))
    assert bench.observer.progress().state == "unattended"
    ours.live(bench.lease(serves="default"))
    assert bench.observer.progress().state == "progressing"
    bench.time.t += 3600
    assert bench.observer.progress().state == "unattended"
    native.live(bench.lease())
    assert bench.observer.progress().state == "progressing"
    await bench.observer.stop()


async def test_the_lease_is_looked_for_where_it_is_said_to_be():
    link, cluster = FakeLink(), running(1)
    observer = SetObserver(cluster.lws.key, FakeTime(), lease_namespace="ops")
    observer.start(link)
    places = {w.spec.namespace for w in link.watches if w.spec.resource == LEASES}
    assert places == {"ops", NATIVE_NAMESPACE}
    await observer.stop()


async def test_a_lease_that_may_not_be_read_accuses_nobody():
    cluster = running(3)
    cluster.set_image("b")
    bench = Bench(cluster)
    bench.link.of(LEASES, LEASE_NAMESPACE).say("forbidden", "no")
    for resource, items in (
        (LEADERWORKERSETS, [cluster.lws]),
        (PODS, cluster.pods.values()),
        (REVISIONS, cluster.revisions.values()),
    ):
        bench.link.of(resource, "default").live(*items)
    assert bench.observer.progress().state == "progressing"
    await bench.observer.stop()


async def followed(bench, patience, said):
    task = asyncio.create_task(follow(bench.observer, bench.time, patience, said.append))
    await settle()
    return task


async def test_following_gives_up_when_nothing_moves_and_says_things_once():
    cluster = running(3)
    cluster.set_image("b")
    settled(cluster, broken=2)
    bench = Bench(cluster)
    bench.list_all()
    said = []
    task = await followed(bench, Patience(None, 30.0), said)
    sets = bench.link.of(LEADERWORKERSETS, "default").sink
    for _ in range(4):
        bench.time.t += 10
        bench.link.of(LEASES, LEASE_NAMESPACE).live(bench.lease())
        sets.apply("MODIFIED", cluster.lws)
        await settle()
    ended = await task
    assert ended.ending is Ending.STUCK
    assert ended.sentence.startswith("no progress for 30s: group 2 is not ready")
    assert len(said) == 1
    await bench.observer.stop()


async def test_what_moves_without_a_word_about_it_is_not_told_again():
    cluster = running(3)
    cluster.set_image("b")
    settled(cluster, broken=2)
    bench = Bench(cluster)
    bench.list_all()
    said = []
    task = await followed(bench, Patience(None, 60.0), said)
    leader = cluster.pods["sample-0"]
    surplus = msgspec.structs.replace(leader, name="sample-3", group=3, uid="more")
    pods = bench.link.of(PODS, "default").sink
    for change in ("ADDED", "DELETED"):
        pods.apply(change, surplus)
        await settle()
    assert len(said) == len(set(said)) == 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await bench.observer.stop()


async def test_following_says_that_it_does_not_hear_from_the_cluster():
    cluster = running(3)
    cluster.set_image("b")
    settled(cluster, broken=2)
    bench = Bench(cluster)
    bench.list_all()
    said = []
    task = await followed(bench, Patience(60.0), said)
    bench.link.of(PODS, "default").say("reconnecting", "the watch broke")
    await settle()
    assert said[-1].endswith("(not up to date: the watch broke)")
    bench.time.t += 60
    bench.link.of(LEASES, LEASE_NAMESPACE).live(bench.lease())
    assert (await task).ending is Ending.TIMED_OUT
    await bench.observer.stop()


async def test_a_set_that_is_deleted_ends_it():
    cluster = running(3)
    cluster.set_image("b")
    bench = Bench(cluster)
    bench.list_all()
    task = await followed(bench, Patience(), [])
    bench.link.of(LEADERWORKERSETS, "default").sink.apply("DELETED", cluster.lws)
    with pytest.raises(NotFound, match="default/sample is gone"):
        await task
    await bench.observer.stop()


@pytest.mark.parametrize(
    ("existing", "says"),
    [
        ([], "the namespace has none"),
        (["samples", "other"], "did you mean samples?"),
        (["a", "b"], "there are a, b"),
        (list("abcdefg"), "there are a, b, c, d, e and 2 more"),
    ],
)
def test_a_missing_set_is_told_with_what_there_is(existing, says):
    said = missing_text(running(1).lws.key, existing)
    assert said.startswith('no LeaderWorkerSet "sample" in namespace default')
    assert says in said


def test_autoscalers_are_those_of_this_set():
    def scaler(named, /, **target):
        reference = {"apiVersion": LEADERWORKERSETS.api_version, "kind": "LeaderWorkerSet"}
        return {
            "metadata": {"name": named},
            "spec": {"scaleTargetRef": {**reference, "name": "sample", **target}},
        }

    found = [
        scaler("mine"),
        scaler("of-another", name="other"),
        scaler("of-a-deployment", kind="Deployment", apiVersion="apps/v1"),
        {"metadata": {"name": "empty"}, "spec": {}},
    ]
    assert scalers_of(found, "sample") == ("mine",)
