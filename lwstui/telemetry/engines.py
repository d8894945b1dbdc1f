"""Serving engines: which one answers, what it is doing, and how fast between two looks.

Sources: vllm/v1/metrics/loggers.py (several versions), sglang
srt/observability/metrics_collector.py, TensorRT-LLM tensorrt_llm/metrics/collector.py and the
tensorrtllm_backend README, Triton docs/user_guide/metrics.md, llama.cpp's server.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from math import inf
from typing import Final, NamedTuple

import msgspec

from lwstui.telemetry.scan import Sample, by_name

ENOUGH: Final = 20
"""New observations a quantile needs."""


class Fact(Enum):
    """One thing an engine tells."""

    RUNNING = "requests running"
    WAITING = "requests waiting"
    DEFERRED = "requests deferred"
    KV = "share of the KV cache in use"
    GENERATED = "tokens generated"
    PROMPT = "prompt tokens"
    PREEMPTED = "preemptions"
    FINISHED = "requests finished"
    FAILED = "requests failed"
    CACHE_ASKED = "prompt tokens looked up"
    CACHE_HIT = "prompt tokens cached"
    TOKENS_PER_S = "tokens generated per second"
    TTFT = "seconds to the first token"
    ITL = "seconds between tokens"
    E2E = "seconds per request"
    QUEUE = "seconds in the queue"
    HEALTHY = "engine healthy"


_COUNTERS: Final = (
    Fact.GENERATED,
    Fact.PROMPT,
    Fact.PREEMPTED,
    Fact.FINISHED,
    Fact.FAILED,
    Fact.CACHE_ASKED,
    Fact.CACHE_HIT,
)
_HISTOGRAMS: Final = (Fact.TTFT, Fact.ITL, Fact.E2E, Fact.QUEUE)


class _Name(NamedTuple):
    """A metric that tells a fact; where it tells several, the label that sorts them."""

    metric: str
    label: str = ""
    value: str = ""

    def __str__(self) -> str:
        return f"{self.metric}{{{self.label}={self.value}}}" if self.label else self.metric

    def tells(self, sample: Sample) -> bool:
        """Tell whether a sample of the metric is meant."""
        return not self.label or sample.label(self.label) == self.value


class _Engine(NamedTuple):
    """How one engine spells its facts; the first name that is there counts."""

    name: str
    prefixes: tuple[str, ...]
    names: Mapping[Fact, tuple[_Name, ...]]
    bound_s: float = 1.0
    """Seconds of one unit in the bounds of its histograms."""


_SELECTED: Final = re.compile(r"(\w[\w:]*)(?:\{(\w+)=(\w+)\})?")


def _spelled(prefix: str, **names: str) -> dict[Fact, tuple[_Name, ...]]:
    """Return names by fact: ``name`` or ``name{label=value}``, the usual one first."""
    return {
        Fact[fact.upper()]: tuple(
            _Name(prefix + name, label, value) for name, label, value in _SELECTED.findall(text)
        )
        for fact, text in names.items()
    }


# What the servers written in Python have in common, once with colons and once without.
_SHARED: Final = {
    "generated": "generation_tokens_total",
    "prompt": "prompt_tokens_total",
    "ttft": "time_to_first_token_seconds",
    "itl": "inter_token_latency_seconds time_per_output_token_seconds",
    "e2e": "e2e_request_latency_seconds",
}
_VLLM: Final = _spelled(
    "vllm:",
    **_SHARED,
    running="num_requests_running",
    waiting="num_requests_waiting",
    kv="kv_cache_usage_perc gpu_cache_usage_perc",
    preempted="num_preemptions_total",
    finished="request_success_total",
    cache_asked="prefix_cache_queries_total gpu_prefix_cache_queries_total",
    cache_hit="prefix_cache_hits_total gpu_prefix_cache_hits_total",
    queue="request_queue_time_seconds",
    healthy="engine_healthy",
)
_SGLANG: Final = _spelled(
    "sglang:",
    **_SHARED,
    running="num_running_reqs",
    waiting="num_queue_reqs",
    kv="token_usage full_token_usage",
    preempted="num_retracted_requests_total",
    tokens_per_s="gen_throughput",
    queue="queue_time_seconds",
)
_TRTLLM: Final = _spelled(
    "trtllm_",
    **_SHARED,
    running="num_requests_running",
    waiting="num_requests_waiting",
    kv="kv_cache_utilization",
    finished="request_success_total",
    failed="request_error_total",
    queue="request_queue_time_seconds",
)
_TRITON: Final = _spelled(
    "nv_",
    running="trt_llm_request_metrics{request_type=scheduled}",
    waiting="trt_llm_request_metrics{request_type=waiting} inference_pending_request_count",
    kv="trt_llm_kv_cache_block_metrics{kv_cache_block_type=fraction}",
    finished="inference_request_success",
    failed="inference_request_failure",
    ttft="inference_first_response_histogram_ms",
)
_LLAMACPP: Final = _spelled(
    "llamacpp:",
    running="requests_processing",
    waiting="requests_deferred",
    kv="kv_cache_usage_ratio",
    generated="tokens_predicted_total",
    prompt="prompt_tokens_total",
    tokens_per_s="predicted_tokens_seconds",
)
ENGINES: Final = (
    _Engine("vLLM", ("vllm:",), _VLLM),
    _Engine("SGLang", ("sglang:",), _SGLANG),
    _Engine("TensorRT-LLM", ("trtllm_",), _TRTLLM),
    _Engine("Triton", ("nv_trt_llm_", "nv_inference_"), _TRITON, 0.001),
    _Engine("llama.cpp", ("llamacpp:",), _LLAMACPP),
)
_BY_REASON: Final = "vllm:num_requests_waiting_by_reason"
_BROKEN: Final = frozenset({"error", "abort"})
_ALL_NAMES: Final = frozenset(
    name.metric + suffix
    for engine in ENGINES
    for fact, names in engine.names.items()
    for name in names
    for suffix in (("_bucket",) if fact in _HISTOGRAMS else ("",))
) | {_BY_REASON}


def wanted(name: str) -> bool:
    """Tell whether a metric says something about an engine that is shown."""
    return name in _ALL_NAMES


Buckets = tuple[tuple[float, float], ...]
"""Upper bounds and how many observations were at most that, ascending."""


class EngineReading(msgspec.Struct, frozen=True):
    """What an engine said at one moment, its data-parallel parts added.

    Attributes:
        engine: ``vLLM``, ``SGLang``, ``TensorRT-LLM``, ``Triton`` or ``llama.cpp``.
        at: Epoch seconds.
        model: Name it serves under.
        running: Requests in work, None if it does not tell.
        waiting: Requests that wait, those deferred included.
        deferred: Requests that wait for something other than room in the cache.
        kv: Share of the KV cache in use, of the fullest part, 0 to 1.
        kv_mean: The same on average of the parts.
        totals: Counters, which only grow while the engine lives.
        tokens_per_s: Its own word for how fast it generates.
        histograms: Cumulative buckets of latencies.
        healthy: Whether it calls all its parts healthy; None if it does not tell.
        names: The metrics that tell these facts.
    """

    engine: str
    at: float
    model: str = ""
    running: float | None = None
    waiting: float | None = None
    deferred: float | None = None
    kv: float | None = None
    kv_mean: float | None = None
    totals: dict[Fact, float] = {}
    tokens_per_s: float | None = None
    histograms: dict[Fact, Buckets] = {}
    healthy: bool | None = None
    names: dict[Fact, str] = {}


def read_engine(samples: Sequence[Sample], received_at: float) -> EngineReading | None:
    """Return what an engine says, None if no engine is known by these metrics."""
    engine = next((e for e in ENGINES if any(s.name.startswith(e.prefixes) for s in samples)), None)
    if engine is None:
        return None
    found = by_name(_of_first_ranks(samples))

    names: dict[Fact, str] = {}

    def of(fact: Fact, suffix: str = "") -> tuple[Sample, ...]:
        for name in engine.names.get(fact, ()):
            told = tuple(s for s in found.get(name.metric + suffix, ()) if name.tells(s))
            if told:
                names[fact] = str(name)
                return told
        return ()

    kv = [min(1.0, max(0.0, sample.value)) for sample in of(Fact.KV)]
    totals = {fact: _sum(of(fact)) for fact in _COUNTERS}
    finished = of(Fact.FINISHED)
    if totals[Fact.FAILED] is None and any(s.label("finished_reason") for s in finished):
        totals[Fact.FAILED] = _sum(s for s in finished if s.label("finished_reason") in _BROKEN)
    health = [sample.value for sample in of(Fact.HEALTHY)]
    return EngineReading(
        engine.name,
        received_at,
        model=next((name for s in samples if (name := s.label("model_name", "model"))), ""),
        running=_sum(of(Fact.RUNNING)),
        waiting=_sum(of(Fact.WAITING)),
        deferred=_sum(s for s in found.get(_BY_REASON, ()) if s.label("reason") == "deferred"),
        kv=max(kv, default=None),
        kv_mean=sum(kv) / len(kv) if kv else None,
        totals={fact: total for fact, total in totals.items() if total is not None},
        tokens_per_s=_sum(of(Fact.TOKENS_PER_S)),
        histograms={
            fact: merged
            for fact in _HISTOGRAMS
            if (merged := _merged(of(fact, "_bucket"), engine.bound_s))
        },
        healthy=all(health) if health else None,
        names=names,
    )


def _of_first_ranks(samples: Iterable[Sample]) -> list[Sample]:
    """Leave out what tensor-parallel ranks other than the first say: they do the same work."""
    return [s for s in samples if s.label("tp_rank") in ("", "0")]


def _sum(samples: Iterable[Sample]) -> float | None:
    values = [sample.value for sample in samples]
    return sum(values) if values else None


def _merged(samples: Iterable[Sample], bound_s: float) -> Buckets:
    """Return the buckets of several series added, by upper bound in seconds."""
    added: dict[float, float] = {}
    for sample in samples:
        try:
            bound = float(sample.label("le")) * bound_s
        except ValueError:
            continue
        added[bound] = added.get(bound, 0.0) + sample.value
    return tuple(sorted(added.items()))


class Rates(msgspec.Struct, frozen=True):
    """What happened between two readings of the same engine.

    Attributes:
        seconds: Time between them.
        per_s: Growth of counters per second.
        quantiles: (median, 95th percentile) of latencies, in seconds, where enough was observed.
    """

    seconds: float
    per_s: dict[Fact, float] = {}
    quantiles: dict[Fact, tuple[float, float]] = {}


def rates(before: EngineReading, after: EngineReading, longest_s: float) -> Rates | None:
    """Return what happened between two readings; None where they cannot be compared.

    Args:
        before: The earlier one.
        after: The later one.
        longest_s: Readings further apart than this say nothing about the present.
    """
    seconds = after.at - before.at
    if before.engine != after.engine or not 0 < seconds <= longest_s:
        return None
    grown = {
        fact: value - before.totals[fact]
        for fact, value in after.totals.items()
        if fact in before.totals
    }
    if any(change < 0 for change in grown.values()):
        return None  # it was restarted: its counters began again
    quantiles = {}
    for fact, buckets in after.histograms.items():
        new = difference(before.histograms.get(fact, ()), buckets)
        if new and new[-1][1] >= ENOUGH:
            quantiles[fact] = quantile(new, 0.5), quantile(new, 0.95)
    return Rates(seconds, {fact: change / seconds for fact, change in grown.items()}, quantiles)


def difference(before: Buckets, after: Buckets) -> Buckets:
    """Return the buckets of what was observed in between; empty where they do not match."""
    if tuple(bound for bound, _ in before) != tuple(bound for bound, _ in after):
        return ()
    new = tuple((bound, b - a) for (_, a), (bound, b) in zip(before, after, strict=True))
    return new if all(count >= 0 for _, count in new) else ()


def quantile(buckets: Buckets, share: float) -> float:
    """Return a quantile by straight lines within buckets, as Prometheus does.

    Args:
        buckets: At least one, the last counting all.
        share: 0 to 1.
    """
    wanted_count = share * buckets[-1][1]
    low = below = 0.0
    for bound, count in buckets:
        if count >= wanted_count and count > below:
            if bound == inf:
                return low
            return low + (bound - low) * (wanted_count - below) / (count - below)
        low, below = bound, count
    return low
