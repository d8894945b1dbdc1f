"""Serving engines: which one answers, what it is doing, and how fast between two looks.

Sources: vllm/v1/metrics/loggers.py (several versions), sglang
srt/observability/metrics_collector.py, TensorRT-LLM tensorrt_llm/metrics/collector.py and the
tensorrtllm_backend README, llama.cpp's server.
"""

from __future__ import annotations

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
    TOKENS_PER_S = "tokens generated per second"
    TTFT = "seconds to the first token"
    ITL = "seconds between tokens"
    E2E = "seconds per request"
    HEALTHY = "engine healthy"


_COUNTERS: Final = (Fact.GENERATED, Fact.PROMPT, Fact.PREEMPTED, Fact.FINISHED, Fact.FAILED)
_HISTOGRAMS: Final = (Fact.TTFT, Fact.ITL, Fact.E2E)


class _Engine(NamedTuple):
    """How one engine spells its facts; the first name that is there counts."""

    name: str
    prefixes: tuple[str, ...]
    names: Mapping[Fact, tuple[str, ...]]
    port: int
    path: str = "/metrics"


def _spelled(prefix: str, **names: str) -> dict[Fact, tuple[str, ...]]:
    return {
        Fact[fact.upper()]: tuple(prefix + name for name in text.split())
        for fact, text in names.items()
    }


_VLLM: Final = _spelled(
    "vllm:",
    running="num_requests_running",
    waiting="num_requests_waiting",
    kv="kv_cache_usage_perc gpu_cache_usage_perc",
    generated="generation_tokens_total",
    prompt="prompt_tokens_total",
    preempted="num_preemptions_total",
    finished="request_success_total",
    ttft="time_to_first_token_seconds",
    itl="inter_token_latency_seconds time_per_output_token_seconds",
    e2e="e2e_request_latency_seconds",
    healthy="engine_healthy",
)
_SGLANG: Final = _spelled(
    "sglang:",
    running="num_running_reqs",
    waiting="num_queue_reqs",
    kv="token_usage full_token_usage",
    generated="generation_tokens_total",
    prompt="prompt_tokens_total",
    preempted="num_retracted_requests_total",
    tokens_per_s="gen_throughput",
    ttft="time_to_first_token_seconds",
    itl="inter_token_latency_seconds time_per_output_token_seconds",
    e2e="e2e_request_latency_seconds",
)
_TRTLLM: Final = _spelled(
    "trtllm_",
    running="num_requests_running",
    waiting="num_requests_waiting",
    kv="kv_cache_utilization",
    generated="generation_tokens_total",
    prompt="prompt_tokens_total",
    finished="request_success_total",
    failed="request_error_total",
    ttft="time_to_first_token_seconds",
    itl="time_per_output_token_seconds",
    e2e="e2e_request_latency_seconds",
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
    _Engine("vLLM", ("vllm:",), _VLLM, 8000),
    _Engine("SGLang", ("sglang:",), _SGLANG, 30000),
    _Engine("TensorRT-LLM", ("trtllm_",), _TRTLLM, 8000, "/prometheus/metrics"),
    _Engine("llama.cpp", ("llamacpp:",), _LLAMACPP, 8080),
)
_BY_REASON: Final = "vllm:num_requests_waiting_by_reason"
_BROKEN: Final = frozenset({"error", "abort"})
_ALL_NAMES: Final = frozenset(
    name + suffix
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
        engine: ``vLLM``, ``SGLang``, ``TensorRT-LLM`` or ``llama.cpp``.
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


def read_engine(samples: Sequence[Sample], received_at: float) -> EngineReading | None:
    """Return what an engine says, None if no engine is known by these metrics."""
    engine = next((e for e in ENGINES if any(s.name.startswith(e.prefixes) for s in samples)), None)
    if engine is None:
        return None
    found = by_name(_of_first_ranks(samples))

    def of(fact: Fact, suffix: str = "") -> tuple[Sample, ...]:
        names = engine.names.get(fact, ())
        return next((found[n + suffix] for n in names if n + suffix in found), ())

    kv = [min(1.0, max(0.0, sample.value)) for sample in of(Fact.KV)]
    totals = {fact: _sum(of(fact)) for fact in _COUNTERS}
    finished = of(Fact.FINISHED)
    if totals[Fact.FAILED] is None and any(s.label("finished_reason") for s in finished):
        totals[Fact.FAILED] = _sum(s for s in finished if s.label("finished_reason") in _BROKEN)
    health = [sample.value for sample in of(Fact.HEALTHY)]
    return EngineReading(
        engine.name,
        received_at,
        model=next((name for s in samples if (name := s.label("model_name"))), ""),
        running=_sum(of(Fact.RUNNING)),
        waiting=_sum(of(Fact.WAITING)),
        deferred=_sum(s for s in found.get(_BY_REASON, ()) if s.label("reason") == "deferred"),
        kv=max(kv, default=None),
        kv_mean=sum(kv) / len(kv) if kv else None,
        totals={fact: total for fact, total in totals.items() if total is not None},
        tokens_per_s=_sum(of(Fact.TOKENS_PER_S)),
        histograms={
            fact: merged for fact in _HISTOGRAMS if (merged := _merged(of(fact, "_bucket")))
        },
        healthy=all(health) if health else None,
    )


def _of_first_ranks(samples: Iterable[Sample]) -> list[Sample]:
    """Leave out what tensor-parallel ranks other than the first say: they do the same work."""
    return [s for s in samples if s.label("tp_rank") in ("", "0")]


def _sum(samples: Iterable[Sample]) -> float | None:
    values = [sample.value for sample in samples]
    return sum(values) if values else None


def _merged(samples: Iterable[Sample]) -> Buckets:
    """Return the buckets of several series added, by upper bound."""
    added: dict[float, float] = {}
    for sample in samples:
        try:
            bound = float(sample.label("le"))
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
