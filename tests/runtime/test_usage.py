"""Asking the metrics API: once per kind and round, and seldom where it fails."""

from __future__ import annotations

import json

import msgspec

from controller.api.meta import Key, format_time
from controller.errors import Forbidden, Unavailable
from lwstui.runtime.sampler import HIDDEN_S, SHOWN_S
from lwstui.runtime.usage import ABSENT_S, BYTES_PER_S
from tests.runtime.bench import running
from tests.view.build import NOW, lws, pod, template

SETS = [lws(leaderWorkerTemplate={"size": 2, "workerTemplate": template(image="repo/web:1")})]
HOLDER = pod(0, 0, node="node-0")


def listed(*items):
    return json.dumps({"items": items}).encode()


def sample(name, namespace="", at=NOW, **usage):
    meta = {"name": name, "namespace": namespace}
    told = {"metadata": meta, "timestamp": format_time(at), "window": "15s"}
    if namespace:
        return {**told, "containers": [{"name": "engine", "usage": usage}]}
    return {**told, "usage": usage}


PODS = listed(sample(HOLDER.name, HOLDER.namespace, cpu="2", memory="4Gi"))
NODES = listed(sample("node-0", cpu="7", memory="90Gi"))


async def a_round(bench, period_s=SHOWN_S):
    await bench.time.advance(period_s)
    await bench.time.advance(0.2)


async def started(bench, pods=PODS, nodes=NODES):
    bench.link.serves_usage = None
    bench.link.usages = {"pods": pods, "nodes": nodes}
    await bench.live(HOLDER, sets=SETS)
    await a_round(bench)


def usage_source(bench):
    return bench.last.telemetry.sources[-1]


async def test_each_kind_is_listed_once_a_round_and_pods_of_sets_only():
    async with running() as bench:
        await started(bench)
        bench.link.usage_asked.clear()
        await a_round(bench)
        assert bench.link.usage_asked == [
            ("pods", "", "leaderworkerset.sigs.k8s.io/name"),
            ("nodes", "", ""),
        ]
        assert bench.link.looked_for_usage == 1
        telemetry = bench.last.telemetry
        assert telemetry.pod_usage[HOLDER.key].cpu == 2.0
        assert telemetry.node_usage["node-0"].memory == 90 * 2**30
        assert (usage_source(bench).asked, usage_source(bench).answered) == (2, 2)
        assert telemetry.cost.requests == 2
        assert telemetry.cost.received_bytes == len(PODS) + len(NODES)


async def test_only_pods_of_the_namespaces_in_view_are_asked_for():
    async with running() as bench:
        await started(bench)
        bench.core.look_at(("team-a", "team-b"))
        bench.link.usage_asked.clear()
        await a_round(bench)
        namespaces = {place for kind, place, _ in bench.link.usage_asked if kind == "pods"}
        assert namespaces == {"team-a", "team-b"}


async def test_an_api_that_is_not_there_is_said_and_looked_for_seldom():
    async with running() as bench:
        await bench.live(HOLDER, sets=SETS)
        for _ in range(30):
            await a_round(bench)
        assert bench.link.looked_for_usage == 1
        assert bench.link.usage_asked == []
        assert "serves no metrics.k8s.io" in usage_source(bench).why
        assert bench.last.telemetry.pod_usage == {}
        bench.link.serves_usage = None
        bench.link.usages = {"pods": PODS, "nodes": NODES}
        await bench.time.advance(ABSENT_S)
        await bench.time.advance(0.2)
        assert bench.last.telemetry.pod_usage[HOLDER.key].cpu == 2.0
        assert usage_source(bench).why == ""


async def test_what_fails_is_asked_less_and_less_often_and_known_values_stay():
    async with running() as bench:
        await started(bench)
        bench.link.usages["pods"] = Unavailable("the server is currently unable")
        bench.link.usage_asked.clear()
        for _ in range(40):
            await a_round(bench)
        asked = [kind for kind, _, _ in bench.link.usage_asked]
        assert asked.count("nodes") >= 35
        assert 3 <= asked.count("pods") <= 7
        source = usage_source(bench)
        assert (source.asked, source.answered) == (2, 1)
        assert source.why == "pods.metrics.k8s.io cannot be read: the server is currently unable"
        assert bench.last.telemetry.pod_usage[HOLDER.key].at == NOW


async def test_what_is_not_allowed_is_named_and_left():
    async with running() as bench:
        await started(bench, nodes=Forbidden(403, "Forbidden", "no"))
        for _ in range(20):
            await a_round(bench)
        assert [kind for kind, _, _ in bench.link.usage_asked].count("nodes") == 1
        assert usage_source(bench).why == "not allowed: list nodes.metrics.k8s.io"


async def test_nonsense_is_a_failure_and_no_crash():
    async with running() as bench:
        await started(bench, pods=b"<html>")
        assert "pods.metrics.k8s.io cannot be read" in usage_source(bench).why
        assert bench.last.telemetry.node_usage["node-0"].cpu == 7.0


async def test_a_list_that_costs_much_is_asked_for_less_often():
    async with running() as bench:
        await started(bench, pods=PODS + b" " * int(BYTES_PER_S * SHOWN_S * 3))
        bench.link.usage_asked.clear()
        for _ in range(12):
            await a_round(bench)
        assert [kind for kind, _, _ in bench.link.usage_asked].count("pods") in (3, 4)


async def test_nothing_is_asked_while_no_screen_shows_it():
    async with running() as bench:
        await started(bench)
        bench.core.want_metrics(wanted=False)
        await a_round(bench)
        bench.link.usage_asked.clear()
        for _ in range(4):
            await a_round(bench, HIDDEN_S)
        assert bench.link.usage_asked == []
        assert bench.last.telemetry.pod_usage[HOLDER.key].cpu == 2.0
        bench.core.want_metrics(wanted=True)
        await bench.time.advance(0.2)
        assert bench.link.usage_asked


async def test_a_pod_that_is_gone_is_forgotten():
    from controller.api.names import PODS as POD_KIND

    async with running() as bench:
        other = msgspec.structs.replace(HOLDER, name="other", uid="other")
        await started(bench)
        assert HOLDER.key in bench.last.telemetry.pod_usage
        bench.link.usages["pods"] = Unavailable("no")
        bench.link.of(POD_KIND).sink.replace([other])
        await a_round(bench)
        await a_round(bench)
        assert Key(HOLDER.namespace, HOLDER.name) not in bench.last.telemetry.pod_usage
