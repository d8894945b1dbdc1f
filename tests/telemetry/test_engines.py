"""What engines say, in whatever words of theirs, and what happened between two looks."""

from __future__ import annotations

from math import inf

import pytest

from lwstui.telemetry.engines import (
    EngineReading,
    Fact,
    difference,
    quantile,
    rates,
    read_engine,
    wanted,
)
from lwstui.telemetry.scan import scan

AT = 1000.0


def read(text, at=AT):
    return read_engine(scan(text, wanted).samples, at)


VLLM = """
vllm:num_requests_running{engine="0",model_name="llama"} 8
vllm:num_requests_running{engine="1",model_name="llama"} 2
vllm:num_requests_waiting{engine="0",model_name="llama"} 3
vllm:num_requests_waiting_by_reason{engine="0",reason="deferred"} 1
vllm:num_requests_waiting_by_reason{engine="0",reason="capacity"} 2
vllm:kv_cache_usage_perc{engine="0"} 0.9
vllm:kv_cache_usage_perc{engine="1"} 0.1
vllm:generation_tokens_total{engine="0"} 100
vllm:request_success_total{finished_reason="stop"} 10
vllm:request_success_total{finished_reason="abort"} 2
vllm:time_to_first_token_seconds_bucket{engine="0",le="1.0"} 30
vllm:time_to_first_token_seconds_bucket{engine="0",le="+Inf"} 40
vllm:time_to_first_token_seconds_bucket{engine="1",le="1.0"} 10
vllm:time_to_first_token_seconds_bucket{engine="1",le="+Inf"} 10
vllm:iteration_tokens_total_bucket{le="1"} 5
"""


def test_the_parts_of_vllm_are_added_and_the_fullest_cache_is_seen():
    found = read(VLLM)
    assert (found.engine, found.model) == ("vLLM", "llama")
    assert (found.running, found.waiting, found.deferred) == (10, 3, 1)
    assert (found.kv, found.kv_mean) == (0.9, 0.5)
    assert found.totals == {Fact.GENERATED: 100, Fact.FINISHED: 12, Fact.FAILED: 2}
    assert found.histograms == {Fact.TTFT: ((1.0, 40.0), (inf, 50.0))}
    assert found.healthy is None
    assert found.tokens_per_s is None


@pytest.mark.parametrize(
    ("text", "engine", "running", "kv"),
    [
        ("vllm:num_requests_running 1\nvllm:gpu_cache_usage_perc 0.3", "vLLM", 1, 0.3),
        ("sglang:num_running_reqs 4\nsglang:token_usage 0.5", "SGLang", 4, 0.5),
        ("trtllm_num_requests_running 2\ntrtllm_kv_cache_utilization 0.2", "TensorRT-LLM", 2, 0.2),
        ("llamacpp:requests_processing 1", "llama.cpp", 1, None),
        ("nv_inference_request_success 7", "Triton", None, None),
    ],
)
def test_every_engine_and_older_names_are_understood(text, engine, running, kv):
    found = read(text)
    assert (found.engine, found.running, found.kv) == (engine, running, kv)


TRITON = """
nv_trt_llm_request_metrics{model="tensorrt_llm",request_type="active",version="1"} 9
nv_trt_llm_request_metrics{model="tensorrt_llm",request_type="scheduled",version="1"} 6
nv_trt_llm_request_metrics{model="tensorrt_llm",request_type="waiting",version="1"} 3
nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="max",model="tensorrt_llm"} 1000
nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="fraction",model="tensorrt_llm"} 0.4
nv_inference_pending_request_count{model="ensemble"} 11
nv_inference_request_failure{model="ensemble",reason="BACKEND"} 2
nv_inference_first_response_histogram_ms_bucket{model="ensemble",le="500"} 4
nv_inference_first_response_histogram_ms_bucket{model="ensemble",le="+Inf"} 5
"""


def test_triton_sorts_its_facts_by_labels_and_counts_in_milliseconds():
    found = read(TRITON)
    assert (found.engine, found.model) == ("Triton", "tensorrt_llm")
    assert (found.running, found.waiting, found.kv) == (6, 3, 0.4)
    assert found.totals == {Fact.FAILED: 2}
    assert found.histograms == {Fact.TTFT: ((0.5, 4.0), (inf, 5.0))}
    plain = read("nv_inference_pending_request_count 11\nnv_inference_request_success 1")
    assert (plain.running, plain.waiting, plain.kv) == (None, 11, None)


def test_the_time_in_the_queue_and_the_prefix_cache_are_told():
    found = read(
        'vllm:request_queue_time_seconds_bucket{le="+Inf"} 3\n'
        "vllm:prefix_cache_queries_total 100\nvllm:prefix_cache_hits_total 40"
    )
    assert found.histograms == {Fact.QUEUE: ((inf, 3.0),)}
    assert found.totals == {Fact.CACHE_ASKED: 100, Fact.CACHE_HIT: 40}
    assert Fact.QUEUE in read('sglang:queue_time_seconds_bucket{le="1"} 3').histograms


def test_ranks_that_do_the_same_work_are_not_added():
    found = read(
        'sglang:num_running_reqs{tp_rank="0",dp_rank="0"} 4\n'
        'sglang:num_running_reqs{tp_rank="1",dp_rank="0"} 4\n'
        'sglang:num_running_reqs{tp_rank="0",dp_rank="1"} 3\n'
    )
    assert found.running == 7


def test_a_healthy_engine_is_one_whose_parts_all_are():
    assert read('vllm:engine_healthy{engine="0"} 1\nvllm:engine_healthy{engine="1"} 0').healthy is (
        False
    )
    assert read("vllm:engine_healthy 1").healthy is True


@pytest.mark.parametrize("text", ["", "up 1", "http_requests_total 5", "vllm:healthy_pods_total 2"])
def test_what_is_no_engine_is_none(text):
    assert read(text) is None


def reading(at, generated, **more):
    return EngineReading("vLLM", at, totals={Fact.GENERATED: generated}, **more)


def test_rates_are_growth_over_time():
    found = rates(reading(0.0, 100.0), reading(10.0, 600.0), 75.0)
    assert found is not None
    assert (found.seconds, found.per_s) == (10.0, {Fact.GENERATED: 50.0})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (reading(0.0, 100.0), reading(10.0, 50.0)),  # restarted
        (reading(0.0, 100.0), reading(80.0, 200.0)),  # too long ago
        (reading(10.0, 100.0), reading(10.0, 100.0)),
        (reading(10.0, 100.0), reading(5.0, 200.0)),
        (EngineReading("SGLang", 0.0), reading(10.0, 1.0)),
    ],
)
def test_what_cannot_be_compared_has_no_rate(before, after):
    assert rates(before, after, 75.0) is None


def test_quantiles_are_of_what_was_observed_in_between():
    old, new = (
        ((1.0, 100.0), (2.0, 100.0), (inf, 100.0)),
        ((1.0, 110.0), (2.0, 120.0), (inf, 120.0)),
    )
    found = rates(
        reading(0.0, 0.0, histograms={Fact.TTFT: old}),
        reading(10.0, 0.0, histograms={Fact.TTFT: new}),
        75.0,
    )
    assert found is not None
    assert found.quantiles == {Fact.TTFT: (1.0, pytest.approx(1.9))}


def test_too_few_observations_are_no_quantile():
    old, new = ((1.0, 0.0), (inf, 0.0)), ((1.0, 19.0), (inf, 19.0))
    found = rates(
        reading(0.0, 0.0, histograms={Fact.TTFT: old}),
        reading(10.0, 0.0, histograms={Fact.TTFT: new}),
        75.0,
    )
    assert found is not None
    assert found.quantiles == {}


def test_buckets_that_changed_are_not_compared():
    assert difference(((1.0, 5.0),), ((2.0, 9.0),)) == ()
    assert difference(((1.0, 5.0),), ((1.0, 4.0),)) == ()


def test_a_quantile_beyond_the_last_bound_is_that_bound():
    assert quantile(((1.0, 5.0), (inf, 10.0)), 0.95) == 1.0
    assert quantile(((1.0, 10.0), (inf, 10.0)), 0.5) == 0.5
