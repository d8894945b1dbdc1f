"""Log lines in the shape of vLLM: leader with its API server, Ray head and workers."""

import random
from collections.abc import Iterator

from lwstui.sandbox.engines.load import load
from lwstui.sandbox.engines.scene import Line, Scene, client

_PATHS = ("/v1/chat/completions", "/v1/chat/completions", "/v1/completions", "/metrics")
_WAIT_EVERY_S = 5.0


def _log(scene: Scene, at_s: float, where: str, text: str, *, level: str = "INFO") -> Line:
    stamp = scene.text(at_s, "%m-%d %H:%M:%S")
    return at_s, f"{level} {stamp} [{where}] {text}"


def _api(scene: Scene, at_s: float, where: str, text: str) -> Line:
    at_s, line = _log(scene, at_s, where, text)
    return at_s, f"(APIServer pid=1) {line}"


def _core(scene: Scene, at_s: float, where: str, text: str, *, level: str = "INFO") -> Line:
    pid = 100 + scene.dice("pid").randrange(300)
    at_s, line = _log(scene, at_s, where, text, level=level)
    return at_s, f"(EngineCore_0 pid={pid}) {line}"


def opening(scene: Scene) -> Iterator[Line]:
    """Tell the start: Ray and its workers if there is a group, then weights, compiling, serving."""
    if scene.engine.is_worker:
        yield from _worker(scene)
        return
    if scene.engine.nodes > 1:
        yield from _ray_head(scene)
    if scene.joined_s is None:
        return
    yield from _arguments(scene, scene.joined_s)
    yield from _load(scene, scene.joined_s)


def _ray(scene: Scene, at_s: float, text: str) -> Line:
    return at_s, f"{scene.text(at_s, '%Y-%m-%d %H:%M:%S,%f')[:-3]} INFO scripts.py -- {text}"


def _ray_head(scene: Scene) -> Iterator[Line]:
    nodes = scene.engine.nodes
    yield _ray(scene, 0.4, f"Head node address: {scene.pod_ip}")
    yield _ray(scene, 1.2, f"Ray is up; workers join with --address={scene.pod_ip}:6379")
    for at_s in scene.waits(_WAIT_EVERY_S):
        yield at_s, f"Ray cluster is forming: 1 of {nodes} nodes is active"
    if scene.joined_s is not None:
        yield scene.joined_s, f"Ray cluster is complete: all {nodes} nodes are active"
    elif scene.finished_s is not None and not scene.told_to_stop:
        yield scene.finished_s, f"Gave up: not all of the {nodes} Ray nodes joined in time"


def _worker(scene: Scene) -> Iterator[Line]:
    engine = scene.engine
    leader = engine.leader_address or "the leader"
    yield _ray(scene, 0.3, f"Local node address: {scene.pod_ip} (worker index {engine.rank})")
    yield _ray(scene, 0.7, f"Looking for the Ray head at {leader}:6379")
    for at_s in scene.waits(_WAIT_EVERY_S):
        yield _ray(scene, at_s, f"No answer from {leader}:6379 yet; trying again")
    if scene.joined_s is None:
        if scene.finished_s is not None and not scene.told_to_stop:
            yield _ray(scene, scene.finished_s, f"Gave up: {leader}:6379 did not answer in time")
        return
    text = f"Joined {leader}:6379 as rank {engine.rank} of {engine.nodes}"
    yield _ray(scene, scene.joined_s, text)
    if "NCCL_DEBUG" in engine.text:
        for device in range(engine.devices):
            text = f"{scene.pod}:88:{140 + device} [{device}] NCCL INFO Bootstrap: Using eth0"
            yield scene.joined_s + 0.1, text


def _arguments(scene: Scene, from_s: float) -> Iterator[Line]:
    engine = scene.engine
    arguments = {
        "model": engine.model,
        "port": engine.port,
        "tensor_parallel_size": engine.tensor,
        "pipeline_parallel_size": engine.pipeline,
    }
    yield _api(scene, from_s, "api_server.py:1822", "server version 0.11.2, simulated")
    yield _api(scene, from_s + 0.05, "utils.py:233", f"non-default arguments: {arguments}")


def _load(scene: Scene, from_s: float) -> Iterator[Line]:
    engine, plan = scene.engine, scene.stages
    world = engine.tensor * engine.pipeline
    step = scene.scale
    yield _core(
        scene,
        from_s + 0.2 * step,
        "parallel_state.py:1200",
        f"rank 0 of world size {world} is DP 0, PP 0, TP 0; backend nccl, "
        f"leader {engine.leader_address or scene.pod_ip}",
    )
    at_s = from_s + plan.connect_s * step
    yield _core(scene, at_s, "gpu_model_runner.py:2602", f"Loading weights of {engine.model} ...")
    yield from _shards(scene, at_s, plan.weights_s * step)
    at_s += plan.weights_s * step
    per_device = engine.billions * 2 / max(1, world)
    yield _core(
        scene,
        at_s,
        "gpu_model_runner.py:2653",
        f"Model takes {per_device:.2f} GiB per device, loaded in {plan.weights_s:.2f} s",
    )
    yield _core(scene, at_s + 0.1, "backends.py:559", "Compiling graphs for the model's shapes")
    at_s += plan.compile_s * step
    tokens = 100_000 + scene.dice("kv").randrange(900_000)
    yield _core(scene, at_s, "kv_cache_utils.py:1087", f"KV cache holds {tokens:,} tokens")
    yield _core(
        scene,
        at_s + 0.05,
        "kv_cache_utils.py:1091",
        f"Room for {tokens / 8192:.2f}x requests of 8,192 tokens at once",
    )
    at_s += plan.capture_s * step
    yield _core(
        scene,
        at_s,
        "gpu_model_runner.py:3480",
        f"Captured CUDA graphs in {plan.capture_s:.1f} s, took 0.87 GiB",
    )
    took_s = at_s - from_s
    yield _core(scene, at_s + 0.05, "core.py:210", f"engine ready after {took_s:.2f} seconds")
    served_s = from_s + scene.load_s
    yield _api(scene, served_s - 0.1, "launcher.py:36", "routes: " + ", ".join(_PATHS[1:]))
    yield served_s, "INFO:     Started server process [1]"
    yield served_s, "INFO:     Application startup complete."


def _shards(scene: Scene, from_s: float, lasts_s: float) -> Iterator[Line]:
    count = max(2, min(48, round(scene.engine.billions / 5)))
    for done in range(count + 1):
        spent_s = lasts_s * done / count
        left_s = lasts_s - spent_s
        yield (
            from_s + spent_s,
            f"Loading safetensors checkpoint shards: {100 * done // count:3d}% Completed | "
            f"{done}/{count} [{_clock(spent_s)}<{_clock(left_s)}, {lasts_s / count:5.2f}s/it]",
        )


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60:02}:{int(seconds) % 60:02}"


def beat(scene: Scene, at_s: float, dice: random.Random) -> Iterator[Line]:
    """Tell ten seconds of serving: some requests and the statistics line. Workers are silent."""
    if scene.engine.is_worker:
        return
    busy = load(scene, at_s)
    for _ in range(min(6, busy.running)):
        asked_s = at_s + dice.uniform(0.1, 9.5)
        path = dice.choice(_PATHS[:3])
        yield asked_s, f'INFO:     {client(dice)} - "POST {path} HTTP/1.1" 200 OK'
    yield _api(
        scene,
        at_s + 9.9,
        "loggers.py:127",
        f"Engine 000: Avg prompt throughput: {busy.prompt_rate:.1f} tokens/s, "
        f"Avg generation throughput: {busy.generation_rate:.1f} tokens/s, "
        f"Running: {busy.running} reqs, Waiting: {busy.waiting} reqs, "
        f"GPU KV cache usage: {busy.kv_used:.1%}, "
        f"Prefix cache hit rate: {busy.prefix_hits:.1%}",
    )


def ending(scene: Scene, at_s: float) -> Iterator[Line]:
    """Tell the end: a clean shutdown, or what went wrong."""
    if scene.engine.is_worker:
        if scene.joined_s is not None:
            yield _ray(scene, at_s, "The Ray head is gone; leaving")
    elif scene.told_to_stop:
        yield at_s, "INFO:     Shutting down"
        yield at_s, "INFO:     Finished server process [1]"
    elif scene.exit_code and scene.joined_s is not None:
        message = "engine core failed: CUDA error: device-side assert (simulated)"
        yield _core(scene, at_s, "core.py:708", message, level="ERROR")
