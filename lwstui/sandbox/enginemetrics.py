"""``/metrics`` of the simulated engines in Prometheus' text form: the account their logs tell.

Source of the names: vllm ``vllm/v1/metrics/loggers.py``, sglang ``metrics_collector.py``,
llama.cpp ``tools/server``.
"""

from collections.abc import Iterator

from lwstui.sandbox.engines.detect import Kind
from lwstui.sandbox.engines.load import Load, Totals, load_now, totals
from lwstui.sandbox.processes import Process
from lwstui.sandbox.prometheus import family, labels

_TTFT = ((0.05, 0.02), (0.1, 0.1), (0.25, 0.42), (0.5, 0.78), (1.0, 0.95), (2.5, 0.99))
_ITL = ((0.01, 0.0), (0.025, 0.2), (0.05, 0.93), (0.1, 0.99))
_E2E = ((1.0, 0.02), (2.5, 0.1), (5.0, 0.3), (10.0, 0.71), (20.0, 0.95), (60.0, 1.0))
_QUEUE = ((0.05, 0.9), (0.1, 0.97), (0.5, 1.0))
_TOKENS_OF_ONE = 240


def exposition(process: Process) -> str:
    """Return the metrics of a serving engine."""
    busy, done = load_now(process.scene, process.now_s), totals(process.scene, process.now_s)
    render = {Kind.SGLANG: _sglang, Kind.LLAMACPP: _llamacpp}.get(process.scene.engine.kind, _vllm)
    return "\n".join(render(process, busy, done)) + "\n"


def _histogram(
    name: str,
    about: str,
    where: dict[str, str],
    *,
    count: int,
    mean: float,
    shares: tuple[tuple[float, float], ...],
) -> Iterator[str]:
    """Tell a histogram whose buckets hold fixed shares of its observations."""
    buckets = [
        (f"{name}_bucket{labels(**where, le=str(bound))}", int(count * share))
        for bound, share in shares
    ]
    samples = [
        *buckets,
        (f"{name}_bucket{labels(**where, le='+Inf')}", count),
        (f"{name}_count{labels(**where)}", count),
        (f"{name}_sum{labels(**where)}", count * mean),
    ]
    yield from family(name, "histogram", about, samples)


def _vllm(process: Process, busy: Load, done: Totals) -> Iterator[str]:
    base = {"engine": "0", "model_name": process.scene.engine.model}
    where = labels(**base)
    for name, about, value in (
        ("num_requests_running", "Requests in model execution batches.", busy.running),
        ("num_requests_waiting", "Requests waiting to be processed.", busy.waiting),
        ("kv_cache_usage_perc", "KV-cache usage. 1 means 100 percent usage.", busy.kv_used),
    ):
        full = f"vllm:{name}"
        yield from family(full, "gauge", about, [(f"{full}{where}", value)])
    for name, about, value in (
        ("prefix_cache_queries", "Prefix cache queries, in tokens.", done.prompt_tokens),
        ("prefix_cache_hits", "Prefix cache hits, in tokens.", done.prefix_hits),
        ("num_preemptions", "Preemptions by the engine.", 0),
        ("prompt_tokens", "Prefill tokens processed.", done.prompt_tokens),
        ("generation_tokens", "Generation tokens processed.", done.generated_tokens),
    ):
        yield from _counter(f"vllm:{name}", about, where, value, process.scene.started_at)
    finished = labels(**base, finished_reason="stop")
    name = "vllm:request_success"
    yield from _counter(
        name, "Requests processed.", finished, done.requests, process.scene.started_at
    )
    for name, about, count, mean, shares in (
        ("time_to_first_token_seconds", "Time to first token.", done.requests, 0.34, _TTFT),
        ("inter_token_latency_seconds", "Inter-token latency.",
         done.requests * (_TOKENS_OF_ONE - 1), 0.034, _ITL),
        ("e2e_request_latency_seconds", "Request latency.", done.requests, 8.5, _E2E),
        ("request_queue_time_seconds", "Time in the waiting phase.", done.requests, 0.02, _QUEUE),
    ):  # fmt: skip
        yield from _histogram(f"vllm:{name}", about, base, count=count, mean=mean, shares=shares)


def _counter(name: str, about: str, where: str, value: float, since: float) -> Iterator[str]:
    """Tell a counter and, as prometheus_client does, since when it counts."""
    whole = float(int(value))
    yield from family(f"{name}_total", "counter", about, [(f"{name}_total{where}", whole)])
    yield from family(f"{name}_created", "gauge", about, [(f"{name}_created{where}", since)])


def _sglang(process: Process, busy: Load, done: Totals) -> Iterator[str]:
    where = labels(model_name=process.scene.engine.model, tp_rank="0", engine_type="unified")
    for name, kind, about, value in (
        ("num_running_reqs", "gauge", "The number of running requests.", busy.running),
        ("num_queue_reqs", "gauge", "The number of requests in the waiting queue.", busy.waiting),
        ("token_usage", "gauge", "The token usage.", busy.kv_used),
        ("gen_throughput", "gauge", "Generation throughput (token/s).", busy.generation_rate),
        ("cache_hit_rate", "gauge", "The prefix cache hit rate.", busy.prefix_hits),
        ("prompt_tokens_total", "counter", "Prefill tokens.", int(done.prompt_tokens)),
        ("generation_tokens_total", "counter", "Generated tokens.", int(done.generated_tokens)),
    ):
        yield from family(f"sglang:{name}", kind, about, [(f"sglang:{name}{where}", value)])


def _llamacpp(process: Process, busy: Load, done: Totals) -> Iterator[str]:
    for name, kind, about, value in (
        ("prompt_tokens_total", "counter", "Prompt tokens processed.", int(done.prompt_tokens)),
        ("tokens_predicted_total", "counter", "Tokens generated.", int(done.generated_tokens)),
        ("predicted_tokens_seconds", "gauge", "Generation, in tokens/s.", busy.generation_rate),
        ("requests_processing", "gauge", "Requests processing.", busy.running),
        ("requests_deferred", "gauge", "Requests deferred.", busy.waiting),
    ):
        yield from family(f"llamacpp:{name}", kind, about, [(f"llamacpp:{name}", value)])
