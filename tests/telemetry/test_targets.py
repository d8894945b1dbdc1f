"""Whom to ask: exporters by their labels, engines by what their leaders run."""

from __future__ import annotations

import pytest

from lwstui.telemetry.targets import SELECTORS, Target, engine_target, exporters


def exporter(labels, *ports, phase="Running", node="gpu-1", **spec):
    containers = [{"name": "c", "ports": [{"containerPort": port} for port in ports]}]
    return {
        "metadata": {"name": "x", "namespace": "ops", "labels": labels},
        "spec": {"nodeName": node, "containers": containers, **spec},
        "status": {"phase": phase},
    }


@pytest.mark.parametrize(
    ("labels", "ports", "port"),
    [
        ({"app": "nvidia-dcgm-exporter"}, (9400,), 9400),
        ({"app": "nvidia-dcgm-exporter"}, (), 9400),
        ({"app.kubernetes.io/name": "dcgm-exporter"}, (9401,), 9401),
        ({"app.kubernetes.io/name": "dcgm-exporter"}, (8080, 9400), 9400),
        ({"app": "amdgpu-metrics-exporter"}, (), 5000),
        ({"k8s-app": "tpu-device-plugin"}, (), 2112),
    ],
)
def test_an_exporter_is_asked_at_its_usual_port_or_its_only_one(labels, ports, port):
    assert exporters([exporter(labels, *ports)]) == (Target("devices", "ops", "x", "gpu-1", port),)


@pytest.mark.parametrize(
    "pod",
    [
        exporter({"app": "web"}),
        exporter({"app": "nvidia-dcgm-exporter"}, phase="Pending"),
        exporter({"app": "nvidia-dcgm-exporter"}, node=""),
        exporter(None),
        {},
    ],
)
def test_what_is_no_running_exporter_is_left_alone(pod):
    assert exporters([pod]) == ()


def test_an_exporter_that_two_selectors_find_is_asked_once():
    labels = {"app": "nvidia-dcgm-exporter", "app.kubernetes.io/name": "dcgm-exporter"}
    assert len(exporters([exporter(labels), exporter(labels)])) == 1
    assert len(SELECTORS) == len(set(SELECTORS))


def engine(container, **annotations):
    template = {"metadata": {"annotations": annotations}, "spec": {"containers": [container]}}
    found = engine_target(template, "llm", "llama-0", "gpu-1")
    return None if found is None else (found.port, found.path)


@pytest.mark.parametrize(
    ("container", "found"),
    [
        ({"args": ["vllm serve x --port 9000"]}, (9000, "/metrics")),
        (
            {"command": ["sh", "-c", "ray start --head; vllm serve x --port=9000"]},
            (9000, "/metrics"),
        ),
        ({"image": "vllm/vllm-openai:v1"}, (8000, "/metrics")),
        ({"image": "vllm/vllm-openai:v1", "ports": [{"containerPort": 8080}]}, (8080, "/metrics")),
        (
            {"image": "x/vllm", "readinessProbe": {"httpGet": {"port": 8001}}},
            (8001, "/metrics"),
        ),
        (
            {"image": "x/vllm", "readinessProbe": {"httpGet": {"port": "http"}}},
            (8000, "/metrics"),
        ),
        ({"args": ["python", "-m", "sglang.launch_server"]}, (30000, "/metrics")),
        ({"command": ["trtllm-serve"]}, (8000, "/prometheus/metrics")),
        ({"command": ["/llama-server"]}, (8080, "/metrics")),
        ({"image": "nginx"}, None),
        ({"image": "x/vllm", "args": ["--port=99999"]}, (8000, "/metrics")),
        ({}, None),
    ],
)
def test_an_engine_is_known_by_what_it_runs(container, found):
    assert engine(container) == found


def test_annotations_choose_port_and_path():
    notes = {"prometheus.io/port": "9100", "prometheus.io/path": "/m"}
    assert engine({"image": "x/vllm"}, **notes) == (9100, "/m")
    assert engine({"image": "x/vllm"}, **{"prometheus.io/path": "m"}) == (8000, "/metrics")


@pytest.mark.parametrize("template", [{}, {"spec": None}, {"spec": {"containers": ["x"]}}])
def test_a_broken_template_runs_no_engine(template):
    assert engine_target(template, "llm", "llama-0", "gpu-1") is None
