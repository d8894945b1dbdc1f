"""Where each figure of a pod comes from: who, in which metric, how long ago."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from controller.api.meta import Key
from lwstui.state.telemetry import Origin
from lwstui.telemetry.devices import named
from lwstui.telemetry.engines import Fact, read_engine, wanted
from lwstui.telemetry.quantities import Quantity
from lwstui.telemetry.quantities import wanted as of_devices
from lwstui.telemetry.scan import scan
from lwstui.telemetry.usage import Usage
from lwstui.view.figures import amount, figures
from tests.view.build import NOW, pod
from tests.view.measuring import STALE, device, engine, measured

LEADER = pod(0, 0)
EXPORTER = Key("gpu-operator", "dcgm-x")
DCGM = "DCGM_FI_DEV_GPU_UTIL 90\nDCGM_FI_DEV_FB_USED 1\nup 1\nDCGM_FI_DEV_POWER_USAGE 500\n"


def texts(telemetry, of=LEADER):
    return ["".join(s.text for s in line).rstrip() for line in figures(of, telemetry, NOW)]


def row(name, value, metric):
    return f"    {name:<28} {value:<30} {metric}"


def test_names_are_those_of_the_scrape_and_the_later_one_counts():
    found = named(scan(DCGM + "DCGM_FI_PROF_X 1\nDCGM_FI_DEV_GPU_UTIL_RATIO 1", of_devices).samples)
    assert found[Quantity.POWER] == "DCGM_FI_DEV_POWER_USAGE"
    assert found[Quantity.UTIL] == "DCGM_FI_DEV_GPU_UTIL_RATIO"
    assert Quantity.XID not in found
    assert named(scan(DCGM, of_devices).samples) is named(scan(DCGM, of_devices).samples)


def test_a_figure_of_a_device_names_its_exporter_and_metric_and_is_as_old_as_it_is():
    origin = Origin(EXPORTER, {Quantity.UTIL: "DCGM_FI_DEV_GPU_UTIL", Quantity.POWER: "W_NOW"})
    told = texts(measured([device(3, 0.9, age_s=12)], origins={"node-0": (origin,)}))
    assert told[0] == "  device 3 of node-0   told by gpu-operator/dcgm-x, 12s ago"
    assert row("util", "90% of the time", "DCGM_FI_DEV_GPU_UTIL") in told
    assert row("power", "500 W", "W_NOW") in told
    other = told.index("  device 3 of node-0   told by an exporter, 12s ago")
    assert any("memory used" in line and "metric not kept" in line for line in told[other:])


def test_of_two_exporters_each_is_named_for_what_it_told():
    first = Origin(EXPORTER, {Quantity.UTIL: "A", Quantity.POWER: "A_W"})
    second = Origin(Key("ops", "other"), {Quantity.UTIL: "B"})
    told = texts(measured([device(0)], origins={"node-0": (first, second)}))
    util = next(line for line in told if line.startswith("    util "))
    assert util.endswith(" B")
    heads = [line for line in told if "told by" in line]
    assert any("ops/other" in line for line in heads)
    assert any("gpu-operator/dcgm-x" in line for line in heads)


def test_a_figure_of_an_engine_names_its_metric_and_what_grew():
    text = (
        "vllm:num_requests_running 3\nvllm:gpu_cache_usage_perc 0.4\n"
        'vllm:generation_tokens_total 90\nvllm:time_to_first_token_seconds_bucket{le="+Inf"} 1\n'
    )
    reading = read_engine(scan(text, wanted).samples, NOW - 7)
    assert reading.names[Fact.KV] == "vllm:gpu_cache_usage_perc"
    view = replace(engine(ttft=(0.5, 2.0)), reading=reading)
    told = texts(measured((), {"llama-0": view}))
    assert told[0] == "  engine vLLM   told by prod/llama-0, 7s ago"
    assert row("requests running", "3", "vllm:num_requests_running") in told
    assert row("tokens generated", "90, 1,234.0/s", "vllm:generation_tokens_total") in told
    latency = row(
        "seconds to the first token", "p50 0.5s p95 2s", "vllm:time_to_first_token_seconds"
    )
    assert latency in told
    assert not any("requests waiting" in line for line in told)


def test_cpu_and_memory_are_told_by_the_metrics_api_and_missing_is_said():
    used = Usage(1.5, None, NOW - 9, 15.0)
    told = texts(measured(pod_usage={LEADER.key: used}))
    assert told[0] == "  pod   told by metrics.k8s.io, 9s ago"
    assert told[1].split() == ["cpu", "1.5", "cores", "usage.cpu"]
    assert told[2].split() == ["memory", "–", "usage.memory"]


def test_stale_is_said_and_nothing_known_is_nothing():
    assert "5m ago, stale" in texts(measured([device(0, age_s=STALE)]))[0]
    assert texts(measured()) == []
    assert texts(measured([device(0)]), msgspec.structs.replace(LEADER, name="x")) == []


@pytest.mark.parametrize(
    ("quantity", "value", "text"),
    [
        (Quantity.TENSOR, 0.25, "25% of the tensor cores' time"),
        (Quantity.PCIE_SENT, 2048.0, "2 KiB/s sent"),
        (Quantity.MEMORY_TOTAL, 80 * 2.0**30, "80 GiB"),
        (Quantity.TEMPERATURE, 61.0, "61 °C"),
        (Quantity.XID, 79.0, "79 last XID"),
    ],
)
def test_amounts(quantity, value, text):
    assert amount(quantity, value) == text
