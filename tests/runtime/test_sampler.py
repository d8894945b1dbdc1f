"""Rounds of measuring: who is asked how often, what is kept, and what is said of failures."""

from __future__ import annotations

import msgspec
import pytest

from controller.api.meta import Key
from controller.api.names import PODS
from controller.errors import Forbidden, Unavailable
from lwstui.insight import measuring
from lwstui.insight.world import World
from lwstui.runtime.sampler import HIDDEN_S, LONGEST_SEARCH_S, SHOWN_S, START_S
from lwstui.telemetry.devices import DeviceId
from lwstui.telemetry.targets import SELECTORS
from tests.runtime.bench import running
from tests.view.build import LLAMA, lws, pod, template

UTIL = 'DCGM_FI_DEV_GPU_UTIL{{gpu="0",UUID="GPU-a",namespace="{0}",pod="{1}"}} {2}\n'
DEVICE = DeviceId("node-0", "GPU-a")


def exporter(name="dcgm-x", node="node-0"):
    return {
        "selector": SELECTORS[0],
        "metadata": {"name": name, "namespace": "ops", "labels": {"app": "nvidia-dcgm-exporter"}},
        "spec": {"nodeName": node, "containers": []},
        "status": {"phase": "Running"},
    }


def running_image(image):
    """A set whose pods run an image."""
    return [lws(leaderWorkerTemplate={"size": 2, "workerTemplate": template(image=image)})]


SERVING, IDLE = running_image("repo/vllm:1"), running_image("repo/web:1")


async def a_round(bench):
    await bench.time.advance(SHOWN_S)
    await bench.time.advance(0.2)


async def test_the_first_round_comes_as_soon_as_nodes_are_known():
    async with running() as bench:
        holder = pod(0, 0, node="node-0")
        bench.link.raw_pods = [exporter()]
        bench.link.metric_texts["dcgm-x"] = UTIL.format(*holder.key, 50)
        await bench.live(holder, sets=IDLE)
        await bench.time.advance(2 * START_S)
        await bench.time.advance(0.2)
        assert bench.last.telemetry.devices


async def test_nothing_is_measured_of_a_part_of_the_pods():
    async with running() as bench:
        bench.link.raw_pods = [exporter()]
        bench.link.metric_texts["dcgm-x"] = UTIL.format("prod", "llama-0", 50)
        await bench.live(sets=IDLE)
        bench.link.of(PODS).say("listing")
        await bench.time.advance(SHOWN_S)
        assert not bench.last.telemetry.devices
        bench.link.of(PODS).live(pod(0, 0, node="node-0"))
        await bench.time.advance(2 * START_S)
        await bench.time.advance(0.2)
        assert bench.last.telemetry.devices


async def test_devices_find_their_pods_and_keep_a_trend():
    async with running() as bench:
        holder = pod(0, 0, node="node-0")
        bench.link.raw_pods = [exporter()]
        bench.link.metric_texts["dcgm-x"] = UTIL.format(*holder.key, 50)
        await bench.live(holder, sets=IDLE)
        await a_round(bench)
        bench.link.metric_texts["dcgm-x"] = UTIL.format(*holder.key, 100)
        await a_round(bench)
        seen = bench.last.telemetry
        assert seen.devices[DEVICE].owner.pods == (holder.key,)
        assert seen.devices[DEVICE].busy == (0.5, 1.0)
        assert [v.reading.device for v in seen.by_node["node-0"]] == [DEVICE]
        assert [v.reading.device for v in seen.by_pod[holder.key]] == [DEVICE]
        devices, engines, _ = seen.sources
        assert (devices.asked, devices.answered, devices.why) == (1, 1, "")
        assert (engines.asked, engines.why) == (0, "")
        assert seen.cost.received_bytes > 0


async def test_exporters_are_looked_for_once_however_long_nothing_changes():
    async with running() as bench:
        bench.link.raw_pods = [exporter()]
        bench.link.metric_texts["dcgm-x"] = UTIL.format("", "", 0)
        await bench.live(pod(), sets=IDLE)
        for _ in range(30):
            await a_round(bench)
        assert bench.link.selectors == list(SELECTORS)
        assert len(bench.link.scraped) >= 25


async def test_exporters_that_come_later_are_found_and_looked_for_ever_more_seldom():
    async with running() as bench:
        await bench.live(pod(), sets=IDLE)
        for _ in range(1 + int(2 * LONGEST_SEARCH_S / SHOWN_S)):
            await a_round(bench)
        searches = len(bench.link.selectors) / len(SELECTORS)
        assert 5 <= searches <= 7
        bench.link.raw_pods = [exporter()]
        bench.link.metric_texts["dcgm-x"] = UTIL.format("", "", 80)
        for _ in range(1 + int(LONGEST_SEARCH_S / SHOWN_S)):
            await a_round(bench)
        assert DEVICE in bench.last.telemetry.devices
        bench.link.selectors.clear()
        for _ in range(1 + int(LONGEST_SEARCH_S / SHOWN_S)):
            await a_round(bench)
        assert bench.link.selectors == []


async def test_nobody_looks_for_exporters_while_no_screen_shows_them():
    async with running() as bench:
        await bench.live(pod(), sets=IDLE)
        await a_round(bench)
        bench.core.want_metrics(wanted=False)
        bench.link.selectors.clear()
        for _ in range(int(2 * LONGEST_SEARCH_S / HIDDEN_S)):
            await bench.time.advance(HIDDEN_S)
        assert bench.link.selectors == []


async def test_rounds_go_on_once_a_minute_while_nobody_looks_and_nothing_is_called_stale():
    async with running() as bench:
        bench.link.raw_pods = [exporter()]
        bench.link.metric_texts["dcgm-x"] = UTIL.format("", "", 80)
        await bench.live(pod(), sets=IDLE)
        await a_round(bench)
        bench.core.want_metrics(wanted=False)
        await a_round(bench)
        bench.link.scraped.clear()
        for _ in range(20):
            for _ in range(6):
                await bench.time.advance(HIDDEN_S / 6)
                world = World(bench.last, bench.time.now())
                assert "T5" not in {finding.rule for finding in measuring.findings(world)}
        assert 18 <= len(bench.link.scraped) <= 21
        bench.core.want_metrics(wanted=True)
        await bench.time.advance(0.2)
        world = World(bench.last, bench.time.now())
        assert bench.last.telemetry.period_s == SHOWN_S
        assert "T5" not in {finding.rule for finding in measuring.findings(world)}


async def test_a_console_that_slept_finds_no_fault_with_exporters():
    async with running() as bench:
        bench.link.raw_pods = [exporter()]
        bench.link.metric_texts["dcgm-x"] = UTIL.format("", "", 80)
        await bench.live(pod(), sets=IDLE)
        await a_round(bench)
        hours_later = World(bench.last, bench.time.now() + 4 * 3600)
        assert "T5" not in {finding.rule for finding in measuring.findings(hours_later)}
        bench.link.metric_texts["dcgm-x"] = ""
        for _ in range(8):
            await a_round(bench)
        silent = World(bench.last, bench.time.now())
        assert "T5" in {finding.rule for finding in measuring.findings(silent)}


async def test_somebody_who_comes_back_during_a_round_need_not_wait_for_the_next():
    async with running() as bench:
        bench.link.raw_pods = [exporter()]
        bench.link.metric_texts["dcgm-x"] = UTIL.format("", "", 80)
        await bench.live(pod(), sets=IDLE)
        await a_round(bench)
        bench.core.want_metrics(wanted=False)
        await a_round(bench)
        answer = bench.link.hold_metrics()
        await bench.time.advance(HIDDEN_S)
        bench.core.want_metrics(wanted=True)
        bench.link.scraped.clear()
        answer.set()
        await bench.time.advance(0.2)
        assert bench.link.scraped


async def test_an_exporter_that_reloads_leaves_a_gap_and_not_a_zero():
    async with running() as bench:
        bench.link.raw_pods = [exporter()]
        bench.link.metric_texts["dcgm-x"] = UTIL.format("", "", 80)
        await bench.live(pod(), sets=IDLE)
        await a_round(bench)
        read_at = bench.last.telemetry.devices[DEVICE].reading.at
        bench.link.metric_texts["dcgm-x"] = ""
        await a_round(bench)
        seen = bench.last.telemetry.devices[DEVICE]
        assert seen.reading.at == read_at
        assert seen.reading.busy == pytest.approx(0.8)
        assert str(seen.busy) == "(0.8, nan)"


async def test_what_does_not_answer_is_asked_less_often_and_says_so():
    async with running() as bench:
        bench.link.raw_pods = [exporter()]
        bench.link.metric_texts["dcgm-x"] = Unavailable("dial tcp: i/o timeout")
        await bench.live(pod(), sets=IDLE)
        for _ in range(12):
            await a_round(bench)
        assert 3 < len(bench.link.scraped) < 9
        (devices, *_) = bench.last.telemetry.sources
        assert (devices.asked, devices.answered) == (1, 0)
        assert devices.why == "dcgm-x does not answer: dial tcp: i/o timeout"


async def test_what_is_not_allowed_is_named():
    async with running() as bench:
        bench.link.raw_pods = [exporter()]
        bench.link.metric_texts["dcgm-x"] = Forbidden(403, "Forbidden", "no")
        await bench.live(pod(), sets=IDLE)
        await a_round(bench)
        assert bench.last.telemetry.sources[0].why == "not allowed: get pods/proxy in ops"


async def test_a_search_that_is_refused_is_said():
    async with running() as bench:
        bench.link.raw_pods = Forbidden(403, "Forbidden", "pods is forbidden")
        await bench.live(pod(), sets=SERVING)
        await a_round(bench)
        assert "exporters cannot be looked for" in bench.last.telemetry.sources[0].why


async def test_the_engine_of_a_ready_leader_is_asked_and_forgotten_with_its_pod():
    async with running() as bench:
        leader = pod(0, 0, node="node-0")
        bench.link.metric_texts[leader.name] = "vllm:num_requests_running 3\n"
        await bench.live(leader, pod(0, 1), sets=SERVING)
        await a_round(bench)
        assert {target.pod for target in bench.link.scraped} == {leader.name}
        assert bench.last.telemetry.engines[leader.key].reading.running == 3
        bench.link.of(PODS).sink.apply("DELETED", leader)
        await a_round(bench)
        await a_round(bench)
        assert bench.last.telemetry.engines == {}


async def test_nothing_is_measured_where_there_is_nothing_to_measure():
    async with running() as bench:
        await bench.live(msgspec.structs.replace(pod(), ready=False))
        await a_round(bench)
        assert bench.link.scraped == []
        assert Key("x", "y") not in bench.last.telemetry.engines
        assert not bench.last.telemetry.devices
        assert [source.asked for source in bench.last.telemetry.sources] == [0, 0, 0]
        assert LLAMA in bench.last.sets
