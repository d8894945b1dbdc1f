"""Log lines in the shape of llama.cpp, JetStream and nginx, and of programs nobody knows."""

import random
from collections.abc import Iterator

from lwstui.sandbox.engines.load import load
from lwstui.sandbox.engines.scene import BEAT_S, Line, Scene, client

_WAIT_EVERY_S = 10.0


def llamacpp_opening(scene: Scene) -> Iterator[Line]:
    """Tell the start of a llama.cpp server, or of an RPC worker."""
    engine, plan = scene.engine, scene.stages
    if engine.is_worker:
        yield 0.3, f"rpc-server: worker {engine.rank} of {engine.nodes}, {engine.devices} device(s)"
        yield plan.boot_s, f"rpc-server: listening on {scene.pod_ip}:50052"
        return
    yield 0.2, f"main: build simulated, {engine.devices} device(s)"
    if scene.joined_s is None:
        return
    step = scene.scale
    if engine.nodes > 1:
        yield scene.joined_s, f"main: {engine.nodes - 1} RPC worker(s) answered"
    at_s = scene.joined_s + plan.connect_s * step
    yield at_s, f"llama_model_loader: reading {engine.model}"
    layers = max(16, min(126, round(engine.billions * 0.4) + 28))
    for done in range(1, 5):
        spent_s = plan.weights_s * step * done / 4
        yield at_s + spent_s, f"load_tensors: offloaded {layers * done // 4}/{layers} layers"
    served_s = scene.joined_s + scene.load_s
    yield served_s - 0.1, "srv          init: initializing slots, n_slots = 4"
    yield served_s, f"main: server is listening on http://0.0.0.0:{engine.port}"


def llamacpp_beat(scene: Scene, at_s: float, dice: random.Random) -> Iterator[Line]:
    """Tell ten seconds of a llama.cpp server."""
    if scene.engine.is_worker:
        return
    busy = load(scene, at_s)
    if not busy.running:
        return
    count = 1 if busy.running == 1 else 2
    tokens = round(busy.generation_rate * BEAT_S / count)
    for slot in dice.sample(range(4), count):
        asked_s = at_s + dice.uniform(0.1, 9)
        rate = dice.uniform(18, 42)
        text = f"n_tokens = {tokens}, {rate:.2f} tokens per second"
        yield asked_s, f"slot      release: id  {slot} | {text}"
        host = client(dice).partition(":")[0]
        yield asked_s + 0.01, f"srv  log_server_r: request: POST /v1/chat/completions {host} 200"
    yield at_s + 9.6, "srv  update_slots: all slots are idle"


def jetstream_opening(scene: Scene) -> Iterator[Line]:
    """Tell the start of a JetStream server on a TPU slice, or of one of its hosts."""
    engine, plan = scene.engine, scene.stages

    def log(at_s: float, text: str) -> Line:
        return at_s, f"{scene.text(at_s, '%Y-%m-%d %H:%M:%S,%f')[:-3]} - jetstream - INFO - {text}"

    yield log(0.5, f"host {engine.rank} of {engine.nodes} has {engine.devices} TPU chip(s)")
    yield log(plan.boot_s, f"coordinator is {engine.leader_address or scene.pod_ip}")
    for at_s in scene.waits(_WAIT_EVERY_S) if engine.nodes > 1 else ():
        yield log(at_s, "waiting for the other hosts of the slice")
    if scene.joined_s is None or engine.is_worker:
        return
    step = scene.scale
    yield log(scene.joined_s, f"device mesh: {max(1, engine.nodes) * engine.devices} chips")
    at_s = scene.joined_s + (plan.connect_s + plan.weights_s) * step
    yield log(at_s, f"restored the checkpoint of {engine.model} in {plan.weights_s:.1f} s")
    yield log(at_s + plan.compile_s * step, "prefill and generate are compiled")
    served_s = scene.joined_s + scene.load_s
    yield log(served_s, f"gRPC server listens on 0.0.0.0:{engine.port}")


def jetstream_beat(scene: Scene, at_s: float, dice: random.Random) -> Iterator[Line]:
    """Tell ten seconds of a JetStream server."""
    if scene.engine.is_worker:
        return
    slots = dice.randrange(0, 96)
    stamp = scene.text(at_s + 9, "%Y-%m-%d %H:%M:%S,%f")[:-3]
    yield (
        at_s + 9,
        f"{stamp} - jetstream - INFO - slots in use {slots}/96, "
        f"{slots * dice.uniform(18, 30):.1f} tokens/s, prefill backlog 0",
    )


def nginx_opening(scene: Scene) -> Iterator[Line]:
    """Tell the start of an nginx server."""
    named = scene.image.rpartition("/")[2]
    version = named.partition(":")[2].partition("-")[0] or "1.29.3"

    def notice(at_s: float, text: str) -> Line:
        return at_s, f"{scene.text(at_s, '%Y/%m/%d %H:%M:%S')} [notice] 1#1: {text}"

    yield notice(0.1, 'using the "epoll" event method')
    yield notice(0.1, f"nginx/{version}")
    yield notice(0.15, "start worker processes")
    for worker in range(2):
        yield notice(0.15, f"start worker process {29 + worker}")


def nginx_beat(scene: Scene, at_s: float, dice: random.Random) -> Iterator[Line]:
    """Tell ten seconds of an nginx server: a few requests."""
    for _ in range(dice.randrange(1, 4)):
        asked_s = at_s + dice.uniform(0.1, 9.8)
        host = client(dice).partition(":")[0]
        stamp = scene.text(asked_s, "%d/%b/%Y:%H:%M:%S +0000")
        yield asked_s, f'{host} - - [{stamp}] "GET / HTTP/1.1" 200 615 "-" "curl/8.14.1" "-"'


def nginx_ending(scene: Scene, at_s: float) -> Iterator[Line]:
    """Tell the end of an nginx server."""
    if scene.told_to_stop:
        stamp = scene.text(at_s, "%Y/%m/%d %H:%M:%S")
        yield at_s, f"{stamp} [notice] 1#1: signal 15 (SIGTERM) received, exiting"
        yield at_s, f"{stamp} [notice] 1#1: exit"


def dcgm_opening(scene: Scene) -> Iterator[Line]:
    """Tell the start of an exporter of GPU figures."""
    for at_s, text in ((0.1, "Starting dcgm-exporter"), (0.2, "Starting webserver")):
        yield at_s, f'time={scene.text(at_s, "%Y-%m-%dT%H:%M:%S.000Z")} level=INFO msg="{text}"'


def dcgm_beat(scene: Scene, at_s: float, dice: random.Random) -> Iterator[Line]:
    """Tell nothing: an exporter that works is silent."""
    del scene, at_s, dice
    yield from ()


def plain_opening(scene: Scene) -> Iterator[Line]:
    """Tell the start of a program the sandbox does not know."""
    engine = scene.engine
    yield 0.1, f"starting in pod {scene.pod} on node {scene.node}"
    if engine.nodes > 1 or engine.leader_address:
        address = engine.leader_address or scene.pod_ip
        yield 0.1, f"worker index {engine.rank}, leader address {address}"
    if engine.text:
        yield 0.2, f"command: {engine.text[:200]}"
    if scene.serves_s is not None:
        yield max(0.3, scene.serves_s), "ready"


def plain_beat(scene: Scene, at_s: float, dice: random.Random) -> Iterator[Line]:
    """Tell ten seconds of a program the sandbox does not know."""
    yield at_s + dice.uniform(1, 9), f"{scene.text(at_s, '%H:%M:%S')} still working"


def plain_ending(scene: Scene, at_s: float) -> Iterator[Line]:
    """Tell the end of a program."""
    if scene.told_to_stop:
        yield at_s, "received SIGTERM, leaving"
    elif scene.exit_code:
        yield at_s, f"failed with exit code {scene.exit_code}"
