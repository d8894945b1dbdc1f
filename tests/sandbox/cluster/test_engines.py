from typing import Any

import pytest

from lwstui.sandbox.engines.detect import Engine, Kind, detect, environment
from lwstui.sandbox.engines.scene import Scene
from lwstui.sandbox.engines.stages import stages
from lwstui.sandbox.engines.story import lines
from tests.sandbox.cluster.builders import container, engine, pod

KTHENA = (
    "bash /vllm-workspace/examples/online_serving/multi-node-serving.sh {}; "
    "python3 -m vllm.entrypoints.openai.api_server --port 8080 "
    "--model meta-llama/Llama-3.1-405B-Instruct --tensor-parallel-size 8 --pipeline_parallel_size 2"
)


def _vllm(index: int) -> Engine:
    part = "leader --ray_cluster_size=2" if index == 0 else "worker --ray_address=$(ENTRY_ADDRESS)"
    return engine(index, image="vllm/vllm-openai:latest", command=["sh", "-c", KTHENA.format(part)])


def _scene(played: Engine, **changed: Any) -> Scene:
    fields: dict[str, Any] = {
        "engine": played, "stages": stages(played), "seed": "s", "pod": "llm-0",
        "pod_ip": "10.1.2.3", "node": "h100-01", "image": "nginx:1.27", "started_at": 1_785_000_000,
        "speed": 1.0, "joined_s": 3.0,
        "load_s": stages(played).load_s, "finished_s": None,
        "exit_code": 0, "told_to_stop": False, "extra_rate": 0.0,
    }  # fmt: skip
    return Scene(**fields | changed)


def _told(scene: Scene, until_s: float = 60) -> str:
    return "\n".join(text for _, text in lines(scene, -1, until_s))


@pytest.mark.parametrize(
    ("image", "command", "kind", "nodes"),
    [
        ("vllm/vllm-openai", "vllm serve x/8B", Kind.VLLM, 1),
        ("vllm/vllm-openai", "multi-node-serving.sh leader", Kind.VLLM, 2),
        ("lmsysorg/sglang", "sglang --nnodes $(LWS_GROUP_SIZE) --model-path x/70B", Kind.SGLANG, 2),
        ("ghcr.io/ggml-org/llama.cpp", "llama-server --rpc a:50052", Kind.LLAMACPP, 2),
        ("ghcr.io/sozercan/llama3.3:70b", "", Kind.LLAMACPP, 1),
        ("jetstream-pytorch", "serve", Kind.JETSTREAM, 2),
        ("nginxinc/nginx-unprivileged:1.27", "", Kind.NGINX, 1),
        ("example/model", "run", Kind.ENGINE, 1),
    ],
)
def test_engines_are_told_by_image_and_command(
    image: str, command: str, kind: Kind, nodes: int
) -> None:
    found = engine(image=image, command=command.split())
    assert (found.kind, found.nodes) == (kind, nodes)


def test_what_has_no_accelerator_is_plain() -> None:
    assert detect(pod(), container(image="busybox")).kind is Kind.PLAIN


def test_the_command_line_is_read() -> None:
    leader, worker = _vllm(0), _vllm(1)
    assert (leader.model, leader.billions) == ("meta-llama/Llama-3.1-405B-Instruct", 405)
    assert (leader.tensor, leader.pipeline, leader.port) == (8, 2, 8080)
    assert (leader.waits_for_group, leader.is_worker) == (True, False)
    assert (worker.waits_for_group, worker.is_worker, worker.rank) == (False, True, 1)


def test_references_in_the_environment_are_resolved() -> None:
    env = [
        {"name": "HOST", "value": "a"},
        {"name": "URL", "value": "http://$(HOST):$(PORT)"},
    ]
    assert environment({"env": env})["URL"] == "http://a:$(PORT)"


def test_larger_models_load_longer() -> None:
    small = engine(image="vllm/vllm-openai", command=["vllm", "serve", "x/Small-8B"])
    assert 3 < stages(small).load_s < 7
    assert 22 < stages(_vllm(0)).load_s < 35


def test_a_leader_waits_then_loads_then_serves() -> None:
    leader = _vllm(0)
    waiting = _told(_scene(leader, joined_s=None), 20)
    assert "1 of 2 nodes is active" in waiting
    assert "Loading" not in waiting
    told = _told(_scene(leader))
    stations = (
        "all 2 nodes are active",
        "world size 16",
        "  0% Completed",
        "100% Completed",
        "CUDA graphs",
        "Application startup complete",
        "Avg generation throughput",
    )
    places = [told.index(station) for station in stations]
    assert places == sorted(places)
    assert "llm-0.llm.default" in told


def test_a_worker_joins_and_falls_silent() -> None:
    told = list(lines(_scene(_vllm(1)), -1, 600))
    assert max(at for at, _ in told) == 3
    assert "rank 1 of 2" in told[-1][1]


@pytest.mark.parametrize("kind", list(Kind))
def test_lines_are_in_order_and_seams_do_not_show(kind: Kind) -> None:
    image = {Kind.PLAIN: "busybox", Kind.ENGINE: "example/model"}.get(kind, kind.value)
    found = engine(size=1, image=image)
    scene = _scene(found, finished_s=95, told_to_stop=True)
    whole = list(lines(scene, -1, 200))
    assert [at for at, _ in whole] == sorted(at for at, _ in whole)
    parts = [line for start in range(-1, 199, 7) for line in lines(scene, start, start + 7)]
    assert parts == whole


def test_a_killed_process_has_no_last_words() -> None:
    served = engine(size=1, image="vllm/vllm-openai")
    crashed = _told(_scene(served, finished_s=30, exit_code=1))
    killed = _told(_scene(served, finished_s=30, exit_code=137))
    assert "engine core failed" in crashed
    assert "engine core failed" not in killed
