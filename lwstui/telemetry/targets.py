"""Whom to ask for metrics: exporters by their labels, engines by what a leader runs. Pure.

Source: NVIDIA gpu-operator assets/state-dcgm-exporter, dcgm-exporter deployment, ROCm
device-metrics-exporter helm-charts, Google container-engine-accelerators cmd/nvidia_gpu; ports
and paths of engines as their servers document them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal

import msgspec

from controller.api.meta import Key

Kind = Literal["devices", "engine"]

SELECTORS: Final = (
    "app in (nvidia-dcgm-exporter, amdgpu-metrics-exporter)",
    "app.kubernetes.io/name in (dcgm-exporter, gke-managed-dcgm-exporter, metrics-exporter)",
    "k8s-app in (nvidia-gpu-device-plugin, tpu-device-plugin)",
)
"""Label selectors that find exporters of devices."""

_PORTS: Final = {
    "nvidia-dcgm-exporter": 9400,
    "dcgm-exporter": 9400,
    "gke-managed-dcgm-exporter": 9400,
    "amdgpu-metrics-exporter": 5000,
    "metrics-exporter": 5000,
    "nvidia-gpu-device-plugin": 2112,
    "tpu-device-plugin": 2112,
}
_LABELS: Final = ("app", "app.kubernetes.io/name", "k8s-app")

_ENGINES: Final = (
    # (fragment of the command line or image, default port, path)
    ("sglang", 30000, "/metrics"),
    ("trtllm-serve", 8000, "/prometheus/metrics"),
    ("tritonserver", 8002, "/metrics"),
    ("llama-server", 8080, "/metrics"),
    ("vllm", 8000, "/metrics"),
)
_PORT_FLAG: Final = re.compile(r"--port[=\s]+(\d{1,5})\b")
_PORT_NOTE: Final = "prometheus.io/port"
_PATH_NOTE: Final = "prometheus.io/path"


class Target(msgspec.Struct, frozen=True, order=True):
    """One endpoint of metrics.

    Attributes:
        kind: What it tells of.
        namespace: Of the pod that answers.
        pod: Its name.
        node: Node it runs on.
        port: A number: names of ports are not resolved for pods.
        path: Path of the metrics.
    """

    kind: Kind
    namespace: str
    pod: str
    node: str
    port: int
    path: str = "/metrics"

    @property
    def key(self) -> Key:
        """The pod."""
        return Key(self.namespace, self.pod)


def exporters(pods: Iterable[Mapping[str, Any]]) -> tuple[Target, ...]:
    """Return the exporters among raw pods that run, one per node at most of each kind of them."""
    return tuple(sorted({target for pod in pods if (target := _exporter(pod)) is not None}))


def _exporter(pod: Mapping[str, Any]) -> Target | None:
    meta, spec = _part(pod, "metadata"), _part(pod, "spec")
    labels = _part(meta, "labels")
    kind = next((labels[name] for name in _LABELS if labels.get(name) in _PORTS), "")
    node = spec.get("nodeName")
    if not kind or not node or _part(pod, "status").get("phase") != "Running":
        return None
    ports = [port for container in spec.get("containers") or () for port in _ports(container)]
    usual = _PORTS[kind]
    port = usual if usual in ports or not ports else ports[0]
    return Target("devices", str(meta.get("namespace", "")), str(meta.get("name", "")), node, port)


def engine_target(
    template: Mapping[str, Any], namespace: str, pod: str, node: str
) -> Target | None:
    """Return where the engine of a leader pod tells of itself, None if it runs none we know.

    Args:
        template: Raw pod template of the leader.
        namespace: Of the pod.
        pod: Name of the leader pod.
        node: Node it is bound to.
    """
    notes = _part(_part(template, "metadata"), "annotations")
    containers = [c for c in _part(template, "spec").get("containers") or () if isinstance(c, dict)]
    for container in containers:
        text = " ".join(_words(container))
        for fragment, default, path in _ENGINES:
            if fragment in text:
                port = _chosen_port(notes, text, container, default)
                note = notes.get(_PATH_NOTE)
                where = note if isinstance(note, str) and note.startswith("/") else path
                return Target("engine", namespace, pod, node, port, where)
    return None


def _chosen_port(
    notes: Mapping[str, Any], text: str, container: Mapping[str, Any], default: int
) -> int:
    """Return the port: of the flag, the annotation, the readiness probe, the list, the engine."""
    flag = _PORT_FLAG.search(text)
    probe = _part(_part(container, "readinessProbe"), "httpGet").get("port")
    wanted = [flag[1] if flag else "", str(notes.get(_PORT_NOTE, "")), str(probe or "")]
    numbers = [int(number) for number in wanted if number.isascii() and number.isdigit()]
    numbers += [*_ports(container), default]
    return next(number for number in numbers if 0 < number < 65536)


def _words(container: Mapping[str, Any]) -> Iterator[str]:
    for part in ("command", "args"):
        yield from (str(word) for word in container.get(part) or ())
    yield str(container.get("image", ""))


def _ports(container: Mapping[str, Any]) -> Iterator[int]:
    for port in container.get("ports") or ():
        number = port.get("containerPort") if isinstance(port, dict) else None
        if isinstance(number, int):
            yield number


def _part(mapping: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = mapping.get(name)
    return value if isinstance(value, Mapping) else {}
