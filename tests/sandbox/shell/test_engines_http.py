"""What engines answer over HTTP, from the state of their process and the log's account."""

import json
import re
from dataclasses import replace

import pytest

from lwstui.sandbox.enginehttp import Query, Reply, answer
from lwstui.sandbox.engines.load import load, load_now, totals
from lwstui.sandbox.engines.story import lines
from lwstui.sandbox.gpus import model_of, reading
from lwstui.sandbox.processes import Process
from tests.sandbox.shell.support import Town


def served(town: Town, **fields: object) -> Process:
    town.pod("one", "10.128.0.20", **fields)
    return town.processes["one"]


def asked(process: Process, method: str, path: str, body: bytes = b"") -> Reply:
    reply = answer(process, 8080, Query(method, path, body))
    assert reply is not None
    return reply


def values(process: Process) -> dict[str, float]:
    """Return the samples of a process's metrics by name, labels left out."""
    text = asked(process, "GET", "/metrics").body.decode()
    rows = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name.partition("{")[0]: float(value) for name, _, value in rows}


@pytest.mark.parametrize(
    ("image", "request_line", "code", "part"),
    [
        ("vllm/vllm-openai", "GET /health", 200, ""),
        ("vllm/vllm-openai", "GET /v1/models", 200, "Llama-3.1-8B"),
        ("vllm/vllm-openai", "GET /version", 200, "simulated"),
        ("vllm/vllm-openai", "GET /v1/completions", 405, "Method Not Allowed"),
        ("vllm/vllm-openai", "GET /nope", 404, "Not Found"),
        ("lmsysorg/sglang", "GET /metrics", 200, "sglang:num_running_reqs"),
        ("ghcr.io/ggml-org/llama.cpp", "GET /", 200, "simulated"),
        ("ghcr.io/ggml-org/llama.cpp", "GET /metrics", 200, "llamacpp:requests_processing"),
        ("ghcr.io/ggml-org/llama.cpp", "GET /nope", 404, "File Not Found"),
        ("nginx:1.27", "GET /", 200, "Welcome to nginx!"),
        ("nginx:1.27", "POST /", 405, "405 Not Allowed"),
        ("nginx:1.27", "HEAD /", 200, ""),
        ("busybox", "GET /", 200, "is not known"),
    ],
)
def test_answers(town: Town, image: str, request_line: str, code: int, part: str) -> None:
    reply = asked(served(town, image=image), *request_line.split())
    assert reply.code == code
    assert part in reply.body.decode()
    assert bool(part) == bool(reply.body)


@pytest.mark.parametrize(
    ("path", "body", "code", "message"),
    [
        ("/v1/completions", b"{", 400, "the body is not JSON"),
        ("/v1/completions", b"[]", 400, "not a JSON object"),
        ("/v1/completions", b"{}", 400, "prompt: Field required"),
        ("/v1/chat/completions", b'{"prompt":"a"}', 400, "messages: Field required"),
        ("/v1/completions", b'{"model":"x","prompt":"a"}', 404, "The model `x` does not exist."),
    ],
)
def test_refused_prompts(town: Town, path: str, body: bytes, code: int, message: str) -> None:
    reply = asked(served(town, image="vllm/vllm-openai"), "POST", path, body)
    assert reply.code == code
    assert message in json.loads(reply.body)["error"]["message"]


def test_llamacpp_takes_any_model(town: Town) -> None:
    body = b'{"model":"whatever","prompt":"a"}'
    reply = asked(served(town, image="llama.cpp"), "POST", "/v1/completions", body)
    assert json.loads(reply.body)["model"] == "whatever"


@pytest.mark.parametrize("chat", [False, True])
def test_a_streamed_answer_says_the_same(town: Town, chat: bool) -> None:
    process = served(town, image="vllm/vllm-openai")
    path = "/v1/chat/completions" if chat else "/v1/completions"
    key, prompt = ("messages", [{"role": "user", "content": "hi"}]) if chat else ("prompt", "hi")
    whole = asked(process, "POST", path, json.dumps({key: prompt}).encode())
    told = json.loads(whole.body)["choices"][0]
    text = told["message"]["content"] if chat else told["text"]
    streamed = asked(process, "POST", path, json.dumps({key: prompt, "stream": True}).encode())
    assert streamed.content_type.startswith("text/event-stream")
    *events, end = streamed.body.decode().strip().split("\n\n")
    assert end == "data: [DONE]"
    choices = [json.loads(event.removeprefix("data: "))["choices"][0] for event in events]
    parts = [(c["delta"].get("content", "") if chat else c["text"]) for c in choices]
    assert "".join(parts).strip() == text
    assert choices[-1]["finish_reason"] == "stop"


def test_health_follows_the_process(town: Town) -> None:
    process = served(town, image="vllm/vllm-openai")
    assert asked(replace(process, stopping=True), "GET", "/health").code == 503
    assert asked(replace(process, serves=False), "GET", "/health").code == 503
    assert replace(process, serves=False).ports == frozenset()
    assert process.ports == {8080}


def test_ports_without_http_answer_nothing(town: Town) -> None:
    leader = town.processes["llm-0"]
    assert leader.ports == {8080, 6379}
    assert town.processes["llm-0-1"].ports == frozenset()
    assert answer(leader, 6379, Query("GET", "/")) is None


def test_metrics_are_what_the_log_says(town: Town) -> None:
    process = served(town, image="vllm/vllm-openai")
    statistics = [text for _, text in lines(process.scene, -1, 200) if "Running:" in text]
    served_s = process.scene.serves_s or 0.0
    for number, text in enumerate(statistics):
        running = values(replace(process, now_s=served_s + number * 10 + 5))
        assert int(re.findall(r"Running: (\d+)", text)[0]) == running["vllm:num_requests_running"]
        share = float(re.findall(r"KV cache usage: ([\d.]+)%", text)[0]) / 100
        assert running["vllm:kv_cache_usage_perc"] == pytest.approx(share, abs=0.0006)
    assert len(statistics) > 10


def test_counters_grow_at_the_rate_the_log_says(town: Town) -> None:
    scene = served(town, image="vllm/vllm-openai").scene
    served_s = scene.serves_s or 0.0
    before = totals(scene, served_s)
    for number in range(500):
        at_s = served_s + number * 10
        after = totals(scene, at_s + 9.999)
        grown = after.generated_tokens - before.generated_tokens
        assert grown == pytest.approx(load(scene, at_s).generation_rate * 10, rel=0.01)
        assert grown > 0
        assert after.requests >= before.requests
        before = totals(scene, at_s + 10)
    assert load_now(scene, served_s + 4.9) == load(scene, served_s)


def test_histograms_are_whole(town: Town) -> None:
    process = served(town, image="vllm/vllm-openai", process={"now_s": 5000.0})
    text = asked(process, "GET", "/metrics").body.decode()
    for name in set(re.findall(r"^# TYPE (\S+) histogram$", text, re.MULTILINE)):
        buckets = re.findall(rf'^{name}_bucket{{.*le="(.*)"}} (\S+)$', text, re.MULTILINE)
        counts = [float(count) for _, count in buckets]
        assert counts == sorted(counts)
        count = re.findall(rf"^{name}_count{{.*}} (\S+)$", text, re.MULTILINE)
        assert buckets[-1] == ("+Inf", count[0])
        assert counts[-1] > 0


def test_devices_follow_their_process(town: Town) -> None:
    process, model = town.processes["llm-0"], model_of({})
    idle = reading(replace(process, now_s=0.1, load=None), model, 0)
    loading = reading(replace(process, now_s=8.0, load=None), model, 0)
    busy = reading(process, model, 0)
    assert (idle.utilization, idle.memory_used_mib) == (0, 0)
    assert idle.power_w < loading.power_w < busy.power_w < model.power_limit_w
    assert 0 < loading.memory_used_mib < busy.memory_used_mib < model.memory_mib
    assert reading(process, model, 0) == busy
    worker = town.processes["llm-0-1"]
    assert reading(worker, model, 1).utilization > 80
    assert reading(replace(worker, load=None), model, 1).utilization <= 5
    assert model_of({"nvidia.com/gpu.product": "NVIDIA-A10G"}).memory_mib == 23028
