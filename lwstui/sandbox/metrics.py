"""Resource usage of nodes and pods as a metrics server samples it, following what the pods do."""

import random
from collections.abc import Iterable
from typing import Any

from lwstui.sandbox.amounts import container_request
from lwstui.sandbox.clock import rfc3339
from lwstui.sandbox.containers import Container, serving_at
from lwstui.sandbox.engines.detect import Engine, Kind, detect
from lwstui.sandbox.kubelet import Kubelet
from lwstui.sandbox.objects import Store
from lwstui.sandbox.podrecords import PodRecord
from lwstui.sandbox.podstatus import KINDS
from lwstui.sandbox.scripts import LEAST_GROWTH_S, wanted_memory_bytes

SAMPLE_S = 15.0
_MIB = 1024**2
_SYSTEM = (350, 2048)
_Usage = tuple[float, float]


def container_usage(engine: Engine, asked: _Usage, *, serves: bool, noise: float) -> _Usage:
    """Return CPU (thousandths of a core) and memory (MiB) that a running container uses.

    Args:
        engine: What it runs.
        asked: CPU and memory it requests, in the same units; 0 for none.
        serves: False while it still loads.
        noise: Between 0 and 1, the same for one sample.
    """
    cpu, memory = asked
    match engine.kind:
        case Kind.NGINX | Kind.PLAIN:
            return 1 + 4 * noise, min(memory or 16.0, 12 + 6 * noise)
        case _:
            share = 0.12 if engine.is_worker else 0.25
            busy = share if serves else 0.6
            used = max(200.0, cpu * busy * (0.8 + 0.4 * noise))
            wanted = (1800 + 900 * engine.billions**0.5) * (1.0 if serves else 0.4 + 0.6 * noise)
            return used, min(wanted, memory * 0.92) if memory else wanted


def grown(container: Container, now_s: float) -> float:
    """Return the share of its final memory that a running container has reached."""
    run, script = container.run, container.script
    if run is None or now_s < run.boots_s:
        return 0.0
    return min(1.0, (now_s - run.boots_s) / max(LEAST_GROWTH_S, script.load_s))


def _quantities(usage: _Usage) -> dict[str, str]:
    cpu, memory = usage
    return {"cpu": f"{round(cpu * 1_000_000)}n", "memory": f"{round(memory * 1024)}Ki"}


def _sum(parts: Iterable[_Usage]) -> _Usage:
    listed = list(parts)
    return sum(cpu for cpu, _ in listed), sum(memory for _, memory in listed)


class KubeletMetrics:
    """Usage samples, one every 15 seconds.

    Args:
        store: Whose clock dates the samples.
        kubelet: Knows what runs.
    """

    def __init__(self, store: Store, kubelet: Kubelet) -> None:
        self._store = store
        self._kubelet = kubelet

    def node(self, name: str) -> dict[str, Any] | None:
        """Return timestamp, window and usage of a node, None if there is no such node."""
        if self._store.get("nodes", "", name) is None:
            return None
        parts = [part for each in self._kubelet.on_node(name) for _, part in self._usage(each)]
        return self._sample(usage=_quantities(_sum([_SYSTEM, *parts])))

    def pod(self, namespace: str, name: str) -> dict[str, Any] | None:
        """Return timestamp, window and the containers' usage, None before anything runs."""
        pod = self._store.get("pods", namespace, name)
        record = None if pod is None else self._kubelet.record(pod["metadata"]["uid"])
        parts = [] if record is None else self._usage(record)
        if not parts:
            return None
        containers = [{"name": each, "usage": _quantities(part)} for each, part in parts]
        return self._sample(containers=containers)

    def _sampled_at(self) -> float:
        return self._store.clock.now() // SAMPLE_S * SAMPLE_S

    def _sample(self, **body: Any) -> dict[str, Any]:
        return {"timestamp": rfc3339(self._sampled_at()), "window": f"{SAMPLE_S:.3f}s", **body}

    def _usage(self, record: PodRecord) -> list[tuple[str, _Usage]]:
        now_s = record.pod_time(self._store.clock.now())
        specs = {
            spec["name"]: spec for kind in KINDS for spec in record.pod["spec"].get(kind) or ()
        }
        return [
            (container.name, self._one(record, container, specs[container.name], now_s))
            for container in record.run.containers
            if container.is_running
        ]

    def _one(
        self, record: PodRecord, container: Container, spec: dict[str, Any], now_s: float
    ) -> _Usage:
        request = container_request(spec)
        asked = (float(request.get("cpu", 0)), request.get("memory", 0) / 1000 / _MIB)
        seed = f"{record.uid}/{container.name}/{self._sampled_at()}"
        cpu, memory = container_usage(
            detect(record.pod, spec),
            asked,
            serves=now_s >= serving_at(container),
            noise=random.Random(seed).random(),
        )
        wanted = wanted_memory_bytes(record.pod, container.name)
        if wanted is not None:
            memory = wanted / _MIB * grown(container, now_s)
        return cpu, memory
