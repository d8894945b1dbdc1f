"""Log lines in the shape of SGLang: full dates, rank tags, prefill and decode batches."""

import random
from collections.abc import Iterator

from lwstui.sandbox.engines.load import load
from lwstui.sandbox.engines.scene import Line, Scene, client

_WAIT_EVERY_S = 10.0


def _log(scene: Scene, at_s: float, text: str, *, ranked: bool = True) -> Line:
    tag = f" TP{scene.engine.rank * max(1, scene.engine.devices)}" if ranked else ""
    return at_s, f"[{scene.text(at_s, '%Y-%m-%d %H:%M:%S')}{tag}] {text}"


def opening(scene: Scene) -> Iterator[Line]:
    """Tell the start of one node of the engine."""
    engine, plan = scene.engine, scene.stages
    yield _log(
        scene,
        0.6,
        f"server_args=ServerArgs(model_path='{engine.model}', tp_size={engine.tensor}, "
        f"nnodes={engine.nodes}, node_rank={engine.rank})",
        ranked=False,
    )
    yield _log(scene, plan.boot_s, "Init torch distributed begin.")
    if engine.nodes > 1:
        address = engine.leader_address or scene.pod_ip
        yield _log(scene, plan.boot_s, f"node {engine.rank} of {engine.nodes} meets at {address}")
        for at_s in scene.waits(_WAIT_EVERY_S):
            yield _log(scene, at_s, f"waiting for the other nodes at {address}")
    if scene.joined_s is None or engine.is_worker:
        return
    step = scene.scale
    at_s = scene.joined_s + plan.connect_s * step
    yield _log(scene, at_s, f"Load weight begin. type={engine.model}")
    at_s += plan.weights_s * step
    per_device = engine.billions * 2 / max(1, engine.tensor)
    text = f"elapsed={plan.weights_s:.2f} s, mem usage={per_device:.2f} GB."
    yield _log(scene, at_s, f"Load weight end. {text}")
    at_s += plan.compile_s * step
    tokens = 60_000 + scene.dice("kv").randrange(500_000)
    yield _log(scene, at_s, f"KV Cache is allocated. #tokens: {tokens}")
    at_s += plan.capture_s * step
    yield _log(scene, at_s, f"Capture cuda graph end. Time elapsed: {plan.capture_s:.2f} s.")
    served_s = scene.joined_s + scene.load_s
    yield served_s, f"INFO:     Uvicorn running on http://0.0.0.0:{engine.port}"
    yield _log(scene, served_s, "The server is fired up and ready to roll!", ranked=False)


def beat(scene: Scene, at_s: float, dice: random.Random) -> Iterator[Line]:
    """Tell ten seconds of serving: prefill and decode batches. Other nodes are silent."""
    if scene.engine.is_worker:
        return
    busy = load(scene, at_s)
    for _ in range(min(busy.running, dice.randrange(1, 4))):
        asked_s = at_s + dice.uniform(0.1, 8.0)
        tokens = dice.randrange(80, 4000)
        text = f"#new-seq: 1, #new-token: {tokens}, #queue-req: {busy.waiting}"
        yield _log(scene, asked_s, f"Prefill batch. {text}")
        request = '"POST /v1/chat/completions HTTP/1.1" 200 OK'
        yield asked_s + 0.6, f"INFO:     {client(dice)} - {request}"
    yield _log(
        scene,
        at_s + 9.5,
        f"Decode batch. #running-req: {busy.running}, token usage: {busy.kv_used:.2f}, "
        f"gen throughput (token/s): {busy.generation_rate:.2f}, #queue-req: {busy.waiting}",
    )


def ending(scene: Scene, at_s: float) -> Iterator[Line]:
    """Tell the end of the process."""
    if scene.told_to_stop:
        yield _log(scene, at_s, "SIGTERM received, draining and leaving", ranked=False)
    elif scene.exit_code:
        yield _log(scene, at_s, "Scheduler hit an exception: CUDA out of memory (simulated)")
